"""Letters, terms and acts of any content: they come back as they were, and differ where their contents differ."""

import json
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.own import vectors
from undersigned.errors import Malformed
from undersigned.protocol.act import KINDS, PADDED, Act, SignedAct
from undersigned.protocol.context import context_id
from undersigned.protocol.letter import Erratum, Letter, Organisation, Terms, Text, Workforce
from undersigned.values import b64u, text

domains = st.from_regex(r"[a-z][a-z0-9]{0,6}\.example", fullmatch=True)
words = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
epochs = st.builds("{}Q{}".format, st.integers(2020, 2099), st.integers(1, 4))
days = st.dates().map(lambda date: date.isoformat())
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


def _is_text(value: str) -> bool:
    try:
        return text(value) == value.strip() != ""
    except Malformed:
        return False


sentences = st.text(min_size=1, max_size=40).filter(_is_text)
#: Half of them plain, so that the filter does not take too much away.
filled = st.text(string.ascii_letters, min_size=1, max_size=20) | sentences


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    count = draw(st.integers(0, 3))
    languages = draw(st.lists(st.sampled_from(["en", "de", "de-AT", "fr", "pl"]), min_size=1, max_size=3, unique=True))
    demands = st.lists(filled, min_size=count, max_size=count).map(tuple)
    asked = draw(st.lists(domains, min_size=1, max_size=3, unique=True))
    issuers = st.lists(domains, min_size=1, max_size=4, unique=True).map(tuple)
    return Letter(
        slug=draw(words),
        addressee=draw(filled),
        epoch=draw(epochs),
        goal=draw(st.none() | st.integers(10, 10**9)),
        organisations=tuple(Organisation(name, draw(issuers)) for name in sorted(asked)),
        texts=tuple(Text(language, draw(filled), draw(filled), draw(demands)) for language in languages),
        taxonomy=draw(words),
        continues=draw(st.none() | digests),
    )


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    names = draw(st.lists(domains, max_size=3, unique=True))
    hours = st.datetimes().map(lambda time: time.strftime("%H:00:00Z"))
    return Terms(
        letter=draw(digests),
        number=draw(st.integers(1, 9_000)),
        dated=draw(days),
        closes=f"{draw(days)}T{draw(hours)}",
        workforce=tuple(Workforce(n, draw(st.integers(1, 10**9)), draw(days), draw(filled)) for n in sorted(names)),
        errata=tuple(Erratum(draw(days), draw(filled)) for _ in range(draw(st.integers(0, 2)))),
    )


@given(letters())
def test_letter_round_trips(letter: Letter) -> None:
    assert Letter.parse(letter.encoded) == letter


@given(letters(), letters())
def test_letters_that_differ_have_other_contexts(one: Letter, other: Letter) -> None:
    assert (one == other) == (one.context == other.context)


@given(letters(), filled)
def test_one_changed_title_is_another_context(letter: Letter, title: str) -> None:
    assume(title != letter.texts[0].title)
    changed = replace(letter, texts=(replace(letter.texts[0], title=title), *letter.texts[1:]))
    assert changed.context != letter.context


@given(some_terms())
def test_terms_round_trip(terms: Terms) -> None:
    assert Terms.parse(terms.encoded) == terms


@given(some_terms(), some_terms())
def test_terms_follow_only_what_they_may(earlier: Terms, later: Terms) -> None:
    later = replace(later, letter=earlier.letter, number=earlier.number + 1)
    may = later.closes >= earlier.closes and later.dated >= earlier.dated and not earlier.errata
    try:
        later.follows(earlier)
    except Malformed:
        assert not may or later.errata[: len(earlier.errata)] != earlier.errata
    else:
        assert later.errata[: len(earlier.errata)] == earlier.errata
        assert later.closes >= earlier.closes


# ── acts ──

_SHOWN: dict[int, st.SearchStrategy[str]] = {
    2: words,
    3: st.sampled_from(["non-manager", "manager", "undeclared"]),
    4: st.sampled_from(["code", "email", "oidc", "vouch"]),
}
_NYM = st.binary(min_size=48, max_size=48)
_PAYLOADS: dict[str, st.SearchStrategy[dict[str, Any] | None]] = {
    "letter": st.none(),
    "role": st.fixed_dictionaries({"title": filled}),
    "incident": st.none(),
    "proposal": st.fixed_dictionaries({"ballot": st.binary(min_size=1, max_size=40).map(b64u)}),
    "tally": st.fixed_dictionaries({"ballot": st.binary(min_size=1, max_size=40).map(b64u)}),
    "discussion": st.fixed_dictionaries({"statement": filled}),
    "vouch": st.fixed_dictionaries(
        {"context": digests.map(lambda digest: context_id("invitation", digest)), "pseudonym": _NYM.map(b64u)}
    ),
}


@st.composite
def acts(draw: st.DrawFn) -> Act:
    kind = draw(st.sampled_from(sorted(KINDS)))
    action = draw(st.sampled_from(sorted(KINDS[kind].actions)))
    organisation, epoch = draw(domains), draw(epochs)
    indexes = draw(st.sampled_from(KINDS[kind].disclosed))
    shown = {0: organisation, 1: epoch} | {index: draw(_SHOWN[index]) for index in sorted(indexes - {0, 1})}
    sequence = draw(st.integers(0, 10_000)) if action == "vote" else int(action == "withdraw")
    return Act(
        kind=kind,
        action=action,
        context=context_id(kind, draw(digests)),
        organisation=organisation,
        epoch=epoch,
        disclosed=shown,
        issuers=tuple(draw(st.lists(domains, min_size=1, max_size=4, unique=True))),
        pseudonym=draw(_NYM),
        sequence=sequence,
        payload=None if action == "withdraw" else draw(_PAYLOADS[kind]),
    )


def signed(act: Act) -> SignedAct:
    """Proofs of the right length; what they say is not looked at here."""
    size = 272 + 32 * (15 - len(act.disclosed))
    return SignedAct(act, tuple(bytes([i]) * size for i in range(len(act.presentations) * len(act.issuers))))


@given(acts())
def test_act_round_trips_and_fits_its_padding(act: Act) -> None:
    whole = signed(act)
    assert SignedAct.parse(whole.encoded) == whole
    assert len(whole.padded()) == PADDED
    assert SignedAct.parse_padded(whole.padded()) == whole


@given(acts(), acts())
def test_acts_that_differ_have_other_digests(one: Act, other: Act) -> None:
    assert (one == other) == (one.digest == other.digest)


def test_an_act_that_is_too_long_has_no_padded_form() -> None:
    longest = ".".join(["x" * 63, "y" * 63, "z" * 63, "w" * 61])
    names = tuple(f"{letter}{longest[1:]}" for letter in "abcd")
    vouch = Act.parse(
        {name: value for name, value in _vector("vouch").items() if name != "proofs"}
        | {"issuers": list(names), "organisation": longest, "disclosed": {"0": longest, "1": "2026Q4", "4": "code"}}
    )
    with pytest.raises(Malformed, match="longer than 8,191 octets"):
        signed(vouch).padded()


def _vector(name: str) -> dict[str, Any]:
    return next(json.loads(case["wire"]) for case in vectors("acts.json")["acts"] if case["name"] == name)
