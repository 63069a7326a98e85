"""Who answers for an incident: 16 changeable nodes of 16 actors, with all ranges, in at most 2 seconds."""

import sys
import time
from pathlib import Path
from random import Random

from harness import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from support.incidents import random_model
from undersigned.answerability.graph import Graph
from undersigned.answerability.prevention import degrees
from undersigned.answerability.shapley import DRAWS, answer
from undersigned.errors import UndersignedError

LARGEST = 16


def models(number: int) -> list[Graph]:
    """Make models of the largest size, with as many actors."""
    dice = Random(3)
    out: list[Graph] = []
    while len(out) < number:
        try:
            out.append(Graph.parse(random_model(dice, LARGEST, actors=LARGEST)))
        except UndersignedError:
            continue
    return out


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    slowest = 0.0
    for graph in models(3 if options.quick else 20):
        began = time.perf_counter()
        degrees(graph)
        answer(graph)
        slowest = max(slowest, time.perf_counter() - began)
    figures = [
        Figure(f"{LARGEST} changeable nodes, {DRAWS} draws, the slowest model", slowest, "seconds", at_most=2),
    ]
    return report("answerability", figures, options)


if __name__ == "__main__":
    sys.exit(main())
