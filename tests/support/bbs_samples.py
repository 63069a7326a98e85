"""A credential and its presentations, and randomness that is the same in every run."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from undersigned.bbs import blind, signature
from undersigned.bbs.ciphersuite import R
from undersigned.bbs.curve import BLST
from undersigned.bbs.octets import Rng
from undersigned.bbs.proof import Statement, prove
from undersigned.bbs.pseudonym import pseudonym

HEADER = b'{"issuer":"issuer.example","profile":"undersigned/1"}'
MESSAGES = (b"works.example", b"2026Q4", b"undeclared", b"non-manager", b"code", b"")
CONTEXT = b"undersigned/1/letter/" + b"0" * 64
OTHER_CONTEXT = b"undersigned/1/letter/" + b"1" * 64


def dice(seed: str) -> Rng:
    """A source of octets that depends on `seed` alone and never repeats within one source."""
    state = hashlib.shake_256(seed.encode())
    taken = 0

    def draw(count: int) -> bytes:
        nonlocal taken
        taken += count
        return state.digest(taken)[taken - count :]

    return draw


def exactly(scalars: Sequence[int]) -> Rng:
    """A source that makes `random_scalars` return exactly these."""
    octets = b"".join((scalar % R).to_bytes(48, "big") for scalar in scalars)

    def draw(count: int) -> bytes:
        assert count == len(octets)
        return octets

    return draw


def scalars(count: int, seed: str) -> list[int]:
    draw = dice(seed)
    return [int.from_bytes(draw(48), "big") % R for _ in range(count)]


@dataclass(frozen=True)
class Issuer:
    secret: int
    public: bytes


@lru_cache
def issuer(name: str = "issuer") -> Issuer:
    secret = signature.keygen(hashlib.sha256(name.encode()).digest())
    return Issuer(secret, signature.public_key(secret))


@dataclass(frozen=True)
class Member:
    """A holder with a credential of one key."""

    key: Issuer
    secrets: tuple[int, ...]
    blind: int
    commitment: bytes
    signature: bytes

    def pseudonym(self, context: bytes = CONTEXT) -> bytes:
        return pseudonym(context, self.secrets)

    def present(
        self,
        ph: bytes = b"act",
        disclosed: Sequence[int] = (0, 1),
        context: bytes = CONTEXT,
        rng: Rng | None = None,
    ) -> Statement:
        proof = prove(
            self.key.public,
            self.signature,
            HEADER,
            ph,
            MESSAGES,
            disclosed,
            self.secrets,
            self.blind,
            context,
            rng or dice("proof" + ph.hex()),
        )
        shown = {index: MESSAGES[index] for index in disclosed}
        return Statement(context, ph, shown, self.pseudonym(context), proof)


@lru_cache
def member(name: str = "member", key: str = "issuer", signed_with: str = "") -> Member:
    """A member of `key`; a forger's credential where another key signed it."""
    *secrets, blinding = scalars(9, name)
    commitment = blind.commit(secrets, blinding, dice(name))
    signer = issuer(signed_with or key)
    octets = blind.blind_sign(signer.secret, issuer(key).public, commitment, HEADER, MESSAGES, bytes(32))
    return Member(issuer(key), tuple(secrets), blinding, commitment, octets)


# ── points that no decoder may take ──

#: The field's prime p.
P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


def some_point(seed: bytes = b"another point") -> bytes:
    return BLST.encode(BLST.hash_to_point(seed, b"tests"))


def bad_points() -> dict[str, bytes]:
    """Forty-eight octets (or nearly) that are no point of G1 in its one spelling."""
    good = some_point()
    on_curve = next(x for x in range(1, 99) if pow(x**3 + 4, (P - 1) // 2, P) == 1)
    off_curve = next(x for x in range(1, 99) if pow(x**3 + 4, (P - 1) // 2, P) != 1)
    flag = 1 << 383
    return {
        "identity": b"\xc0" + bytes(47),
        "identity with a sign": b"\xe0" + bytes(47),
        "identity with a tail": b"\xc0" + bytes(46) + b"\x01",
        "identity without the compression flag": b"\x40" + bytes(47),
        "all zero": bytes(48),
        "without the compression flag": bytes([good[0] & 0x7F]) + good[1:],
        "with the infinity flag": bytes([good[0] | 0x40]) + good[1:],
        "outside the subgroup": (on_curve | flag).to_bytes(48, "big"),
        "x above p": (on_curve + P | flag).to_bytes(48, "big"),
        "x equal to p": (P | flag).to_bytes(48, "big"),
        "not on the curve": (off_curve | flag).to_bytes(48, "big"),
        "all ones": b"\xff" * 48,
    }
