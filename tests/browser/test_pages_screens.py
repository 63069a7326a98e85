"""Every screen of the signing page, in every state: axe finds nothing, nothing runs out of the page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from support.browsing import Place
from support.gallery import SPOKEN, Gallery, all_screens
from support.people import Person
from undersigned.languages.words import words

pytestmark = pytest.mark.xdist_group("pages-screens")

Come = Callable[..., Person]
PASSPHRASE = "four or five plain words"


@pytest.fixture(params=SPOKEN)
def walker(request: pytest.FixtureRequest, somebody: Come) -> Callable[[], Person]:
    """Let people come who read this language."""

    def come() -> Person:
        person = somebody()
        person.language = request.param
        person.translated = words(request.param).messages.gettext
        return person

    return come


def test_all_screens(here: Place, walker: Callable[[], Person], tmp_path: Path) -> None:
    kim = walker()
    gallery = Gallery("sign", kim.language)
    leave, last, spring = (f"{name}-{kim.language}" for name in ("leave", "last", "spring"))
    here.opens(leave, days=20, goal=12)
    here.opens(last, days=2)

    joining(kim, gallery, here, leave)
    signing(kim, gallery, here, leave)
    keeping(kim, gallery, tmp_path)
    returning(walker(), gallery, kim, tmp_path, leave)
    losing(walker(), gallery, here, last)
    kim.opens().sees("Your pass").presses("Somebody else replaces my words").sees("Stop the replacement of your words?")
    gallery.look(kim.page, "cancel")
    withdrawing(kim, gallery, here, leave)
    ending(walker(), gallery, here, (last, spring))
    burning(kim, gallery)
    # Others are looked at where somebody vouches (test_journey_vouching), or joins elsewhere (test_journey_issuers).
    assert gallery.screens - {""} == all_screens() - {"vouch", "vouched", "apart"}


def joining(kim: Person, gallery: Gallery, here: Place, leave: str) -> None:
    def look(name: str) -> None:
        gallery.look(kim.page, name)

    kim.opens(leave).sees("Where are you reading this?")
    look("where")
    kim.presses("Go on").is_told("Choose one of the two.")
    look("where-told")
    kim.chooses("my employer’s, or I am not sure").presses("Go on").sees("Come back from elsewhere")
    look("elsewhere")
    kim.page.go_back()
    kim.says_where().unfolds("I have joined before")
    look("way")
    kim.types("Your code", "7K3M 9QXA").presses("Go on")
    kim.is_told("A code is four groups of four letters or digits, like 7K3M-9QXA-2B4C-D5EF. Compare yours again.")
    look("way-told")
    kim.types("Your code", here.code()).presses("Go on").sees("What kind of work do you do?")
    look("work")
    kim.presses("Go on").sees("Do you manage people?")
    look("standing")
    kim.presses("Go on").sees("Your twelve pairs of words")
    look("words")
    kim.presses("I have them on paper").sees("Which words are these?").unfolds("Skip this").presses("Go on")
    expect(kim.page.locator("[aria-invalid]")).to_be_visible()
    look("ask-told")
    kim.presses("Show the words again").sees("Your twelve pairs of words").writes_the_words_down()
    look("join")
    with held(kim, "**/api/issuer/admissions"):
        kim.presses("Join")
        kim.page.locator("main[aria-busy]").wait_for()
        look("join-busy")
    kim.sees("You have joined. Sign now, or later?")
    look("joined")


@contextmanager
def held(person: Person, address: str) -> Iterator[None]:
    """Keep a request waiting while something is looked at."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    person.page.context.route(address, hold)
    yield
    for each in waiting:
        each.continue_()
    person.page.context.unroute(address)


def signing(kim: Person, gallery: Gallery, here: Place, leave: str) -> None:
    def look(name: str) -> None:
        gallery.look(kim.page, name)

    kim.presses("Sign later").sees("Come back when you like")
    look("tomorrow")
    kim.opens(leave).sees("Sign this letter?").unfolds("Read the whole letter")
    look("again")
    kim.page.go_back()
    kim.opens(leave)
    kim.sees("Sign this letter?").page.evaluate("() => history.replaceState({ screen: 'letter', depth: 1 }, '')")
    kim.page.reload()
    kim.sees("What you sign")
    look("letter")
    kim.presses("Go on").sees("What will be public")
    look("public")
    kim.page.context.route("**/api/acts", lambda route: route.abort())
    kim.presses("Sign this letter").sees("Your signature may not have arrived")
    look("uncertain")
    kim.page.context.unroute("**/api/acts")
    kim.presses("Send it again").sees("Signed")
    look("signed")
    kim.presses("Am I counted?")
    kim.page.locator("p.lead").wait_for()
    look("signed-waiting")
    here.colleagues(12, leave)
    here.days_pass(1)
    kim.presses("Am I counted?").button("Save the proof").wait_for()
    look("signed-counted")


def keeping(kim: Person, gallery: Gallery, tmp_path: Path) -> None:
    def look(name: str) -> None:
        gallery.look(kim.page, name)

    kim.opens().sees("Your pass")
    look("pass")
    kim.presses("Show my words").sees("Your twelve pairs of words")
    look("show")
    kim.presses("Done").sees("Your pass").presses("Save my pass as a file").sees("Save your pass as a file")
    kim.types("Passphrase for the file", "short").presses("Save the file")
    kim.page.locator("[aria-invalid]").wait_for()
    look("save-told")
    kim.types("Passphrase for the file", PASSPHRASE).types("The same again", PASSPHRASE)
    kim.downloads("Save the file", tmp_path / "undersigned.pass")
    kim.presses("Back").sees("Your pass").presses("Protect it with a passphrase")
    kim.sees("Protect your pass with a passphrase")
    look("protect")
    kim.types("Passphrase", PASSPHRASE).types("The same again", PASSPHRASE).presses("Protect it").sees("Your pass")
    kim.opens().sees("Your passphrase").unfolds("I have forgotten it").types("Passphrase", "x").presses("Open it")
    kim.page.locator("[role=alert] p").wait_for()
    look("unlock-told")
    kim.types("Passphrase", PASSPHRASE).presses("Open it").sees("Your pass")
    look("pass-protected")
    kim.presses("Change or remove the passphrase").sees("Another passphrase").presses("Remove the passphrase")
    kim.sees("Your pass")


def returning(lou: Person, gallery: Gallery, kim: Person, tmp_path: Path, leave: str) -> None:
    def look(name: str) -> None:
        gallery.look(lou.page, name)

    lou.opens().sees("Your pass")
    look("pass-none")
    lou.presses("I have my words").sees("Bring your pass back with your words")
    lou.unfolds("What you said of yourself when you joined").types("Your 24 words", "abandon").presses("Bring it back")
    lou.page.locator("[aria-invalid]").wait_for()
    look("restore-told")
    lou.opens(leave).says_where().unfolds("I have joined before").presses("I saved my pass as a file")
    lou.sees("Bring your pass back").presses("Bring it back").is_told("Choose the file first.")
    look("bring-told")
    lou.opens("no-such-letter").sees("There is no such letter here")
    look("nothing")
    lou.page.goto(f"{lou.url}/sign/#back?code=x&state=y")
    lou.sees("This browser did not ask")
    look("astray")
    lou.page.context.route("**/registry/checkpoint", lambda route: route.abort())
    lou.opens(leave).sees("This page cannot go on now")
    look("cannot-go-on")


def losing(mo: Person, gallery: Gallery, here: Place, last: str) -> None:
    code = here.code()
    mo.joins(last, code)
    thief = mo.elsewhere()
    thief.opens(last).says_where().unfolds("I have joined before").presses("I have lost my words")
    thief.sees("If you have lost your words")
    gallery.look(thief.page, "lost")
    thief.presses("Make new words").sees("Which code did you join with?").types("Your code", code).presses("Go on")
    thief.says_nothing_more().writes_the_words_down(then="Put new words in the place of the lost ones?")
    gallery.look(thief.page, "join-replace")
    thief.presses("Ask for it").sees("New words are asked for")
    gallery.look(thief.page, "asked")
    mo.opens().sees("Your pass").presses("Somebody else replaces my words").presses("Stop it").sees("Your words stay")
    gallery.look(mo.page, "cancelled")


def withdrawing(kim: Person, gallery: Gallery, here: Place, leave: str) -> None:
    kim.opens(leave).sees("You have signed this letter").presses("Withdraw my signature").sees(
        "Withdraw your signature?"
    )
    gallery.look(kim.page, "withdraw")
    kim.presses("Withdraw my signature").sees("Your signature is withdrawn").presses("Look in the log")
    kim.page.locator("p.lead").wait_for()
    gallery.look(kim.page, "withdrawn")


def ending(nia: Person, gallery: Gallery, here: Place, letters: tuple[str, str]) -> None:
    last, spring = letters
    nia.joins(last, here.code())
    here.days_pass(1)
    nia.opens(last).sees("This letter is closed")
    gallery.look(nia.page, "closed")
    here.days_pass(92)
    here.opens(spring, days=10)
    nia.opens(spring).sees("Get your pass for this quarter")
    gallery.look(nia.page, "renew")


def burning(kim: Person, gallery: Gallery) -> None:
    kim.opens().sees("Your pass").presses("Burn it").sees("Burn your pass on this device?")
    gallery.look(kim.page, "burn")
    kim.presses("Burn it").sees("Burned")
    gallery.look(kim.page, "burned")
