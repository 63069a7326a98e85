"""What is stored of people who stand by a letter: no address, no code, no time, no order; and after leaving nothing.

All octets of the instance are looked at, after every step: databases, journals, staging, logs and pages.
"""

import base64
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from support.beside import SLUG, Around, Street, around, street
from support.chance import LEAST, told
from support.instances import CLOSES, enrol, letter, sign
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.web.operations import close_letter, take_off, turn

__all__ = ["around"]

SECOND, THIRD = "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"
NAME, LINE = "Wilhelmina Quist", "keeper of the seventh lighthouse"


@pytest.fixture
def here(tmp_path: Path, around: Around) -> Iterator[Street]:
    with street(tmp_path, around) as made:
        yield made


def spellings(text: str) -> Iterator[bytes]:
    """A text in every way in which it might lie about; plain hashes too, since it can be guessed."""
    for octets in (text.encode(), text.lower().encode(), text.encode("utf-16-le"), b"email:" + text.lower().encode()):
        yield octets
        yield octets.hex().encode()
        yield base64.b64encode(octets).rstrip(b"=")
        yield base64.urlsafe_b64encode(octets).rstrip(b"=")
        for digest in (hashlib.sha256(octets).digest(), hashlib.sha512(octets).digest()):
            yield digest
            yield digest.hex().encode()
            yield base64.urlsafe_b64encode(digest).rstrip(b"=")


def octets_of(here: Street) -> bytes:
    """Everything that lies in the instance's folder."""
    paths = sorted(path for path in here.instance.config.directory.rglob("*") if path.is_file())
    return b"".join(str(path).encode() + b"\n" + path.read_bytes() for path in paths)


def found(octets: bytes, wanted: list[bytes]) -> list[bytes]:
    return [each for each in wanted if each in octets]


def test_no_address_and_no_code_in_any_octet(here: Street) -> None:
    codes = [here.code(here.ann, each) for each in (SUPPORT, SHOW, UNSHOW, UNSUPPORT)]
    wanted = [each for text in (here.ann, here.ann.partition("@")[0], *codes) for each in spellings(text)]
    tags = [here.tag(here.ann, purpose) for purpose in (SUPPORT, SHOW)]
    wanted += [each for tag in tags for each in (tag, tag.hex().encode(), base64.urlsafe_b64encode(tag).rstrip(b"="))]
    seen = [octets_of(here)]

    def step(status: int) -> None:
        assert status in {202, 204}
        seen.append(octets_of(here))

    step(here.ask(here.ann).status_code)
    step(here.confirm(here.ann, code=here.post.mailbox.code(here.ann)).status_code)
    step(here.show(here.ann, NAME).status_code)
    here.crowd(10)
    turn(here.instance, SECOND)
    codes += [here.code(here.ann, each) for each in (SUPPORT, SHOW, UNSHOW, UNSUPPORT)]
    step(here.confirm(here.ann, UNSHOW).status_code)
    step(here.confirm(here.ann, UNSUPPORT).status_code)
    turn(here.instance, THIRD)
    seen.append(octets_of(here))
    assert found(b"".join(seen), wanted) == []


def test_the_search_finds_what_is_planted(here: Street) -> None:
    planted = next(spellings(here.ann))
    with sqlite3.connect(here.instance.config.database("letters")) as database:
        database.execute("INSERT INTO supporter VALUES ('x', ?)", [planted])
    assert found(octets_of(here), [planted]) == [planted]


@pytest.mark.parametrize("who", ["the person", "the operator"])
def test_after_it_was_taken_away_a_name_is_nowhere(here: Street, who: str) -> None:
    """Tables, pages in four languages, data, documents, staging: name, line and salt are gone, and stay gone."""
    assert here.show(here.ann, NAME, LINE).status_code == here.show(here.ben, "Ben").status_code == 204
    turn(here.instance, SECOND)
    salt = next(each.salt for _, each, _ in here.instance.others.names(SLUG) if each.name == NAME)
    texts = [*spellings(NAME), *spellings(LINE), salt, base64.urlsafe_b64encode(salt).rstrip(b"="), salt.hex().encode()]
    there = found(octets_of(here), texts)
    assert {NAME.encode(), LINE.encode(), salt} <= set(there)
    if who == "the person":
        assert here.confirm(here.ann, UNSHOW).status_code == 204
        assert found(here.instance.config.database("letters").read_bytes(), texts) == []
        turn(here.instance, "2026-12-02T01:00:00Z")
    else:
        mark = next(mark for mark, each, _ in here.instance.others.names(SLUG) if each.name == NAME)
        take_off(here.instance, SLUG, mark, "It was not theirs.")
    for tick in ("", THIRD):
        if tick:
            turn(here.instance, tick)
        left = octets_of(here)
        assert found(left, texts) == []
        assert b"Ben" in left
    close_letter_at(here)
    assert found(octets_of(here), texts) == []


def close_letter_at(here: Street) -> None:
    from support.instances import move  # noqa: PLC0415 - beside its only use

    move(here.instance, CLOSES)
    close_letter(here.instance, SLUG)


def test_what_is_left_of_a_name_cannot_be_tested(here: Street) -> None:
    """Whoever guesses name and line right finds no hash to compare with: the salt is gone, and was random."""
    assert here.show(here.ann, NAME, LINE).status_code == 204
    turn(here.instance, SECOND)
    ((mark, _, _),) = here.instance.others.names(SLUG)
    assert here.confirm(here.ann, UNSHOW).status_code == 204
    turn(here.instance, THIRD)
    left = octets_of(here)
    assert mark.encode() not in left
    assert bytes.fromhex(mark) not in left


def test_tables_have_no_row_numbers_no_time_and_no_counter(here: Street) -> None:
    with sqlite3.connect(here.instance.config.database("letters")) as database:
        made = dict(database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall())
        columns = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for table in ("supporter", "name")
        }
    assert columns == {
        "supporter": ["context", "tag"],
        "name": ["context", "tag", "salt", "name", "line", "shown", "reason"],
    }
    for table in columns:
        assert made[table].rstrip().endswith("WITHOUT ROWID"), table


def test_the_tables_tell_no_order_after_a_tick(here: Street) -> None:
    from undersigned.letters.models import Supporter  # noqa: PLC0415 - needs Django set up first

    context = here.instance.letters.letter(SLUG).context
    tags = [hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(LEAST)]
    with transaction.atomic(using="letters"):
        for tag in tags:
            Supporter(context=context, tag=tag).save(using="letters", force_insert=True)
    turn(here.instance, SECOND)
    octets = here.instance.config.database("letters").read_bytes()
    assert not told(list(range(LEAST)), [octets.find(tag) for tag in tags])


def test_a_missed_goal_leaves_no_tag_and_no_name(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter(SLUG, goal=500)) as here:
        assert here.show(here.ann, NAME, LINE).status_code == here.confirm(here.ben).status_code == 204
        context = here.instance.letters.letter(SLUG).context
        rows = [here.instance.letters.standing.row_tag(context, here.tag(here.ben, SUPPORT)), NAME.encode()]
        assert found(octets_of(here), rows) == rows
        close_letter_at(here)
        assert here.instance.letters.state(SLUG) == "missed"
        assert found(octets_of(here), rows) == []


def test_neither_name_nor_supporter_is_tied_to_a_signature(here: Street) -> None:
    """The room of letters has no pseudonym, and the ledger no tag."""
    of = here.instance.letters.letter(SLUG)
    members = enrol(here.instance, 10)
    sign(here.instance, members, of)
    assert here.show(here.ann, NAME).status_code == here.confirm(here.ann).status_code == 204
    tags = [
        here.instance.letters.standing.row_tag(of.context, here.tag(here.ann, purpose)) for purpose in (SUPPORT, SHOW)
    ]
    marks = [member.act(of).pseudonym for member in members]
    files = {room: here.instance.config.database(room).read_bytes() for room in ("issuer", "letters", "ledger")}
    assert found(files["letters"], tags) == tags
    assert found(files["ledger"], marks) == marks
    assert found(files["letters"], marks) == []
    assert found(files["ledger"] + files["issuer"], [*tags, NAME.encode()]) == []
