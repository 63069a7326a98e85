"""Group commit: threads that want to write wait a moment for each other and share one transaction.

One thread leads: it waits until all that are on their way have come, or the window is over, shuffles, writes,
and answers everyone. Nobody is answered before the write is durable, and within a batch the order of coming
is lost.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Seconds that the first of a batch waits for others.
WINDOW: Final = 0.012
#: Acts in one transaction at most.
MOST: Final = 256


@dataclass(eq=False)
class _Ticket(Generic[Item, Result]):
    item: Item
    outcome: "Result | BaseException | None" = None
    done: bool = False


class GroupCommit(Generic[Item, Result]):
    """Collects items of many threads and hands them, shuffled, to `write` in batches.

    `write` makes a batch durable and returns an outcome for each item in its place; an outcome that is an
    exception is raised in the thread that brought the item. When `write` itself raises, all of its batch get that.
    """

    def __init__(
        self, write: "Callable[[Sequence[Item]], Sequence[Result | Exception]]", window: float = WINDOW
    ) -> None:
        self._write = write
        self._window = window
        self._changed = Condition()
        self._queue: list[_Ticket[Item, Result]] = []
        self._leading = False
        self._coming = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Announce that this thread may put an item soon: a batch waits for it, within the window."""
        with self._changed:
            self._coming += 1
        try:
            yield
        finally:
            with self._changed:
                self._coming -= 1
                self._changed.notify_all()

    def put(self, item: Item) -> Result:
        """Bring an item and wait until it is durable; returns or raises its outcome."""
        ticket: _Ticket[Item, Result] = _Ticket(item)
        with self._changed:
            self._queue.append(ticket)
            self._changed.notify_all()
        while not ticket.done:
            batch = self._lead_or_wait(ticket)
            if batch:
                self._flush(batch)
        if isinstance(ticket.outcome, BaseException):
            raise ticket.outcome
        return ticket.outcome  # type: ignore[return-value]  # `done` says that the outcome is a result

    def _lead_or_wait(self, ticket: _Ticket[Item, Result]) -> list[_Ticket[Item, Result]]:
        """Return the next batch to the thread that leads, an empty one to the others."""
        with self._changed:
            if ticket.done:
                return []
            if self._leading:
                self._changed.wait()
                return []
            self._leading = True
            try:
                self._wait_for_others()
            except BaseException:
                self._leading = False
                self._changed.notify_all()
                raise
            batch, self._queue = self._queue[:MOST], self._queue[MOST:]
            return batch

    def _wait_for_others(self) -> None:
        end = time.monotonic() + self._window
        while len(self._queue) < MOST and not 0 < self._coming <= len(self._queue):
            left = end - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                return

    def _flush(self, batch: list[_Ticket[Item, Result]]) -> None:
        secrets.SystemRandom().shuffle(batch)
        outcomes: Sequence[Result | BaseException] = ()
        try:
            outcomes = self._write([ticket.item for ticket in batch])
        except BaseException as error:
            outcomes = [error] * len(batch)
            if not isinstance(error, Exception):
                raise
        finally:
            with self._changed:
                self._leading = False
                self._changed.notify_all()
                for ticket, outcome in zip(batch, outcomes, strict=True):
                    ticket.outcome, ticket.done = outcome, True
