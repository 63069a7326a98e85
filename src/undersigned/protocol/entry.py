"""Entries of the two logs that are not acts (`docs/protocol.md`, section 5).

Each is canonical JSON of at most 65,535 octets with its kind in the field `entry`. An entry of the log
without that field is an act.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from undersigned import PROFILE, values
from undersigned.bbs.ciphersuite import PUBLIC_KEY
from undersigned.errors import Malformed
from undersigned.protocol.context import parse_context
from undersigned.protocol.credential import method
from undersigned.tlog.note import SIGNATURE, VerifierKey
from undersigned.values import (
    b64u,
    canonical,
    code_word,
    digest,
    fields,
    integer,
    octets,
    parse_canonical,
    text,
)

Check = Callable[[Any], Any]

#: Reasons for which a document may be taken down by law or duty.
REDACTIONS: Final = ("court-order", "law", "personal-data", "rights")
OUTCOMES: Final = ("closed", "goal-missed")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed("bad-flag", "A flag is true or false.")
    return value


def _one_of(allowed: tuple[str, ...]) -> Check:
    def check(value: object) -> str:
        if value not in allowed:
            raise Malformed("bad-choice", f"One of {', '.join(allowed)} is expected.")
        return str(value)

    return check


def _methods(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise Malformed("bad-methods", "At least one way of joining is named.")
    checked = tuple(method(each) for each in value)
    if list(checked) != sorted(set(checked)):
        raise Malformed("bad-methods", "The ways of joining are in alphabetical order, each once.")
    return checked


def _key(value: object) -> bytes:
    return octets(value, PUBLIC_KEY, what="The issuer's public key")


def _vkey(value: object) -> str:
    return VerifierKey.parse(text(value, limit=400, what="A verifier key")).encode()


def _signature(value: object) -> bytes:
    return octets(value, SIGNATURE, what="An issuer's signature")


def _check_own(identity: str | None, signature: bytes | None, issuer: str) -> None:
    if (identity is None) != (signature is None):
        raise Malformed("half-signed", "An issuer's own key and its signature stand together, or neither does.")
    if identity is not None and VerifierKey.parse(identity).name != issuer:
        raise Malformed("other-name", "An issuer's own key bears the issuer's name.")


def _context(value: object) -> str:
    parse_context(value)
    return str(value)


def _files(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise Malformed("bad-files", "Served files are an object of path and digest.")
    return {text(path, limit=200, what="A path"): digest(sha) for path, sha in sorted(value.items())}


def _count(least: int) -> Check:
    return lambda value: integer(value, least=least, most=10**9, what="The count")


def _tens(value: object) -> int:
    checked = integer(value, most=10**9, what="The number of members")
    if checked % 10:
        raise Malformed("bad-tens", "The number of members is rounded up to the next ten.")
    return checked


def _at_least(value: object) -> int:
    checked = integer(value, most=10**9, what="The number of supporters")
    if checked % 10:
        raise Malformed("bad-tens", "The number of supporters is rounded down to a ten.")
    return checked


def _reason(value: object) -> str:
    return text(value, limit=1000, what="The reason")


def _perhaps_reason(value: object) -> str | None:
    return None if value is None else _reason(value)


def _json(value: object) -> object:
    if isinstance(value, bytes):
        return b64u(value)
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Entry:
    """An entry of either log that is not an act."""

    KIND: ClassVar[str]
    CHECKS: ClassVar[Mapping[str, Check]]
    #: Fields that may be missing, and are None then.
    OPTIONAL: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def encoded(self) -> bytes:
        """Canonical octets of the entry."""
        got = {name: _json(getattr(self, name)) for name in self.CHECKS}
        kept = {name: each for name, each in got.items() if each is not None or name not in self.OPTIONAL}
        return canonical({"entry": self.KIND} | kept)

    @classmethod
    def from_record(cls, value: object) -> Self:
        """Read an entry of this kind from its JSON value.

        Raises: `Malformed`.
        """
        there = value if isinstance(value, dict) else {}
        checks = {name: check for name, check in cls.CHECKS.items() if name not in cls.OPTIONAL or name in there}
        got = fields(value, ("entry", *checks), f"The entry “{cls.KIND}”")
        return cls(**{name: check(got[name]) for name, check in checks.items()})


@dataclass(frozen=True)
class Genesis(Entry):
    """The registry's first entry: whose logs these are, under which keys, and whether all is a demonstration."""

    name: str
    demo: bool
    registry: str
    log: str
    profile: str = PROFILE
    KIND: ClassVar = "genesis"
    CHECKS: ClassVar = {
        "demo": _flag,
        "log": _vkey,
        "name": values.domain,
        "profile": _one_of((PROFILE,)),
        "registry": _vkey,
    }


@dataclass(frozen=True)
class IssuerKey(Entry):
    """An issuer's public key for an organisation and epoch, and its ways of admitting people.

    `identity` is the issuer's own long-term verifier key, and `signature` (64 octets) what it signed: the statement
    (`protocol.statement`) of all the other fields. Entries of earlier versions have neither.
    """

    issuer: str
    organisation: str
    epoch: str
    methods: tuple[str, ...]
    public_key: bytes
    identity: str | None = None
    signature: bytes | None = None
    KIND: ClassVar = "issuer-key"
    CHECKS: ClassVar = {
        "epoch": values.epoch, "identity": _vkey, "issuer": values.domain, "methods": _methods,
        "organisation": values.domain, "public_key": _key, "signature": _signature,
    }  # fmt: skip
    OPTIONAL: ClassVar = ("identity", "signature")

    @classmethod
    def from_record(cls, value: object) -> Self:
        """Read it from its JSON value. Raises: `Malformed`."""
        found = super().from_record(value)
        _check_own(found.identity, found.signature, found.issuer)
        return found

    @property
    def unsigned(self) -> "IssuerKey":
        """The entry without the issuer's own key and signature."""
        return replace(self, identity=None, signature=None)


@dataclass(frozen=True)
class IssuedCorrected(Entry):
    """An issuer takes back a number of members: what it had said, the smaller one that is right, when, and why.

    `identity` and `signature` as in its keys, of the statement of all the other fields; the registry takes none
    without.
    """

    issuer: str
    organisation: str
    epoch: str
    was: int
    at_most: int
    tick: str
    reason: str
    identity: str | None = None
    signature: bytes | None = None
    KIND: ClassVar = "issued-corrected"
    CHECKS: ClassVar = {
        "at_most": _tens, "epoch": values.epoch, "identity": _vkey, "issuer": values.domain,
        "organisation": values.domain, "reason": _reason, "signature": _signature, "tick": values.tick, "was": _tens,
    }  # fmt: skip
    OPTIONAL: ClassVar = ("identity", "signature")

    @classmethod
    def from_record(cls, value: object) -> Self:
        """Read it from its JSON value. Raises: `Malformed`."""
        found = super().from_record(value)
        _check_own(found.identity, found.signature, found.issuer)
        if found.at_most >= found.was:
            raise Malformed("not-smaller", "A correction makes a number smaller. A larger one is simply said.")
        return found

    @property
    def unsigned(self) -> "IssuedCorrected":
        """The entry without the issuer's own key and signature."""
        return replace(self, identity=None, signature=None)


@dataclass(frozen=True)
class ReceiptKey(Entry):
    """A verifier key under which receipts are signed from here on."""

    key: str
    KIND: ClassVar = "receipt-key"
    CHECKS: ClassVar = {"key": _vkey}


@dataclass(frozen=True)
class LetterOpened(Entry):
    """A letter's digest: one per slug for ever."""

    slug: str
    digest: str
    KIND: ClassVar = "letter"
    CHECKS: ClassVar = {"digest": values.digest, "slug": values.slug}


@dataclass(frozen=True)
class TermsSet(Entry):
    """The digest of numbered terms of a letter."""

    letter: str
    number: int
    digest: str
    KIND: ClassVar = "terms"
    CHECKS: ClassVar = {"digest": values.digest, "letter": values.digest, "number": _count(1)}


@dataclass(frozen=True)
class LetterClosed(Entry):
    """The end of a letter; `goal-missed` means that nothing was published and its acts were erased."""

    letter: str
    outcome: str
    KIND: ClassVar = "closed"
    CHECKS: ClassVar = {"letter": values.digest, "outcome": _one_of(OUTCOMES)}


@dataclass(frozen=True)
class ClientFiles(Entry):
    """SHA-256 digests of the files that are served as the signing and checking client."""

    files: Mapping[str, str]
    KIND: ClassVar = "client"
    CHECKS: ClassVar = {"files": _files}


@dataclass(frozen=True)
class Redacted(Entry):
    """A document that was taken down, and why; its digest stays."""

    digest: str
    ground: str
    reason: str
    KIND: ClassVar = "redacted"
    CHECKS: ClassVar = {
        "digest": values.digest, "ground": _one_of(REDACTIONS), "reason": _reason,
    }  # fmt: skip


@dataclass(frozen=True)
class Supporters(Entry):
    """How many addresses outside a letter's organisations were confirmed for it by a tick, rounded down to a ten.

    0 stands for fewer than ten, after a number that was larger. It is the instance's word: no proof stands behind it.
    """

    letter: str
    at_least: int
    tick: str
    KIND: ClassVar = "supporters"
    CHECKS: ClassVar = {"at_least": _at_least, "letter": values.digest, "tick": values.tick}


@dataclass(frozen=True)
class NamesShown(Entry):
    """The numbered list of names shown under a letter from a tick on: how many, and the digest of their salted hashes.

    `reason` says why the operator took names off, where that happened.
    """

    letter: str
    number: int
    count: int
    digest: str
    tick: str
    reason: str | None = None
    KIND: ClassVar = "names"
    CHECKS: ClassVar = {
        "count": _count(0), "digest": values.digest, "letter": values.digest, "number": _count(1),
        "reason": _perhaps_reason, "tick": values.tick,
    }  # fmt: skip


@dataclass(frozen=True)
class Issued(Entry):
    """At most how many people an issuer admitted, rounded up to the next ten."""

    issuer: str
    organisation: str
    epoch: str
    at_most: int
    KIND: ClassVar = "issued"
    CHECKS: ClassVar = {"at_most": _tens, "epoch": values.epoch, "issuer": values.domain, "organisation": values.domain}


@dataclass(frozen=True)
class Round(Entry):
    """The head of a round: `count` acts of this context and organisation follow it, sorted by pseudonym."""

    context: str
    organisation: str
    count: int
    tick: str
    final: bool
    KIND: ClassVar = "round"
    CHECKS: ClassVar = {
        "context": _context, "count": _count(0), "final": _flag, "organisation": values.domain, "tick": values.tick,
    }  # fmt: skip


REGISTRY: Final = (
    Genesis, IssuerKey, ReceiptKey, LetterOpened, TermsSet, LetterClosed, ClientFiles, Redacted, Supporters, NamesShown,
    IssuedCorrected,
)  # fmt: skip
LOG: Final = (Issued, Round)

RegistryEntry = (
    Genesis
    | IssuerKey
    | ReceiptKey
    | LetterOpened
    | TermsSet
    | LetterClosed
    | ClientFiles
    | Redacted
    | Supporters
    | NamesShown
    | IssuedCorrected
)


def _kind_of(value: object) -> object:
    return value.get("entry") if isinstance(value, dict) else None


def parse_registry_entry(data: bytes) -> RegistryEntry:
    """Read one entry of the registry.

    Raises: `Malformed`, also for a kind that this profile does not know.
    """
    value = parse_canonical(data)
    kind = _kind_of(value)
    for entry in REGISTRY:
        if kind == entry.KIND:
            return entry.from_record(value)
    raise Malformed("unknown-entry", f"The registry has an entry of unknown kind “{code_or_dash(kind)}”.")


def parse_log_entry(data: bytes) -> "Issued | Round | dict[str, Any]":
    """Read one entry of the log; an act comes back as its JSON value, for `SignedAct.from_record`.

    Raises: `Malformed`.
    """
    value = parse_canonical(data)
    if isinstance(value, dict) and "entry" not in value:
        return value
    kind = _kind_of(value)
    for entry in LOG:
        if kind == entry.KIND:
            return entry.from_record(value)
    raise Malformed("unknown-entry", f"The log has an entry of unknown kind “{code_or_dash(kind)}”.")


def code_or_dash(value: object) -> str:
    """Name a kind in a message: the code itself where it is one, a dash where it is not."""
    try:
        return code_word(value)
    except Malformed:
        return "–"
