"""Joining with a mailed code, on the person's own device (section 3, "By mail").

The device asks the instance which domains are allowed, does the proof of work, and asks for a mail. Whatever the
address, the answer is the same; whether a mail comes shows in the mailbox alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from undersigned.errors import Malformed, Refused
from undersigned.holder.admission import Shown
from undersigned.holder.transport import JSON, Transport, parse_answer
from undersigned.protocol.enrolment import MailRequest
from undersigned.protocol.mailbox import domain_of, typed_mailed_code
from undersigned.protocol.work import MAX_SOLUTION, Challenge, Solution, solve
from undersigned.values import domain

CHALLENGE: Final = "api/issuer/challenge"
MAILS: Final = "api/issuer/mails"


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Addresses by which members of an organisation join: their domains, and whether the employer runs their mail."""

    domains: tuple[str, ...]
    employer: bool

    @classmethod
    def parse(cls, value: object) -> "Mailboxes":
        """Read one way of an instance's answer. Raises: `Malformed`."""
        got = value if isinstance(value, dict) else {}
        domains, employer = got.get("domains"), got.get("employer")
        if not isinstance(domains, list) or not domains or not isinstance(employer, bool):
            raise Malformed("bad-way", "What the server says of joining by e-mail makes no sense. Try again later.")
        return cls(tuple(domain(each) for each in domains), employer)

    def check(self, address: str) -> None:
        """Check an address's domain before anything is sent. Raises: `Refused`."""
        if domain_of(address) not in self.domains:
            offered = " or ".join(self.domains)
            raise Refused("domain-not-allowed", f"Codes are mailed to addresses at {offered}. Use yours there.")


def asked(transport: Transport) -> Challenge:
    """Ask for a proof of work to do. Raises: whatever the transport raises; `Malformed`."""
    return Challenge.parse(transport.get(CHALLENGE, MAX_SOLUTION))


def work(challenge: Challenge, told: Callable[[int], None]) -> Solution:
    """Do it; `told` hears now and then how many numbers were tried. Raises: `Unavailable`."""
    return solve(challenge, told)


def request(transport: Transport, organisation: str, address: str, language: str, solution: Solution) -> None:
    """Ask for a mail to a checked address. Raises: `Refused`, `Unavailable`, whatever the transport raises."""
    message = MailRequest(organisation, address, language, solution)
    parse_answer(transport.post(MAILS, message.encoded(), JSON), ("profile",))


def shown(address: str, typed: str) -> Shown:
    """Return what the person shows: their address, and the code as it was typed. Raises: `Malformed`."""
    return Shown("email", {"address": address, "code": typed_mailed_code(typed)})
