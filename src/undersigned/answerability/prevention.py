"""What would have prevented the harm: minimal sets, and the degree of each node (Chockler and Halpern 2004)."""

from collections.abc import Iterator
from typing import Final

from undersigned.answerability.graph import Graph, column

ALONE, TOGETHER, NO_DIFFERENCE = "alone", "together", "no-difference"
#: Sets that are listed at most; the degrees take all into account.
MOST_SETS: Final = 10_000


def minimal_sets(graph: Graph) -> tuple[frozenset[str], ...]:
    """Return the smallest sets of nodes that would have prevented the harm, none within another, small ones first."""
    codes = [node.code for node in graph.changeable]
    found = [frozenset(code for at, code in enumerate(codes) if mask >> at & 1) for mask in _minimal(graph)]
    return tuple(sorted(found, key=lambda each: (len(each), sorted(each))))


def _minimal(graph: Graph) -> Iterator[int]:
    """Masks that prevent, and from which nothing can be left out: needing more never brings the harm back."""
    bits = len(graph.changeable)
    prevents = ((1 << (1 << bits)) - 1) ^ graph.harm
    smaller = 0
    for place in range(bits):
        smaller |= (prevents << (1 << place)) & column(place, bits)
    left = prevents & ~smaller
    while left:
        low = left & -left
        yield low.bit_length() - 1
        left ^= low


def degrees(graph: Graph) -> dict[str, float]:
    """Return, for each changeable node, 1 / size of the smallest minimal set with it, 0 where it is in none."""
    out = {node.code: 0.0 for node in graph.changeable}
    for each in minimal_sets(graph):
        for code in each:
            out[code] = max(out[code], 1 / len(each))
    return out


def in_words(graph: Graph) -> dict[str, str]:
    """Return of each changeable node: alone enough, only together with others, or no difference."""
    return {
        code: ALONE if degree == 1 else TOGETHER if degree else NO_DIFFERENCE for code, degree in degrees(graph).items()
    }
