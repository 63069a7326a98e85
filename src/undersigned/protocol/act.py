"""Acts: what a member does, once per context (`docs/protocol.md`, section 4).

`Act.octets()` is exactly what the presentations are bound to (`ph`); the wire adds `proofs`.
An act that parses is well formed, nothing more: `presentation` checks its proofs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import PSEUDONYM, proof_size
from undersigned.errors import Malformed
from undersigned.protocol.context import parse_context
from undersigned.protocol.credential import EPOCH, METHOD, ORGANISATION, ROLE_FAMILY, STANDING, attribute
from undersigned.values import (
    b64u,
    canonical,
    domain,
    epoch,
    fields,
    integer,
    octets,
    parse_canonical,
    sha256_hex,
    text,
)

#: Octets of every request that carries an act, whatever the act.
PADDED: Final = 8192
MAX_WIRE: Final = PADDED - 1
MAX_ISSUERS: Final = 4
MAX_SEQUENCE: Final = 10_000
MAX_BALLOT: Final = 1024
MAX_STATEMENT: Final = 500
MAX_TITLE: Final = 80

FIELDS: Final = (
    "action", "context", "disclosed", "epoch", "issuers", "kind",
    "organisation", "payload", "profile", "pseudonym", "sequence",
)  # fmt: skip

Payload = dict[str, Any] | None


def _nothing(value: object) -> Payload:
    if value is not None:
        raise Malformed("bad-payload", "An act of this kind carries no payload.")
    return None


def _title(value: object) -> Payload:
    got = fields(value, ("title",), "The payload")
    if not text(got["title"], limit=MAX_TITLE, what="The title").strip():
        raise Malformed("bad-payload", "The title is empty.")
    return got


def _ballot(value: object) -> Payload:
    got = fields(value, ("ballot",), "The payload")
    if not 1 <= len(octets(got["ballot"], what="The ballot")) <= MAX_BALLOT:
        raise Malformed("bad-payload", f"A ballot has 1 to {MAX_BALLOT:,} octets.")
    return got


def _statement(value: object) -> Payload:
    got = fields(value, ("statement",), "The payload")
    if not text(got["statement"], limit=MAX_STATEMENT, what="The statement").strip():
        raise Malformed("bad-payload", "The statement is empty.")
    return got


def _invitation(value: object) -> Payload:
    got = fields(value, ("context", "pseudonym"), "The payload")
    if parse_context(got["context"])[0] != "invitation":
        raise Malformed("bad-payload", "The second context of a vouch is an invitation.")
    octets(got["pseudonym"], PSEUDONYM, what="The pseudonym in the invitation's context")
    return got


@dataclass(frozen=True, slots=True)
class Kind:
    """What acts of one kind may do, disclose and carry.

    `changes` says whether a higher sequence replaces a lower one; `actions` maps each action to
    whether it may be the first one (sequence 0).
    """

    actions: Mapping[str, bool]
    disclosed: tuple[frozenset[int], ...]
    changes: bool
    payload: Callable[[object], Payload]
    presentations: int = 1


_MEMBER: Final = frozenset({ORGANISATION, EPOCH})
KINDS: Final[Mapping[str, Kind]] = {
    "letter": Kind({"sign": True, "withdraw": False}, (_MEMBER, _MEMBER | {METHOD}), changes=True, payload=_nothing),
    "role": Kind({"give": True, "withdraw": False}, (_MEMBER | {ROLE_FAMILY},), changes=True, payload=_title),
    "incident": Kind({"corroborate": True, "dispute": True}, (_MEMBER,), changes=False, payload=_nothing),
    "proposal": Kind({"vote": True}, (_MEMBER, _MEMBER | {STANDING}), changes=True, payload=_ballot),
    "tally": Kind({"vote": True}, (_MEMBER | {ROLE_FAMILY},), changes=True, payload=_ballot),
    "discussion": Kind({"say": True}, (_MEMBER,), changes=False, payload=_statement),
    "vouch": Kind({"vouch": True}, (_MEMBER | {METHOD},), changes=False, payload=_invitation, presentations=2),
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One act of one member in one context, without its proofs.

    `disclosed` maps indexes of the six messages to their text; `pseudonym` has 48 octets.
    """

    kind: str
    action: str
    context: str
    organisation: str
    epoch: str
    disclosed: Mapping[int, str]
    issuers: tuple[str, ...]
    pseudonym: bytes
    sequence: int = 0
    payload: Payload = None

    def record(self) -> dict[str, Any]:
        """Return the act as a JSON value."""
        return {
            "action": self.action,
            "context": self.context,
            "disclosed": {str(index): self.disclosed[index] for index in sorted(self.disclosed)},
            "epoch": self.epoch,
            "issuers": list(self.issuers),
            "kind": self.kind,
            "organisation": self.organisation,
            "payload": self.payload,
            "profile": PROFILE,
            "pseudonym": b64u(self.pseudonym),
            "sequence": self.sequence,
        }

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets: the presentation header `ph` of every proof of this act."""
        return canonical(self.record())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical octets, in hex: what a receipt names."""
        return sha256_hex(self.encoded)

    @property
    def presentations(self) -> tuple[tuple[str, bytes], ...]:
        """Pairs of context and pseudonym that are proved: one, for a vouch two."""
        own = (self.context, self.pseudonym)
        if self.kind != "vouch" or self.payload is None:
            return (own,)
        return own, (self.payload["context"], octets(self.payload["pseudonym"], PSEUDONYM))

    @classmethod
    def parse(cls, value: object) -> "Act":
        """Read and check what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, FIELDS, "The act")
        if got["profile"] != PROFILE:
            raise Malformed("unknown-profile", f"The act is not of profile {PROFILE}.")
        kind = KINDS.get(got["kind"]) if isinstance(got["kind"], str) else None
        if kind is None:
            raise Malformed("unknown-kind", "There is no such kind of act.")
        act = cls(
            kind=got["kind"],
            action=_action(kind, got["action"]),
            context=got["context"],
            organisation=domain(got["organisation"]),
            epoch=epoch(got["epoch"]),
            disclosed=_disclosed(kind, got["disclosed"]),
            issuers=_issuers(got["issuers"]),
            pseudonym=octets(got["pseudonym"], PSEUDONYM, what="The pseudonym"),
            sequence=integer(got["sequence"], most=MAX_SEQUENCE, what="The sequence"),
            payload=_payload(kind, got["action"], got["payload"]),
        )
        _consistent(kind, act)
        return act


def _action(kind: Kind, value: object) -> str:
    if not isinstance(value, str) or value not in kind.actions:
        raise Malformed("unknown-action", "There is no such action in acts of this kind.")
    return value


def _payload(kind: Kind, action: str, value: object) -> Payload:
    return _nothing(value) if action == "withdraw" else kind.payload(value)


def _disclosed(kind: Kind, value: object) -> dict[int, str]:
    if not isinstance(value, dict) or frozenset(value) not in {frozenset(map(str, s)) for s in kind.disclosed}:
        raise Malformed("bad-disclosed", "An act of this kind discloses other attributes.")
    return {int(index): attribute(int(index), message) for index, message in sorted(value.items())}


def _issuers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ISSUERS:
        raise Malformed("bad-issuers", f"An act names 1 to {MAX_ISSUERS} issuers.")
    names = tuple(domain(name) for name in value)
    if len(set(names)) != len(names):
        raise Malformed("bad-issuers", "An issuer is named twice.")
    return names


def _consistent(kind: Kind, act: Act) -> None:
    if parse_context(act.context)[0] != act.kind:
        raise Malformed("bad-context", "The context is of another kind than the act.")
    if act.disclosed[ORGANISATION] != act.organisation or act.disclosed[EPOCH] != act.epoch:
        raise Malformed("bad-disclosed", "Organisation or epoch differ from what is disclosed.")
    if (act.sequence == 0) != kind.actions[act.action] and not (kind.changes and act.action == "vote"):
        raise Malformed("bad-sequence", "The sequence does not fit the action.")
    if act.action == "withdraw" and act.sequence != 1:
        raise Malformed("bad-sequence", "A withdrawal has sequence 1.")
    if not kind.changes and act.sequence != 0:
        raise Malformed("bad-sequence", "Acts of this kind cannot be changed.")


@dataclass(frozen=True)
class SignedAct:
    """An act with its proofs as sent and logged: well formed, not verified.

    `proofs`: one a presentation and issuer, presentations first, each of `proof_size` octets.
    """

    act: Act
    proofs: tuple[bytes, ...]

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets of the wire form, which is also the log entry."""
        return canonical(self.act.record() | {"proofs": [b64u(proof) for proof in self.proofs]})

    @classmethod
    def parse(cls, data: bytes) -> "SignedAct":
        """Read the canonical octets of a wire form.

        Raises: `Malformed`.
        """
        return cls.from_record(parse_canonical(data, limit=MAX_WIRE))

    @classmethod
    def from_record(cls, value: object) -> "SignedAct":
        """Read a wire form whose JSON was parsed, and found canonical, before.

        Raises: `Malformed`.
        """
        got = dict(fields(value, (*FIELDS, "proofs"), "The act"))
        proofs = got.pop("proofs")
        act = Act.parse(got)
        expected = len(act.presentations) * len(act.issuers)
        if not isinstance(proofs, list) or len(proofs) != expected:
            raise Malformed("bad-proofs", f"This act needs {expected} proofs.")
        size = proof_size(len(act.disclosed))
        return cls(act, tuple(octets(proof, size, what="A proof") for proof in proofs))

    def padded(self) -> bytes:
        """Wire octets, then 0x80, then zeros: 8,192 octets in all, so that all acts look alike in transit.

        Raises: `Malformed` for an act that is too long, as one of many issuers with very long names can be.
        """
        if len(self.encoded) > MAX_WIRE:
            raise Malformed("too-long", f"The act is longer than {MAX_WIRE:,} octets.")
        return (self.encoded + b"\x80").ljust(PADDED, b"\x00")

    @classmethod
    def parse_padded(cls, data: bytes) -> "SignedAct":
        """Read what `padded` wrote.

        Raises: `Malformed`.
        """
        wire, mark, _ = data.rpartition(b"\x80") if len(data) == PADDED else (b"", b"", b"")
        if not mark or (wire + b"\x80").ljust(PADDED, b"\x00") != data:
            raise Malformed("bad-padding", f"An act is sent in exactly {PADDED:,} octets: the act, 0x80, then zeros.")
        return cls.parse(wire)
