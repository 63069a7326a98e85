"""Tables that were published, and the frozen cut from which the next one is made (rules R0 and R8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from undersigned.errors import Malformed
from undersigned.values import day

#: Days between two breakdowns at least.
REST: Final = 28


@dataclass(frozen=True, slots=True)
class Cut:
    """Acts of closed rounds as they stand on a day, of one letter and organisation: exact, and never shown.

    `joined` and `left` are all who ever signed and withdrew; `own` counts by part those who are in none within it.
    Who said nothing, or something that no part stands for, is in no part.
    """

    as_of: str
    joined: int
    left: int
    own: Mapping[str, int]

    def __post_init__(self) -> None:
        """Check that the figures fit each other. Raises: `Malformed`."""
        day(self.as_of)
        parts = self.own.values()
        if min((self.joined, self.left, self.total, *parts)) < 0 or sum(parts) > self.total:
            raise Malformed("bad-cut", "More people are counted in parts than signed.")

    @property
    def total(self) -> int:
        """Signatures that stand."""
        return self.joined - self.left


@dataclass(frozen=True, slots=True)
class Table:
    """A published table: the exact total, and by part what was said at least; other parts were not printed."""

    as_of: str
    joined: int
    left: int
    lines: Mapping[str, int]

    @property
    def total(self) -> int:
        """Signatures that stood."""
        return self.joined - self.left

    def said(self, code: str) -> int:
        """Return what the line of a part said, 0 where there was none."""
        return self.lines.get(code, 0)


def rested(last: Table | None, today: str) -> bool:
    """Tell whether a breakdown may be made again (R8)."""
    return last is None or _number(today) - _number(last.as_of) >= REST


def _number(date: str) -> int:
    """Number the days of the Gregorian calendar; only differences mean something."""
    year, month, number = (int(part) for part in day(date).split("-"))
    # Years from March on, so that the day that leap years have more is the last one.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)  # noqa: PLR2004 - February
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + number
