"""Multiplying the same public points many times, by point additions alone.

For verifying: how long these functions take depends on the scalars, so no secret may come near them.
They know nothing of a pairing library; a point is whatever has `+` and unary `-`.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, Final

#: Uses after which a table has paid for itself: building one costs as much as about 45 multiplications.
WORTH_A_TABLE: Final = 64
#: Windows of eight bits with digits from -128 to 127: 32 rows of 128 points, about 0.7 MB and 3 ms a table.
_WINDOWS: Final = 32
_HALF: Final = 128
#: Added to a scalar, it turns every octet into a digit that is 128 too large. A scalar below r leaves no carry.
_SHIFT: Final = int.from_bytes(bytes([_HALF]) * _WINDOWS, "big")
#: Below this many points, buckets cost more than plain multiplications.
WORTH_BUCKETS: Final = 32


class Base:
    """A public point that is multiplied again and again; after `WORTH_A_TABLE` uses it keeps a table."""

    __slots__ = ("_rows", "_uses", "point")

    def __init__(self, point: Any) -> None:  # noqa: ANN401 - the library's own element
        self.point = point
        self._uses = 0
        self._rows: list[tuple[Any, ...]] | None = None

    def rows(self) -> list[tuple[Any, ...]] | None:
        """The table, or None while it is not worth one. Two threads may build it at once; both get the same."""
        if self._rows is None:
            self._uses += 1
            if self._uses > WORTH_A_TABLE:
                self._rows = self.build()
        return self._rows

    def build(self) -> list[tuple[Any, ...]]:
        """A new table: row w holds d·256^w·P for the digits d from 0 (never read) to 128."""
        point = self.point
        rows = []
        for _ in range(_WINDOWS):
            row = [None, point]
            multiple = point
            for _ in range(_HALF - 1):
                multiple = multiple + point
                row.append(multiple)
            rows.append(tuple(row))  # the collector of garbage passes over tuples of plain elements
            point = multiple + multiple
        return rows


def collect(rows: list[tuple[Any, ...]], scalar: int, plus: list[Any], minus: list[Any]) -> None:
    """Put into `plus` and `minus` the points whose sums differ by scalar·P. `scalar` is in 0..r-1."""
    for row, octet in zip(rows, (scalar + _SHIFT).to_bytes(_WINDOWS, "little"), strict=True):
        if octet > _HALF:
            plus.append(row[octet - _HALF])
        elif octet < _HALF:
            minus.append(row[_HALF - octet])


def difference(plus: Sequence[Any], minus: Sequence[Any], zero: Any) -> Any:  # noqa: ANN401 - the library's own element
    """The sum of `plus` less the sum of `minus`."""
    total = reduce(add, plus, zero)
    return total + -reduce(add, minus) if minus else total


def weighted_sum(points: Sequence[Any], weights: Sequence[int], bits: int, zero: Any) -> Any:  # noqa: ANN401 - as above
    """The sum of weight·point for weights below 2^bits, by Pippenger's buckets: 25 additions a point for 1,000."""
    width = max(2, len(points).bit_length() - 3)
    mask = (1 << width) - 1
    total = zero
    for shift in reversed(range(0, bits, width)):
        for _ in range(width):
            total = total + total
        buckets: list[Any] = [zero] * (mask + 1)
        for point, weight in zip(points, weights, strict=True):
            digit = (weight >> shift) & mask
            if digit:
                buckets[digit] = buckets[digit] + point
        running = zero
        for bucket in reversed(buckets[1:]):
            running = running + bucket
            total = total + running
    return total
