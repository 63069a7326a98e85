"""Kills the whole server with SIGKILL while acts come in over HTTP and another process closes a round.

`crash.py` does it to the ledger alone, at every step. Here it is `undersigned serve` as it is: all its processes and
the one that closes rounds die at once, and the next start puts things in order. Real members, real proofs. Every act
that was answered must be there once, the log must have grown out of every checkpoint seen, and the audit must pass.
"""

import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from crash import Seen, gone_or_waiting
from harness import Figure, arguments, report
from support import instances
from undersigned.auditor.audit import Options as AuditOptions
from undersigned.auditor.audit import audit
from undersigned.auditor.source import FolderSource
from undersigned.demo.server import Server, free_port
from undersigned.storage.keys import KeyStore
from undersigned.web.operations import turn

KILLS, QUICK_KILLS = 25, 4
MEMBERS, WITHDRAWALS = 24, 4
CONNECTIONS = 8
#: Seconds to wait for the first answer: the first proof that a worker checks takes longer than the others.
PATIENCE = 10.0
HEADERS = {"Content-Type": "application/octet-stream"}
ACCEPTED = (httpx.codes.OK, httpx.codes.CREATED)


def hour(number: int) -> str:
    """The tick of an hour counted from the letter's beginning."""
    return f"2026-12-{1 + number // 24:02}T{number % 24:02}:00:00Z"


class Trial:
    """One instance whose server is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.instance = instances.fresh(folder / "instance")
        self.config = self.instance.config
        self.letter = instances.opened(self.instance, instances.letter())
        keys = KeyStore(self.config.keys)
        names = ("registry", "log")
        self.seen = Seen(self.config.public, {name: keys.signing(name, self.config.name).verifier for name in names})
        self._members: list[instances.Member] = []
        self._output = folder / "server.log"

    def bodies(self) -> list[bytes]:
        """New signatures, withdrawals of older ones, and some of them twice."""
        old = random.sample(self._members, min(len(self._members), WITHDRAWALS))
        new = instances.enrol(self.instance, MEMBERS)
        self._members += new
        bodies = [each.padded(self.instance, self.letter) for each in new]
        bodies += [each.padded(self.instance, self.letter, "withdraw") for each in old]
        return random.sample(bodies * 2, len(bodies) * 2)

    def kill(self, number: int) -> None:
        """Serve, send acts, close a round beside it, and end all of that at a random moment."""
        bodies = self.bodies()
        instances.close()
        server = Server(self.config.directory, free_port(), self._output).__enter__()
        closer = self._closer(hour(number))
        senders = [
            threading.Thread(target=self._send, args=(server.url, bodies[at::CONNECTIONS])) for at in range(CONNECTIONS)
        ]
        for sender in senders:
            sender.start()
        before, last = len(self.seen.receipts), time.monotonic() + PATIENCE
        while len(self.seen.receipts) == before and time.monotonic() < last:
            self.seen.look()
        end = time.monotonic() + random.uniform(0, 0.3)
        while time.monotonic() < end:
            self.seen.look()
        process = server._process  # noqa: SLF001 - the product never kills its server, so there is no verb for it
        if process is None or process.poll() is not None:
            raise SystemExit("The server ended by itself, before it was killed.")
        os.killpg(process.pid, signal.SIGKILL)
        os.kill(closer, signal.SIGKILL)
        os.waitpid(closer, 0)
        server.wait()
        for sender in senders:
            sender.join()

    def _closer(self, tick: str) -> int:
        """A process that closes the tick's rounds after a moment, and then waits to be killed."""
        child = os.fork()
        if not child:
            try:
                time.sleep(random.uniform(0, 0.4))
                turn(self.instance, tick)
                signal.pause()
            finally:
                os._exit(1)
        return child

    def _send(self, url: str, bodies: list[bytes]) -> None:
        with httpx.Client(base_url=url, timeout=10, headers=HEADERS) as client:
            for body in bodies:
                try:
                    answer = client.post("/api/acts", content=body)
                except httpx.HTTPError:
                    return  # killed: this act was not acknowledged
                if answer.status_code in ACCEPTED:
                    receipt = answer.json()["receipt"]
                    self.seen.acknowledged(receipt.split("\n")[3], hashlib.sha256(receipt.encode()).hexdigest())

    def check(self) -> None:
        """Put things in order as a start does, then look for every act that was acknowledged."""
        self.instance.ledger.recover()
        self.seen.look()
        self.seen.search(gone_or_waiting())

    def end(self) -> bool:
        """Close the letter, prove consistency with every checkpoint seen, audit."""
        cancelled = gone_or_waiting(final=True)
        turn(self.instance, instances.CLOSES)
        self.seen.search(cancelled)
        self.seen.prove()
        return audit(FolderSource(self.config.public), AuditOptions()).passed


def main() -> int:
    """Kill, look, report."""
    options = arguments(__doc__)
    kills = QUICK_KILLS if options.quick else KILLS
    folder = Path(tempfile.mkdtemp(prefix="undersigned-crash-"))
    try:
        trial = Trial(folder)
        for number in range(1, kills + 1):
            trial.kill(number)
            trial.check()
        passed = trial.end()
    finally:
        shutil.rmtree(folder)
    figures = [Figure("kills", kills, "kills"), *trial.seen.figures(passed=passed)]
    return report("crash_server", figures, options, [f"{KILLS} kills"] if options.quick else [])


if __name__ == "__main__":
    sys.exit(main())
