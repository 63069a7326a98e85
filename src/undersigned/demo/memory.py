"""Peak memory of the demonstration and all its processes, sampled while it runs."""

import os
import threading
from pathlib import Path
from typing import Final, Self

_SECONDS: Final = 0.5
_PROC: Final = Path("/proc")


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    found, queue = [root], [root]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def _proportional(process: int) -> int:
    try:
        text = (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


class PeakMemory:
    """Samples the proportional set size of this process and its descendants, in MB; 0 where /proc is absent."""

    def __init__(self) -> None:
        self.megabytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(_SECONDS):
            kilobytes = sum(_proportional(process) for process in _descendants(os.getpid()))
            self.megabytes = max(self.megabytes, kilobytes // 1000)

    def __enter__(self) -> Self:
        if _PROC.is_dir():
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop sampling."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()
