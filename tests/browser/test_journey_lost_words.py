"""Lost words: new ones take their place after seven days, unless whoever has the old ones objects."""

from collections.abc import Callable

import pytest

from support.browsing import Place
from support.people import Person
from undersigned.web.operations import extend_letter

pytestmark = pytest.mark.xdist_group("journey-lost-words")

Come = Callable[..., Person]
LATE = "2027-09-01T00:00:00Z"
REPLACE = "Put new words in the place of the lost ones?"


@pytest.fixture(scope="module")
def patient(here: Place) -> Place:
    """The same place, with a letter that stays open for long."""
    here.does(extend_letter, here.instance, "leave", LATE)
    return here


def asks_for_new_words(person: Person, code: str) -> None:
    person.opens("leave").says_where().unfolds("I have joined before").presses("I have lost my words")
    person.sees("If you have lost your words").reads("It takes seven days.").presses("Make new words")
    person.sees("Which code did you join with?").types("Your code", code).presses("Go on")
    person.says_nothing_more().writes_the_words_down(then=REPLACE).presses("Ask for it")
    person.sees("New words are asked for")


def test_jon_loses_his_words_and_gets_new_ones(patient: Place, somebody: Come) -> None:
    code = patient.code()
    old = somebody().joins("leave", code).goes_on().signs()
    jon = somebody()
    asks_for_new_words(jon, code)
    assert jon.phrase != old.phrase
    jon.opens("leave").sees("Get your pass for this quarter").presses("Get it")
    jon.is_told("Your new words do not count yet: that takes seven days.")

    patient.days_pass(7)
    jon.presses("Get it").is_told("Your new words count for letters that open in the next quarter, not for this one.")
    patient.days_pass(40)
    patient.opens("spring", days=30)
    jon.opens("spring").sees("Get your pass for this quarter").presses("Get it")
    jon.sees("You have joined. Sign now, or later?").goes_on().signs()
    old.opens("spring").sees("Get your pass for this quarter").presses("Get it")
    old.is_told("Nobody joined with these words at this place of work.")


def test_kira_stops_somebody_who_has_her_code(patient: Place, somebody: Come) -> None:
    code = patient.code()
    kira, thief = somebody().joins("leave", code), somebody()
    asks_for_new_words(thief, code)
    thief.reads("Your new words count from")

    kira.opens().sees("Your pass").presses("Somebody else replaces my words")
    kira.sees("Stop the replacement of your words?").presses("Stop it").sees("Your words stay")
    patient.days_pass(8)
    thief.opens("leave").sees("Get your pass for this quarter").presses("Get it")
    thief.is_told("Nobody joined with these words at this place of work.")
    kira.opens("leave").sees("Sign this letter?").signs()
