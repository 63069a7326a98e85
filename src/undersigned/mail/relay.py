"""Handing mails to a mail server: SMTP over TLS, nothing of it in a log.

Trust: whoever runs the mail server, and whoever runs the mailbox, can read who asked for a code and when, and can use
a code in that person's place; they cannot tell what anyone signs.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from undersigned.config import Mail
from undersigned.errors import Unavailable
from undersigned.protocol.mailbox import domain_of
from undersigned.storage.files import secret_line

#: Seconds without an answer.
PATIENCE: Final = 20.0
_TAKEN: Final = 250
_PERMANENT: Final = 500


class Later(Exception):
    """Not sent now; the same mail may be sent later. `away` says that the server is not to be reached at all."""

    def __init__(self, *, away: bool) -> None:
        super().__init__()
        self.away = away


class Never(Exception):
    """The server will not take this mail."""


#: Sends one mail; without one, asks whether one would be taken. Raises: `Later` or `Never`, with the library's error as
#: the cause.
Send = Callable[[EmailMessage | None], None]


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server of the settings."""

    settings: Mail
    patience: float = PATIENCE

    @contextmanager
    def connected(self) -> Iterator[Send]:
        """Connect, and give what sends over this connection. Raises: `Later`."""
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException, Unavailable) as error:
            raise Later(away=True) from error
        try:
            yield lambda message: _send(server, self.settings.sender, message)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()

    def _connect(self) -> smtplib.SMTP:
        # Without a name of its own the library asks for this machine's, and sends that.
        name = domain_of(self.settings.sender)
        host, port, context = self.settings.host, self.settings.port, ssl.create_default_context()
        if self.settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, name, timeout=self.patience, context=context)
        else:
            server = smtplib.SMTP(host, port, name, timeout=self.patience)
        try:
            if self.settings.security == "starttls":
                server.starttls(context=context)
            if self.settings.user is not None and self.settings.password_file is not None:
                server.login(self.settings.user, secret_line(self.settings.password_file, "password"))
        except BaseException:
            server.close()
            raise
        return server


def _send(server: smtplib.SMTP, sender: str, message: EmailMessage | None) -> None:
    try:
        if message is None:
            _ask(server, sender)
        else:
            (to,) = message["To"].addresses
            server.send_message(message, sender, [to.addr_spec])
    except smtplib.SMTPRecipientsRefused as error:
        ((status, _),) = error.recipients.values()
        raise (Never if status >= _PERMANENT else Later(away=False)) from error
    except smtplib.SMTPSenderRefused as error:
        # The server takes no mails of ours, whomever they are for.
        raise Later(away=True) from error
    except smtplib.SMTPResponseException as error:
        raise (Never if error.smtp_code >= _PERMANENT else Later(away=False)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Later(away=True) from error


def _ask(server: smtplib.SMTP, sender: str) -> None:
    """Begin a mail to nobody, and leave it. Raises: as `send_message` when it cannot be begun."""
    server.ehlo_or_helo_if_needed()
    status, words = server.mail(sender)
    if status != _TAKEN:
        raise smtplib.SMTPSenderRefused(status, words, sender)
    server.rset()
