"""Files of the ledger: the public folder that everyone reads, and the staging folder that nobody does.

Public folder. Trust: whoever can modify it can take the log away or show an older state; they cannot add,
change or remove an act without every audit, and every holder's client, noticing: all is under signed checkpoints.

Staging folder. Trust: whoever can modify it can keep a round that was interrupted from being finished; they
cannot put anything into it, since the database names it by its digest. Whoever reads it learns what the next
moment publishes.
"""

import calendar
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from undersigned.errors import Unavailable, Withheld
from undersigned.values import canonical, digest, parse_canonical, sha256_hex, tick

#: Is told the name of each step of a commit when it is done.
Step = Callable[[str], None]
STEPS: Final = (
    "staged", "moved", "swapped", "tile", "tiles", "witnessed", "published", "settled", "swept", "rewritten",
)  # fmt: skip

CHECKPOINT: Final = "checkpoint"
_LOCK: Final = "lock"
_TEMPORARY: Final = ".new"
_MAX_HEADER: Final = 1 << 26


def seconds(hour: str) -> int:
    """Seconds since 1970 of a tick: the one time that files of a round bear."""
    return calendar.timegm(time.strptime(tick(hour), "%Y-%m-%dT%H:%M:%SZ"))


def _sync_folder(folder: Path, mtime: int | None = None) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        if mtime is not None:
            os.utime(handle, (mtime, mtime))
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durable in its parent."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    _sync_folder(folder.parent)


class Staging:
    """What is on its way: temporary files and the staged files of rounds, in a folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock that lets one process and thread at a time append or recover."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # somebody may have tidied it away
        handle = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def write(self, target: Path, data: bytes, *, mtime: int | None = None, mode: int = 0o644) -> None:
        """Write a file whole and synced, then move it to its place; its folder is not synced yet."""
        temporary = self._folder / (secrets.token_hex(8) + _TEMPORARY)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)  # whatever the umask: what is public may be read by a web server beside
            file.write(data)
            file.flush()
            if mtime is not None:
                os.utime(file.fileno(), (mtime, mtime))
            os.fsync(file.fileno())
        temporary.replace(target)

    def write_all(self, folder: Path, files: Mapping[str, bytes], mtime: int) -> None:
        """Write files into one folder, all durable when this returns."""
        _make_folder(folder)
        for name, data in files.items():
            self.write(folder / name, data, mtime=mtime)
        _sync_folder(folder, mtime)

    def stage(self, log: str, bundle: "Bundle") -> str:
        """Make an append's files durable under a name that holds their digest."""
        octets = bundle.encode()
        name = f"{log}-{sha256_hex(octets)}"
        self.write(self._folder / name, octets, mode=0o600)
        _sync_folder(self._folder)
        return name

    def staged(self, name: str) -> "Bundle":
        """Read what was staged. Raises: `Unavailable` when it is not there whole."""
        try:
            octets = (self._folder / name).read_bytes()
        except FileNotFoundError as error:
            raise Unavailable("staged-missing", "A round was begun whose files are not on this machine.") from error
        if name.rpartition("-")[2] != sha256_hex(octets):
            raise Unavailable("staged-damaged", "The files of a round that was begun are damaged.")
        return Bundle.decode(octets)

    def sweep(self, keep: set[str]) -> None:
        """Remove whatever a crash left here, but for the staged files named."""
        for path in self._folder.iterdir():
            if path.name not in keep | {_LOCK}:
                path.unlink(missing_ok=True)
        _sync_folder(self._folder)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files of one append by their path below the log's folder, and the time that they all bear."""

    mtime: int
    files: Mapping[str, bytes]

    def encode(self) -> bytes:
        """Octets: a line of JSON with names and lengths, then the files one after the other."""
        header = {"files": [[path, len(data)] for path, data in self.files.items()], "mtime": self.mtime}
        return b"".join((canonical(header), b"\n", *self.files.values()))

    @classmethod
    def decode(cls, octets: bytes) -> "Bundle":
        """Read what `encode` wrote and a digest vouches for."""
        header, _, rest = octets.partition(b"\n")
        got = parse_canonical(header, limit=_MAX_HEADER)
        files, at = {}, 0
        for path, length in got["files"]:
            files[path] = rest[at : at + length]
            at += length
        return cls(got["mtime"], files)


class TileStore:
    """One log's folder: `checkpoint`, tiles and entry bundles."""

    def __init__(self, folder: Path, staging: Staging) -> None:
        self._folder = folder
        self._staging = staging

    def read(self, path: str) -> bytes:
        """Octets of a file below the log's folder. Raises: `Withheld` when there is none."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Withheld("no-file", "There is no such file in this log.") from error

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, None before the first one."""
        try:
            return self.read(CHECKPOINT)
        except Withheld:
            return None

    def write(self, path: str, data: bytes, mtime: int) -> None:
        """Write one tile or bundle whole; `sync` makes its name durable."""
        target = self._folder / path
        _make_folder(target.parent)
        self._staging.write(target, data, mtime=mtime)

    def sync(self, bundle: Bundle) -> None:
        """Make the names of a bundle's files durable; folders bear the bundle's time too."""
        folders = {self._folder}
        for path in bundle.files:
            within = (self._folder / path).relative_to(self._folder).parents
            folders |= {self._folder / parent for parent in within}
        for folder in sorted(folders, reverse=True):
            _sync_folder(folder, bundle.mtime)

    def publish(self, checkpoint: bytes, mtime: int) -> None:
        """Put a checkpoint in place of the one before, by rename."""
        self._staging.write_all(self._folder, {CHECKPOINT: checkpoint}, mtime)


class Documents:
    """Letters, terms and other texts, each under its SHA-256.

    Trust: whoever can modify this folder can take a document away; they cannot put another text in its place
    without every reader noticing.
    """

    def __init__(self, folder: Path, staging: Staging) -> None:
        self._folder = folder
        self._staging = staging

    def write(self, documents: Mapping[str, bytes], mtime: int) -> None:
        """Write documents durably under their digests (checked by the caller)."""
        self._staging.write_all(self._folder, documents, mtime)

    def read(self, name: str) -> bytes:
        """Octets of a document. Raises: `Withheld` when there is none, `Unavailable` when it is damaged."""
        try:
            octets = (self._folder / digest(name)).read_bytes()
        except FileNotFoundError as error:
            raise Withheld("no-document", "There is no such document, or it was taken down.") from error
        if hashlib.sha256(octets).hexdigest() != name:
            raise Unavailable("document-damaged", "The document on this server is damaged.")
        return octets

    def remove(self, names: set[str]) -> None:
        """Take documents down durably; those already gone are no matter."""
        present = [self._folder / name for name in names if (self._folder / name).exists()]
        if present:
            mtime = int(self._folder.stat().st_mtime)
            for path in present:
                path.unlink(missing_ok=True)
            _sync_folder(self._folder, mtime)
