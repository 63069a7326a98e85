"""Keys and plain signatures (core draft, KeyGen, SkToPk, CoreSign, CoreVerify).

Credentials are signed blindly (`blind`); both end in `finish` and are checked by `check`.
"""

from collections.abc import Sequence

from undersigned.bbs import ciphersuite
from undersigned.bbs.ciphersuite import CORE, POINT, SIGNATURE, R
from undersigned.bbs.curve import BLST, Key, Point
from undersigned.bbs.generators import Generators, Layout, domain, generators
from undersigned.bbs.octets import (
    hash_to_scalar,
    message_scalars,
    parse_scalars,
    require_length,
    require_scalars,
    scalar_octets,
    scalars_octets,
)
from undersigned.errors import Malformed, Refused


def keygen(material: bytes, info: bytes = b"") -> int:
    """A secret key from at least 32 octets of secret material; `info` separates keys made of the same material.

    Raises: `Malformed` when the material is shorter, or `info` longer than 65,535 octets.
    """
    if len(material) < ciphersuite.SECRET_KEY or len(info) >= 1 << 16:
        raise Malformed("bad-key-material", "A key is made of at least 32 octets, and of at most 65,535 octets beside.")
    secret = hash_to_scalar(material + len(info).to_bytes(2, "big") + info, ciphersuite.KEYGEN_DST)
    return require_scalars([secret])[0]


def public_key(secret: int) -> bytes:
    """The 96 octets of the public key for `secret`."""
    return BLST.public_key(secret)


def finish(secret: int, point: Point, e: int) -> bytes:
    """The signature A || e on the signed sum B: A = B·1/(SK+e).

    The inverse is a power with a fixed exponent, whose course hardly depends on the secret.
    Raises: `Refused` when SK+e is zero, which happens with a chance of 2^-255.
    """
    denominator = (secret + e) % R
    if denominator == 0 or e == 0:
        raise Refused("signature-impossible", "These values cannot be signed together.")
    return BLST.encode(BLST.multiply([(point, pow(denominator, R - 2, R))])) + scalar_octets(e)


def parse(octets: bytes) -> tuple[Point, int]:
    """A and e of a signature of 80 octets. Raises: `Malformed`."""
    require_length(octets, SIGNATURE, "The signature")
    return BLST.decode(octets[:POINT], "The signature's point"), parse_scalars(octets[POINT:])[0]


def check(key: Key, octets: bytes, signed: Point) -> None:
    """Check a signature on the signed sum B: e(A, W) = e(B - A·e, BP2).

    Raises: `Malformed` for its encoding; `Refused` when it does not hold.
    """
    a, e = parse(octets)
    if not BLST.pairing_holds(a, key, BLST.multiply([(a, R - e)], signed)):
        raise Refused("signature-invalid", "The signature does not fit the key, the header and the messages.")


def signed_sum(points: Generators, scalars: Sequence[int], domain_scalar: int) -> Point:
    """B = P1 + Q_1·domain + the sum of slot·scalar, in constant time; slots after the last scalar are left out."""
    slots = ((base.point, scalar) for base, scalar in zip(points.slots, scalars, strict=False))
    return BLST.multiply([(points.q1.point, domain_scalar), *slots], points.p1)


def _core(public_key: bytes, header: bytes, messages: Sequence[bytes]) -> tuple[list[int], int, Point]:
    layout = Layout(CORE, len(messages), 0, 0)
    points = generators(BLST, layout)
    scalars = message_scalars(messages, CORE)
    bound = domain(public_key, layout, points.octets, header)
    return scalars, bound, signed_sum(points, scalars, bound)


def sign(secret: int, public_key: bytes, header: bytes, messages: Sequence[bytes]) -> bytes:
    """A plain signature over messages that the signer sees, 80 octets (core draft, Sign)."""
    scalars, bound, signed = _core(public_key, header, messages)
    e = hash_to_scalar(scalars_octets([secret, *scalars, bound]), CORE.hash_dst)
    return finish(secret, signed, e)


def verify(public_key: bytes, signature: bytes, header: bytes, messages: Sequence[bytes]) -> None:
    """Check a plain signature (core draft, Verify).

    Raises: `Malformed` for encodings; `Refused` when it does not hold.
    """
    check(BLST.decode_key(public_key), signature, _core(public_key, header, messages)[2])
