"""Listens to what proving, verifying and signing compute on the way, to compare it with the fixtures' traces."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from undersigned.bbs import proof, signature
from undersigned.bbs.curve import BLST, Point
from undersigned.bbs.generators import Layout

NAMES = ("Abar", "Bbar", "D", "T1", "T2", "pseudonym", "Ut")


def of_challenge(patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Filled by the next proof made or verified: its points in hex, `domain` and `challenge`."""
    heard: dict[str, Any] = {}
    real = proof._challenge

    def listen(
        layout: Layout, disclosed: Mapping[int, int], points: Sequence[bytes], bound: int, tail: Sequence[bytes]
    ) -> int:
        result = real(layout, disclosed, points, bound, tail)
        heard.update(zip(NAMES, (point.hex() for point in points), strict=False))
        heard.update(domain=bound, challenge=result)
        return result

    patch.setattr(proof, "_challenge", listen)
    return heard


def of_signing(patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Filled by the next signature: `B` in hex."""
    heard: dict[str, Any] = {}
    real = signature.finish

    def listen(secret: int, point: Point, e: int) -> bytes:
        heard["B"] = BLST.encode(point).hex()
        return real(secret, point, e)

    patch.setattr(signature, "finish", listen)
    return heard
