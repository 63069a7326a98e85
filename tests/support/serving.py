"""The real server as processes of its own; as a program, it serves the instance of its first argument."""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import httpx
import psutil

from undersigned.config import FILE, Config
from undersigned.web.server import serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A running server, and what it wrote."""

    directory: Path
    port: int = field(default_factory=free_port)
    log: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    process: "subprocess.Popen[bytes]" = field(init=False)

    def start(self, wait: float = 30) -> "Server":
        command = [sys.executable, __file__, str(self.directory), str(self.port)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if self.process.poll() is not None:
                if b"served already" not in self.said() and b"being served" not in self.said():
                    break
                # The one before is still on its way out, on a busy machine.
                time.sleep(0.5)
                self.log.seek(0)
                self.log.truncate()
                self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/log/checkpoint", timeout=2)
                return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.said()!r}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def family(self) -> list[psutil.Process]:
        """The server's child processes, Python's own helpers left out."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in children if "resource_tracker" not in " ".join(_command(each))]

    def workers(self) -> list[psutil.Process]:
        return [each for each in self.family() if "multiprocessing" in " ".join(_command(each))]

    def said(self) -> bytes:
        self.log.seek(0)
        return self.log.read()


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def gone(processes: list[psutil.Process], wait: float) -> bool:
    """Whether all of these end within so many seconds."""
    return not psutil.wait_procs(processes, timeout=wait)[1]


@contextlib.contextmanager
def serving(directory: Path, port: int | None = None, wait: float = 30) -> Iterator[Server]:
    """Serve an instance for a while, at a free port where none is named."""
    server = Server(directory, port or free_port()).start(wait)
    family = server.family()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait(20)
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        server.log.close()


def here(directory: Path, port: int) -> Config:
    """Read an instance's settings; one on this machine is told its port, which requests to its issuer name."""
    config = Config.read(directory)
    if not config.url.startswith("http://127.0.0.1:"):
        return config
    found = replace(config, url=f"http://127.0.0.1:{port}")
    if found != config:
        (directory / FILE).write_bytes(found.encoded())
    return found


if __name__ == "__main__":
    serve(here(Path(sys.argv[1]), int(sys.argv[2])), "127.0.0.1", int(sys.argv[2]))
