"""The worked example of an incident (synthetic), and models made at random."""

from random import Random
from typing import Any

from undersigned.answerability.graph import GATES, Graph

#: Chance that each changeable node is otherwise: four gates for the persons, one figure for decisions.
CHANCES: dict[str, tuple[int, int, int, int]] = {
    "p1": (80, 20, 40, 80), "p2": (50, 20, 30, 80), "d1": (90, 100, 100, 100), "d2": (72, 100, 100, 100),
    "d3": (56, 100, 100, 100), "d4": (80, 100, 100, 100), "d5": (90, 100, 100, 100),
}  # fmt: skip
ACTORS = {
    "p1": "associate", "p2": "remote engineer", "d1": "operations", "d2": "robotics", "d3": "site",
    "d4": "operations", "d5": "operations",
}  # fmt: skip


def gate(number: int, *, spread: int = 0) -> dict[str, Any]:
    return {"evidence": "a report", "high": min(100, number + spread), "low": max(0, number - spread), "mid": number}


def gates(numbers: tuple[int, ...], *, spread: int = 0) -> dict[str, Any]:
    return {name: gate(number, spread=spread) for name, number in zip(GATES, numbers, strict=True)}


def node(code: str, kind: str, causes: str = "", least: int | None = None, **more: Any) -> dict[str, Any]:
    needs = sorted(causes.split())
    return {
        "actor": "nobody", "alternative": "", "causes": needs, "code": code, "disputed": [], "gates": None,
        "happened": True, "kind": kind,
        "least": len(needs) if least is None else least, "what": f"what {code} stands for",
    } | more  # fmt: skip


def changeable(code: str, kind: str, causes: str = "", *, spread: int = 0, **more: Any) -> dict[str, Any]:
    own = {
        "actor": ACTORS[code], "alternative": "what was open", "gates": gates(CHANCES[code], spread=spread),
    }  # fmt: skip
    return node(code, kind, causes, **(own | more))


def example(*, spread: int = 0) -> dict[str, Any]:
    """Injury = P1 and S2 and S1 and C1; S2 = D1 or P2; S1 from D2; C1 from D3; P1 from D5; P2 from D4."""
    return {
        "nodes": [
            node("injury", "outcome", "p1 s2 s1 c1"),
            node("s1", "system", "d2"),
            node("s2", "system", "d1 p2", 1),
            node("c1", "control", "d3"),
            changeable("p1", "person", "d5", spread=spread),
            changeable("p2", "person", "d4", spread=spread),
            *(changeable(f"d{number}", "decision", spread=spread) for number in range(1, 6)),
        ],
        "outcome": "injury",
    }


def random_model(dice: Random, size: int, actors: int = 4) -> dict[str, Any]:
    """A model of `size` changeable nodes and a few others, in layers; it may be one that is refused."""
    nodes: list[dict[str, Any]] = []
    for number in range(size):
        before = [each["code"] for each in nodes]
        causes = sorted(dice.sample(before, dice.randrange(min(3, len(before)) + 1)))
        if dice.random() < 0.3 and causes:
            nodes.append(node(f"n{number}x", "control", " ".join(causes), dice.randint(1, len(causes))))
            causes = [f"n{number}x"]
        nodes.append(
            node(
                f"n{number}", "decision", " ".join(causes), dice.randint(1, len(causes)) if causes else 0,
                actor=f"actor {dice.randrange(actors)}", alternative="another way",
                gates=gates(tuple(dice.choice([0, 30, 70, 100]) for _ in GATES)),
            )
        )  # fmt: skip
    last = sorted(dice.sample([each["code"] for each in nodes], min(len(nodes), dice.randint(1, 4))))
    nodes.append(node("harm", "outcome", " ".join(last), dice.randint(1, len(last))))
    return {"nodes": nodes, "outcome": "harm"}


def parse(record: dict[str, Any]) -> Graph:
    return Graph.parse(record)
