"""Who answers for an incident: the worked example, what is refused, and the properties that must hold."""

from collections.abc import Callable
from copy import deepcopy
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.incidents import changeable, example, gate, gates, node, parse, random_model
from undersigned.answerability.graph import Gate, Graph, column
from undersigned.answerability.prevention import ALONE, TOGETHER, degrees, in_words, minimal_sets
from undersigned.answerability.shapley import answer, coalitions, crumple_gap, fixed, people_of, shapley, triangular
from undersigned.errors import Malformed, Refused, UndersignedError

# ── the worked example ──


def test_the_example_to_the_digit() -> None:
    graph = parse(example())
    sets = {frozenset(each.split()) for each in ("d2", "d3", "d5", "p1", "d1 d4", "d1 p2")}
    assert set(minimal_sets(graph)) == sets
    half = dict.fromkeys(("d1", "d4", "p2"), 0.5)
    assert degrees(graph) == dict.fromkeys(("d2", "d3", "d5", "p1"), 1.0) | half
    assert in_words(graph)["d2"] == ALONE
    assert in_words(graph)["p2"] == TOGETHER


def test_the_example_within_its_ranges() -> None:
    found = answer(parse(example()))
    shares = {each.actor: each.mid for each in found.shares}
    assert [each.actor for each in found.shares][:3] == ["operations", "robotics", "site"]
    assert shares["operations"] == pytest.approx(0.47, abs=0.005)
    assert shares["robotics"] == pytest.approx(0.30, abs=0.005)
    assert shares["site"] == pytest.approx(0.21, abs=0.005)
    assert shares["associate"] == pytest.approx(0.017, abs=0.0005)
    assert shares["remote engineer"] == pytest.approx(0.0, abs=0.0005)
    people = people_of(parse(example()))
    assert people == ("associate", "remote engineer")
    assert crumple_gap(found.shares, people, 1.0) == pytest.approx(0.98, abs=0.005)


def test_ranges_lie_around_the_middle_and_are_the_same_each_time() -> None:
    one, other = (answer(parse(example(spread=15))) for _ in range(2))
    assert one == other
    for share in one.shares:
        assert share.low <= share.mid <= share.high
    assert one.shares[0].high - one.shares[0].low > 0.01
    flat = answer(parse(example()))
    assert all(each.low == pytest.approx(each.high) for each in flat.shares)


def test_a_disputed_edge_that_decides_leaves_it_unsettled() -> None:
    record = example()
    assert answer(parse(record)).unsettled is None
    # Without the edge from D5, operations are left with D1 and D4, and robotics could do more alone.
    by_code = {each["code"]: each for each in record["nodes"]}
    by_code["d2"]["gates"] = gates((80, 100, 100, 100))
    assert answer(parse(record)).unsettled is None
    by_code["p1"]["disputed"] = ["d5"]
    assert answer(parse(record)).unsettled == ("d5", "p1")
    record = example()
    next(each for each in record["nodes"] if each["code"] == "p2")["disputed"] = ["d4"]
    assert answer(parse(record)).unsettled is None


# ── what is refused ──


def spoiled(change: Callable[[dict[str, Any]], object]) -> UndersignedError:
    record = example()
    change({each["code"]: each for each in record["nodes"]} | {"model": record})
    with pytest.raises((Malformed, Refused)) as caught:
        Graph.parse(record)
    return caught.value


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "cycle": lambda it: it["d2"].update(causes=["s1"], least=1),
    "facts-not-reproduced": lambda it: it["p2"].update(happened=False),
    "harm-anyway": lambda it: (
        it["injury"].update(causes=["c1", "s1", "weather"], least=1)
        or it["model"]["nodes"].append(node("weather", "condition"))
    ),
    "system-answerable": lambda it: it["s1"].update(gates=gates((50, 50, 50, 50)), alternative="to stop"),
    "system-without-decision": lambda it: it["s1"].update(causes=["p2"]),
    "unknown-cause": lambda it: it["c1"].update(causes=["d9"]),
    "node-twice": lambda it: it["model"]["nodes"].append(deepcopy(it["d1"])),
    "no-outcome": lambda it: it["model"].update(outcome="d1"),
    "no-alternative": lambda it: it["d1"].update(alternative=" "),
    "bad-gate": lambda it: it["d1"]["gates"]["time"].update(low=60, mid=50),
    "gate-without-evidence": lambda it: it["d1"]["gates"]["time"].update(evidence=""),
    "bad-dispute": lambda it: it["d1"].update(disputed=["d2"]),
    "bad-list": lambda it: it["injury"].update(causes=["s1", "p1"]),
}


@pytest.mark.parametrize("code", BAD)
def test_a_model_that_makes_no_sense_is_refused_with_words(code: str) -> None:
    error = spoiled(BAD[code])
    assert error.code == code
    assert error.words.endswith(".")


def test_what_did_not_happen_is_part_of_a_model() -> None:
    record = example()
    record["nodes"].append(node("guard", "control", happened=False))
    record["nodes"].append(node("near", "condition", "guard p1", 2, happened=False))
    assert parse(record).table("near") == 0
    record["nodes"][-1]["happened"] = True
    with pytest.raises(Refused):
        parse(record)


def test_a_model_is_written_in_one_way() -> None:
    assert parse(example(spread=15)).record() == example(spread=15)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["nodes", "outcome"]), inner),
    max_leaves=5,
)


@given(JSON)
def test_no_value_breaks_the_reader(value: object) -> None:
    with pytest.raises(UndersignedError):
        Graph.parse(value)


# ── against brute force ──


def holds(graph: Graph, otherwise: frozenset[str], code: str) -> bool:
    """Whether a node is there, straight from its definition."""
    one = graph.by_code[code]
    if code in otherwise:
        return False
    if not one.causes:
        return one.happened
    return sum(holds(graph, otherwise, cause) for cause in one.causes) >= one.least


def brute_sets(graph: Graph) -> set[frozenset[str]]:
    codes = [each.code for each in graph.changeable]
    found: set[frozenset[str]] = set()
    for size in range(len(codes) + 1):
        for some in combinations(codes, size):
            chosen = frozenset(some)
            if not any(each <= chosen for each in found) and not holds(graph, chosen, graph.outcome):
                found.add(chosen)
    return found


def brute_value(graph: Graph, actors: frozenset[str]) -> float:
    own = [each for each in graph.changeable if each.actor in actors]
    chance = {each.code: np.prod([gate.mid for gate in (each.gates or {}).values()]) for each in own}
    total = 0.0
    for size in range(len(own) + 1):
        for some in combinations([each.code for each in own], size):
            if not holds(graph, frozenset(some), graph.outcome):
                total += float(np.prod([chance[c] if c in some else 1 - chance[c] for c in chance]))
    return total


def models(number: int) -> list[Graph]:
    dice = Random(11)
    out: list[Graph] = []
    while len(out) < number:
        try:
            out.append(parse(random_model(dice, dice.randint(1, 8))))
        except UndersignedError:
            continue
    return out


def test_brute_force_agrees_on_500_models() -> None:
    for graph in models(500):
        assert set(minimal_sets(graph)) == brute_sets(graph)
        middle = np.array([[float(np.prod([gate.mid for gate in (n.gates or {}).values()])) for n in graph.changeable]])
        table = np.array([not graph.harm >> mask & 1 for mask in range(1 << len(graph.changeable))], dtype=float)
        values = coalitions(graph, table, middle)[0]
        for chosen in range(len(values)):
            actors = frozenset(name for at, name in enumerate(graph.actors) if chosen >> at & 1)
            assert values[chosen] == pytest.approx(brute_value(graph, actors), abs=1e-9)
        # Efficiency: together the actors have what there was to prevent.
        assert shapley(values[None, :])[0].sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_an_irrelevant_node_changes_no_degree() -> None:
    for graph in models(60):
        if len(graph.changeable) > 7:
            continue
        record = graph.record()
        record["nodes"].append(
            node("zz", "decision", actor="somebody else", alternative="another way", gates=gates((50, 50, 50, 50)))
        )
        assert degrees(parse(record)) == degrees(graph) | {"zz": 0.0}


def test_actors_whose_parts_are_alike_share_alike() -> None:
    """Two decisions of which either would have prevented it, with the same gates."""
    record: dict[str, Any] = {
        "nodes": [
            node("harm", "outcome", "d1 d2"),
            *(changeable(f"d{n}", "decision", actor=f"actor {n}", gates=gates((50, 80, 90, 100))) for n in (1, 2)),
        ],
        "outcome": "harm",
    }
    one, other = answer(parse(record)).shares
    assert one.mid == other.mid == 0.5


def test_gates_of_0_and_1_are_the_plain_case() -> None:
    """Who could do nothing has no share; who alone could do something has all of it."""
    record = example()
    for each in record["nodes"]:
        if each["gates"] is not None:
            each["gates"] = gates((100,) * 4 if each["code"] == "d2" else (0, 100, 100, 100))
    found = answer(parse(record))
    assert (found.shares[0].actor, found.shares[0].mid) == ("robotics", 1.0)
    assert found.preventable == 1.0
    for each in record["nodes"]:
        if each["gates"] is not None:
            each["gates"] = gates((0, 0, 0, 0))
    nothing = answer(parse(record))
    assert nothing.preventable == 0.0
    assert all(each.mid == 0.0 for each in nothing.shares)


# ── the pieces ──


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_a_drawn_gate_lies_between_its_ends(one: int, two: int, three: int, lot: float) -> None:
    low, mid, high = (each / 100 for each in sorted((one, two, three)))
    assert low - 1e-12 <= triangular(Gate(low, mid, high, "said"), lot) <= high + 1e-12


def test_the_fixed_sequence_is_even() -> None:
    seen = np.histogram([fixed(n) for n in range(20_000)], 10, (0, 1))[0]
    assert seen.min() > 1850
    assert seen.max() < 2150
    assert [round(fixed(n), 6) for n in range(3)] == [round(fixed(n), 6) for n in range(3)]


@pytest.mark.parametrize("bits", [1, 3, 5])
def test_a_column_is_what_its_name_says(bits: int) -> None:
    for place in range(bits):
        assert column(place, bits) == sum(1 << mask for mask in range(1 << bits) if mask >> place & 1)


def test_more_changeable_nodes_than_can_be_computed_are_refused() -> None:
    many = [
        node(f"n{n:02}", "decision", actor="a", alternative="other", gates={k: gate(50) for k in gates((1, 1, 1, 1))})
        for n in range(17)
    ]
    record = {"nodes": [*many, node("harm", "outcome", " ".join(each["code"] for each in many))], "outcome": "harm"}
    with pytest.raises(Malformed) as caught:
        parse(record)
    assert caught.value.code == "too-many-changeable"
