"""People who take something back: a signature before its count, a signature after it, everything on a device."""

import json
from collections.abc import Callable

import pytest

from support.browsing import Place
from support.inspection import secrets_of, stored
from support.people import Person

pytestmark = pytest.mark.xdist_group("journey-leaving")

Come = Callable[..., Person]
NOTHING = {"caches": [], "cookie": "", "local": {}, "session": {}}


@pytest.fixture(scope="module")
def here(passing: Place) -> Place:
    """Shared with other modules."""
    return passing


def kept(person: Person) -> list[bytes]:
    """What of somebody's secrets lies in their browser, in whatever spelling."""
    found = stored(person.page).encode()
    return [each for each in secrets_of(person.paper) if each in found]


def test_finn_withdraws_before_the_count_and_was_never_there(here: Place, somebody: Come) -> None:
    here.opens("machines", days=4)
    finn = somebody().joins("machines", here.code()).goes_on().signs()
    finn.presses("Withdraw my signature").sees("Withdraw your signature?")
    finn.reads("This is final: you cannot sign this letter again.")
    finn.reads("If you were not counted yet, neither your signature nor the withdrawal ever becomes public.")
    finn.presses("Back").sees("Signed")
    assert len(finn.acts()) == 1, "looking at what it means withdraws nothing"

    finn.presses("Withdraw my signature").sees("Withdraw your signature?")
    finn.presses("Withdraw my signature").sees("Your signature is withdrawn")
    finn.opens("machines").sees("Your signature is withdrawn")
    assert len(finn.acts()) == 2

    here.colleagues(10, "machines")
    here.days_pass(4)
    finn.presses("Look in the log").reads("So neither was ever published.")
    finn.page.goto(f"{here.url}/letters/machines/")
    finn.reads("10 people who work at example.com had signed").does_not_read("taken the signature back")


def test_gul_withdraws_after_the_count_and_is_crossed_out(here: Place, somebody: Come) -> None:
    here.opens("messages", days=4)
    gul = somebody().joins("messages", here.code()).goes_on().signs()
    here.colleagues(10, "messages")
    here.days_pass(1)
    gul.presses("Am I counted?").reads("You are counted").presses("Withdraw my signature")
    gul.sees("Withdraw your signature?").reads("one member of example.com withdrew")
    gul.presses("Withdraw my signature").sees("Your signature is withdrawn").reads("The count leaves you out")

    here.days_pass(3)
    gul.presses("Look in the log").reads("Your withdrawal is entry")
    gul.page.goto(f"{here.url}/letters/messages/")
    gul.reads("10 people who work at example.com had signed")
    gul.reads("1 more person had signed and has taken the signature back.")


def test_hana_burns_and_nothing_is_left(here: Place, somebody: Come) -> None:
    here.opens("evenings", days=4)
    hana = somebody().joins("evenings", here.code()).goes_on().signs()
    assert kept(hana), "what is looked for is found before"
    second = hana.beside().opens("evenings").sees("You have signed this letter")

    hana.presses("Burn it").sees("Burn your pass on this device?").reads("What you signed stays signed and counted.")
    hana.presses("Burn it").sees("Burned").reads("nothing of it is left")

    assert json.loads(stored(hana.page)) == NOTHING
    assert hana.page.context.cookies() == []
    assert hana.page.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
    second.sees("Where are you reading this?")
    hana.opens("evenings").sees("Where are you reading this?")
    assert json.loads(stored(hana.page)) == NOTHING, "looking again makes nothing new"


def test_ines_protects_her_pass_and_burns_it_without_the_passphrase(here: Place, somebody: Come) -> None:
    here.opens("nights", days=4)
    ines = somebody().joins("nights", here.code())
    ines.opens().sees("Your pass").presses("Protect it with a passphrase").sees("Protect your pass with a passphrase")
    ines.types("Passphrase", "four or five plain words").types("The same again", "four or five plain words")
    ines.presses("Protect it").sees("Your pass").reads("It is protected with a passphrase")
    assert kept(ines) == []

    ines.opens("nights").sees("Your passphrase").types("Passphrase", "something else").presses("Open it")
    ines.is_told("The passphrase is not the one of this pass")
    ines.unfolds("I have forgotten it").presses("Burn it").sees("Burn your pass on this device?")
    ines.presses("Burn it").sees("Burned")
    assert json.loads(stored(ines.page)) == NOTHING

    ines.restores("nights", ines.phrase).sees("Sign this letter?")
    assert kept(ines), "unprotected again, as after joining"
