"""One-time codes and their sheets: eighty random bits each, stored as a keyed hash only."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from undersigned.protocol.enrolment import ALPHABET, CODE_LENGTH, format_code

#: Octets behind a code: five bits a symbol.
ENTROPY: Final = 10
_BITS: Final = 5


@dataclass(frozen=True, slots=True)
class Sheet:
    """A new sheet with its codes in plain: this is the only place where they ever are."""

    id: str
    organisation: str
    note: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetSummary:
    """A sheet as it can be listed later. `used` is rounded down to tens, so that no single person's joining shows."""

    id: str
    organisation: str
    note: str
    count: int
    used: int
    void: bool


def draw(entropy: Callable[[int], bytes]) -> str:
    """Make a code from ten octets of `entropy`."""
    number = int.from_bytes(entropy(ENTROPY), "big")
    return format_code("".join(ALPHABET[number >> _BITS * i & 31] for i in reversed(range(CODE_LENGTH))))


def subject(key: bytes, organisation: str, code: str) -> bytes:
    """Return the subject (32 octets) that a code stands for: HMAC-SHA-256 of organisation and code.

    The code always has nineteen characters, so nothing is needed to part the two.
    """
    return hmac.digest(key, (organisation + code).encode("ascii"), "sha256")
