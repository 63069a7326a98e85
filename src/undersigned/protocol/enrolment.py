"""Messages between a holder and an issuer (`docs/protocol.md`, section 3).

All are canonical JSON. A request brings a commitment and a proof that is good for this request alone: this action, at
this issuer and address, at this time. Both are checked before anything is looked up, so that nobody learns from an
answer whether a subject is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Generic, Protocol, Self, TypeVar

from undersigned import PROFILE
from undersigned.bbs import representation
from undersigned.bbs.blind import commit, verify_commitment
from undersigned.bbs.ciphersuite import COMMITMENT, POINT
from undersigned.bbs.octets import Rng
from undersigned.bbs.representation import REPRESENTATION
from undersigned.errors import Malformed
from undersigned.protocol import account
from undersigned.protocol.credential import Credential, method, standing
from undersigned.protocol.mailbox import address, mailed_code
from undersigned.protocol.work import Solution
from undersigned.values import b64u, canonical, code_word, domain, fields, octets, parse_canonical, text

MAX_MESSAGE: Final = 8192
#: What an issuer can be asked. Restoring is renewing on another device.
JOIN, RENEW, REPLACE, CANCEL = ACTIONS = ("join", "renew", "replace", "cancel")
#: Where a holder gets a nonce, octets of one, and of the longest answer.
NONCES: Final = "api/issuer/nonce"
NONCE: Final = 32
MAX_NONCE: Final = 256
#: Characters of the longest address that is asked.
MAX_ORIGIN: Final = 300
#: Tag of the proofs of requests; it is no tag of the drafts.
PROOF_DST: Final = f"{PROFILE}/request".encode("ascii")
_ENVELOPE: Final = ("action", "commitment", "issuer", "nonce", "origin", "profile", "proof")
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?")
#: Crockford's base 32: no I, L, O, U.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 16
#: Languages of mails, those of the pages.
LANGUAGES: Final = ("en", "de", "es", "fr")
_GROUP: Final = 4
_LOOKALIKES: Final = str.maketrans("ILO", "110")


def format_code(symbols: str) -> str:
    """Write sixteen symbols (80 bits) in four groups: `7K3M-9QXA-…`."""
    return "-".join(symbols[i : i + _GROUP] for i in range(0, CODE_LENGTH, _GROUP))


def code(value: object) -> str:
    """Check a code in its one spelling: four groups of four, upper case, hyphens. Raises: `Malformed`."""
    symbols = value.replace("-", "") if isinstance(value, str) else ""
    if len(symbols) != CODE_LENGTH or any(s not in ALPHABET for s in symbols) or format_code(symbols) != value:
        raise Malformed("bad-code", "A code is four groups of four letters or digits, like 7K3M-9QXA-2B4C-D5EF.")
    return str(value)


def typed_code(value: str) -> str:
    """Turn what a person typed into the one spelling: spaces and case do not matter, O is 0, I and L are 1.

    Raises: `Malformed`.
    """
    symbols = "".join(value.split()).replace("-", "").upper().translate(_LOOKALIKES)
    return code(format_code(symbols) if len(symbols) == CODE_LENGTH else symbols)


def mail_language(value: object) -> str:
    """Check the language of a mail. Raises: `Malformed`."""
    if value not in LANGUAGES:
        raise Malformed("bad-mail-language", f"A mail is written in one of {', '.join(LANGUAGES)}.")
    return str(value)


def _evidence(way: str, value: object) -> dict[str, str]:
    if way == "code":
        return {"code": code(fields(value, ("code",), "The evidence")["code"])}
    if way == "oidc":
        return account.evidence(value)
    if way == "email":
        shown = fields(value, ("address", "code"), "The evidence")
        return {"address": address(shown["address"]), "code": mailed_code(shown["code"])}
    point = fields(value, ("invitation",), "The evidence")["invitation"]
    return {"invitation": b64u(octets(point, POINT, what="The invitation"))}


@dataclass(frozen=True, slots=True)
class Admission:
    """Ask to be admitted, or to be admitted anew after a lost phrase: evidence and attributes."""

    organisation: str
    method: str
    evidence: Mapping[str, str]
    role_family: str
    standing: str
    FIELDS: ClassVar[tuple[str, ...]] = ("evidence", "method", "organisation", "role_family", "standing")
    ACTIONS: ClassVar[tuple[str, ...]] = (JOIN, REPLACE)

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "evidence": dict(self.evidence),
            "method": self.method,
            "organisation": self.organisation,
            "role_family": self.role_family,
            "standing": self.standing,
        }

    @classmethod
    def of(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""
        way = method(got["method"])
        return cls(
            organisation=domain(got["organisation"]),
            method=way,
            evidence=_evidence(way, got["evidence"]),
            role_family=code_word(got["role_family"]),
            standing=standing(got["standing"]),
        )


@dataclass(frozen=True, slots=True)
class Renewal:
    """Ask for credentials again, or of later epochs: knowing the secrets behind the commitment is enough.

    On a new device it is the same message: why somebody asks again is not the issuer's to know.
    """

    organisation: str
    role_family: str
    standing: str
    FIELDS: ClassVar[tuple[str, ...]] = ("organisation", "role_family", "standing")
    ACTIONS: ClassVar[tuple[str, ...]] = (RENEW,)

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"organisation": self.organisation, "role_family": self.role_family, "standing": self.standing}

    @classmethod
    def of(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""
        return cls(domain(got["organisation"]), code_word(got["role_family"]), standing(got["standing"]))


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Stop a replacement that somebody asked for: only who knows the old secrets can."""

    organisation: str
    FIELDS: ClassVar[tuple[str, ...]] = ("organisation",)
    ACTIONS: ClassVar[tuple[str, ...]] = (CANCEL,)

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"organisation": self.organisation}

    @classmethod
    def of(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""
        return cls(domain(got["organisation"]))


# ── what is asked, with its proof ──


class Wish(Protocol):
    """One of the three, as it is written and read."""

    FIELDS: ClassVar[tuple[str, ...]]
    ACTIONS: ClassVar[tuple[str, ...]]

    def record(self) -> dict[str, Any]:
        """Return the JSON value, without what all of them have."""

    @classmethod
    def of(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""


W = TypeVar("W", bound=Wish)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a request is good for: one issuer, at one of its addresses, for an hour or two.

    `nonce` (32 octets) is what the issuer gives to whoever asks; `origin` is where the request is sent, like
    `https://issuer.example`.
    """

    issuer: str
    origin: str
    nonce: bytes

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"issuer": self.issuer, "nonce": b64u(self.nonce), "origin": self.origin}

    @classmethod
    def of(cls, got: Mapping[str, Any]) -> Self:
        """Check the JSON value. Raises: `Malformed`."""
        origin = text(got["origin"], limit=MAX_ORIGIN, what="The address that is asked")
        if not _ORIGIN.fullmatch(origin):
            raise Malformed("bad-origin", "The address that is asked is like https://issuer.example, without a path.")
        return cls(domain(got["issuer"]), origin, octets(got["nonce"], NONCE, what="The nonce"))


@dataclass(frozen=True, slots=True)
class Keys:
    """What a holder proves to know: the nym secrets, and the blind of one issuer."""

    secrets: Sequence[int]
    blind: int


@dataclass(frozen=True, slots=True)
class Request(Generic[W]):
    """What somebody asks an issuer, with the commitment (368 octets) and the proof (320) that they ask exactly this.

    The proof covers every other field, so no request can be made into another one.
    """

    action: str
    wish: W
    bound: Bound
    commitment: bytes
    proof: bytes

    @classmethod
    def prove(cls, action: str, wish: W, bound: Bound, keys: Keys, rng: Rng) -> Self:
        """Make a request. `rng` is asked twice. Raises: `Malformed` for secrets outside 1..r-1."""
        unproved = cls(action, wish, bound, commit(keys.secrets, keys.blind, rng), b"")
        proof = representation.prove(keys.secrets, keys.blind, unproved.statement(), PROOF_DST, rng)
        return replace(unproved, proof=proof)

    def verify(self) -> bytes:
        """Return the commitment's point, 48 octets, both its proofs checked; for whom and when is not looked at.

        Raises: `Malformed` for encodings, `Refused` where one does not hold.
        """
        point = verify_commitment(self.commitment)
        representation.verify(point, self.proof, self.statement(), PROOF_DST)
        return point

    def statement(self) -> bytes:
        """Return what the proof is made for: the canonical octets without it."""
        return canonical(self._record())

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(self._record() | {"proof": b64u(self.proof)})

    def _record(self) -> dict[str, Any]:
        envelope = {"action": self.action, "commitment": b64u(self.commitment), "profile": PROFILE}
        return envelope | self.bound.record() | self.wish.record()

    @classmethod
    def parse(cls, kind: type[W], data: bytes) -> "Request[W]":
        """Read the canonical octets of a request of a kind. No proof is checked: `verify` does that.

        Raises: `Malformed`.
        """
        got = _message(data, (*_ENVELOPE, *kind.FIELDS))
        if got["action"] not in kind.ACTIONS:
            raise Malformed("other-action", f"Here one can {' or '.join(kind.ACTIONS)}. This is for something else.")
        commitment = octets(got["commitment"], COMMITMENT, what="The commitment")
        proof = octets(got["proof"], REPRESENTATION, what="The proof")
        return Request(str(got["action"]), kind.of(got), Bound.of(got), commitment, proof)


def nonce_of(data: bytes) -> bytes:
    """Read an issuer's answer to whoever asks for a nonce. Raises: `Malformed`."""
    return octets(_message(data, ("nonce", "profile"), MAX_NONCE)["nonce"], NONCE, what="The nonce")


def nonce_answer(nonce: bytes) -> bytes:
    """Canonical octets of the answer."""
    return canonical({"nonce": b64u(nonce), "profile": PROFILE})


@dataclass(frozen=True, slots=True)
class MailRequest:
    """Ask for a code by mail, in one of the languages of `LANGUAGES`, with a proof of work against floods.

    It says nothing of whoever asks but an address, and is answered alike for every address of an allowed domain.
    """

    organisation: str
    address: str
    language: str
    work: Solution

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "address": self.address,
                "language": self.language,
                "organisation": self.organisation,
                "profile": PROFILE,
                "work": self.work.value(),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "MailRequest":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("address", "language", "organisation", "profile", "work"))
        return cls(
            organisation=domain(got["organisation"]),
            address=address(got["address"]),
            language=mail_language(got["language"]),
            work=Solution.of(got["work"]),
        )


@dataclass(frozen=True, slots=True)
class Issuance:
    """The issuer's answer: one credential an epoch, in order of epochs."""

    credentials: tuple[Credential, ...]

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical({"credentials": [each.record() for each in self.credentials], "profile": PROFILE})

    @classmethod
    def parse(cls, data: bytes) -> "Issuance":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("credentials", "profile"), limit=1 << 16)
        if not isinstance(got["credentials"], list):
            raise Malformed("bad-list", "The credentials are not a list.")
        return cls(tuple(Credential.parse(each) for each in got["credentials"]))


def _message(data: bytes, names: tuple[str, ...], limit: int = MAX_MESSAGE) -> dict[str, Any]:
    got = fields(parse_canonical(data, limit=limit), names, "The message")
    if got["profile"] != PROFILE:
        raise Malformed("unknown-profile", f"The message is not of profile {PROFILE}.")
    return got
