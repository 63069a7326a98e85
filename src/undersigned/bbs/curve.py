"""The curve BLS12-381 over a pairing library: this module and its two siblings are the only ones that know one.

Here is pyblst, whose multiplication takes constant time: everything that touches a secret goes
through `BLST`. `curve_arkworks` and `curve_reference` can verify and nothing else. Every engine
decodes strictly: canonical, on the curve, in the subgroup, not the identity.
"""

import importlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NewType, Protocol, cast

import pyblst

from undersigned.bbs import ciphersuite
from undersigned.bbs.octets import require_length
from undersigned.bbs.tables import WORTH_BUCKETS, Base, collect, difference, weighted_sum
from undersigned.errors import Malformed, Unavailable

#: An element of G1, belonging to the engine that made it.
Point = NewType("Point", object)
#: An element of G2, belonging to the engine that made it: an issuer's public key.
Key = NewType("Key", object)

#: Bits of the random weights of a batch: a wrong batch passes with a chance of 2^-128.
WEIGHT_BITS: Final = 128


class Engine(Protocol):
    """What verifying needs of a library. Its timing depends on its arguments, which are public."""

    name: str

    def __hash__(self) -> int:
        """By identity: what is derived from an engine's elements is kept per engine."""

    def decode(self, octets: bytes, what: str) -> Point:
        """The point of G1 in 48 octets; `what` names it in the error. Raises: `Malformed`."""

    def decode_key(self, octets: bytes) -> Key:
        """The public key in 96 octets. Raises: `Malformed`."""

    def encode(self, point: Point) -> bytes:
        """48 octets, compressed; the identity too."""

    def hash_to_point(self, message: bytes, dst: bytes) -> Point:
        """hash_to_curve_g1 (RFC 9380, BLS12381G1_XMD:SHA-256_SSWU_RO_)."""

    def total(self, fixed: Iterable[tuple[Base, int]], free: Iterable[tuple[Point, int]]) -> Point:
        """The sum of all products, of points that come again (`fixed`) and of points that do not (`free`)."""

    def weighted(self, points: Sequence[Point], weights: Sequence[int]) -> Point:
        """The sum of weight·point for weights below 2^128."""

    def pairing_holds(self, left: Point, key: Key, right: Point) -> bool:
        """Whether e(left, key) = e(right, BP2)."""


class BlstEngine:
    """pyblst. `multiply` takes constant time; `total` and `weighted` do not and are for public values."""

    name = "blst"

    def __init__(self) -> None:
        self._zero = pyblst.BlstP1Element()
        self._p2 = pyblst.BlstP2Element.uncompress(ciphersuite.P2)

    def decode(self, octets: bytes, what: str) -> Point:
        """Flags, x below p, curve, subgroup: checked by blst. The identity and another spelling are refused here."""
        require_length(octets, ciphersuite.POINT, what)
        try:
            point = pyblst.BlstP1Element.uncompress(octets)
        except ValueError as error:
            raise Malformed("bad-point", f"{what} is not a point of the group.") from error
        if point == self._zero or point.compress() != octets:
            raise Malformed("bad-point", f"{what} is the identity or not in its one spelling.")
        return cast("Point", point)

    def decode_key(self, octets: bytes) -> Key:
        """The same for G2."""
        require_length(octets, ciphersuite.PUBLIC_KEY, "The public key")
        try:
            key = pyblst.BlstP2Element.uncompress(octets)
        except ValueError as error:
            raise Malformed("bad-key", "The public key is not a point of the group.") from error
        if key == pyblst.BlstP2Element() or key.compress() != octets:
            raise Malformed("bad-key", "The public key is the identity or not in its one spelling.")
        return cast("Key", key)

    def encode(self, point: Point) -> bytes:
        """See `Engine`."""
        return cast("pyblst.BlstP1Element", point).compress()  # type: ignore[no-any-return]  # pyblst has no stubs

    def hash_to_point(self, message: bytes, dst: bytes) -> Point:
        """See `Engine`."""
        return cast("Point", self._zero.hash_to_group(message, dst))

    def total(self, fixed: Iterable[tuple[Base, int]], free: Iterable[tuple[Point, int]]) -> Point:
        """Table look-ups where a base has a table, otherwise multiplications."""
        plus: list[Any] = []
        minus: list[Any] = []
        for base, scalar in fixed:
            rows = base.rows()
            if rows is None:
                plus.append(base.point.scalar_mul(scalar))
            else:
                collect(rows, scalar, plus, minus)
        for point, scalar in free:
            plus.append(cast("pyblst.BlstP1Element", point).scalar_mul(scalar))
        return cast("Point", difference(plus, minus, self._zero))

    def weighted(self, points: Sequence[Point], weights: Sequence[int]) -> Point:
        """See `Engine`."""
        if len(points) < WORTH_BUCKETS:
            return self.total((), zip(points, weights, strict=True))
        return cast("Point", weighted_sum(points, weights, WEIGHT_BITS, self._zero))

    def pairing_holds(self, left: Point, key: Key, right: Point) -> bool:
        """See `Engine`."""
        return bool(pyblst.final_verify(pyblst.miller_loop(left, key), pyblst.miller_loop(right, self._p2)))

    # ── with secrets ──

    def multiply(self, terms: Iterable[tuple[Point, int]], *added: Point) -> Point:
        """The sum of products, each in constant time and without tables, and of the points `added` as they are."""
        total = self._zero
        for point in added:
            total = total + point
        for point, scalar in terms:
            total = total + cast("pyblst.BlstP1Element", point).scalar_mul(scalar)
        return cast("Point", total)

    def public_key(self, secret: int) -> bytes:
        """The 96 octets of the public key for `secret`."""
        return bytes(self._p2.scalar_mul(secret).compress())


#: The engine that proves and signs, and verifies unless another one is asked for.
BLST: Final = BlstEngine()

_OPTIONAL: Final = {"arkworks": "py_arkworks_bls12381", "reference": "py_ecc"}


@lru_cache
def engine(name: str = "blst") -> Engine:
    """The engine called `blst`, `arkworks` or `reference`.

    Raises: `Unavailable` when it is not installed, with the words how to install it.
    """
    if name == BLST.name:
        return BLST
    if name not in _OPTIONAL:
        raise Unavailable("engine-unknown", f"There is no engine “{name}”: use blst, arkworks or reference.")
    try:
        module = importlib.import_module(f"undersigned.bbs.curve_{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != _OPTIONAL[name]:
            raise
        words = f"The engine “{name}” is not installed. Install it with: pip install 'undersigned[{name}]'"
        raise Unavailable("engine-not-installed", words) from error
    return cast("Engine", module.ENGINE)
