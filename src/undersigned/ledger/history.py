"""What the public log says of every letter, round by round: for the feed of its counts and for its ring.

It is read from the published files alone, as anyone could, and compared with the signed checkpoint. Acts that wait
are not in it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, NoReturn

from undersigned.errors import Unavailable, UndersignedError
from undersigned.ledger.store import TileStore
from undersigned.tlog.checkpoint import open_checkpoint
from undersigned.tlog.note import SigningKey
from undersigned.tlog.tile import TILE_WIDTH, Rebuilder, bundles, read_bundle
from undersigned.values import octets


@dataclass(frozen=True, slots=True)
class Past:
    """A closed round of one organisation; `signed` and `withdrawn` add up all its rounds so far."""

    tick: str
    organisation: str
    signed: int
    withdrawn: int
    final: bool


@dataclass(frozen=True, slots=True)
class History:
    """The closed rounds of one letter in the log's order, and the pseudonyms whose signatures stand."""

    rounds: Sequence[Past] = ()
    standing: frozenset[bytes] = frozenset()


_NOTHING: Final = History()


@dataclass(slots=True)
class _Context:
    rounds: list[Past] = field(default_factory=list)
    standing: set[bytes] = field(default_factory=set)
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)


class LogHistory:
    """Reads the log up to its published checkpoint, and on from there whenever that has changed."""

    def __init__(self, store: TileStore, key: SigningKey) -> None:
        self._store = store
        self._origin, self._key = key.name, key.verifier
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._tree = Rebuilder()
        self._contexts: dict[str, _Context] = {}
        self._head: tuple[str, str, str, bool] | None = None

    def of(self, context: str) -> History:
        """Return what is published of a context.

        Raises: `Unavailable` when the log's files are not those that were signed.
        """
        with self._lock:
            self._refresh()
            found = self._contexts.get(context)
            return History(tuple(found.rounds), frozenset(found.standing)) if found else _NOTHING

    def _refresh(self) -> None:
        public = self._store.checkpoint()
        if public is None:
            return
        checkpoint, before = open_checkpoint(public, self._origin, self._key), self._tree.size
        if checkpoint.size == before:
            return
        try:
            for entries in self._entries(before, checkpoint.size):
                self._tree.feed(entries)
            if self._tree.root() != checkpoint.root:
                _damaged()
        except UndersignedError:
            self._begin()
            raise
        for entries in self._entries(before, checkpoint.size):
            for entry in entries:
                self._take(json.loads(entry))  # canonical when it was written, and the root says that it still is
        self._close()

    def _entries(self, before: int, size: int) -> Iterator[Sequence[bytes]]:
        for path in bundles(size, before):
            yield read_bundle(path, self._store.read)[max(0, before - path.index * TILE_WIDTH) :]

    def _take(self, entry: dict[str, Any]) -> None:
        if entry.get("entry") == "round":
            self._close()
            self._head = entry["context"], entry["organisation"], entry["tick"], entry["final"]
        elif entry.get("entry") is None and self._head is not None:
            context, organisation = self._contexts.setdefault(self._head[0], _Context()), self._head[1]
            signed, withdrawn = context.sums.get(organisation, (0, 0))
            pseudonym = octets(entry["pseudonym"])
            if entry["action"] == "sign":
                context.standing.add(pseudonym)
                context.sums[organisation] = signed + 1, withdrawn
            else:
                context.standing.discard(pseudonym)
                context.sums[organisation] = signed, withdrawn + 1

    def _close(self) -> None:
        """Note the round whose acts have all been read: rounds are appended whole."""
        if self._head is None:
            return
        name, organisation, tick, final = self._head
        context = self._contexts.setdefault(name, _Context())
        context.rounds.append(Past(tick, organisation, *context.sums.get(organisation, (0, 0)), final))
        self._head = None


def _damaged() -> NoReturn:
    raise Unavailable("log-damaged", "The files of the log are not those that were signed.")
