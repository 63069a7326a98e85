"""A17, an exact attacker over eight releases of simulated companies; and all small worlds, one by one.

`bench/disclosure.py` runs more companies and larger ones.
"""

from collections.abc import Iterator
from itertools import product, repeat
from random import Random

import pytest

from support.companies import ALL_OF_TWELVE, MOST_OF_TWENTY_FIVE, company
from undersigned.disclosure.audit import findings, knowledge
from undersigned.disclosure.gate import release
from undersigned.disclosure.history import Cut, Table
from undersigned.disclosure.public import broken
from undersigned.disclosure.shape import Part, Shape
from undersigned.errors import Withheld

RELEASES = 8
DATES = ("2026-12-01", "2026-12-29")


def published(signatories: int, seed: int) -> tuple[Shape, list[Table], int]:
    """All tables that the gate lets through, and the workforce."""
    made, dice = company(signatories, RELEASES, seed), Random(seed)
    tables: list[Table] = []
    for cut in made.cuts:
        try:
            tables.append(release(cut, made.shape, tables, made.workforce, lambda: dice.randrange(10)).table)
        except Withheld:
            continue
    return made.shape, tables, made.workforce


def coverage(shape: Shape, table: Table, level: int) -> float:
    """The part of all signatories who are in a line of a level."""
    return sum(table.said(code) for code in shape.level(level)) / table.total


@pytest.mark.parametrize(("signatories", "seed"), [*product([90, 330, 1040], range(3)), (10_000, 1)])
def test_a17_an_exact_attacker_proves_nothing_of_a_few(signatories: int, seed: int) -> None:
    shape, tables, workforce = published(signatories, seed)
    assert len(tables) >= 2
    assert list(findings(shape, knowledge(shape, tables), len(tables))) == []
    assert broken(shape, tables, {table.as_of: workforce for table in tables}) == []
    for table in tables:
        assert not {ALL_OF_TWELVE, MOST_OF_TWENTY_FIVE} & table.lines.keys()
    if signatories >= 1000:
        assert coverage(shape, tables[-1], 0) >= 0.75
        assert coverage(shape, tables[-1], 1) >= 0.5


def test_a17_the_attacker_succeeds_where_the_rules_are_left_out() -> None:
    """Plain rounding down at every release: the same programme proves what it must not be able to."""
    made = company(1040, RELEASES, 1)
    tables = [
        Table(cut.as_of, cut.joined, 0, {c: n // 10 * 10 for c, n in made.shape.whole(cut.own).items() if n >= 10})
        for cut in made.cuts
    ]
    found = list(findings(made.shape, knowledge(made.shape, tables), len(tables)))
    assert any(each.part == ALL_OF_TWELVE and each.since is None for each in found)


def test_a17_the_attacker_finds_two_to_nine_who_joined() -> None:
    shape = Shape((Part("a", "a", None, 1000), Part("b", "b", None, 1000)))
    tables = [Table(DATES[0], 100, 0, {"a": 40}), Table(DATES[1], 109, 0, {"a": 60})]
    (found,) = findings(shape, knowledge(shape, tables), 2)
    assert (found.part, found.since, found.until, found.least, found.most) == ("a", 0, 1, 2, 9)


# ── all small worlds ──


SMALL = {
    "flat": Shape((Part("a", "a", None, 400), Part("b", "b", None, 60))),
    "deep": Shape((Part("a", "a", None, 400), Part("a1", "a1", "a", 120), Part("b", "b", None, 90))),
}


def worlds(shape: Shape) -> Iterator[tuple[Cut, Cut]]:
    """Two cuts that differ by a step: each part and the rest gain 0, 1, 9, 10 or 31 people."""
    codes = [part.code for part in shape.parts]
    for begin in product((9, 29, 38) if len(codes) < 3 else (9, 38), repeat=len(codes)):
        for gain in product((0, 1, 10, 31), repeat=len(codes)):
            for rest in (0, 9):
                own = dict(zip(codes, begin, strict=True))
                later = {code: own[code] + more for code, more in zip(codes, gain, strict=True)}
                first = Cut(DATES[0], sum(begin) + 12, 0, own)
                yield first, Cut(DATES[1], first.joined + sum(gain) + rest, 0, later)


@pytest.mark.parametrize("shape", SMALL.values(), ids=SMALL)
def test_no_pair_of_tables_of_a_small_world_proves_too_much(shape: Shape) -> None:
    """Every draw of the first table that differs, and of the second: what is let through is looked at by counting."""
    seen, pairs = 0, set()
    for first, second in worlds(shape):
        for one, two in ((0, 0), (0, 9), (9, 0), (5, 2)):
            tables: list[Table] = []
            for cut, dice in ((first, repeat(one)), (second, repeat(two))):
                try:
                    tables.append(release(cut, shape, tables, 100_000, dice.__next__).table)
                except Withheld:
                    continue
            seen += 1
            pairs.add(tuple((t.joined, *(t.said(p.code) for p in shape.parts)) for t in tables))
    assert seen > 300
    for pair in pairs:
        tables = [
            Table(DATES[place], row[0], 0, {p.code: n for p, n in zip(shape.parts, row[1:], strict=True) if n})
            for place, row in enumerate(pair)
        ]
        assert list(findings(shape, knowledge(shape, tables), len(tables))) == [], pair
