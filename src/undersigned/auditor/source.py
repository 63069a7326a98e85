"""Where an audit reads from: a published folder or an address (`docs/protocol.md`, section 5).

Both hold the same files under the same paths: `registry/` and `log/` each with `checkpoint` and `tile/…`,
`registry.vkey`, `log.vkey`, `documents/<digest>`, and perhaps pages and the client's files. Nothing here believes what
it reads.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import httpx

from undersigned.errors import Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.protocol.letter import MAX_DOCUMENT
from undersigned.protocol.names import MAX_LIST
from undersigned.tlog.note import MAX_NOTE
from undersigned.tlog.tile import TILE_SIZE, TILE_WIDTH
from undersigned.values import MAX_ENTRY

REGISTRY: Final = "registry"
LOG: Final = "log"
#: Octets of the longest entry bundle, which is the longest file of all.
MAX_FILE: Final = TILE_WIDTH * (2 + MAX_ENTRY)
MAX_VKEY: Final = 1024
#: Octets of the longest page or file of the client.
MAX_SERVED: Final = 1 << 22
#: The page of a folder: an address is asked for the folder, as a browser does.
INDEX: Final = "index.html"
#: Codes of what may be a passing trouble of the network, not something that is wrong.
TROUBLE: Final = frozenset(("network", "status", "unreadable"))

#: Seconds until a silent server counts as absent, and how often it is asked again.
TIMEOUT: Final = 20.0
ATTEMPTS: Final = 3
CONNECTIONS: Final = 4
_LONGEST_WAIT: Final = 10.0


class Source(Protocol):
    """What an audit needs of the place that it reads."""

    place: str

    def read(self, path: str) -> bytes:
        """Return the file at a path.

        Raises: `Withheld` where there is none, `Unavailable` when it cannot be had now, `Malformed` when it is
        longer than any file of this path may be.
        """

    def close(self) -> None:
        """Let go of connections."""


def longest(path: str) -> int:
    """Octets that the file at a path has at most."""
    name = path.rpartition("/")[2]
    if name == "checkpoint":
        return MAX_NOTE
    if name.endswith(".vkey"):
        return MAX_VKEY
    if path.startswith("documents/"):
        return MAX_DOCUMENT
    if not path.startswith((f"{REGISTRY}/", f"{LOG}/")):
        return MAX_LIST if name == "names.json" else MAX_SERVED
    return MAX_FILE if "/entries/" in path else TILE_SIZE


def asked(path: str) -> str:
    """What an address is asked for a file: for the page of a folder the folder."""
    return path.removesuffix(INDEX) if path.rpartition("/")[2] == INDEX else path


def _too_long(path: str) -> Malformed:
    return Malformed("too-long", f"{path} is longer than it may be.")


def _missing(path: str) -> Withheld:
    return Withheld("no-file", f"There is no {path}.")


class FolderSource:
    """A published folder: `public/` of an instance, or an archive of it."""

    def __init__(self, folder: Path) -> None:
        inner = folder / "public"
        self._folder = inner if (inner / REGISTRY).is_dir() and not (folder / REGISTRY).is_dir() else folder
        self.place = str(self._folder)

    def read(self, path: str) -> bytes:
        """See `Source`."""
        try:
            if not (self._folder / path).is_file():
                # A pipe named like a tile would be waited for without end.
                raise _missing(path)
            with (self._folder / path).open("rb") as file:
                octets = file.read(longest(path) + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise _missing(path) from error
        except OSError as error:
            raise Unavailable("unreadable", f"{path} cannot be read: {error.strerror}.") from error
        if len(octets) > longest(path):
            raise _too_long(path)
        return octets

    def close(self) -> None:
        """See `Source`."""


class WebSource:
    """An address: GET requests for these files and nothing else, over a few connections, following no redirect."""

    def __init__(
        self, address: str, *, client: httpx.Client | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.place = address.rstrip("/")
        self._sleep = sleep
        self._client = client or httpx.Client(
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            # Nothing packed: a few octets could unpack to more than fits into memory.
            headers={"User-Agent": "undersigned-audit", "Accept": "*/*", "Accept-Encoding": "identity"},
        )

    def read(self, path: str) -> bytes:
        """See `Source`. A server that is busy, or a connection that breaks, is tried again a few times."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._get(path)
            except (Unavailable, httpx.RequestError) as error:
                if attempt == ATTEMPTS:
                    raise self._gone(path, error) from error
                self._sleep(min(2.0 ** (attempt - 1), _LONGEST_WAIT))
        raise AssertionError("the last attempt returns or raises")

    def _gone(self, path: str, error: Exception) -> Unavailable:
        if isinstance(error, UndersignedError):
            return Unavailable(error.code, error.words)
        why = "did not answer in time" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
        return Unavailable("network", f"{self.place} {why} (asked for {path}, {ATTEMPTS} times).")

    def _get(self, path: str) -> bytes:
        with self._client.stream("GET", f"{self.place}/{asked(path)}") as answer:
            status = answer.status_code
            if status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
                raise _missing(path)
            if answer.is_redirect:
                raise Refused("redirect", f"The server points from {path} to another address: audit that one instead.")
            if status != httpx.codes.OK:
                raise Unavailable("status", f"The server answered {status} instead of giving {path}.")
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise Refused("encoding", f"The server gives {path} in an encoding that was not asked for.")
            parts, length = [], 0
            for part in answer.iter_bytes():
                length += len(part)
                if length > longest(path):
                    raise _too_long(path)
                parts.append(part)
            return b"".join(parts)

    def close(self) -> None:
        """See `Source`."""
        self._client.close()


def open_source(place: str) -> Source:
    """Return the source for an address (`http://`, `https://`) or a folder.

    Raises: `Malformed` when it is neither.
    """
    if place.startswith(("http://", "https://")):
        try:
            parsed = httpx.URL(place)
        except httpx.InvalidURL as error:
            raise Malformed("bad-address", f"{place} is not an address.") from error
        if not parsed.host or parsed.query or parsed.fragment or parsed.userinfo:
            raise Malformed("bad-address", "An address has a host and perhaps a path, and nothing behind it.")
        return WebSource(place)
    folder = Path(place)
    if not folder.is_dir():
        raise Malformed("no-place", f"There is no folder {place}. An address begins with https:// or http://.")
    return FolderSource(folder)


def within(source: Source, log: str) -> Callable[[str], bytes]:
    """Return a reader of the files of one log, by their paths within it."""
    return lambda path: source.read(f"{log}/{path}")
