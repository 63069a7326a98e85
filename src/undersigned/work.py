"""Proof of work as a server asks for it before it does something dear, such as sending a mail.

Challenges are signed and not kept. Of a solution the nonce is remembered until its challenge expires, in this process
alone, so that it counts once: with several workers, once for each of them.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import altcha

from undersigned.errors import Refused, Unavailable
from undersigned.protocol.work import ALGORITHM, PREFIX, Challenge, Solution

#: Seconds of an hour: a challenge is good until the end of the next one, so that none tells when it was given.
_HOUR: Final = 3600
#: Solutions that are remembered at once, about a hundred octets each.
_MOST_SPENT: Final = 500_000


class Work:
    """Gives challenges, and takes each solution once.

    `key` returns what signs challenges (32 octets), the same in all workers. `most` is the highest number that is
    hidden; half of it is the lowest. `draw` gives a random number below its argument, `now` the seconds since 1970.
    """

    def __init__(
        self, key: Callable[[], bytes], most: int, draw: Callable[[int], int], now: Callable[[], float] = time.time
    ) -> None:
        self._key, self._most, self._draw, self._now = key, most, draw, now
        self._spent: dict[int, set[bytes]] = {}
        self._lock = threading.Lock()

    def challenge(self) -> Challenge:
        """Return a new challenge."""
        made = altcha.create_challenge(
            ALGORITHM,
            1,
            counter=self._most - self._draw(self._most // 2 + 1),
            key_prefix_length=PREFIX,
            expires_at=(int(self._now()) // _HOUR + 2) * _HOUR,
            data={"most": self._most},
            hmac_secret=self._key(),
        )
        return Challenge.of(made.to_dict())

    def spend(self, solution: Solution) -> None:
        """Take a solution; it counts once.

        Raises: `Refused` when the challenge is not ours, too old, or was solved before; `Unavailable` when too many
        solutions are remembered.
        """
        challenge = solution.challenge
        if challenge.expires <= self._now():
            raise Refused("work-expired", "The server's challenge is too old. Ask for another one.")
        if not altcha.verify_solution(altcha.Payload.from_dict(solution.value()), self._key()).verified:
            raise Refused("work-foreign", "This challenge is not this server's. Ask for another one.")
        with self._lock:
            self._forget()
            spent = self._spent.setdefault(challenge.expires, set())
            if challenge.nonce in spent:
                raise Refused("work-spent", "This challenge was solved before. Ask for another one.")
            if sum(map(len, self._spent.values())) >= _MOST_SPENT:
                raise Unavailable("busy", "The server is busy. Try again in a few seconds.")
            spent.add(challenge.nonce)

    def _forget(self) -> None:
        now = self._now()
        for expires in [each for each in self._spent if each <= now]:
            del self._spent[expires]
