"""Answerability: how much of what could have been prevented was whose to prevent (Friedenberg and Halpern 2019).

v(S) is the probability that the harm is prevented when the actors in S do what their gates allow and all others what
they did; a node is changed with the product of its four gates. An actor's answerability is the Shapley value of v, as a
part of the whole. Gates are ranges, so shares are: the 5th to the 95th percentile over draws of all gates.

Draws come from a fixed sequence, so that everybody gets the same figures, here and in a page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from undersigned.answerability.graph import GATES, Gate, Graph

DRAWS: Final = 200
_AT_ONCE: Final = 20
_LOW: Final = 5
_HIGH: Final = 95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """An actor's part of all answerability, 0 to 1: with every gate at its middle, and the range over draws."""

    actor: str
    mid: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Shares, the largest first; `unsettled` names an edge (cause, node) that is disputed and decides the first place.

    Where it is there, figures are not to be shown. `preventable` is v of all actors, with every gate at its middle.
    """

    shares: tuple[Share, ...]
    preventable: float
    unsettled: tuple[str, str] | None


def fixed(place: int) -> float:
    """Return number `place` of the fixed sequence, at least 0 and below 1.

    It is the finaliser of MurmurHash3 (32 bits, A. Appleby, public domain) over a Weyl sequence.
    """
    word = (place + 1) * 0x9E3779B9 & 0xFFFFFFFF
    word = (word ^ word >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    word = (word ^ word >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return (word ^ word >> 16) / 2**32


def triangular(gate: Gate, lot: float) -> float:
    """Return the value of a gate for a number from 0 to 1, by the triangular distribution over low, mid and high."""
    width = gate.high - gate.low
    if width == 0:
        return gate.mid
    turn = (gate.mid - gate.low) / width
    if lot < turn:
        return gate.low + sqrt(lot * width * (gate.mid - gate.low))
    return gate.high - sqrt((1 - lot) * width * (gate.high - gate.mid))


def chances(graph: Graph, value: Callable[[int, Gate], float]) -> list[float]:
    """Return the chance that each changeable node is otherwise; `value` reads a gate, numbered through the model."""
    out = []
    for place, node in enumerate(graph.changeable):
        assert node.gates is not None
        chance = 1.0
        for at, name in enumerate(GATES):
            chance *= value(place * len(GATES) + at, node.gates[name])
        out.append(chance)
    return out


def _prevented(graph: Graph, harm: int) -> Floats:
    size = 1 << len(graph.changeable)
    octets = np.frombuffer(harm.to_bytes(max(1, size // 8), "little"), dtype=np.uint8)
    return 1.0 - np.unpackbits(octets, bitorder="little")[:size].astype(np.float64)


def coalitions(graph: Graph, prevented: Floats, chance: Floats) -> Floats:
    """Return v of all sets of actors for several draws: `chance` is draws × nodes, the answer draws × 2^actors.

    The table is folded node by node, from the highest bit on: its upper half is the table with the node otherwise. A
    table is kept for each set of the actors met so far; where the node's actor is in the set the halves are mixed.
    """
    draws, owners = chance.shape[0], [node.actor for node in graph.changeable]
    tables = np.broadcast_to(prevented, (draws, 1, prevented.size))
    met: list[str] = []
    for node in reversed(range(len(owners))):
        half = tables.shape[2] // 2
        lower, upper = tables[:, :, :half], tables[:, :, half:]
        share = chance[:, node, None, None]
        if owners[node] not in met:
            met.append(owners[node])
            tables = np.concatenate((lower, lower + (upper - lower) * share), axis=1)
        else:
            acts = np.arange(tables.shape[1]) >> met.index(owners[node]) & 1
            tables = lower + (upper - lower) * share * acts[None, :, None]
    places = [graph.actors.index(actor) for actor in met]
    order = sum((np.arange(1 << len(met)) >> at & 1) << place for at, place in enumerate(places))
    out = np.empty((draws, 1 << len(met)))
    out[:, order] = tables[:, :, 0]
    return out


def shapley(values: Floats) -> Floats:
    """Return the Shapley value of each actor for several draws: draws × 2^actors to draws × actors."""
    actors = values.shape[1].bit_length() - 1
    by_size = [factorial(size) * factorial(actors - size - 1) / factorial(actors) for size in range(actors)]
    weights = np.array([by_size[chosen.bit_count()] for chosen in range(1 << (actors - 1))])
    out = np.empty((values.shape[0], actors))
    for actor in range(actors):
        # The sets of all others, in order of their bits, without and with this actor.
        pairs = values.reshape(values.shape[0], -1, 2, 1 << actor)
        gain = pairs[:, :, 1, :] - pairs[:, :, 0, :]
        out[:, actor] = gain.reshape(values.shape[0], -1) @ weights
    return out


def _parts(graph: Graph, prevented: Floats, chance: Floats) -> Floats:
    value = shapley(coalitions(graph, prevented, chance))
    whole = value.sum(axis=1, keepdims=True)
    parts: Floats = np.divide(value, whole, out=np.zeros_like(value), where=whole > 0)
    return parts


def _first(graph: Graph, harm: int, middle: Floats) -> str | None:
    """Return who comes first with every gate at its middle; None where the model makes no sense."""
    if not harm & 1 or harm >> ((1 << len(graph.changeable)) - 1):
        return None
    return graph.actors[int(_parts(graph, _prevented(graph, harm), middle)[0].argmax())]


def answer(graph: Graph, draws: int = DRAWS) -> Answer:
    """Return everybody's answerability, and whether a disputed edge decides who comes first."""
    prevented = _prevented(graph, graph.harm)
    middle = np.array([chances(graph, lambda _, gate: gate.mid)])
    mid = _parts(graph, prevented, middle)[0]
    drawn = np.array([_drawn(graph, turn) for turn in range(draws)])
    ranges = np.concatenate([_parts(graph, prevented, drawn[at : at + _AT_ONCE]) for at in range(0, draws, _AT_ONCE)])
    low, high = (_percentile(ranges, each) for each in (_LOW, _HIGH))
    # The middle of all gates need not lie in the middle of the draws: the range is widened to it.
    shares = [
        Share(name, float(mid[at]), float(min(low[at], mid[at])), float(max(high[at], mid[at])))
        for at, name in enumerate(graph.actors)
    ]
    return Answer(
        tuple(sorted(shares, key=lambda share: (-share.mid, share.actor))),
        float(coalitions(graph, prevented, middle)[0, -1]),
        _unsettled(graph, middle),
    )


def _drawn(graph: Graph, turn: int) -> list[float]:
    first = turn * len(graph.changeable) * len(GATES)
    return chances(graph, lambda at, gate: triangular(gate, fixed(first + at)))


def _percentile(ranges: Floats, percent: int) -> Floats:
    """Return, of each actor, the draw below which `percent` in a hundred draws lie."""
    place = max(0, -(-ranges.shape[0] * percent // 100) - 1)
    found: Floats = np.sort(ranges, axis=0)[place]
    return found


def _unsettled(graph: Graph, middle: Floats) -> tuple[str, str] | None:
    first = _first(graph, graph.harm, middle)
    for node in graph.nodes:
        for cause in node.disputed:
            if _first(graph, graph.table(graph.outcome, (cause, node.code)), middle) != first:
                return cause, node.code
    return None


def crumple_gap(shares: Sequence[Share], people: Sequence[str], said: float) -> float:
    """Return how much more a statement puts on people than was theirs to prevent, in parts of the whole.

    `people` are the actors who are persons, `said` the part that the statement puts on them (after Elish 2019).
    """
    return said - sum(share.mid for share in shares if share.actor in people)


def people_of(graph: Graph) -> tuple[str, ...]:
    """Return the actors all of whose changeable nodes are persons' own doing."""
    kinds: Mapping[str, set[str]] = {
        actor: {node.kind for node in graph.changeable if node.actor == actor} for actor in graph.actors
    }
    return tuple(actor for actor, of in kinds.items() if of == {"person"})
