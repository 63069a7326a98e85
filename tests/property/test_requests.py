"""A request's proof holds for that request alone, whatever two requests are made of; and it reads as it is written."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from support.issuing import Person
from support.proving import asks
from undersigned.errors import Malformed, Refused
from undersigned.protocol.credential import METHODS, STANDINGS
from undersigned.protocol.enrolment import (
    CANCEL,
    JOIN,
    RENEW,
    REPLACE,
    Admission,
    Bound,
    Cancellation,
    Renewal,
    Request,
    Wish,
)
from undersigned.values import b64u, canonical, parse_canonical

names = st.sampled_from(["example.com", "example.org", "issuer.example", "union.example"])
origins = st.sampled_from(["https://issuer.example", "https://issuer.example:8443", "http://127.0.0.1:8000"])
codes = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=16).map(
    lambda drawn: "-".join(drawn[at : at + 4] for at in range(0, 16, 4))
)
families = st.sampled_from(["undeclared", "software-engineer", "warehouse"])
standings = st.sampled_from(STANDINGS)
bounds = st.builds(Bound, names, origins, st.binary(min_size=32, max_size=32))
evidence = codes.map(lambda code: {"code": code})
admissions = st.builds(Admission, names, st.just("code"), evidence, families, standings)
renewals = st.builds(Renewal, names, families, standings)
cancellations = st.builds(Cancellation, names)
asked: st.SearchStrategy[tuple[str, Wish]] = st.one_of(
    st.tuples(st.sampled_from([JOIN, REPLACE]), admissions),
    st.tuples(st.just(RENEW), renewals),
    st.tuples(st.just(CANCEL), cancellations),
)


def made(action: str, wish: Wish, to: Bound, person: int = 1) -> Request[Any]:
    return asks(action, wish, Person(person).secrets, Person(person).blind, to=to)


@settings(max_examples=60, deadline=None)
@given(asked, bounds)
def test_a_request_is_read_as_it_is_written_and_holds(what: tuple[str, Wish], to: Bound) -> None:
    request = made(*what, to)
    again = Request.parse(type(request.wish), request.encoded())
    assert again == request
    assert again.encoded() == request.encoded()
    assert again.verify() == Person(1).point
    assert set(parse_canonical(request.encoded())) - set(parse_canonical(request.statement())) == {"proof"}


@settings(max_examples=80, deadline=None)
@given(asked, bounds, asked, bounds)
def test_no_proof_holds_for_another_request(
    what: tuple[str, Wish], to: Bound, other: tuple[str, Wish], there: Bound
) -> None:
    """Whoever saw one request, and knows no secret, can make no other out of it."""
    assume((what, to) != (other, there))
    seen = made(*what, to)
    with pytest.raises(Refused) as caught:
        replace(seen, action=other[0], wish=other[1], bound=there).verify()
    assert caught.value.code == "request-proof"


@settings(max_examples=40, deadline=None)
@given(asked, bounds)
def test_no_proof_holds_for_another_person_or_another_proof_of_the_commitment(
    what: tuple[str, Wish], to: Bound
) -> None:
    one, two, other = made(*what, to), made(*what, to), made(*what, to, person=2)
    assert one.commitment[:48] == two.commitment[:48]
    for mixed in (replace(one, commitment=two.commitment), replace(one, commitment=other.commitment)):
        with pytest.raises(Refused) as caught:
            mixed.verify()
        assert caught.value.code == "request-proof"


@cache
def sample() -> Request[Admission]:
    to = Bound("issuer.example", "https://issuer.example", bytes(32))
    wish = Admission("example.com", "code", {"code": "7K3M-9QXA-2B4C-D5EF"}, "undeclared", "undeclared")
    request: Request[Admission] = made(JOIN, wish, to)
    return request


OTHERS: dict[str, Any] = {
    "action": REPLACE,
    "evidence": {"code": "0000-0000-0000-0000"},
    "issuer": "union.example",
    "nonce": b64u(bytes(31) + b"\x01"),
    "organisation": "example.org",
    "origin": "http://issuer.example",
    "role_family": "warehouse",
    "standing": "manager",
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_field_is_covered(name: str) -> None:
    changed = canonical(parse_canonical(sample().encoded()) | {name: OTHERS[name]})
    with pytest.raises(Refused) as caught:
        Request.parse(Admission, changed).verify()
    assert caught.value.code == "request-proof"


def test_no_field_is_left_out() -> None:
    """`profile` has one value, `method` one for its evidence; the commitment is tried above."""
    left = set(parse_canonical(sample().encoded())) - set(OTHERS)
    assert left == {"commitment", "method", "profile", "proof"}
    assert len(METHODS) == 4


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_bit_of_commitment_or_proof(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["commitment", "proof"]))
    octets = bytearray(getattr(sample(), name))
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 0x80 >> bit % 8
    other = bytes(octets)
    forged = replace(sample(), commitment=other) if name == "commitment" else replace(sample(), proof=other)
    with pytest.raises((Malformed, Refused)):
        forged.verify()
