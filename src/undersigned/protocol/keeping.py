"""Messages between a room and the keeper, over its socket (`docs/protocol.md`, section 3, "Tags").

A connection carries one request and one answer, each a line: canonical JSON and LF. A request has at most 1,024
octets. Nobody but a server and its own keeper speaks this, so it has no version of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from undersigned.errors import Malformed
from undersigned.oprf.group import ELEMENT, SCALAR
from undersigned.values import b64u, canonical, code_word, domain, fields, integer, octets, parse_canonical, text

#: Octets of the longest request and of the longest answer, their LF included.
MAX_REQUEST: Final = 1024
MAX_ANSWER: Final = 2**20
#: Octets of what is counted: a hash of a tag.
COUNTED: Final = 32
#: The highest limit that can be counted to.
MOST: Final = 1000
#: What a key can be: there, lost though it was made once, or not the one that was made.
STATES: Final = ("there", "lost", "damaged")
_WORDS: Final = 500


# ── requests ──


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Ask for the evaluated element of a blinded one (32 octets) under a key."""

    VERB: ClassVar[str] = "evaluate"
    name: str
    blinded: bytes

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {"blinded": b64u(self.blinded), "name": self.name, "verb": self.VERB}

    @classmethod
    def of(cls, value: object) -> "Evaluate":
        """Check its fields. Raises: `Malformed`."""
        got = fields(value, ("blinded", "name", "verb"), "The request")
        return cls(domain(got["name"]), octets(got["blinded"], ELEMENT, what="The blinded element"))


@dataclass(frozen=True, slots=True)
class Make:
    """Ask for a new key; there is one a name, made once."""

    VERB: ClassVar[str] = "make"
    name: str

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {"name": self.name, "verb": self.VERB}

    @classmethod
    def of(cls, value: object) -> "Make":
        """Check its fields. Raises: `Malformed`."""
        return cls(domain(fields(value, ("name", "verb"), "The request")["name"]))


@dataclass(frozen=True, slots=True)
class Destroy:
    """Ask to destroy a key; `confirmed` is its name once more."""

    VERB: ClassVar[str] = "destroy"
    name: str
    confirmed: str

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {"confirmed": self.confirmed, "name": self.name, "verb": self.VERB}

    @classmethod
    def of(cls, value: object) -> "Destroy":
        """Check its fields. Raises: `Malformed`."""
        got = fields(value, ("confirmed", "name", "verb"), "The request")
        return cls(domain(got["name"]), text(got["confirmed"], limit=253, what="The confirmation"))


@dataclass(frozen=True, slots=True)
class Count:
    """Ask whether something may happen once more for what stands behind 32 octets: at most `limit` times an hour."""

    VERB: ClassVar[str] = "count"
    name: str
    tag: bytes
    what: str
    limit: int

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {"limit": self.limit, "name": self.name, "tag": b64u(self.tag), "verb": self.VERB, "what": self.what}

    @classmethod
    def of(cls, value: object) -> "Count":
        """Check its fields. Raises: `Malformed`."""
        got = fields(value, ("limit", "name", "tag", "verb", "what"), "The request")
        return cls(
            domain(got["name"]),
            octets(got["tag"], COUNTED, what="What is counted"),
            code_word(got["what"]),
            integer(got["limit"], least=1, most=MOST, what="The limit"),
        )


@dataclass(frozen=True, slots=True)
class List:
    """Ask for the names of all keys and how each is."""

    VERB: ClassVar[str] = "list"

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {"verb": self.VERB}

    @classmethod
    def of(cls, value: object) -> "List":
        """Check its fields. Raises: `Malformed`."""
        fields(value, ("verb",), "The request")
        return cls()


Request = Evaluate | Make | Destroy | Count | List
_REQUESTS: Final[Mapping[str, Callable[[object], Request]]] = {
    each.VERB: each.of for each in (Evaluate, Make, Destroy, Count, List)
}


def parse_request(line: bytes) -> Request:
    """Read a request and its LF. Raises: `Malformed`."""
    value = _line(line, MAX_REQUEST)
    verb = value.get("verb") if isinstance(value, dict) else None
    of = _REQUESTS.get(verb) if isinstance(verb, str) else None
    if of is None:
        raise Malformed("unknown-verb", f"The keeper knows the verbs {', '.join(sorted(_REQUESTS))}.")
    return of(value)


# ── answers ──


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The evaluated element, 32 octets."""

    KEY: ClassVar[str] = "evaluated"
    element: bytes

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: b64u(self.element)}

    @classmethod
    def of(cls, value: object) -> "Evaluated":
        """Check its field. Raises: `Malformed`."""
        return cls(octets(value, ELEMENT, what="The evaluated element"))


@dataclass(frozen=True, slots=True)
class Made:
    """The public key, 32 octets, of a key that was made."""

    KEY: ClassVar[str] = "made"
    public: bytes

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: b64u(self.public)}

    @classmethod
    def of(cls, value: object) -> "Made":
        """Check its field. Raises: `Malformed`."""
        return cls(octets(value, SCALAR, what="The public key"))


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The name of a key that is gone."""

    KEY: ClassVar[str] = "destroyed"
    name: str

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: self.name}

    @classmethod
    def of(cls, value: object) -> "Destroyed":
        """Check its field. Raises: `Malformed`."""
        return cls(domain(value))


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether what was asked about may happen once more; if so, it was counted."""

    KEY: ClassVar[str] = "allowed"
    allowed: bool

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: self.allowed}

    @classmethod
    def of(cls, value: object) -> "Counted":
        """Check its field. Raises: `Malformed`."""
        if not isinstance(value, bool):
            raise Malformed("not-a-boolean", "Whether something is allowed is true or false.")
        return cls(value)


@dataclass(frozen=True, slots=True)
class Listed:
    """Names of keys, each once and in order, with the state of each."""

    KEY: ClassVar[str] = "keys"
    keys: tuple[tuple[str, str], ...]

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: [{"name": name, "state": state} for name, state in self.keys]}

    @classmethod
    def of(cls, value: object) -> "Listed":
        """Check its field. Raises: `Malformed`."""
        if not isinstance(value, list):
            raise Malformed("not-a-list", "The keys are not a list.")
        rows = [fields(each, ("name", "state"), "A key") for each in value]
        keys = tuple((domain(row["name"]), row["state"]) for row in rows)
        names = [name for name, _ in keys]
        if names != sorted(set(names)) or any(state not in STATES for _, state in keys):
            raise Malformed("bad-keys", "The keys are not listed once each, in order, with a known state.")
        return cls(keys)


@dataclass(frozen=True, slots=True)
class Failed:
    """An error: its family's name, its code, and a sentence."""

    KEY: ClassVar[str] = "error"
    family: str
    code: str
    words: str

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {self.KEY: {"code": self.code, "family": self.family, "words": self.words}}

    @classmethod
    def of(cls, value: object) -> "Failed":
        """Check its fields. Raises: `Malformed`."""
        got = fields(value, ("code", "family", "words"), "The error")
        if got["family"] not in {"Malformed", "Refused", "Conflict", "Withheld", "Unavailable"}:
            raise Malformed("bad-family", "The error is of no known family.")
        return cls(got["family"], code_word(got["code"]), text(got["words"], limit=_WORDS, what="The sentence"))


Answer = Evaluated | Made | Destroyed | Counted | Listed | Failed
_ANSWERS: Final[Mapping[str, Callable[[object], Answer]]] = {
    each.KEY: each.of for each in (Evaluated, Made, Destroyed, Counted, Listed, Failed)
}


def parse_answer(line: bytes) -> Answer:
    """Read an answer and its LF. Raises: `Malformed`."""
    value = _line(line, MAX_ANSWER)
    key = next(iter(value), None) if isinstance(value, dict) and len(value) == 1 else None
    of = _ANSWERS.get(key) if isinstance(key, str) else None
    if of is None:
        raise Malformed("unknown-answer", "The keeper's answer is of no known kind.")
    return of(value[key])


# ── lines ──


class _Message(Protocol):
    def value(self) -> dict[str, Any]:
        """Return its fields."""


def encoded(message: _Message) -> bytes:
    """Return the line, LF included, of a request or answer."""
    return canonical(message.value()) + b"\n"


def _line(line: bytes, limit: int) -> Any:  # noqa: ANN401 - JSON is any value
    if not line.endswith(b"\n"):
        raise Malformed("no-line", "A message ends with one line feed.")
    return parse_canonical(line[:-1], limit=limit - 1)
