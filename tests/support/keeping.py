"""A real keeper as a process of its own, and something that listens in on its socket."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from undersigned.subjects.keeper_client import KeeperClient

COUNTING = bytes(range(32))


class Place:
    """A folder of keys and a path for the socket, short enough for one; the keeper is started and stopped at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.socket = folder / "keeper.sock"
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the place
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, environment: dict[str, str] | None = None) -> "Place":
        words = ["keeper", "--dir", str(self.keys), "--socket", str(self.socket), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "undersigned", *words],
            stdout=self.log,
            stderr=self.log,
            env=os.environ | (environment or {}),
        )
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.socket))
                return self
            time.sleep(0.02)
        raise AssertionError(f"the keeper did not start: {self.said()!r}")

    def client(self, patience: float = 20.0, path: Path | None = None) -> KeeperClient:
        """A client that waits long, since a test's machine may be busy."""
        return KeeperClient(path or self.socket, lambda: COUNTING, patience=patience)

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def said(self) -> bytes:
        self.log.seek(0)
        return self.log.read()

    def raw(self, sent: bytes) -> bytes:
        """What comes back for these octets, which need not be a request."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.socket))
            with contextlib.suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            got = b""
            with contextlib.suppress(ConnectionResetError):
                while more := connection.recv(65_536):
                    got += more
        return got


@contextlib.contextmanager
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="keeper-"))
    here = Place(folder)
    try:
        yield here
    finally:
        if here.process is not None and here.process.poll() is None:
            here.process.send_signal(signal.SIGCONT)
            here.process.kill()
            here.process.wait()
        here.log.close()
        shutil.rmtree(folder)


class Tap:
    """Passes connections on to a socket, one at a time, and keeps every octet that crosses, both ways."""

    def __init__(self, path: Path, behind: Path) -> None:
        self.path, self._behind = path, behind
        self.crossed: list[bytes] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError), self._listening:
            while True:
                here, _ = self._listening.accept()
                with here, socket.socket(socket.AF_UNIX) as there:
                    there.connect(str(self._behind))
                    self._pass(here, there)

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        """Pass one request on, and its answer back."""
        for one, other in ((here, there), (there, here)):
            octets = b""
            while not octets.endswith(b"\n"):
                more = one.recv(65_536)
                if not more:
                    break
                octets += more
            self.crossed.append(octets)
            other.sendall(octets)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
