"""What an issuer that runs apart says to the letters' side, and what it is asked (`docs/protocol.md`, section 3).

Each is a signed note (`tlog.note`) with exactly one signature, whose text is one line of canonical JSON: an issuer's
key for an organisation and epoch; its correction of a number, both of which the registry's entries hold with their
signatures; a question for numbers of members, which the letters' side signs with its registry
key; and the answer, which repeats who asked, the tick and the nonce, so that no older answer and no other's will do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Generic, Protocol, Self, TypeVar

from undersigned import PROFILE
from undersigned.errors import Malformed, Refused
from undersigned.protocol.entry import Issued, IssuedCorrected, IssuerKey
from undersigned.tlog.note import Note, SigningKey, VerifierKey, key_name, sign
from undersigned.values import b64u, canonical, domain, epoch, fields, octets, parse_canonical, tick

#: Octets of a question's nonce.
NONCE: Final = 32
#: Organisations and epochs that one question names at most, so that it fits into a request.
MOST: Final = 20
#: Octets of the longest statement, its signature included.
MAX_STATEMENT: Final = 8192

#: Organisation and epoch.
Place = tuple[str, str]


class Statement(Protocol):
    """One of them, as its text is written and read."""

    KIND: ClassVar[str]

    def record(self) -> dict[str, Any]:
        """Return the JSON value, without what all of them have."""

    @classmethod
    def from_record(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""


S = TypeVar("S", bound=Statement)


def text_of(statement: Statement) -> str:
    """Return what is signed: one line of canonical JSON."""
    value = {"profile": PROFILE, "statement": statement.KIND} | statement.record()
    return canonical(value).decode() + "\n"


def signed(statement: Statement, key: SigningKey) -> bytes:
    """Return a statement as a signed note."""
    return sign(text_of(statement), [key])


def read(kind: type[S], data: bytes) -> tuple[S, Note]:
    """Read a statement of a kind. No signature is checked: `opened` does that.

    Raises: `Malformed`.
    """
    if len(data) > MAX_STATEMENT:
        raise Malformed("too-long", f"A statement has at most {MAX_STATEMENT:,} octets.")
    note = Note.parse(data)
    if len(note.signatures) != 1:
        raise Malformed("bad-statement", "A statement bears one signature.")
    got = parse_canonical(note.text.removesuffix("\n").encode(), limit=MAX_STATEMENT)
    if not isinstance(got, dict) or got.get("profile") != PROFILE or got.get("statement") != kind.KIND:
        raise Malformed("bad-statement", f"This is not a statement of the kind “{kind.KIND}” of profile {PROFILE}.")
    return kind.from_record({name: value for name, value in got.items() if name not in {"profile", "statement"}}), note


def opened(kind: type[S], data: bytes, key: VerifierKey) -> S:
    """Read a statement and check that `key` signed it.

    Raises: `Malformed`; `Refused` when it did not.
    """
    statement, note = read(kind, data)
    if not note.verified([key]):
        raise Refused("other-key", f"This statement is not signed with the key of {key.name}.")
    return statement


# ── an issuer's key ──


#: Entries that an issuer signs.
Own = TypeVar("Own", IssuerKey, IssuedCorrected)


@dataclass(frozen=True)
class OwnStatement(Generic[Own]):
    """What the registry's entry of a kind repeats, with the issuer's signature: the fields of that entry."""

    entry: Own
    KIND: ClassVar[str]
    ENTRY: ClassVar[Any]

    def record(self) -> dict[str, Any]:
        """Return the JSON value: the fields of the entry."""
        got: dict[str, Any] = parse_canonical(self.entry.unsigned.encoded)
        return {name: value for name, value in got.items() if name != "entry"}

    @classmethod
    def from_record(cls, got: Mapping[str, Any]) -> Self:
        """Raises: `Malformed`."""
        found = cls.ENTRY.from_record({"entry": cls.ENTRY.KIND} | dict(got))
        if found.identity is not None:
            raise Malformed("bad-statement", "A statement bears its signature beside it, not in it.")
        return cls(found)


class KeyStatement(OwnStatement[IssuerKey]):
    """“This is my public key for this organisation and epoch, and by these ways I admit”: the registry's entry."""

    KIND = "issuer-key"
    ENTRY = IssuerKey


class Correction(OwnStatement[IssuedCorrected]):
    """“The number of members that I had said was too large; this one is right, because”."""

    KIND = "correction"
    ENTRY = IssuedCorrected


def _statement(entry: IssuerKey | IssuedCorrected) -> KeyStatement | Correction:
    return KeyStatement(entry) if isinstance(entry, IssuerKey) else Correction(entry)


def stated(entry: Own, key: SigningKey) -> Own:
    """Return an issuer's entry with the issuer's own key and signature in it."""
    line = key.sign(text_of(_statement(entry)))
    return replace(entry, identity=key.vkey, signature=line.signature)


def stated_in(data: bytes, kind: type[OwnStatement[Own]], key: VerifierKey) -> Own:
    """Return the entry of a signed statement, with the issuer's own key and signature in it.

    Raises: `Malformed`; `Refused` when `key` did not sign it.
    """
    entry = opened(kind, data, key).entry
    return replace(entry, identity=key.encode(), signature=Note.parse(data).signatures[0].signature)


def check_own(entry: IssuerKey | IssuedCorrected) -> None:
    """Check the signature in an issuer's entry, where there is one: by the key beside it, which anybody may have made.

    Raises: `Refused`.
    """
    if entry.identity is not None and entry.signature is not None:
        VerifierKey.parse(entry.identity).check(text_of(_statement(entry)), entry.signature)


# ── numbers of members ──


@dataclass(frozen=True)
class Question:
    """“How many have you admitted, for these?”: from whom (the name of its registry key), to whom, at which tick.

    `places` are organisations and epochs, 1 to 20 in order, each once; `nonce` has 32 octets and is fresh.
    """

    asker: str
    issuer: str
    nonce: bytes
    places: tuple[Place, ...]
    tick: str
    KIND: ClassVar = "question"

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "asker": self.asker,
            "issuer": self.issuer,
            "nonce": b64u(self.nonce),
            "places": [{"epoch": quarter, "organisation": name} for name, quarter in self.places],
            "tick": self.tick,
        }

    @classmethod
    def from_record(cls, got: Mapping[str, Any]) -> Self:
        """Raises: `Malformed`."""
        checked = fields(dict(got), ("asker", "issuer", "nonce", "places", "tick"), "A question")
        places = _sorted(_list(checked["places"]), _place, least=1)
        return cls(*_head(checked), places, tick(checked["tick"]))


@dataclass(frozen=True)
class Figures:
    """The answer: at most how many were admitted, by organisation and epoch, rounded up to the next ten.

    An organisation and epoch that the issuer does not know is left out.
    """

    asker: str
    issuer: str
    nonce: bytes
    figures: tuple[Issued, ...]
    tick: str
    KIND: ClassVar = "figures"

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "asker": self.asker,
            "figures": [
                {"at_most": each.at_most, "epoch": each.epoch, "organisation": each.organisation}
                for each in self.figures
            ],
            "issuer": self.issuer,
            "nonce": b64u(self.nonce),
            "tick": self.tick,
        }

    @classmethod
    def from_record(cls, got: Mapping[str, Any]) -> Self:
        """Raises: `Malformed`."""
        checked = fields(dict(got), ("asker", "figures", "issuer", "nonce", "tick"), "An answer")
        asker, issuer, nonce = _head(checked)
        listed = _list(checked["figures"])

        def figure(value: object) -> Issued:
            found = fields(value, ("at_most", "epoch", "organisation"), "A number of members")
            return Issued.from_record({"entry": Issued.KIND, "issuer": issuer} | found)

        figures = tuple(figure(each) for each in listed)
        _sorted([(each.organisation, each.epoch) for each in figures], tuple, least=0)
        return cls(asker, issuer, nonce, figures, tick(checked["tick"]))

    def answers(self, question: Question) -> None:
        """Check that this is the answer to exactly this question. Raises: `Refused`."""
        head = (self.asker, self.issuer, self.nonce, self.tick)
        if head != (question.asker, question.issuer, question.nonce, question.tick):
            raise Refused("other-question", "This answers another question: it may be an old one.")
        if not {(each.organisation, each.epoch) for each in self.figures} <= set(question.places):
            raise Refused("other-question", "This answers more than what was asked.")


def _head(got: Mapping[str, Any]) -> tuple[str, str, bytes]:
    asker = got["asker"]
    if not isinstance(asker, str):
        raise Malformed("bad-asker", "Who asks is the name of a key.")
    return key_name(asker), domain(got["issuer"]), octets(got["nonce"], NONCE, what="A nonce")


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("bad-list", "A list is expected here.")
    return value


def _place(value: object) -> Place:
    got = fields(value, ("epoch", "organisation"), "A place")
    return domain(got["organisation"]), epoch(got["epoch"])


def _sorted(values: list[Any], check: Any, *, least: int) -> tuple[Place, ...]:  # noqa: ANN401 - a parser of a place
    checked = tuple(check(each) for each in values)
    if not least <= len(checked) <= MOST or list(checked) != sorted(set(checked)):
        raise Malformed("bad-places", f"Organisations and epochs are in order, each once, at most {MOST}.")
    return checked
