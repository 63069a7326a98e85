"""The rules that anyone can check in published tables, without a single act (R1 to R6, R8 and R9)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from undersigned.disclosure.cell import SLACK, STEP, cap
from undersigned.disclosure.history import Table, rested
from undersigned.disclosure.shape import LEVELS, Shape

_LEAST: Final = 10
_TELLING: Final = 20


def broken(shape: Shape, tables: Sequence[Table], workforce: Mapping[str, int]) -> list[str]:
    """Return a sentence for each rule that a letter's tables break, the oldest table first; none where all hold.

    `workforce` gives by table's date the organisation's people.
    """
    out: list[str] = []
    for table in tables:
        out += [f"{table.as_of}: {each}" for each in _alone(shape, table, workforce[table.as_of])]
    for before, table in pairwise(tables):
        out += [f"{table.as_of}: {each}" for each in _after(before, table)]
    for place, table in enumerate(tables):
        out += [f"{table.as_of}: {each}" for earlier in tables[:place] for each in _since(shape, earlier, table)]
    return out


def _alone(shape: Shape, table: Table, workforce: int) -> list[str]:
    out = []
    if 2 * table.total > workforce and table.lines:
        out.append("R1: more than half of the workforce signed, and there are lines.")
    for code, said in table.lines.items():
        part = shape.by_code.get(code)
        if part is None:
            out.append(f"R7: the line “{code}” is not in the list.")
        elif said < _LEAST or said % STEP:
            out.append(f"R2: the line “{code}” says {said}.")
        elif said > cap(part.workforce):
            out.append(f"R3: the line “{code}” speaks of more than one in four.")
    for level in range(LEVELS):
        lines = [table.said(code) for code in shape.level(level)]
        if any(lines) and table.total - sum(lines) < _LEAST:
            out.append("R6: fewer than ten people are in no line.")
    return out


def _after(before: Table, table: Table) -> list[str]:
    out = []
    joined, left = table.joined - before.joined, table.left - before.left
    if joined < 0 or left < 0 or max(joined, left) < _LEAST:
        out.append("R1: fewer than ten people came or left since the table before.")
    if not rested(before, table.as_of):
        out.append("R8: the table before is less than four weeks older.")
    for code in before.lines.keys() | table.lines.keys():
        by = table.said(code) - before.said(code)
        if by == _TELLING:
            out.append(f"R4: the line “{code}” rose by twenty.")
        if by < 0 and not left:
            out.append(f"R2: the line “{code}” fell though nobody withdrew.")
    return out


def _since(shape: Shape, earlier: Table, table: Table) -> list[str]:
    for level in range(LEVELS):
        proved = sum(max(0, table.said(code) - earlier.said(code) - SLACK) for code in shape.level(level))
        if proved and table.joined - earlier.joined < _LEAST + proved:
            return [f"R5: its lines rose since {earlier.as_of} by more than the number of people who came."]
    return []
