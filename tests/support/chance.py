"""Permutation tests: does an order that is seen say anything of an order that is secret?

"Chance" is: with at least a thousand items, the true matching is no more extreme than 99 % of shuffled ones.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

Statistic = Callable[[Sequence[float], Sequence[float]], float]
LEAST = 1000
#: Of two sets that are compared.
LEAST_EACH = 200


def ranks(values: Sequence[float]) -> list[float]:
    """Rank of each value, from 0."""
    order = sorted(range(len(values)), key=values.__getitem__)
    out = [0.0] * len(values)
    for rank, index in enumerate(order):
        out[index] = float(rank)
    return out


def correlation(secret: Sequence[float], seen: Sequence[float]) -> float:
    """How far the two orders agree or oppose each other as a whole (Spearman, without its constants)."""
    middle = (len(secret) - 1) / 2
    return abs(sum((a - middle) * (b - middle) for a, b in zip(secret, seen, strict=True)))


def nearness(secret: Sequence[float], seen: Sequence[float]) -> float:
    """How near to each other those lie in the seen order who follow each other in the secret one (larger is nearer)."""
    by_time = [b for _, b in sorted(zip(secret, seen, strict=True))]
    return -sum(abs(a - b) for a, b in pairwise(by_time))


STATISTICS: tuple[Statistic, ...] = (correlation, nearness)


def p_value(
    secret: Sequence[float], seen: Sequence[float], statistic: Statistic, *, shuffles: int = 499, seed: int = 1
) -> float:
    """Share of orders, the true one among them, that are at least as extreme as the true one."""
    assert len(secret) == len(seen) >= LEAST, "the test means nothing with fewer"
    one, other = ranks(secret), ranks(seen)
    true = statistic(one, other)
    dice = Random(seed)
    extreme = 1
    for _ in range(shuffles):
        dice.shuffle(other)
        extreme += statistic(one, other) >= true
    return extreme / (shuffles + 1)


def told(secret: Sequence[float], seen: Sequence[float]) -> bool:
    """Whether either statistic finds the secret order in the seen one: at 99 %, and looked at again, at 99.9 %.

    The levels are shared among the statistics. Without the second look one run in a hundred would see something.
    """
    looks = ((499, 0.01), (3999, 0.001))
    return any(
        all(p_value(secret, seen, each, shuffles=shuffles) < level / len(STATISTICS) for shuffles, level in looks)
        for each in STATISTICS
    )


def apart(some: Sequence[float], others: Sequence[float], *, shuffles: int = 1999, seed: int = 1) -> float:
    """How likely chance alone sets two sets of figures so far apart (a permutation test of their rank sums).

    Small is told. It asks nothing of how the figures are spread, nor of what else the machine did, as long as both were
    taken in turns.
    """
    assert min(len(some), len(others)) >= LEAST_EACH, "the test means nothing with fewer"
    order = ranks([*some, *others])
    middle = (len(order) - 1) / 2 * len(some)
    true, dice = abs(sum(order[: len(some)]) - middle), Random(seed)
    extreme = sum(abs(sum(dice.sample(order, len(some))) - middle) >= true for _ in range(shuffles))
    return (extreme + 1) / (shuffles + 1)
