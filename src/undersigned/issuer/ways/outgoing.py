"""Requests of the issuer to an account's provider: few, short, to one address each, and nothing of them kept.

No redirect is followed, no cookie taken, nothing read from the environment; sizes and times are bounded, so that a
provider that is slow, huge or hostile costs a person a new try and the server nothing.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import httpx

from undersigned.asking.exchange import tls, within
from undersigned.errors import Unavailable, UndersignedError
from undersigned.protocol.account import host_of
from undersigned.values import check_depth

#: Octets of the longest answer.
MAX_ANSWER: Final = 1 << 18
#: Seconds without a single octet, and seconds for one whole exchange.
SILENCE: Final = 5.0
WHOLE: Final = 12.0
#: Exchanges of one worker at once: fewer than it has threads, so that a provider that hangs does not stop everything.
AT_ONCE: Final = 8
_OK: Final = 200
_REDIRECT: Final = range(300, 400)
_SERVER: Final = 500
_HEADERS: Final = {"user-agent": "undersigned", "accept": "application/json", "accept-encoding": "identity"}
_HERE: Final = ("127.0.0.1", "localhost")

AWAY: Final = (
    "The place where you sign in does not answer this server. Nothing was stored. Sign in anew in a few minutes."
)


class _Auth(Protocol):
    """How Authlib says who this client is (`authlib.oauth2.auth.ClientAuth`)."""

    def prepare(self, method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
        """Return address, headers and body with the client's name, and its secret where it has one."""


class Answer:
    """An answer that was read whole: its status, and its body where that is a JSON object."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self._body = body

    def json(self) -> dict[str, Any]:
        """Return the JSON object. Raises: `Unavailable`."""
        try:
            check_depth(self._body)
            got = json.loads(self._body.decode("utf-8"))
        except (ValueError, UndersignedError) as error:
            raise _odd() from error
        if not isinstance(got, dict):
            raise _odd()
        return got

    def raise_for_status(self) -> None:
        """Raise `Unavailable` for a status that is no success."""
        if self.status_code != _OK:
            raise Unavailable("provider-away", AWAY)


class Outgoing:
    """What reaches providers: at most `AT_ONCE` exchanges at once. May be used from several threads.

    `proxy` is an address like `http://127.0.0.1:8118` or `socks5h://127.0.0.1:9050`; this machine itself, where a
    demonstration's provider is, is reached without.
    """

    def __init__(self, proxy: str | None = None, *, silence: float = SILENCE, whole: float = WHOLE) -> None:
        self._proxy, self._silence, self._whole = proxy, silence, whole
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def get(self, url: str) -> dict[str, Any]:
        """Return the JSON object at an address. Raises: `Unavailable`."""
        answer = self._exchange("GET", url, _HEADERS, b"")
        answer.raise_for_status()
        return answer.json()

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: _Auth) -> Answer:
        """Send a form, as Authlib asks for it. Raises: `Unavailable`."""
        form = {"content-type": "application/x-www-form-urlencoded"}
        uri, more, body = auth.prepare("POST", url, _HEADERS | form, urlencode(data))
        del headers
        answer = self._exchange("POST", uri, more, body.encode("ascii"))
        if answer.status_code >= _SERVER:
            answer.raise_for_status()
        return answer

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not self._free.acquire(blocking=False):
            raise Unavailable("busy", "Many people sign in just now. Sign in anew in a few minutes.")
        try:
            with self._client(url) as client, within(self._whole) as trace:
                extensions = {"timeout": httpx.Timeout(self._silence).as_dict(), "trace": trace}
                request = client.build_request(method, url, headers=dict(headers), content=body, extensions=extensions)
                return self._read(client, request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The library's own text may hold addresses.
            raise Unavailable("provider-away", AWAY) from error
        finally:
            self._free.release()

    def _read(self, client: httpx.Client, request: httpx.Request) -> Answer:
        data = bytearray()
        response = client.send(request, stream=True)
        try:
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MAX_ANSWER:
                    raise _odd()
        finally:
            response.close()
        if response.status_code in _REDIRECT or response.headers.get("content-encoding", "identity") != "identity":
            raise _odd()
        return Answer(response.status_code, bytes(data))

    @contextmanager
    def _client(self, url: str) -> Iterator[httpx.Client]:
        proxy = None if host_of(url) in _HERE else self._proxy
        with httpx.Client(
            verify=tls(), proxy=proxy, timeout=self._silence, trust_env=False, follow_redirects=False
        ) as client:
            client.headers.clear()
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            yield client


def _odd() -> Unavailable:
    return Unavailable(
        "provider-odd",
        "The place where you sign in answers in a way that this server does not take. Nothing was stored. "
        "Tell whoever runs this server.",
    )
