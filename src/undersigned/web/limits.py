"""Limits before a request's body is read: how often a route answers, how large a body is, of which type.

A limit belongs to a route, not to a person: no address is looked at or kept, so nobody can be told apart by it.
The buckets live in each worker's memory.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from undersigned.errors import Malformed, Refused, Unavailable

OCTETS: Final = "application/octet-stream"
JSON: Final = "application/json"
TEXT: Final = "text/plain"
#: Octets of the longest body that any route takes.
LONGEST: Final = 8192
#: Bodies that a worker reads at once, fewer than it has threads (`server.THREADS`).
READERS: Final = 48


class Bucket:
    """Tokens for `burst` requests at once, refilled at `rate` a second."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._tokens, self._seen = burst, now()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one token; false when there is none."""
        with self._lock:
            now = self._now()
            self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
            self._seen = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


@dataclass(frozen=True, slots=True)
class Route:
    """Limits of a route that takes a body; `rate` and `burst` are for each worker.

    Where `signed`, bodies say who sends them: what comes from who is known is counted apart, once it is read.
    """

    content_type: str
    rate: float
    burst: float
    signed: bool = False


#: Acts and admissions come in waves: the rates lie above what a worker can verify, so that a limit is met by a flood
#: and not by a letter that suddenly succeeds. Replacements and cancellations are rare. Questions for figures are
#: signed: a flood of strangers does not keep those from being heard who may ask.
ROUTES: Final[Mapping[str, Route]] = {
    "/api/acts": Route(OCTETS, 1000, 2000),
    "/api/issuer/admissions": Route(JSON, 500, 2000),
    "/api/issuer/renewals": Route(JSON, 500, 2000),
    "/api/issuer/replacements": Route(JSON, 20, 100),
    "/api/issuer/cancellations": Route(JSON, 20, 100),
    "/api/names": Route(JSON, 100, 1000),
    "/api/names/withdrawals": Route(JSON, 100, 1000),
    "/api/supporters": Route(JSON, 100, 1000),
    "/api/supporters/mails": Route(JSON, 100, 1000),
    "/api/supporters/withdrawals": Route(JSON, 100, 1000),
    "/api/issuer/figures": Route(TEXT, 20, 100, signed=True),
    "/api/issuer/mails": Route(JSON, 50, 500),
}
#: Everything that is only read.
READING: Final = Route("", 5000, 10_000)
#: For each of those who are known: some questions at each full hour, and tries that follow.
KNOWN: Final = Route("", 1, 200)


class Asked(Protocol):
    """What is looked at in a request; Django's is one."""

    META: dict[str, Any]

    @property
    def method(self) -> str | None:
        """The method."""

    @property
    def path_info(self) -> str:
        """The path."""

    @property
    def body(self) -> bytes:
        """The body, read when it is first asked for. Raises: `OSError` when it cannot be."""


class Limits:
    """The limits of one worker."""

    def __init__(self, routes: Mapping[str, Route] = ROUTES, reading: Route = READING) -> None:
        self._routes = routes
        self._buckets = {path: Bucket(route.rate, route.burst) for path, route in routes.items()}
        self._reading = Bucket(reading.rate, reading.burst)
        self._senders: dict[str, Bucket] = {}

    def check(self, request: Asked) -> None:
        """Check a request before its body is read.

        Raises: `Refused` or `Malformed` with the reason.
        """
        route = self._routes.get(request.path_info) if request.method == "POST" else None
        if route is None:
            _take(self._reading)
            return
        if not route.signed:
            _take(self._buckets[request.path_info])
        _check_type(request, route)
        _check_length(request)

    def count(self, request: Asked, sender: str | None) -> None:
        """Count a request of a route whose bodies are signed: for who is known by that name, or among all strangers.

        Raises: `Refused`.
        """
        _take(self._buckets[request.path_info] if sender is None else self._known(sender))

    def _known(self, sender: str) -> Bucket:
        return self._senders.setdefault(sender, Bucket(KNOWN.rate, KNOWN.burst))


def _take(bucket: Bucket) -> None:
    if not bucket.take():
        raise Refused("too-many-requests", "More people are here than this server can take. Try again in a while.")


def _check_type(request: Asked, route: Route) -> None:
    kind = request.META.get("CONTENT_TYPE", "")
    if kind.partition(";")[0].strip().lower() != route.content_type or request.META.get("HTTP_CONTENT_ENCODING"):
        raise Malformed("bad-content-type", f"This address takes {route.content_type}, not compressed.")


def _check_length(request: Asked) -> None:
    length = request.META.get("CONTENT_LENGTH", "")
    if "HTTP_TRANSFER_ENCODING" in request.META or not length:
        raise Malformed("length-required", "The length of the body has to be told before it is sent.")
    if not (length.isascii() and length.isdigit()):
        raise Malformed("bad-request", "The length of the body is not a number.")
    if len(length) > len(str(LONGEST)) or int(length) > LONGEST:
        raise Malformed("too-long", f"At most {LONGEST:,} octets can be sent here.")


class BodyReader:
    """Reads bodies, a limited number at once.

    A thread that reads waits for whoever sends, and a sender can be slow on purpose. So some threads never read a
    body: pages and logs are served whatever happens here. (A proxy that buffers bodies keeps slow senders out.)
    """

    def __init__(self, at_once: int = READERS) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    def read(self, request: Asked) -> None:
        """Read the body now, so that handlers find all of it.

        Raises: `Malformed` when less came than was announced, `Unavailable` when too many are being read.
        """
        if not self._free.acquire(blocking=False):
            raise Unavailable("busy", "The server is busy. Try again in a few seconds.")
        try:
            if len(request.body) == int(request.META["CONTENT_LENGTH"]):
                return
        except OSError:
            pass
        finally:
            self._free.release()
        raise Malformed("body-truncated", "The connection ended before the whole body was sent.")


#: This worker's, for every way that a request takes: two of them would let slow senders hold every thread.
BODIES: Final = BodyReader()
