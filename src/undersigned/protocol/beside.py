"""Messages of people who stand by a letter without signing it (`docs/protocol.md`, section 5, "Others").

All are canonical JSON. A code is asked for with a purpose and fits that purpose and letter alone, so that nobody is
talked into a code that then does something else.
"""

from dataclasses import dataclass
from typing import Any, Final

from undersigned import PROFILE
from undersigned.errors import Malformed
from undersigned.protocol.enrolment import mail_language
from undersigned.protocol.mailbox import address, mailed_code
from undersigned.protocol.names import check_line, check_name
from undersigned.protocol.work import Solution
from undersigned.values import canonical, fields, parse_canonical, slug

#: Octets of the longest message.
MAX_MESSAGE: Final = 8192
#: What a code can be for: to be counted, to be counted no more, to show a name, to take it away.
SUPPORT, UNSUPPORT, SHOW, UNSHOW = "support", "unsupport", "show", "unshow"
PURPOSES: Final = (SUPPORT, UNSUPPORT, SHOW, UNSHOW)


def purpose(value: object) -> str:
    """Check what a code is for. Raises: `Malformed`."""
    if value not in PURPOSES:
        raise Malformed("bad-purpose", f"A code is for one of {', '.join(PURPOSES)}.")
    return str(value)


def _message(data: bytes, names: tuple[str, ...]) -> dict[str, Any]:
    got = fields(parse_canonical(data, limit=MAX_MESSAGE), (*names, "profile"), "The message")
    if got["profile"] != PROFILE:
        raise Malformed("unknown-profile", f"The message is not of profile {PROFILE}.")
    return got


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Ask for a code by mail, for a letter (by short name) and a purpose, with a proof of work against floods."""

    letter: str
    purpose: str
    address: str
    language: str
    work: Solution

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "address": self.address,
                "language": self.language,
                "letter": self.letter,
                "profile": PROFILE,
                "purpose": self.purpose,
                "work": self.work.value(),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "CodeRequest":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("address", "language", "letter", "purpose", "work"))
        return cls(
            letter=slug(got["letter"]),
            purpose=purpose(got["purpose"]),
            address=address(got["address"]),
            language=mail_language(got["language"]),
            work=Solution.of(got["work"]),
        )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An address with the code that was mailed to it: to be counted under a letter, or what takes back."""

    letter: str
    address: str
    code: str

    def encoded(self) -> bytes:
        """Canonical octets."""
        record = {"address": self.address, "code": self.code, "letter": self.letter, "profile": PROFILE}
        return canonical(record)

    @classmethod
    def parse(cls, data: bytes) -> "Confirmation":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("address", "code", "letter"))
        return cls(slug(got["letter"]), address(got["address"]), mailed_code(got["code"]))


@dataclass(frozen=True, slots=True)
class NameGiven:
    """A name to be shown under a letter, with what the person says of themselves, and a confirmed address."""

    confirmation: Confirmation
    name: str
    line: str | None

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {
                "address": self.confirmation.address,
                "code": self.confirmation.code,
                "letter": self.confirmation.letter,
                "line": self.line,
                "name": self.name,
                "profile": PROFILE,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "NameGiven":
        """Read the canonical octets.

        Raises: `Malformed`.
        """
        got = _message(data, ("address", "code", "letter", "line", "name"))
        given = Confirmation(slug(got["letter"]), address(got["address"]), mailed_code(got["code"]))
        return cls(given, check_name(got["name"]), check_line(got["line"]))
