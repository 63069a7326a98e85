"""Statements between an issuer and letters on two machines: one spelling each, and no octet of one can be changed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.own import vectors
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.protocol.elsewhere import addresses, issuers
from undersigned.protocol.statement import Correction, Figures, KeyStatement, Question, opened, read
from undersigned.tlog.note import Note, SigningKey, VerifierKey, sign
from undersigned.values import canonical, parse_canonical

DATA = vectors("statements.json")
KINDS: dict[str, Any] = {each.KIND: each for each in (KeyStatement, Correction, Question, Figures)}


def of(name: str) -> tuple[Any, bytes, VerifierKey]:
    case = next(each for each in DATA["statements"] if each["name"] == name)
    return KINDS[case["kind"]], case["note"].encode(), VerifierKey.parse(case["key"])


@pytest.mark.parametrize("case", DATA["statements"], ids=lambda case: case["name"])
def test_a_statement_is_read_as_it_was_written(case: dict[str, Any]) -> None:
    kind, note, key = of(case["name"])
    found = opened(kind, note, key)
    assert found.record() == case["record"]
    value = {"profile": "undersigned/1", "statement": kind.KIND} | found.record()
    assert Note.parse(note).text == canonical(value).decode() + "\n"


@pytest.mark.parametrize("case", DATA["bad"], ids=lambda case: case["name"])
def test_what_is_no_statement_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(UndersignedError) as caught:
        read(KINDS[case["kind"]], case["note"].encode())
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", DATA["issuers"], ids=lambda case: case["name"])
def test_the_list_of_issuers_has_one_spelling(case: dict[str, Any]) -> None:
    assert issuers(case["addresses"]).decode() == case["text"]
    assert addresses(case["text"].encode()) == case["addresses"]


@pytest.mark.parametrize(
    "url",
    ["https://union.example/", "https://Union.example", "union.example", "https://a@union.example", "https://union.example:0",
     "https://union.example?x", "javascript:alert(1)", "https://union.example https://evil.example", 5, None],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: object) -> None:
    with pytest.raises(Malformed):
        addresses(canonical({"issuers": [{"name": "union.example", "url": url}], "profile": "undersigned/1"}))


@given(name=st.sampled_from(["issuer-key", "question", "figures"]), at=st.integers(0, 8191), bit=st.integers(0, 7))
def test_no_bit_of_a_statement_can_be_changed(name: str, at: int, bit: int) -> None:
    kind, note, key = of(name)
    place = at % len(note)
    changed = bytes([*note[:place], note[place] ^ (1 << bit), *note[place + 1 :]])
    with pytest.raises((Malformed, Refused)):
        opened(kind, changed, key)


scalars = st.none() | st.booleans() | st.integers(-5, 50) | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


@given(data=st.data(), name=st.sampled_from(["issuer-key", "question", "figures"]), value=anything)
def test_a_field_of_another_type_is_refused_or_read_as_it_is(data: st.DataObject, name: str, value: object) -> None:
    kind, note, _ = of(name)
    record = parse_canonical(Note.parse(note).text[:-1].encode())
    field = data.draw(st.sampled_from(sorted(record)))
    try:
        text = canonical(record | {field: value}).decode() + "\n"
    except UndersignedError:
        return
    made = sign(text, [SigningKey("any.example", bytes(32))])
    try:
        found, _ = read(kind, made)
    except (Malformed, Refused):
        return
    assert {"profile": "undersigned/1", "statement": kind.KIND} | found.record() == record | {field: value}


def test_an_answer_fits_one_question_alone() -> None:
    asked, _ = read(Question, of("question")[1])
    answer, _ = read(Figures, of("figures")[1])
    answer.answers(asked)
    empty, _ = read(Figures, of("no-figures")[1])
    empty.answers(asked)
    for other in (
        replace(asked, nonce=bytes(32)), replace(asked, tick="2026-12-03T01:00:00Z"),
        replace(asked, asker="a.example/registry"), replace(asked, issuer="b.example"),
        replace(asked, places=asked.places[:1]),
    ):  # fmt: skip
        with pytest.raises(Refused):
            answer.answers(other)
