"""Pages of letters speak with an issuer elsewhere in what joining needs, and with no one else; nobody else's do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from support import instances
from support.asking import asking
from support.elsewhere import UNION
from support.instances import fresh
from undersigned.asking.pins import Pin, Pins
from undersigned.bootstrap import Instance
from undersigned.errors import Malformed
from undersigned.tlog.note import SigningKey
from undersigned.values import sha256_hex
from undersigned.web.client_files import with_origins
from undersigned.web.operations import pin_issuer

LETTERS, OTHER = "https://letters.example", "https://other.example"
JSON = {"Content-Type": "application/json"}
ENROLMENT = ["admissions", "cancellations", "mails", "renewals", "replacements"]
READ = ["challenge", "role-families", "ways"]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    yield fresh(tmp_path / "instance")
    instances.close()


@pytest.fixture
def issuer(instance: Instance) -> Iterator[httpx.Client]:
    """An issuer alone that works with letters elsewhere."""
    key = SigningKey("letters.example/registry", bytes(32)).vkey
    Pins().with_letters(Pin.letters(key, LETTERS)).write(instance.config.pins)
    with asking(replace(instance, letters_side=None)) as client:
        yield client


def readable(answer: httpx.Response) -> bool:
    said: str | None = answer.headers.get("access-control-allow-origin")
    return said == LETTERS


@pytest.mark.parametrize("origin", [LETTERS, OTHER, "null", LETTERS + ".evil.example", "http://letters.example"])
def test_what_joining_needs_is_answered_to_pages_of_known_letters_alone(issuer: httpx.Client, origin: str) -> None:
    known = origin == LETTERS
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for name in ENROLMENT:
        before = issuer.options(f"/api/issuer/{name}", headers=asked)
        assert (readable(before), before.status_code == 204) == (known, known), name
        # A refusal is to be read too: its words are for the person.
        assert readable(issuer.post(f"/api/issuer/{name}", content=b"{}", headers=JSON | {"Origin": origin})) == known
    for name in READ:
        answer = issuer.get(f"/api/issuer/{name}", headers={"Origin": origin})
        assert (answer.status_code, readable(answer)) == (200, known)
        assert answer.headers.get("vary") == ("Origin" if known else None)
    act = {"Content-Type": "application/octet-stream", "Origin": origin}
    assert readable(issuer.post("/api/acts", content=bytes(8192), headers=act)) == known


def test_nothing_else_of_an_issuer_is_open_to_pages(issuer: httpx.Client) -> None:
    asked = {"Origin": LETTERS, "Access-Control-Request-Method": "POST"}
    for path in ("/api/issuer/figures", "/api/issuer/keys/example.com/2026Q4", "/api/supporters", "/api/names"):
        assert "access-control-allow-origin" not in issuer.options(path, headers=asked).headers
    assert "access-control-allow-origin" not in issuer.get("/api/issuer/ways").headers


def test_an_instance_with_both_sides_opens_nothing_of_its_letters(instance: Instance) -> None:
    key = SigningKey("letters.example/registry", bytes(32)).vkey
    with asking(instance) as client:
        assert not readable(client.get("/api/issuer/ways", headers={"Origin": LETTERS}))
        Pins().with_letters(Pin.letters(key, LETTERS)).write(instance.config.pins)
        assert readable(client.get("/api/issuer/ways", headers={"Origin": LETTERS}))
        act = {"Content-Type": "application/octet-stream", "Origin": LETTERS}
        assert not readable(client.post("/api/acts", content=bytes(8192), headers=act))
    with asking(replace(instance, issuer_side=None)) as client:
        assert not readable(client.get("/api/issuer/ways", headers={"Origin": LETTERS}))


def connects(policy: str) -> str:
    return next(each for each in policy.split("; ") if each.startswith("connect-src"))


def test_the_signing_page_connects_to_itself_and_pinned_issuers(instance: Instance) -> None:
    """Its header, its Worker's and its own text say the same, and the registry has that text's digest."""
    public = instance.config.public
    pin = Pin.issuer(UNION, SigningKey(UNION, bytes(32)).vkey, "https://union.example")
    pin_issuer(instance, pin)
    wanted = "connect-src 'self' https://union.example"
    page = (public / "sign" / "index.html").read_bytes()
    assert f"{wanted};".encode() in page
    assert instance.ledger.registry().client[-1].files["sign/index.html"] == sha256_hex(page)
    script = next((public / "client").glob("*.js"))
    with asking(instance) as client:
        for path in ("/sign/", f"/client/{script.name}"):
            assert connects(client.get(path).headers["content-security-policy"]) == wanted
        Pins().write(instance.config.pins)
        assert connects(client.get("/sign/").headers["content-security-policy"]) == "connect-src 'self'"
        assert connects(client.get("/check/run/").headers["content-security-policy"]) == "connect-src *"


def test_a_browser_that_was_here_before_learns_where_its_worker_may_go_now(instance: Instance) -> None:
    """The script stays the same when an issuer is pinned or moves; what comes with it does not."""
    key = SigningKey(UNION, bytes(32)).vkey
    pin_issuer(instance, Pin.issuer(UNION, key, "https://union.example"))
    worker = next((instance.config.public / "client").glob("worker.*.js"))
    with asking(instance) as client:
        path, tags = f"/client/{worker.name}", list[str]()
        for url in ("https://union.example", "https://moved.example"):
            Pins().with_issuer(Pin.issuer(UNION, key, url)).write(instance.config.pins)
            answer = client.get(path, headers={"If-None-Match": ", ".join(tags)} if tags else {})
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
            assert connects(answer.headers["content-security-policy"]) == f"connect-src 'self' {url}"
            tags.append(answer.headers["etag"])
        assert client.get(path, headers={"If-None-Match": tags[1]}).status_code == 304


def test_a_page_without_its_own_policy_is_not_served(instance: Instance) -> None:
    plain = {"sign/index.html": b"<p>One</p>", "client/sign.js": b"connect-src 'self';"}
    assert with_origins(plain, "'self'") == plain
    with pytest.raises(Malformed):
        with_origins(plain, "'self' https://union.example")
