"""Knowledge of what is in a commitment, shown for one message: a signature with the committed secrets as its key.

The proof that the blind draft puts into a commitment says nothing of what it is for, so whoever saw one can send it
again. This one holds for its message alone: Schnorr's proof of a representation (Okamoto 1992), made non-interactive by
a hash that takes the message in (Fiat-Shamir; a “signature of knowledge”, Camenisch and Stadler 1997). It stands beside
the draft's and changes nothing of it: its challenge is hashed under a tag of its own, so neither passes for the other.
"""

from collections.abc import Sequence
from typing import Final

from undersigned.bbs.ciphersuite import N_SECRETS, POINT, PSEUDONYMOUS, SCALAR, R
from undersigned.bbs.curve import BLST
from undersigned.bbs.generators import Layout, generators
from undersigned.bbs.octets import (
    Rng,
    hash_to_scalar,
    i2osp8,
    parse_scalars,
    random_scalars,
    require_length,
    require_scalars,
    scalars_octets,
)
from undersigned.errors import Malformed, Refused

#: Octets of a proof: a response for the blind and for each of the eight secrets, and the challenge.
REPRESENTATION: Final = SCALAR * (N_SECRETS + 2)
#: The slots of a commitment of the profile: the blind and eight secrets.
_LAYOUT: Final = Layout(PSEUDONYMOUS, 0, 0, N_SECRETS)


def _challenge(point: bytes, trace: bytes, message: bytes, dst: bytes) -> int:
    """Hash all that is public. Everything before the message has a fixed length."""
    bases = generators(BLST, _LAYOUT).octets[POINT:]  # Q_1 has no part in a commitment
    return hash_to_scalar(i2osp8(_LAYOUT.slots) + bases + point + trace + message, dst)


def prove(secrets: Sequence[int], blind: int, message: bytes, dst: bytes, rng: Rng) -> bytes:
    """Return the proof, 320 octets, of knowing what is in the commitment to eight secrets under `blind`.

    `dst` is the tag of what messages are, at most 255 octets; `rng` is asked once, for 48 octets a scalar.
    Raises: `Malformed` for a secret or blind outside 1..r-1, or another number of secrets.
    """
    if len(secrets) != N_SECRETS:
        raise Malformed("bad-count", f"A commitment is to {N_SECRETS} secrets.")
    hidden = require_scalars([blind, *secrets])
    slots = [base.point for base in generators(BLST, _LAYOUT).slots]
    tilde = random_scalars(len(hidden), rng)
    point, trace = (BLST.encode(BLST.multiply(zip(slots, each, strict=True))) for each in (hidden, tilde))
    challenge = _challenge(point, trace, message, dst)
    return scalars_octets([*((t + scalar * challenge) % R for t, scalar in zip(tilde, hidden, strict=True)), challenge])


def verify(point: bytes, proof: bytes, message: bytes, dst: bytes) -> None:
    """Check a proof for a commitment's point, 48 octets, and a message.

    Raises: `Malformed` for an encoding; `Refused` when it does not hold.
    """
    require_length(proof, REPRESENTATION, "The proof")
    *responses, challenge = parse_scalars(proof)
    committed = BLST.decode(point, "The commitment's point")
    slots = generators(BLST, _LAYOUT).slots
    trace = BLST.encode(BLST.total(zip(slots, responses, strict=True), [(committed, R - challenge)]))
    if _challenge(point, trace, message, dst) != challenge:
        raise Refused("request-proof", "The proof that belongs to this request does not hold.")
