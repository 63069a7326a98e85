"""An operator's accidents: clocks set back, folders deleted, old databases, two commands at once, a full disk."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from django.db import DatabaseError

from support import instances
from support.instances import HERE, enrol, fresh, letter, opened, sign, turn
from support.proving import asks_with
from support.serving import Server, free_port, serving
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import FolderSource
from undersigned.bootstrap import open_instance
from undersigned.errors import Unavailable, UndersignedError
from undersigned.protocol.enrolment import JOIN, Admission, Bound

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

DAY2, DAY3, DAY4 = "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z", "2026-12-04T00:00:00Z"


def passes(instance: "Instance") -> bool:
    return bool(audit(FolderSource(instance.config.public), Options()).passed)


def served(folder: Path) -> bytes:
    """What `undersigned serve` says that must not start."""
    command = [sys.executable, "-m", "undersigned", "serve", "--dir", str(folder), "--port", str(free_port())]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    return done.stderr


def joins(code: str, url: str, nonce: bytes) -> bytes:
    """A request of somebody whose words depend on the code."""
    wish = Admission(HERE, "code", {"code": code}, "undeclared", "undeclared")
    to = Bound(instances.ISSUER, url, nonce)
    return asks_with(hashlib.sha512(code.encode()).digest(), JOIN, wish, to=to, rng=instances.dice(code)).encoded()


def test_a_clock_that_was_set_back_writes_no_round_before_the_last_one(tmp_path: Path) -> None:
    """Ticks never fall along the log: one that did would fail every audit for ever."""
    instance = fresh(tmp_path / "instance")
    both = [opened(instance, letter(slug)) for slug in ("first", "second")]
    members = enrol(instance, 20)
    sign(instance, members[:10], both[0])
    turn(instance, DAY3)
    sign(instance, members[10:], both[1])
    with pytest.raises(Unavailable) as refused:
        turn(instance, DAY2)
    assert refused.value.code == "clock-backwards"
    assert instance.ledger.waiting(both[1].context)[HERE].acts == 10
    turn(instance, DAY4)
    assert instance.ledger.counts(both[1].context)[HERE].signed == 10
    assert passes(instance)
    instances.close()


def test_a_staging_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    sign(instance, enrol(instance, 10), of)
    shutil.rmtree(instance.config.staging)
    turn(instance, DAY2)
    assert instance.ledger.counts(of.context)[HERE].signed == 10
    assert instance.config.staging.stat().st_mode & 0o777 == 0o700
    assert passes(instance)
    instances.close()


def test_an_older_ledger_under_a_newer_log_is_not_served(tmp_path: Path) -> None:
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    sign(instance, enrol(instance, 10), of)
    old = tmp_path / "old"
    shutil.copyfile(instance.config.database("ledger"), old)
    turn(instance, DAY2)
    instances.close()
    checkpoint = (instance.config.public / "log" / "checkpoint").read_bytes()
    shutil.copyfile(old, instance.config.database("ledger"))
    with pytest.raises(Unavailable) as refused:
        turn(open_instance(tmp_path / "instance"), DAY3)
    assert refused.value.code == "log-ahead"
    assert b"longer than the database knows" in served(tmp_path / "instance")
    assert (instance.config.public / "log" / "checkpoint").read_bytes() == checkpoint
    instances.close()


def test_an_older_issuer_under_a_newer_log_admits_nobody(tmp_path: Path) -> None:
    """Codes spent after the copy would admit again, with other words: one person, two signatures."""
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    old = tmp_path / "old"
    shutil.copyfile(instance.config.database("issuer"), old)
    sign(instance, enrol(instance, 10), of)
    turn(instance, DAY2)
    instances.close()
    shutil.copyfile(old, instance.config.database("issuer"))
    again = open_instance(tmp_path / "instance")
    from undersigned.web.operations import check_issuer  # noqa: PLC0415 - models need Django set up first
    from undersigned.web.operations import turn as whole_turn  # noqa: PLC0415 - as above

    with pytest.raises(Unavailable) as refused:
        check_issuer(again)
    assert refused.value.code == "issuer-behind"
    with pytest.raises(Unavailable):
        whole_turn(again, DAY3)
    instances.close()
    assert b"fewer members" in served(tmp_path / "instance")


ROUND = """
import sys
from pathlib import Path
from undersigned.bootstrap import open_instance
from undersigned.web.operations import turn
turn(open_instance(Path(sys.argv[1])))
"""


def rounds(folder: Path, many: int) -> list["subprocess.Popen[bytes]"]:
    return [
        subprocess.Popen([sys.executable, "-c", ROUND, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(many)
    ]


@pytest.mark.parametrize("hour", [DAY2, instances.CLOSES])
def test_two_rounds_at_once_publish_once(tmp_path: Path, hour: str) -> None:
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    sign(instance, enrol(instance, 12), of)
    instances.move(instance, hour)
    instances.close()
    said = [each.communicate(timeout=60)[0] for each in rounds(tmp_path / "instance", 2)]
    assert not any(b"Traceback" in each for each in said), said
    assert instance.ledger.counts(of.context)[HERE].signed == 12
    assert len(instance.ledger.registry().closed) == (hour == instances.CLOSES)
    assert passes(instance)
    instances.close()


KINDS = {"/api/acts": "application/octet-stream", "/api/issuer/admissions": "application/json"}


def asked(server: Server, path: str, body: bytes) -> httpx.Response | None:
    """The answer, None where the server died meanwhile."""
    with suppress(httpx.TransportError):
        return httpx.post(f"{server.url}{path}", content=body, headers={"Content-Type": KINDS[path]}, timeout=5)
    return None


def insisted(server: Server, path: str, body: bytes) -> httpx.Response:
    """The answer, asked for until it comes."""
    until = time.monotonic() + 60
    while (answer := asked(server, path, body)) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    return answer


@contextmanager
def killing(server: Server) -> Iterator[None]:
    """Kill all workers again and again."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.4):
            for each in server.workers():
                each.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        ended.set()
        killer.join()


def test_members_killed_while_joining_are_members_once(tmp_path: Path) -> None:
    """Workers are killed again and again while people join and sign; then everybody asks again."""
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    acts = [member.padded(instance, of) for member in enrol(instance, 12)]
    codes, nonce = instance.issuer.new_sheet(HERE, 12).codes, instance.issuer.door.nonce()
    receipts: dict[int, str] = {}
    with serving(tmp_path / "instance") as server:
        joining = [joins(code, server.url, nonce) for code in codes]
        with killing(server):
            for number in range(12):
                asked(server, "/api/issuer/admissions", joining[number])
                answer = asked(server, "/api/acts", acts[number])
                if answer is not None and answer.status_code == 201:
                    receipts[number] = answer.json()["receipt"]
        assert {insisted(server, "/api/issuer/admissions", each).status_code for each in joining} == {200}
        again = [insisted(server, "/api/acts", each) for each in acts]
        assert {each.status_code for each in again} <= {200, 201}
        for number, receipt in receipts.items():
            assert again[number].json() == {"receipt": receipt, "repeated": True}
        assert b"Traceback" not in server.said()
    with closing(sqlite3.connect(instance.config.database("issuer"))) as connection:
        assert connection.execute("SELECT COUNT(*) FROM admission").fetchone() == (24,)
    assert instance.ledger.waiting(of.context)[HERE].acts == 12
    turn(instance, DAY2)
    assert instance.ledger.counts(of.context)[HERE].signed == 12
    assert passes(instance)
    instances.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk_accepts_nothing_that_it_cannot_keep(tmp_path: Path) -> None:
    instance = fresh(tmp_path / "instance")
    of = opened(instance, letter())
    members = enrol(instance, 30)
    acts = [member.padded(instance, of) for member in members]
    instances.close()
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2400k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        shutil.copytree(tmp_path / "instance", small / "instance")
        filler = small / "filler"
        headers = {"Content-Type": "application/octet-stream"}
        with serving(small / "instance") as server:
            free = shutil.disk_usage(small).free
            filler.write_bytes(bytes(max(0, free - 40_000)))
            first = [httpx.post(f"{server.url}/api/acts", content=act, headers=headers, timeout=60) for act in acts]
            assert {each.status_code for each in first} == {201, 503}
            assert httpx.get(f"{server.url}/log/checkpoint", timeout=10).status_code == 200
            said = server.said()
            assert b"Traceback" not in said
            instances.use(small / "instance")
            there = open_instance(small / "instance")
            held = [each for each in first if each.status_code == 201]
            assert there.ledger.waiting(of.context)[HERE].acts == len(held)
            with pytest.raises((UndersignedError, OSError, DatabaseError)):
                turn(there, DAY2)
            filler.unlink()
            again = [httpx.post(f"{server.url}/api/acts", content=act, headers=headers, timeout=60) for act in acts]
            assert [each.status_code for each in again] == [200 if each.status_code == 201 else 201 for each in first]
        turn(there, DAY3)
        assert there.ledger.counts(of.context)[HERE].signed == len(acts)
        assert passes(there)
    finally:
        instances.close()
        subprocess.run(["umount", "-l", str(small)], check=True)
