"""The demonstration's server: `undersigned serve` as processes of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

import httpx

from undersigned.errors import Unavailable

_WAIT: Final = 60.0
_STOP: Final = 15.0


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Runs the server until the block ends; what it prints goes to `output`.

    `ready` is what it answers once it runs.
    """

    def __init__(self, directory: Path, port: int, output: Path, ready: str = "registry/checkpoint") -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.output = output
        self._ready = ready
        self._command = [sys.executable, "-m", "undersigned", "serve", "--dir", str(directory), "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self._command, stdout=output, stderr=output, env=dict(os.environ), start_new_session=True
            )
        deadline = time.monotonic() + _WAIT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/{self._ready}", timeout=2).status_code == httpx.codes.OK:
                    return self
            time.sleep(0.1)
        self.stop()
        raise Unavailable("server-start", f"The server did not start. What it said is in {self.output}.")

    def wait(self) -> None:
        """Wait until the server ends by itself or is stopped."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """End the server and all its processes."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def __exit__(self, *_: object) -> None:
        self.stop()
