"""The keeper's verbs: one line in, one line out (`protocol.keeping`). Nothing that comes in is written down.

Trust: whoever runs this code can test guessed addresses against hashes of tags that it is sent to count, and knows
how often each organisation is asked for; it never sees an address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatchmethod

from undersigned.errors import Refused, UndersignedError
from undersigned.keeper.counting import Bucket, Counts
from undersigned.keeper.keys import KeyFolder
from undersigned.oprf.function import blind_evaluate
from undersigned.protocol.keeping import (
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
    parse_request,
)


@dataclass(frozen=True, slots=True)
class Pace:
    """Evaluations under one key: `burst` at once, then `rate` a second. It is what makes guessing slow."""

    rate: float = 10.0
    burst: float = 1000.0


class Keeper:
    """The verbs over one folder of keys. `now` is a clock that never goes back, in seconds."""

    def __init__(self, keys: KeyFolder, counts: Counts, pace: Pace, now: Callable[[], float]) -> None:
        self._keys, self._counts, self._pace, self._now = keys, counts, pace, now
        self._buckets: dict[str, Bucket] = {}

    def answer(self, line: bytes, *, own: bool) -> bytes:
        """Answer one line by one line, whatever it is. `own` says that the keeper's own account, or root, asks."""
        try:
            request = parse_request(line)
            if isinstance(request, Destroy) and not own:
                raise Refused("not-yours", "Only the keeper's own account, or root, can destroy a key.")
            answer = self._answer(request)
        except UndersignedError as error:
            answer = Failed(type(error).__name__, error.code, error.words)
        return encoded(answer)

    @singledispatchmethod
    def _answer(self, request: Request) -> Answer:
        raise TypeError(type(request).__name__)

    @_answer.register
    def _(self, request: Evaluate) -> Answer:
        key = self._keys.key(request.name)
        bucket = self._buckets.setdefault(request.name, Bucket(self._pace.rate, self._pace.burst, self._now))
        if not bucket.take():
            raise Refused("too-many-requests", "More people are here than this server can take. Try again in a while.")
        return Evaluated(blind_evaluate(key, request.blinded))

    @_answer.register
    def _(self, request: Make) -> Answer:
        return Made(self._keys.make(request.name))

    @_answer.register
    def _(self, request: Destroy) -> Answer:
        if request.confirmed != request.name:
            raise Refused(
                "not-confirmed",
                f"Destroying the key of {request.name} cannot be undone. To confirm it, give the name once more.",
            )
        self._keys.destroy(request.name)
        self._buckets.pop(request.name, None)
        return Destroyed(request.name)

    @_answer.register
    def _(self, request: Count) -> Answer:
        return Counted(self._counts.allowed(request.name, request.tag, request.what, request.limit))

    @_answer.register
    def _(self, request: List) -> Answer:
        del request
        return Listed(tuple(self._keys.names()))
