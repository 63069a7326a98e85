"""How an audit scales with workers, how much memory its processes take, and what one signature costs.

A folder with 10,000 real signatures (4,000 with `--quick`) is audited by one worker and by two, each in a process of
its own, from start to verdict. Targets: two workers are at least 1.7 times as fast as one; no process takes more than
300 MB, and four times as many signatures take hardly more.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import corpus
from harness import Figure, Options, arguments, report
from undersigned.bbs.ciphersuite import R
from undersigned.bbs.curve import BLST

FULL, QUICK = 10_000, 4_000
MULTIPLIED = 2_000
#: Audits with one worker and with two, in turn.
RUNS = 2

_AUDIT = """
import json, resource, sys, time
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import open_source

started = time.perf_counter()
report = audit(open_source(sys.argv[1]), Options(workers=int(sys.argv[2])))
seconds = time.perf_counter() - started
own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
json.dump({
    "passed": report.passed,
    "verified": report.verified,
    "seconds": seconds,
    "own": own.ru_utime + own.ru_stime,
    "workers": workers.ru_utime + workers.ru_stime,
    "memory": [own.ru_maxrss, workers.ru_maxrss],
}, sys.stdout)
"""


@dataclass(frozen=True)
class Run:
    """One audit: seconds from start to verdict, of processors in its own process and in workers, peak memory in MB."""

    seconds: float
    own: float
    workers: float
    memory: float

    @property
    def processor(self) -> float:
        """Seconds of all processors."""
        return self.own + self.workers


def run(folder: Path, workers: int, signatures: int) -> Run:
    """Audit the folder in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _AUDIT, str(folder), str(workers)], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    if not said["passed"] or said["verified"] != signatures:
        raise SystemExit("The audit of an honest log does not pass: nothing here means anything.")
    return Run(said["seconds"], said["own"], said["workers"], max(said["memory"]) * 1024 / 1e6)


def side_by_side(folder: Path, signatures: int) -> float:
    """Seconds of two audits with one worker each, at the same time: what this machine gives two processes at best."""
    with ThreadPoolExecutor(2) as pool:
        return max(each.seconds for each in pool.map(lambda _: run(folder, 1, signatures), range(2)))


def multiplication() -> float:
    """Seconds of one multiplication in G1, the unit of `verify.py`, the median of five runs."""
    point, scalar = BLST.hash_to_point(b"unit", b"bench"), R // 3
    took = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(MULTIPLIED // 5):
            BLST.multiply([(point, scalar)])
        took.append((time.process_time() - started) / (MULTIPLIED // 5))
    return statistics.median(took)


def measure(folder: Path, signatures: int) -> list[Figure]:
    """Make the corpora, audit them, and say what came out."""
    started = time.perf_counter()
    large, small = (corpus.write(folder / name, n) for name, n in (("large", signatures), ("small", signatures // 4)))
    made = time.perf_counter() - started
    runs = [(run(large, 1, signatures), run(large, 2, signatures)) for _ in range(RUNS)]
    # Of runs that take turns, the quickest of each kind is the one that other programs disturbed least.
    one, two = (min(each, key=lambda run: run.seconds) for each in zip(*runs, strict=True))
    together = side_by_side(large, signatures)
    fewer = run(small, 2, signatures // 4)
    memory = max(one.memory, two.memory)
    return [
        Figure("signatures", signatures, "signatures"),
        Figure("one worker", one.seconds, "seconds"),
        Figure("two workers", two.seconds, "seconds"),
        Figure("two workers against one", one.seconds / two.seconds, "times as fast", at_least=1.7),
        Figure("peak memory of a process", memory, "MB", at_most=300),
        Figure("memory against a quarter of the signatures", two.memory / fewer.memory, "times", at_most=1.25),
        Figure("the same by processor time alone", one.processor / (two.own + two.workers / 2), "times as fast"),
        Figure("two audits side by side against one", 2 * one.seconds / together, "times as fast"),
        Figure("processors that two workers kept busy", two.processor / two.seconds, "processors"),
        Figure("one signature", one.processor / signatures * 1e3, "milliseconds of a core"),
        Figure("one signature, in multiplications", one.processor / signatures / multiplication(), "multiplications"),
        Figure("making the corpora", made, "seconds"),
    ]


def main(options: Options) -> int:
    """Measure and report."""
    not_measured = [f"an audit of {FULL:,} signatures: {QUICK:,} stand for them"] if options.quick else []
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), QUICK if options.quick else FULL)
    return report("audit", figures, options, not_measured)


if __name__ == "__main__":
    sys.exit(main(arguments(__doc__)))
