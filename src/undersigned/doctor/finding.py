"""What was looked at and what was seen."""

from dataclasses import dataclass
from typing import Final

HOLDS: Final = "holds"
WRONG: Final = "wrong"
#: Could not be looked at from here, or is not set up: somebody has to know it otherwise.
OPEN: Final = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the check, whether it holds, what was seen, and, where it does not hold, what to do."""

    check: str
    mark: str
    seen: str
    do: str = ""

    def record(self) -> dict[str, str]:
        """Return the JSON value."""
        return {"check": self.check, "mark": self.mark, "seen": self.seen, "do": self.do}


def holds(check: str, seen: str) -> Finding:
    """Return that a check holds."""
    return Finding(check, HOLDS, seen)


def wrong(check: str, seen: str, do: str) -> Finding:
    """Return that a check does not hold, and what to do."""
    return Finding(check, WRONG, seen, do)


def unknown(check: str, seen: str, do: str = "") -> Finding:
    """Return that a check could not be made, and why."""
    return Finding(check, OPEN, seen, do)
