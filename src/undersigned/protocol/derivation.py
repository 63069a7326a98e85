"""From a phrase's seed to the secrets of a holder (`docs/protocol.md`, section 3).

Everything is derived, so that the same person who enrols again at the same issuer makes the same
commitment point, and shows the same pseudonyms everywhere. RFC 5869 HKDF with SHA-256.
"""

import hmac
from typing import Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import N_SECRETS, R
from undersigned.errors import Refused
from undersigned.values import domain

#: Octets of a BIP-39 seed.
SEED: Final = 64
_OKM: Final = 48
_HASH: Final = 32


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    block, out = b"", b""
    for counter in range(1, -(-length // _HASH) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        out += block
    return out[:length]


def _scalar(seed: bytes, info: str) -> int:
    if len(seed) != SEED:
        raise Refused("bad-seed", f"A seed has {SEED} octets.")
    key = hmac.digest(PROFILE.encode(), seed, "sha256")
    value = int.from_bytes(_expand(key, info.encode(), _OKM), "big") % R
    if value == 0:
        raise Refused("zero-secret", "These words give a secret of zero. Make new ones.")
    return value


def nym_secrets(seed: bytes) -> tuple[int, ...]:
    """Return the eight nym secrets of a 64-octet seed, scalars in 1..r-1."""
    return tuple(_scalar(seed, f"nym/{i}") for i in range(N_SECRETS))


def blind(seed: bytes, issuer: str) -> int:
    """Return the blinding scalar of a 64-octet seed for the issuer of this name."""
    return _scalar(seed, f"blind/{domain(issuer)}")
