"""The keeper's process: a socket in the file system, one request a connection, and silence.

Who may speak to it is what the socket's mode says: its own account and its group, which the server belongs to.
"""

import asyncio
import fcntl
import logging
import os
import resource
import secrets
import signal
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from undersigned.errors import Conflict, Malformed, Refused, Unavailable
from undersigned.keeper.counting import Counts
from undersigned.keeper.keys import KeyFolder
from undersigned.keeper.service import Keeper, Pace
from undersigned.protocol.keeping import MAX_REQUEST
from undersigned.storage.files import keep_private

#: Connections at once; more wait in the system's queue.
AT_ONCE: Final = 256
#: Seconds in which a request has to be there whole, and its answer taken.
PATIENCE: Final = 2.0
_QUEUE: Final = 4096
_MODE: Final = 0o660
#: Octets of the longest path of a socket.
_LONGEST: Final = 107
_CREDENTIALS: Final = struct.Struct("3i")
_LOCK: Final = "lock"


def serve(folder: Path, path: Path, pace: Pace) -> None:
    """Answer at the socket `path` with the keys in `folder` until SIGTERM or SIGINT.

    Raises: `Conflict` when these keys are served already, `Refused` for a folder that is open to others, `Malformed`
    and `Unavailable` for a path where no socket can be.
    """
    keep_private()
    keys = KeyFolder(folder, secrets.token_bytes)
    keys.open()
    keeper = Keeper(keys, Counts(time.monotonic, secrets.token_bytes), pace, time.monotonic)
    _quiet()
    with _alone(folder), _listening(path) as listening:
        asyncio.run(_Server(keeper, listening).run())


def _quiet() -> None:
    """Let the event loop write nothing, and have a file handle for every connection."""
    logger = logging.getLogger("asyncio")
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = False
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * AT_ONCE), hard))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict("keeper-runs", f"A keeper runs with the keys in {folder} already.") from error
        yield


# ── the socket ──


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Make the socket, for the keeper's account and its group alone, and remove it in the end."""
    _check_place(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        before = os.umask(0o777 & ~_MODE)
        try:
            listening.bind(str(path))
        except OSError as error:
            raise Unavailable("no-socket", f"No socket can be made at {path}: {error.strerror}.") from error
        finally:
            os.umask(before)
        listening.listen(_QUEUE)
        listening.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        try:
            yield listening
        finally:
            path.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    """Check that nobody else can put a socket where the server looks for this one; remove what a crash left there.

    Raises: `Malformed`, `Refused`, `Conflict` or `Unavailable` with the reason.
    """
    if len(os.fsencode(path)) > _LONGEST:
        raise Malformed("socket-path", f"The path of a socket has at most {_LONGEST} octets. Take a shorter one.")
    try:
        found = path.parent.stat()
    except OSError as error:
        raise Unavailable("no-folder", f"There is no folder {path.parent} for the socket. Make it first.") from error
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or found.st_uid not in {0, os.geteuid()}:
        raise Refused(
            "socket-folder",
            f"Others can write to {path.parent}, and could put a socket of their own in this place. "
            "Take a folder to which the keeper's account alone can write.",
        )
    if path.is_socket():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                path.unlink()
                return
        raise Conflict("keeper-runs", f"A keeper listens at {path} already.")
    if path.exists():
        raise Conflict("socket-taken", f"At {path} there is something else. Name another path.")


# ── requests ──


class _Server:
    """Answers connections until it is told to stop."""

    def __init__(self, keeper: Keeper, listening: socket.socket) -> None:
        self._keeper, self._listening = keeper, listening
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Accept until SIGTERM or SIGINT, then let what is under way end."""
        loop = asyncio.get_running_loop()
        accepting = asyncio.ensure_future(self._accept())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, accepting.cancel)
        with suppress(asyncio.CancelledError):
            await accepting
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)

    async def _accept(self) -> None:
        loop, slots = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
        while True:
            await slots.acquire()
            try:
                connection, _ = await loop.sock_accept(self._listening)
            except OSError:  # out of file handles, for a moment
                slots.release()
                await asyncio.sleep(0.05)
                continue
            task = asyncio.create_task(self._converse(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: slots.release())

    async def _converse(self, connection: socket.socket) -> None:
        """Read one request, answer it, close. Whatever happens, it happens to this connection alone."""
        loop = asyncio.get_running_loop()
        with connection, suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                line = await _line(connection)
                await loop.sock_sendall(connection, self._answered(line, own=_own(connection)))

    def _answered(self, line: bytes, *, own: bool) -> bytes:
        try:
            return self._keeper.answer(line, own=own)
        except Exception as error:  # noqa: BLE001 - one request must not end the keeper
            # The class alone: the message may hold what somebody sent.
            print(f"undersigned keeper: {type(error).__name__}", file=sys.stderr, flush=True)  # noqa: T201 - as said
            return b""


async def _line(connection: socket.socket) -> bytes:
    """Read until a line feed, the end, or more octets than a request may have."""
    loop, line = asyncio.get_running_loop(), b""
    while len(line) <= MAX_REQUEST and not line.endswith(b"\n"):
        more = await loop.sock_recv(connection, MAX_REQUEST + 1 - len(line))
        if not more:
            break
        line += more
    return line


def _own(connection: socket.socket) -> bool:
    """Tell whether the keeper's own account, or root, is at the other end, where the system says so."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return False
    _, user, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return user in {0, os.geteuid()}
