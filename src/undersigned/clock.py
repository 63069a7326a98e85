"""The clock, in full hours: nothing in an instance knows a finer time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from undersigned.errors import Unavailable, UndersignedError
from undersigned.storage.files import write_durably
from undersigned.values import tick

#: How far from a full hour something may come that belongs to it: by clocks that differ, and by tries that follow.
EARLY, LATE = timedelta(minutes=5), timedelta(minutes=20)


class Clock(Protocol):
    """Where the rooms take the time from."""

    def tick(self) -> str:
        """Return the current full hour in UTC, `2026-12-03T14:00:00Z`."""

    def today(self) -> str:
        """Return the current date in UTC, `2026-12-03`."""

    def strikes(self, tick: str) -> bool:
        """Tell whether a full hour has just struck, or is about to: from `EARLY` before it to `LATE` after it."""


class SystemClock:
    """The machine's clock, cut to the hour."""

    def tick(self) -> str:
        """Return the current full hour in UTC."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:00:00Z")

    def today(self) -> str:
        """Return the current date in UTC."""
        return self.tick()[:10]

    def strikes(self, tick: str) -> bool:
        """Tell whether the machine's clock is near a full hour. Raises: `ValueError` where it is none."""
        since = datetime.now(UTC) - datetime.fromisoformat(tick)
        return -EARLY <= since <= LATE


class DemonstrationClock:
    """A clock that stands still until it is moved: its tick is in a file, shared by all processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tick(self) -> str:
        """Return the tick that the clock was moved to. Raises: `Unavailable`."""
        try:
            return tick(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError, UndersignedError) as error:
            raise Unavailable("no-clock", f"The demonstration's clock cannot be read from {self._path}.") from error

    def today(self) -> str:
        """Return the date that the clock was moved to."""
        return self.tick()[:10]

    def strikes(self, tick: str) -> bool:
        """Tell whether this is the tick at which the clock stands."""
        return tick == self.tick()

    def move(self, to: str) -> None:
        """Move the clock to a tick."""
        write_durably(self._path, tick(to).encode() + b"\n", mode=0o600)
