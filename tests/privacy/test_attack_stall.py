"""How long answers take when the clock strikes tells nobody how many wait under a sealed letter.

The tables are written anew at every tick, which takes longer the more acts wait, and locks the database. Somebody who
asks all the time, with acts of nobody, would see how long.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Self

import pytest

from support.ledgers import DEADLINE, Book, act, issued, proved, tick
from undersigned.errors import UndersignedError

MANY, TRIES = 2500, 5
GRID = 0.25


class Asking:
    """Somebody who asks for an act of nobody, again and again."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.ended = threading.Event()
        self.longest = 0.0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        strange = act(10**6)
        while not self.ended.is_set():
            began = time.perf_counter()
            self.book.ledger.known([strange])
            self.longest = max(self.longest, time.perf_counter() - began)
        self.book.close()

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def fill(book: Book, acts: int) -> None:
    from undersigned.ledger.holding import _held, _Wish  # noqa: PLC0415 - models need Django set up first
    from undersigned.ledger.models import HeldAct, exclusive  # noqa: PLC0415 - as above

    wishes = (_Wish(each.act, each.signed.encoded, DEADLINE) for each in (proved(act(n)) for n in range(acts)))
    with exclusive():
        HeldAct.objects.bulk_create([_held(each) for each in wishes], 100)


@contextmanager
def waiting(folder: Path, acts: int) -> Iterator[Book]:
    """A ledger in which so many acts wait; one at a time, since databases belong to the process."""
    made = Book(folder / str(acts)).created()
    fill(made, acts)
    yield made
    made.close()


_HOURS = iter(range(1, 1000))


def longest(book: Book, grid: float) -> float:
    """The longest answer while the clock strikes; the middle one of a few tries."""
    ledger, found = book.open(grid=grid), []
    with Asking(book) as asking:
        for _ in range(TRIES):
            time.sleep(0.15)
            asking.longest = 0.0
            ledger.close_round(tick(next(_HOURS)), [], issued)
            time.sleep(0.15)
            found.append(asking.longest)
    return median(found)


@pytest.mark.parametrize("acts", [0, MANY])
def test_on_the_grid_the_wait_is_that_of_the_grid(tmp_path: Path, acts: int) -> None:
    """SQLite tries again after at most a tenth of a second, so that much is added."""
    with waiting(tmp_path, acts) as book:
        assert GRID * 0.9 < longest(book, GRID) < GRID + 0.16


def test_without_the_grid_the_wait_grows_with_what_waits(tmp_path: Path) -> None:
    """The planted leak: the same without a grid."""
    seen = {}
    for acts in (0, MANY):
        with waiting(tmp_path, acts) as book:
            seen[acts] = longest(book, 0.0)
    assert seen[MANY] > 1.5 * seen[0]


def test_the_lock_is_given_back_also_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from undersigned.storage import databases  # noqa: PLC0415 - beside its use

    def broken(_seconds: float) -> None:
        raise UndersignedError("broken", "It broke.")

    book = Book(tmp_path / "book").created()
    ledger, hour = book.open(grid=GRID), tick(next(_HOURS))
    monkeypatch.setattr(databases, "_wait", broken)
    with pytest.raises(UndersignedError):
        ledger.close_round(hour, [], issued)
    done = threading.Event()

    def ask() -> None:
        book.ledger.known([act(10**6)])
        book.close()
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    assert done.wait(5)
    book.close()


def test_a_real_instance_has_a_grid(tmp_path: Path) -> None:
    from support import instances  # noqa: PLC0415 - another instance's databases
    from undersigned.assembly import _GRID  # noqa: PLC0415 - beside its use
    from undersigned.bootstrap import _assemble  # noqa: PLC0415 - as above

    made = instances.fresh(tmp_path / "instance")
    assert _GRID >= 1
    assert (made.ledger._grid, made.issuer._grid) == (0, 0)
    settings = (tmp_path / "instance" / "instance.toml").read_text()
    assert 'clock = "demonstration"' in settings
    (tmp_path / "instance" / "instance.toml").write_text(settings.replace('"demonstration"', '"system"'))
    real = _assemble(instances.config(tmp_path / "instance").read(tmp_path / "instance"))
    assert (real.ledger._grid, real.issuer._grid) == (_GRID, _GRID)
    instances.close()
