"""Pseudonyms: one per context and vector of nym secrets (nym draft, CalculatePseudonym).

OP = hash_to_curve_g1(context), z = hash_to_scalar(context); the pseudonym is OP times the value at z of
the polynomial whose coefficients are the secrets. Whoever lacks the secrets cannot tell whether
pseudonyms of two contexts are one person.
"""

from collections.abc import Sequence
from functools import lru_cache

from undersigned.bbs.ciphersuite import NYM_VECTOR_DST, PSEUDONYM_BASE_DST, R
from undersigned.bbs.curve import BLST, Engine
from undersigned.bbs.octets import hash_to_scalar, require_scalars
from undersigned.bbs.tables import Base
from undersigned.errors import Malformed


@lru_cache(maxsize=16)
def base(engine: Engine, context_id: bytes) -> Base:
    """The point OP of a context. A room sees few contexts at a time, so the newest are kept with their tables."""
    return Base(engine.hash_to_point(context_id, PSEUDONYM_BASE_DST))


@lru_cache(maxsize=64)
def point_of_evaluation(context_id: bytes) -> int:
    """The scalar z of a context."""
    return hash_to_scalar(context_id, NYM_VECTOR_DST)


def evaluate(context_id: bytes, coefficients: Sequence[int]) -> int:
    """The value at z of the polynomial with these coefficients, the constant one first."""
    z = point_of_evaluation(context_id)
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * z + coefficient) % R
    return value


def pseudonym(context_id: bytes, secrets: Sequence[int]) -> bytes:
    """The pseudonym, 48 octets, of the holder of `secrets` in a context.

    Raises: `Malformed` for no secret or one outside 1..r-1, or when they cancel out, a chance of 2^-255.
    """
    value = evaluate(context_id, require_scalars(secrets))
    if not value:
        raise Malformed("bad-secrets", "These secrets have no pseudonym in this context.")
    return BLST.encode(BLST.multiply([(base(BLST, context_id).point, value)]))
