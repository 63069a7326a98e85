"""What every process of the server does: say nothing of requests, and end with the process that started it."""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final

#: Seconds between two looks at the parent process.
_LOOK: Final = 1.0


def quiet() -> None:
    """Keep Django from writing down what was asked for: its own loggers name paths of requests that failed."""
    logger = logging.getLogger("django")
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = False


#: Environment variable in which the server tells its children who it is.
PARENT: Final = "UNDERSIGNED_PARENT"


def parent() -> int:
    """Return the server's process, as it named itself: a child may outlive it before it can ask the system."""
    return int(os.environ.get(PARENT, os.getppid()))


def end_with(parent: int, ended: Callable[[], None] = lambda: os._exit(0)) -> None:
    """Watch the parent process from a thread and end with it, so that nobody serves on after a `kill -9`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        ended()

    threading.Thread(target=watch, daemon=True).start()
