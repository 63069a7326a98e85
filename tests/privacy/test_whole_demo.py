"""After a whole demonstration: what is left of its members in files, in what the server said, in its answers.

A thousand and more people join and sign in the same order, which is the worst case for them. Then everything that
a thief, a court or the public could get is searched.
"""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.chance import LEAST, told

MEMBERS = 1039
pytestmark = pytest.mark.xdist_group("whole-demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    program = Path(__file__).parents[1] / "support" / "whole_demo.py"
    subprocess.run([sys.executable, str(program), str(made), str(MEMBERS)], check=True, timeout=300)
    return made


@pytest.fixture(scope="module")
def known(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "secrets.json").read_text())
    return found


@pytest.fixture(scope="module")
def haystacks(folder: Path) -> dict[str, bytes]:
    """Every file of the instance, what the server printed, and everything that it answered."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    del files["secrets.json"]
    assert {"answers", "instance/server.log", "instance/data/issuer.sqlite3", "instance/data/ledger.sqlite3"} <= set(
        files
    )
    return files


def spellings(octets: bytes) -> set[bytes]:
    """The ways in which octets may have been written down."""
    plain = base64.b64encode(octets).rstrip(b"=")
    return {
        octets,
        octets[::-1],
        octets.hex().encode(),
        octets.hex().upper().encode(),
        plain,
        plain.replace(b"+", b"-").replace(b"/", b"_"),
    }


def needles(person: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    code = person["code"]
    for text in (code, code.replace("-", ""), code.replace("-", " "), code.lower(), code.replace("-", "").lower()):
        yield "code", text.encode()
    number = 0
    for symbol in code.replace("-", ""):
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(symbol)
    yield from (("code", each) for each in spellings(number.to_bytes(10, "big")))
    words = person["phrase"].split()
    yield from (("phrase", " ".join(words[i : i + 3]).encode()) for i in range(0, 24, 3))
    for name in ("entropy", "seed", "blind"):
        yield from ((name, each) for each in spellings(bytes.fromhex(person[name])))
    for secret in person["secrets"]:
        yield from (("secret", each) for each in spellings(bytes.fromhex(secret)))
        yield "secret", str(int(secret, 16)).encode()


def found_in(haystack: bytes, people: list[dict[str, Any]]) -> set[str]:
    """Names of the kinds of secret that are in a haystack.

    Searched by the needle's first octets in an index of the haystack, since there are a hundred thousand needles.
    """
    width = 8
    starts: dict[bytes, list[bytes]] = {}
    names: dict[bytes, str] = {}
    for person in people:
        for name, needle in needles(person):
            starts.setdefault(needle[:width], []).append(needle)
            names[needle] = name
    hits: set[str] = set()
    for place in range(len(haystack) - width + 1):
        for needle in starts.get(haystack[place : place + width], ()):
            if haystack.startswith(needle, place):
                hits.add(names[needle])
    return hits


def test_no_secret_of_a_member_is_anywhere(haystacks: dict[str, bytes], known: dict[str, Any]) -> None:
    everything = b"\n".join(haystacks.values())
    assert found_in(everything, known["members"]) == set()


@pytest.mark.parametrize("name", ["code", "phrase", "seed", "entropy", "blind", "secret"])
def test_the_search_finds_a_secret_that_was_planted(
    name: str, haystacks: dict[str, bytes], known: dict[str, Any]
) -> None:
    person = known["members"][517]
    planted = [needle for kind, needle in needles(person) if kind == name]
    for needle in Random(name).sample(planted, min(4, len(planted))):
        assert name in found_in(haystacks["instance/server.log"] + b"x" + needle + b"y", [person])


# ── addresses, and times finer than a round ──

_ADDRESS = re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ](\d\d:\d\d:\d\d)")
_CLOCK = re.compile(rb"(?<![\d:.])\d\d:(\d\d):(\d\d)(?![\d:])")


def addresses(data: bytes) -> set[bytes]:
    return set(_ADDRESS.findall(data))


def fine_times(data: bytes, began: int, ended: int) -> set[bytes]:
    """Times of day that are no full hour, and seconds since 1970 within the run, as text."""
    clocks = {match[0] for match in _CLOCK.finditer(data) if match[1] + match[2] != b"0000"}
    stamps = {text for text in re.findall(rb"(?<!\d)1[5-9]\d{8}(?!\d)", data) if began <= int(text) <= ended}
    return clocks | stamps


def test_no_address_and_no_fine_time_is_kept(haystacks: dict[str, bytes], known: dict[str, Any]) -> None:
    own = {b"127.0.0.1"}  # the server's own, in its settings, pages and what it says at its start
    for name, data in haystacks.items():
        assert addresses(data) <= own, name
        assert fine_times(data, known["began"], known["ended"]) == set(), name


def test_what_the_server_said_names_nobody(folder: Path) -> None:
    said = (folder / "instance/server.log").read_bytes()
    assert b"/api/" not in said
    assert not re.search(rb"127\.0\.0\.1:\d{5}.*(POST|GET)", said)


def test_the_search_finds_a_planted_time_and_address(known: dict[str, Any]) -> None:
    stamp = str(known["began"] + 1).encode()
    assert fine_times(b"signed at 2026-11-23T08:41:07Z", known["began"], known["ended"])
    assert fine_times(b"t=" + stamp, known["began"], known["ended"]) == {stamp}
    assert addresses(b"from 192.168.7.21 joined") == {b"192.168.7.21"}


def test_files_of_the_logs_bear_full_hours(folder: Path) -> None:
    files = [path for path in (folder / "instance/public").rglob("*") if path.is_file()]
    fine = [path for path in files if datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%M%S") != "0000"]
    assert len(files) > 20
    assert fine == []


# ── matching those who joined with those who signed ──


def places(data: bytes, needles_: list[bytes]) -> dict[int, int]:
    """Where each needle lies in a file, by its index, for those that are there."""
    return {index: place for index, needle in enumerate(needles_) if (place := data.find(needle)) >= 0}


def matched(issuer: dict[int, int], signed: dict[int, int]) -> bool:
    """Whether the order of places in one file tells that in the other better than chance."""
    both = sorted(set(issuer) & set(signed))
    assert len(both) >= LEAST
    return told([issuer[index] for index in both], [signed[index] for index in both])


@pytest.fixture(scope="module")
def stolen(folder: Path, known: dict[str, Any]) -> dict[str, dict[int, int]]:
    data = folder / "instance/data"
    people = known["members"]
    log = b"".join(
        path.read_bytes() for path in sorted((folder / "instance/public/log/tile/entries").rglob("*")) if path.is_file()
    )
    points = [bytes.fromhex(each["point"]) for each in people]
    nyms = [bytes.fromhex(each["pseudonym"]) for each in people]
    written = [base64.urlsafe_b64encode(each).rstrip(b"=") for each in nyms]
    return {
        "issuer": places((data / "issuer.sqlite3").read_bytes(), points),
        "ledger": places((data / "ledger.sqlite3").read_bytes(), nyms),
        "log": places(log, written),
    }


@pytest.mark.parametrize("where", ["ledger", "log"])
def test_a_stolen_copy_matches_nobody(where: str, stolen: dict[str, dict[int, int]]) -> None:
    assert not matched(stolen["issuer"], stolen[where])


@pytest.mark.parametrize("where", ["issuer", "ledger", "log"])
def test_no_file_tells_the_order_of_joining_and_signing(where: str, stolen: dict[str, dict[int, int]]) -> None:
    there = sorted(stolen[where])
    assert len(there) >= LEAST
    assert not told(list(map(float, there)), [float(stolen[where][index]) for index in there])


def test_the_same_search_finds_a_table_in_the_order_of_joining(stolen: dict[str, dict[int, int]]) -> None:
    dice = Random(5)
    # As a table with an autoincrement would lie, disturbed by eight people who join at a time.
    planted = {index: index * 100 + dice.randrange(800) for index in stolen["issuer"]}
    assert matched(planted, {index: index * 2000 + dice.randrange(16_000) for index in stolen["log"]})


def test_no_journal_is_left(folder: Path) -> None:
    left = [
        path.name
        for path in (folder / "instance/data").iterdir()
        if path.name.endswith(("-journal", "-wal")) and path.stat().st_size
    ]
    assert left == []
