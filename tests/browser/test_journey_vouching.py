"""Cleo joins because two members vouch for her, each in their own browser."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from support import instances
from support.browsing import Place, place
from support.inspection import accessible
from support.people import Person, at_a_terminal
from undersigned.bootstrap import Instance
from undersigned.holder.admission import Shown
from undersigned.values import b64u

Shot = Callable[[Page, str], Path]


def vouching(folder: Path) -> Instance:
    made = instances.fresh(folder)
    made.issuer.set_way(instances.HERE, "vouch", {}, besides=True)
    return made


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("served"), (instances.letter("leave"),), made=vouching) as served:
        yield served


def looks(person: Person, shot: Shot, name: str) -> None:
    accessible(person.page)
    shot(person.page, name)


def vouches(member: Person, here: Place, invitation: str) -> Person:
    member.joins("leave", here.code()).opens().sees("Your pass").presses("Vouch for a colleague")
    return member.sees("Whom do you vouch for?").types("Their invitation", invitation).presses("Vouch")


def test_cleo_is_vouched_for_and_signs(here: Place, somebody: Callable[..., Person], shot: Shot) -> None:
    cleo, ann, ben = somebody(), somebody(), somebody()
    cleo.opens("leave").says_where().page.get_by_text("Another way").click()
    looks(cleo, shot, "join-2-several-ways")
    cleo.presses("Two members vouch for me").sees("Do two members know you?")
    looks(cleo, shot, "join-2-vouch")
    cleo.presses("Go on").says_nothing_more().writes_the_words_down().sees("Join now?")
    invitation = cleo.page.locator("dd.mark").inner_text()
    assert len(re.sub(r"\s", "", invitation)) == 64
    looks(cleo, shot, "join-3-invitation")
    cleo.presses("Join").is_told("Two members have not vouched for you yet.")
    ann.opens().sees("Your pass").does_not_read("Vouch for a colleague")
    vouches(ann, here, invitation).sees("You vouched").reads("Vouches left this quarter: 4")
    looks(ann, shot, "vouch-done")
    ann.presses("Done").presses("Vouch for a colleague").sees("Whom do you vouch for?")
    looks(ann, shot, "vouch")
    ann.types("Their invitation", "not an invitation").presses("Vouch").is_told("This is no invitation")
    ann.types("Their invitation", invitation).presses("Vouch").is_told("You have vouched for this person already.")
    vouches(ben, here, invitation).sees("You vouched")
    # She closed her browser's page in between; nothing is lost.
    cleo.opens("leave").sees("Join now?").presses("Join").sees("You have joined. Sign now, or later?")
    cleo.goes_on().reads("vouch").signs()


def vouched_for(here: Place) -> str:
    """Somebody for whom two members vouched at their terminals, and who signed at their own; returns their words."""
    with at_a_terminal(here) as cleo:
        invitation = cleo.invitation(instances.HERE)
        for _ in range(2):
            with at_a_terminal(here) as member:
                member.enrol(instances.HERE, here.code())
                member.vouch(invitation)
        cleo.enrol(instances.HERE, Shown("vouch", {"invitation": b64u(invitation)}))
        cleo.sign("leave")
        return cleo.wallet.phrase


def test_who_was_vouched_for_brings_the_pass_back_and_is_told_to_keep_the_words(
    here: Place, somebody: Callable[..., Person], shot: Shot
) -> None:
    paper = vouched_for(here)
    vito = somebody()
    vito.opens("leave").says_where().unfolds("I have joined before").presses("I have lost my words")
    vito.sees("If you have lost your words").reads("If two members vouched for you, lost words cannot be replaced")
    vito.chooses("because two members vouched for me").presses("Make new words")
    vito.is_told("Lost words cannot be replaced where two members vouched for you.")
    assert vito.messages() == [], "nothing was asked for"

    # He finds the paper again: the words bring all of it back, without anybody vouching anew.
    vito.restores("leave", paper).sees("Sign this letter?").presses("Sign this letter")
    vito.sees("You have signed this letter").reads("it counts once")
    assert [each.url.rsplit("/", 1)[1] for each in vito.messages()] == ["renewals", "acts"]
    vito.opens().sees("Your pass").reads("Two members vouched for you. If you lose your words, they cannot be replaced")
    vito.does_not_read("Vouch for a colleague")
    looks(vito, shot, "vouched-pass")


def test_who_joined_with_a_code_reads_nothing_of_vouching_in_the_pass(
    here: Place, somebody: Callable[..., Person]
) -> None:
    somebody().joins("leave", here.code()).opens().sees("Your pass").does_not_read("they cannot be replaced")
