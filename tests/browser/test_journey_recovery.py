"""Lost words where members join by mail, by account or by vouching: bring back, replace, stop, and what cannot be."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from support import accounts
from support.accounts import At
from support.browsing import Place
from support.browsing import place as placed
from support.by_account import AWAY, DOMAIN, asks_nothing, signs_in
from support.by_mail import DOMAIN as MAILED
from support.by_mail import FAST
from support.gallery import Gallery
from support.instances import HERE, fresh, letter
from support.keeping import Place as Keeping
from support.keeping import place as keeping
from support.mailing import Post, post
from support.people import Person
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE

pytestmark = pytest.mark.xdist_group("journey-recovery")

Come = Callable[..., Person]
JOINED = "You have joined. Sign now, or later?"
FIRST = "Do two members know you?"
REPLACE = "Put new words in the place of the lost ones?"
LOST = "If you have lost your words"


class Door(NamedTuple):
    here: Place
    post: Post


def settle(directory: Path, keeper: Keeping, provider: At, server: Post) -> Instance:
    """Three ways beside each other."""
    config = replace(fresh(directory).config, keeper=keeper.socket, mail=server.settings, work=100)
    (directory / FILE).write_bytes(config.encoded())
    keeper.client().make(HERE)
    here = open_instance(directory)
    here.issuer.set_way(HERE, "oidc", provider.settings(hosted_domain=DOMAIN))
    here.issuer.set_way(HERE, "email", {"domains": [MAILED], "employer": False}, besides=True)
    here.issuer.set_way(HERE, "vouch", {}, besides=True)
    return here


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("recovery")
    with accounts.running() as provider, keeping() as keeper, post(home, "tls") as server:
        keeper.start(*FAST)
        with placed(home, (letter("leave"),), 1, lambda folder: settle(folder, keeper, provider, server)) as served:
            yield Door(served, server)


@pytest.fixture
def here(door: Door) -> Place:
    return door.here


def another_way(person: Person, slug: str, way: str) -> Person:
    person.opens(slug).says_where(FIRST).unfolds("Another way")
    return person.presses(way)


def loses(person: Person, slug: str, how: str) -> Person:
    """Say on a new device that the words are lost, and how one had joined."""
    person.opens(slug).says_where(FIRST).unfolds("I have joined before").presses("I have lost my words")
    return person.sees(LOST).chooses(how).presses("Make new words")


def types_a_code(person: Person, door: Door, address: str) -> Person:
    """One mail an hour goes to an address; until then the code in it is the one that is asked for."""
    person.types("Your address", address).presses("Send me a code").sees("Which code came by mail?")
    return person.types("Eight digits", door.post.mailbox.code(address)).presses("Go on").says_nothing_more()


def test_rosa_replaces_her_words_with_the_same_account(here: Place, somebody: Come) -> None:
    here.opens("winter", days=60)
    old = another_way(somebody(), "winter", "With an account elsewhere")
    old.sees("Which account shows that you work there?").presses("Go on").says_nothing_more()
    signs_in(old.writes_the_words_down(AWAY), f"rosa@{DOMAIN}").presses("Join").sees(JOINED)

    rosa, gallery = somebody(), Gallery("recovery")
    loses(rosa, "winter", "with an account elsewhere").sees("Which account did you join with?").presses("Go on")
    rosa.says_nothing_more().writes_the_words_down(AWAY).reads("sign in with the account that you joined with")
    signs_in(rosa, f"somebody-else@{DOMAIN}").sees(REPLACE).presses("Ask for it")
    rosa.sees(AWAY).is_told("Nobody joined with this account, so there are no lost words to replace.")
    assert asks_nothing(rosa.page)
    signs_in(rosa, f"rosa@{DOMAIN}").sees(REPLACE)
    gallery.look(rosa.page, "account")
    rosa.presses("Ask for it").sees("New words are asked for").reads("Your new words count from")

    # Seven days, then another quarter: the new words sign there, the old ones no longer.
    here.days_pass(7)
    rosa.opens("winter").presses("Get it").is_told("Your new words count for letters that open in the next quarter")
    here.days_pass(40)
    here.opens("spring", days=20)
    rosa.opens("spring").sees("Get your pass for this quarter").presses("Get it").sees(JOINED).goes_on().signs()
    old.opens("spring").sees("Get your pass for this quarter").presses("Get it")
    old.is_told("Nobody joined with these words at this place of work.")
    # What they bring back on a new device is the new pass.
    fresh_one = somebody().opens("spring").says_where(FIRST)
    fresh_one.unfolds("I have joined before").presses("I have my words")
    fresh_one.sees("Bring your pass back with your words").types("Your 24 words", rosa.phrase).presses("Bring it back")
    fresh_one.sees("Sign this letter?")


def test_theo_stops_somebody_who_reads_his_mail(door: Door, here: Place, somebody: Come) -> None:
    here.opens("mailbox", days=10)
    theo, address = another_way(somebody(), "mailbox", "By e-mail"), f"theo@{MAILED}"
    theo.sees("Which address shows that you work there?")
    types_a_code(theo, door, address).writes_the_words_down().presses("Join").sees(JOINED)

    thief = loses(somebody(), "mailbox", "by e-mail").sees("Which address shows that you work there?")
    types_a_code(thief, door, address).writes_the_words_down(REPLACE).presses("Ask for it")
    thief.sees("New words are asked for")
    theo.opens().sees("Your pass").presses("Somebody else replaces my words")
    theo.sees("Stop the replacement of your words?").reads("Whoever has what you joined with").presses("Stop it")
    theo.sees("Your words stay")
    here.days_pass(8)
    thief.opens("mailbox").sees("Get your pass for this quarter").presses("Get it")
    thief.is_told("Nobody joined with these words at this place of work.")
    theo.opens("mailbox").sees("Sign this letter?").signs()


def test_who_was_vouched_for_is_told_that_lost_words_cannot_be_replaced(here: Place, somebody: Come) -> None:
    here.opens("vouched", days=5)
    una, gallery = somebody(), Gallery("recovery-vouch")
    una.opens("vouched").says_where(FIRST).unfolds("I have joined before").presses("I have lost my words").sees(LOST)
    una.reads("If two members vouched for you, lost words cannot be replaced").presses("Make new words")
    una.is_told("Choose how you joined.")
    una.chooses("because two members vouched for me").presses("Make new words")
    una.is_told("Lost words cannot be replaced where two members vouched for you.")
    gallery.look(una.page, "lost")
    una.presses("Back").sees(FIRST)
    assert una.messages() == []
