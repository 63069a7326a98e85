"""Joining with a code that is mailed to an address; the subject is a tag of the address.

Who learns what: whoever runs the mailbox or the mail server sees that a code came, and can join in that person's name.
Where that is the employer it is refused, unless the operator says that it is to be so; then the page says it.
"""

from collections.abc import Mapping
from typing import Any, Final

from undersigned.errors import Malformed, Refused
from undersigned.issuer.rules import Said
from undersigned.issuer.ways.employer import related
from undersigned.issuer.ways.way import Proved, Settings
from undersigned.mail.proof import MailedCodes
from undersigned.protocol.enrolment import Admission
from undersigned.protocol.mailbox import domain_of
from undersigned.values import domain, fields

#: The domains of one organisation, at most.
MOST: Final = 20

# Answers to a wrong code and to a right one of somebody who joined already have as many octets.
_SPENT: Final = (
    "Somebody joined with this address already. If that was you, restore your pass with your words. "
    "If your words are lost, replace them."
)
_WRONG: Final = (
    "This code does not work for this address. Compare both with the mail, and type them in once more. "
    "A code is good for an hour or two."
)
_NOBODY: Final = (
    "This code does not work for this address, or nobody joined with it. Compare both with the mail, or join with them."
)
SAID: Final = Said(wrong=("email-wrong", _WRONG), spent=("email-spent", _SPENT), nobody=_NOBODY)


class Emails:
    """Codes by mail."""

    method: Final = "email"
    replaces: Final = True
    #: Who has an address in each of two domains would be two people.
    fixed: Final = ("domains",)
    said: Final = SAID

    def __init__(self, codes: MailedCodes) -> None:
        self._codes = codes

    def check(self, organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check `domains` and `employer`: whether the employer runs the mail of any of them.

        Raises: `Malformed`; `Refused` for a domain of the organisation's own unless `employer` says so.
        """
        got = fields(dict(settings), ("domains", "employer"), "Joining by e-mail")
        names = got["domains"]
        if not isinstance(names, list) or not 1 <= len(names) <= MOST:
            raise Malformed("bad-domains", f"Name the domains of the addresses, one at least and {MOST} at most.")
        domains = sorted({domain(each) for each in names})
        if not isinstance(got["employer"], bool):
            raise Malformed("bad-employer", "Whether the employer runs the mail is true or false.")
        own = [each for each in domains if related(each, organisation)]
        if own and not got["employer"]:
            raise Refused(
                "employer-mail",
                f"Mail at {own[0]} is run by the employer, who can then see that somebody asked for a code, and could "
                "join in anybody's name. Use another way, or say --employer-runs: then every page says so.",
            )
        return {"domains": domains, "employer": got["employer"]}

    def public(self, settings: Settings) -> dict[str, Any]:
        """The domains, and whether the employer runs their mail."""
        return {"domains": settings["domains"], "employer": settings["employer"]}

    def send(self, organisation: str, address: str, language: str) -> None:
        """Mail a code to an address, at most one an hour, with the same outcome for every address of these domains.

        Raises: `Unavailable` or `Refused`.
        """
        self._codes.send(organisation, organisation, address, language)

    def allowed(self, address: str, settings: Settings) -> None:
        """Check an address's domain, which is public knowledge. Raises: `Refused`."""
        if domain_of(address) not in settings["domains"]:
            offered = " or ".join(settings["domains"])
            raise Refused("domain-not-allowed", f"Codes are mailed to addresses at {offered}. Use yours there.")

    def prove(self, asked: Admission, point: bytes, settings: Settings) -> Proved:
        """Return the tag of the address, which admits; for a wrong code one that nobody has, which does not."""
        del point
        address = asked.evidence["address"]
        self.allowed(address, settings)
        tag, right = self._codes.tag(asked.organisation, asked.organisation, address, asked.evidence["code"])
        return Proved(tag, lambda: right)
