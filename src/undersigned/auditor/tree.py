"""Steps 2 and 3: every bundle read, every tile and the root recomputed and compared (`docs/protocol.md`, section 6).

Memory does not grow with the log: one bundle and one row of hashes per level are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from undersigned.auditor.findings import Findings
from undersigned.auditor.heads import Head
from undersigned.auditor.source import Source, within
from undersigned.auditor.state import Earlier
from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.tlog.merkle import HASH, leaf_hash
from undersigned.tlog.tile import TILE_WIDTH, File, Rebuilder, TilePath, TileReader, bundles, entries_path, parse_bundle


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive entries from index `first` on; `entries` is None where `width` entries cannot be read."""

    first: int
    width: int
    entries: tuple[bytes, ...] | None


class Tree:
    """Reads one log from its first entry to the size in its checkpoint, once."""

    def __init__(self, head: Head, source: Source, findings: Findings, earlier: Earlier | None) -> None:
        self._head = head
        self._read = within(source, head.log)
        self._findings = findings
        self._tree = Rebuilder()
        self._earlier = earlier.checkpoint if earlier is not None else None
        self._damaged = False
        if earlier is not None:
            self._same_log(earlier)

    def chunks(self) -> Iterator[Chunk]:
        """Give all entries in order, a bundle at a time, comparing tiles on the way and the root at the end."""
        self._compare_earlier()
        for path in bundles(self._head.checkpoint.size):
            chunk = self._chunk(path)
            if chunk is None:
                return
            yield chunk
        for file in self._tree.partial():
            self._compare(file)
        if self._tree.root() != self._head.checkpoint.root:
            self._fail(None, "root", "The entries do not make the root that the checkpoint promises.")

    def _fail(self, entry: int | None, code: str, words: str) -> None:
        self._damaged = True
        self._findings.fail(2, self._head.log, entry, code, words)

    # ── bundles ──

    def _chunk(self, path: TilePath) -> Chunk | None:
        """Read one bundle and put it into the tree; None where the log breaks off."""
        first = path.index * TILE_WIDTH
        try:
            octets, width = self._bundle(path)
        except UndersignedError as error:
            self._fail(first, error.code, f"The entries from here on cannot be read: {error.words}")
            return None
        try:
            entries = parse_bundle(octets, width)[: path.width]
        except Malformed as error:
            return self._unreadable(path, octets, error)
        self._feed([leaf_hash(entry) for entry in entries])
        return Chunk(first, path.width, tuple(entries))

    def _bundle(self, path: TilePath) -> tuple[bytes, int]:
        """Octets of a bundle and how many entries they hold: the full one where the partial one is gone."""
        try:
            return self._read(str(path)), path.width
        except Withheld:
            if path.width == TILE_WIDTH:
                raise
            return self._read(entries_path(path.index)), TILE_WIDTH

    def _unreadable(self, path: TilePath, octets: bytes, error: Malformed) -> Chunk | None:
        """Name the entry at which a bundle stops making sense; go on with the hashes of the tile, if it has them."""
        first = path.index * TILE_WIDTH
        try:
            row = TileReader(self._head.checkpoint.size, self._read).tile(0, path.index)
        except UndersignedError:
            self._fail(first, error.code, error.words)
            return None
        hashes = [row[at : at + HASH] for at in range(0, len(row), HASH)]
        self._fail(first + _whole(octets, hashes), error.code, f"{error.words} It stops making sense here.")
        self._feed(hashes)
        return Chunk(first, path.width, None)

    # ── tiles ──

    def _feed(self, hashes: Sequence[bytes]) -> None:
        earlier = self._earlier.size if self._earlier is not None else 0
        cut = earlier - self._tree.size
        if 0 < cut < len(hashes):
            self._feed(hashes[:cut])
            hashes = hashes[cut:]
        for file in self._tree.feed_hashes(hashes):
            self._compare(file)
        if self._tree.size == earlier:
            self._compare_earlier()

    def _compare(self, file: File) -> None:
        """Compare one recomputed tile with the one that is published."""
        name, octets = file
        path = TilePath.parse(name)
        try:
            found = self._tile(path)
        except UndersignedError as error:
            self._fail(None, error.code, f"The tile {name} cannot be read: {error.words}")
            return
        if found == octets:
            return
        if path.level == 0:
            self._name_entries(path, octets, found)
        elif not self._damaged:
            # Above a damaged entry all tiles differ: the entry is named already.
            self._fail(None, "tile", f"The tile {name} is not what the entries make.")

    def _tile(self, path: TilePath) -> bytes:
        try:
            return self._read(str(path))
        except Withheld:
            if path.width == TILE_WIDTH:
                raise
            return self._read(str(TilePath(path.level, path.index)))[: path.width * HASH]

    def _name_entries(self, path: TilePath, octets: bytes, found: bytes) -> None:
        for at in range(0, max(len(octets), len(found)), HASH):
            if octets[at : at + HASH] != found[at : at + HASH]:
                entry = min(path.index * TILE_WIDTH + at // HASH, self._head.checkpoint.size - 1)
                self._fail(entry, "entry-tile", "This entry is not the one that the tree of hashes was made from.")

    # ── step 3 ──

    def _same_log(self, earlier: Earlier) -> None:
        new, old = self._head, earlier.checkpoint
        if new.checkpoint.origin != old.origin or (new.key is not None and new.key != earlier.key):
            words = f"An earlier audit read “{old.origin}” under another key or name."
            self._findings.fail(3, new.log, None, "other-log", words)
        if new.checkpoint.size < old.size:
            words = f"The log had {old.size:,} entries at an earlier audit and has {new.checkpoint.size:,} now."
            self._findings.fail(3, new.log, None, "log-shorter", words)

    def _compare_earlier(self) -> None:
        """Compare the root, when the tree has the size of an earlier audit, with the one seen then."""
        old = self._earlier
        if old is not None and old.size == self._tree.size and old.root != self._tree.root():
            words = f"The first {old.size:,} entries are not those of an earlier audit. Keep both signed checkpoints."
            self._findings.fail(3, self._head.log, None, "log-rewritten", words)


def _whole(octets: bytes, hashes: Sequence[bytes]) -> int:
    """How many entries of a damaged bundle are still those that the hashes stand for."""
    at = 0
    for good in count():
        end = at + 2 + int.from_bytes(octets[at : at + 2], "big")
        if good >= len(hashes) - 1 or leaf_hash(octets[at + 2 : end]) != hashes[good]:
            return good
        at = end
    raise AssertionError("count() does not end")
