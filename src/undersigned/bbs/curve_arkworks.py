"""Engine `arkworks` (py-arkworks-bls12381): verifies, and nothing else.

Its multiplication does not take constant time, and its decoder takes a second spelling of the
identity; so it stands behind pyblst's strict decoder and never sees a secret.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import py_arkworks_bls12381

from undersigned.bbs import ciphersuite
from undersigned.bbs.curve import BLST, Key, Point
from undersigned.bbs.octets import scalar_octets
from undersigned.bbs.tables import Base

#: Untyped on purpose: its elements are opaque outside of this module.
_ark: Final[Any] = py_arkworks_bls12381


class ArkworksEngine:
    """See `curve.Engine`."""

    name = "arkworks"

    def __init__(self) -> None:
        self._minus_p2 = -_ark.G2Point.from_compressed_bytes(ciphersuite.P2)

    def decode(self, octets: bytes, what: str) -> Point:
        """Refused by pyblst's decoder first; only then read without arkworks's own checks."""
        BLST.decode(octets, what)
        return cast("Point", _ark.G1Point.from_compressed_bytes_unchecked(octets))

    def decode_key(self, octets: bytes) -> Key:
        """The same for G2."""
        BLST.decode_key(octets)
        return cast("Key", _ark.G2Point.from_compressed_bytes_unchecked(octets))

    def encode(self, point: Point) -> bytes:
        """See `curve.Engine`."""
        return bytes(cast("Any", point).to_compressed_bytes())

    def hash_to_point(self, message: bytes, dst: bytes) -> Point:
        """See `curve.Engine`."""
        return cast("Point", _ark.G1Point.hash_to_curve(message, dst))

    def total(self, fixed: Iterable[tuple[Base, int]], free: Iterable[tuple[Point, int]]) -> Point:
        """One multi-scalar multiplication."""
        terms = [*((base.point, scalar) for base, scalar in fixed), *free]
        return self.weighted([point for point, _ in terms], [scalar for _, scalar in terms])

    def weighted(self, points: Sequence[Point], weights: Sequence[int]) -> Point:
        """See `curve.Engine`."""
        scalars = [_ark.Scalar.from_be_bytes(scalar_octets(weight)) for weight in weights]
        return cast("Point", _ark.G1Point.multiexp_unchecked(list(points), scalars))

    def pairing_holds(self, left: Point, key: Key, right: Point) -> bool:
        """See `curve.Engine`."""
        return bool(_ark.GT.pairing_check([left, right], [key, self._minus_p2]))


ENGINE: Final = ArkworksEngine()
