"""Engine `reference` (py_ecc, pure Python): the second opinion of tests and of an auditor.

It shares no native code with pyblst: it decodes, hashes to the curve, multiplies and pairs by itself,
about a thousand times slower, and never sees a secret.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from py_ecc import optimized_bls12_381
from py_ecc.bls import hash_to_curve, point_compression

from undersigned.bbs import ciphersuite
from undersigned.bbs.curve import Key, Point
from undersigned.bbs.octets import require_length
from undersigned.bbs.tables import Base
from undersigned.errors import Malformed

#: Untyped on purpose: its elements are opaque outside of this module.
_group: Final[Any] = optimized_bls12_381
_wire: Final[Any] = point_compression
_hash: Final[Any] = hash_to_curve


def _in_subgroup(point: object) -> bool:
    return bool(_group.is_inf(_group.multiply(point, ciphersuite.R)))


class ReferenceEngine:
    """See `curve.Engine`."""

    name = "reference"

    def decode(self, octets: bytes, what: str) -> Point:
        """The group is checked by multiplying with its order; what is written again must be what was read."""
        require_length(octets, ciphersuite.POINT, what)
        try:
            point = _wire.decompress_G1(int.from_bytes(octets, "big"))
        except ValueError as error:
            raise Malformed("bad-point", f"{what} is not a point of the curve.") from error
        if _group.is_inf(point) or not _in_subgroup(point) or self.encode(point) != octets:
            raise Malformed("bad-point", f"{what} is the identity, outside the group or not in its one spelling.")
        return cast("Point", point)

    def decode_key(self, octets: bytes) -> Key:
        """The same for G2."""
        require_length(octets, ciphersuite.PUBLIC_KEY, "The public key")
        halves = (int.from_bytes(octets[:48], "big"), int.from_bytes(octets[48:], "big"))
        try:
            key = _wire.decompress_G2(halves)
        except ValueError as error:
            raise Malformed("bad-key", "The public key is not a point of the curve.") from error
        if _group.is_inf(key) or not _in_subgroup(key) or _wire.compress_G2(key) != halves:
            raise Malformed("bad-key", "The public key is the identity, outside the group or not in its one spelling.")
        return cast("Key", key)

    def encode(self, point: Point) -> bytes:
        """See `curve.Engine`."""
        return int(_wire.compress_G1(point)).to_bytes(ciphersuite.POINT, "big")

    def hash_to_point(self, message: bytes, dst: bytes) -> Point:
        """See `curve.Engine`."""
        return cast("Point", _hash.hash_to_G1(message, dst, hashlib.sha256))

    def total(self, fixed: Iterable[tuple[Base, int]], free: Iterable[tuple[Point, int]]) -> Point:
        """Multiplications, one after the other."""
        total: Any = _group.Z1
        for point, scalar in [*((base.point, scalar) for base, scalar in fixed), *free]:
            total = _group.add(total, _group.multiply(point, scalar))
        return cast("Point", total)

    def weighted(self, points: Sequence[Point], weights: Sequence[int]) -> Point:
        """See `curve.Engine`."""
        return self.total((), zip(points, weights, strict=True))

    def pairing_holds(self, left: Point, key: Key, right: Point) -> bool:
        """See `curve.Engine`."""
        product = _group.pairing(key, left, False) * _group.pairing(_group.G2, _group.neg(right), False)  # noqa: FBT003 - py_ecc's parameter
        return bool(_group.final_exponentiate(product) == _group.FQ12.one())


ENGINE: Final = ReferenceEngine()
