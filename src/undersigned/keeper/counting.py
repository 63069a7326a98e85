"""How often something happened within the last hour, in memory, under salts that are thrown away.

What is counted comes as 32 octets and is kept as a hash under a salt that nobody else has. Every ten minutes there is
a new salt; counts older than an hour are forgotten together with theirs. Nothing is written anywhere: a keeper that
starts anew has counted nothing.
"""

import hmac
from collections import deque
from collections.abc import Callable
from typing import Final

from undersigned.errors import Unavailable

#: Seconds of a slice, and how many there are: together they hold every count for an hour at least.
SLICE: Final = 600.0
SLICES: Final = 7
#: Different things that are counted at once, about a hundred octets each.
MOST: Final = 200_000
_SALT: Final = 32
_KEPT: Final = 16


class Counts:
    """Counters of one keeper. `now` is a clock that never goes back, in seconds; `entropy` gives random octets."""

    def __init__(self, now: Callable[[], float], entropy: Callable[[int], bytes], most: int = MOST) -> None:
        self._now, self._entropy, self._most = now, entropy, most
        self._slices: deque[tuple[bytes, dict[bytes, int]]] = deque(maxlen=SLICES)
        self._begun = now()
        self._slices.append((entropy(_SALT), {}))

    def allowed(self, name: str, tag: bytes, what: str, limit: int) -> bool:
        """Count one more, unless within the last hour there were `limit` already. What is refused is not counted.

        Raises: `Unavailable` when too many different things are counted.
        """
        self._turn()
        message = f"{name} {what} ".encode("ascii") + tag
        places = [(hmac.digest(salt, message, "sha256")[:_KEPT], counts) for salt, counts in self._slices]
        if sum(counts.get(place, 0) for place, counts in places) >= limit:
            return False
        place, counts = places[-1]
        if place not in counts and sum(len(each) for _, each in places) >= self._most:
            raise Unavailable("keeper-full", "Too many people are here at once. Try again in an hour.")
        counts[place] = counts.get(place, 0) + 1
        return True

    def _turn(self) -> None:
        passed = int((self._now() - self._begun) // SLICE)
        self._begun += passed * SLICE
        for _ in range(min(passed, SLICES)):
            self._slices.append((self._entropy(_SALT), {}))


class Bucket:
    """Tokens for `burst` requests at once, refilled at `rate` a second."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._tokens, self._seen = burst, now()

    def take(self) -> bool:
        """Take one token; false when there is none."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
