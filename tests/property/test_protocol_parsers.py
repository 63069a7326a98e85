"""Every parser takes one spelling, writes it back as it was, and refuses all else with words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.formats import REWRITES, changed, seeds
from support.tlog import Damage, damaged, damages, refused_or_canonical
from undersigned import values
from undersigned.errors import Malformed
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.context import parse_context
from undersigned.protocol.credential import Credential, attribute
from undersigned.protocol.enrolment import code, typed_code
from undersigned.protocol.mailbox import address, mailed_code

SEEDS = seeds()
DOCUMENTS = sorted(set(REWRITES) - {"padded", "receipt", "json"})

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(max_size=12),
    st.sampled_from(["", "0", "undeclared", "example.com", "2026Q4", "2026-12-03", "2026-12-03T00:00:00Z", "a" * 64]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_every_parser_has_seeds() -> None:
    assert set(SEEDS) == set(REWRITES)
    assert all(SEEDS.values())


@pytest.mark.parametrize("kind", REWRITES)
def test_round_trip(kind: str) -> None:
    for data in SEEDS[kind]:
        assert REWRITES[kind](data) == data


@pytest.mark.parametrize("kind", REWRITES)
@given(at=st.integers(0, 1000), damage=damages)
def test_damaged_octets_are_refused_or_canonical(kind: str, at: int, damage: Damage) -> None:
    refused_or_canonical(damaged(SEEDS[kind][at % len(SEEDS[kind])], damage), REWRITES[kind])


@pytest.mark.parametrize("kind", REWRITES)
@given(data=st.binary(max_size=200))
def test_arbitrary_octets_are_refused_or_canonical(kind: str, data: bytes) -> None:
    refused_or_canonical(data, REWRITES[kind])


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(at=st.integers(0, 1000), path=st.lists(st.integers(0, 30), min_size=1, max_size=4), value=json_values)
def test_changed_values_are_refused_or_canonical(kind: str, at: int, path: list[int], value: object) -> None:
    data = SEEDS[kind][at % len(SEEDS[kind])]
    try:
        octets = changed(data, path, value)
    except ValueError:
        return  # RFC 8785 has no spelling for half a surrogate pair, nor for 2^53
    refused_or_canonical(octets, REWRITES[kind])


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(value=json_values)
def test_arbitrary_json_is_refused_or_canonical(kind: str, value: object) -> None:
    octets = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    refused_or_canonical(octets, REWRITES[kind])


VALUES: dict[str, Any] = {
    "act": Act.parse,
    "signed act": SignedAct.from_record,
    "credential": Credential.parse,
    "context": parse_context,
    "code": code,
    "address": address,
    "mailed code": mailed_code,
    **{name: getattr(values, name) for name in ("slug", "domain", "epoch", "code_word", "tick", "day", "language")},
    **{name: getattr(values, name) for name in ("digest", "octets", "text", "integer")},
    **{f"attribute {index}": lambda value, index=index: attribute(index, value) for index in range(6)},
}


def refusal(parse: Callable[[object], object], value: object) -> Malformed | None:
    try:
        parse(value)
    except Malformed as error:
        return error
    return None


@pytest.mark.parametrize("kind", VALUES)
@given(value=json_values | st.text())
def test_arbitrary_values_are_refused_with_words(kind: str, value: object) -> None:
    error = refusal(VALUES[kind], value)
    assert error is None or (error.code and error.words.endswith("."))


@given(st.text())
def test_typed_codes_are_refused_or_in_the_one_spelling(typed: str) -> None:
    try:
        found = typed_code(typed)
    except Malformed:
        return
    assert code(found) == found


@given(st.text("0123456789abcdefghjkmnpqrstvwxyzABCDEFGHJKMNPQRSTVWXYZoOiIlL -", min_size=16, max_size=24))
def test_typed_codes_do_not_mind_case_or_spaces(typed: str) -> None:
    try:
        found = typed_code(typed)
    except Malformed:
        return
    assert typed_code(found.lower().replace("-", " ")) == found


@given(json_values)
def test_canonical_json_round_trips(value: object) -> None:
    try:
        octets = values.canonical(value)
    except Malformed:
        return
    assert values.parse_canonical(octets) == value


@given(st.binary(max_size=200))
def test_octets_round_trip(data: bytes) -> None:
    assert values.octets(values.b64u(data), len(data)) == data
