"""Tiles and entry bundles (C2SP tlog-tiles): a log as immutable files.

A tile of level l holds up to 256 hashes, each the root over 256^l entries; a bundle holds up to 256
entries, each after its length in two octets. A full file bears no width in its name, a partial one
`.p/<width>`. Reading goes through `read(path)`, which raises `Withheld` where there is no file.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from undersigned.errors import Malformed, Refused, Withheld
from undersigned.tlog import merkle
from undersigned.tlog.checkpoint import MAX_SIZE
from undersigned.tlog.merkle import HASH, leaf_hash
from undersigned.values import MAX_ENTRY

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
#: Octets of a full tile.
TILE_SIZE: Final = TILE_WIDTH * HASH
MAX_LEVEL: Final = 63
#: Tiles that a `TileReader` keeps, at most 8 KiB each.
KEPT_TILES: Final = 256

#: Characters of the longest path.
MAX_PATH: Final = 64

_PREFIX: Final = 2
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")

#: Gives the file at a path, raises `Withheld` where there is none.
Read: TypeAlias = Callable[[str], bytes]
#: Path and octets.
File: TypeAlias = tuple[str, bytes]


# ── paths ──


@dataclass(frozen=True)
class TilePath:
    """Which tile, or with `level` None which entry bundle, and how wide."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise Malformed("tile-path", f"The level of a tile is from 0 to {MAX_LEVEL}.")
        if not 0 <= self.index <= MAX_SIZE:
            raise Malformed("tile-path", "The number of a tile is from 0 to 2^63 - 1.")
        if not 1 <= self.width <= TILE_WIDTH:
            raise Malformed("tile-path", f"A tile is 1 to {TILE_WIDTH} wide.")

    def __str__(self) -> str:
        """Return the path below the log's prefix."""
        head, rest = divmod(self.index, 1000)
        groups = [f"{rest:03}"]
        while head:
            head, rest = divmod(head, 1000)
            groups.append(f"x{rest:03}")
        kind = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{'/'.join(reversed(groups))}{suffix}"

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a path in its one spelling. Raises: `Malformed`."""
        match = _PATH.fullmatch(path) if len(path) <= MAX_PATH else None
        if match is None:
            raise Malformed("tile-path", "This is not the path of a tile or of an entry bundle.")
        kind, index, width = match.groups()
        out = cls(
            None if kind == "entries" else int(kind),
            int(index.replace("/", "").replace("x", "")),
            TILE_WIDTH if width is None else int(width),
        )
        if str(out) != path:
            raise Malformed("tile-path", "The path of the tile is not in its one allowed spelling.")
        return out


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Path of a tile, for instance `tile/0/x001/234.p/17`. Raises: `Malformed`."""
    return str(TilePath(level, index, width))


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Path of an entry bundle, for instance `tile/entries/000`. Raises: `Malformed`."""
    return str(TilePath(None, index, width))


def bundles(size: int, first: int = 0) -> Iterator[TilePath]:
    """Paths of the entry bundles of a log of `size`, in order, from the one that holds entry `first`."""
    for start in range(first // TILE_WIDTH * TILE_WIDTH, size, TILE_WIDTH):
        yield TilePath(None, start // TILE_WIDTH, min(TILE_WIDTH, size - start))


# ── bundles and tiles ──


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Octets of an entry bundle of 1 to 256 entries of at most 65,535 octets.

    Raises: `Malformed`.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise Malformed("bundle-width", f"A bundle holds 1 to {TILE_WIDTH} entries.")
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise Malformed("too-long", f"An entry is longer than {MAX_ENTRY:,} octets.")
        parts += (len(entry).to_bytes(_PREFIX, "big"), entry)
    return b"".join(parts)


def parse_bundle(octets: bytes, count: int) -> list[bytes]:
    """Return the `count` entries of a bundle, which holds nothing else.

    Raises: `Malformed`.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(octets) and len(entries) < count:
        start = at + _PREFIX
        at = start + int.from_bytes(octets[at:start], "big")
        entries.append(octets[start:at])
    # One comparison for all: a cut prefix or entry moves `at` beyond the end.
    if at != len(octets) or len(entries) != count:
        raise Malformed("bundle", f"The bundle does not hold exactly {count} whole entries.")
    return entries


def parse_tile(octets: bytes, width: int) -> bytes:
    """Return the tile's octets, `width` hashes. Raises: `Malformed`."""
    if len(octets) != width * HASH:
        raise Malformed("tile", f"The tile has {len(octets):,} octets instead of {width * HASH:,}.")
    return octets


def _hashes(octets: bytes | bytearray) -> list[bytes]:
    return [bytes(octets[at : at + HASH]) for at in range(0, len(octets), HASH)]


def _tile_root(row: bytes | bytearray) -> bytes:
    """Root over a power of two of hashes, one after the other."""
    sha256 = hashlib.sha256
    while len(row) > HASH:
        row = b"".join([sha256(b"\x01" + row[at : at + 2 * HASH]).digest() for at in range(0, len(row), 2 * HASH)])
    return bytes(row)


# ── writing ──


class Rebuilder:
    """Makes every tile and the root from the entries in order, keeping one row of hashes per level.

    At most 8 KiB per level: four levels hold 2^32 entries.
    """

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[bytearray] = []

    @classmethod
    def resume(cls, size: int, read: Read) -> Self:
        """Go on after `size` entries, with the partial tiles of that size.

        Whoever calls compares `root()` with what is already believed. Raises: `Malformed`, and
        what `read` raises.
        """
        out = cls()
        tiles = TileReader(size, read)
        out.size = size
        while size >> (TILE_HEIGHT * len(out._rows)):
            level = len(out._rows)
            count = size >> (TILE_HEIGHT * level)
            full, width = divmod(count, TILE_WIDTH)
            out._rows.append(bytearray(tiles.tile(level, full) if width else b""))
        return out

    def feed(self, entries: Iterable[bytes]) -> list[File]:
        """Take the next entries; return the tiles, of all levels, that became full.

        Raises: `Malformed` when the log would exceed 2^63 - 1 entries.
        """
        return self.feed_hashes([leaf_hash(entry) for entry in entries])

    def feed_hashes(self, leaf_hashes: Sequence[bytes]) -> list[File]:
        """Take the next entries by their leaf hashes; otherwise as `feed`."""
        if self.size + len(leaf_hashes) > MAX_SIZE:
            raise Malformed("tile-path", "A log holds at most 2^63 - 1 entries.")
        files: list[File] = []
        at = 0
        while at < len(leaf_hashes):
            step = TILE_WIDTH - self.size % TILE_WIDTH
            chunk = leaf_hashes[at : at + step]
            self._extend(0, b"".join(chunk))
            self.size += len(chunk)
            at += step
            if self.size % TILE_WIDTH == 0:
                files += self._complete()
        return files

    def _extend(self, level: int, hashes: bytes) -> None:
        if level == len(self._rows):
            self._rows.append(bytearray())
        self._rows[level] += hashes

    def _complete(self) -> list[File]:
        """Tiles that end with the entry just taken; each hands its root to the level above."""
        files: list[File] = []
        level = 0
        while level < len(self._rows) and len(self._rows[level]) == TILE_SIZE:
            tile = bytes(self._rows[level])
            files.append((tile_path(level, (self.size >> (TILE_HEIGHT * (level + 1))) - 1), tile))
            self._rows[level].clear()
            level += 1
            self._extend(level, _tile_root(tile))
        return files

    def partial(self, since: int | None = None) -> list[File]:
        """Partial tiles at this size; with `since` only those that the log of that size had not."""
        files: list[File] = []
        for level, row in enumerate(self._rows):
            shift = TILE_HEIGHT * level
            if row and (since is None or since >> shift != self.size >> shift):
                index = self.size >> (shift + TILE_HEIGHT)
                files.append((tile_path(level, index, len(row) // HASH), bytes(row)))
        return files

    def edge(self, level: int) -> bytes:
        """Octets of the partial tile of a level at this size, empty where there is none."""
        return bytes(self._rows[level]) if level < len(self._rows) else b""

    def root(self) -> bytes:
        """Root over everything taken so far."""
        ragged: list[bytes] = []
        for row in self._rows:
            # What is not yet a whole hash of this level hangs at its right edge.
            units = _hashes(row) + ragged
            ragged = [merkle.root(units)] if units else []
        return ragged[0] if ragged else merkle.EMPTY_ROOT


@dataclass(frozen=True)
class Appended:
    """What appending makes: the new size and root, the root before, and the files that are new."""

    size: int
    root: bytes
    files: dict[str, bytes]
    old_root: bytes


def append(old_size: int, read: Read, entries: Sequence[bytes]) -> Appended:
    """Append `entries` to a log of `old_size` whose partial tiles and bundle `read` gives.

    Returns all tiles and bundles, full and partial, that the log of the new size has and that of
    the old size had not. Whoever calls compares `old_root` with the checkpoint that it signed.

    Raises: `Malformed` when a file or an entry is too long or too short; `Refused` when the partial
    bundle is not what the partial tile says; what `read` raises.
    """
    tree = Rebuilder.resume(old_size, read)
    old_root = tree.root()
    files: dict[str, bytes] = {}
    if entries:
        pending = [*_old_bundle(tree, read), *entries]
        for path in bundles(old_size + len(entries), old_size):
            at = (path.index - old_size // TILE_WIDTH) * TILE_WIDTH
            files[str(path)] = encode_bundle(pending[at : at + path.width])
        files.update(tree.feed(entries))
        files.update(tree.partial(since=old_size))
    return Appended(tree.size, tree.root(), files, old_root)


def _old_bundle(tree: Rebuilder, read: Read) -> list[bytes]:
    """Entries of the partial bundle at the tree's size, compared with the partial tile beside it."""
    index, width = divmod(tree.size, TILE_WIDTH)
    if not width:
        return []
    entries = read_bundle(TilePath(None, index, width), read)
    if b"".join(map(leaf_hash, entries)) != tree.edge(0):
        raise Refused("bundle-tile", "The last entry bundle of the log is not what its tile says.")
    return entries


# ── reading ──


def read_bundle(path: TilePath, read: Read) -> list[bytes]:
    """Entries of a bundle.

    Where the partial file is gone, the full one is read and cut, as `TileReader.tile` does.
    Raises: `Malformed`; what `read` raises.
    """
    try:
        return parse_bundle(read(str(path)), path.width)
    except Withheld:
        if path.width == TILE_WIDTH:
            raise
        return parse_bundle(read(entries_path(path.index)), TILE_WIDTH)[: path.width]


class TileReader:
    """Hashes and proofs of a log of `size` entries from its tiles.

    It believes the tiles: whoever calls compares `root()` with a checkpoint, or verifies proofs.
    """

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._kept: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int) -> bytes:
        """Octets of a tile as wide as it is at this size.

        Where the partial file is gone, the full one is read and cut: tlog-tiles allows deleting
        partial files once the full one is there. Raises: `Malformed`; what `read` raises.
        """
        kept = self._kept.get((level, index))
        if kept is not None:
            return kept
        width = min(TILE_WIDTH, (self.size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
        try:
            octets = parse_tile(self._read(tile_path(level, index, width)), width)
        except Withheld:
            if width == TILE_WIDTH:
                raise
            octets = parse_tile(self._read(tile_path(level, index)), TILE_WIDTH)[: width * HASH]
        if len(self._kept) >= KEPT_TILES:
            self._kept.clear()
        self._kept[level, index] = octets
        return octets

    def node(self, height: int, index: int) -> bytes:
        """Hash of the complete subtree of 2^height entries that begins at index · 2^height.

        Raises: `Refused` when it does not lie within the log; as `tile`.
        """
        if height < 0 or index < 0 or (index + 1) << height > self.size:
            raise Refused("tile-node", "There is no such complete subtree in this log.")
        level, within = divmod(height, TILE_HEIGHT)
        tile, first = divmod(index << within, TILE_WIDTH)
        octets = self.tile(level, tile)
        return _tile_root(octets[first * HASH : (first + (1 << within)) * HASH])

    def leaf(self, index: int) -> bytes:
        """Leaf hash of an entry. Raises: as `node`."""
        return self.node(0, index)

    def root(self) -> bytes:
        """Root of the log. Raises: as `tile`."""
        return merkle.range_hash(0, self.size, self.node)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Hashes that show entry `index` in the log, leaf's sibling first. Raises: as `node`."""
        return [merkle.range_hash(*r, self.node) for r in merkle.inclusion_ranges(index, self.size)]

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Hashes that show that the log grew out of its first `old_size` entries. Raises: as `node`."""
        return [merkle.range_hash(*r, self.node) for r in merkle.consistency_ranges(old_size, self.size)]
