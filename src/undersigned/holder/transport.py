"""How a holder reaches an instance: over HTTP, or, for reading alone, a folder.

Every holder sends the same headers, no cookie and nothing of the person's device or language. Redirects
are never followed, so nothing goes to a host that the person did not name. Each message that is sent
goes over a connection of its own, so that joining and signing do not share one.
"""

import json
import ssl
import time
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Final, Protocol

import httpx

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.values import check_depth, code_word, fields, text

#: Octets of an answer to a message, at most.
MAX_ANSWER: Final = 1 << 20
#: Seconds without a single octet, and seconds for one whole exchange.
SILENCE: Final = 20.0
WHOLE: Final = 120.0

#: Codes of errors after which nobody knows whether a message arrived.
NO_ANSWER: Final = ("no-answer", "too-slow")

ACT: Final = "application/octet-stream"
JSON: Final = "application/json"

_PROBLEM: Final = "urn:undersigned:problem:"
_WORDS: Final = 600
#: The same for everyone, in this order; httpx's own would name its version.
_HEADERS: Final = {"user-agent": "undersigned", "accept": "*/*", "accept-encoding": "identity"}
_OK: Final = 200
_PAST_OK: Final = 300
_PAST_REDIRECT: Final = 400
_FAMILIES: Final[dict[int, type[UndersignedError]]] = {
    400: Malformed,
    403: Refused,
    404: Withheld,
    409: Conflict,
    413: Malformed,
    415: Malformed,
    422: Malformed,
    429: Unavailable,
    503: Unavailable,
}


class Transport(Protocol):
    """Where an instance is. Paths are relative to its address and begin without a slash."""

    def get(self, path: str, limit: int) -> bytes:
        """Return the file at `path`, at most `limit` octets.

        Raises: `Withheld` where there is none; `Refused` or `Unavailable` when the answer is no good.
        """

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        """Send a message; return the answer.

        Raises: the family and the words of the server's problem document.
        """


class FolderTransport:
    """A folder with what an instance publishes, for instance an archive: it can be read, not signed in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str, limit: int) -> bytes:
        """Return a file of the folder. Raises: `Withheld`, `Refused`."""
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Withheld("no-file", f"There is no {path} in {self._folder}.") from error
        _within(len(data), limit, path)
        return data

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        """Raise `Refused`: a folder takes no messages."""
        del path, body, content_type
        raise Refused("only-a-folder", "A folder can be read, not signed in. Use the address of the instance.")


class HttpTransport:
    """An instance at an address as `address.instance` returns it.

    `proxy` is an address like `http://127.0.0.1:8118` or `socks5h://127.0.0.1:9050`; nothing is read from
    the environment. May be used from several threads.
    """

    def __init__(self, base: str, *, proxy: str | None = None, silence: float = SILENCE, whole: float = WHOLE) -> None:
        self._base = base
        self._whole = whole
        # Reading may keep a connection open; what is sent never shares one.
        self._reader = _client(proxy, silence, keep=4)
        self._sender = _client(proxy, silence, keep=0)

    def get(self, path: str, limit: int) -> bytes:
        """Return the file at `path`. Raises: as `Transport.get`."""
        request = self._reader.build_request("GET", f"{self._base}/{path}", headers=_HEADERS)
        status, data = self._exchange(self._reader, request, limit, path)
        if status != _OK:
            raise _problem(status, data)
        return data

    def post(self, path: str, body: bytes, content_type: str) -> bytes:
        """Send a message. Raises: as `Transport.post`."""
        headers = _HEADERS | {"connection": "close", "content-type": content_type}
        request = self._sender.build_request("POST", f"{self._base}/{path}", headers=headers, content=body)
        status, data = self._exchange(self._sender, request, MAX_ANSWER, path)
        if not _OK <= status < _PAST_OK:
            raise _problem(status, data)
        return data

    def close(self) -> None:
        """Close the connections."""
        self._reader.close()
        self._sender.close()

    def _exchange(self, client: httpx.Client, request: httpx.Request, limit: int, path: str) -> tuple[int, bytes]:
        end = time.monotonic() + self._whole
        data = bytearray()
        try:
            response = client.send(request, stream=True)
            try:
                for chunk in response.iter_raw():
                    data += chunk
                    _within(len(data), limit, path)
                    if time.monotonic() > end:
                        raise Unavailable("too-slow", "The server is too slow. Try again later.")
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(
                "no-answer", f"{self._base} does not answer ({_kind(error)}). Try again later."
            ) from error
        if _PAST_OK <= response.status_code < _PAST_REDIRECT:
            raise Refused(
                "redirect", f"{self._base} sends you to another address. Nothing was sent there. Check the address."
            )
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Refused("bad-answer", "The server answered in an encoding that was not asked for.")
        return response.status_code, bytes(data)


def _client(proxy: str | None, silence: float, *, keep: int) -> httpx.Client:
    limits = httpx.Limits(max_keepalive_connections=keep)
    try:
        # trust_env would add names and passwords from a .netrc file, and other proxies.
        client = httpx.Client(
            verify=_tls(), proxy=proxy, timeout=silence, limits=limits, trust_env=False, follow_redirects=False
        )
    except (ValueError, ImportError) as error:
        raise Malformed("bad-proxy", f"This proxy cannot be used: {error}") from error
    client.headers.clear()
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Made once a process: it reads all certificate authorities."""
    return httpx.create_ssl_context()


def _kind(error: Exception) -> str:
    """What failed, in a word or two; the library's own text may hold addresses."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return "the connection broke"


def _within(length: int, limit: int, path: str) -> None:
    if length > limit:
        raise Refused("answer-too-long", f"The answer for {path} is longer than {limit:,} octets. It was not read.")


def _problem(status: int, data: bytes) -> UndersignedError:
    """The server's problem document (RFC 9457) as an error of our families, in its words."""
    family = _FAMILIES.get(status, Unavailable)
    try:
        check_depth(data)
        got = json.loads(data[: _WORDS * 8].decode())
        kind, words = str(got["type"]), text(got["title"], limit=_WORDS, what="The server's answer")
        return family(code_word(kind.removeprefix(_PROBLEM)), words.replace("\n", " "))
    except (ValueError, TypeError, KeyError, UndersignedError):
        return family("bad-answer", f"The server answered with the status {status} and without a reason.")


def parse_answer(data: bytes, names: tuple[str, ...]) -> dict[str, object]:
    """Read an answer that is a JSON object with exactly these fields. Raises: `Malformed`."""
    check_depth(data)
    try:
        got = json.loads(data.decode())
    except ValueError as error:
        raise Malformed("bad-answer", "The server's answer is not JSON.") from error
    return fields(got, names, "The server's answer")
