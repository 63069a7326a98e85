"""The group ristretto255 (RFC 9496) with the hashes of RFC 9497, section 4.1: the only module that knows libsodium.

Elements and scalars are their own encodings, 32 octets each, scalars least significant octet first. Whoever calls
the arithmetic has decoded both before: libsodium reads 32 octets wherever it is pointed.
"""

import hashlib
import os
from contextlib import suppress
from typing import Final

import rbcl

from undersigned.errors import Malformed

#: Octets of an encoded element, and of a scalar.
ELEMENT: Final = 32
SCALAR: Final = 32
#: Order of the group.
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
#: Octets that are reduced to one scalar, and that are mapped to one element.
UNIFORM: Final = 64
#: `OPRFV1-`, the mode 0x00, and the suite's name.
CONTEXT: Final = b"OPRFV1-\x00-ristretto255-SHA512"
_IDENTITY: Final = bytes(ELEMENT)
_TOPMOST: Final = 0x80
_BLOCK: Final = bytes(128)

# The binding brings its library as a file in the folder for temporary files and leaves it there at every start; once
# it is loaded nobody needs the name.
with suppress(OSError):
    os.unlink(rbcl._sodium._name)  # noqa: PTH108, SLF001 - the one thing this module does to a disk, and whose it is


def expand_message(message: bytes, dst: bytes) -> bytes:
    """64 uniform octets of `message` under `dst`: expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1).

    One block of the hash is all that is ever asked for. `dst` has at most 255 octets.
    """
    tag = dst + bytes([len(dst)])
    first = hashlib.sha512(_BLOCK + message + UNIFORM.to_bytes(2, "big") + b"\x00" + tag).digest()
    return hashlib.sha512(first + b"\x01" + tag).digest()


def hash_to_group(message: bytes) -> bytes:
    """The element that `message` stands for (HashToGroup). It is the identity for no message that anyone will find."""
    return bytes(rbcl.crypto_core_ristretto255_from_hash(expand_message(message, b"HashToGroup-" + CONTEXT)))


def hash_to_scalar(message: bytes, dst: bytes) -> bytes:
    """The scalar of `message` under `dst` (HashToScalar), perhaps zero."""
    return reduced(expand_message(message, dst))


def reduced(uniform: bytes) -> bytes:
    """The scalar, perhaps zero, that 64 octets are congruent to."""
    return bytes(rbcl.crypto_core_ristretto255_scalar_reduce(uniform))


def element(octets: bytes, what: str = "An element") -> bytes:
    """An element, decoded: its one encoding, and not the identity (DeserializeElement).

    Raises: `Malformed`.
    """
    if len(octets) != ELEMENT:
        raise Malformed("bad-length", f"{what} has {len(octets)} octets instead of {ELEMENT}.")
    # libsodium overlooks the topmost bit, which would give every element a second spelling.
    spelt = octets != _IDENTITY and octets[-1] < _TOPMOST
    if not spelt or not rbcl.crypto_core_ristretto255_is_valid_point(octets):
        raise Malformed("bad-element", f"{what} is not an element of the group ristretto255.")
    return octets


def scalar(octets: bytes, what: str = "A scalar") -> bytes:
    """A scalar, decoded: 32 octets, in 1..order-1 (DeserializeScalar, which here refuses zero too).

    Raises: `Malformed`.
    """
    if len(octets) != SCALAR:
        raise Malformed("bad-length", f"{what} has {len(octets)} octets instead of {SCALAR}.")
    if not 0 < int.from_bytes(octets, "little") < ORDER:
        raise Malformed("scalar-out-of-range", f"{what} is zero or too large.")
    return octets


def multiple(factor: bytes, point: bytes) -> bytes:
    """`factor` times `point`, in constant time. Neither being zero, and the order prime, it is not the identity."""
    return bytes(rbcl.crypto_scalarmult_ristretto255(factor, point))


def base_multiple(factor: bytes) -> bytes:
    """`factor` times the generator (ScalarMultGen), in constant time."""
    return bytes(rbcl.crypto_scalarmult_ristretto255_base(factor))


def inverse(factor: bytes) -> bytes:
    """The scalar whose product with `factor` is one (ScalarInverse), in constant time."""
    return bytes(rbcl.crypto_core_ristretto255_scalar_invert(factor))
