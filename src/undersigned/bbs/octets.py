"""Octets and scalars: I2OSP, expand_message_xmd (RFC 9380, 5.3.1), hash_to_scalar (core draft), strict scalars."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from undersigned.bbs.ciphersuite import SCALAR, Interface, R
from undersigned.errors import Malformed, Unavailable

#: Gives that many random octets. An argument wherever randomness is needed.
Rng = Callable[[int], bytes]

#: Octets that are reduced to one scalar: enough for a bias below 2^-128.
EXPANDED = 48
_BLOCK = bytes(64)


def i2osp8(value: int) -> bytes:
    """`value` as eight octets, most significant first."""
    return value.to_bytes(8, "big")


def expand_message(message: bytes, dst: bytes, length: int) -> bytes:
    """`length` uniform octets of `message` under `dst`: expand_message_xmd with SHA-256 (RFC 9380, section 5.3.1).

    `length` is at most 8,160 and `dst` at most 255 octets.
    """
    blocks = -(-length // 32)
    if blocks > 255 or len(dst) > 255:  # noqa: PLR2004 - limits of the RFC
        raise ValueError("expand_message_xmd gives at most 8,160 octets, under a tag of at most 255")
    tag = dst + bytes([len(dst)])
    first = hashlib.sha256(_BLOCK + message + length.to_bytes(2, "big") + b"\x00" + tag).digest()
    block = hashlib.sha256(first + b"\x01" + tag).digest()
    out = [block]
    seed = int.from_bytes(first, "big")
    for index in range(2, blocks + 1):
        mixed = (seed ^ int.from_bytes(block, "big")).to_bytes(32, "big")
        block = hashlib.sha256(mixed + bytes([index]) + tag).digest()
        out.append(block)
    return b"".join(out)[:length]


def hash_to_scalar(message: bytes, dst: bytes) -> int:
    """The scalar of `message` under `dst` (core draft, hash_to_scalar)."""
    return int.from_bytes(expand_message(message, dst, EXPANDED), "big") % R


@lru_cache(maxsize=512)
def message_scalar(message: bytes, interface: Interface) -> int:
    """The scalar that stands for one message octet string. Messages of a credential repeat, so the newest are kept."""
    return hash_to_scalar(message, interface.map_dst)


def message_scalars(messages: Iterable[bytes], interface: Interface) -> list[int]:
    """The scalars that stand for message octet strings, in order."""
    return [message_scalar(message, interface) for message in messages]


def random_scalars(count: int, rng: Rng) -> list[int]:
    """`count` scalars in 1..r-1 from 48 octets of `rng` each, drawn in one call.

    Raises: `Unavailable` when a scalar is zero or the draw too short: the source of randomness is broken.
    """
    drawn = rng(EXPANDED * count)
    if len(drawn) != EXPANDED * count:
        raise Unavailable("randomness-broken", "This machine's source of randomness gave too little.")
    scalars = [
        int.from_bytes(drawn[start : start + EXPANDED], "big") % R for start in range(0, EXPANDED * count, EXPANDED)
    ]
    if 0 in scalars:
        raise Unavailable("randomness-broken", "This machine's source of randomness is broken.")
    return scalars


def scalar_octets(scalar: int) -> bytes:
    """`scalar` as 32 octets, most significant first."""
    return scalar.to_bytes(SCALAR, "big")


def scalars_octets(scalars: Iterable[int]) -> bytes:
    """Several scalars, 32 octets each, one after the other."""
    return b"".join(scalar.to_bytes(SCALAR, "big") for scalar in scalars)


def parse_scalars(octets: bytes) -> list[int]:
    """Scalars of 32 octets each, every one in 1..r-1. The caller has checked the length.

    Raises: `Malformed` for zero, and for r or more.
    """
    scalars = [int.from_bytes(octets[start : start + SCALAR], "big") for start in range(0, len(octets), SCALAR)]
    return require_scalars(scalars)


def require_scalars(scalars: Sequence[int]) -> list[int]:
    """The same scalars, every one in 1..r-1.

    Raises: `Malformed`.
    """
    for scalar in scalars:
        if not 0 < scalar < R:
            raise Malformed("scalar-out-of-range", "A number in the proof or key is zero or too large.")
    return list(scalars)


def require_length(octets: bytes, length: int, what: str) -> None:
    """Check that `octets` is `length` octets long.

    Raises: `Malformed` naming `what` and both lengths.
    """
    if len(octets) != length:
        raise Malformed("bad-length", f"{what} has {len(octets)} octets instead of {length}.")
