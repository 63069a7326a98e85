"""Attacks on a holder: terms behind a gap, promises whose letter is gone, texts that read otherwise than they stand."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.instance_double import ADDRESS, CODE, ORGANISATION, Double, dice, wallet
from undersigned import cli
from undersigned.errors import Malformed, Refused
from undersigned.holder.client import Client
from undersigned.holder.receipts import LATE
from undersigned.protocol.entry import TermsSet
from undersigned.protocol.letter import Terms
from undersigned.protocol.registry import Registry
from undersigned.values import shown

AFTER = "2027-06-01T00:00:00Z"


@pytest.fixture
def double() -> Double:
    return Double()


@pytest.fixture
def member(double: Double) -> Client:
    client = Client(ADDRESS, wallet(policy=double.policy), dice("member"), double)
    client.enrol(ORGANISATION, CODE)
    return client


def _terms(double: Double) -> list[str]:
    return [each.digest for each in Registry.replay(double.registry.entries).terms[double.letter.digest]]


def test_a_closing_does_not_move_earlier_behind_terms_that_were_taken_down(double: Double, member: Client) -> None:
    double.terms(double.letter, "2026-12-24T00:00:00Z")
    double.terms(double.letter, "2026-11-01T00:00:00Z")
    double.redact(_terms(double)[1])
    with pytest.raises(Malformed) as caught:
        Client(ADDRESS, member.wallet, dice("again"), double).sign(double.letter.slug)
    assert caught.value.code == "terms-earlier"


def test_taking_down_all_terms_takes_no_promise_back(double: Double, member: Client) -> None:
    sent = member.sign(double.letter.slug)
    double.held.clear()
    for digest in _terms(double):
        double.redact(digest)
    later = Client(ADDRESS, member.wallet, dice("again"), double)
    later.registry(fresh=True)
    assert later.check(sent.receipt, AFTER).state == LATE


def test_two_members_acts_differ_in_pseudonym_and_proof_alone(double: Double, member: Client) -> None:
    """Nothing else in an act could be told apart: neither by member, nor by letter, nor by client."""
    other = Client(ADDRESS, wallet(1, policy=double.policy), dice("other"), double)
    other.enrol(ORGANISATION, "7K3M-9QXA-2B4C-D5EG")
    for client in (member, other):
        client.sign(double.letter.slug)
    one, two = (held.act.record() for held in double.held.values())
    assert {name for name in one if one[name] != two[name]} == {"pseudonym"}
    first, second = (held for held in double.held.values())
    assert len(first.encoded) == len(second.encoded)
    octets = [held.proofs[0] for held in (first, second)]
    shared = [n for n in range(0, len(octets[0]), 16) if octets[0][n : n + 16] == octets[1][n : n + 16]]
    assert shared == []


def test_the_same_act_proved_twice_shares_nothing_but_what_it_says(double: Double, member: Client) -> None:
    member.sign(double.letter.slug)
    first = next(iter(double.held.values()))
    double.held.clear()
    member.sign(double.letter.slug)
    second = next(iter(double.held.values()))
    assert first.act.encoded == second.act.encoded
    one, two = first.proofs[0], second.proofs[0]
    assert all(one[n : n + 16] != two[n : n + 16] for n in range(0, len(one), 16))


# ── what a terminal would do with a text ──


@given(st.text())
def test_a_terminal_shows_every_character_where_it_stands(text: str) -> None:
    out = shown(text)
    assert not any(
        unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and each not in "\n\t\u200c\u200d" for each in out
    )
    if out == text:
        assert "\u202e" not in text
    assert shown(out) == out


def test_a_text_cannot_be_turned_around() -> None:
    assert (
        shown("We do not\u202etnaw\u202c\x1b[2J agree\u200b")
        == "We do not<U+202E>tnaw<U+202C><U+001B>[2J agree<U+200B>"
    )
    assert shown("می\u200cخواهم\n\tand") == "می\u200cخواهم\n\tand"


def test_words_of_a_server_move_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli._stop("Refused.\u202e\x9b2J", 2)
    assert capsys.readouterr().err == "Refused.<U+202E><U+009B>2J\n"


# ── a letter that singles one out ──


@pytest.mark.parametrize("workforce", [1, 39])
def test_nobody_signs_where_nobody_can_hide(workforce: int, double: Double, member: Client) -> None:
    double.workforce = workforce
    double.terms(double.letter, "2026-12-24T00:00:00Z")
    visitor = Client(ADDRESS, member.wallet, dice("again"), double)
    with pytest.raises(Refused) as caught:
        visitor.sign(double.letter.slug)
    assert caught.value.code == "too-small"
    assert not double.held
    # Who signed before can still take it back.
    assert visitor.prepare(double.letter.slug, "withdraw").act.action == "withdraw"


def test_nobody_signs_where_nobody_says_how_many_work_there(double: Double, member: Client) -> None:
    bare = replace(double.letter, slug="bare")
    double.open(bare)
    terms = Terms(bare.digest, 2, "2026-10-01", "2026-12-24T00:00:00Z", ())
    double.documents[terms.digest] = terms.encoded
    double.enter(TermsSet(bare.digest, 2, terms.digest))
    with pytest.raises(Refused) as caught:
        Client(ADDRESS, member.wallet, dice("again"), double).sign("bare")
    assert caught.value.code == "too-small"
