"""Messages between a holder and an issuer (`docs/protocol.md`, section 3).

All are canonical JSON. The commitment (368 octets, with its proof of knowledge) is checked before anything
is looked up, so that nobody learns from an answer whether a subject is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import COMMITMENT, POINT
from undersigned.errors import Malformed
from undersigned.protocol import account
from undersigned.protocol.credential import Credential, method, standing
from undersigned.protocol.mailbox import address, mailed_code
from undersigned.protocol.work import Solution
from undersigned.values import b64u, canonical, code_word, domain, fields, octets, parse_canonical

MAX_MESSAGE: Final = 8192
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


def _commitment(value: object) -> bytes:
    return octets(value, COMMITMENT, what="The commitment")


@dataclass(frozen=True, slots=True)
class Admission:
    """Ask to be admitted, or (`replace`) to be admitted anew after a lost phrase: evidence, commitment, attributes."""

    organisation: str
    method: str
    evidence: Mapping[str, str]
    commitment: bytes
    role_family: str
    standing: str

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "commitment": b64u(self.commitment),
                "evidence": dict(self.evidence),
                "method": self.method,
                "organisation": self.organisation,
                "profile": PROFILE,
                "role_family": self.role_family,
                "standing": self.standing,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Admission":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        names = ("commitment", "evidence", "method", "organisation", "profile", "role_family", "standing")
        got = _message(data, names)
        way = method(got["method"])
        return cls(
            organisation=domain(got["organisation"]),
            method=way,
            evidence=_evidence(way, got["evidence"]),
            commitment=_commitment(got["commitment"]),
            role_family=code_word(got["role_family"]),
            standing=standing(got["standing"]),
        )


@dataclass(frozen=True, slots=True)
class Renewal:
    """Ask for credentials again, or of later epochs: knowing the secrets behind the commitment is enough."""

    organisation: str
    commitment: bytes
    role_family: str
    standing: str

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "commitment": b64u(self.commitment),
                "organisation": self.organisation,
                "profile": PROFILE,
                "role_family": self.role_family,
                "standing": self.standing,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Renewal":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("commitment", "organisation", "profile", "role_family", "standing"))
        return cls(
            organisation=domain(got["organisation"]),
            commitment=_commitment(got["commitment"]),
            role_family=code_word(got["role_family"]),
            standing=standing(got["standing"]),
        )


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Stop a replacement that somebody asked for: only who knows the old secrets can."""

    organisation: str
    commitment: bytes

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical({"commitment": b64u(self.commitment), "organisation": self.organisation, "profile": PROFILE})

    @classmethod
    def parse(cls, data: bytes) -> "Cancellation":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("commitment", "organisation", "profile"))
        return cls(domain(got["organisation"]), _commitment(got["commitment"]))


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
