"""What passes between an issuer and letters on two machines, octet for octet: rounded numbers, hours, and no one."""

import base64
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.db import connections

from support import instances
from support.instances import EPOCH, HERE, ISSUER, NAME, enrol, fresh, letter, opened, sign
from undersigned.asking.pins import Pin, Pins
from undersigned.bootstrap import Instance
from undersigned.web.operations import turn
from undersigned.web.wsgi import application

TICKS = ("2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(instance: Instance) -> Iterator[int]:
    """Serve the issuer's side at a free port."""
    server = make_server("127.0.0.1", 0, application(replace(instance, letters_side=None)), handler_class=Quiet)

    def run() -> None:
        server.serve_forever(0.02)
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Tap:
    """Stands between the two and keeps every octet of both directions."""

    there: int
    octets: list[bytes] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._accept, args=(listener,))
            thread.start()
            try:
                yield listener.getsockname()[1]
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self.there)) as far:
                back = threading.Thread(target=self._pass, args=(far, near))
                back.start()
                self._pass(near, far)
                back.join()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        while part := one.recv(65_536):
            self.octets.append(part)
            other.sendall(part)
        other.shutdown(socket.SHUT_WR)

    def __bytes__(self) -> bytes:
        return b"".join(self.octets)


def spelled(secret: bytes) -> list[bytes]:
    """A value as it is, in hex and in base64 of both kinds, without what its place would change."""
    plain, url = base64.b64encode(secret), base64.urlsafe_b64encode(secret)
    return [secret, secret.hex().encode(), plain.rstrip(b"=")[:-1], url.rstrip(b"=")[:-1]]


def found(wire: bytes, secrets: list[bytes]) -> list[bytes]:
    return [secret for secret in secrets for spelling in spelled(secret) if spelling in wire]


def times(wire: bytes) -> list[bytes]:
    """Times finer than the hour, apart from HTTP's own of the answer itself, which who hears it knows."""
    rest = re.sub(rb"(?im)^date: [^\r\n]+", b"", wire)
    return [each for each in re.findall(rb"\d\d:\d\d:\d\d|\b1[78]\d{8}\b", rest) if not each.endswith(b":00:00")]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    yield fresh(tmp_path / "instance")
    instances.close()


def test_between_the_two_there_is_no_one_and_no_time_finer_than_the_tick(instance: Instance) -> None:
    of = opened(instance, letter())
    members = enrol(instance, 13)
    from undersigned.issuer.models import Admission  # noqa: PLC0415 - models need Django set up first

    kept = [bytes(each) for row in Admission.objects.values_list("subject", "point") for each in row]
    marks = [member.act(of).pseudonym for member in members]
    digests = [bytes.fromhex(member.act(of).digest) for member in members]
    assert len(kept) == 26
    with served(instance) as there:
        tap = Tap(there)
        with tap.listening() as port:
            key = instance.keys.identity(ISSUER).vkey
            pins = Pins().with_issuer(Pin.issuer(ISSUER, key, f"http://127.0.0.1:{port}"))
            asker = instance.keys.signing("registry", NAME).vkey
            pins.with_letters(Pin.letters(asker, instances.URL)).write(instance.config.pins)
            letters = replace(instance, issuer_side=None)
            # Nothing waits at the first tick, thirteen acts at the second.
            assert turn(letters, TICKS[0]).waiting == ()
            first = len(bytes(tap))
            sign(instance, members, of)
            assert [each.count for each in turn(letters, TICKS[1]).report.rounds] == [13]
    wire = bytes(tap)
    assert wire.count(b"POST /api/issuer/figures") == 2
    # Only the rounded number, and the octets are as many whether or not anything waits.
    assert re.findall(rb'"at_most":(\d+)', wire) == [b"20", b"20"]
    assert not re.search(rb"\b13\b", re.sub(rb"(?im)^date: [^\r\n]+", b"", wire))
    assert len(wire) == 2 * first
    assert EPOCH.encode() in wire
    assert HERE.encode() in wire
    assert found(wire, [*kept, *marks, *digests]) == []
    assert times(wire) == []
    # The same looking finds what is planted.
    for planted in (kept[0], marks[0].hex().encode(), base64.urlsafe_b64encode(kept[1])):
        assert len(found(wire + planted, [*kept, *marks])) == 1
    assert times(wire + b'"tick":"2026-12-03T00:00:01Z"') == [b"00:00:01"]
