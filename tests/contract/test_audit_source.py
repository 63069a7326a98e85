"""Folder and address give an audit the same files, and the same errors where there are none."""

import threading
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from support.auditing import audited, found
from support.published import small
from undersigned.auditor import source as sources
from undersigned.auditor.source import FolderSource, Source, WebSource, open_source
from undersigned.errors import Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.tlog.tile import TILE_SIZE


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - one list for all of a server's connections, emptied by the fixture

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small().write(tmp_path_factory.mktemp("published"), steps=(3, 8))


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["folder", "instance", "address", "address with a slash"])
def source(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Iterator[Source]:
    if request.param == "instance":
        (tmp_path / "public").symlink_to(folder)
    address = request.getfixturevalue("address") if "address" in request.param else ""
    places = {
        "folder": str(folder), "instance": str(tmp_path), "address": address, "address with a slash": f"{address}/",
    }  # fmt: skip
    opened = open_source(places[request.param])
    yield opened
    opened.close()


def test_it_gives_the_files_as_they_are(source: Source, folder: Path) -> None:
    for path in ("registry/checkpoint", "log.vkey", "log/tile/0/000.p/12", "log/tile/entries/000.p/12"):
        assert source.read(path) == (folder / path).read_bytes()


@pytest.mark.parametrize("path", ["log/tile/0/001", "documents/" + "0" * 64, "log/checkpoint/more"])
def test_a_file_that_is_not_there_is_withheld(source: Source, path: str) -> None:
    with pytest.raises(Withheld):
        source.read(path)


def test_a_file_that_is_too_long_is_refused_without_reading_it_all(source: Source, folder: Path) -> None:
    for name, longest in (("000", TILE_SIZE), ("001", TILE_SIZE + 1)):
        path = folder / "log" / "tile" / "3" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(longest))
    assert len(source.read("log/tile/3/000")) == TILE_SIZE
    with pytest.raises(Malformed) as caught:
        source.read("log/tile/3/001")
    assert caught.value.code == "too-long"


def test_both_give_the_same_audit(source: Source, folder: Path) -> None:
    report = audited(source.place)
    assert report.passed
    assert report.record()["letters"] == audited(folder).record()["letters"]


def test_an_audit_asks_for_documented_files_only(address: str) -> None:
    _Quiet.asked.clear()
    assert audited(address).passed
    known = ("/registry/tile/", "/log/tile/", "/documents/")
    plain = {"/registry/checkpoint", "/log/checkpoint", "/registry.vkey", "/log.vkey"}
    plain.add("/letters/small-letter/names.json")
    assert _Quiet.asked
    inner = ("/", "/check/", "/press/", "/privacy/", "/letters/small-letter/")
    pages = {f"{language}{path}" for language in ("", "/de", "/es", "/fr") for path in inner}
    assert all(path in plain | pages or path.startswith(known) for path in _Quiet.asked)
    assert len(set(_Quiet.asked) - plain) == len([path for path in _Quiet.asked if path not in plain]), "asked twice"


# ── addresses that do not answer as they should ──


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> tuple[WebSource, list[float]]:
    slept: list[float] = []
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return WebSource("http://letters.example", client=client, sleep=slept.append), slept


def test_a_busy_server_is_asked_again_after_a_while() -> None:
    answers = iter([503, 429, 200])
    source, slept = answering(lambda _: httpx.Response(next(answers), content=b"here"))
    assert source.read("log/checkpoint") == b"here"
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError, "cannot be reached"),
        (httpx.ReadTimeout, "did not answer in time"),
        (httpx.DecodingError, "cannot"),
    ],
)
def test_a_network_that_fails_is_told_in_words(error: type[httpx.RequestError], words: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("nothing", request=request)

    source, slept = answering(fail)
    with pytest.raises(Unavailable, match=words) as caught:
        source.read("log/checkpoint")
    assert "log/checkpoint" in caught.value.words
    assert len(slept) == sources.ATTEMPTS - 1


def test_a_server_that_keeps_failing_is_unavailable() -> None:
    source, _ = answering(lambda _: httpx.Response(500))
    with pytest.raises(Unavailable, match="500"):
        source.read("log/checkpoint")


def test_a_redirect_is_not_followed() -> None:
    source, _ = answering(lambda _: httpx.Response(301, headers={"Location": "https://other.example/"}))
    with pytest.raises(Refused, match="another address"):
        source.read("log/checkpoint")


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_withheld(status: int) -> None:
    source, _ = answering(lambda _: httpx.Response(status))
    with pytest.raises(Withheld):
        source.read("documents/x")


def test_a_log_that_breaks_off_in_between_fails_the_audit(folder: Path) -> None:
    inner = FolderSource(folder)

    def half(request: httpx.Request) -> httpx.Response:
        if "/log/tile/entries" in request.url.path:
            return httpx.Response(503)
        try:
            return httpx.Response(200, content=inner.read(request.url.path[1:]))
        except Withheld:
            return httpx.Response(404)

    source, _ = answering(half)
    from undersigned.auditor.audit import Options, audit  # noqa: PLC0415 - only here

    assert found(audit(source, Options())) == {(2, "log", 0, "status")}


@pytest.mark.parametrize(
    "place", ["https://", "http://a.example/?x=1", "http://u:p@a.example", "nowhere/at/all", "ftp://x"]
)
def test_a_place_that_is_none_is_refused_in_words(place: str) -> None:
    with pytest.raises(UndersignedError):
        open_source(place)


def test_a_folder_is_no_file(folder: Path) -> None:
    with pytest.raises(Withheld):
        FolderSource(folder).read("log/tile")


def test_what_is_packed_is_not_unpacked() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["accept-encoding"])
        bomb = zlib.compress(bytes(1 << 20))
        return httpx.Response(200, headers={"content-encoding": "deflate"}, stream=httpx.ByteStream(bomb))

    client = WebSource("http://x.example")._client
    source = WebSource(
        "http://x.example", client=httpx.Client(transport=httpx.MockTransport(answer), headers=client.headers)
    )
    with pytest.raises(Refused) as caught:
        source.read("log/checkpoint")
    assert caught.value.code == "encoding"
    assert asked == ["identity"]
