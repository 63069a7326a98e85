"""Mails on their way: a queue in memory and one thread that empties it.

Who asks for a mail never waits for a mail server, and what is not to be sent is put in as well: an answer takes as long
whether or not a mail goes out, and a server that is away is found out alike. Nothing is written anywhere: what waits
when the process ends is lost, and can be asked for again.
"""

import heapq
import secrets
import smtplib
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from undersigned.errors import Unavailable
from undersigned.mail.message import IDENTIFIER, Mailing, Sender, compose
from undersigned.mail.relay import Later, Never, Send

#: Seconds that a mail waits, at least and at most.
PAUSE: Final = (0.3, 1.2)
#: Seconds until a mail is tried again, each time: some ten minutes in all, for servers that ask to come back.
AGAIN: Final = (5.0, 15.0, 45.0, 90.0, 180.0, 330.0)
#: Seconds in which nothing is accepted after the mail server could not be reached.
AWAY: Final = 20.0
#: Mails that wait at once.
MOST: Final = 1000
#: Seconds in which one kind of failure is told once.
_TOLD: Final = 3600.0

MAIL_AWAY: Final = (
    "Mails cannot be sent at the moment. Nothing was sent or counted. Try again in a few minutes. If you have a code "
    "from an earlier mail, it still works until the time that stands in it."
)


class Connecting(Protocol):
    """Where mails are handed over."""

    def connected(self) -> AbstractContextManager[Send]:
        """Connect, and give what sends. Raises: `Later`."""


@dataclass(order=True)
class _Waiting:
    due: float
    number: int
    mailing: Mailing | None = field(compare=False)
    tries: int = field(compare=False, default=0)


class Outbox:
    """Mails of one process.

    `now` is a clock that never goes back, in seconds. `pause` draws the seconds that a mail waits before it is sent, so
    that sending it never slows down the answer to whoever asked for it. `again` are the seconds until each new try of a
    mail, `away` those in which nothing is accepted after the mail server could not be reached.
    """

    def __init__(
        self,
        relay: Connecting,
        sender: Sender,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[], float] = lambda: secrets.SystemRandom().uniform(*PAUSE),
        again: Sequence[float] = AGAIN,
        away: float = AWAY,
    ) -> None:
        self._relay, self._sender, self._now, self._pause = relay, sender, now, pause
        self._retries, self._away = again, away
        self._change = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._number = 0
        self._away_until = 0.0
        self._told: dict[str, float] = {}
        self._thread: threading.Thread | None = None

    def ready(self) -> None:
        """Check that a mail can be taken: not while the mail server is away, nor while too many wait.

        Raises: `Unavailable`, whoever asks for whatever address.
        """
        with self._change:
            if self._now() < self._away_until or len(self._waiting) >= MOST:
                raise Unavailable("mail-away", MAIL_AWAY)

    def put(self, mailing: Mailing, *, send: bool) -> None:
        """Take a mail, or what only looks like one, and return at once."""
        with self._change:
            self._number += 1
            due = self._now() + self._pause()
            heapq.heappush(self._waiting, _Waiting(due, self._number, mailing if send else None))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._change.notify()

    # ── the thread ──

    def _run(self) -> None:
        while True:
            try:
                self._empty(self._next(wait=True))
            except Exception as error:  # noqa: BLE001 - one mail must not end the thread
                self._tell(error)

    def _next(self, *, wait: bool) -> "_Waiting | None":
        """Take out what is due first."""
        with self._change:
            while True:
                if self._waiting and self._waiting[0].due <= self._now():
                    return heapq.heappop(self._waiting)
                if not wait:
                    return None
                self._change.wait(self._waiting[0].due - self._now() if self._waiting else None)

    def _empty(self, first: "_Waiting | None") -> None:
        """Send all that is due over one connection, and again later what was not taken."""
        here = first
        try:
            with self._relay.connected() as send:
                while here is not None:
                    self._send(send, here)
                    here = self._next(wait=False)
        except Later as later:
            # A server that ends a connection on which it took mails is not away.
            if here is first:
                self._away_until = self._now() + self._away
            self._tell(later.__cause__ or later)
            if here is not None:
                self._again(here)

    def _send(self, send: Send, item: _Waiting) -> None:
        mailing, identifier = item.mailing, secrets.token_bytes(IDENTIFIER)
        try:
            send(compose(self._sender, mailing, identifier) if mailing else None)
        except Never as never:
            self._tell(never.__cause__ or never)
        except Later as later:
            if later.away:
                raise
            self._again(item)
        self._away_until = 0.0

    def _again(self, item: _Waiting) -> None:
        if item.tries >= len(self._retries):
            return
        with self._change:
            item.due, item.tries = self._now() + self._retries[item.tries], item.tries + 1
            heapq.heappush(self._waiting, item)

    def _tell(self, error: BaseException) -> None:
        """Tell the operator what kind of failure it was, once an hour. Its words are left out: they hold addresses."""
        status = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
        what = f"{type(error).__name__}{status}"
        if self._now() - self._told.get(what, -_TOLD) >= _TOLD:
            self._told[what] = self._now()
            print(f"undersigned: a mail was not sent: {what}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's only line
