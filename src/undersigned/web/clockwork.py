"""The clock's process: at every full hour it closes what is due, and writes the pages anew.

Where an issuer elsewhere was silent it is asked again, a few times until well before the next hour, and at the next
hours too: then only what waited for it is closed.
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from undersigned.asking.issuer import PATIENCE
from undersigned.bootstrap import Instance, open_instance
from undersigned.web import members
from undersigned.web.operations import Owed, again, turn
from undersigned.web.problems import report, tell
from undersigned.web.processes import end_with, parent, quiet

_HOUR: Final = 3600
#: Seconds until a turn that failed is tried again.
_AGAIN: Final = 60


def run(instance: Instance, wait: Callable[[float], bool]) -> None:
    """Take the turns of an instance until `wait` says that it is over.

    The first turn is taken at once: a round that was due while nobody served is closed then, and one that was closed
    is not closed twice.
    """
    owed: Owed | None = Owed()
    while owed is not None:
        try:
            done = turn(instance)
            for words in done.waiting:
                tell(words)
            owed = insist(instance, done.owed.and_from(owed), wait)
            seconds = _left()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn is tried
            report(error)
            seconds = min(_left(), _AGAIN)
        if owed is None or wait(seconds):
            return


def insist(instance: Instance, owed: Owed, wait: Callable[[float], bool]) -> Owed | None:
    """Ask who was silent again, within the hour; return what is left, None where `wait` says that it is over."""
    for seconds in members.pauses():
        if not owed.silent or seconds + 2 * PATIENCE > _left():
            break
        if wait(seconds):
            return None
        try:
            owed = again(instance, owed).owed
        except Exception as error:  # noqa: BLE001 - as above
            report(error)
    return owed


def _left() -> float:
    """Return the seconds until just after the next full hour."""
    return _HOUR - time.time() % _HOUR + 1


def main() -> None:
    """Run for the instance that the first argument names."""
    quiet()
    end_with(parent())
    run(open_instance(Path(sys.argv[1])), threading.Event().wait)


if __name__ == "__main__":
    main()
