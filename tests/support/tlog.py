"""For tests of `undersigned.tlog`: a log in memory, and damage done to octets."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import strategies as st

from undersigned.errors import Malformed, Refused, Withheld
from undersigned.tlog import tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.note import SigningKey

ORIGIN = "log.example/letters"


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


KEY = SigningKey(ORIGIN, seed("log"))


class MemoryLog:
    """A log whose files lie in a dictionary, grown with `tile.append`."""

    def __init__(self) -> None:
        self.size = 0
        self.root = hashlib.sha256(b"").digest()
        self.files: dict[str, bytes] = {}
        self.entries: list[bytes] = []

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise Withheld("no-file", path)
        return self.files[path]

    def append(self, entries: Sequence[bytes]) -> tile.Appended:
        out = tile.append(self.size, self.read, entries)
        assert out.old_root == self.root
        assert not out.files.keys() & self.files.keys(), "a file was written twice"
        self.files.update(out.files)
        self.entries += entries
        self.size, self.root = out.size, out.root
        return out

    def checkpoint(self) -> bytes:
        return sign_checkpoint(Checkpoint(ORIGIN, self.size, self.root), KEY)

    def tiles(self) -> tile.TileReader:
        return tile.TileReader(self.size, self.read)


def entries(count: int, first: int = 0) -> list[bytes]:
    """Short entries of differing length, all different."""
    return [b"entry %d " % i + b"." * (i % 7) for i in range(first, first + count)]


#: A change of octets: where (as a share of the length), how many are cut, what is put in.
Damage = tuple[float, int, bytes]
damages: st.SearchStrategy[Damage] = st.tuples(
    st.floats(0, 1),
    st.integers(0, 3),
    st.one_of(
        st.binary(max_size=3),
        st.sampled_from([b"\n", b"\r\n", b" ", b"0", b"+", b"=", b"\t", b"\xe2\x80\x94", b"\x00", b"x", b"-"]),
    ),
)


def damaged(octets: bytes, damage: Damage) -> bytes:
    share, cut, put = damage
    at = round(share * len(octets))
    return octets[:at] + put + octets[at + cut :]


def refused_or_canonical(octets: bytes, rewrite: Callable[[bytes], bytes]) -> None:
    """Whatever a parser takes, it writes back as it was; all else is `Malformed` or `Refused`."""
    try:
        again = rewrite(octets)
    except (Malformed, Refused):
        return
    assert again == octets


def refuses(parse: Callable[[Any], object], value: Any, code: str) -> None:
    with pytest.raises((Malformed, Refused)) as caught:
        parse(value)
    assert caught.value.code == code
