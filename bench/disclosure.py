"""Tables of who signed: what an exact attacker proves, who is covered, how long a release takes, what many looks tell.

Simulated companies of about 90, 330, 1,040 and 10,000 signatories, eight releases each, with a team of twelve of whom
all signed and one of twenty-five of whom twenty did. The attacker is the linear programme of `disclosure.audit`, over
all pairs of releases. Many looks: somebody who knows all but one person of a cell, keeps it at the edge of a ten, and
adds ten verified people of their own elsewhere before each release, guesses whether that person is in it.
"""

import sys
import time
from pathlib import Path
from random import Random

from harness import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.companies import ALL_OF_TWELVE, MOST_OF_TWENTY_FIVE, Company, company
from undersigned.disclosure.audit import findings, knowledge
from undersigned.disclosure.cell import draw
from undersigned.disclosure.gate import release
from undersigned.disclosure.history import Table
from undersigned.disclosure.public import broken
from undersigned.disclosure.shape import Shape
from undersigned.errors import Withheld

RELEASES = 8
SIZES = (90, 330, 1040, 10_000)
#: People of the cell whom the attacker knows.
EDGE = 19


def published(made: Company, seed: int) -> tuple[list[Table], float]:
    """Return all tables of a company that pass the gate, and the seconds that the slowest release took."""
    dice = Random(seed)
    tables: list[Table] = []
    slowest = 0.0
    for cut in made.cuts:
        began = time.perf_counter()
        try:
            tables.append(release(cut, made.shape, tables, made.workforce, lambda: dice.randrange(10)).table)
        except Withheld:
            continue
        slowest = max(slowest, time.perf_counter() - began)
    return tables, slowest


def covered(shape: Shape, table: Table, level: int) -> float:
    """Return the part of all signatories who are in a line of a level."""
    return sum(table.said(code) for code in shape.level(level)) / table.total


def one_way(made: Company) -> float:
    """Return the seconds of a release without a hierarchy."""
    shape, cut, dice = Shape(tuple(part for part in made.shape.parts if part.within is None)), made.cuts[-1], Random(1)
    families = {code: count for code, count in made.shape.whole(cut.own).items() if code in shape.by_code}
    flat = type(cut)(cut.as_of, cut.joined, cut.left, families)
    began = time.perf_counter()
    release(flat, shape, [], made.workforce, lambda: dice.randrange(10))
    return time.perf_counter() - began


def looks(number: int, games: int, seed: int) -> float:
    """Return how often the better guess is right (AUC) after so many releases."""
    dice = Random(seed)

    def play(target: int) -> int:
        said = EDGE - EDGE % 10
        for _ in range(number):
            said = draw(EDGE + target, 10**6, said, lambda: dice.randrange(10))
        return said

    pairs = [(play(1), play(0)) for _ in range(games)]
    return sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs) / games


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    sizes, seeds = (SIZES[:3], range(2)) if options.quick else (SIZES, range(10))
    figures: list[Figure] = []
    proved = broke = exposed = 0
    for size in sizes:
        family, title, slowest = 1.0, 1.0, 0.0
        for seed in seeds if size < SIZES[-1] else list(seeds)[:3]:
            made = company(size, RELEASES, seed)
            tables, seconds = published(made, seed)
            proved += len(list(findings(made.shape, knowledge(made.shape, tables), len(tables))))
            broke += len(broken(made.shape, tables, {table.as_of: made.workforce for table in tables}))
            exposed += sum(len({ALL_OF_TWELVE, MOST_OF_TWENTY_FIVE} & table.lines.keys()) for table in tables)
            family = min(family, covered(made.shape, tables[-1], 0))
            title = min(title, covered(made.shape, tables[-1], 1))
            slowest = max(slowest, seconds)
        full = size >= SIZES[2]
        figures += [
            Figure(f"{size:,} signatories: in a family's line", family, "", at_least=0.75 if full else None),
            Figure(f"{size:,} signatories: in a title's line", title, "", at_least=0.5 if full else None),
            Figure(
                f"{size:,} signatories: slowest release with its audit",
                slowest,
                "seconds",
                at_most=120 if size <= SIZES[2] else 600,
            ),
        ]
    figures += [
        Figure("a table of 1,040 without a hierarchy", one_way(company(1040, RELEASES, 1)), "seconds", at_most=2),
        Figure("proved “1 to 9 joined”, or more than one in four", float(proved), "findings", at_most=0),
        Figure("public rules broken", float(broke), "", at_most=0),
        Figure("planted teams in a line", float(exposed), "", at_most=0),
        Figure("right guesses after one look", looks(1, 40_000, 7), "AUC", at_most=0.56),
        Figure(f"right guesses after {RELEASES} looks, with fakes", looks(RELEASES, 40_000, 7), "AUC"),
    ]
    left = [] if not options.quick else ["10,000 signatories, and ten companies of each size: two stand for them"]
    return report("disclosure", figures, options, not_measured=left)


if __name__ == "__main__":
    sys.exit(main())
