"""One exchange with another server: small, of bounded time, nothing kept, nothing read from the environment."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import httpx


@contextmanager
def within(seconds: float) -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Give what hears of an exchange's connections (httpx's `trace`), and cut them when the time is up.

    The library bounds the silence between octets alone: one octet every few seconds would keep it for days.
    """
    sockets: list[socket.socket] = []

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            sockets.append(info["return_value"].get_extra_info("socket"))

    def cut() -> None:
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield trace
    finally:
        timer.cancel()


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """Return what checks servers' certificates; made once a process, since it reads all authorities."""
    return httpx.create_ssl_context()
