"""The registry as this process reads it from the public folder, where other processes write."""

from threading import Lock

from undersigned.errors import Unavailable
from undersigned.ledger.store import TileStore
from undersigned.protocol.registry import Registry
from undersigned.tlog.checkpoint import open_checkpoint
from undersigned.tlog.note import SigningKey
from undersigned.tlog.tile import Rebuilder, bundles, read_bundle


class RegistryReader:
    """Replays the registry up to its published checkpoint, again whenever that has changed.

    A registry once returned is never changed; a newer one is another object.
    """

    def __init__(self, store: TileStore, key: SigningKey) -> None:
        self._store = store
        self._origin, self._key = key.name, key.verifier
        self._lock = Lock()
        self._seen: bytes | None = None
        self._entries: list[bytes] = []
        self._registry = Registry()

    def registry(self) -> Registry:
        """Return the registry as published now.

        Raises: `Unavailable` when its files are not those that were signed.
        """
        with self._lock:
            self._refresh()
            return self._registry

    def followed_by(self, entries: list[bytes]) -> Registry:
        """Return what the registry would be with more entries. Raises: `Malformed` or `Refused` with the reason."""
        with self._lock:
            self._refresh()
            return Registry.replay([*self._entries, *entries])

    def _refresh(self) -> None:
        public = self._store.checkpoint()
        if public is None or public == self._seen:
            return
        checkpoint = open_checkpoint(public, self._origin, self._key)
        tree = Rebuilder()
        entries: list[bytes] = []
        for path in bundles(checkpoint.size):
            part = read_bundle(path, self._store.read)
            tree.feed(part)
            entries += part
        if tree.root() != checkpoint.root:
            raise Unavailable("registry-damaged", "The files of the registry are not those that were signed.")
        self._registry = Registry.replay(entries)
        self._entries, self._seen = entries, public
