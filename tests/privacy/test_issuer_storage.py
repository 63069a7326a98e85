"""What the issuer's database says to who steals it: nothing in plain, and nothing of the order of joining."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from django.db import connections
from mnemonic import Mnemonic

from support.chance import told
from support.issuing import HERE, NAME, Q1, Office, Person, office
from support.proving import bound
from undersigned.issuer.door import Door
from undersigned.protocol import derivation
from undersigned.protocol.enrolment import ALPHABET, Request, Wish

PEOPLE = 1000


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    yield from office(tmp_path, seed=7)


# ── nothing in plain ──


def spellings(code: str) -> Iterator[bytes]:
    """A code in every way in which it might lie about."""
    symbols = code.replace("-", "")
    raw = sum(ALPHABET.index(s) << 5 * i for i, s in enumerate(reversed(symbols))).to_bytes(10, "big")
    for text in (code, symbols, code.replace("-", " ")):
        for octets in (text.encode(), text.lower().encode(), text.encode("utf-16-le")):
            yield octets
            yield base64.b64encode(octets).rstrip(b"=")
            yield hashlib.sha256(octets).digest()
            yield hashlib.sha256(octets).hexdigest().encode()
    yield from (raw, raw[::-1], raw.hex().encode(), base64.b64encode(raw).rstrip(b"="))


def scalars(values: list[int]) -> Iterator[bytes]:
    for value in values:
        big = value.to_bytes(32, "big")
        yield from (big, big[::-1], big.hex().encode(), str(value).encode(), base64.urlsafe_b64encode(big).rstrip(b"="))


def holder(number: int) -> tuple[Person, list[bytes]]:
    """Somebody with a real phrase, and all that must not be found anywhere."""
    words = Mnemonic("english")
    entropy = Random(number).randbytes(32)
    phrase = words.to_mnemonic(entropy)
    seed = words.to_seed(phrase)
    person = Person(number)
    person.secrets, person.blind = list(derivation.nym_secrets(seed)), derivation.blind(seed, NAME)
    first = " ".join(phrase.split()[:2])
    return person, [entropy, seed, phrase.encode(), first.encode(), *scalars([*person.secrets, person.blind])]


def found(octets: bytes, wanted: list[bytes]) -> list[bytes]:
    return [each for each in wanted if each in octets]


def test_no_code_and_no_secret_in_any_octet(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [holder(number) for number in range(12)]
    sheet = here.issuer.new_sheet(HERE, 14, "Night shift")
    wanted = [each for code in sheet.codes for each in spellings(code)]
    wanted += [each for _, secrets in people for each in secrets]
    seen = [here.files()]

    def watched(*arguments: Any) -> None:
        save(*arguments)
        seen.append(here.files())

    from undersigned.issuer import service  # noqa: PLC0415 - models need Django set up first

    save = service._save
    monkeypatch.setattr(service, "_save", watched)
    for (person, _), code in zip(people, sheet.codes, strict=False):
        here.issuer.admit(person.admission(code))
    here.issuer.replace(Person(99).replacement(sheet.codes[0]))
    here.clock.day = "2026-12-30"
    here.issuer.open_epoch(HERE, Q1)
    here.issuer.renew(Person(99).renewal())
    here.issuer.void_code(sheet.codes[13])
    here.issuer.void_sheet(sheet.id)
    seen.append(here.files())
    here.issuer.settle()
    seen.append(here.files())
    assert any(len(each) > len(seen[-1]) for each in seen), "the journal was never seen"
    assert found(b"".join(seen), wanted) == []


@pytest.mark.parametrize("turn", [0, 5, -1])
def test_the_search_finds_what_is_planted(here: Office, turn: int) -> None:
    code = here.code()
    _, secrets = holder(1)
    for planted in (list(spellings(code))[turn], secrets[turn]):
        with connections["issuer"].cursor() as cursor:
            cursor.execute("INSERT INTO floor VALUES (%s, '')", [planted])
        assert found(here.files(), [planted]) == [planted]


def test_what_was_cancelled_leaves_no_octet(here: Office) -> None:
    code, old, new = here.code(), Person(1), Person(2)
    here.issuer.admit(old.admission(code))
    here.issuer.replace(new.replacement(code))
    assert new.point in here.files()
    here.issuer.cancel(old.cancellation())
    assert new.point not in here.files()
    assert old.point in here.files()


def test_the_database_is_kept_as_it_must_be(here: Office) -> None:
    """Durable, journal emptied after each commit, deleted rows overwritten, nothing mapped or spilled."""
    wanted = {"journal_mode": "truncate", "synchronous": 2, "secure_delete": 1, "mmap_size": 0, "temp_store": 2}
    here.issuer.admit(Person(1).admission(here.code()))
    with connections["issuer"].cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted
    assert sorted(path.name for path in here.database.parent.glob("issuer.*")) == [
        "issuer.sqlite3",
        "issuer.sqlite3-journal",
    ]
    assert here.database.with_name("issuer.sqlite3-journal").read_bytes() == b""


# ── no order ──


@pytest.fixture
def quick(here: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The same issuer without arithmetic and without waiting for the disk, which have no part in where rows lie."""
    monkeypatch.setattr(Door, "check", lambda _self, request, _action: request.commitment[:48])
    monkeypatch.setattr("undersigned.issuer.service.blind_sign", lambda *_: bytes(80))
    return here


W = TypeVar("W", bound=Wish)


class Stranger(Person):
    """Somebody whose commitment is nothing but a random-looking point."""

    @property
    def commitment(self) -> bytes:
        return hashlib.shake_256(f"stranger {self.number}".encode()).digest(368)

    def asks(self, action: str, wish: W) -> Request[W]:
        return Request(action, wish, bound(), self.commitment, bytes(320))


def join(office: Office, order: list[int], codes: tuple[str, ...]) -> list[Stranger]:
    """Admit people in this order; who they are and which code each has does not depend on it."""
    with connections["issuer"].cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    people = [Stranger(number) for number in order]
    for person in people:
        office.issuer.admit(person.admission(codes[person.number]))
    return people


def places(octets: bytes, people: list[Stranger]) -> list[list[float]]:
    """Where each person's point lies in the file: in the table, and in the index."""
    firsts = [octets.index(person.point) for person in people]
    seconds = [octets.index(person.point, first + 1) for person, first in zip(people, firsts, strict=True)]
    return [[float(place) for place in found] for found in (firsts, seconds)]


def test_where_rows_lie_says_nothing_of_the_order_of_joining(quick: Office) -> None:
    codes = quick.issuer.new_sheet(HERE, PEOPLE).codes
    people = join(quick, list(range(PEOPLE)), codes)
    quick.issuer.settle()
    for seen in places(quick.files(), people):
        assert not told(range(PEOPLE), seen)


def test_a_planted_order_is_found(quick: Office) -> None:
    """Beside the real table, one as any framework would make it: with row numbers."""
    with connections["issuer"].cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("CREATE TABLE leak (id integer PRIMARY KEY AUTOINCREMENT, point blob)")
        people = [Stranger(number) for number in range(PEOPLE)]
        for person in people:
            cursor.execute("INSERT INTO leak (point) VALUES (%s)", [person.point])
    quick.issuer.settle()
    octets = quick.files()
    assert told(range(PEOPLE), [float(octets.index(person.point)) for person in people])


def test_the_settled_file_is_the_same_in_whichever_order_people_joined(quick: Office) -> None:
    """Stronger than any statistic: the octets do not depend on the order, but for SQLite's counters of changes."""
    codes = quick.issuer.new_sheet(HERE, 150).codes
    empty = quick.files()
    orders = [list(range(150)), list(range(150))]
    Random(3).shuffle(orders[1])
    seen = []
    for order in orders:
        connections["issuer"].close()
        quick.database.write_bytes(empty)
        join(quick, order, codes)
        unsettled = quick.files()
        quick.issuer.settle()
        seen.append((unsettled, quick.files()))
    (before, one), (shuffled, other) = seen
    counters = set(range(24, 28)) | set(range(92, 96))
    assert {place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]} <= counters
    assert before != shuffled, "without settling the pages do tell something, or this test shows nothing"


def test_no_table_has_row_numbers_times_or_counters(here: Office) -> None:
    assert here.issuer.open_epochs()
    with connections["issuer"].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
        found = dict(cursor.fetchall())
        cursor.execute("SELECT name FROM sqlite_sequence")
        counted = {name for (name,) in cursor.fetchall()}
    own = {name: sql for name, sql in found.items() if name not in {"django_migrations", "sqlite_sequence"}}
    tables = {"admission", "code", "epoch", "floor", "joining", "replacement", "said", "sheet", "slot", "vouch"}
    assert set(own) == tables
    for name, sql in own.items():
        assert sql.endswith("WITHOUT ROWID"), name
        assert "date" not in sql.lower(), name
    assert counted <= {"django_migrations"}
