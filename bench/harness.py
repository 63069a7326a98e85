"""What the programs of `bench/` share: arguments, interleaved timing, the machine, one report.

A program measures, builds `Figure`s and ends with `sys.exit(report(...))`:

    from harness import Figure, arguments, interleaved, report

    options = arguments(__doc__)  # --quick (at most 50 s) and --json
    rounds = interleaved({"unit": one, "work": other}, rounds=7 if options.quick else 21)
    figures = [Figure("work", rounds.ratio("work", "unit"), "multiplications", at_most=30)]
    sys.exit(report("verify", figures, options, not_measured=["…"] if options.quick else []))

- `arguments(doc)` -> `Options(quick, json, rest)`; the first line of `doc` is the help's text. `extra` adds
  arguments to the parser, which are in `rest`.
- `interleaved(tasks, rounds)` runs every task once a round, in turn, so that a slow minute of the machine meets all of
  them; a task is called without arguments and returns how many items it did. The result gives `median(name)`, seconds
  per item, and `ratio(name, unit)`, the median over the rounds of the ratio within a round. Time is the processor's by
  default (`clock`), which other programs hardly disturb; for work of several processes pass `time.perf_counter`.
- `Figure(name, value, unit, at_most=None, at_least=None)`: without a bound it informs only.
- `machine()` -> processor, cores, memory, system, versions of Python and of libraries.
- `one_core()` keeps the process on one core.
- `report(name, figures, options, not_measured)` prints one JSON object `{bench, ok, figures, machine, not_measured}`
  or a table for people, and returns the exit code: 0 where all bounds hold, else 1.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

LIBRARIES = ("pyblst", "django", "granian", "cryptography")


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    quick: bool
    json: bool
    rest: argparse.Namespace


def arguments(doc: str | None, extra: Callable[[argparse.ArgumentParser], None] | None = None) -> Options:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="measure for at most 50 seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    if extra is not None:
        extra(parser)
    found = parser.parse_args()
    return Options(found.quick, found.json, found)


@dataclass(frozen=True)
class Figure:
    """One measured number, with its target where it has one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the targets hold."""
        below = self.at_most is None or self.value <= self.at_most
        return below and (self.at_least is None or self.value >= self.at_least)

    @property
    def target(self) -> str:
        """The target in words, empty where there is none."""
        bounds = (("≤", self.at_most), ("≥", self.at_least))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True)
class Rounds:
    """Seconds per item, of every task in every round."""

    seconds: Mapping[str, Sequence[float]]

    def median(self, name: str) -> float:
        """Seconds per item of a task, the median over the rounds."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, unit: str) -> float:
        """The median over the rounds of the ratio of two tasks within a round."""
        return statistics.median(a / b for a, b in zip(self.seconds[name], self.seconds[unit], strict=True))


def interleaved(
    tasks: Mapping[str, Callable[[], int]], rounds: int, clock: Callable[[], float] = time.process_time
) -> Rounds:
    """Run every task once a round, in turn; each returns the number of items that it did."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = clock()
            items = task()
            seconds[name].append((clock() - start) / items)
    return Rounds(seconds)


def one_core() -> None:
    """Keep this process on one of its cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (OSError, ValueError, AttributeError):
        return 0


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def machine(libraries: Sequence[str] = LIBRARIES) -> dict[str, str | int]:
    """The machine and the versions that the figures depend on; memory in MiB."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_mib": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{library: _version(library) for library in libraries},
    }


def _for_people(name: str, figures: Sequence[Figure], not_measured: Sequence[str]) -> None:
    console = Console()
    table = Table(title=f"bench/{name}.py")
    for column, side in (("figure", "left"), ("value", "right"), ("unit", "left"), ("target", "right"), ("", "left")):
        table.add_column(column, justify="right" if side == "right" else "left")
    for figure in figures:
        verdict = "" if not figure.target else "holds" if figure.ok else "missed"
        table.add_row(figure.name, f"{figure.value:,.4g}", figure.unit, figure.target, verdict)
    console.print(table)
    console.print(", ".join(f"{key} {value}" for key, value in machine().items()), style="dim")
    for item in not_measured:
        console.print(f"not measured: {item}", style="dim")


def report(name: str, figures: Sequence[Figure], options: Options, not_measured: Sequence[str] = ()) -> int:
    """Print what was measured, for people or as JSON, and return the exit code."""
    ok = all(figure.ok for figure in figures)
    if options.json:
        shown = {
            figure.name: {
                "value": round(figure.value, 6),
                "unit": figure.unit,
                "target": figure.target,
                "ok": figure.ok,
            }
            for figure in figures
        }
        whole = {"bench": name, "ok": ok, "figures": shown, "machine": machine(), "not_measured": list(not_measured)}
        json.dump(whole, sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        _for_people(name, figures, not_measured)
    return 0 if ok else 1
