"""Work in batches: threads that want the same thing at the same time share the doing of it.

One thread leads: it waits until all that are on their way have come, or the window is over, shuffles, works, and
answers everyone; then the first of those that came meanwhile leads. Nobody is answered before the work is done, and
within a batch the order of coming is lost.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Lock
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Seconds that the first of a batch waits for others.
WINDOW: Final = 0.012
#: Items in one batch at most.
MOST: Final = 256


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class _Ticket(Generic[Item, Result]):
    """An item; its thread sleeps on `turn` until there is an outcome, or until it has to lead."""

    item: Item
    turn: Lock = field(default_factory=_held)
    leads: bool = False
    outcome: "Result | BaseException | None" = None


class Batches(Generic[Item, Result]):
    """Collects items of many threads and hands them, shuffled, to `work` in batches.

    `work` returns an outcome for each item in its place; an outcome that is an exception is raised in the thread that
    brought the item. When `work` itself raises, all of its batch get that. `window` is in seconds.
    """

    def __init__(
        self,
        work: "Callable[[Sequence[Item]], Sequence[Result | Exception]]",
        window: float = WINDOW,
        most: int = MOST,
    ) -> None:
        self._work = work
        self._window = window
        self._most = most
        self._lock = Lock()
        self._came = Condition(self._lock)
        self._queue: list[_Ticket[Item, Result]] = []
        self._leading = False
        self._coming = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Announce that this thread may put an item soon: a batch waits for it, within the window."""
        with self._lock:
            self._coming += 1
        try:
            yield
        finally:
            with self._lock:
                self._coming -= 1
                self._came.notify()

    def put(self, item: Item) -> Result:
        """Bring an item and wait until the work on it is done; returns or raises its outcome."""
        ticket: _Ticket[Item, Result] = _Ticket(item)
        with self._lock:
            self._queue.append(ticket)
            if not self._leading:
                self._pass_on()
            self._came.notify()
        self._sleep(ticket)
        if ticket.leads:
            self._work_on(self._batch(ticket))
        if isinstance(ticket.outcome, BaseException):
            raise ticket.outcome
        return ticket.outcome  # type: ignore[return-value]  # whoever woke up has one

    def _sleep(self, ticket: _Ticket[Item, Result]) -> None:
        try:
            ticket.turn.acquire()
        except BaseException:
            with self._lock:
                self._leave(ticket)
            raise

    def _batch(self, ticket: _Ticket[Item, Result]) -> list[_Ticket[Item, Result]]:
        """Take the head of the queue, the leader's ticket first in it."""
        with self._lock:
            try:
                self._wait_for_others()
            except BaseException:
                self._leave(ticket)
                raise
            batch, self._queue = self._queue[: self._most], self._queue[self._most :]
        secrets.SystemRandom().shuffle(batch)
        return batch

    def _work_on(self, batch: "Sequence[_Ticket[Item, Result]]") -> None:
        outcomes: Sequence[Result | BaseException] = ()
        try:
            outcomes = _as_many(self._work([ticket.item for ticket in batch]), len(batch))
        except BaseException as error:
            outcomes = [error] * len(batch)
            if not isinstance(error, Exception):
                raise
        finally:
            with self._lock:
                self._pass_on()
            for ticket, outcome in zip(batch, outcomes, strict=True):
                ticket.outcome = outcome
                ticket.turn.release()

    def _pass_on(self) -> None:
        """Let the next in the queue lead; the lock is held."""
        self._leading = bool(self._queue)
        if self._queue:
            self._queue[0].leads = True
            self._queue[0].turn.release()

    def _leave(self, ticket: _Ticket[Item, Result]) -> None:
        """Take the ticket of an interrupted thread out, unless somebody works on it; the lock is held."""
        if ticket in self._queue:
            self._queue.remove(ticket)
            if ticket.leads:
                self._pass_on()

    def _wait_for_others(self) -> None:
        end = time.monotonic() + self._window
        while len(self._queue) < self._most and not 0 < self._coming <= len(self._queue):
            left = end - time.monotonic()
            if left <= 0 or not self._came.wait(left):
                return


def _as_many(outcomes: Sequence[Result], items: int) -> Sequence[Result]:
    if len(outcomes) != items:
        message = f"{items} items came back as {len(outcomes)}"
        raise RuntimeError(message)
    return outcomes
