"""Reading and verifying in processes: pyblst holds the interpreter's lock, so threads would gain nothing.

Chunks come back in their order. Only a few per worker are under way, so memory does not grow with the log.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from undersigned.auditor.reading import Reader, Rules, Seen, start, work_on
from undersigned.auditor.tree import Chunk
from undersigned.errors import Unavailable, UndersignedError

#: Chunks under way per worker: one that is worked on, and some so that none waits.
AHEAD: Final = 3
#: Acts of a sample that are verified together.
BATCH: Final = 64

G = TypeVar("G")


class Pool:
    """Workers that know the rules; with one worker everything happens in this process."""

    def __init__(self, rules: Rules, workers: int) -> None:
        self._workers = workers
        self._reader = Reader(rules) if workers == 1 else None
        self._processes: ProcessPoolExecutor | None = None
        if workers > 1:
            # Not forked: a copy of this process would take its threads' locks along.
            context = get_context("spawn")
            self._processes = ProcessPoolExecutor(workers, mp_context=context, initializer=start, initargs=(rules,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._processes is not None:
            self._processes.shutdown(cancel_futures=True)

    def read(self, chunks: Iterable[Chunk], proofs_from: int) -> Iterator[tuple[Chunk, list[Seen]]]:
        """Read all chunks, verifying presentations from entry `proofs_from` of the log on.

        A chunk that could not be read comes back empty. Raises: `Unavailable` when a worker dies.
        """
        work = ((chunk, (chunk.entries or (), max(0, proofs_from - chunk.first))) for chunk in chunks)
        yield from self._each("read", work)

    def verify(self, acts: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, UndersignedError | None]]:
        """Verify single acts, given with their index. Raises: `Unavailable` when a worker dies."""
        batches = [acts[at : at + BATCH] for at in range(0, len(acts), BATCH)]
        work = ((batch, ([octets for _, octets in batch],)) for batch in batches)
        for batch, errors in self._each("verify", work):
            yield from ((index, error) for (index, _), error in zip(batch, errors, strict=True))

    def _each(self, verb: str, work: Iterable[tuple[G, tuple[object, ...]]]) -> Iterator[tuple[G, Any]]:
        if self._processes is None:
            yield from ((given, getattr(self._reader, verb)(*arguments)) for given, arguments in work)
            return
        waiting: deque[tuple[G, Future[Any]]] = deque()
        try:
            for given, arguments in work:
                waiting.append((given, self._processes.submit(work_on, verb, arguments)))
                if len(waiting) >= AHEAD * self._workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        except BrokenProcessPool as error:
            words = "A worker of the audit was ended from outside, perhaps for want of memory."
            raise Unavailable("worker-died", words) from error
