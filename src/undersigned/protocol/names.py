"""The list of names shown under a letter (`docs/protocol.md`, section 5, "Names").

The list lies outside the logs. The registry binds it: a name with its line and a salt gives a salted hash, and the
sorted hashes give the digest that the newest `names` entry bears. Whoever has the list can check it; once a name and
its salt are gone, the hash says nothing.

    hash   = SHA-256 of the canonical JSON of {letter, line, name, salt}
    digest = SHA-256 of the canonical JSON of {letter, names}, names being the hashes in ascending order
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from undersigned import PROFILE
from undersigned.errors import Malformed
from undersigned.protocol.entry import NamesShown
from undersigned.values import (
    b64u,
    canonical,
    digest,
    fields,
    integer,
    octets,
    parse_canonical,
    sha256_hex,
    shown,
    text,
    tick,
)

#: Octets of a salt.
SALT: Final = 32
#: Names under one letter.
MAX_NAMES: Final = 10_000
#: Octets of the longest list.
MAX_LIST: Final = 1 << 24
#: Characters of the longest name, and of the longest line under it.
MAX_NAME, MAX_LINE = 100, 140


#: Letters that are written as nothing.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
#: Marks on one letter: a tower of them would cover the lines above and below.
_MOST_MARKS: Final = 4


def _plain(value: object, limit: int, what: str) -> str:
    checked = text(value, limit=limit, what=what)
    if checked != " ".join(checked.split()) or shown(checked) != checked or not _readable(checked):
        raise Malformed(
            "bad-name", f"{what} is one line of ordinary characters with a letter in it, without space around it."
        )
    return checked


def _readable(line: str) -> bool:
    """Whether a line has a letter or digit that is seen, and its marks stay within it."""
    kinds = [unicodedata.category(each) for each in line]
    towers = ("".join("m" if kind in {"Mn", "Me"} else " " for kind in kinds)).split()
    return (
        _FILLERS.isdisjoint(line)
        and any(kind[0] in "LN" for kind in kinds)
        and max(map(len, towers), default=0) <= _MOST_MARKS
    )


def check_name(value: object) -> str:
    """Check a name: one line of at most 100 characters. Raises: `Malformed`."""
    return _plain(value, MAX_NAME, "The name")


def check_line(value: object) -> str | None:
    """Check what stands under a name: nothing, or one line of at most 140 characters. Raises: `Malformed`."""
    return None if value is None else _plain(value, MAX_LINE, "The line under the name")


@dataclass(frozen=True, slots=True)
class ShownName:
    """A name, what the person says of themselves in a line, and the salt (32 octets) of its hash."""

    name: str
    line: str | None
    salt: bytes

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"line": self.line, "name": self.name, "salt": b64u(self.salt)}

    def hash(self, letter: str) -> str:
        """Return the salted hash, in hex, that the list under a letter (by digest) has of this name."""
        return sha256_hex(canonical({"letter": letter} | self.record()))

    @classmethod
    def parse(cls, value: object) -> "ShownName":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("line", "name", "salt"), "A name of the list")
        return cls(check_name(got["name"]), check_line(got["line"]), octets(got["salt"], SALT, what="A salt"))


def digest_of(letter: str, names: Iterable[ShownName]) -> str:
    """Return the digest of a list of names under a letter: the same in whatever order they are given."""
    return sha256_hex(canonical({"letter": letter, "names": sorted(each.hash(letter) for each in names)}))


@dataclass(frozen=True)
class NameList:
    """`names.json`: the list number `number` of a letter, as of a tick; names are in the order of their hashes."""

    letter: str
    number: int
    as_of: str
    names: tuple[ShownName, ...]

    @classmethod
    def of(cls, entry: NamesShown, names: Iterable[ShownName]) -> "NameList":
        """Return the list that an entry of the registry is about."""
        ordered = sorted(names, key=lambda each: each.hash(entry.letter))
        return cls(entry.letter, entry.number, entry.tick, tuple(ordered))

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "as_of": self.as_of,
                "letter": self.letter,
                "names": [each.record() for each in self.names],
                "number": self.number,
                "profile": PROFILE,
            }
        )

    @cached_property
    def digest(self) -> str:
        """The digest that the registry's entry bears."""
        return digest_of(self.letter, self.names)

    @classmethod
    def parse(cls, data: bytes) -> "NameList":
        """Read canonical octets.

        Raises: `Malformed`.
        """
        names = ("as_of", "letter", "names", "number", "profile")
        got = fields(parse_canonical(data, limit=MAX_LIST), names, "The list of names")
        if got["profile"] != PROFILE:
            raise Malformed("unknown-profile", f"The list of names is not of profile {PROFILE}.")
        if not isinstance(got["names"], list) or len(got["names"]) > MAX_NAMES:
            raise Malformed("bad-list", f"The names are a list of at most {MAX_NAMES:,}.")
        letter = digest(got["letter"])
        listed = tuple(ShownName.parse(each) for each in got["names"])
        hashes = [each.hash(letter) for each in listed]
        if any(one >= other for one, other in pairwise(hashes)):
            raise Malformed("bad-order", "The names are not in the order of their hashes, each once.")
        return cls(
            letter=letter,
            number=integer(got["number"], least=1, most=10**9, what="The number of the list"),
            as_of=tick(got["as_of"]),
            names=listed,
        )

    def matches(self, entry: NamesShown) -> bool:
        """Tell whether this is the list that an entry of the registry is about, name for name."""
        same = (self.letter, self.number, self.as_of) == (entry.letter, entry.number, entry.tick)
        return same and len(self.names) == entry.count and self.digest == entry.digest
