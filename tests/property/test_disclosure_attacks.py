"""Attacks on published tables that must fail, by their names in the design; A17 is in `simulation`."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import undersigned.disclosure as package
from undersigned.disclosure import gate, quotation
from undersigned.disclosure.cell import cap, check_crossing, draw, floor10, rise
from undersigned.disclosure.gate import FEW, HELD, SMALL, UNKNOWN, Released, release
from undersigned.disclosure.history import Cut, Table, rested
from undersigned.disclosure.public import broken
from undersigned.disclosure.quotation import Attribution, widest_that_passes
from undersigned.disclosure.shape import Part, Shape, laminar
from undersigned.errors import Refused, Withheld

MANY = 100_000
DATES = ("2026-12-01", "2026-12-29", "2027-01-26", "2027-02-23")


def always(number: int) -> Callable[[], int]:
    return lambda: number


def flat(**workforces: int | None) -> Shape:
    return Shape(tuple(Part(code, code, None, people) for code, people in workforces.items()))


def cut(when: str, joined: int, own: dict[str, int], left: int = 0) -> Cut:
    return Cut(when, joined, left, own)


def lines(shape: Shape, now: Cut, *history: Table, dice: Callable[[], int] | None = None) -> dict[str, int]:
    return dict(release(now, shape, history, MANY, dice or always(0)).table.lines)


def refused(shape: Shape, now: Cut, *history: Table, workforce: int = MANY) -> str:
    with pytest.raises(Withheld) as caught:
        release(now, shape, history, workforce, always(0))
    return caught.value.code


def test_a1_one_more_signature_changes_neither_total_nor_cell() -> None:
    shape = flat(a=1000)
    first = release(cut(DATES[0], 100, {"a": 39}), shape, [], MANY, always(0)).table
    assert refused(shape, cut(DATES[1], 101, {"a": 40}), first) == "too-few-new"
    assert refused(shape, cut(DATES[1], 109, {"a": 48}), first) == "too-few-new"
    assert lines(shape, cut(DATES[1], 110, {"a": 49}), first) == {"a": 40}


def test_a2_from_19_to_20_the_line_moves_with_one_chance_in_ten() -> None:
    chances = [(draw(19, 1000, 10, always(r)), draw(20, 1000, 10, always(r))) for r in range(10)]
    assert sum(one != other for one, other in chances) == 1


def test_a3_five_cells_that_cross_a_ten_prove_nothing_in_any() -> None:
    codes = [f"c{n}" for n in range(5)]
    shape = flat(**dict.fromkeys(codes, 10_000))
    first = release(cut(DATES[0], 300, dict.fromkeys(codes, 29)), shape, [], MANY, always(0)).table
    assert first.lines == dict.fromkeys(codes, 10)
    second = lines(shape, cut(DATES[1], 310, dict.fromkeys(codes, 31)), first)
    # Each may have had up to 38 before: that anybody at all joined it is not proved.
    assert all(second[code] - first.said(code) - 18 <= 0 for code in codes)


def test_a4_a_rise_of_twenty_is_printed_as_ten_and_of_thirty_as_thirty() -> None:
    assert [rise(by) for by in (0, 10, 20, 30, 40)] == [0, 10, 10, 30, 40]
    shape = flat(a=10_000)
    first = Table(DATES[0], 1000, 0, {"a": 40})
    assert lines(shape, cut(DATES[1], 1100, {"a": 69}), first) == {"a": 50}
    assert lines(shape, cut(DATES[1], 1100, {"a": 79}), first) == {"a": 70}


def test_a5_a_team_of_twelve_of_whom_all_signed_is_absent() -> None:
    made = release(cut(DATES[0], 100, {"team": 12, "rest": 60}), flat(team=12, rest=5000), [], MANY, always(0))
    assert made.table.lines == {"rest": 60}
    assert made.held["team"] == SMALL


def test_a6_thirty_nine_people_absent_forty_printed_unknown_absent() -> None:
    shape = flat(a=39, b=40, c=None)
    made = release(cut(DATES[0], 100, {"a": 25, "b": 25, "c": 25}), shape, [], MANY, always(0))
    assert made.table.lines == {"b": 10}
    assert (made.held["a"], made.held["c"]) == (SMALL, UNKNOWN)


def test_a7_390_of_400_is_at_least_100() -> None:
    assert lines(flat(a=400), cut(DATES[0], 900, {"a": 390})) == {"a": 100}


def test_a8_two_tables_whose_intersection_is_proved_are_refused() -> None:
    """45 and 45 of 50, with 40 in both: as one shape they overlap, and as levels the sum is bounded by the total."""
    everyone = [str(n) for n in range(50)]
    with pytest.raises(Refused, match="overlap"):
        laminar({"women": everyone[:45], "engineers": everyone[5:]}, {})
    with pytest.raises(Refused, match="both"):
        check_crossing(floor10(45), floor10(45), 50, both=50)
    check_crossing(floor10(45), floor10(45), 50, both=120)


def test_a9_overlapping_regions_are_refused() -> None:
    with pytest.raises(Refused, match="overlap"):
        laminar({"north": ["a", "b"], "coast": ["b", "c"]}, {})
    with pytest.raises(Refused, match="two names"):
        laminar({"north": ["a", "b"], "upland": ["b", "a"]}, {})
    shape = laminar({"north": ["a", "b", "c"], "coast": ["b"], "south": ["d"]}, {"north": 400, "south": 90})
    assert [(part.code, part.within) for part in shape.parts] == [("north", None), ("coast", "north"), ("south", None)]


def test_a10_nine_insiders_and_a_target_gain_little_at_one_look() -> None:
    """The best attacker knows all but one of a cell, and compares what each line is likely under both counts."""
    worst = 0.0
    for known in range(9, 60):
        without, with_target = (Counter(draw(n, 10_000, 0, always(r)) for r in range(10)) for n in (known, known + 1))
        said = sorted(without.keys() | with_target.keys())
        wins = sum(without[a] * with_target[b] * (1.0 if b > a else 0.5 if a == b else 0.0) for a in said for b in said)
        worst = max(worst, wins / 100)
    assert 0.5 < worst < 0.56


def test_a10_the_same_attacker_wins_against_plain_rounding() -> None:
    """What the test above must find where there is no chance in the line."""
    assert floor10(19) != floor10(20)


def test_a11_order_is_alphabetical_and_the_total_exact() -> None:
    shape = Shape((Part("z", "Äpfel", None, 9000), Part("a", "zebras", None, 9000), Part("m", "Birnen", None, 9000)))
    made = release(cut(DATES[0], 1039, {"z": 30, "a": 300, "m": 99}), shape, [], MANY, always(0))
    labels = [label for label, _ in made.lines]
    assert labels == sorted(labels, key=str.casefold)
    assert made.table.total == 1039


def test_a12_a_quotation_of_37_people_or_with_three_attributes_is_refused() -> None:
    fine = Attribution(("senior", "engineering manager", "over 20 years"), 60)
    small, unknown = Attribution(("engineering manager",), 37), Attribution(("manager",), None)
    good, wide = Attribution(("engineering", "Berlin"), 50), Attribution((), 20_000)
    for each in (fine, small, unknown):
        with pytest.raises(Refused):
            quotation.check(each)
    quotation.check(good)
    assert widest_that_passes([fine, small, good, wide]) == good
    assert widest_that_passes([fine, small]) is None


def test_a13_there_is_no_way_to_ask_for_a_mean_or_a_maximum() -> None:
    """A `Released` has counts of lines alone, and nothing else makes one."""
    assert set(Released.__dataclass_fields__) == {"table", "shape", "held", "_token"}
    assert set(Table.__dataclass_fields__) == {"as_of", "joined", "left", "lines"}
    with pytest.raises(TypeError):
        Released(Table(DATES[0], 1, 0, {"a": 1}), flat(a=4), {}, object())
    assert package.__doc__


def test_a14_after_withdrawals_the_line_falls_truthfully() -> None:
    shape = flat(a=10_000)
    first = Table(DATES[0], 500, 0, {"a": 60})
    assert lines(shape, cut(DATES[1], 510, {"a": 47}, left=30), first) == {"a": 40}
    assert lines(shape, cut(DATES[1], 510, {"a": 61}, left=30), first, dice=always(9)) == {"a": 60}


@given(
    n=st.integers(0, 5000), people=st.none() | st.integers(1, 20_000), before=st.integers(0, 60), r=st.integers(0, 9)
)
def test_a15_lines_are_true_round_and_of_one_in_four(n: int, people: int | None, before: int, r: int) -> None:
    before = min(floor10(before * 10), floor10(n))
    said = draw(n, people, min(before, cap(people)), always(r))
    assert said % 10 == 0
    assert 0 <= said <= n
    assert said == 0 or (people is not None and 4 * said <= people)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.integers(0, 40), st.integers(0, 2**32))
def test_a16_at_least_ten_people_are_in_no_line(counts: list[int], silent: int, seed: int) -> None:
    codes = {f"c{place}": number for place, number in enumerate(counts)}
    shape, total = flat(**dict.fromkeys(codes, 50_000)), sum(counts) + silent
    dice = Random(seed)
    try:
        made = release(cut(DATES[0], total, codes), shape, [], MANY, lambda: dice.randrange(10))
    except Withheld:
        assert total < 10
        return
    said = sum(made.table.lines.values())
    assert not said or total - said >= 10
    assert broken(shape, [made.table], {DATES[0]: MANY}) == []


def test_a18_insiders_who_see_a_release_learn_no_more_than_the_line_says() -> None:
    """Nine insiders know that they are in it; what is released is the same for all counts that draw the same line."""
    shape = flat(a=10_000)
    shown = {n: release(cut(DATES[0], 900, {"a": n}), shape, [], MANY, always(r)) for r in range(10) for n in [100 + r]}
    assert {made.table.lines["a"] for made in shown.values()} == {100}
    assert len({(made.lines, made.table.total, tuple(made.held.items())) for made in shown.values()}) == 1


# ── the rules beside them ──


def test_above_half_of_the_workforce_no_table_is_made() -> None:
    assert refused(flat(a=1000), cut(DATES[0], 501, {"a": 100}), workforce=1000) == "majority"
    assert refused(flat(a=1000), cut(DATES[0], 9, {"a": 9})) == "too-few-new"


def test_a_table_waits_four_weeks_and_a_burst_holds_it() -> None:
    shape, last = flat(a=1000), Table(DATES[0], 100, 0, {"a": 20})
    assert refused(shape, cut("2026-12-28", 300, {"a": 90}), last) == "too-soon"
    with pytest.raises(Withheld) as caught:
        release(cut(DATES[1], 300, {"a": 90}), shape, [last], MANY, always(0), burst=True)
    assert caught.value.code == "burst"


def test_rises_that_outrun_who_came_are_taken_back_smallest_first() -> None:
    """Both lines rose by more than forty new people explain: one is held back, and its reason said."""
    shape = flat(a=10_000, b=10_000)
    last = Table(DATES[0], 400, 0, {"a": 100, "b": 50})
    made = release(cut(DATES[1], 440, {"a": 139, "b": 92}), shape, [last], MANY, always(0))
    assert made.table.lines == {"a": 130, "b": 50}
    assert made.held == {"b": HELD}


def _tables(seed: int) -> Iterator[tuple[Shape, list[Table]]]:
    dice = Random(seed)
    shape = flat(a=4000, b=400, c=90)
    own, joined, left = {"a": 0, "b": 0, "c": 0}, 0, 0
    history: list[Table] = []
    for place in count():
        came = {code: dice.randrange(60) for code in own}
        gone = {code: min(own[code], dice.choice([0, 0, 0, 3, 15])) for code in own}
        own = {code: own[code] + came[code] - gone[code] for code in own}
        joined, left = joined + sum(came.values()) + dice.randrange(20), left + sum(gone.values())
        with suppress(Withheld):
            now = cut(DATES[place], joined, dict(own), left)
            history.append(release(now, shape, history, MANY, lambda: dice.randrange(10)).table)
        if place == 3:
            break
    yield shape, history


@pytest.mark.parametrize("seed", range(40))
def test_what_the_gate_lets_through_keeps_every_public_rule(seed: int) -> None:
    for shape, history in _tables(seed):
        assert history
        assert broken(shape, history, {table.as_of: MANY for table in history}) == []


BAD: dict[str, list[Table]] = {
    "R1": [Table(DATES[0], 100, 0, {}), Table(DATES[1], 105, 0, {})],
    "R2": [Table(DATES[0], 100, 0, {"a": 25})],
    "R3": [Table(DATES[0], 100, 0, {"c": 30})],
    "R4": [Table(DATES[0], 100, 0, {"a": 20}), Table(DATES[1], 200, 0, {"a": 40})],
    "R5": [Table(DATES[0], 100, 0, {"a": 20}), Table(DATES[1], 120, 0, {"a": 60})],
    "R6": [Table(DATES[0], 65, 0, {"a": 60})],
    "R7": [Table(DATES[0], 100, 0, {"x": 10})],
    "R8": [Table(DATES[0], 100, 0, {}), Table("2026-12-20", 200, 0, {})],
}


@pytest.mark.parametrize("rule", BAD)
def test_a_table_that_breaks_a_rule_is_found_by_anyone(rule: str) -> None:
    found = broken(flat(a=4000, b=400, c=90), BAD[rule], dict.fromkeys([*DATES, "2026-12-20"], MANY))
    assert any(f" {rule}: " in each for each in found), found


def test_reasons_tell_no_count() -> None:
    made = release(cut(DATES[0], 100, {"a": 9, "b": 3}), flat(a=1000, b=1000), [], MANY, always(0))
    assert made.held == {"a": FEW, "b": FEW}
    assert gate.LEAST == 10


@given(st.dates(date(1970, 1, 1), date(2199, 12, 1)), st.integers(0, 60))
def test_four_weeks_are_28_days_in_any_month(begin: date, later: int) -> None:
    last = Table(begin.isoformat(), 100, 0, {})
    assert rested(last, (begin + timedelta(days=later)).isoformat()) == (later >= 28)
