"""Slow senders at addresses that go two ways through the server hold no more threads than at one."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support import instances
from support.serving import Server, serving
from undersigned.web.limits import BODIES, JSON, OCTETS, READERS
from undersigned.web.server import THREADS

WAYS = (("/api/acts", OCTETS), ("/api/issuer/admissions", JSON))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = instances.fresh(tmp_path / "instance")
    instances.close()
    with serving(made.config.directory) as found:
        yield found


def test_slow_senders_of_acts_and_of_admissions_leave_pages_to_be_read(server: Server) -> None:
    assert READERS < THREADS < len(WAYS) * READERS
    workers = max(len(server.workers()), 1)
    slow = []
    try:
        for path, kind in WAYS:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 8192\r\n\r\nabc"
            for _ in range(workers * (READERS + THREADS)):
                slow.append(socket.create_connection(("127.0.0.1", server.port)))
                slow[-1].sendall(head.encode())
        time.sleep(0.5)
        for _ in range(8):
            assert httpx.get(f"{server.url}/log/checkpoint", timeout=5).status_code == 200
    finally:
        for each in slow:
            each.close()


def test_both_ways_read_by_one_limit() -> None:
    from undersigned.web import lean, middleware  # noqa: PLC0415 - beside its use

    assert vars(lean)["BODIES"] is vars(middleware)["BODIES"] is BODIES
