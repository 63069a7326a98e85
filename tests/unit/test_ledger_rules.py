"""What the ledger accepts, act by act."""

import pytest

from support.ledgers import HERE, ISSUER, THERE, act, changed, letter, proved
from undersigned.errors import Conflict, Refused
from undersigned.ledger import rules
from undersigned.ledger.rules import Closing, Frozen, Trace, WaitingAct
from undersigned.protocol.act import Act
from undersigned.protocol.entry import Issued, IssuedCorrected

SIGNED, WITHDRAWN = act("a"), act("a", "withdraw")


def trace(what: Act) -> Trace:
    return Trace(what.sequence, what.digest)


def waiting(what: Act) -> WaitingAct:
    return WaitingAct(what.pseudonym, what.sequence, bytes.fromhex(what.digest), proved(what).signed.encoded)


def frozen(*acts: Act, final: bool = False, least: int = 0, context: str = SIGNED.context) -> Frozen:
    return rules.freeze(Closing(context, HERE, final, least), map(waiting, acts))


def test_first_signature_is_new_and_its_second_coming_a_repetition() -> None:
    assert not rules.repeated(SIGNED, [])
    assert rules.repeated(SIGNED, [trace(SIGNED)])


def test_withdrawal_takes_back_a_signature_once() -> None:
    assert not rules.repeated(WITHDRAWN, [trace(SIGNED)])
    assert rules.repeated(WITHDRAWN, [trace(SIGNED), trace(WITHDRAWN)])


@pytest.mark.parametrize(
    ("what", "before", "code"),
    [
        (WITHDRAWN, [], "nothing-to-withdraw"),
        (SIGNED, [SIGNED, WITHDRAWN], "withdrawn"),
        (SIGNED, [WITHDRAWN], "withdrawn"),
        (changed(SIGNED, organisation=THERE), [SIGNED], "already-signed"),
        (changed(SIGNED, organisation=THERE), [SIGNED, WITHDRAWN], "withdrawn"),
        (changed(WITHDRAWN, organisation=THERE), [SIGNED], "nothing-to-withdraw"),
        (changed(WITHDRAWN, disclosed={0: HERE, 1: "2026Q4", 4: "code"}), [SIGNED], "nothing-to-withdraw"),
        (changed(WITHDRAWN, organisation=THERE), [SIGNED, WITHDRAWN], "withdrawn"),
    ],
)
def test_what_excludes_an_act_is_said(what: Act, before: list[Act], code: str) -> None:
    with pytest.raises(Conflict) as caught:
        rules.repeated(what, [trace(each) for each in before])
    assert caught.value.code == code


def test_kinds_that_never_enter_a_log_are_refused() -> None:
    rules.logged(SIGNED)
    for kind in ("role", "tally", "incident", "vouch", "discussion"):
        with pytest.raises(Refused, match="not written into the log"):
            rules.logged(changed(SIGNED, kind=kind))


def test_nine_wait_ten_close_and_the_last_round_closes_with_any_number() -> None:
    nine, ten = (frozen(*map(act, range(count))) for count in (9, 10))
    assert rules.publishable([nine, ten]) == [ten]
    few = frozen(act(1), final=True)
    assert rules.publishable([few, frozen(final=True)]) == [few, frozen(final=True)]


def test_withdrawals_count_as_acts_of_a_round_but_not_as_signatures() -> None:
    signs = [act(n) for n in range(6)]
    back = [act(n, "withdraw") for n in range(10, 14)]
    round_ = frozen(*signs, *back)
    assert (round_.signed, round_.withdrawn, round_.entry("2026-12-01T00:00:00Z").count) == (6, 4, 10)
    assert rules.publishable([round_]) == [round_]
    only_back = frozen(*back, *(act(n, "withdraw") for n in range(20, 26)))
    assert rules.publishable([only_back]) == [only_back]


def test_sealed_letter_opens_only_when_what_is_published_reaches_its_goal() -> None:
    here = frozen(*map(act, range(12)), least=22)
    there = rules.freeze(Closing(SIGNED.context, THERE, final=False, least=22), map(waiting, map(act, range(20, 30))))
    small = rules.freeze(Closing(SIGNED.context, "example.net", final=False, least=22), [waiting(act(40))])
    other = frozen(*map(act, range(50, 60)), context=letter("another"))
    assert rules.publishable([here, there, small, other]) == [here, there, other]
    assert rules.publishable([here, small, other]) == [other]
    nine = rules.freeze(Closing(SIGNED.context, THERE, final=False, least=22), map(waiting, map(act, range(20, 29))))
    assert rules.publishable([here, nine]) == []
    taken_back = frozen(*map(act, range(12)), *(act(n, "withdraw") for n in (70, 71)), least=11)
    assert rules.publishable([taken_back]) == []


def test_issued_figures_go_before_their_rounds_only_when_they_grew() -> None:
    figures = [Issued(ISSUER, name, "2026Q4", most) for name, most in ((THERE, 40), (HERE, 30))]
    assert rules.raised(figures, {}, {HERE, THERE}) == figures[::-1]
    assert rules.raised(figures, {}, {HERE}) == figures[1:]
    assert rules.raised(figures, {(ISSUER, HERE, "2026Q4"): 30}, {HERE}) == []
    assert rules.raised(figures, {(ISSUER, HERE, "2026Q4"): 20}, {HERE}) == figures[1:]


def _taken_back(was: int, at_most: int, day: int) -> IssuedCorrected:
    return IssuedCorrected(ISSUER, HERE, "2026Q4", was, at_most, f"2026-12-{day:02}T00:00:00Z", "A zero too many.")


def test_each_correction_is_followed_once_and_in_its_order() -> None:
    name = (ISSUER, HERE, "2026Q4")
    first, second = _taken_back(1000, 20, 1), _taken_back(30, 20, 2)
    listed = {name: [first, second]}
    assert rules.corrected({name: 1000}, {}, listed) == [(name, 20)]
    # Grown to a number that was taken back before, it is not taken back again.
    assert rules.corrected({name: 1000}, {name: 1}, listed) == []
    assert rules.corrected({name: 30}, {name: 1}, listed) == [(name, 20)]
    assert rules.corrected({name: 30}, {name: 2}, listed) == []
    # The second one waits for the first.
    assert rules.corrected({name: 30}, {}, listed) == []
    assert rules.corrected({}, {}, listed) == []
    chain = {name: [first, _taken_back(20, 10, 2)]}
    assert rules.corrected({name: 1000}, {}, chain) == [(name, 20), (name, 10)]


def test_no_act_before_the_figure_of_its_issuer_and_never_more_than_it_covers() -> None:
    round_ = frozen(act(1), final=True)
    name = (ISSUER, HERE, "2026Q4")
    ten = [Issued(*name, 10)]
    assert rules.uncovered([round_, frozen(final=True)], ten, {}, {}) == []
    wait = [rules.Wait(round_.closing.context, ISSUER)]
    for other in ([], [Issued(ISSUER, THERE, "2026Q4", 10)], [Issued(ISSUER, HERE, "2027Q1", 10)], [Issued(*name, 0)]):
        assert rules.uncovered([round_], other, {name: 0}, {}) == wait
    # What the log says already counts: the signatures that it has, and a number that would fall.
    place = (round_.closing.context, HERE)
    assert rules.uncovered([round_], ten, {name: 10}, {place: 9}) == []
    assert rules.uncovered([round_], ten, {name: 10}, {place: 10}) == wait
    assert rules.uncovered([round_], ten, {name: 20}, {}) == wait
    with pytest.raises(Refused, match="covers"):
        rules.missing(wait[0])
