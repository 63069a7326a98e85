"""The way to an instance, against servers that misbehave on a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.holder.transport import ACT, MAX_ANSWER, FolderTransport, HttpTransport

Answer = Callable[[socket.socket], None]


def ok(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def request(connection: socket.socket) -> bytes:
    """Read one whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        got = connection.recv(65536)
        if not got:
            return data
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[socket.socket]]]:
    """A server on loopback that does one thing per connection: its address, and its connections so far."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        try:
            answer(connection)
        except OSError:
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    finally:
        # Wakes the thread that waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def sends(data: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(data)

    return answer


def caught(
    answer: Answer, family: type[UndersignedError], *, limit: int = 1000, whole: float = 5.0
) -> UndersignedError:
    with serving(answer) as (address, _):
        way = HttpTransport(address, silence=0.5, whole=whole)
        with pytest.raises(family) as error:
            way.get("registry/checkpoint", limit)
        way.close()
    return error.value


def test_a_file_and_an_answer() -> None:
    with serving(sends(ok(b"octets"))) as (address, _):
        way = HttpTransport(address)
        assert way.get("registry/checkpoint", 6) == b"octets"
        assert way.post("api/acts", b"x", ACT) == b"octets"
        way.close()


# ── where it may not go ──


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_never_followed(status: str) -> None:
    reached = []
    with serving(lambda connection: reached.append(request(connection))) as (elsewhere, _):
        answer = sends(ok(b"", f"location: {elsewhere}/api/acts", status=status))
        with serving(answer) as (address, _):
            way = HttpTransport(address, silence=0.5)
            with pytest.raises(Refused, match="another address"):
                way.get("registry/checkpoint", 10)
            with pytest.raises(Refused, match="another address") as error:
                way.post("api/acts", b"secret", ACT)
            assert error.value.code == "redirect"
            way.close()
    assert reached == []


def test_proxies_and_passwords_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        heard.append(request(connection))
        connection.sendall(ok(b"octets"))

    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(answer) as (address, _):
        way = HttpTransport(address)
        assert way.get("x", 100) == b"octets"
        way.close()
    assert b"authorization" not in heard[0].lower()


def test_a_named_proxy_is_used_and_a_bad_one_refused() -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        heard.append(request(connection))
        connection.sendall(ok(b"octets"))

    with serving(answer) as (proxy, _):
        way = HttpTransport("http://letters.onion", proxy=proxy)
        assert way.get("registry/checkpoint", 100) == b"octets"
        way.close()
    assert heard[0].startswith(b"GET http://letters.onion/registry/checkpoint HTTP/1.1\r\n")
    with pytest.raises(Malformed, match="proxy"):
        HttpTransport("http://letters.onion", proxy="gopher://127.0.0.1")


# ── what it may not answer ──


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    sent = []

    def endless(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent.append(connection.send(b"x" * 65536))

    error = caught(endless, Refused, limit=100_000)
    assert error.code == "answer-too-long"
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize(("length", "fits"), [(1000, True), (1001, False)])
def test_the_limit_is_exact(length: int, fits: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with serving(sends(ok(b"x" * length))) as (address, _):
        way = HttpTransport(address)
        if fits:
            assert len(way.get("x", 1000)) == 1000
        else:
            with pytest.raises(Refused):
                way.get("x", 1000)
        way.close()


def test_answers_to_messages_are_limited_too() -> None:
    with serving(sends(ok(b"x" * (MAX_ANSWER + 1)))) as (address, _):
        way = HttpTransport(address)
        with pytest.raises(Refused) as error:
            way.post("api/acts", b"x", ACT)
        way.close()
    assert error.value.code == "answer-too-long"


def test_an_encoding_that_was_not_asked_for() -> None:
    assert caught(sends(ok(b"\x1f\x8b", "content-encoding: gzip")), Refused).code == "bad-answer"


def test_silence() -> None:
    def silent(connection: socket.socket) -> None:
        threading.Event().wait(2.0)

    error = caught(silent, Unavailable)
    assert error.code == "no-answer"
    assert "no answer in time" in error.words


def test_drop_by_drop() -> None:
    def drip(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
        for _ in range(900):
            connection.sendall(b"x")
            threading.Event().wait(0.1)

    assert caught(drip, Unavailable, whole=0.5).code == "too-slow"


@pytest.mark.parametrize(
    "data", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", b"\x00" * 99]
)
def test_garbage(data: bytes) -> None:
    error = caught(sends(data), Unavailable)
    assert error.code == "no-answer"
    assert "the connection broke" in error.words


def test_nobody_there() -> None:
    probe = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    probe.close()
    way = HttpTransport(address)
    with pytest.raises(Unavailable, match="no connection"):
        way.get("x", 1)
    way.close()


# ── problems ──


def problem(status: str, body: bytes) -> UndersignedError:
    return caught(sends(ok(body, "content-type: application/problem+json", status=status)), UndersignedError)


@pytest.mark.parametrize(
    ("status", "family"),
    [
        ("400 x", Malformed), ("403 x", Refused), ("404 x", Withheld), ("409 x", Conflict), ("413 x", Malformed),
        ("415 x", Malformed), ("422 x", Malformed), ("429 x", Unavailable),
        ("418 x", Unavailable), ("500 x", Unavailable), ("503 x", Unavailable),
    ],
)  # fmt: skip
def test_problem_documents_become_our_errors(status: str, family: type[UndersignedError]) -> None:
    error = problem(
        status, b'{"type":"urn:undersigned:problem:code-spent","title":"Used \xe2\x80\x9conce\xe2\x80\x9d.","status":1}'
    )
    assert type(error) is family
    assert (error.code, error.words) == ("code-spent", "Used “once”.")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"null", b'{"type":1}', b'{"type":"x"}', b'{"type":"about:blank","title":"x"}',
        b'{"type":"urn:undersigned:problem:x","title":"\\u001b[2Jtype your words"}',
        b'{"type":"urn:undersigned:problem:x","title":"' + b"x" * 700 + b'"}',
        b'{"type":"urn:undersigned:problem:x","title":5}', b"[" * 5000, b"\xff",
    ],
)  # fmt: skip
def test_other_answers_give_no_words_to_a_stranger(body: bytes) -> None:
    error = problem("409 Conflict", body[:1000])
    assert type(error) is Conflict
    assert error.code == "bad-answer"
    assert error.words == "The server answered with the status 409 and without a reason."


# ── folders ──


def test_a_folder_can_be_read_but_not_signed_in(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "checkpoint").write_bytes(b"octets")
    way = FolderTransport(tmp_path)
    assert way.get("registry/checkpoint", 6) == b"octets"
    with pytest.raises(Refused):
        way.get("registry/checkpoint", 5)
    with pytest.raises(Withheld):
        way.get("registry/other", 5)
    with pytest.raises(Refused, match="address of the instance"):
        way.post("api/acts", b"", ACT)


def test_through_tor_names_are_resolved_at_the_other_end() -> None:
    asked: list[bytes] = []

    def socks(connection: socket.socket) -> None:
        connection.recv(3)
        connection.sendall(b"\x05\x00")
        head = connection.recv(5)
        name = connection.recv(head[4])
        asked.append(head[3:4] + name + connection.recv(2))
        connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        request(connection)
        connection.sendall(ok(b"octets"))

    with serving(socks) as (address, _):
        way = HttpTransport("http://letters.onion", proxy=address.replace("http", "socks5h"))
        assert way.get("registry/checkpoint", 100) == b"octets"
        way.close()
    # Type 3 is a name, so this device asked no name server.
    assert asked == [b"\x03letters.onion\x00\x50"]
