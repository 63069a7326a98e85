"""The letters' verbs on a real instance: real credentials, real proofs, real files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import instances
from support.instances import (
    BEGIN,
    CLOSES,
    HERE,
    ISSUER,
    THERE,
    enrol,
    fresh,
    later,
    letter,
    move,
    opened,
    sign,
    terms,
    turn,
)
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import open_source
from undersigned.errors import Conflict, Malformed, Refused, UndersignedError, Withheld
from undersigned.letters.rules import State
from undersigned.protocol.act import SignedAct
from undersigned.protocol.receipt import open_receipt

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

SECOND, THIRD = "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator["Instance"]:
    yield fresh(tmp_path / "instance")
    instances.close()


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(UndersignedError) as caught:
        call(*arguments)  # type: ignore[operator] # any verb
    return caught.value.code


def public(instance: "Instance") -> bytes:
    """Every octet that is published."""
    return b"".join(path.read_bytes() for path in sorted(instance.config.public.rglob("*")) if path.is_file())


def passes(instance: "Instance") -> bool:
    return audit(open_source(str(instance.config.public)), Options(workers=1)).passed


# ── drafts and openings ──


def test_a_draft_is_not_public_and_can_be_replaced(instance: "Instance") -> None:
    first, second = letter(), letter(goal=50)
    instance.letters.draft(first, terms(first))
    before = public(instance)
    instance.letters.draft(second, terms(second))
    assert instance.letters.state("leave") == State.DRAFT
    assert instance.letters.letter("leave") == second
    assert public(instance) == before
    assert [each.state for each in instance.letters.list()] == [State.DRAFT]


def test_an_open_letter_is_in_the_registry_with_its_documents(instance: "Instance") -> None:
    of = opened(instance, letter())
    assert instance.ledger.document(of.digest) == of.encoded
    assert instance.ledger.document(terms(of).digest) == terms(of).encoded
    assert instance.ledger.registry().letters["leave"].digest == of.digest
    assert instance.letters.state("leave") == State.OPEN
    assert [each.slug for each in instance.letters.running()] == ["leave"]


def test_a_letter_opens_once_and_never_changes(instance: "Instance") -> None:
    of = opened(instance, letter())
    assert code_of(instance.letters.open, "leave") == "letter-exists"
    assert code_of(instance.letters.draft, letter(goal=20), terms(letter(goal=20))) == "letter-exists"
    assert instance.letters.letter("leave") == of


def test_a_letter_does_not_open_without_its_issuers_key(instance: "Instance") -> None:
    of = letter()
    instance.letters.draft(of, terms(of))
    assert code_of(instance.letters.open, "leave") == "unknown-issuer-key"
    assert "leave" not in instance.ledger.registry().letters


@pytest.mark.parametrize(("people", "closes", "code"), [(39, CLOSES, "workforce-small"), (40, BEGIN, "closes-past")])
def test_a_letter_does_not_open_where_nobody_could_hide_or_nobody_could_sign(
    instance: "Instance", people: int, closes: str, code: str
) -> None:
    of = letter()
    instance.letters.draft(of, terms(of, closes, people))
    assert code_of(instance.letters.open, "leave") == code
    assert instance.letters.state("leave") == State.DRAFT


def test_a_letter_continues_only_one_that_was_opened(instance: "Instance") -> None:
    first = opened(instance, letter())
    unknown = replace(letter("again"), continues="0" * 64)
    instance.letters.draft(unknown, terms(unknown))
    assert code_of(instance.letters.open, "again") == "unknown-letter"
    opened(instance, replace(letter("again"), continues=first.digest))


def test_there_is_nothing_to_say_of_a_letter_that_is_not_there(instance: "Instance") -> None:
    for verb in (instance.letters.letter, instance.letters.terms, instance.letters.state, instance.letters.view):
        with pytest.raises(Withheld):
            verb("nowhere")


# ── acts ──


def test_an_act_is_taken_once_and_its_receipt_given_again(instance: "Instance") -> None:
    of = opened(instance, letter())
    [member] = enrol(instance, 1)
    sent = member.padded(instance, of)
    first, again = instance.letters.accept(sent), instance.letters.accept(sent)
    assert (first.repeated, again.repeated) == (False, True)
    assert first.receipt == again.receipt
    receipt = open_receipt(first.receipt, instance.ledger.registry().receipt_keys)
    assert (receipt.act, receipt.deadline, receipt.organisation) == (member.act(of).digest, CLOSES, HERE)
    turn(instance, "2026-12-05T00:00:00Z")
    assert instance.ledger.counts(of.context)[HERE].signed == 1


def test_a_withdrawal_is_final(instance: "Instance") -> None:
    of = opened(instance, letter())
    [member] = enrol(instance, 1)
    sign(instance, [member], of)
    sign(instance, [member], of, "withdraw")
    assert code_of(instance.letters.accept, member.padded(instance, of)) == "withdrawn"
    turn(instance, CLOSES)
    assert instance.ledger.counts(of.context)[HERE].signed == 0


def test_cheating_is_refused_with_its_reason(instance: "Instance") -> None:
    of, other = opened(instance, letter()), opened(instance, letter("other", organisations=(THERE,)))
    [member] = enrol(instance, 1)
    [stranger] = enrol(instance, 1, THERE)
    good = member.proved(instance, member.act(of))
    accept = instance.letters.accept
    altered = replace(of, addressee="To nobody")
    elsewhere = replace(good, act=replace(good.act, context=altered.context))
    assert code_of(accept, elsewhere.padded()) == "unknown-letter"
    moved = replace(good, act=replace(good.act, context=other.context))
    assert code_of(accept, moved.padded()) == "other-organisation"
    assert code_of(accept, stranger.padded(instance, of)) == "other-organisation"
    forged = replace(good, proofs=(bytes(reversed(good.proofs[0])),))
    assert code_of(accept, forged.padded()) in {"bad-point", "scalar-out-of-range", "proof-challenge", "proof-forged"}
    borrowed = replace(good, act=replace(good.act, pseudonym=stranger.act(of).pseudonym))
    assert code_of(accept, borrowed.padded()) in {"proof-challenge", "proof-forged"}
    early = replace(good, act=replace(good.act, epoch="2026Q3", disclosed={0: HERE, 1: "2026Q3"}))
    assert code_of(accept, early.padded()) == "other-epoch"
    assert instance.ledger.waiting(of.context) == {}
    assert not accept(good.padded()).repeated


@pytest.mark.parametrize("length", [0, 1, 8191, 8193])
def test_an_act_of_another_size_is_not_read(instance: "Instance", length: int) -> None:
    with pytest.raises(Malformed):
        instance.letters.accept(b"\x80" * length)


def test_an_act_is_not_taken_from_the_closing_hour_on(instance: "Instance") -> None:
    of = opened(instance, letter())
    [member] = enrol(instance, 1)
    sent = member.padded(instance, of)
    move(instance, CLOSES)
    assert code_of(instance.letters.accept, sent) == "letter-closed"
    turn(instance, CLOSES)
    assert code_of(instance.letters.accept, sent) == "letter-closed"


def test_a_letter_that_opens_later_is_seen_by_a_service_that_runs_already(instance: "Instance") -> None:
    first = opened(instance, letter())
    [member] = enrol(instance, 1)
    sign(instance, [member], first)
    second = opened(instance, letter("second"))
    sign(instance, [member], second)
    assert instance.ledger.waiting(second.context)[HERE].acts == 1


# ── rounds ──


def test_nine_wait_and_ten_are_published(instance: "Instance") -> None:
    of = opened(instance, letter())
    members = enrol(instance, 10)
    sign(instance, members[:9], of)
    turn(instance, SECOND)
    assert instance.ledger.counts(of.context) == {}
    sign(instance, members[9:], of)
    turn(instance, THIRD)
    assert instance.ledger.counts(of.context)[HERE].signed == 10
    assert passes(instance)


def test_a_sealed_letter_shows_nothing_below_its_goal(instance: "Instance") -> None:
    of = opened(instance, letter(goal=15, organisations=(HERE, THERE)))
    here, there = enrol(instance, 14), enrol(instance, 1, THERE)
    sign(instance, here, of)
    sign(instance, there, of)
    before = public(instance)
    turn(instance, SECOND)
    # Fifteen wait, but only fourteen of them could be shown: nobody could check that the goal was reached.
    assert public(instance) == before
    assert instance.letters.state("leave") == State.SEALED
    sign(instance, enrol(instance, 1), of)
    turn(instance, THIRD)
    assert instance.letters.state("leave") == State.OPEN
    assert {name: count.signed for name, count in instance.ledger.counts(of.context).items()} == {HERE: 15}
    turn(instance, CLOSES)
    assert instance.letters.state("leave") == State.CLOSED
    assert {name: count.signed for name, count in instance.ledger.counts(of.context).items()} == {HERE: 15, THERE: 1}
    assert passes(instance)


def test_a_missed_goal_erases_everything(instance: "Instance") -> None:
    of = opened(instance, letter(goal=12))
    members = enrol(instance, 11)
    sign(instance, members, of)
    pseudonyms = [member.act(of).pseudonym for member in members]
    turn(instance, CLOSES)
    assert instance.letters.state("leave") == State.MISSED
    assert instance.ledger.registry().closed[of.digest].outcome == "goal-missed"
    assert instance.ledger.waiting(of.context) == {}
    everything = b"".join(p.read_bytes() for p in sorted(instance.config.directory.rglob("*")) if p.is_file())
    assert not [each for each in pseudonyms if each in everything]
    assert passes(instance)


def test_a_goal_that_only_the_last_hour_reaches_is_reached(instance: "Instance") -> None:
    of = opened(instance, letter(goal=10, organisations=(HERE, THERE)))
    sign(instance, enrol(instance, 5), of)
    sign(instance, enrol(instance, 5, THERE), of)
    turn(instance, SECOND)
    assert instance.letters.state("leave") == State.SEALED
    turn(instance, CLOSES)
    assert instance.letters.state("leave") == State.CLOSED
    assert sum(count.signed for count in instance.ledger.counts(of.context).values()) == 10
    assert passes(instance)


def test_a_turn_that_is_repeated_changes_nothing(instance: "Instance") -> None:
    of = opened(instance, letter())
    sign(instance, enrol(instance, 12), of)
    for tick in (SECOND, CLOSES):
        turn(instance, tick)
        before = public(instance)
        turn(instance, tick)
        assert public(instance) == before


def test_an_ending_that_a_crash_cut_short_is_completed(instance: "Instance", monkeypatch: pytest.MonkeyPatch) -> None:
    of, missed = opened(instance, letter()), opened(instance, letter("missed", goal=10))
    members = enrol(instance, 3)
    sign(instance, members, of)
    sign(instance, members, missed)

    def crash(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(instance.ledger, "append_registry", crash)
        with pytest.raises(KeyboardInterrupt):
            turn(instance, CLOSES)
    assert instance.letters.state("leave") == State.OPEN
    with monkeypatch.context() as during:
        during.setattr(instance.ledger, "erase", crash)
        with pytest.raises(KeyboardInterrupt):
            turn(instance, CLOSES)
    assert instance.ledger.waiting(missed.context) != {}
    turn(instance, CLOSES)
    assert instance.ledger.waiting(missed.context) == {}
    assert instance.ledger.counts(of.context)[HERE].signed == 3
    assert (instance.letters.state("leave"), instance.letters.state("missed")) == (State.CLOSED, State.MISSED)
    assert passes(instance)


# ── terms and redaction ──


def test_terms_replace_terms_and_are_logged(instance: "Instance") -> None:
    of = opened(instance, letter())
    [member] = enrol(instance, 1)
    second = later(terms(of), closes="2026-12-09T00:00:00Z", erratum="There are eleven pages.")
    instance.letters.set_terms("leave", second)
    assert instance.letters.terms("leave") == second
    assert len(instance.ledger.registry().terms[of.digest]) == 2
    move(instance, CLOSES)
    held = instance.letters.accept(member.padded(instance, of))
    assert open_receipt(held.receipt, instance.ledger.registry().receipt_keys).deadline == "2026-12-09T00:00:00Z"
    assert code_of(instance.letters.set_terms, "leave", second) == "terms-order"


def test_terms_of_a_closed_letter_stay(instance: "Instance") -> None:
    of = opened(instance, letter())
    turn(instance, CLOSES)
    with pytest.raises(Refused):
        instance.letters.set_terms("leave", later(terms(of), closes="2026-12-20T00:00:00Z"))


def test_a_redacted_letter_is_gone_and_its_count_stays(instance: "Instance") -> None:
    of = opened(instance, letter())
    members = enrol(instance, 12)
    sign(instance, members[:11], of)
    turn(instance, SECOND)
    assert _has_the_text(instance)
    instance.letters.redact(of.digest, "personal-data", "It named two people.")
    assert not (instance.config.public / "documents" / of.digest).exists()
    view = instance.letters.view("leave")
    assert view.letter is None
    assert view.redacted is not None
    assert view.redacted.reason == "It named two people."
    assert code_of(instance.letters.accept, members[11].padded(instance, of)) == "letter-redacted"
    sign(instance, members[:1], of, "withdraw")
    assert passes(instance)
    turn(instance, CLOSES)
    assert view.counts[HERE].signed == 11
    assert instance.ledger.counts(of.context)[HERE].withdrawn == 1
    assert passes(instance)
    assert not _has_the_text(instance)
    assert instance.letters.state("leave") == State.CLOSED


def _has_the_text(instance: "Instance") -> bool:
    files = (path for path in instance.config.directory.rglob("*") if path.is_file())
    return any(b"assistant would read the messages" in path.read_bytes() for path in files)


def test_only_what_was_published_is_taken_down_and_once(instance: "Instance") -> None:
    of = opened(instance, letter())
    assert code_of(instance.letters.redact, "0" * 64, "law", "Why not.") == "unknown-document"
    assert code_of(instance.letters.redact, of.digest, "whim", "Why not.") == "bad-choice"
    instance.letters.redact(of.digest, "law", "It had to.")
    with pytest.raises(Conflict):
        instance.letters.redact(of.digest, "law", "Again.")


def test_the_log_holds_acts_as_they_were_sent(instance: "Instance") -> None:
    of = opened(instance, letter())
    members = enrol(instance, 10)
    sent = {member.padded(instance, of) for member in members}
    for each in sent:
        instance.letters.accept(each)
    turn(instance, SECOND)
    octets = public(instance)
    assert all(SignedAct.parse_padded(each).encoded in octets for each in sent)
    assert ISSUER.encode() in octets
