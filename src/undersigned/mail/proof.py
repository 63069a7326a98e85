"""Addresses that are proved by a code: asked for, mailed, typed in. For any purpose of any room.

The order of checks is the same for every address: what anybody may know of the settings first, then the proof of work,
then the keeper. Nothing of it depends on whether an address is known to the room, because nothing here looks there.

Trust: whoever runs this code sees an address while its owner joins, and can make every code; nothing of either is kept.
"""

import hmac
from collections.abc import Callable
from typing import Final, Protocol

from undersigned.clock import Clock
from undersigned.errors import Refused
from undersigned.mail.code import code_of, fits, good_until
from undersigned.mail.message import Mailing
from undersigned.protocol.mailbox import subject_of
from undersigned.subjects.tagger import Counter, Tagger

#: Mails to an address, and tries of a code for it, within an hour.
MAILS: Final = 1
TRIES: Final = 10


class Posting(Protocol):
    """Where mails wait."""

    def ready(self) -> None:
        """Check that a mail can be taken now. Raises: `Unavailable`."""

    def put(self, mailing: Mailing, *, send: bool) -> None:
        """Take a mail, or what only looks like one, and return at once."""


class Keeping(Tagger, Counter, Protocol):
    """Tags and counts, of one keeper."""


class MailedCodes:
    """Codes for one purpose (a code word): those of another purpose do not fit, and are counted apart.

    `key` returns a secret (32 octets) that is the same in all processes.
    """

    def __init__(self, purpose: str, keeper: Keeping, key: Callable[[], bytes], clock: Clock, outbox: Posting) -> None:
        self._purpose, self._keeper, self._key, self._clock, self._outbox = purpose, keeper, key, clock, outbox

    def send(self, name: str, scope: str, address: str, language: str) -> None:
        """Mail a code to an address, unless one was mailed within the last hour; nothing tells which.

        `name` is that of the keeper's key, `scope` the organisation or letter that the code is for.

        Raises: `Unavailable` or `Refused`, alike for every address.
        """
        self._outbox.ready()
        tag = self._keeper.tag(name, subject_of(address))
        send = self._keeper.allowed(name, tag, f"mail-{self._purpose}", MAILS)
        hour = self._clock.tick()
        code = code_of(self._key(), self._purpose, scope, tag, hour)
        self._outbox.put(Mailing(address, language, code, hour, good_until(hour)), send=send)

    def tag(self, name: str, scope: str, address: str, code: str) -> tuple[bytes, bool]:
        """Return the tag of an address (32 octets) and true; for a wrong code a tag that nobody has, and false.

        With a tag that nobody has a caller can go on as with any other, and answers alike.

        Raises: `Refused` after ten tries in an hour, whoever made them and whether or not the address is known;
        `Unavailable`.
        """
        key = self._key()
        tag = self._keeper.tag(name, subject_of(address))
        if not self._keeper.allowed(name, tag, f"try-{self._purpose}", TRIES):
            raise Refused(
                "too-many-tries",
                "Codes were tried for this address ten times within an hour. Wait an hour, then ask for a new code.",
            )
        nobody = hmac.digest(key, b"nobody/" + tag, "sha256")
        right = fits(code, key, self._purpose, scope, tag, self._clock.tick())
        return (tag if right else nobody), right
