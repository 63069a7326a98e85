"""What is left between rounds and after an erasure, in numbers; and what the issuer's answers tell who tries codes."""

import hashlib
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx
import pytest

from support.asking import asking
from support.chance import LEAST, p_value, told
from support.instances import CLOSES, EPOCH, HERE, close, dice, enrol, fresh, letter, opened, sign, turn
from support.proving import asks_with
from undersigned.protocol.enrolment import JOIN, Admission

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

LEVEL, PAGE = 0.01, 4096
ORDER = list(range(LEAST))


def transactions(database: Path) -> int:
    """SQLite's own count of transactions, in the file's header (file format, 1.3.7)."""
    return int(struct.unpack(">I", database.read_bytes()[24:28])[0])


def newest_first(found: Sequence[int]) -> float:
    """How likely chance alone makes the first row of a page its newest one so often; small is told."""
    sizes = [len(list(page)) for _, page in groupby(sorted(found), lambda place: place // PAGE)]

    def statistic(secret: Sequence[float], seen: Sequence[float]) -> float:
        by_place = (when for _, when in sorted(zip(seen, secret, strict=True)))
        return sum(page[0] == max(page) for page in (list(islice(by_place, size)) for size in sizes))

    return p_value(ORDER, found, statistic)


def test_the_issuers_pages_tell_no_order_and_after_a_tick_no_newest(tmp_path: Path) -> None:
    """A thousand people join one after the other; a thief comes before the tick, another one after it."""
    instance = fresh(tmp_path / "instance")
    from undersigned.issuer.models import Admission as Row  # noqa: PLC0415 - models need Django set up first

    random = Random(11)
    people = [(random.randbytes(32), random.randbytes(48)) for _ in ORDER]
    for subject, point in people:
        Row.objects.create(subject=subject, organisation=HERE, point=point, newest=EPOCH)
    database = instance.config.database("issuer")
    before = [database.read_bytes().find(subject) for subject, _ in people]
    assert not told(ORDER, before)
    instance.issuer.settle()
    after = [database.read_bytes().find(subject) for subject, _ in people]
    assert not told(ORDER, after)
    assert newest_first(after) > LEVEL
    close()


def test_of_a_missed_goal_nothing_is_left_but_how_often_was_written(tmp_path: Path) -> None:
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter(goal=1000))
    members = enrol(instance, 12)
    ledger = instance.config.database("ledger")
    before = transactions(ledger)
    sign(instance, members, of)
    turn(instance, CLOSES)
    assert instance.ledger.registry().closed[of.digest].outcome == "goal-missed"
    pseudonyms = [member.act(of).pseudonym for member in members]
    for path in (tmp_path / "instance").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(each in data for each in pseudonyms), path
            assert b'"proofs"' not in data, path
    # The count in the header is SQLite's and is never set back: each act that came alone is one transaction.
    assert transactions(ledger) - before >= len(members)
    close()


# ── the issuer's answers as an oracle ──

TRIES = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["Instance", httpx.Client]]:
    instance = fresh(tmp_path_factory.mktemp("oracle") / "instance")
    opened(instance, letter())
    with asking(instance) as client:
        yield instance, client
    close()


def message(code: str, words: str, *, proved: bool = True) -> bytes:
    seed = hashlib.sha512(words.encode()).digest()
    made = asks_with(seed, JOIN, Admission(HERE, "code", {"code": code}, "undeclared", "undeclared"), rng=dice(words))
    return replace(made, proof=made.proof[:-1] + bytes([made.proof[-1] ^ (not proved)])).encoded()


def ask(client: httpx.Client, body: bytes) -> tuple[httpx.Response, float]:
    began = time.perf_counter()
    answer = client.post("/api/issuer/admissions", content=body, headers={"Content-Type": "application/json"})
    return answer, time.perf_counter() - began


def codes(instance: "Instance", client: httpx.Client) -> dict[str, list[str]]:
    """Codes that were used, were never used, are void, and are none."""
    spent, fresh_ones = instance.issuer.new_sheet(HERE, TRIES).codes, instance.issuer.new_sheet(HERE, TRIES).codes
    void = instance.issuer.new_sheet(HERE, TRIES)
    instance.issuer.void_sheet(void.id)
    for number, code in enumerate(spent):
        assert ask(client, message(code, f"holder {code} {number}"))[0].status_code == 200
    random = Random(7)
    symbols = ["".join(random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=16)) for _ in range(TRIES)]
    none = ["-".join(each[i : i + 4] for i in range(0, 16, 4)) for each in symbols]
    return {"spent": list(spent), "new": list(fresh_ones), "void": list(void.codes), "none": none}


def test_who_tries_codes_learns_nothing_from_size_status_or_time(place: tuple["Instance", httpx.Client]) -> None:
    kinds = codes(*place)
    unproved = {ask(place[1], message(code, "x", proved=False))[0].content for each in kinds.values() for code in each}
    assert len(unproved) == 1
    tries = [(kind, message(code, f"thief {code}")) for kind in ("spent", "void", "none") for code in kinds[kind]]
    Random(5).shuffle(tries)
    times: dict[str, list[float]] = {"spent": [], "void": [], "none": []}
    shapes = set()
    for kind, body in tries:
        answer, seconds = ask(place[1], body)
        times[kind].append(seconds)
        shapes.add((answer.status_code, len(answer.content), tuple(sorted(answer.headers))))
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 403
    for kind in ("spent", "void"):
        assert 0.3 < slower(times[kind], times["none"]) < 0.7, kind
    assert slower([each + 0.004 for each in times["none"]], times["none"]) > 0.7


def slower(some: Sequence[float], others: Sequence[float]) -> float:
    """How often one of the first is slower than one of the second: a half where time tells nothing."""
    return sum(a > b for a in some for b in others) / len(some) / len(others)
