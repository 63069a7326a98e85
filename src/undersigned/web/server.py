"""The server: granian's workers, and a clock that closes the rounds.

    serve ─┬─ worker (granian, WSGI), `config.workers` of them, each with its own connections
           └─ clock, unless the instance is a demonstration, whose clock is moved by hand

Whoever dies is started again; when `serve` ends, for whatever reason, all of them end. Nothing is written about
requests: no access log, and no worker's log names an address or a path.
"""

import fcntl
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from django.db import connections
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from undersigned.bootstrap import ENVIRONMENT, ROOM, Instance, open_instance
from undersigned.config import Config
from undersigned.errors import Conflict, Unavailable, Withheld
from undersigned.web.client_files import publish_client
from undersigned.web.operations import check_issuer
from undersigned.web.processes import PARENT
from undersigned.web.publish import publish

#: Threads of a worker that handle requests, made when needed: proofs are checked one at a time, but acts that wait for
#: the disk together are written together, and slow senders hold a thread each.
THREADS: Final = 64
_STOPPING: Final = 10
_PAUSE: Final = 1.0
_LOCK: Final = "serve.lock"


def serve(config: Config, host: str, port: int, room: str | None = None) -> None:
    """Serve an instance, or one room of it, until SIGTERM or SIGINT; what a crash left is put in order first.

    Rounds are closed by whoever serves the letters; an issuer that is alone settles its own tables on the clock.

    Raises: `Conflict` when it is being served already, `Unavailable` when the port is taken, `Withheld` when the room
    is not here.
    """
    with _alone(config.directory, room):
        _check_port(host, port)
        _prepare(open_instance(config.directory), room)
        connections.close_all()
        os.environ[ENVIRONMENT] = str(config.directory)
        os.environ[ROOM] = room or ""
        os.environ[PARENT] = str(os.getpid())
        multiprocessing.set_start_method("spawn", force=True)
        ticks = config.clock == "system" and (room != "issuer" or "letters" not in config.rooms)
        clock = _Clock(config.directory) if ticks else None
        try:
            while _run(config, host, port, clock):
                threading.Event().wait(_PAUSE)
        finally:
            if clock:
                clock.stop()


def _prepare(instance: Instance, room: str | None) -> None:
    """Put in order and publish what the rooms need that are to be served. Raises: `Withheld` when one is not here."""
    if room == "issuer" or (room is None and instance.letters_side is None):
        instance.issuer.open_epochs()
        return
    instance.ledger.recover()
    check_issuer(instance)
    with suppress(Withheld):  # an installation without the pages for signing: `cli.serve` says so
        publish_client(instance)
    publish(instance, instance.clock.tick())


def _run(config: Config, host: str, port: int, clock: "_Clock | None") -> bool:
    """Run the workers until they are told to stop; true when they ended otherwise and have to be started again."""
    server = Granian(
        "undersigned.web.wsgi:worker",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=config.workers,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        log_level=LogLevels.error,
        log_access=False,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=_STOPPING,
        factory=True,
    )
    if clock:
        server.on_startup(clock.start)
    try:
        server.serve()
    except SystemExit:
        return not server.interrupt_signal
    return False


class _Clock:
    """The process that closes rounds, started again when it ends."""

    def __init__(self, directory: Path) -> None:
        self._command = [sys.executable, "-m", "undersigned.web.clockwork", str(directory)]
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Start the process; once."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            process = subprocess.Popen(self._command)  # noqa: S603 - our own module
            while process.poll() is None and not self._stopped.wait(0.2):
                pass
            if process.poll() is None:
                _end(process)
            self._stopped.wait(_PAUSE)

    def stop(self) -> None:
        """End the process; returns when it is gone."""
        self._stopped.set()
        if self._watcher:
            self._watcher.join()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _alone(directory: Path, room: str | None) -> Iterator[None]:
    """One server at a time, or one for each room."""
    with ExitStack() as stack:
        locks = [(_LOCK, fcntl.LOCK_EX if room is None else fcntl.LOCK_SH)]
        if room is not None:
            locks.append((f"serve-{room}.lock", fcntl.LOCK_EX))
        for name, kind in locks:
            lock = stack.enter_context((directory / name).open("wb"))
            try:
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
            except OSError as error:
                raise Conflict("served-already", f"The instance in {directory} is being served already.") from error
        yield


def _check_port(host: str, port: int) -> None:
    """Refuse a port that somebody listens on: workers share theirs, so they would share it with strangers too."""
    try:
        kind = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(*kind[:2]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(kind[4])
    except OSError as error:
        raise Unavailable("port-taken", f"Nothing can listen on {host}:{port}: {error.strerror}.") from error
