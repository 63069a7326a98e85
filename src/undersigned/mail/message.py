"""The mail with a code: plain text, no link, and no word of who sends it for what.

Whoever reads over a shoulder, or runs the mailbox, learns that somebody asked for a code. It names no organisation, no
letter and no instance. Mail scanners follow links and submit forms; here there are none.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from undersigned.languages.words import words
from undersigned.protocol.mailbox import domain_of

#: Octets behind the identifier of a message.
IDENTIFIER: Final = 16
_HALF: Final = 4


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a mail comes from. `subject` replaces the usual one in all languages where it is set."""

    address: str
    name: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Mailing:
    """What is sent to whom: a code to a checked address, the tick of sending, and the one until which it is good."""

    address: str
    language: str
    code: str
    sent: str
    until: str


def compose(sender: Sender, mailing: Mailing, identifier: bytes) -> EmailMessage:
    """Write the mail. `identifier` is random (16 octets); the date is that of the full hour, as all our times are."""
    speak = words(mailing.language)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=mailing.address)
    message["Subject"] = sender.subject or speak.gettext("Your code")
    message["Date"] = format_datetime(datetime.fromisoformat(mailing.sent).astimezone(UTC))
    message["Message-ID"] = f"<{identifier.hex()}@{domain_of(sender.address)}>"
    # So that absence notes and receipts stay away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    shown = f"{mailing.code[:_HALF]} {mailing.code[_HALF:]}"
    text = (
        speak.gettext("Your code is {code}", code=shown),
        speak.gettext("Type it in where you asked for it. It works until {tick}.", tick=speak.tick(mailing.until)),
        speak.gettext("Nobody else needs this code. Do not pass it on, and do not type it in anywhere else."),
        speak.gettext("If you did not ask for a code, somebody mistyped an address. There is nothing you have to do."),
    )
    message.set_content("\n\n".join(text) + "\n", charset="utf-8", cte="quoted-printable")
    return message
