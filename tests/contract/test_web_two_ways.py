"""An act takes a short way past the framework's handlers, which answers as the long one does, octet for octet."""

import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support import instances
from support.instances import enrol, fresh, letter, opened

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

Answer = tuple[str, list[tuple[str, str]], bytes]
Ask = Callable[[dict[str, Any], bytes], Answer]
OCTETS = {"CONTENT_TYPE": "application/octet-stream"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Instance"]:
    yield fresh(tmp_path_factory.mktemp("two-ways") / "instance")
    instances.close()


@pytest.fixture(scope="module")
def ways(instance: "Instance") -> tuple[Ask, Ask]:
    """The short way and the long one."""
    from undersigned.web import lean  # noqa: PLC0415 - needs Django set up first
    from undersigned.web.wsgi import application  # noqa: PLC0415 - as above

    app = application(instance)

    def ask(environ: dict[str, Any], body: bytes) -> Answer:
        whole = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/acts",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "CONTENT_LENGTH": str(len(body)),
        }
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        found = app(whole | environ, lambda status, headers, _error=None: begun.append((status, headers)))  # type: ignore[arg-type] # all that is looked at
        content = b"".join(found)
        getattr(found, "close", int)()
        ((status, headers),) = begun
        return status, sorted(headers), content

    def long(environ: dict[str, Any], body: bytes) -> Answer:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lean.Acts, "takes", lambda _acts, _environ: False)
            return ask(environ, body)

    return ask, long


def padded(text: bytes) -> bytes:
    return text + b"\x80" + bytes(8191 - len(text))


WRONG: dict[str, tuple[dict[str, Any], bytes]] = {
    "nothing": (OCTETS, b""),
    "a form": ({"CONTENT_TYPE": "application/x-www-form-urlencoded"}, b"a=1"),
    "no type": ({}, bytes(8192)),
    "zeros": (OCTETS, bytes(8192)),
    "no JSON": (OCTETS, padded(b"{")),
    "another JSON": (OCTETS, padded(b"{}")),
    "a vouch of nobody": (OCTETS, padded(b'{"kind":"vouch"}')),
    "too short": (OCTETS, bytes(8191)),
    "too long": (OCTETS, bytes(8193)),
    "far too long": (OCTETS | {"CONTENT_LENGTH": "9" * 30}, bytes(10)),
    "shorter than announced": (OCTETS | {"CONTENT_LENGTH": "8192"}, bytes(100)),
    "no number": (OCTETS | {"CONTENT_LENGTH": "many"}, bytes(8192)),
    "compressed": (OCTETS | {"HTTP_CONTENT_ENCODING": "gzip"}, bytes(8192)),
    "in pieces": (OCTETS | {"HTTP_TRANSFER_ENCODING": "chunked"}, bytes(8192)),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_answered_alike(ways: tuple[Ask, Ask], case: str) -> None:
    short, long = (way(*WRONG[case]) for way in ways)
    assert short == long
    assert short[0][0] == "4"


def test_what_is_right_is_answered_alike(instance: "Instance", ways: tuple[Ask, Ask]) -> None:
    of = opened(instance, letter())
    one, other, forger = enrol(instance, 3)
    first = [way(OCTETS, member.padded(instance, of)) for way, member in zip(ways, (one, other), strict=True)]
    again = [way(OCTETS, one.padded(instance, of)) for way in ways]
    wrong = one.proved(instance, one.act(of))
    forged = padded(wrong.encoded.replace(one.act(of).encoded[-40:-20], forger.act(of).encoded[-40:-20]))
    assert [each[0] for each in first] == ["201 Created"] * 2
    assert len({tuple(name for name, _ in headers) for _, headers, _ in first}) == 1
    assert {tuple(sorted(json.loads(body))) for _, _, body in first} == {("receipt", "repeated")}
    assert again[0] == again[1]
    assert again[0][0] == "200 OK"
    assert ways[0](OCTETS, forged) == ways[1](OCTETS, forged)


def test_an_error_nobody_foresaw_is_answered_alike(
    instance: "Instance", ways: tuple[Ask, Ask], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_padded: bytes) -> None:
        raise ValueError("a secret that somebody sent")

    monkeypatch.setattr(type(instance.letters), "accept", lambda _self, padded: broken(padded))
    short, long = (way(OCTETS, padded(b"{}")) for way in ways)
    assert short == long
    assert short[0].startswith("500")
    said = capsys.readouterr()
    assert "a secret" not in short[2].decode() + said.out + said.err
