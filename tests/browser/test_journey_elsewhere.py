"""An issuer on another server, from the page: accounts, vouching, words that are restored, replaced, and kept."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support import accounts
from support.accounts import At
from support.browsing import Place
from support.by_account import ACCOUNT, AWAY, DOMAIN, asks_nothing, signs_in
from support.co_issuing import UNION
from support.gallery import Gallery
from support.instances import EPOCH, HERE, ISSUER
from support.keeping import place as keeping
from support.people import Person
from support.unions import Union, union
from undersigned.protocol.letter import Organisation

pytestmark = pytest.mark.xdist_group("journey-elsewhere")

Come = Callable[..., Person]
#: Letters: of the issuer elsewhere alone, of both, of one that admits by account, of one whose members vouch.
ALONE, BOTH, GUILD, VOUCHED = "alone", "both", "guild", "vouched"
ACCOUNTS, VOUCHING = "guild.example", "vouching.example"
CHOOSE, MISSING = "Where do you join?", "A pass is still missing"
HOW, JOINED = "How can you show that you work there?", "You have joined. Sign now, or later?"
STOPPING = "Stop the replacement of your words?"
REPLACE, BACK = "Put new words in the place of the lost ones?", "Bring your pass back with your words"


@pytest.fixture(scope="module")
def there(here: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Union]:
    """An issuer at another origin, and two letters."""
    with union(tmp_path_factory.mktemp("union"), here) as served:
        here.opens(ALONE, days=90, epoch=EPOCH, organisations=(Organisation(HERE, (UNION,)),))
        here.opens(BOTH, days=90, epoch=EPOCH, organisations=(Organisation(HERE, (ISSUER, UNION)),))
        yield served


def asked(person: Person, of: Union) -> list[tuple[str, str]]:
    """What was sent to the issuer elsewhere, without what browsers ask by themselves."""
    sent = [each for each in person.sent if each.url.startswith(f"{of.url}/")]
    return [(each.method, urlsplit(each.url).path) for each in sent if each.method != "OPTIONS"]


def posted(person: Person, url: str) -> list[str]:
    return [urlsplit(each.url).path.rpartition("/")[2] for each in person.messages() if each.url.startswith(url)]


def joins_there(person: Person, there: Union, slug: str = ALONE, code: str | None = None) -> Person:
    person.opens(slug).sees(CHOOSE)
    if slug == BOTH:
        person.chooses(UNION)
    person.presses("Go on there").says_where().types("Your code", code or there.codes.pop()).presses("Go on")
    return person.says_nothing_more().writes_the_words_down().presses("Join")


# ── an account ──


@pytest.fixture(scope="module")
def guild(here: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Union, At]]:
    """An issuer elsewhere whose members join by an account at a provider."""
    with accounts.running() as provider, keeping() as keeper:
        keeper.start()
        ways = {"oidc": provider.settings(hosted_domain=DOMAIN)}
        with union(tmp_path_factory.mktemp("guild"), here, ACCOUNTS, ways, keeper) as served:
            here.opens(GUILD, days=90, epoch=EPOCH, organisations=(Organisation(HERE, (ACCOUNTS,)),))
            yield served, provider


def goes_to_the_guild(person: Person, url: str) -> Person:
    person.opens(GUILD).sees(CHOOSE).reads(f"What you bring goes to {ACCOUNTS}, at {url}, and to nobody else.")
    return person.presses("Go on there").says_where(ACCOUNT)


def test_ida_joins_with_an_account_and_has_lost_words_replaced(
    here: Place, guild: tuple[Union, At], somebody: Come
) -> None:
    there, provider = guild
    ida, login = goes_to_the_guild(somebody(), there.url), f"ida@{DOMAIN}"
    ida.reads(f"This goes to {ACCOUNTS}, at {there.url}, and nowhere else.")
    ida.presses("Go on").says_nothing_more().writes_the_words_down(AWAY).reads(f"at {there.url}, and nowhere else.")
    signs_in(ida, login).sees("Join now?").reads(f"This goes to {ACCOUNTS}, at {there.url}, and nowhere else.")
    assert asks_nothing(ida.page)
    ida.presses("Join").sees(JOINED).goes_on().signs()
    assert {*asked(ida, there)} == {
        ("GET", "/api/issuer/role-families"), ("GET", "/api/issuer/ways"), ("GET", "/api/issuer/nonce"),
        ("POST", "/api/issuer/admissions"),
    }  # fmt: skip
    assert posted(ida, here.url) == ["acts"], "the letters' server is told of no account"
    assert GUILD not in "\n".join(provider.heard())

    new = somebody().opens(GUILD).sees(CHOOSE).presses("I have lost my words").sees("If you have lost your words")
    new.reads(there.url).presses("Make new words").sees("Which account did you join with?")
    new.presses("Go on").says_nothing_more().writes_the_words_down(AWAY)
    signs_in(new, login).sees(REPLACE).presses("Ask for it").sees("New words are asked for")
    assert posted(new, there.url) == ["replacements"]
    assert posted(new, here.url) == []


def test_what_an_account_brought_goes_to_the_issuer_that_asked_alone(
    here: Place, guild: tuple[Union, At], there: Union, somebody: Come
) -> None:
    """Another tab goes on at another issuer: what came back stays here."""
    owen = goes_to_the_guild(somebody(), guild[0].url).presses("Go on").says_nothing_more().writes_the_words_down(AWAY)
    signs_in(owen, f"owen@{DOMAIN}").sees("Join now?")
    tab = (
        owen.beside()
        .opens(ALONE)
        .sees(CHOOSE)
        .presses("Go on there")
        .says_where()
        .types("Your code", "7K3M-9QXA-2B4C-D5EF")
    )
    tab.presses("Go on").sees("What kind of work do you do?")
    owen.presses("Join").is_told("People of this place of work do not join by an account.")
    assert [posted(owen, url) for url in (here.url, there.url, guild[0].url)] == [[], [], []]


# ── two members who vouch ──


def test_cleo_is_vouched_for_by_members_of_the_issuer_that_is_elsewhere(
    here: Place, somebody: Come, tmp_path: Path
) -> None:
    with union(tmp_path, here, VOUCHING, {"vouch": {}}) as there:
        here.opens(VOUCHED, days=90, epoch=EPOCH, organisations=(Organisation(HERE, (VOUCHING,)),))
        vouched(here, there, somebody)


def vouched(here: Place, there: Union, somebody: Come) -> None:
    cleo, members = somebody(), (somebody(), somebody())
    cleo.opens(VOUCHED).sees(CHOOSE).presses("Go on there").says_where().unfolds("Another way")
    cleo.presses("Two members vouch for me").sees("Do two members know you?").presses("Go on")
    cleo.says_nothing_more().writes_the_words_down().sees("Join now?").reads(f"This goes to {VOUCHING}, at {there.url}")
    invitation = cleo.page.locator("dd.mark").inner_text()
    cleo.presses("Join").is_told("Two members have not vouched for you yet.")
    for member in members:
        joins_there(member, there, VOUCHED).sees(JOINED).opens().sees("Your pass").presses("Vouch for a colleague")
        member.sees("Whom do you vouch for?").reads(f"This goes to {VOUCHING}, at {there.url}, and nowhere else.")
        member.types("Their invitation", invitation).presses("Vouch").sees("You vouched")
        assert posted(member, there.url) == ["admissions", "acts"]
        assert posted(member, here.url) == []
    Gallery("elsewhere").look(members[0].presses("Done").presses("Vouch for a colleague").page, "vouch")
    cleo.presses("Join").sees(JOINED).goes_on().reads("How you joined is shown too").signs()


# ── words ──


def test_rosa_brings_passes_of_both_back_with_her_words(here: Place, there: Union, somebody: Come) -> None:
    rosa = joins_there(somebody(), there, BOTH).sees(MISSING)
    rosa.presses("Go on there").sees(HOW).types("Your code", here.code()).presses("Go on").presses("Join").sees(JOINED)

    again, gallery = somebody(), Gallery("elsewhere")
    again.opens(BOTH).sees(CHOOSE).presses("I have my words").sees(BACK).reads(here.url).reads(there.url)
    again.reads("Compare the address with your slip, or with what you were told.")
    gallery.look(again.page, "restore")
    again.types("Your 24 words", rosa.phrase)
    for name in (ISSUER, UNION):
        again.chooses(name)
    again.presses("Bring it back").is_told("Choose one of them.")
    assert again.messages() == []
    # One of them first, as somebody does who does not know the other's address.
    again.chooses(ISSUER).presses("Bring it back").sees(MISSING)
    assert asked(again, there) == []
    again.presses("I have my words").sees(BACK).types("Your 24 words", rosa.phrase).presses("Bring it back")
    again.sees("Sign this letter?").signs()
    assert posted(again, there.url) == ["renewals"]
    assert posted(again, here.url) == ["renewals", "renewals", "acts"]

    third = (
        somebody().opens().sees("Your pass").presses("I have my words").sees(BACK).types("Your 24 words", rosa.phrase)
    )
    third.chooses(ISSUER).chooses(UNION).presses("Bring it back").sees("Your pass")
    third.reads(f"{HERE} ({ISSUER}), for").reads(f"{HERE} ({UNION}), for")


def test_words_that_nobody_knows_there_are_refused_in_words(there: Union, somebody: Come) -> None:
    rosa = somebody().opens(ALONE).sees(CHOOSE).presses("I have my words").sees(BACK)
    rosa.reads(f"This goes to {UNION}, at {there.url}, and nowhere else.")
    rosa.types("Your 24 words", "abandon " * 23 + "art").presses("Bring it back")
    rosa.is_told("Nobody joined with these words at this place of work.")
    assert posted(rosa, there.url) == ["renewals"]


def test_jon_has_lost_words_replaced_there_and_kira_stops_it(here: Place, there: Union, somebody: Come) -> None:
    code = there.codes.pop()
    kira = joins_there(somebody(), there, code=code).sees(JOINED)
    thief, gallery = somebody(), Gallery("elsewhere")
    thief.opens(ALONE).sees(CHOOSE).presses("I have lost my words").sees("If you have lost your words")
    gallery.look(thief.page, "lost")
    thief.presses("Make new words").sees("Which code did you join with?")
    thief.reads(f"This goes to {UNION}, at {there.url}, and nowhere else.")
    thief.types("Your code", code).presses("Go on").says_nothing_more().writes_the_words_down(then=REPLACE)
    thief.presses("Ask for it").sees("New words are asked for").reads("Your new words count from")
    assert posted(thief, there.url) == ["replacements"]

    kira.opens().sees("Your pass").presses("Somebody else replaces my words").sees(
        "Stop the replacement of your words?"
    )
    kira.reads(f"This goes to {UNION}").reads(there.url)
    gallery.look(kira.page, "cancel")
    kira.presses("Stop it").sees("Your words stay")
    assert posted(kira, there.url) == ["admissions", "cancellations"]
    assert [posted(each, here.url) for each in (kira, thief)] == [[], []]


# ── where it is ──


def test_it_really_moves_and_nothing_goes_there_before_somebody_says_so(
    here: Place, there: Union, somebody: Come
) -> None:
    noor, before = joins_there(somebody(), there).sees(JOINED), there.url
    nobody = somebody()
    with there.moved(here) as moved:
        noor.opens().sees("Your pass").presses("Somebody else replaces my words").sees(STOPPING)
        noor.reads(f"You know {UNION} at {before}. This server now says {moved}. Nothing was sent there.")
        assert not [each for each in noor.sent if each.url.startswith(moved)]
        Gallery("elsewhere").look(noor.page, "moved")
        noor.presses("Stop it").is_told("Choose one of them.")
        noor.presses(f"{UNION} told me that it moved to {moved}").reads(f"This goes to {UNION}, at {moved}")
        noor.presses("Stop it").is_told("Nobody asked to replace your words.")
        assert posted(noor, moved) == ["cancellations"]
        # It is kept: asked again, after the page was loaded anew, nothing is said of a move.
        noor.opens().sees("Your pass").presses("Somebody else replaces my words").sees(STOPPING)
        noor.does_not_read("You know")
        # Who is new sees the new address alone.
        nobody.opens(ALONE).sees(CHOOSE).reads(f"at {moved}").does_not_read("You know")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", moved)


def test_mia_gets_a_pass_of_another_quarter_from_the_address_that_she_sees(
    here: Place, there: Union, somebody: Come
) -> None:
    mia = joins_there(somebody(), there).sees(JOINED)
    here.days_pass(31)
    there.opens(here, "2027Q1")
    here.opens("spring", days=90, epoch="2027Q1", organisations=(Organisation(HERE, (UNION,)),))
    mia.opens("spring").sees(MISSING).reads(f"{UNION}: {there.url} – you have its pass of another quarter")
    mia.presses("Go on there").sees(JOINED).goes_on()
    assert posted(mia, there.url) == ["admissions", "renewals"]
