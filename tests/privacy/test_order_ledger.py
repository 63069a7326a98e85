"""The order of signing is found nowhere: not in the tables, not in the pages of the file, not in the log.

A thousand members sign one after the other, the worst case: no batch hides anything. What is looked at is where a
thief with a copy of everything finds each pseudonym.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import groupby, islice
from pathlib import Path

import pytest
from django.db import connections

from support.chance import LEAST, p_value, told
from support.ledgers import HERE, LETTER, Book, act, issued, tick
from undersigned.ledger.rules import Closing
from undersigned.ledger.store import seconds
from undersigned.values import b64u

LEVEL = 0.01
PAGE = 8192
ORDER = list(range(LEAST))
PSEUDONYMS = [act(member).pseudonym for member in ORDER]


def places(octets: bytes, spelling: Callable[[bytes], bytes] = bytes) -> list[int]:
    """Where each member's pseudonym lies, in the order of signing; it is there once."""
    found = [octets.find(spelling(each)) for each in PSEUDONYMS]
    assert min(found) >= 0
    return found


def scanned(path: Path, table: str) -> list[int]:
    """Where a scan without any order comes upon each pseudonym."""
    with closing(sqlite3.connect(path)) as connection:
        rows = [bytes(row[0]) for row in connection.execute(f"SELECT pseudonym FROM {table}")]
    return [rows.index(each) for each in PSEUDONYMS]


def inside_pages(found: Sequence[int]) -> float:
    """How likely chance alone makes the first of a page the one that signed last so often; small is told.

    SQLite fills a page from its end, so until it is split or written anew its first row is its newest.
    """
    sizes = [len(list(page)) for _, page in groupby(sorted(found), lambda place: place // PAGE)]

    def statistic(secret: Sequence[float], seen: Sequence[float]) -> float:
        by_place = (a for _, a in sorted(zip(seen, secret, strict=True)))
        pages = [list(islice(by_place, size)) for size in sizes]
        return sum(page[0] == max(page) for page in pages)

    return p_value(ORDER, found, statistic)


class Stolen:
    """Copies of everything that lies on the disk, at three moments."""

    def __init__(self, folder: Path) -> None:
        book = Book(folder / "book").created()
        self.book = book
        for member in ORDER:
            book.hold([act(member)])
        self.journals = [book.database.with_name(book.database.name + "-journal").stat().st_size]
        self.waiting = self._copy(folder, "waiting")
        book.ledger.close_round(tick(1), [], issued)
        self.rewritten = self._copy(folder, "rewritten")
        assert len(book.ledger.close_round(tick(2), [Closing(LETTER, HERE, final=False)], issued)) == 1
        self.published = self._copy(folder, "published")
        book.close()

    def _copy(self, folder: Path, name: str) -> Path:
        path = folder / name
        path.write_bytes(self.book.database.read_bytes())
        journal = self.book.database.with_name(self.book.database.name + "-journal")
        self.journals.append(journal.stat().st_size if journal.exists() else 0)
        return path


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stolen]:
    yield Stolen(tmp_path_factory.mktemp("stolen"))
    connections["ledger"].close()


def test_holding_table_is_read_in_an_order_that_tells_nothing(stolen: Stolen) -> None:
    assert not told(ORDER, scanned(stolen.waiting, "ledger_heldact"))


def test_pages_of_what_waits_tell_nothing_after_a_tick(stolen: Stolen) -> None:
    found = places(stolen.rewritten.read_bytes())
    assert not told(ORDER, found)
    assert inside_pages(found) > LEVEL


def test_before_the_tick_the_first_row_of_a_page_is_often_its_newest(stolen: Stolen) -> None:
    """What limitations.md says of a database's own bookkeeping; the rewriting at each tick takes it away."""
    found = places(stolen.waiting.read_bytes())
    assert not told(ORDER, found)
    assert inside_pages(found) <= LEVEL


def test_pages_after_a_round_tell_nothing(stolen: Stolen) -> None:
    octets = stolen.published.read_bytes()
    assert not told(ORDER, places(octets))
    assert inside_pages(places(octets)) > LEVEL
    assert not told(ORDER, scanned(stolen.published, "ledger_spokenact"))
    assert all(octets.count(each) == 1 for each in PSEUDONYMS)


def test_log_tells_nothing(stolen: Stolen) -> None:
    whole = b"".join(stolen.book.entries())
    assert not told(ORDER, places(whole, lambda each: b64u(each).encode()))


def test_nothing_stays_in_journals_and_free_pages(stolen: Stolen) -> None:
    assert stolen.journals == [0] * 4
    for path in (stolen.rewritten, stolen.published):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert b'"proofs"' not in stolen.published.read_bytes()


@pytest.mark.parametrize("ddl", ["", " WITHOUT ROWID"])
def test_table_that_counts_its_rows_is_found_out(tmp_path: Path, ddl: str) -> None:
    """The planted leak: the same rows in the same order, in a table with row numbers, and in one without."""
    path = tmp_path / "planted"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE held (pseudonym BLOB NOT NULL PRIMARY KEY, wire BLOB){ddl}")
        connection.executemany("INSERT INTO held VALUES (?, zeroblob(1200))", [(each,) for each in PSEUDONYMS])
        connection.commit()
        connection.execute("VACUUM")
        rows = connection.execute("SELECT pseudonym, length(wire) FROM held").fetchall()
    seen = [rows.index((each, 1200)) for each in PSEUDONYMS]
    assert told(ORDER, seen) == (not ddl)


def test_log_in_the_order_of_coming_is_found_out() -> None:
    """The planted leak: rounds of ten, each sorted, published as soon as ten wait."""
    seen: dict[bytes, int] = {}
    for first in range(0, len(ORDER), 10):
        for each in sorted(PSEUDONYMS[first : first + 10]):
            seen[each] = len(seen)
    assert told(ORDER, [seen[each] for each in PSEUDONYMS])


def schema(path: Path) -> Sequence[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()


def test_no_table_counts_its_rows_or_keeps_a_time(stolen: Stolen) -> None:
    tables = {name: sql for name, sql in schema(stolen.waiting) if name.startswith("ledger_")}
    assert len(tables) == 7
    for sql in tables.values():
        assert sql.endswith("WITHOUT ROWID")
        assert not {"AUTOINCREMENT", "datetime", "timestamp", "date", "time"} & set(sql.replace('"', " ").split())


def test_files_and_folders_of_a_round_bear_its_tick(stolen: Stolen) -> None:
    log = stolen.book.public / "log"
    times = {path.stat().st_mtime_ns for path in (log, *log.rglob("*"))}
    assert times == {seconds(tick(2)) * 10**9}
