"""The function itself (RFC 9497, sections 3.2 and 3.3.1), between two parties.

Who has the input learns its output and nothing of the key; who has the key learns neither input nor output.

    client(input)                                     server(key)
      blind, blinded = blind(input) ── blinded ──────▶ blind_evaluate(key, blinded)
      finalize(input, blind, evaluated) ◀─ evaluated ──

Mode 0x00 proves nothing about the key: a server that evaluates with another one is not noticed here.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from undersigned.errors import Malformed, Unavailable
from undersigned.oprf import group

#: Gives that many random octets. An argument wherever randomness is needed.
Rng = Callable[[int], bytes]

#: Octets of a key's seed, of the longest input, and of an output.
SEED: Final = 32
LONGEST: Final = 2**16 - 1
OUTPUT: Final = 64
_TRIES: Final = 256


@dataclass(frozen=True, slots=True)
class Blinded:
    """An input on its way: `element` is sent, `blind` is kept until the answer is there, and then forgotten."""

    blind: bytes
    element: bytes


def derive_key_pair(seed: bytes, info: bytes) -> tuple[bytes, bytes]:
    """The secret key and public key, 32 octets each, of a seed of 32 octets (DeriveKeyPair).

    Raises: `Malformed` for a seed of another length or an `info` that is too long.
    """
    if len(seed) != SEED:
        raise Malformed("bad-length", f"The seed has {len(seed)} octets instead of {SEED}.")
    message = seed + _prefixed(info)
    for counter in range(_TRIES):
        key = group.hash_to_scalar(message + bytes([counter]), b"DeriveKeyPair" + group.CONTEXT)
        if any(key):
            return key, group.base_multiple(key)
    raise Unavailable("no-key", "No key comes out of this seed. Use another one.")


def public_key(key: bytes) -> bytes:
    """The public key (32 octets) of a secret one. Raises: `Malformed`."""
    return group.base_multiple(group.scalar(key, "The key"))


def blind(message: bytes, rng: Rng) -> Blinded:
    """An input hidden under a fresh blind (Blind): its element is as random as the blind, whatever the input.

    Raises: `Malformed` for an input that is too long, `Unavailable` when the source of randomness is broken.
    """
    drawn = rng(group.UNIFORM)
    if len(drawn) != group.UNIFORM:
        raise Unavailable("randomness-broken", "This machine's source of randomness gave too little.")
    factor = group.reduced(drawn)
    if not any(factor):
        raise Unavailable("randomness-broken", "This machine's source of randomness is broken.")
    return blind_with(message, factor)


def blind_with(message: bytes, factor: bytes) -> Blinded:
    """An input hidden under a given blind, as the RFC's vectors need it. Raises: `Malformed`."""
    return Blinded(group.scalar(factor, "The blind"), group.multiple(factor, _input(message)))


def blind_evaluate(key: bytes, blinded: bytes) -> bytes:
    """The evaluated element (32 octets) of a blinded one (BlindEvaluate).

    Raises: `Malformed` for a key or an element in any spelling but its own, and for the identity.
    """
    return group.multiple(group.scalar(key, "The key"), group.element(blinded, "The blinded element"))


def finalize(message: bytes, factor: bytes, evaluated: bytes) -> bytes:
    """The output (64 octets) of an input whose blinded element was evaluated (Finalize).

    Raises: `Malformed`.
    """
    answer = group.element(evaluated, "The evaluated element")
    return _output(message, group.multiple(group.inverse(group.scalar(factor, "The blind")), answer))


def evaluate(key: bytes, message: bytes) -> bytes:
    """The output (64 octets) as who has both key and input computes it (Evaluate). Raises: `Malformed`."""
    return _output(message, group.multiple(group.scalar(key, "The key"), _input(message)))


def _input(message: bytes) -> bytes:
    _prefixed(message)
    return group.element(group.hash_to_group(message), "The input")


def _output(message: bytes, issued: bytes) -> bytes:
    return hashlib.sha512(_prefixed(message) + _prefixed(issued) + b"Finalize").digest()


def _prefixed(octets: bytes) -> bytes:
    """Octets after their length in two octets."""
    if len(octets) > LONGEST:
        raise Malformed("too-long", f"The input is longer than {LONGEST:,} octets.")
    return len(octets).to_bytes(2, "big") + octets
