"""Whatever is sent: 4xx with a problem document, never 5xx, never a word of what was sent by somebody else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.asking import asking, place
from support.instances import HERE, ISSUER, Member, enrol, letter, opened
from undersigned.protocol.act import PADDED, SignedAct
from undersigned.protocol.enrolment import JOIN, Admission, Bound, Request
from undersigned.values import canonical
from undersigned.web.wsgi import application

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance
    from undersigned.protocol.letter import Letter

OCTETS, JSON = "application/octet-stream", "application/json"
Served = tuple["Instance", httpx.Client, "Letter", Member]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with place(tmp_path_factory.mktemp("bad-input") / "instance") as (instance, client):
        of = opened(instance, letter())
        yield instance, client, of, enrol(instance, 1)[0]


def problem(answer: httpx.Response, *statuses: int) -> str:
    """The code of a problem document, which is one."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"status", "title", "type"}
    assert body["status"] == answer.status_code
    assert canonical(body) == answer.content
    assert body["title"].endswith((".", "…"))
    return str(body["type"].removeprefix("urn:undersigned:problem:"))


def send(client: httpx.Client, octets: bytes) -> httpx.Response:
    return client.post("/api/acts", content=octets, headers={"Content-Type": OCTETS})


def pad(octets: bytes) -> bytes:
    return (octets + b"\x80").ljust(PADDED, b"\x00")


@pytest.fixture
def good(served: Served) -> dict[str, Any]:
    instance, _, of, member = served
    parsed: dict[str, Any] = json.loads(member.proved(instance, member.act(of)).encoded)
    return parsed


def test_a_good_act_is_created_and_then_repeated(served: Served) -> None:
    instance, client, of, member = served
    sent = member.padded(instance, of)
    first, again = send(client, sent), send(client, sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"receipt": again.json()["receipt"], "repeated": False}
    assert first.headers["content-type"] == JSON
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda act: canonical(act | {"extra": 1}), "field-unknown"),
        (lambda act: canonical({k: v for k, v in act.items() if k != "kind"}), "field-missing"),
        (lambda act: canonical(act)[:-1] + b',"sequence":0}', "json-duplicate-key"),
        (lambda act: canonical(act).replace(b'"sequence":0', b'"sequence":0.0'), "json-float"),
        (lambda act: canonical(act).replace(b'"sequence":0', b'"sequence":1e400'), "json-float"),
        (lambda act: canonical(act).replace(b'"sequence":0', b'"sequence":-1'), "bad-integer"),
        (lambda act: canonical(act).replace(b'"sequence":0', b'"sequence":NaN'), "json-float"),
        (lambda act: canonical(act).replace(b'"sequence":0', b'"sequence":' + b"9" * 4000), "json-integer"),
        (lambda act: json.dumps(act).encode(), "json-not-canonical"),
        (lambda act: b" " + canonical(act), "json-not-canonical"),
        (lambda act: canonical(act)[:-30], "json-syntax"),
        (lambda act: b"[" * 5000, "json-depth"),
        (lambda act: b"\xff\xfe", "json-syntax"),
        (lambda act: b"null", "not-an-object"),
        (lambda act: b"", "json-syntax"),
        (lambda act: canonical(act | {"profile": "undersigned/2"}), "unknown-profile"),
        (lambda act: canonical(act | {"kind": "petition"}), "unknown-kind"),
        (lambda act: canonical(act | {"action": "revoke"}), "unknown-action"),
        (lambda act: canonical(act | {"pseudonym": act["pseudonym"] + "="}), "bad-base64url"),
        (lambda act: canonical(act | {"proofs": []}), "bad-proofs"),
        (lambda act: canonical(act | {"payload": {}}), "bad-payload"),
    ],
)
def test_an_act_in_another_spelling_is_malformed(served: Served, good: dict[str, Any], spoil: Any, code: str) -> None:
    assert problem(send(served[1], pad(spoil(good))), 400) == code


@pytest.mark.parametrize(
    ("octets", "status", "code"),
    [
        (b"", 400, "bad-padding"),
        (b"x", 400, "bad-padding"),
        (bytes(PADDED), 400, "bad-padding"),
        (b"\x80" * PADDED, 400, "json-syntax"),
        (bytes(PADDED + 1), 413, "too-long"),
        (bytes(1_000_000), 413, "too-long"),
    ],
)
def test_an_act_of_another_length_is_refused(served: Served, octets: bytes, status: int, code: str) -> None:
    assert problem(send(served[1], octets), status) == code


def test_a_body_without_its_length_is_refused(served: Served) -> None:
    answer = served[1].post("/api/acts", content=iter([b"x" * 100]), headers={"Content-Type": OCTETS})
    assert problem(answer, 411) == "length-required"


def test_another_content_type_is_refused(served: Served) -> None:
    for path, wrong in (
        ("/api/acts", JSON),
        ("/api/issuer/admissions", OCTETS),
        ("/api/issuer/renewals", "text/plain"),
    ):
        answer = served[1].post(path, content=b"{}", headers={"Content-Type": wrong})
        assert problem(answer, 415) == "bad-content-type"


def test_another_method_is_refused(served: Served) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = served[1].request(method, "/api/acts")
        assert problem(answer, 405) == "method-not-allowed"
        assert answer.headers["allow"] == "POST"


def test_an_unknown_address_of_the_api_is_a_problem_document(served: Served) -> None:
    assert problem(served[1].get("/api/nothing"), 404) == "not-found"
    assert problem(served[1].post("/api/nothing", content=b"x"), 404, 405) in {"not-found", "method-not-allowed"}


def test_families_reach_their_status(served: Served) -> None:
    instance, client, of, member = served
    sent = member.proved(instance, member.act(of))
    elsewhere = SignedAct(replace(sent.act, context=sent.act.context[:-64] + "0" * 64), sent.proofs)
    assert problem(send(client, elsewhere.padded()), 403) == "unknown-letter"
    other = enrol(instance, 1)[0]
    send(client, other.padded(instance, of))
    send(client, other.padded(instance, of, "withdraw"))
    assert problem(send(client, other.padded(instance, of)), 409) == "withdrawn"


def admission(**changed: Any) -> bytes:
    good = json.loads(
        Request(
            JOIN,
            Admission(HERE, "code", {"code": "7K3M-9QXA-2B4C-D5EF"}, "undeclared", "manager"),
            Bound(ISSUER, "https://issuer.example", bytes(32)),
            bytes(368),
            bytes(320),
        ).encoded()
    )
    return canonical(good | changed)


@pytest.mark.parametrize(
    "octets",
    [
        admission(),
        admission(extra=1),
        admission(evidence={"code": "short"}),
        admission(commitment="AA"),
        admission(proof="AA"),
        admission(nonce="AA"),
        admission(origin="https://issuer.example/"),
        admission(action="cancel"),
        admission(organisation="no domain"),
        admission(method="bribe"),
        b"{}",
        b"[]",
        b"{",
        b'{"a":1,"a":1}',
        b"0.5",
    ],
)
def test_an_odd_message_to_the_issuer_is_a_problem_document(served: Served, octets: bytes) -> None:
    for verb in ("admissions", "renewals", "replacements", "cancellations"):
        answer = served[1].post(f"/api/issuer/{verb}", content=octets, headers={"Content-Type": JSON})
        assert problem(answer, 400, 403)


@given(st.binary(max_size=300), st.integers(0, PADDED))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_octets_break_it(served: Served, octets: bytes, at: int) -> None:
    whole = pad(octets)
    assert problem(send(served[1], whole[:at] + octets[:1] + whole[at + len(octets[:1]) :]), 400, 411, 413)


def test_an_error_that_nobody_foresaw_says_nothing(
    served: Served, good: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    instance = served[0]

    def broken(_octets: bytes) -> None:
        raise RuntimeError(f"secret {good['pseudonym']}")

    monkeypatch.setattr(instance.letters, "accept", broken)
    answer = send(served[1], pad(canonical(good)))
    assert problem(answer, 500) == "internal"
    said = capfd.readouterr()
    assert "RuntimeError" in said.err
    for text in (answer.text, said.err, said.out):
        assert "secret" not in text
        assert good["pseudonym"] not in text


def test_no_answer_sets_a_cookie_and_all_bear_the_policy(served: Served) -> None:
    instance, client, of, member = served
    answers = [
        client.get("/"),
        client.get("/nowhere"),
        client.get("/api/docs"),
        client.get("/api/openapi.json"),
        client.get("/log/checkpoint"),
        client.post("/api/acts", content=b"x"),
        send(client, member.padded(instance, of)),
        client.get("/", headers={"Cookie": "sessionid=1; csrftoken=2"}),
    ]
    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert "strict-transport-security" not in answer.headers
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert len({answer.headers["content-security-policy"] for answer in answers}) == 1


def test_transport_security_is_asked_for_where_the_address_is_https(served: Served) -> None:
    instance = replace(served[0], config=replace(served[0].config, url="https://letters.example"))
    with asking(instance) as client:
        assert client.get("/").headers["strict-transport-security"].startswith("max-age=63072000")


# ── generated from the OpenAPI document ──


VERBS = (
    "acts", "issuer/admissions", "issuer/renewals", "issuer/replacements", "issuer/cancellations", "issuer/mails",
    "issuer/figures",
    "supporters", "supporters/mails", "supporters/withdrawals", "names", "names/withdrawals",
)  # fmt: skip
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
OPERATIONS = [("POST", f"/api/{verb}", mode) for verb in VERBS for mode in (POSITIVE, NEGATIVE)]
OPERATIONS += [
    ("GET", path, POSITIVE)
    for path in (
        "/api/issuer/role-families",
        "/api/issuer/challenge",
        "/api/supporters/challenge",
        "/api/issuer/keys/{organisation}/{quarter}",
    )
]


@pytest.fixture(scope="module")
def openapi(served: Served) -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application(served[0]))


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_the_api_answers_as_its_document_says(openapi: Any, method: str, path: str, mode: Any) -> None:
    operation = openapi[path][method]

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(case: Any) -> None:
        answer = case.call()
        assert answer.status_code < 500
        assert str(answer.status_code) in operation.definition.raw["responses"]
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"]
            assert set(answer.json()) == {"status", "title", "type"}

    run()


def test_the_document_names_every_route(served: Served) -> None:
    paths = served[1].get("/api/openapi.json").json()["paths"]
    assert {path for path, each in paths.items() if "post" in each} == {
        path for method, path, _ in OPERATIONS if method == "POST"
    }
