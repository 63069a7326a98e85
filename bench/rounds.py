"""How long closing a round takes, beyond verifying its acts: 10,000 acts at most 5 seconds.

The acts were verified when they came in; what is timed is all of `close_round`: reading and pairing off what waits,
tiles and bundles, the commit with every file synced, the checkpoint, and writing the tables anew. Holding is timed
beside it, in transactions of 256 acts. The full run closes a round of 50,000 as well, to show how it grows.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from harness import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.ledgers import DEADLINE, HERE, LETTER, Book, act, issued, proved, tick
from undersigned.ledger.rules import Closing

ACTS, MANY = 10_000, 50_000
BATCH = 256
AT_MOST = 5.0


def fill(first: int, count: int) -> float:
    """Hold this many acts; seconds."""
    from undersigned.ledger.holding import _take_all, _Wish  # noqa: PLC0415 - needs Django set up first

    wishes = []
    for member in range(first, first + count):
        verified = proved(act(member))
        wishes.append(_Wish(verified.act, verified.signed.encoded, DEADLINE))
    begin = time.perf_counter()
    for at in range(0, count, BATCH):
        _take_all(wishes[at : at + BATCH])
    return time.perf_counter() - begin


def close(book: Book, day: int, count: int) -> float:
    """Close the round of everything that waits; seconds."""
    begin = time.perf_counter()
    rounds = book.ledger.close_round(tick(day), [Closing(LETTER, HERE, final=False)], issued)
    took = time.perf_counter() - begin
    if [each.count for each in rounds] != [count]:
        raise SystemExit("The round does not hold what was signed.")
    return took


def measure(folder: Path, *, quick: bool) -> list[Figure]:
    """All figures, the log growing from one to the next."""
    book = Book(folder).created()
    held = fill(0, ACTS)
    size = book.database.stat().st_size
    first = close(book, 1, ACTS)
    fill(ACTS, ACTS)
    second = close(book, 2, ACTS)
    begin = time.perf_counter()
    book.ledger.close_round(tick(3), [Closing(LETTER, HERE, final=False)], issued)
    idle = time.perf_counter() - begin
    figures = [
        Figure(f"a round of {ACTS:,} acts", first, "seconds", at_most=AT_MOST),
        Figure(f"another {ACTS:,} after them", second, "seconds", at_most=AT_MOST),
        Figure("a tick with nothing to publish", idle, "seconds"),
        Figure("holding an act", held / ACTS * 1000, "milliseconds"),
        Figure("database for an act that waits", size / ACTS, "octets"),
    ]
    if not quick:
        fill(2 * ACTS, MANY)
        figures.append(Figure(f"a round of {MANY:,} acts", close(book, 4, MANY), "seconds"))
    if len(book.acts()) != 2 * ACTS + (0 if quick else MANY):
        raise SystemExit("The log does not hold what was signed.")
    return figures


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    folder = Path(tempfile.mkdtemp(prefix="undersigned-rounds-"))
    try:
        figures = measure(folder, quick=options.quick)
    finally:
        shutil.rmtree(folder)
    return report("rounds", figures, options, [f"a round of {MANY:,} acts"] if options.quick else [])


if __name__ == "__main__":
    sys.exit(main())
