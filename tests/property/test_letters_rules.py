"""What a tick may bring, whatever waits: the floor, the seal, the end."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.instances import BEGIN, CLOSES, HERE, THERE, later, letter, terms
from undersigned.errors import Malformed, Refused
from undersigned.letters import rules
from undersigned.letters.rules import Poll, State


@dataclass(frozen=True)
class Waits:
    acts: int
    signatures: int


NAMES = ("a.example", "b.example", "c.example")
BEFORE, AT, AFTER = "2026-12-04T23:00:00Z", CLOSES, "2026-12-05T01:00:00Z"

waits = st.builds(
    lambda signs, withdrawals: Waits(signs + withdrawals, signs - withdrawals), st.integers(0, 30), st.integers(0, 12)
)
polls = st.builds(
    Poll,
    closes=st.just(CLOSES),
    goal=st.none() | st.integers(10, 60),
    organisations=st.just(NAMES),
    published=st.booleans(),
    waiting=st.dictionaries(st.sampled_from(NAMES), waits),
    ended=st.frozensets(st.sampled_from(NAMES)),
)


def signatures(poll: Poll, names: tuple[str, ...] = NAMES) -> int:
    return sum(poll.waiting[name].signatures for name in names if name in poll.waiting)


def sealed(poll: Poll) -> bool:
    return poll.goal is not None and not poll.published


@given(polls)
def test_before_the_end_only_rounds_of_ten_are_due_and_never_a_last_one(poll: Poll) -> None:
    due = rules.due(poll, BEFORE)
    assert not due.final
    assert due.outcome is None
    assert all(poll.waiting[name].acts >= 10 for name in due.organisations)


@given(polls)
def test_a_sealed_letter_publishes_nothing_below_its_goal(poll: Poll) -> None:
    due = rules.due(poll, BEFORE)
    if sealed(poll) and due.organisations:
        assert signatures(poll, due.organisations) >= (poll.goal or 0)


@given(polls)
def test_what_is_ready_is_published_once_the_seal_is_gone(poll: Poll) -> None:
    open_poll = replace(poll, published=True)
    ready = {name for name, waiting in poll.waiting.items() if waiting.acts >= 10}
    assert set(rules.due(open_poll, BEFORE).organisations) == ready


@given(polls)
def test_between_the_clocks_strokes_only_endings_are_due(poll: Poll) -> None:
    assert rules.due(poll, BEFORE, regular=False) == rules.Due()
    assert rules.due(poll, AT, regular=False) == rules.due(poll, AT)


@given(polls, st.sampled_from((AT, AFTER)))
def test_at_the_end_all_is_published_or_all_is_erased(poll: Poll, tick: str) -> None:
    due = rules.due(poll, tick)
    if sealed(poll) and signatures(poll) < (poll.goal or 0):
        assert due == rules.Due(outcome=rules.GOAL_MISSED)
    else:
        assert due.outcome == rules.CLOSED
        assert due.final
        assert set(due.organisations) == set(NAMES) - poll.ended


@given(st.booleans(), st.none() | st.sampled_from(("closed", "goal-missed")), st.none() | st.just(10), st.booleans())
def test_a_state_follows_from_what_is_public(opened: bool, outcome: str | None, goal: int | None, shown: bool) -> None:  # noqa: FBT001 - drawn
    state = rules.state(opened=opened, outcome=outcome, goal=goal, published=shown)
    assert (state == State.DRAFT) == (not opened)
    if opened:
        assert (state == State.MISSED) == (outcome == "goal-missed")
        assert (state == State.CLOSED) == (outcome == "closed")
        assert (state == State.SEALED) == (outcome is None and goal is not None and not shown)


@given(st.integers(1, 24 * 28), st.integers(0, 24 * 365))
def test_the_clock_strikes_every_so_many_hours(every: int, hour: int) -> None:
    def tick(hours: int) -> str:
        day, rest = divmod(hours, 24)
        return f"{2026 + day // 28 // 12:04}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{rest:02}:00:00Z"

    # Within one month's first days hours add up plainly.
    first = hour % (24 * 14)
    strokes = [h for h in range(first, first + every) if h < 24 * 28 and rules.regular_tick(tick(h), every)]
    assert len(strokes) <= 1
    if first + every <= 24 * 28:
        assert len(strokes) == 1


def test_the_last_tick_is_the_one_before_the_end() -> None:
    assert rules.last_tick(CLOSES, "2026-12-04T00:00:00Z", 24)
    assert not rules.last_tick(CLOSES, "2026-12-03T23:00:00Z", 24)


# ── openings and terms ──

LETTER = letter(organisations=(HERE, THERE))
TERMS = terms(LETTER)


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises((Refused, Malformed)) as caught:
        call(*arguments)  # type: ignore[operator] # any check
    return caught.value.code


def test_a_good_letter_may_be_opened() -> None:
    rules.check_opening(LETTER, TERMS, BEGIN)


@pytest.mark.parametrize(
    ("changed", "tick", "code"),
    [
        (replace(TERMS, number=2), BEGIN, "terms-order"),
        (replace(TERMS, letter="0" * 64), BEGIN, "terms-other-letter"),
        (replace(TERMS, workforce=TERMS.workforce[:1]), BEGIN, "workforce-unknown"),
        (replace(TERMS, workforce=()), BEGIN, "workforce-unknown"),
        (
            replace(TERMS, workforce=(replace(TERMS.workforce[0], at_least=39), TERMS.workforce[1])),
            BEGIN,
            "workforce-small",
        ),
        (
            replace(TERMS, workforce=(*TERMS.workforce, replace(TERMS.workforce[0], organisation="z.example"))),
            BEGIN,
            "workforce-foreign",
        ),
        (replace(TERMS, dated="2026-12-02"), BEGIN, "terms-future"),
        (replace(TERMS, closes=BEGIN), BEGIN, "closes-past"),
        (replace(TERMS, closes="2026-11-30T00:00:00Z"), BEGIN, "closes-past"),
        (TERMS, "2027-01-01T00:00:00Z", "other-epoch"),
        (TERMS, "2026-09-30T23:00:00Z", "other-epoch"),
    ],
)
def test_an_opening_is_refused_with_its_reason(changed: object, tick: str, code: str) -> None:
    assert code_of(rules.check_opening, LETTER, changed, tick) == code


def test_forty_people_are_enough() -> None:
    rules.check_opening(LETTER, terms(LETTER, people=40), BEGIN)


def test_terms_move_the_closing_later_only() -> None:
    rules.check_terms_change(LETTER, TERMS, later(TERMS, closes=AFTER, erratum="A figure was wrong."), BEGIN)
    assert code_of(rules.check_terms_change, LETTER, TERMS, later(TERMS, closes=BEFORE), BEGIN) == "terms-earlier"


def test_terms_do_not_change_once_the_time_is_over() -> None:
    assert (
        code_of(rules.check_terms_change, LETTER, TERMS, later(TERMS, closes="2026-12-20T00:00:00Z"), AT)
        == "letter-closed"
    )


def test_terms_cannot_drop_an_organisation() -> None:
    fewer = replace(later(TERMS), workforce=TERMS.workforce[:1])
    assert code_of(rules.check_terms_change, LETTER, TERMS, fewer, BEGIN) == "workforce-unknown"


@pytest.mark.parametrize("tick", [AT, AFTER])
def test_nothing_is_taken_from_the_end_on(tick: str) -> None:
    for action in ("sign", "withdraw"):
        with pytest.raises(Refused) as caught:
            rules.check_act(outcome=None, closes=CLOSES, redacted=False, action=action, tick=tick)
        assert caught.value.code == "letter-closed"


def test_a_letter_that_was_taken_down_takes_withdrawals_only() -> None:
    rules.check_act(outcome=None, closes=CLOSES, redacted=True, action="withdraw", tick=BEFORE)
    with pytest.raises(Refused) as caught:
        rules.check_act(outcome=None, closes=CLOSES, redacted=True, action="sign", tick=BEFORE)
    assert caught.value.code == "letter-redacted"
