"""What can be proved from all tables together: the audit by linear programming (rule R12).

The attacker knows every table, the exact numbers of all who joined and left between any two of them, the shape, and
the rules. Unknown is, for each table and each smallest part, how many people are in it, and for each time between two
tables how many of those joined and left. All that is known is linear in these. For each part and each pair of tables
the least and the most are found of those who joined in between, and for each part of how many are in it now.

A line's people are at most what its drawing allows, unless a rule held the line down, which the attacker cannot see. So
the tightest reading is tried first and given up where no numbers at all fit it: the looser ones prove less.

Fractions of people are allowed, so a bound that is found is never tighter than a whole one: it is rounded inwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

from undersigned.disclosure.cell import ONE_OF, SLACK, STEP, cap
from undersigned.disclosure.history import Table
from undersigned.disclosure.shape import Shape

#: Solutions that are kept to answer the next questions without solving.
_WITNESSES: Final = 400
_EPSILON: Final = 1e-6
_REST: Final = ""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody could prove of a part.

    Between table `since` and table `until` at least `least` and at most `most` people joined; `since` is None where
    that many are in the part as a whole.
    """

    part: str
    since: int | None
    until: int
    least: int
    most: int


def ceilings(shape: Shape, tables: Sequence[Table], reading: int) -> list[dict[str, int]]:
    """Return, for each table, the most people that each line's drawing allows; parts without a bound are left out.

    Reading 0 takes every line as drawn; 1 only those that rose, where a rise of ten may stand for twenty; 2 none.
    """
    out: list[dict[str, int]] = []
    for place, table in enumerate(tables):
        bounds: dict[str, int] = {}
        for part in shape.parts:
            said = table.said(part.code)
            by = said - (tables[place - 1].said(part.code) if place else 0)
            if reading > 1 or said >= cap(part.workforce) or (reading == 1 and by <= 0):
                continue
            bounds[part.code] = said + SLACK + (STEP if by == STEP else 0)
        out.append(bounds)
    return out


class Knowledge:
    """Everything that is known, as a linear programme that answers questions of least and most."""

    def __init__(self, shape: Shape, tables: Sequence[Table], bounds: Sequence[dict[str, int]]) -> None:
        self._shape, self._tables, self._bounds = shape, tables, bounds
        self.leaves = [part.code for part in shape.parts] + [_REST]
        self._at = {code: place for place, code in enumerate(self.leaves)}
        self._columns = 3 * len(self.leaves) * len(tables)
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)  # noqa: FBT003 - the library's own signature
        self._solver.setOptionValue("threads", 1)
        self._build()
        self._cost = np.zeros(self._columns)
        self._seen: list[Floats] = []

    def _people(self, table: int, leaf: int) -> int:
        return 3 * (table * len(self.leaves) + leaf)

    def _joins(self, table: int, leaf: int) -> int:
        return self._people(table, leaf) + 1

    def _leaves_of(self, code: str) -> list[int]:
        return [self._at[each] for each in (code, *self._shape.inside[code])]

    def _build(self) -> None:
        infinity = highspy.kHighsInf
        least, most = np.zeros(self._columns), np.full(self._columns, infinity)
        self._solver.addVars(self._columns, least, most)
        for place, table in enumerate(self._tables):
            before = self._tables[place - 1] if place else None
            joined = table.joined - (before.joined if before else 0)
            left = table.left - (before.left if before else 0)
            every = range(len(self.leaves))
            self._row([(self._joins(place, leaf), 1.0) for leaf in every], joined, joined)
            self._row([(self._joins(place, leaf) + 1, 1.0) for leaf in every], left, left)
            for leaf in every:
                terms = [(self._people(place, leaf), 1.0), (self._joins(place, leaf), -1.0)]
                terms.append((self._joins(place, leaf) + 1, 1.0))
                if place:
                    terms.append((self._people(place - 1, leaf), -1.0))
                self._row(terms, 0, 0)
            for part in self._shape.parts:
                low, high = table.said(part.code), self._bounds[place].get(part.code, infinity)
                if low or high != infinity:
                    inside = self._leaves_of(part.code)
                    self._row([(self._people(place, leaf), 1.0) for leaf in inside], low, high)

    def _row(self, terms: Sequence[tuple[int, float]], low: float, high: float) -> None:
        columns = np.array([column for column, _ in terms], dtype=np.int32)
        self._solver.addRow(low, high, len(terms), columns, np.array([value for _, value in terms]))

    def possible(self) -> bool:
        """Tell whether any numbers at all fit."""
        return self._solve() is not None

    def _solve(self) -> float | None:
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self._seen.append(np.asarray(self._solver.getSolution().col_value))
        del self._seen[:-_WITNESSES]
        return float(self._solver.getInfo().objective_function_value)

    def _ask(self, columns: Sequence[int], sign: int) -> float:
        cost = np.zeros(self._columns)
        cost[list(columns)] = sign
        changed = np.flatnonzero(cost != self._cost).astype(np.int32)
        self._solver.changeColsCost(len(changed), changed, cost[changed])
        self._cost = cost
        found = self._solve()
        return sign * found if found is not None else (0.0 if sign > 0 else highspy.kHighsInf)

    def _witnessed(self, columns: Sequence[int], bound: float, sign: int) -> bool:
        chosen = list(columns)
        return any(sign * float(seen[chosen].sum()) <= sign * bound + _EPSILON for seen in self._seen)

    def least(self, columns: Sequence[int], needed: int) -> int:
        """Return the least whole sum of columns, 0 as soon as it is known to be below `needed`."""
        if self._witnessed(columns, needed - 1, 1):
            return 0
        return ceil(self._ask(columns, 1) - _EPSILON)

    def most(self, columns: Sequence[int], enough: int) -> int:
        """Return the most whole sum of columns, `enough` as soon as it is known to reach that."""
        if self._witnessed(columns, enough, -1):
            return enough
        found = self._ask(columns, -1)
        return enough if found >= enough else floor(found + _EPSILON)

    def joined(self, code: str, since: int, until: int) -> list[int]:
        """Columns of those who joined a part after table `since` and up to table `until`; -1 is the beginning."""
        return [self._joins(table, leaf) for table in range(since + 1, until + 1) for leaf in self._leaves_of(code)]

    def inside(self, code: str, table: int) -> list[int]:
        """Columns of those who are in a part."""
        return [self._people(table, leaf) for leaf in self._leaves_of(code)]


def knowledge(shape: Shape, tables: Sequence[Table]) -> Knowledge:
    """Return what is known, in the tightest reading that any numbers fit."""
    for reading in range(3):
        found = Knowledge(shape, tables, ceilings(shape, tables, reading))
        if found.possible():
            return found
    raise AssertionError("no numbers at all fit tables that were counted from people")


def findings(shape: Shape, known: Knowledge, tables: int) -> Iterator[Finding]:
    """Find what is proved: that one to nine people joined or are there, or that more than one in four are.

    `tables` is how many there are; the pairs are all, not only neighbours.
    """
    last = tables - 1
    for part in shape.parts:
        yield from _of_level(known, part.code, part.workforce, last)
        for until in range(tables):
            for since in range(-1, until):
                columns = known.joined(part.code, since, until)
                least = known.least(columns, 1)
                if least >= 1:
                    most = known.most(columns, STEP)
                    if most < STEP:
                        yield Finding(part.code, since, until, least, most)


def _of_level(known: Knowledge, code: str, workforce: int | None, last: int) -> Iterator[Finding]:
    columns = known.inside(code, last)
    least = known.least(columns, 1)
    if least < 1:
        return
    most = known.most(columns, STEP)
    if most < STEP or (workforce is not None and ONE_OF * least > workforce):
        yield Finding(code, None, last, least, most)
