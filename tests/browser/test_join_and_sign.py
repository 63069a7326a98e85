"""The first journey, screen by screen, and what interrupts it, in a browser against the real server."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route

from support.browsing import Place
from support.inspection import accessible, path_of, requested, secrets_of, stored
from support.people import Person
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.proof import TlogProof, verify
from undersigned.tlog.tile import parse_bundle

Shot = Callable[[Page, str], Path]
#: Everything that joining, signing and looking whether one is counted may ask for.
DOCUMENTED = re.compile(
    r"/sign/|/assets/[a-z-]+\.[0-9a-f]{16}\.(?:svg|woff2)|/client/[a-z-]+\.[0-9a-f]{16}\.(?:js|css|svg|json|woff2)|/registry\.vkey|/(?:registry|log)/checkpoint"
    r"|/(?:registry|log)/tile/entries/[x0-9/]+(?:\.p/[0-9]+)?|/documents/[0-9a-f]{64}"
    r"|/issuers\.json|/api/issuer/(?:role-families|nonce|admissions)|/api/acts"
)


@pytest.fixture
def person(page: Page, here: Place) -> Person:
    return Person(page, here.url)


@pytest.fixture
def looks(person: Person, shot: Shot) -> Callable[[str], None]:
    """Let axe look at a screen, and take its pictures."""

    def look(name: str) -> None:
        accessible(person.page)
        shot(person.page, name)

    return look


def test_mara_joins_and_signs_and_sees_that_she_is_counted(
    person: Person, here: Place, looks: Callable[[str], None]
) -> None:
    code = here.code()
    person.opens("leave").sees("Where are you reading this?")
    looks("join-1-where")
    person.presses("Go on").is_told("Choose one of the two.")
    person.chooses("my employer’s").presses("Go on").sees("Come back from elsewhere")
    looks("join-1-elsewhere")
    person.page.go_back()
    person.says_where()
    looks("join-2-way")
    person.types("Your code", "7K3M 9QXA").presses("Go on").is_told("four groups of four letters or digits")
    looks("join-2-way-wrong")
    person.types("Your code", code.lower().replace("-", " ")).presses("Go on").sees("What kind of work do you do?")
    looks("join-2-work")
    person.presses("Go on").sees("Do you manage people?")
    looks("join-2-standing")
    person.presses("Go on").sees("Your twelve pairs of words")
    looks("join-3-words")
    person.writes_the_words_down().reads(code)
    looks("join-3-join")
    assert person.messages() == [], "nothing is sent before the words are safe"
    person.presses("Join").sees("You have joined. Sign now, or later?")
    assert code not in stored(person.page), "the spent code is not kept"
    looks("join-3-joined")
    person.presses("Go on now").sees("What you sign")
    digest = here.letters["leave"].digest
    person.reads(f"{digest[:8]} … {digest[-8:]}")
    looks("sign-4-letter")
    person.presses("Go on").sees("What will be public")
    person.reads("That one more member of example.com signed, by the day of the next count. Not who.")
    looks("sign-5-public")
    person.signs().reads("on 5\u00a0December\u00a02026 at the latest")
    looks("sign-6-signed")
    here.colleagues(11, "leave")
    here.tick("2026-12-02T00:00:00Z")
    person.presses("Am I counted?").reads("You are counted")
    looks("sign-6-counted")
    _proves_an_act(person.downloads("Save the proof", here.home / "mara.tlog-proof"), here)
    _sent_nothing_else(person, here.url)


def _proves_an_act(octets: bytes, here: Place) -> None:
    """The file is a proof of an act in the log, made by the page, checked by Python."""
    proof = TlogProof.parse(octets)
    public = here.instance.config.public
    size = int((public / "log/checkpoint").read_text().splitlines()[1])
    bundle = (public / f"log/tile/entries/000.p/{size}").read_bytes()
    entry = parse_bundle(bundle, size)[proof.index]
    trusted = VerifierKey.parse((public / "log.vkey").read_text().strip())
    verify(proof, entry, trusted.name, trusted)
    assert json.loads(entry)["action"] == "sign"


def _body(request: Request) -> bytes:
    return request.post_data_buffer or b""


def _sent_nothing_else(person: Person, url: str) -> None:
    sent = requested(person.sent)
    assert [len(_body(each)) for each in person.acts()] == [8192]
    assert [path_of(each) for each in person.messages()] == ["/api/issuer/admissions", "/api/acts"]
    assert [each.url for each in sent if not each.url.startswith(f"{url}/")] == []
    assert [path_of(each) for each in sent if not DOCUMENTED.fullmatch(path_of(each))] == []
    assert not any("leave" in path_of(each) for each in sent), "no request names the letter"
    everything = b"\n".join(path_of(each).encode() + b"\n" + _body(each) for each in sent)
    assert [each for each in secrets_of(person.paper) if each in everything] == []


def test_nothing_is_lost_on_reload_and_back_works(person: Person, here: Place) -> None:
    code = here.code()
    person.opens("leave").says_where().types("Your code", code).presses("Go on").sees("What kind of work do you do?")
    person.page.get_by_label("Kind of work").select_option("software-engineer")
    person.presses("Go on").sees("Do you manage people?")
    person.page.go_back()
    person.sees("What kind of work do you do?")
    assert person.page.get_by_label("Kind of work").input_value() == "software-engineer"
    person.page.go_forward()
    person.sees("Do you manage people?")
    person.page.reload()
    person.sees("Do you manage people?").presses("Go on").sees("Your twelve pairs of words")
    before = person.page.locator(".pairs li").all_inner_texts()
    person.presses("I have them on paper").sees("Which words are these?")
    # Another visit, without the browser's history.
    person.opens("leave").sees("Which words are these?")
    person.presses("Show the words again").sees("Your twelve pairs of words")
    person.writes_the_words_down()
    assert person.paper == before
    person.reads(code).presses("Join").sees("You have joined. Sign now, or later?")
    person.page.go_back()
    person.sees("Sign this letter?")


def test_offline_in_the_middle_of_signing(person: Person, here: Place, looks: Callable[[str], None]) -> None:
    person.joins("leave", here.code()).goes_on()
    lost: list[str] = []

    def lose(route: Route) -> None:
        """The act arrives; the answer does not."""
        lost.append(route.request.url)
        route.fetch()
        route.abort("internetdisconnected")

    person.page.context.route("**/api/acts", lose)
    person.presses("Sign this letter").sees("Your signature may not have arrived")
    person.reads("Sending it twice is safe, it counts once.")
    looks("uncertain")
    person.page.context.set_offline(True)
    person.presses("Send it again").is_told("Nothing is lost")
    person.page.context.set_offline(False)
    person.page.context.unroute("**/api/acts")
    person.page.reload()
    person.sees("Your signature may not have arrived").presses("Send it again")
    person.sees("You have signed this letter").reads("it counts once")
    assert len(lost) == 1


def test_two_tabs_share_one_pass(person: Person, here: Place) -> None:
    second = Person(person.page.context.new_page(), here.url)
    second.opens("leave").sees("Where are you reading this?")
    # Only the page in front is drawn at full speed.
    person.page.bring_to_front()
    person.joins("leave", here.code())
    second.page.bring_to_front()
    second.sees("Sign this letter?").signs()
    person.page.bring_to_front()
    person.sees("You have signed this letter")


def test_the_server_starts_anew_in_the_middle(person: Person, here: Place) -> None:
    person.opens("leave").says_where().types("Your code", here.code()).presses("Go on").says_nothing_more()
    here.restart()
    person.writes_the_words_down().presses("Join").sees("You have joined. Sign now, or later?")
    person.goes_on().signs()


def test_by_keyboard_alone_each_step_moves_the_focus_to_its_question(person: Person, here: Place) -> None:
    person.opens("leave").sees("Where are you reading this?")
    keyboard = person.page.keyboard

    def until(name: str) -> None:
        for _ in range(30):
            keyboard.press("Tab")
            labels = "() => [...(document.activeElement.labels ?? [])].map((each) => each.textContent).join()"
            if name in str(person.page.evaluate(labels)):
                return
        pytest.fail(f"the Tab key does not reach “{name}”")

    until("my own")
    keyboard.press("Space")
    keyboard.press("Enter")
    person.sees("How can you show that you work there?")
    focus = person.page.evaluate("() => document.activeElement.textContent")
    assert focus == "How can you show that you work there?"
    until("Your code")
    keyboard.type(here.code())
    keyboard.press("Enter")
    person.sees("What kind of work do you do?")
