"""The keeper as rooms see it: blinds a subject, asks over the socket, and makes the tag of what comes back.

Trust: whoever answers at the socket learns blinded elements, which are random, and hashes of tags under a key that
it has not; it can refuse, and by answering with another key let everybody join a second time.
"""

import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from undersigned import errors
from undersigned.errors import Unavailable, UndersignedError
from undersigned.oprf.function import Rng, blind, finalize
from undersigned.protocol.keeping import (
    MAX_ANSWER,
    Answer,
    Count,
    Counted,
    Destroy,
    Destroyed,
    Evaluate,
    Evaluated,
    Failed,
    List,
    Listed,
    Made,
    Make,
    Request,
    encoded,
    parse_answer,
)

#: Seconds until an answer has to be there.
PATIENCE: Final = 2.0
_PAUSE: Final = 0.01

AWAY: Final = (
    "The part of this server that keeps addresses apart does not answer. Nothing was sent or stored. "
    "Try again in a few minutes."
)
LOST: Final = (
    "The part of this server that keeps addresses apart has lost what it needs for where you work. Nobody can join or "
    "replace lost words by this way until its letters of this quarter are closed. If you joined before, your words "
    "still work: restore your pass with them."
)
NOT_SET_UP: Final = (
    "This way of joining is not set up completely. Nothing was sent or stored. Tell whoever runs this server."
)
#: What the keeper says to operators, in words for people who join.
_TOLD: Final = {"key-lost": LOST, "key-damaged": LOST, "no-key": NOT_SET_UP}

A = TypeVar("A", Evaluated, Made, Destroyed, Counted, Listed)


class KeeperClient:
    """Asks the keeper at a socket, one connection a request.

    `counting` returns a secret (32 octets) of the room: what is counted is a hash under it, so that the keeper, which
    has the keys, can test no guess against what it is sent.
    """

    def __init__(
        self, path: Path, counting: Callable[[], bytes], *, rng: Rng = secrets.token_bytes, patience: float = PATIENCE
    ) -> None:
        self._path, self._counting, self._rng, self._patience = path, counting, rng, patience

    # ── for rooms ──

    def tag(self, organisation: str, subject: bytes) -> bytes:
        """Return the tag of a canonical subject: SHA-256 of the function's output.

        Raises: `Unavailable` or `Refused`, with words for the person.
        """
        message = organisation.encode("ascii") + b"\x00" + subject
        blinded = blind(message, self._rng)
        answer = self._for_people(Evaluate(organisation, blinded.element), Evaluated)
        try:
            return hashlib.sha256(finalize(message, blinded.blind, answer.element)).digest()
        except UndersignedError as error:
            raise Unavailable("keeper-away", AWAY) from error

    def allowed(self, organisation: str, tag: bytes, what: str, limit: int) -> bool:
        """Count one more of `what` for a tag, unless there were `limit` within the last hour. Raises: `Unavailable`."""
        counted = hmac.digest(self._counting(), tag, "sha256")
        return self._for_people(Count(organisation, counted, what, limit), Counted).allowed

    def _for_people(self, request: Request, kind: type[A]) -> A:
        try:
            return self._asked(request, kind)
        except UndersignedError as error:
            if error.code in _TOLD:
                raise Unavailable(error.code, _TOLD[error.code]) from error
            raise

    # ── for operators ──

    def make(self, organisation: str) -> bytes:
        """Make an organisation's key; returns its public key (32 octets).

        Raises: `Conflict`, `Refused` or `Unavailable`, with words for the operator.
        """
        return self._asked(Make(organisation), Made).public

    def destroy(self, organisation: str, confirmed: str) -> None:
        """Destroy an organisation's key. Raises: `Withheld`, `Refused` or `Unavailable`."""
        self._asked(Destroy(organisation, confirmed), Destroyed)

    def states(self) -> tuple[tuple[str, str], ...]:
        """List names and states of keys. Raises: `Unavailable`."""
        return self._asked(List(), Listed).keys

    # ── the socket ──

    def _asked(self, request: Request, kind: type[A]) -> A:
        try:
            answer: Answer = parse_answer(self._exchange(encoded(request)))
        except (OSError, UndersignedError) as error:
            raise Unavailable("keeper-away", AWAY) from error
        if isinstance(answer, Failed):
            _raise(answer)
        if not isinstance(answer, kind):
            raise Unavailable("keeper-away", AWAY)
        return answer

    def _exchange(self, line: bytes) -> bytes:
        """Send one line and return what comes back, all within the client's patience."""
        until = time.monotonic() + self._patience

        def left() -> float:
            return max(until - time.monotonic(), 0.001)

        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(left())
            self._connect(connection, left)
            connection.settimeout(left())
            connection.sendall(line)
            got = b""
            while not got.endswith(b"\n") and len(got) <= MAX_ANSWER:
                if time.monotonic() > until:
                    raise TimeoutError
                connection.settimeout(left())
                more = connection.recv(65_536)
                if not more:
                    break
                got += more
        return got

    def _connect(self, connection: socket.socket, left: Callable[[], float]) -> None:
        """Connect; a full queue says so at once, and not after a while as over a network, so it is asked again."""
        while True:
            try:
                connection.connect(str(self._path))
            except BlockingIOError:
                if left() <= _PAUSE:
                    raise
                time.sleep(_PAUSE)
            else:
                return


def _raise(failed: Failed) -> NoReturn:
    family: type[UndersignedError] = getattr(errors, failed.family)
    raise family(failed.code, failed.words)
