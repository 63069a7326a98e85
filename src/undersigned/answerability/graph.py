"""A model of how an incident came about: nodes, what each needs, and four gates for whoever could have acted otherwise.

A model is refused unless it is free of cycles, gives the harm when everybody did what they did, gives none when all
that can be changed is as it should be, and makes no system answerable: a system node names the decision that put it
there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from undersigned.errors import Malformed, Refused
from undersigned.values import code_word, fields, integer, text

KINDS: Final = ("system", "decision", "control", "person", "condition", "outcome")
GATES: Final = ("authority", "information", "time", "means")
MOST_CHANGEABLE: Final = 16
MOST_NODES: Final = 64
#: Where nobody has evidence, a gate may be anything.
OPEN: Final = (0.0, 0.5, 1.0)
_HUNDREDTHS: Final = 100


@dataclass(frozen=True, slots=True)
class Gate:
    """How far a gate stood open, from 0 to 1: low, most likely, high; `evidence` names what that rests on."""

    low: float
    mid: float
    high: float
    evidence: str

    @classmethod
    def parse(cls, value: object) -> "Gate":
        """Read a gate: hundredths, `{"evidence", "high", "low", "mid"}`; without evidence it is open to anything.

        Raises: `Malformed`.
        """
        got = fields(value, ("evidence", "high", "low", "mid"), "A gate")
        evidence = text(got["evidence"], limit=500, what="The evidence")
        numbers = [integer(got[name], most=_HUNDREDTHS, what="A gate") / _HUNDREDTHS for name in ("low", "mid", "high")]
        if sorted(numbers) != numbers:
            raise Malformed("bad-gate", "A gate's low figure is at most its middle one, and that at most its high one.")
        if not evidence.strip() and tuple(numbers) != OPEN:
            raise Malformed("gate-without-evidence", "A gate without evidence is 0 to 1: say what the figure rests on.")
        low, mid, high = numbers
        return cls(low, mid, high, evidence)


@dataclass(frozen=True, slots=True)
class Node:
    """Something that was so, or that somebody did.

    It is there when `least` of `causes` are; one without causes is there, or is not, by itself. `happened` says what is
    known: the model must give the same. With `gates` it could have been otherwise, by what `alternative` says.
    `disputed` are those of its causes that somebody contests.
    """

    code: str
    kind: str
    actor: str
    what: str
    causes: tuple[str, ...] = ()
    least: int = 0
    alternative: str = ""
    gates: Mapping[str, Gate] | None = None
    disputed: tuple[str, ...] = ()
    happened: bool = True

    @property
    def is_changeable(self) -> bool:
        """Whether somebody could have acted otherwise."""
        return self.gates is not None

    @classmethod
    def parse(cls, value: object) -> "Node":
        """Read a node. Raises: `Malformed`, `Refused`."""
        names = ("actor", "alternative", "causes", "code", "disputed", "gates", "happened", "kind", "least", "what")
        got = fields(value, names, "A node")
        if got["kind"] not in KINDS:
            raise Malformed("bad-kind", f"A node is one of {', '.join(KINDS)}.")
        if not isinstance(got["happened"], bool):
            raise Malformed("bad-flag", "Whether it happened is true or false.")
        causes = _codes(got["causes"])
        node = cls(
            code=code_word(got["code"]),
            kind=got["kind"],
            actor=text(got["actor"], limit=120, what="The actor"),
            what=text(got["what"], limit=1000, what="What happened"),
            causes=causes,
            least=integer(got["least"], least=min(1, len(causes)), most=len(causes), what="How many causes it needs"),
            alternative=text(got["alternative"], limit=1000, what="The alternative"),
            gates=_gates(got["gates"]),
            disputed=_codes(got["disputed"]),
            happened=got["happened"],
        )
        _check_node(node)
        return node


def _codes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Malformed("bad-list", "Causes are a list of nodes.")
    codes = tuple(code_word(each) for each in value)
    if list(codes) != sorted(set(codes)):
        raise Malformed("bad-list", "Causes are in alphabetical order, each once.")
    return codes


def _gates(value: object) -> dict[str, Gate] | None:
    if value is None:
        return None
    got = fields(value, GATES, "The gates")
    return {name: Gate.parse(got[name]) for name in GATES}


def _check_node(node: Node) -> None:
    if not set(node.disputed) <= set(node.causes):
        raise Malformed("bad-dispute", f"“{node.code}” has a disputed cause that is none of its causes.")
    if node.gates is not None and node.kind in {"system", "outcome", "condition"}:
        raise Refused(
            "system-answerable", f"“{node.code}” is a {node.kind}: it cannot answer for anything. Name who decided."
        )
    if node.gates is not None and not node.alternative.strip():
        raise Malformed("no-alternative", f"“{node.code}” could have been otherwise: say how.")


@dataclass(frozen=True)
class Graph:
    """A model that was checked; `outcome` is the code of the harm."""

    nodes: tuple[Node, ...]
    outcome: str

    @classmethod
    def parse(cls, value: object) -> "Graph":
        """Read and check a model: `{"nodes": [...], "outcome": code}`. Raises: `Malformed`, `Refused`."""
        got = fields(value, ("nodes", "outcome"), "The model")
        if not isinstance(got["nodes"], list) or not 1 <= len(got["nodes"]) <= MOST_NODES:
            raise Malformed("bad-nodes", f"A model has 1 to {MOST_NODES} nodes.")
        graph = cls(tuple(Node.parse(each) for each in got["nodes"]), code_word(got["outcome"]))
        graph.check()
        return graph

    @cached_property
    def by_code(self) -> dict[str, Node]:
        """Nodes by their code."""
        return {node.code: node for node in self.nodes}

    @cached_property
    def changeable(self) -> tuple[Node, ...]:
        """Nodes that could have been otherwise, in alphabetical order: the bits of every mask."""
        return tuple(sorted((node for node in self.nodes if node.is_changeable), key=lambda node: node.code))

    @cached_property
    def actors(self) -> tuple[str, ...]:
        """Whoever could have acted otherwise, in alphabetical order."""
        return tuple(sorted({node.actor for node in self.changeable}))

    def check(self) -> None:
        """Check the model as a whole. Raises: `Malformed`, `Refused` with words for whoever wrote it."""
        self._check_names()
        self._check_cycles()
        for node in self.nodes:
            if bool(self.table(node.code) & 1) != node.happened:
                raise Refused(
                    "facts-not-reproduced",
                    f"In this model “{node.code}” {'does not happen, though it did' if node.happened else 'happens'}.",
                )
        if self.harm >> ((1 << len(self.changeable)) - 1):
            raise Refused("harm-anyway", "In this model the harm comes about even when all is as it should be.")

    def _check_names(self) -> None:
        if len(self.by_code) != len(self.nodes):
            raise Malformed("node-twice", "A node stands in the model twice.")
        harm = self.by_code.get(self.outcome)
        if harm is None or harm.kind != "outcome" or not harm.happened:
            raise Malformed("no-outcome", "The model names no outcome that happened.")
        if not 1 <= len(self.changeable) <= MOST_CHANGEABLE:
            raise Malformed(
                "too-many-changeable", f"At least one node, and at most {MOST_CHANGEABLE}, can be changeable."
            )
        for node in self.nodes:
            lacking = [code for code in node.causes if code not in self.by_code]
            if lacking:
                raise Malformed("unknown-cause", f"“{node.code}” needs “{lacking[0]}”, which is not in the model.")
            if node.kind == "system" and not any(self.by_code[code].kind == "decision" for code in node.causes):
                raise Refused(
                    "system-without-decision", f"“{node.code}” is a system: name the decision that put it there."
                )

    def _check_cycles(self) -> None:
        done: set[str] = set()
        waiting = dict(self.by_code)
        while waiting:
            ready = [code for code, node in waiting.items() if set(node.causes) <= done]
            if not ready:
                raise Refused("cycle", f"“{min(waiting)}” is among its own causes. Draw what came first.")
            done.update(ready)
            for code in ready:
                del waiting[code]

    @cached_property
    def harm(self) -> int:
        """Truth table of the harm: bit `mask` says whether it comes about when the nodes of `mask` are otherwise."""
        return self.table(self.outcome)

    def table(self, of: str, without: tuple[str, str] | None = None) -> int:
        """Return a node's table, `without` an edge (cause, node) where one is given: all masks at once, as bits."""
        bits = len(self.changeable)
        every = (1 << (1 << bits)) - 1
        place = {node.code: at for at, node in enumerate(self.changeable)}
        known: dict[str, int] = {}

        def value(code: str) -> int:
            if code not in known:
                node = self.by_code[code]
                causes = [each for each in node.causes if (each, code) != without]
                least = min(node.least, len(causes))
                there = every if node.happened or node.causes else 0
                if causes:
                    there = at_least([value(each) for each in causes], least, every)
                if code in place:
                    there &= every ^ column(place[code], bits)
                known[code] = there
            return known[code]

        return value(of)

    def record(self) -> dict[str, Any]:
        """Return the model as a JSON value."""
        return {"nodes": [_record(node) for node in self.nodes], "outcome": self.outcome}


def _record(node: Node) -> dict[str, Any]:
    gates = None
    if node.gates is not None:
        gates = {
            name: {
                "evidence": gate.evidence,
                "high": round(gate.high * _HUNDREDTHS),
                "low": round(gate.low * _HUNDREDTHS),
                "mid": round(gate.mid * _HUNDREDTHS),
            }
            for name, gate in node.gates.items()
        }
    return {
        "actor": node.actor,
        "alternative": node.alternative,
        "causes": list(node.causes),
        "code": node.code,
        "disputed": list(node.disputed),
        "gates": gates,
        "happened": node.happened,
        "kind": node.kind,
        "least": node.least,
        "what": node.what,
    }


def column(place: int, bits: int) -> int:
    """Return the table of all masks that have the bit `place`: 2^`bits` bits."""
    block = ((1 << (1 << place)) - 1) << (1 << place)
    out = block
    for step in range(place + 1, bits):
        out |= out << (1 << step)
    return out


def at_least(tables: list[int], least: int, every: int) -> int:
    """Return the table of all masks in which at least so many of `tables` hold."""
    reached = [every] + [0] * least
    for table in tables:
        for number in range(least, 0, -1):
            reached[number] |= reached[number - 1] & table
    return reached[least]
