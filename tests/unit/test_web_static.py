"""What the public folder gives away, how it may be cached, and what it never gives."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.asking import place
from support.instances import letter, opened
from undersigned.web.publish import publish

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["Instance", httpx.Client]]:
    with place(tmp_path_factory.mktemp("served") / "instance") as (instance, client):
        opened(instance, letter())
        publish(instance, instance.clock.tick())
        yield instance, client


@pytest.fixture
def client(served: tuple["Instance", httpx.Client]) -> httpx.Client:
    return served[1]


@pytest.fixture
def public(served: tuple["Instance", httpx.Client]) -> Path:
    return served[0].config.public


def test_tiles_never_change_under_their_name(client: httpx.Client, public: Path) -> None:
    tiles = sorted(path for path in (public / "registry" / "tile").rglob("*") if path.is_file())
    assert tiles
    for tile in tiles:
        answer = client.get(f"/{tile.relative_to(public)}")
        assert answer.content == tile.read_bytes()
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("log", ["registry", "log"])
def test_a_checkpoint_is_text_and_asked_for_anew(client: httpx.Client, log: str) -> None:
    answer = client.get(f"/{log}/checkpoint")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.startswith(f"letters.example/{log}\n")


def test_a_document_is_json_and_may_vanish(client: httpx.Client, public: Path) -> None:
    document = next((public / "documents").iterdir())
    answer = client.get(f"/documents/{document.name}")
    assert hashlib.sha256(answer.content).hexdigest() == document.name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/registry.vkey", "text/plain; charset=utf-8"),
        ("/letters/leave/", "text/html; charset=utf-8"),
    ],
)
def test_a_file_has_the_type_of_its_name(client: httpx.Client, path: str, kind: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind


def test_an_asset_never_changes_under_its_name(client: httpx.Client, public: Path) -> None:
    for asset in (public / "assets").iterdir():
        answer = client.get(f"/assets/{asset.name}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert hashlib.sha256(answer.content).hexdigest().startswith(asset.name.split(".")[1])


@pytest.mark.parametrize("path", ["/", "/check/", "/nothing", "/letters/nothing/"])
def test_who_checks_from_elsewhere_may_read_pages_and_may_not_embed_them(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


def test_only_the_checking_page_may_ask_other_servers(client: httpx.Client, public: Path) -> None:
    for path in ("sign/index.html", "check/run/index.html", "client/check-worker.0.js"):
        (public / path).parent.mkdir(parents=True, exist_ok=True)
        (public / path).write_bytes(b"x")
    pages = ("/check/run/", "/check/", "/sign/")
    policies = {path: client.get(path).headers["content-security-policy"] for path in pages}
    assert "connect-src *;" in policies["/check/run/"]
    assert "connect-src 'self';" in policies["/sign/"]
    assert "connect-src" not in policies["/check/"]
    assert "script-src" not in policies["/check/"]
    assert "connect-src 'self'" in client.get("/client/check-worker.0.js").headers["content-security-policy"]


def test_what_is_known_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/registry/checkpoint")
    again = client.get("/registry/checkpoint", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/registry/checkpoint", headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_answers_as_get_without_the_body(client: httpx.Client) -> None:
    got, head = client.get("/check/"), client.head("/check/")
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k != "date"} == {
        k: v for k, v in got.headers.items() if k != "date"
    }


def test_a_folder_is_not_listed(client: httpx.Client) -> None:
    for path in ("/documents/", "/documents", "/registry/tile/", "/assets/"):
        assert client.get(path).status_code == 404


def test_a_page_without_its_slash_is_found(client: httpx.Client) -> None:
    answer = client.get("/letters/leave")
    assert answer.status_code == 301
    assert answer.headers["location"] == "/letters/leave/"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_public_folder_is_only_read(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/registry/checkpoint")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["type"] == "urn:undersigned:problem:method-not-allowed"


@pytest.mark.parametrize(
    "path",
    [
        "/../instance.toml", "/%2e%2e/instance.toml", "/..%2finstance.toml", "/registry/../../instance.toml",
        "/registry/%2e%2e/%2e%2e/keys/log.key", "//etc/passwd", "/%2fetc/passwd",
        "/registry//checkpoint", "/.hidden", "/registry/.hidden", "/checkpoint.new",
        "/registry/checkpoint%00", "/registry/checkpoint/",
        "/letters/leave%2findex.html%2f..", "/%ff%fe", "/\\instance.toml", "/link", "/folder/index.html", "/pipe",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_and_nothing_odd_in_it_is_served(
    client: httpx.Client, public: Path, path: str
) -> None:
    (public / ".hidden").write_text("hidden")
    (public / "registry" / ".hidden").write_text("hidden")
    (public / "checkpoint.new").write_text("half")
    for name, target in (("link", public.parent / "instance.toml"), ("folder", public / "check")):
        if not (public / name).is_symlink():
            (public / name).symlink_to(target)
    if not (public / "pipe").exists():
        os.mkfifo(public / "pipe")
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_address_breaks_it(client: httpx.Client, path: str) -> None:
    assert client.get("/" + quote(path)).status_code in {200, 301, 404}


def test_a_browser_gets_a_page_that_says_so(client: httpx.Client) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
