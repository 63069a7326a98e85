"""The sequencer of one log: appends so that a crash at any point loses and doubles nothing.

The order of a commit (`docs/protocol.md`, section 5), each step done before the next begins:

1. every file that the append makes is staged, durable, under a name that holds its digest;
2. the head (size, root, signed checkpoint, staged name) is swapped in the database if it is still the one that
   was built upon; whatever else belongs to the append changes in the same transaction. The loser discards;
3. tiles and bundles are written into the public folder and synced;
4. witnesses cosign;
5. the checkpoint is published by rename;
6. the head is marked as published, the staged file removed.

Up to 2 a crash leaves everything as it was. From 2 on the append has happened, and `recover` does 3 to 6 again.
"""

from collections.abc import Callable, Sequence

from undersigned.errors import Unavailable
from undersigned.ledger.models import Head, exclusive
from undersigned.ledger.store import Bundle, Staging, Step, TileStore, seconds
from undersigned.tlog import tile
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from undersigned.tlog.merkle import EMPTY_ROOT
from undersigned.tlog.note import Note, NoteSignature, SigningKey

#: Gets a signed checkpoint, returns a cosignature.
Witness = Callable[[bytes], NoteSignature]


class Sequencer:
    """Appends to one log. Whoever calls holds `Staging.alone`."""

    def __init__(
        self, log: str, key: SigningKey, store: TileStore, staging: Staging, witnesses: Sequence[Witness], step: Step
    ) -> None:
        self.log = log
        self.store = store
        self.key = key
        self._staging = staging
        self._witnesses = witnesses
        self._step = step

    def create(self, mtime: int) -> None:
        """Begin an empty log, unless it was begun."""
        checkpoint = sign_checkpoint(Checkpoint(self.key.name, 0, EMPTY_ROOT), self.key)
        if Head.begin(self.log, EMPTY_ROOT, checkpoint):
            self.store.publish(checkpoint, mtime)

    def append(self, entries: Sequence[bytes], tick: str, within: Callable[[], None]) -> None:
        """Append entries; `within` runs in the transaction that swaps the head.

        Raises: `Unavailable` when another process appended in between, or the log's files are not those that were
        signed; nothing is changed then. What `within` raises: the same.
        """
        head = Head.of(self.log)
        made = tile.append(head.size, self.store.read, entries)
        if made.old_root != bytes(head.root):
            raise Unavailable("log-damaged", f"The files of the {self.log} are not those that were signed.")
        checkpoint = sign_checkpoint(Checkpoint(self.key.name, made.size, made.root), self.key)
        staged = self._staging.stage(self.log, Bundle(seconds(tick), made.files))
        self._step("staged")
        with exclusive():
            if not head.swap(made.size, made.root, checkpoint, staged):
                raise Unavailable("append-elsewhere", f"Another process has just appended to the {self.log}.")
            within()
            self._step("moved")
        self._step("swapped")
        self._publish(Head.of(self.log))

    def recover(self) -> None:
        """Finish an append that was committed and not published; check that the public log is not ahead.

        Raises: `Unavailable` when the published log is longer than the database knows, as after restoring an old
        backup: going on would fork it.
        """
        head = Head.of(self.log)
        public = self.store.checkpoint()
        size = open_checkpoint(public, self.key.name, self.key.verifier).size if public is not None else 0
        if size > head.size:
            raise Unavailable("log-ahead", f"The published {self.log} is longer than the database knows. Do not go on.")
        if head.staged:
            self._publish(head)
        elif size < head.size or public is None:
            raise Unavailable("log-behind", f"The published {self.log} is shorter than the database knows.")

    def _publish(self, head: Head) -> None:
        bundle = self._staging.staged(head.staged)
        for path, data in bundle.files.items():
            self.store.write(path, data, bundle.mtime)
            self._step("tile")
        self.store.sync(bundle)
        self._step("tiles")
        checkpoint = bytes(head.checkpoint)
        if self._witnesses:
            lines = [witness(checkpoint) for witness in self._witnesses]
            checkpoint = Note.parse(checkpoint).beside(lines).encode()
        self._step("witnessed")
        self.store.publish(checkpoint, bundle.mtime)
        self._step("published")
        head.settle()
        self._step("settled")
