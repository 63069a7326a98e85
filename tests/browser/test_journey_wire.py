"""Everything that leaves a browser in a whole life: documented requests, acts of one size, nothing of one's own."""

import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Request

from support.browsing import Place
from support.inspection import path_of, requested, secrets_of
from support.people import Person
from undersigned.protocol.act import SignedAct
from undersigned.protocol.enrolment import Admission, Cancellation, Renewal
from undersigned.protocol.enrolment import Request as Asked

pytestmark = pytest.mark.xdist_group("journey-wire")

Come = Callable[..., Person]

#: What is only read: of the public folder, and the same for everybody.
READ = re.compile(
    r"/sign/|/letters/(?:leave|rest)/(?:ring\.svg)?|/assets/[a-z-]+\.[0-9a-f]{16}\.(?:css|svg|woff2)"
    r"|/client/[a-z-]+\.[0-9a-f]{16}\.(?:js|css|json)|/registry\.vkey|/(?:registry|log)/checkpoint"
    r"|/(?:registry|log)/tile/entries/[x0-9/]+(?:\.p/[0-9]+)?|/documents/[0-9a-f]{64}|/api/issuer/role-families|/api/issuer/nonce|/issuers\.json"
)
#: What is sent, and what reads it (docs/protocol.md, sections 3 and 4).
SENT: dict[str, Callable[[bytes], object]] = {
    "/api/issuer/admissions": partial(Asked.parse, Admission),
    "/api/issuer/renewals": partial(Asked.parse, Renewal),
    "/api/issuer/replacements": partial(Asked.parse, Admission),
    "/api/issuer/cancellations": partial(Asked.parse, Cancellation),
    "/api/acts": SignedAct.parse_padded,
}
#: Headers that a browser sends by itself, the same for everybody who uses it.
USUAL = {
    "accept", "accept-encoding", "accept-language", "cache-control", "connection", "host", "origin", "pragma",
    "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
    "sec-fetch-user", "sec-purpose", "upgrade-insecure-requests", "user-agent", "priority",
}  # fmt: skip
OF_MESSAGES = {"content-length", "content-type"}
PASSPHRASE = "four or five plain words"


@pytest.fixture(scope="module")
def here(quiet: Place) -> Place:
    """Shared with other modules."""
    return quiet


def whole_life(somebody: Come, here: Place, tmp_path: Path) -> list[Person]:
    """Join, sign two letters, look, protect, save, withdraw, bring back in two ways, replace, stop it, burn."""
    code = here.code()
    first = somebody().joins("leave", code).goes_on().signs()
    first.presses("Am I counted?").reads("Not counted yet")
    first.page.goto(f"{here.url}/letters/rest/")
    first.page.get_by_role("link", name="Sign this letter").click()
    first.sees("Sign this letter?").signs()
    first.presses("Save my pass as a file").sees("Save your pass as a file")
    first.types("Passphrase for the file", PASSPHRASE).types("The same again", PASSPHRASE)
    first.downloads("Save the file", tmp_path / "undersigned.pass")
    first.opens("rest").presses("Withdraw my signature").sees("Withdraw your signature?")
    first.presses("Withdraw my signature").sees("Your signature is withdrawn")

    second = somebody().restores("leave", first.phrase).sees("Sign this letter?")
    third = somebody().brings("leave", tmp_path / "undersigned.pass", PASSPHRASE).sees("You have signed this letter")
    second.paper = third.paper = first.paper

    thief = somebody().opens("leave").says_where().unfolds("I have joined before").presses("I have lost my words")
    thief.presses("Make new words").types("Your code", code).presses("Go on").says_nothing_more()
    thief.writes_the_words_down(then="Put new words in the place of the lost ones?").presses("Ask for it")
    thief.sees("New words are asked for")
    first.opens().sees("Your pass").presses("Somebody else replaces my words").presses("Stop it").sees(
        "Your words stay"
    )
    first.opens().presses("Burn it").sees("Burn your pass on this device?").presses("Burn it").sees("Burned")
    return [first, second, third, thief]


def octets(request: Request) -> bytes:
    """All of a request that goes over the wire."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.all_headers().items())
    return f"{request.method} {path_of(request)}\n{headers}\n\n".encode() + (request.post_data_buffer or b"")


def found(spelled: set[bytes], wire: bytes) -> list[bytes]:
    return [secret for secret in spelled if secret in wire]


def first_of(life: list[Person]) -> bytes:
    return f"?words={life[0].paper[0].replace(' ', '%20')}".encode()


def test_everything_that_a_whole_life_sends(here: Place, somebody: Come, tmp_path: Path) -> None:
    life = whole_life(somebody, here, tmp_path)
    sent = [each for person in life for each in requested(person.sent)]

    assert {each.url.removesuffix(path_of(each)) for each in sent} == {here.url}, "only this origin"
    assert [path_of(each) for each in sent if each.method == "GET" and not READ.fullmatch(path_of(each))] == []
    messages = [each for each in sent if each.method != "GET"]
    assert {each.method for each in messages} == {"POST"}
    assert Counter(path_of(each) for each in messages) == {
        "/api/acts": 3, "/api/issuer/admissions": 1, "/api/issuer/renewals": 1,
        "/api/issuer/replacements": 1, "/api/issuer/cancellations": 1,
    }  # fmt: skip
    for each in messages:
        SENT[path_of(each)](each.post_data_buffer or b"")
    acts = [each for each in messages if path_of(each) == "/api/acts"]
    assert {len(each.post_data_buffer or b"") for each in acts} == {8192}
    assert len({each.post_data_buffer for each in acts}) == 3

    letters = [each for each in sent if "leave" in path_of(each) or "rest" in path_of(each)]
    assert {path_of(each) for each in letters} <= {"/letters/rest/"}, "only the visited letter's page names a letter"
    spelled = {secret for person in life for secret in secrets_of(person.paper)}
    assert len(spelled) > 100
    wire = b"\n".join(octets(each) for each in sent)
    assert found(spelled, wire) == []
    assert found(spelled, wire + first_of(life)) != [], "what is looked for would be found"
    assert PASSPHRASE.encode() not in wire


def test_no_header_tells_two_people_apart(here: Place, somebody: Come) -> None:
    people = [somebody().joins("leave", here.code()).goes_on().signs() for _ in range(2)]
    for person in people:
        person.opens("leave").sees("You have signed this letter").presses("Am I counted?").reads("Not counted yet")
    said = [Counter(map(_said, filter(_went_out, requested(each.sent)))) for each in people]
    assert said[0] == said[1]
    assert {"GET /sign/", "POST /api/acts"} <= {request for request, _ in said[0]}, "what was sent is there"
    names = {(request, name) for each in said for request, headers in each for name, _ in headers}
    odd = {(request, name) for request, name in names if name not in USUAL | OF_MESSAGES}
    plain = {(re.sub(r"\.[0-9a-f]{16}\.", ".", request), name) for request, name in odd}
    own = {(f"GET /{path}", "if-none-match") for path in ("sign/", "client/worker.js")}
    assert plain <= own, "no cookie, no referrer; digests of page and Worker alone, as for all"
    bare = [each for person in people for each in person.sent if each.method == "GET"]
    assert not any(OF_MESSAGES & set(each.all_headers()) for each in bare)


def _went_out(request: Request) -> bool:
    """Whether it went over the wire: what a browser takes from its own memory names no host."""
    return "host" in request.all_headers()


def _said(request: Request) -> tuple[str, frozenset[tuple[str, str]]]:
    """What a request says beside its body; the registry may have grown between two visits."""
    path = re.sub(r"\.p/[0-9]+$", ".p/…", path_of(request))
    headers = {name: value for name, value in request.all_headers().items() if value}
    if not path.endswith("/acts"):
        headers.pop("content-length", None)
    return f"{request.method} {path}", frozenset(headers.items())
