"""Kills the ledger with SIGKILL at every step of a round, at random moments and while it recovers.

Each time a process of its own accepts acts in four threads and closes rounds; it is killed, and the next one
goes on with what it left. Every acknowledgement goes through a pipe before the kill; the published checkpoint is
read all the time, as outsiders read it. After a restart every acknowledged act must be there once, and the log
must have grown out of every checkpoint that anyone saw. In the end the audit checks everything, real proofs
included. `--kills N` sets the number of kills; 200 are the target, `--quick` makes 30.
"""

import hashlib
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support import published
from support.ledgers import Book, key
from support.published import ALPHA, EPOCH, ONE, Member
from undersigned.auditor.audit import Options as AuditOptions
from undersigned.auditor.audit import audit
from undersigned.auditor.source import FolderSource
from undersigned.errors import Conflict, UndersignedError
from undersigned.ledger.rules import Closing
from undersigned.ledger.store import STEPS
from undersigned.protocol import presentation
from undersigned.protocol.act import SignedAct
from undersigned.protocol.entry import ClientFiles, Issued, IssuerKey, LetterClosed, LetterOpened, TermsSet
from undersigned.protocol.letter import LEAST_ROUND
from undersigned.protocol.presentation import VerifiedAct
from undersigned.tlog import merkle
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.tile import TileReader, bundles, read_bundle

if TYPE_CHECKING:
    from undersigned.ledger.service import Ledger

KILLS, QUICK_KILLS = 200, 30
THREADS = 4
#: New signatures and withdrawals that one process may bring; then it repeats old ones.
SIGNATURES, WITHDRAWALS = 14, 3
#: Seconds after which a process is killed whose step did not come.
PATIENCE = 10.0
LETTER = published.letter("killed", organisations=(ALPHA,))
CLOSES = "2027-06-01T00:00:00Z"
HOUR = 3600
BEGINNING = 1_791_000_000 // HOUR * HOUR
ISSUED = [Issued(ONE, ALPHA, EPOCH, 1_000_000)]


def hour(number: int) -> str:
    """The tick of an hour counted from the beginning."""
    return time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(BEGINNING + number * HOUR))


def evidence(entry: bytes) -> VerifiedAct:
    """An act with real proofs, taken as checked: the audit checks them all in the end."""
    return VerifiedAct(SignedAct.parse(entry), presentation._TOKEN)  # noqa: SLF001 - checking is not what is measured


def killing(where: tuple[str, int] | None) -> "_Killer":
    """What to tell the ledger as its `step`."""
    return _Killer(*where) if where else _Killer("never", 1)


class _Killer:
    """Ends its process, as a power cut would, when a step comes for the nth time."""

    def __init__(self, step: str, nth: int) -> None:
        self._step, self._left = step, nth

    def __call__(self, step: str) -> None:
        self._left -= step == self._step
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


# ── the process that is killed ──


@dataclass
class Work:
    """What one process has to do: acts by their digest, the first hour that it may close."""

    acts: dict[str, bytes]
    first: int
    where: tuple[str, int] | None


def live(book: Book, work: Work, pipe: int) -> None:
    """Recover, then accept acts in threads and close rounds until killed."""
    ledger = book.open(step=killing(work.where))
    ledger.recover()
    acts = {digest: evidence(entry) for digest, entry in work.acts.items()}
    for _ in range(THREADS):
        threading.Thread(target=bring, args=(ledger, acts, pipe), daemon=True).start()
    for number in range(work.first, work.first + 10**6):
        waiting = ledger.waiting(LETTER.context).get(ALPHA)
        if waiting and waiting.acts >= LEAST_ROUND:
            ledger.close_round(hour(number), [Closing(LETTER.context, ALPHA, final=False)], lambda: ISSUED)
        if number % 4 == 0:
            ledger.append_registry([ClientFiles({"sign/index.html": f"{number:064x}"})], None, hour(number))
        os.write(pipe, f"hour {number}\n".encode())


def bring(ledger: "Ledger", acts: Mapping[str, VerifiedAct], pipe: int) -> None:
    """Hold the acts again and again, in any order, and say which were acknowledged."""
    try:
        while True:
            for digest in random.sample(list(acts), len(acts)):
                # Excluded by what came before: a signature after its withdrawal, or the other way round.
                with suppress(Conflict), ledger.accepting():
                    receipt = ledger.hold(acts[digest], CLOSES).receipt
                    os.write(pipe, f"{digest} {hashlib.sha256(receipt).hexdigest()}\n".encode())
    finally:
        os._exit(1)


# ── the one who kills, and looks ──


@dataclass
class Seen:
    """Everything that an outsider and the signatories know of an instance whose logs have these keys."""

    public: Path
    keys: Mapping[str, VerifierKey]
    receipts: dict[str, str] = field(default_factory=dict)
    checkpoints: dict[str, dict[int, Checkpoint]] = field(default_factory=lambda: {"registry": {}, "log": {}})
    other_receipts: int = 0
    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    inconsistent: int = 0

    def acknowledged(self, digest: str, receipt: str) -> None:
        """Note the SHA-256 of an act and of its receipt."""
        self.other_receipts += self.receipts.setdefault(digest, receipt) != receipt

    def look(self) -> None:
        """Read both checkpoints as anyone can."""
        for log, seen in self.checkpoints.items():
            now = self.checkpoint(log)
            self.inconsistent += seen.setdefault(now.size, now) != now or now.size < max(seen)

    def checkpoint(self, log: str) -> Checkpoint:
        """Return the published checkpoint."""
        octets = (self.public / log / "checkpoint").read_bytes()
        return open_checkpoint(octets, self.keys[log].name, self.keys[log])

    def search(self, waiting: AbstractSet[str]) -> None:
        """Look for every act that was acknowledged: in the log, or among those that wait or were cancelled."""
        size = self.checkpoint("log").size
        entries = (each for path in bundles(size) for each in read_bundle(path, self._read("log")))
        acts = Counter(SignedAct.parse(each).act.digest for each in entries if b'"entry":' not in each)
        self.doubled |= {digest for digest, times in acts.items() if times > 1} | (acts.keys() & waiting)
        self.lost |= self.receipts.keys() - acts.keys() - waiting

    def prove(self) -> None:
        """Prove that both logs grew out of every checkpoint that was seen."""
        self.look()
        for log, seen in self.checkpoints.items():
            self.inconsistent += sum(not self._grew(log, each) for each in seen.values())

    def _grew(self, log: str, old: Checkpoint) -> bool:
        now = self.checkpoint(log)
        try:
            proof = TileReader(now.size, self._read(log)).consistency_proof(old.size)
            merkle.verify_consistency(old.size, old.root, now.size, now.root, proof)
        except UndersignedError:
            return False
        return True

    def _read(self, log: str) -> Callable[[str], bytes]:
        return lambda path: (self.public / log / path).read_bytes()

    def figures(self, *, passed: bool) -> list[Figure]:
        """What must hold after all kills."""
        return [
            Figure("acts acknowledged", len(self.receipts), "acts", at_least=1),
            Figure("acknowledged acts lost", len(self.lost), "acts", at_most=0),
            Figure("acts doubled", len(self.doubled), "acts", at_most=0),
            Figure("receipts that changed", self.other_receipts, "receipts", at_most=0),
            Figure("checkpoints seen", sum(map(len, self.checkpoints.values())), "checkpoints", at_least=2),
            Figure("checkpoints that the log did not grow out of", self.inconsistent, "checkpoints", at_most=0),
            Figure("audit passed", passed, "audits", at_least=1),
        ]


def gone_or_waiting(*, final: bool = False) -> set[str]:
    """Digests of acts that wait, or that cancelled each other before their round.

    With `final` of the latter only: those that will not be in the log when everything that waits has gone there.
    """
    from undersigned.ledger.models import HeldAct, SpokenAct  # noqa: PLC0415 - needs Django set up

    held = list(HeldAct.objects.values_list("pseudonym", "digest"))
    times = Counter(bytes(pseudonym) for pseudonym, _ in held)
    waiting = {bytes(digest).hex() for pseudonym, digest in held if not final or times[bytes(pseudonym)] > 1}
    cancelled = SpokenAct.objects.filter(published=False).values_list("digest", flat=True)
    return waiting | {bytes(digest).hex() for digest in cancelled}


class Trial:
    """One instance that is killed again and again."""

    def __init__(self, folder: Path, kills: int) -> None:
        self.book = Book(folder).created()
        self.seen = Seen(self.book.public, {log: key(log).verifier for log in ("registry", "log")})
        self.kills = kills
        self.fell: list[str] = []
        self._first = 1
        self._members = 0
        self._open()

    def _open(self) -> None:
        terms = published.terms(LETTER, closes=CLOSES)
        self.book.ledger.append_registry(
            [
                IssuerKey(ONE, ALPHA, EPOCH, ("code",), published.issuer_key(ONE, ALPHA)),
                LetterOpened(LETTER.slug, LETTER.digest),
                TermsSet(LETTER.digest, 1, terms.digest),
            ],
            {LETTER.digest: LETTER.encoded, terms.digest: terms.encoded},
            hour(0),
        )

    def work(self) -> dict[str, bytes]:
        """New signatures, withdrawals of older ones, and what was brought before and not acknowledged."""
        new = [Member(self._members + n) for n in range(SIGNATURES)]
        old = [Member(n) for n in random.sample(range(self._members), min(self._members, WITHDRAWALS))]
        self._members += SIGNATURES
        entries = [published.signed(each, LETTER) for each in new]
        entries += [published.signed(each, LETTER, "withdraw") for each in old]
        return {SignedAct.parse(entry).act.digest: entry for entry in entries}

    def kill(self, where: tuple[str, int] | None) -> None:
        """Start a process, and end it at the step, or after a random time."""
        self._first += 1
        work = Work(self.work(), self._first, where)
        away, here = os.pipe()
        child = os.fork()
        if not child:
            os.close(away)
            try:
                live(self.book, work, here)
            finally:
                os._exit(1)
        os.close(here)
        end = time.monotonic() + (PATIENCE if where else random.uniform(0.02, 0.5))
        heard = b"".join(self._listen(away, child, end, where[0] if where else ""))
        os.close(away)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit("A process ended by itself, before it was killed.")
        for what, _, value in (line.partition(" ") for line in heard.decode().splitlines()):
            if what == "hour":
                self._first = max(self._first, int(value) + 1)
            else:
                self.seen.acknowledged(what, value)
        self.seen.look()

    def _listen(self, pipe: int, child: int, end: float, step: str) -> Iterator[bytes]:
        """Read what the process says and the checkpoints until it is dead; kill it when its time is over."""
        late = False
        while True:
            if time.monotonic() >= end and not late:
                late = True
                os.kill(child, signal.SIGKILL)
            if select.select([pipe], [], [], 0.001)[0]:
                octets = os.read(pipe, 65_536)
                if not octets:
                    self.fell.append("a random moment" if late else step)
                    return
                yield octets
            self.seen.look()

    def check(self) -> None:
        """Restart, then look for every act that was acknowledged."""
        self.book.ledger = self.book.open()
        self.book.ledger.recover()
        self.seen.look()
        self.seen.search(gone_or_waiting())
        self.book.close()

    def run(self) -> None:
        """Kill at each step in turn and, every other time, at a random moment; look after every second kill."""
        for number in range(self.kills):
            turn, step = divmod(number // 2, len(STEPS))
            # In the first turn each step at its first coming. Tables are written anew once a round, so seldom twice.
            often = 4 if turn and STEPS[step] != "rewritten" else 1
            self.kill((STEPS[step], random.randint(1, often)) if number % 2 else None)
            if number % 2 == random.getrandbits(1):
                self.check()
        self.check()

    def end(self) -> bool:
        """Close the letter, prove consistency with every checkpoint seen, audit."""
        ledger = self.book.open()
        cancelled = gone_or_waiting(final=True)
        ledger.close_round(CLOSES, [Closing(LETTER.context, ALPHA, final=True)], lambda: ISSUED)
        ledger.append_registry([LetterClosed(LETTER.digest, "closed")], None, CLOSES)
        self.seen.search(cancelled)
        self.seen.prove()
        return audit(FolderSource(self.book.public), AuditOptions()).passed


def main() -> int:
    """Kill, look, report."""

    def extra(parser: ArgumentParser) -> None:
        parser.add_argument("--kills", type=int, help="how often to kill")

    options = arguments(__doc__, extra)
    kills = options.rest.kills or (QUICK_KILLS if options.quick else KILLS)
    folder = Path(tempfile.mkdtemp(prefix="undersigned-crash-"))
    try:
        trial = Trial(folder, kills)
        trial.run()
        passed = trial.end()
    finally:
        shutil.rmtree(folder)
    figures = [
        Figure("kills", kills, "kills", at_least=QUICK_KILLS if options.quick else KILLS),
        *(Figure(f"kills at “{name}”", trial.fell.count(name), "kills") for name in STEPS),
        Figure("steps of a round at which it fell", len(set(trial.fell) & set(STEPS)), "steps", at_least=len(STEPS)),
        Figure("kills at a random moment", trial.fell.count("a random moment"), "kills", at_least=kills // 3),
        *trial.seen.figures(passed=passed),
    ]
    return report("crash", figures, options, [f"{KILLS} kills"] if options.quick else [])


if __name__ == "__main__":
    sys.exit(main())
