"""Octets that no client sends, over raw sockets: 4xx, one answer each, and the server's log names nothing of them."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from support import instances
from support.asking import asking
from support.instances import Member, enrol, fresh, letter, opened
from support.serving import Server, serving
from undersigned.protocol.act import PADDED
from undersigned.web.limits import READERS

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance
    from undersigned.protocol.letter import Letter

OCTETS = b"Content-Type: application/octet-stream\r\n"
JSON = b"Content-Type: application/json"
MARK = b"SECRETMARK"
Place = tuple["Instance", "Letter", list[Member]]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    instance = fresh(tmp_path_factory.mktemp("raw") / "instance")
    of = opened(instance, letter())
    yield instance, of, enrol(instance, 6)
    instances.close()


@pytest.fixture(scope="module")
def server(there: Place) -> Iterator[Server]:
    with serving(there[0].config.directory) as running:
        yield running


def asked(server: Server, octets: bytes) -> bytes:
    """Everything that is answered until the server closes."""
    out = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(octets)
        while part := connection.recv(65536):
            out += part
    return out


def request(path: bytes, method: bytes = b"GET", more: bytes = b"", body: bytes = b"") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n" + more + b"Connection: close\r\n\r\n" + body


PATHS = [
    b"/" + MARK * 30,
    b"/" + b"a" * 255 + MARK,
    b"/" + (b"a" * 200 + b"/") * 30,
    b"/" + b"a" * 60_000,
    b"/%C3%BC" + b"a" * 254,
    b"/api/",
    b"/api",
    b"/api//acts",
    b"/%00" + MARK,
    b"/%0a" + MARK,
    b"/%2e%2e/keys/log.key",
    b"/..%2f..%2fkeys/log.key",
    b"/log/../../keys/log.key",
    b"/%ff%fe" + MARK,
    b"http://evil.example/../keys/log.key",
    b"//evil.example/letters/leave",
    b"*",
]
ADMISSIONS = b"/api/issuer/admissions"
POSTS = [
    (ADMISSIONS + b"?" + MARK, JSON + b"; charset=" + charset)
    for charset in (b"undefined", b"rot13", b"idna", b"punycode", b"utf-16", b"hex", MARK, b"\xff")
] + [
    (b"/api/acts?" + MARK, OCTETS[:-2] + b"; charset=rot13"),
    (b"/api/acts", JSON),
    (b"/api/acts", b"Content-Type: \xff"),
    (b"/?" + MARK, JSON + b"; charset=undefined"),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_is_an_error_of_ours(server: Server, path: bytes) -> None:
    answer = asked(server, request(path))
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert b"application/problem+json" in answer
    assert MARK not in answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(("path", "kind"), POSTS)
def test_no_content_type_is_an_error_of_ours(server: Server, path: bytes, kind: bytes) -> None:
    answer = asked(server, request(path, b"POST", kind + b"\r\nContent-Length: 3\r\n", b"abc"))
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer), answer
    assert b"application/problem+json" in answer
    assert b"content-security-policy" in answer
    assert MARK not in answer


@pytest.mark.parametrize(
    "host", [b"", b"Host: \xff\r\n", b"Host: evil.example\r\n", b"X-Forwarded-Host: evil.example\r\n"]
)
def test_no_host_reaches_an_answer(server: Server, host: bytes) -> None:
    for path in (b"/letters/leave", b"/letters/leave/", b"/api/docs"):
        answer = asked(server, b"GET " + path + b" HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
        assert re.match(rb"HTTP/1\.1 (200|301|404) ", answer)
        assert b"evil" not in answer


def test_a_body_that_nobody_asked_for_is_no_request(server: Server) -> None:
    inner = request(b"/log/checkpoint")
    answer = asked(server, request(b"/", b"POST", b"Content-Length: %d\r\n" % len(inner), inner))
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_requests_in_one_breath_get_one_answer_each(server: Server) -> None:
    head = b"GET /log/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n"
    assert asked(server, head * 20 + request(b"/log/checkpoint")).count(b"HTTP/1.1 200 OK") == 21


def test_garbage_and_idle_connections_do_not_keep_members_out(there: Place, server: Server) -> None:
    """Two thousand acts of garbage over eight connections, three hundred connections that say nothing."""
    instance, of, members = there
    acts = [member.padded(instance, of) for member in members[:4]]
    forged = bytearray(acts[0])
    forged[acts[0].index(b'"proofs":["') + 200] ^= 1
    garbage = [b"\x80".ljust(PADDED, b"\x00"), bytes(PADDED), bytes(forged)]
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    headers = {"Content-Type": "application/octet-stream"}

    def flood(worker: int) -> set[int]:
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
            return {client.post("/api/acts", content=garbage[(worker + n) % 3]).status_code for n in range(250)}

    with ThreadPoolExecutor(8) as pool:
        floods = [pool.submit(flood, worker) for worker in range(8)]
        slowest = 0.0
        for act in acts:
            began = time.monotonic()
            assert httpx.post(f"{server.url}/api/acts", content=act, headers=headers, timeout=20).status_code == 201
            slowest = max(slowest, time.monotonic() - began)
        assert set().union(*(each.result() for each in floods)) <= {400, 403, 429}
    for each in idle:
        each.close()
    assert slowest < 10


def test_slow_senders_keep_members_waiting_as_long_as_they_stay_and_no_longer(there: Place, server: Server) -> None:
    """What limitations.md says of a server without a proxy: nothing hangs, pages are read, but acts get 503."""
    instance, of, members = there
    act = members[5].padded(instance, of)
    head = request(b"/api/acts", b"POST", OCTETS + b"Content-Length: 8192\r\n", b"abc")
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2 * READERS + 40)]
    headers = {"Content-Type": "application/octet-stream"}
    for each in slow:
        each.sendall(head)
    time.sleep(0.5)
    refused = httpx.post(f"{server.url}/api/acts", content=act, headers=headers, timeout=5)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert httpx.get(f"{server.url}/log/checkpoint", timeout=5).status_code == 200
    for each in slow:
        each.close()
    time.sleep(0.5)
    assert httpx.post(f"{server.url}/api/acts", content=act, headers=headers, timeout=5).status_code == 201


def test_the_log_names_nothing_of_all_this(server: Server) -> None:
    said = server.said()
    assert b"Traceback" not in said
    assert MARK not in said
    assert b"evil" not in said
    assert said.count(b"\n") <= 2, said


@pytest.mark.parametrize(
    "where", ["undersigned.web.limits.Limits.check", "django.core.handlers.wsgi.WSGIRequest.__init__"]
)
def test_an_error_outside_of_any_handler_says_nothing(
    there: Place, where: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("SECRETMARK")

    with asking(there[0]) as client:
        monkeypatch.setattr(where, broken)
        answer = client.get("/log/checkpoint?SECRETMARK")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"]
    said = capfd.readouterr()
    assert "RuntimeError" in said.err
    assert "SECRETMARK" not in answer.text + said.err + said.out
