"""Writes that are either there whole or not at all, also after the power fails; secrets that somebody wrote."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from undersigned.errors import Unavailable

_EVERYONE_READS: Final = 0o004
_OTHERS: Final = 0o077
#: Octets of the longest secret in a line.
_LONGEST: Final = 1000


def leave_no_image() -> None:
    """Let no image of this process's memory be written when it breaks: keys, codes and words are in it."""
    with contextlib.suppress(ImportError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def keep_private() -> None:
    """Let this process make files that its own account alone can read, and leave no image of its memory.

    What is public is opened to everyone by whoever writes it.
    """
    os.umask(0o077)
    leave_no_image()


def _make_folder(folder: Path, mode: int) -> None:
    """Make a folder and those above it, all of one mode whatever the umask; those that are there stay as they are."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, mode)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock that a file of this name is: one thread of one process at a time."""
    with path.open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644, mtime: int | None = None) -> None:
    """Write a file by way of a temporary one beside it, synced before and after the rename.

    Its mode is `mode` whatever the umask; folders that are missing can be entered by whoever may read the file.
    `mtime` in seconds since 1970 is set where given, so that times of files say nothing finer.
    """
    _make_folder(path.parent, 0o755 if mode & _EVERYONE_READS else 0o700)
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)
        file.write(data)
        file.flush()
        if mtime is not None:
            os.utime(file.fileno(), (mtime, mtime))
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def secret_line(path: Path, what: str) -> str:
    """Read a secret, one line, of a file that its own account alone can read; `what` is its name, like `password`.

    Raises: `Unavailable`, with the code `no-` and that name.
    """
    try:
        with path.open("rb") as file:
            open_to_others = os.fstat(file.fileno()).st_mode & _OTHERS
            text = file.read(_LONGEST).decode("utf-8").strip()
    except (OSError, ValueError) as error:
        raise Unavailable(f"no-{what}", f"The {what} cannot be read from {path}.") from error
    if open_to_others or not text:
        raise Unavailable(f"no-{what}", f"{path} has to hold the {what} and be closed to all others (chmod 600).")
    return text
