"""The clock's process: at every full hour it closes what is due, and writes the pages anew."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from undersigned.bootstrap import Instance, open_instance
from undersigned.web.operations import turn
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
    while True:
        seconds = _HOUR - time.time() % _HOUR + 1
        try:
            for words in turn(instance).waiting:
                tell(words)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn is tried
            report(error)
            seconds = min(seconds, _AGAIN)
        if wait(seconds):
            return


def main() -> None:
    """Run for the instance that the first argument names."""
    quiet()
    end_with(parent())
    run(open_instance(Path(sys.argv[1])), threading.Event().wait)


if __name__ == "__main__":
    main()
