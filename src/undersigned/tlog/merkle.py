"""Merkle trees of RFC 6962, section 2.1 (RFC 9162, section 2.1) over SHA-256.

A proof is a list of hashes, each the root over a range of entries; which ranges follows from the
numbers alone (`inclusion_ranges`, `consistency_ranges`), so prover and verifier read one list.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from undersigned.errors import Malformed, Refused

#: Octets of a hash.
HASH: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256

#: A half-open range of entries: first and end.
Range: TypeAlias = tuple[int, int]
#: Height and index of a complete subtree (2^height entries from index · 2^height) to its hash.
NodeReader: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours."""
    return _sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root over all leaf hashes; `EMPTY_ROOT` for none."""
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # An odd one out moves up unhashed: that is the ragged right edge of RFC 6962.
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0]


# ── which ranges a proof speaks of ──


def _split(first: int, end: int) -> int:
    """Where RFC 6962 cuts a range of at least two: after the largest power of two below its length."""
    return first + (1 << ((end - first - 1).bit_length() - 1))


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Ranges whose roots prove that entry `index` stands in a log of `size`, leaf's sibling first.

    Raises: `Refused` when there is no such entry.
    """
    if not 0 <= index < size:
        raise Refused("inclusion-index", f"A log of {size:,} entries has no entry {index:,}.")
    first, end, ranges = 0, size, []
    while end - first > 1:
        middle = _split(first, end)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[Range]:
    """Ranges whose roots prove that a log of `old_size` grew into one of `new_size`.

    The first range ends at `old_size` unless the old log is a complete subtree, whose root both
    sides know. Raises: `Refused` when `old_size` is the larger.
    """
    if not 0 <= old_size <= new_size:
        raise Refused("consistency-sizes", f"A log of {old_size:,} entries cannot grow into one of {new_size:,}.")
    if old_size == 0:
        return []
    first, end, ranges = 0, new_size, []
    while end != old_size:
        middle = _split(first, end)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    if first > 0:
        ranges.append((first, end))
    return ranges[::-1]


def range_hash(first: int, end: int, node: NodeReader) -> bytes:
    """Root over the range of a proof, or over a whole log, from complete subtrees.

    `first` is a multiple of the largest power of two that is not above the length.
    """
    if first == end:
        return EMPTY_ROOT
    out = b""
    # Complete subtrees from the smallest, at the ragged right, to the largest.
    while end > first:
        height = min((end & -end).bit_length(), (end - first).bit_length()) - 1
        end -= 1 << height
        part = node(height, end >> height)
        out = node_hash(part, out) if out else part
    return out


# ── proofs over leaf hashes in memory ──


def _rooted(leaf_hashes: Sequence[bytes], ranges: Iterable[Range]) -> list[bytes]:
    return [root(leaf_hashes[first:end]) for first, end in ranges]


def inclusion_path(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Inclusion proof of entry `index` (RFC 6962, section 2.1.1). Raises: `Refused`."""
    return _rooted(leaf_hashes, inclusion_ranges(index, len(leaf_hashes)))


def consistency_path(old_size: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Consistency proof from `old_size` (RFC 6962, section 2.1.2). Raises: `Refused`."""
    return _rooted(leaf_hashes, consistency_ranges(old_size, len(leaf_hashes)))


def _check_hashes(path: Sequence[bytes], *others: bytes) -> None:
    if any(len(h) != HASH for h in (*path, *others)):
        raise Malformed("bad-length", f"A hash in a proof does not have {HASH} octets.")


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the log of `size` with this `root`.

    Raises: `Malformed` for a hash that is not 32 octets; `Refused` when the proof does not hold.
    """
    _check_hashes(path, leaf, root)
    ranges = inclusion_ranges(index, size)
    if len(path) != len(ranges):
        raise Refused("inclusion-length", f"The proof has {len(path)} hashes instead of {len(ranges)}.")
    out = leaf
    for (first, _), sibling in zip(ranges, path, strict=True):
        out = node_hash(out, sibling) if first > index else node_hash(sibling, out)
    if out != root:
        raise Refused("inclusion-root", f"The proof does not show entry {index:,} in this log.")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the log of `old_size` with `old_root` grew into that of `new_size` with `new_root`.

    From size 0 the proof is empty, as tlog-witness has it; between equal sizes it is empty and the
    roots are compared, nothing else. Raises: `Malformed` for a hash that is not 32 octets;
    `Refused` when the proof does not hold.
    """
    _check_hashes(path, *(() if old_size == new_size else (old_root, new_root)))
    ranges = consistency_ranges(old_size, new_size)
    if len(path) != len(ranges):
        raise Refused("consistency-length", f"The proof has {len(path)} hashes instead of {len(ranges)}.")
    if old_size == 0:
        old, new = EMPTY_ROOT, EMPTY_ROOT if new_size == 0 else new_root
    else:
        old, new = _grow(old_size, old_root, ranges, path)
    if old != old_root or new != new_root:
        raise Refused("consistency-root", f"The log of {new_size:,} entries did not grow out of that of {old_size:,}.")


def _grow(old_size: int, old_root: bytes, ranges: Sequence[Range], path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Old and new root as the hashes of a consistency proof make them."""
    steps = list(zip(ranges, path, strict=True))
    at, old = 0, old_root
    if ranges and ranges[0][1] == old_size:
        (at, _), old = steps.pop(0)
    new = old
    for (first, _), other in steps:
        if first > at:
            new = node_hash(new, other)
        else:
            old, new = node_hash(other, old), node_hash(other, new)
    return old, new


# ── appending ──


class Frontier:
    """The right edge of a tree: enough to append to it and to know its root, in O(log n) memory.

    `hashes` are the roots of the complete subtrees that `size` falls into, largest first.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            raise Malformed("frontier", "The edge of a tree has one hash per bit that is set in its size.")
        _check_hashes(self.hashes)

    def append(self, leaf: bytes) -> None:
        """Append a leaf hash (32 octets)."""
        rest = self.size
        while rest & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            rest >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over everything appended so far."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, out = self.hashes
        for left in reversed(rest):
            out = node_hash(left, out)
        return out
