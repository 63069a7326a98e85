"""Whether a request is meant for this issuer, and now: looked at before anything about anybody is.

Every answer here depends on the request and on what anybody may know alone. Nothing is kept: the nonce is the same for
all who ask within the hour, so it marks nobody, and a request can be sent again until the end of the next hour, to do
once more what it did.
"""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from undersigned.clock import Clock
from undersigned.errors import Refused
from undersigned.protocol.enrolment import Request

_HOUR: Final = timedelta(hours=1)
_USUAL: Final = {"http": 80, "https": 443}


class Door:
    """What requests to one issuer are bound to.

    `origins` are its addresses; `key` returns the secret (32 octets) that nonces are made with,
    the same in all workers.
    """

    def __init__(self, name: str, origins: Iterable[str], key: Callable[[], bytes], clock: Clock) -> None:
        self._name = name
        self._origins = tuple(map(_spelled, origins))
        self._key = key
        self._clock = clock

    def nonce(self) -> bytes:
        """Return the nonce (32 octets) of this hour, which is good in the next one too."""
        return self._made(self._clock.tick())

    def check(self, request: Request[Any], action: str) -> bytes:
        """Return the commitment's point of a request that is for this issuer, at this time, to do `action`.

        1. what it asks for, and whom; 2. the address it was sent to; 3. the nonce; 4. both proofs.
        Raises: `Refused` or `Malformed`, the same whoever is known here.
        """
        bound = request.bound
        if request.action != action:  # 1
            raise Refused("other-action", f"This was made to {request.action}, and cannot be used to {action}.")
        if bound.issuer != self._name:
            raise Refused("other-issuer", f"This is {self._name}. What you sent is for {bound.issuer}.")
        if bound.origin not in self._origins:  # 2
            raise Refused(
                "other-origin",
                f"{self._name} is at {' and '.join(self._origins)}, and you were sent to {bound.origin}. "
                "Somebody may be in between. Nothing was done.",
            )
        if not any(hmac.compare_digest(bound.nonce, each) for each in self._good()):  # 3
            raise Refused("nonce-old", "This was made too long ago. Nothing was done. Do the same once more.")
        return request.verify()  # 4

    def _good(self) -> list[bytes]:
        now = datetime.fromisoformat(self._clock.tick())
        return [self._made(each.strftime("%Y-%m-%dT%H:00:00Z")) for each in (now, now - _HOUR)]

    def _made(self, tick: str) -> bytes:
        return hmac.digest(self._key(), tick.encode("ascii"), "sha256")


def _spelled(url: str) -> str:
    """Return an address as devices spell it: the host in lower case, no port where it is the usual one."""
    parts = urlsplit(url.lower())
    usual = _USUAL.get(parts.scheme)
    return url.lower().removesuffix(f":{usual}") if parts.port == usual else url.lower()
