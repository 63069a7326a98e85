from datetime import date, timedelta

import pytest

from undersigned.errors import Conflict, Refused
from undersigned.issuer import rules
from undersigned.issuer.rules import CODES, Asked, Member, Replacement, State, admit, ask_replacement, cancel, renew

OLD, NEW, OTHER = (bytes([n]) * 48 for n in (1, 2, 3))
DAY, SIXTH, SEVENTH = "2026-12-28", "2027-01-03", "2027-01-04"
MEMBER = State(Member(OLD, "2026Q4"))
WAITING = State(MEMBER.member, Replacement(NEW, SEVENTH))


def test_admission_gives_every_open_epoch_in_order() -> None:
    grant = admit(State(), Asked(OLD, CODES), ["2027Q1", "2026Q4"], DAY, valid=True)
    assert grant == rules.Grant(State(Member(OLD, "2027Q1")), ("2026Q4", "2027Q1"))


def test_same_point_again_is_restoring_and_needs_no_valid_code() -> None:
    grant = admit(MEMBER, Asked(OLD, CODES), ["2026Q4"], DAY, valid=False)
    assert grant == rules.Grant(MEMBER, ("2026Q4",))


def test_another_point_with_a_spent_code_is_refused() -> None:
    with pytest.raises(Refused, match="already used") as caught:
        admit(MEMBER, Asked(OTHER, CODES), ["2026Q4"], DAY, valid=True)
    assert caught.value.code == "code-spent"


def test_invalid_code_is_refused() -> None:
    with pytest.raises(Refused, match="does not work here") as caught:
        admit(State(), Asked(OLD, CODES), ["2026Q4"], DAY, valid=False)
    assert caught.value.code == "code-wrong"


def test_refused_codes_are_answered_by_as_many_octets() -> None:
    assert len(rules.CODE_SPENT.encode()) == len(rules.CODE_WRONG.encode())
    assert len("code-spent") == len("code-wrong")


@pytest.mark.parametrize("state", [State(), MEMBER, WAITING])
@pytest.mark.parametrize("valid", [True, False])
def test_point_of_another_subject_learns_nothing_of_a_code(state: State, *, valid: bool) -> None:
    with pytest.raises(Conflict) as caught:
        admit(state, Asked(OTHER, CODES, taken=True), ["2026Q4"], DAY, valid=valid)
    assert caught.value.code == "words-taken"
    with pytest.raises(Conflict) as caught:
        ask_replacement(state, Asked(OTHER, CODES, taken=True), DAY)
    assert caught.value.code == "words-taken"


def test_renewal_moves_the_newest_epoch_forward_only() -> None:
    assert renew(MEMBER, OLD, ["2026Q4", "2027Q1"], DAY).state == State(Member(OLD, "2027Q1"))
    assert renew(MEMBER, OLD, ["2026Q3"], DAY) == rules.Grant(MEMBER, ("2026Q3",))


@pytest.mark.parametrize("state", [State(), MEMBER, WAITING])
def test_unknown_point_cannot_renew_or_cancel(state: State) -> None:
    with pytest.raises(Refused) as caught:
        renew(state, OTHER, ["2026Q4"], DAY)
    assert caught.value.code == "unknown-words"
    with pytest.raises(Refused) as caught:
        cancel(state, OTHER, DAY)
    assert caught.value.code == "unknown-words"


def test_replacement_waits_for_seven_days() -> None:
    asked = ask_replacement(MEMBER, Asked(NEW, CODES), DAY)
    assert asked == WAITING
    assert date.fromisoformat(SEVENTH) - date.fromisoformat(DAY) == timedelta(days=7)
    assert WAITING.on(SIXTH) == WAITING
    assert WAITING.on(SEVENTH) == State(Member(NEW, "2026Q4", floor="2026Q4"))


def test_asking_again_keeps_the_day_and_another_point_starts_anew() -> None:
    assert ask_replacement(WAITING, Asked(NEW, CODES), SIXTH) == WAITING
    anew = ask_replacement(WAITING, Asked(OTHER, CODES), SIXTH)
    assert anew.waiting == Replacement(OTHER, "2027-01-10")


def test_holder_of_the_old_words_is_told_and_can_cancel() -> None:
    for attempt in (renew(MEMBER, OLD, ["2026Q4"], DAY), admit(MEMBER, Asked(OLD, CODES), ["2026Q4"], DAY, valid=True)):
        assert attempt.epochs == ("2026Q4",)
    with pytest.raises(Conflict, match="cancel it") as caught:
        renew(WAITING, OLD, ["2026Q4"], SIXTH)
    assert caught.value.code == "replacement-asked"
    assert cancel(WAITING, OLD, SIXTH) == MEMBER
    with pytest.raises(Conflict) as caught:
        cancel(MEMBER, OLD, SIXTH)
    assert caught.value.code == "nothing-waits"


def test_after_seven_days_the_old_words_can_neither_cancel_nor_renew() -> None:
    with pytest.raises(Refused):
        cancel(WAITING, OLD, SEVENTH)
    with pytest.raises(Refused):
        renew(WAITING, OLD, ["2026Q4", "2027Q1"], SEVENTH)


def test_who_waits_can_neither_cancel_nor_renew() -> None:
    with pytest.raises(Refused):
        cancel(WAITING, NEW, SIXTH)
    with pytest.raises(Conflict, match="2027-01-04") as caught:
        renew(WAITING, NEW, ["2027Q1"], SIXTH)
    assert caught.value.code == "replacement-waits"
    with pytest.raises(Conflict, match="2027-01-04") as caught:
        admit(WAITING, Asked(NEW, CODES), ["2027Q1"], SIXTH, valid=True)
    assert caught.value.code == "replacement-waits"


def test_new_words_get_later_epochs_only() -> None:
    with pytest.raises(Conflict) as caught:
        renew(WAITING, NEW, ["2026Q4"], SEVENTH)
    assert caught.value.code == "next-quarter"
    grant = renew(WAITING, NEW, ["2026Q4", "2027Q1"], SEVENTH)
    assert grant == rules.Grant(State(Member(NEW, "2027Q1", floor="2026Q4")), ("2027Q1",))
    again = admit(grant.state, Asked(NEW, CODES), ["2026Q4", "2027Q1"], SEVENTH, valid=False)
    assert again == grant


def test_nothing_to_replace() -> None:
    with pytest.raises(Refused) as refused:
        ask_replacement(State(), Asked(NEW, CODES), DAY)
    assert refused.value.code == "nobody-joined"
    with pytest.raises(Conflict) as caught:
        ask_replacement(MEMBER, Asked(OLD, CODES), DAY)
    assert caught.value.code == "same-words"


@pytest.mark.parametrize(
    ("members", "up", "down"), [(0, 0, 0), (1, 10, 0), (10, 10, 10), (11, 20, 10), (1039, 1040, 1030)]
)
def test_rounding(members: int, up: int, down: int) -> None:
    assert (rules.rounded_up(members), rules.rounded_down(members)) == (up, down)
