"""The gate: the only place that makes a `Released`, which is the only thing that may be shown.

The rules, in the order in which they are applied; each figure is a number of people.

- R8 the clock: four weeks between two tables. R0 the cut is frozen; the caller counts closed rounds only.
- R11 a burst of admissions holds the whole table.
- R1 at least ten joined, or at least ten left, since the last table; above half of the workforce no table at all.
- R2 to R4 each line is drawn (`cell`).
- R6 at least ten people are in no line; R5 against every earlier table, as many joined as the lines prove and ten more.
  Rises are taken back, smallest lines first, until both hold.
- R12 nothing may be proved of fewer than ten, or of more than one in four (`audit`); rises are taken back likewise.

What is not promised: hierarchies are audited, not proved safe; whoever has better guesses than these bounds gains more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from undersigned.disclosure.audit import Finding, findings, knowledge
from undersigned.disclosure.cell import SLACK, STEP, Dice, cap, draw
from undersigned.disclosure.history import Cut, Table, rested
from undersigned.disclosure.shape import LEVELS, Shape
from undersigned.errors import Malformed, Withheld

#: The least that a table needs of new people, of people in no line, and of a line to be printed.
LEAST: Final = 10
_TOKEN: Final = object()

#: Why a part has no line, or its line no rise: words are the pages' business.
UNKNOWN, SMALL, FEW, HELD = "workforce-unknown", "workforce-small", "too-few", "held-back"

#: Told how many findings were looked into so far.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Released:
    """A table that passed every rule: the evidence that pages, exports and charts ask for.

    `held` says of each part that has no line, or whose line did not rise, which rule held it: for organisers, who see
    no counts.
    """

    table: Table
    shape: Shape
    held: Mapping[str, str]
    _token: object

    def __post_init__(self) -> None:
        """Refuse one that was not made here."""
        if self._token is not _TOKEN:
            raise TypeError("only the gate makes a Released")

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """Label and figure of each line, in alphabetical order (R9)."""
        named = ((self.shape.by_code[code].label, said) for code, said in self.table.lines.items())
        return tuple(sorted(named, key=lambda line: line[0].casefold()))


def release(
    cut: Cut,
    shape: Shape,
    history: Sequence[Table],
    workforce: int,
    dice: Dice,
    *,
    burst: bool = False,
    progress: Progress | None = None,
) -> Released:
    """Make the next table of a letter and organisation; `history` are all tables before it, the oldest first.

    Raises: `Withheld` with the reason why the old table stays.
    """
    last = history[-1] if history else None
    _may(cut, last, workforce, burst=burst)
    exact = shape.whole(cut.own)
    before = {part.code: last.said(part.code) if last else 0 for part in shape.parts}
    lines = {
        part.code: draw(exact[part.code], part.workforce, before[part.code], dice) if cap(part.workforce) else 0
        for part in shape.parts
    }
    drawn = dict(lines)
    # A line that became untrue has nothing to go back to but what was drawn anew, or nothing at all.
    ground = {code: before[code] if before[code] <= exact[code] else 0 for code in lines}
    _take_back(lines, ground, lambda: _breaks(shape, cut, history, lines))
    if len(shape.parts) > sum(1 for _ in shape.level(0)):
        _audit(lines, ground, cut, shape, history, progress)
    table = Table(
        cut.as_of, cut.joined, cut.left, {code: said for code, said in sorted(lines.items()) if said >= LEAST}
    )
    assert all(said <= exact[code] for code, said in table.lines.items()), "a line must be true"
    return Released(table, shape, _reasons(shape, lines, drawn), _TOKEN)


def _table(cut: Cut, lines: Mapping[str, int]) -> Table:
    return Table(cut.as_of, cut.joined, cut.left, {code: said for code, said in sorted(lines.items()) if said >= LEAST})


def _may(cut: Cut, last: Table | None, workforce: int, *, burst: bool) -> None:
    if not rested(last, cut.as_of):
        raise Withheld("too-soon", "Who signed is broken down once in four weeks at most. The last table stays.")
    if burst:
        raise Withheld("burst", "Many people joined by one way at once. The table waits until that is looked into.")
    joined, left = cut.joined - (last.joined if last else 0), cut.left - (last.left if last else 0)
    if joined < 0 or left < 0:
        raise Malformed("cut-backwards", "The cut is older than the last table.")
    if max(joined, left) < LEAST or cut.total < LEAST:
        raise Withheld("too-few-new", "Fewer than ten people came or left since the last table. It stays.")
    if 2 * cut.total > workforce:
        raise Withheld(
            "majority", "More than half of all who work there signed. A table would point at those who did not."
        )


# ── sums ──


def _breaks(shape: Shape, cut: Cut, history: Sequence[Table], lines: Mapping[str, int]) -> bool:
    """Tell whether the lines of any level leave too few in no line (R6), or rise more than people came (R5)."""
    for level in range(LEVELS):
        codes = tuple(shape.level(level))
        if cut.total - sum(lines[code] for code in codes) < LEAST and any(lines[code] for code in codes):
            return True
        if any(_outruns(cut, earlier, lines, codes) for earlier in history):
            return True
    return False


def _outruns(cut: Cut, earlier: Table, lines: Mapping[str, int], codes: Iterable[str]) -> bool:
    proved = sum(max(0, lines[code] - earlier.said(code) - SLACK) for code in codes)
    return proved > 0 and cut.joined - earlier.joined < LEAST + proved


def _take_back(lines: dict[str, int], ground: Mapping[str, int], breaks: Callable[[], bool]) -> None:
    """Take rises back, smallest lines first, until nothing breaks. Raises: `Withheld` where that is not enough."""
    for code in sorted(lines, key=lambda each: (lines[each], each)):
        if not breaks():
            return
        lines[code] = min(lines[code], ground[code])
    if breaks():
        raise Withheld("held-back", "More cannot be said yet without pointing at people. The last table stays.")


# ── proofs ──


def _audit(
    lines: dict[str, int],
    ground: Mapping[str, int],
    cut: Cut,
    shape: Shape,
    history: Sequence[Table],
    progress: Progress | None,
) -> None:
    """Take back what could be used to prove too much, until nothing can. Raises: `Withheld`."""
    looked = 0
    while True:
        tables = [*history, _table(cut, lines)]
        found = list(findings(shape, knowledge(shape, tables), len(tables)))
        looked += 1
        if progress is not None:
            progress(looked)
        if not found:
            return
        for finding in found:
            _yield(lines, ground, shape, finding)


def _yield(lines: dict[str, int], ground: Mapping[str, int], shape: Shape, finding: Finding) -> None:
    """Take back the smallest rise that can have to do with a finding: of its own family, else of any line."""
    family = shape.by_code[finding.part].within or finding.part
    near = (family, *shape.inside[family])
    for codes in (near, tuple(lines)):
        risen = [code for code in codes if lines[code] > ground[code]]
        if risen:
            least = min(risen, key=lambda code: (lines[code], code))
            lines[least] = ground[least]
            return
    raise Withheld("held-back", "More cannot be said yet without pointing at people. The last table stays.")


def _reasons(shape: Shape, lines: Mapping[str, int], drawn: Mapping[str, int]) -> dict[str, str]:
    out = {}
    for part in shape.parts:
        if part.workforce is None:
            out[part.code] = UNKNOWN
        elif not cap(part.workforce):
            out[part.code] = SMALL
        elif lines[part.code] < drawn[part.code]:
            out[part.code] = HELD
        elif lines[part.code] < STEP:
            out[part.code] = FEW
    return out
