"""The code that proves an address, made anew whenever it is needed: eight digits for one address and hour.

Nothing is kept of a code that was sent. Whoever has the key can make every code.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

from undersigned.protocol.mailbox import DIGITS
from undersigned.values import b64u, canonical, tick

#: Hours in which a code is good: the one in which it was sent, and the next.
HOURS: Final = 2
_DRAWN: Final = 8
_FORMAT: Final = "%Y-%m-%dT%H:00:00Z"


def code_of(key: bytes, purpose: str, scope: str, tag: bytes, hour: str) -> str:
    """Return the code of an address's tag in an hour.

    `purpose` is what the code is for and `scope` the organisation or letter: for another of either it is another code.
    """
    message = canonical({"hour": hour, "purpose": purpose, "scope": scope, "tag": b64u(tag)})
    drawn = int.from_bytes(hmac.digest(key, message, "sha256")[:_DRAWN], "big")
    return f"{drawn % 10**DIGITS:0{DIGITS}d}"


def fits(code: str, key: bytes, purpose: str, scope: str, tag: bytes, hour: str) -> bool:
    """Tell whether a code (eight digits) is that of this hour or of the one before, in the same time for any code."""
    found = 0
    for back in range(HOURS):
        right = code_of(key, purpose, scope, tag, moved(hour, -back))
        found |= hmac.compare_digest(code, right)
    return bool(found)


def good_until(hour: str) -> str:
    """Return the tick at which a code of this hour is good no longer."""
    return moved(hour, HOURS)


def moved(hour: str, hours: int) -> str:
    """Return the tick so many hours later."""
    return (datetime.strptime(tick(hour), _FORMAT) + timedelta(hours=hours)).strftime(_FORMAT)  # noqa: DTZ007 - UTC by its Z
