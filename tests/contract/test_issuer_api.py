"""The issuer over HTTP: good answers as described, bad input answered by a problem document, never by a crash."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.instances import EPOCH, HERE, THERE, close, fresh, move
from support.issuing import Person
from undersigned.bootstrap import Instance
from undersigned.config import WORK
from undersigned.errors import Refused
from undersigned.protocol.enrolment import Issuance
from undersigned.protocol.work import Challenge, solve
from undersigned.values import canonical

ANN, BEN = Person(1), Person(2)
VERBS = ("admissions", "renewals", "replacements", "cancellations")
JSON = "application/json"
Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    made = fresh(tmp_path_factory.mktemp("api") / "instance")
    made.issuer.open_epoch(HERE, EPOCH)
    made.issuer.open_epoch(THERE, EPOCH)
    yield made
    close()


@pytest.fixture(scope="module")
def client(instance: Instance) -> Iterator[httpx.Client]:
    from undersigned.web.wsgi import application  # noqa: PLC0415 - needs Django set up first

    with httpx.Client(transport=httpx.WSGITransport(app=application(instance)), base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture(scope="module")
def post(client: httpx.Client) -> Post:
    def send(verb: str, body: bytes, kind: str = JSON) -> httpx.Response:
        return client.post(f"/api/issuer/{verb}", content=body, headers={"content-type": kind})

    return send


def problem(answer: httpx.Response) -> str:
    """The code of a problem document; fails where the answer is none."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert set(said) == {"status", "title", "type"}
    assert said["status"] == answer.status_code
    assert said["title"]
    return str(said["type"]).removeprefix("urn:undersigned:problem:")


def operation(verb: str) -> dict[str, Any]:
    """What the OpenAPI document says of a verb."""
    from undersigned.web.api import document  # noqa: PLC0415 - needs Django set up first

    (found,) = document()["paths"][f"/api/issuer/{verb}"].values()
    said: dict[str, Any] = found
    return said


def described(verb: str, status: int) -> dict[str, Any]:
    """The schema that the OpenAPI document gives for an answer."""
    schema: dict[str, Any] = operation(verb)["responses"][str(status)]["content"][JSON]["schema"]
    return schema


def body_of(verb: str, code: str = "0000-0000-0000-0000", person: Person = ANN) -> bytes:
    """A good message for a verb."""
    if verb == "renewals":
        return person.renewal().encoded()
    if verb == "cancellations":
        return person.cancellation().encoded()
    if verb == "replacements":
        return person.replacement(code).encoded()
    return person.admission(code).encoded()


# ── good answers ──


def test_a_life_over_http(instance: Instance, post: Post) -> None:
    code, ann, new = instance.issuer.new_sheet(HERE, 1).codes[0], Person(11), Person(12)
    for verb, body in (("admissions", ann.admission(code).encoded()), ("renewals", ann.renewal().encoded())):
        jsonschema.validate(json.loads(body), operation(verb)["requestBody"]["content"][JSON]["schema"])
        answer = post(verb, body)
        assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
        jsonschema.validate(answer.json(), described(verb, 200))
        (credential,) = Issuance.parse(answer.content).credentials
        ann.check(credential, instance.keys)
    asked_for = post("replacements", new.replacement(code).encoded())
    assert (asked_for.status_code, asked_for.json()) == (202, {"profile": "undersigned/1", "ready": "2026-12-08"})
    jsonschema.validate(asked_for.json(), described("replacements", 202))
    assert problem(post("renewals", new.renewal().encoded())) == "replacement-waits"
    assert problem(post("renewals", ann.renewal().encoded())) == "replacement-asked"
    cancelled = post("cancellations", ann.cancellation().encoded())
    assert (cancelled.status_code, cancelled.content) == (204, b"")
    assert problem(post("renewals", new.renewal().encoded())) == "unknown-words"


def test_replaced_words_over_http(instance: Instance, post: Post) -> None:
    code, ann, new = instance.issuer.new_sheet(THERE, 1).codes[0], Person(13), Person(14)
    assert post("admissions", ann.admission(code, THERE).encoded()).status_code == 200
    assert post("replacements", new.replacement(code, THERE).encoded()).status_code == 202
    move(instance, "2026-12-08T00:00:00Z")
    try:
        assert problem(post("renewals", new.renewal(THERE).encoded())) == "next-quarter"
        assert problem(post("cancellations", ann.cancellation(THERE).encoded())) == "unknown-words"
    finally:
        move(instance, "2026-12-01T00:00:00Z")


def test_role_families_are_listed(client: httpx.Client) -> None:
    answer = client.get("/api/issuer/role-families")
    jsonschema.validate(answer.json(), described("role-families", 200))
    assert answer.json()["version"] == "t2026-1"
    assert {"technology", "logistics", "retail", "media", "health", "public-service", "education"} <= {
        each["sector"] for each in answer.json()["families"]
    }


def test_work_is_given_in_its_one_form_and_taken_once(client: httpx.Client, instance: Instance) -> None:
    answers = [client.get("/api/issuer/challenge") for _ in range(2)]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        jsonschema.validate(answer.json(), described("challenge", 200))
    challenges = [Challenge.parse(answer.content) for answer in answers]
    assert challenges[0].nonce != challenges[1].nonce
    assert {each.most for each in challenges} == {instance.config.work} == {WORK}
    instance.work.spend(solve(challenges[0]))
    with pytest.raises(Refused):
        instance.work.spend(solve(challenges[0]))


# ── codes that do not admit ──


def test_refused_codes_look_alike_from_outside(instance: Instance, post: Post) -> None:
    sheet = instance.issuer.new_sheet(HERE, 3)
    spent, voided, on_void_sheet = sheet.codes
    foreign = instance.issuer.new_sheet(THERE, 1).codes[0]
    assert post("admissions", Person(21).admission(spent).encoded()).status_code == 200
    instance.issuer.void_code(voided)
    instance.issuer.void_sheet(sheet.id)
    tried = (spent, voided, on_void_sheet, foreign, "0000-0000-0000-0000")
    answers = [post("admissions", BEN.admission(code).encoded()) for code in tried]
    assert [problem(each) for each in answers] == ["code-spent", *["code-wrong"] * 4]
    assert {each.status_code for each in answers} == {403}
    assert len({len(each.content) for each in answers}) == 1
    assert len({tuple(sorted(each.headers.items())) for each in answers}) == 1
    assert len({each.content for each in answers[1:]}) == 1


def test_nothing_about_a_code_is_said_before_the_proof(instance: Instance, post: Post) -> None:
    sheet = instance.issuer.new_sheet(HERE, 2).codes
    assert post("admissions", Person(22).admission(sheet[0]).encoded()).status_code == 200
    for verb, made in (("admissions", BEN.admission), ("replacements", BEN.replacement)):
        for name, code_of in (("commitment", "commitment-proof"), ("proof", "request-proof")):
            answers = set()
            for code in (*sheet, "0000-0000-0000-0000"):
                good = made(code)
                octets = getattr(good, name)
                bad = replace(good, **{name: octets[:-1] + bytes([octets[-1] ^ 1])})
                answer = post(verb, bad.encoded())
                answers.add((answer.status_code, answer.content))
            assert len(answers) == 1
            assert problem(answer) == code_of


# ── bad input ──


def changed(body: bytes, **fields: object) -> bytes:
    return canonical(json.loads(body) | fields)


def lacking(body: bytes, name: str) -> bytes:
    return canonical({key: value for key, value in json.loads(body).items() if key != name})


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "json-syntax"),
    "truncated": (lambda body: body[:-1], "json-syntax"),
    "not UTF-8": (lambda body: body[:-1] + b"\xff}", "json-syntax"),
    "an array": (lambda body: b"[" + body + b"]", "not-an-object"),
    "a number": (lambda _: b"1", "not-an-object"),
    "a space": (lambda body: body.replace(b":", b": ", 1), "json-not-canonical"),
    "a line at the end": (lambda body: body + b"\n", "json-not-canonical"),
    "a key twice": (lambda body: b'{"profile":"undersigned/1",' + body[1:], "json-duplicate-key"),
    "a float": (lambda body: body.replace(b'"undersigned/1"', b"1.5"), "json-float"),
    "not a number": (lambda body: body.replace(b'"undersigned/1"', b"NaN"), "json-float"),
    "a huge integer": (lambda body: body.replace(b'"undersigned/1"', b"9007199254740993"), "json-integer"),
    "deep nesting": (lambda _: b"[" * 4000 + b"]" * 4000, "json-depth"),
    "an unknown field": (lambda body: changed(body, zz=1), "field-unknown"),
    "a missing field": (lambda body: lacking(body, "profile"), "field-missing"),
    "another profile": (lambda body: changed(body, profile="undersigned/2"), "unknown-profile"),
    "an organisation in capitals": (lambda body: changed(body, organisation="Example.com"), "bad-domain"),
    "no organisation": (lambda body: changed(body, organisation=None), "bad-domain"),
    "a short commitment": (lambda body: changed(body, commitment="AAAA"), "bad-length"),
    "padding": (lambda body: changed(body, commitment=json.loads(body)["commitment"] + "="), "bad-base64url"),
    "the identity": (lambda body: changed(body, commitment="wA" + "A" * 489), "bad-point"),
    "half a surrogate pair": (lambda body: body.replace(b"example.com", b"\\ud800"), "text-control"),
}
ATTRIBUTES: dict[str, tuple[dict[str, object], str]] = {
    "an unknown role family": ({"role_family": "chief-of-everything"}, "unknown-role-family"),
    "a role family that is no code": ({"role_family": "Chief"}, "bad-code-word"),
    "an unknown standing": ({"standing": "boss"}, "bad-standing"),
    "an unknown way": ({"method": "letter"}, "bad-method"),
    "no evidence": ({"evidence": {}}, "field-missing"),
    "a code in lower case": ({"evidence": {"code": "7k3m-9qxa-2b4c-d5ef"}}, "bad-code"),
    "a code without hyphens": ({"evidence": {"code": "7K3M9QXA2B4CD5EF"}}, "bad-code"),
    "a code with a letter that does not exist": ({"evidence": {"code": "7K3M-9QXA-2B4C-D5EU"}}, "bad-code"),
    "a code that is a number": ({"evidence": {"code": 7}}, "bad-code"),
    "two codes": ({"evidence": {"code": "7K3M-9QXA-2B4C-D5EF", "other": "x"}}, "field-unknown"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_messages(post: Post, verb: str, name: str) -> None:
    spoil, code = SPOILED[name]
    assert problem(post(verb, spoil(body_of(verb)))) == code


@pytest.mark.parametrize("verb", ["admissions", "replacements"])
@pytest.mark.parametrize("name", ATTRIBUTES)
def test_wrong_attributes(post: Post, verb: str, name: str) -> None:
    fields, code = ATTRIBUTES[name]
    assert problem(post(verb, changed(body_of(verb), **fields))) == code


@pytest.mark.parametrize("verb", VERBS)
def test_wrong_type_and_too_long(post: Post, verb: str) -> None:
    assert post(verb, body_of(verb), "text/plain").status_code == 415
    long = post(verb, body_of(verb) + b" " * 8192)
    assert (problem(long), long.status_code) == ("too-long", 413)


@pytest.mark.parametrize("verb", VERBS)
def test_reading_a_verb_is_no_way_in(client: httpx.Client, verb: str) -> None:
    answer = client.get(f"/api/issuer/{verb}")
    assert problem(answer)
    assert answer.status_code == 405


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_octets_break_it(post: Post, data: st.DataObject) -> None:
    verb = data.draw(st.sampled_from(VERBS))
    octets = bytearray(body_of(verb))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        octets[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert problem(post(verb, bytes(octets))) != "internal"


def test_a_message_for_another_verb_is_refused(post: Post) -> None:
    assert problem(post("renewals", body_of("admissions"))) == "field-unknown"
    assert problem(post("admissions", body_of("renewals"))) == "field-missing"


def test_codes_do_not_appear_in_answers(instance: Instance, post: Post) -> None:
    code = instance.issuer.new_sheet(HERE, 1).codes[0]
    good = Person(31).admission(code)
    for answer in (post("admissions", good.encoded()), post("admissions", Person(32).admission(code).encoded())):
        assert code.encode() not in answer.content
        assert code not in str(answer.headers)
