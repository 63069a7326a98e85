"""The server as processes: it starts what died, ends as a whole, and writes nothing about those who came."""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from support import instances
from support.instances import HERE, Member, enrol, fresh, letter, opened, turn
from support.serving import Server, gone, serving
from undersigned.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance
    from undersigned.protocol.letter import Letter

HEADERS = {"Content-Type": "application/octet-stream"}
Place = tuple["Instance", "Letter", list[Member]]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    instance = fresh(tmp_path_factory.mktemp("server") / "instance")
    of = opened(instance, letter())
    yield instance, of, enrol(instance, 12)
    instances.close()


@pytest.fixture(scope="module")
def server(there: Place) -> Iterator[Server]:
    with serving(there[0].config.directory) as running:
        yield running


def test_the_same_act_sent_fifty_times_at_once_is_accepted_once(there: Place, server: Server) -> None:
    instance, of, members = there
    sent = members[0].padded(instance, of)
    clients = [httpx.Client(base_url=server.url, headers=HEADERS, timeout=30) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: clients[i % 8].post("/api/acts", content=sent), range(50)))
    for client in clients:
        client.close()
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    bodies = {answer.content for answer in answers}
    assert bodies == {answer.content for answer in answers[:1]} | {
        answers[0].content.replace(b'"repeated":false', b'"repeated":true'),
        answers[0].content.replace(b'"repeated":true', b'"repeated":false'),
    }
    # Apart from the time of the answer, which HTTP asks for, headers say only what kind of answer it is.
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert instance.ledger.waiting(of.context)[HERE].acts == 1


def test_a_letter_is_served_with_its_count_after_the_round(there: Place, server: Server) -> None:
    instance, of, members = there
    for member in members:  # one of them may have signed before
        answer = httpx.post(f"{server.url}/api/acts", content=member.padded(instance, of), headers=HEADERS)
        assert answer.status_code in {200, 201}
    turn(instance, "2026-12-02T00:00:00Z")
    from undersigned.web.publish import publish  # noqa: PLC0415 - models need Django set up first

    publish(instance, "2026-12-02T00:00:00Z")
    assert "12\N{NO-BREAK SPACE}people who work at example.com" in httpx.get(f"{server.url}/letters/leave/").text


def test_head_and_connections_that_stay_open_work(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        for _ in range(3):
            head = client.head("/letters/leave/")
            assert head.status_code == 200
            assert int(head.headers["content-length"]) > 1000
            assert client.get("/letters/leave/", headers={"If-None-Match": head.headers["etag"]}).status_code == 304


def _raw(server: Server, octets: bytes, *, half: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(octets)
        if half:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(65536)):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("rest", "half", "status"),
    [
        (b"Content-Length: 8192\r\n\r\nabc", True, b"400"),
        (b"Content-Length: 99999999999\r\n\r\nabc", False, b"413"),
        (b"Content-Length: -1\r\n\r\n", False, b"400"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", False, b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", False, b"411"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", False, b"411"),
        (b"\r\n", False, b"411"),
    ],
)
def test_bodies_that_are_cut_off_or_lie_about_their_length(
    server: Server,
    rest: bytes,
    half: bool,  # noqa: FBT001 - a case
    status: bytes,
) -> None:
    head = b"POST /api/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    assert _raw(server, head + rest, half=half).split(b" ")[1] == status


def test_slow_senders_do_not_keep_pages_from_being_read(server: Server) -> None:
    head = b"POST /api/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    head += b"Content-Length: 8192\r\n\r\nabc"
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(140)]
    try:
        for each in slow:
            each.sendall(head)
        time.sleep(0.3)
        for _ in range(5):
            assert httpx.get(f"{server.url}/letters/leave/", timeout=5).status_code == 200
    finally:
        for each in slow:
            each.close()


def test_a_worker_that_died_is_started_again(server: Server) -> None:
    for _ in range(2):
        before = server.workers()
        assert len(before) == 2
        before[0].kill()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            now = {each.pid for each in server.workers()}
            if len(now) == 2 and before[0].pid not in now:
                break
            time.sleep(0.05)
        assert before[0].pid not in {each.pid for each in server.workers()}
        until = time.monotonic() + 20
        while True:
            try:
                assert httpx.get(f"{server.url}/log/checkpoint", timeout=5).status_code == 200
                break
            except httpx.TransportError:
                assert time.monotonic() < until
                time.sleep(0.1)


def test_an_instance_is_served_once_and_a_port_by_one(there: Place, server: Server, tmp_path: Path) -> None:
    from undersigned.web.server import serve  # noqa: PLC0415 - beside its errors

    with pytest.raises(Conflict) as taken:
        serve(there[0].config, "127.0.0.1", 1)
    assert taken.value.code == "served-already"
    other = instances.config(tmp_path)
    with pytest.raises(Unavailable) as port:
        serve(other, "127.0.0.1", server.port)
    assert port.value.code == "port-taken"


def test_the_server_ends_as_a_whole_and_wrote_nothing_about_who_came(there: Place, server: Server) -> None:
    family = server.family()
    server.process.terminate()
    assert server.process.wait(20) == 0
    assert gone(family, 10)
    said = server.said()
    for told in (b"127.0.0.1", b"/api/acts", b"/letters", b"POST", b"GET", b"leave", there[1].digest.encode()):
        assert told not in said, said
    assert said.count(b"\n") <= 2, said


def test_whoever_kills_the_server_kills_its_workers(tmp_path: Path) -> None:
    fresh(tmp_path / "instance")
    instances.close()
    with serving(tmp_path / "instance") as running:
        family = running.family()
        assert len(family) >= 2
        running.process.kill()
        running.process.wait(10)
        assert gone(family, 10)


def test_with_the_systems_clock_rounds_close_by_themselves_and_the_clock_ends_too(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    made = fresh(folder)
    settings = (folder / "instance.toml").read_text().replace('clock = "demonstration"', 'clock = "system"')
    (folder / "instance.toml").write_text(settings)
    instances.close()
    (made.config.public / "index.html").unlink(missing_ok=True)
    with serving(folder) as running:
        clocks = [each for each in running.family() if "undersigned.web.clockwork" in " ".join(each.cmdline())]
        until = time.monotonic() + 10
        while not clocks and time.monotonic() < until:
            time.sleep(0.1)
            clocks = [each for each in running.family() if "undersigned.web.clockwork" in " ".join(each.cmdline())]
        assert len(clocks) == 1
        assert (made.config.public / "index.html").is_file()
        family = running.family()
        running.process.terminate()
        assert running.process.wait(20) == 0
        assert gone(family, 10)


def test_a_turn_that_fails_is_tried_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    instance = fresh(tmp_path / "instance")
    from undersigned.web import clockwork  # noqa: PLC0415 - models need Django set up first

    turns: list[float] = []

    def turn_twice(_instance: object) -> None:
        if not turns:
            raise RuntimeError("a secret")

    def wait(seconds: float) -> bool:
        turns.append(seconds)
        return len(turns) == 2

    monkeypatch.setattr(clockwork, "turn", turn_twice)
    clockwork.run(instance, wait)
    assert turns[0] <= 60
    assert 0 < turns[1] <= 3601
    said = capfd.readouterr().err
    assert "RuntimeError" in said
    assert "secret" not in said
    instances.close()


def test_a_child_ends_with_its_parent() -> None:
    from undersigned.web.processes import end_with  # noqa: PLC0415 - beside what it tests

    ended = threading.Event()
    end_with(-1, ended.set)
    assert ended.wait(5)


def test_a_child_knows_its_parent_also_when_that_ended_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from undersigned.web.processes import PARENT, parent  # noqa: PLC0415 - beside what it tests

    assert parent() == os.getppid()
    monkeypatch.setenv(PARENT, "12345")
    assert parent() == 12345
