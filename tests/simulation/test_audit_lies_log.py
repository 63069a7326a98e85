"""A server that lies in its log, with a right tree and right signatures: each lie is found, at its entry."""

from dataclasses import replace
from pathlib import Path

import pytest

from support.auditing import audited, found, lied
from support.lies import (
    FINAL_A,
    FINAL_B,
    FINAL_C,
    ROUND_A,
    ROUND_A2,
    ROUND_B,
    ROUND_G,
    WITHDRAWAL,
    Found,
    Lie,
    acts_of,
    corrects,
    field,
    head,
    proves_a_lie,
    rerounded,
)
from support.published import (
    ALPHA,
    BETA,
    EPOCH,
    GAMMA,
    GOAL,
    MISSED,
    ONE,
    OPEN,
    TICKS,
    TWO,
    Member,
    Published,
    act,
    crowd,
    honest,
    issued,
    issuer_key,
    letter,
    octets,
    prove,
    pseudonym,
    round_of,
    signed,
)
from undersigned.bbs import signature
from undersigned.protocol.act import SignedAct
from undersigned.protocol.entry import (
    IssuerKey,
    Round,
    parse_log_entry,
)
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.values import canonical, parse_canonical

LIES: dict[str, Lie] = {}


def lie(make: Lie) -> Lie:
    LIES[make.__name__] = make
    return make


# ── single acts ──


@lie
def act_removed(published: Published) -> list[Found]:
    del published.log[ROUND_A + 5]
    return [(5, "log", ROUND_A, "round-count")]


@lie
def act_removed_and_count_adjusted_is_only_found_by_who_signed(published: Published) -> list[Found]:
    # Whoever withdraws later is proof of it: here the signature of somebody who withdrew is left out.
    gone = next(
        at
        for at in range(ROUND_A + 1, ROUND_A + 14)
        if pseudonym(published.log[at]) == pseudonym(published.log[WITHDRAWAL])
    )
    del published.log[gone]
    head(published, ROUND_A, count=12)
    return [(7, "log", WITHDRAWAL - 1, "nothing-to-withdraw")]


@lie
def act_duplicated(published: Published) -> list[Found]:
    published.log.insert(ROUND_A + 5, published.log[ROUND_A + 5])
    head(published, ROUND_A, count=14)
    return [(5, "log", ROUND_A + 6, "unsorted"), (7, "log", ROUND_A + 6, "signed-twice")]


@lie
def acts_swapped(published: Published) -> list[Found]:
    at = ROUND_A + 4
    published.log[at], published.log[at + 1] = published.log[at + 1], published.log[at]
    return [(5, "log", at + 1, "unsorted")]


@lie
def act_replayed_in_another_round(published: Published) -> list[Found]:
    acts = acts_of(published, ROUND_A2, 10)
    at = rerounded(published, ROUND_A2, 10, [*acts, published.log[ROUND_A + 3]])
    return [(7, "log", at, "signed-twice")]


@lie
def act_outside_a_round(published: Published) -> list[Found]:
    published.log.append(signed(Member(60), GOAL))
    return [(5, "log", len(published.log) - 1, "act-outside")]


@lie
def act_before_every_round(published: Published) -> list[Found]:
    published.log.insert(0, signed(Member(60), GOAL))
    return [(5, "log", 0, "act-outside")]


@lie
def act_of_another_letter(published: Published) -> list[Found]:
    acts = acts_of(published, ROUND_A, 13)
    at = rerounded(published, ROUND_A, 13, [*acts[:-1], signed(Member(60), GOAL)])
    return [(5, "log", at, "other-round")]


@lie
def act_of_another_letter_relabelled(published: Published) -> list[Found]:
    other = parse_canonical(signed(Member(60), GOAL)) | {"context": OPEN.context}
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], canonical(other)])
    return [(6, "log", at, "proof-challenge")]


@lie
def act_of_a_letter_with_one_character_changed(published: Published) -> list[Found]:
    altered = replace(OPEN, texts=(replace(OPEN.texts[0], body=OPEN.texts[0].body[:-1] + "!"),))
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], signed(Member(60), altered)])
    return [(5, "log", at, "other-round"), (6, "log", at, "other-context")]


@lie
def act_of_another_organisation(published: Published) -> list[Found]:
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], signed(Member(60, GAMMA), OPEN)])
    return [(5, "log", at, "other-round")]


@lie
def credential_of_another_organisation(published: Published) -> list[Found]:
    # A member of gamma shows its credential as one of alpha: the disclosed organisation is not what was signed.
    stranger = Member(60, GAMMA)
    made = act(Member(60), OPEN)
    entry = prove_with(made, stranger)
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], entry])
    return [(6, "log", at, "proof-challenge")]


def prove_with(made: object, stranger: Member) -> bytes:
    """An act of one organisation, proved with a credential of another, as far as that goes."""
    from undersigned.bbs.proof import prove as bare  # noqa: PLC0415 - only here
    from undersigned.protocol.act import Act  # noqa: PLC0415 - only here
    from undersigned.protocol.credential import header  # noqa: PLC0415 - only here
    from undersigned.protocol.derivation import blind, nym_secrets  # noqa: PLC0415 - only here

    assert isinstance(made, Act)
    proof = bare(
        public_key=issuer_key(ONE, ALPHA),
        signature=stranger.credential(ONE).signature,
        header=header(ONE),
        ph=made.encoded,
        messages=stranger.attributes.messages(),
        disclosed=[0, 1],
        secrets=nym_secrets(stranger.seed),
        blind=blind(stranger.seed, ONE),
        context_id=made.context.encode(),
        rng=lambda length: octets("bare", length=length),
    )
    return SignedAct(made, (proof,)).encoded


@lie
def credential_forged(published: Published) -> list[Found]:
    # Signed with a key that is not the issuer's: the challenge holds, the pairing does not.
    forger = Member(60)
    entry = prove(act(forger, OPEN), forger, secret=signature.keygen(octets("forger")))
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], entry])
    return [(6, "log", at, "proof-forged")]


@lie
def credential_of_one_issuer_where_two_are_asked(published: Published) -> list[Found]:
    member = Member(1060, BETA)
    entry = prove(replace(act(member, OPEN), issuers=(ONE,)), member)
    at = rerounded(published, ROUND_B, 10, [*acts_of(published, ROUND_B, 10)[:-1], entry])
    return [(6, "log", at, "other-issuers")]


@lie
def credential_of_one_issuer_twice(published: Published) -> list[Found]:
    at = ROUND_B + 3
    first, _ = parse_canonical(published.log[at])["proofs"]
    field(published, at, proofs=[first, first])
    return [(6, "log", at, "proof-challenge")]


@lie
def credential_of_another_quarter(published: Published) -> list[Found]:
    published.registry.insert(2, IssuerKey(ONE, ALPHA, "2027Q1", ("code",), issuer_key(ONE, ALPHA, "2027Q1")).encoded)
    member = Member(60, epoch="2027Q1")
    at = rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], prove(act(member, OPEN), member)])
    return [(6, "log", at, "other-epoch")]


@lie
def way_of_joining_hidden(published: Published) -> list[Found]:
    member = crowd(12, GAMMA)[-1]
    made = act(member, OPEN)
    entry = prove(replace(made, disclosed={0: GAMMA, 1: EPOCH}), member)
    place = published.place('"entry":"round"', 3)
    at = rerounded(published, place, 10, [*acts_of(published, place, 10)[:-1], entry])
    return [(6, "log", at, "other-disclosure")]


@lie
def pseudonym_of_somebody_else(published: Published) -> list[Found]:
    at = ROUND_A + 13
    field(published, at, pseudonym=parse_canonical(signed(Member(60), OPEN))["pseudonym"])
    return [(6, "log", at, "proof-challenge")]


@lie
def signature_turned_into_a_withdrawal(published: Published) -> list[Found]:
    at = ROUND_A2 + 2 if ROUND_A2 + 2 != WITHDRAWAL else ROUND_A2 + 3
    field(published, at, action="withdraw", sequence=1)
    return [(6, "log", at, "proof-challenge"), (7, "log", at, "nothing-to-withdraw")]


@lie
def act_with_an_unknown_field(published: Published) -> list[Found]:
    field(published, ROUND_A + 2, note="hello")
    return [(4, "log", ROUND_A + 2, "field-unknown")]


@lie
def act_in_another_spelling(published: Published) -> list[Found]:
    published.log[ROUND_A + 2] = published.log[ROUND_A + 2].replace(b'"payload":null', b'"payload": null')
    return [(4, "log", ROUND_A + 2, "json-not-canonical")]


@lie
def act_of_another_kind(published: Published) -> list[Found]:
    field(published, ROUND_A + 2, kind="tally")
    return [(4, "log", ROUND_A + 2, "unknown-action")]


# ── withdrawals ──


@lie
def withdrawal_without_a_signature(published: Published) -> list[Found]:
    acts = acts_of(published, ROUND_A2, 10)
    at = rerounded(published, ROUND_A2, 10, [*acts, signed(Member(60), OPEN, "withdraw")])
    return [(7, "log", at, "nothing-to-withdraw")]


@lie
def withdrawal_twice(published: Published) -> list[Found]:
    acts = acts_of(published, FINAL_A, 3)
    at = rerounded(published, FINAL_A, 3, [*acts, published.log[WITHDRAWAL]])
    return [(7, "log", at, "withdrawn-twice")]


@lie
def withdrawal_before_its_signature(published: Published) -> list[Found]:
    late = signed(crowd(25)[24], OPEN, "withdraw")
    at = rerounded(published, ROUND_A2, 10, [*acts_of(published, ROUND_A2, 10), late])
    return [(7, "log", at, "nothing-to-withdraw")]


@lie
def withdrawal_in_the_round_of_its_signature(published: Published) -> list[Found]:
    acts = acts_of(published, FINAL_A, 3)
    both = [*acts, signed(crowd(25)[24], OPEN, "withdraw")]
    old = parse_log_entry(published.log[FINAL_A])
    assert isinstance(old, Round)
    ordered = sorted(both, key=lambda entry: (pseudonym(entry), b"withdraw" in entry))
    published.log[FINAL_A : FINAL_A + 4] = [replace(old, count=4).encoded, *ordered]
    return [(5, "log", FINAL_A + 1 + ordered.index(both[-1]), "unsorted")]


@lie
def signature_after_a_withdrawal(published: Published) -> list[Found]:
    acts = acts_of(published, FINAL_A, 3)
    at = rerounded(published, FINAL_A, 3, [*acts, signed(crowd(25)[0], OPEN)])
    return [(7, "log", at, "signed-twice")]


@lie
def withdrawal_from_another_organisation(published: Published) -> list[Found]:
    # The same person is a member of two organisations: what they signed for alpha is taken from beta.
    acts = acts_of(published, FINAL_B, 0)
    at = rerounded(published, FINAL_B, 0, [*acts, signed(Member(24, BETA), OPEN, "withdraw")])
    return [(7, "log", at, "withdrawn-elsewhere")]


@lie
def same_person_for_two_organisations(published: Published) -> list[Found]:
    at = rerounded(published, FINAL_B, 0, [signed(Member(24, BETA), OPEN)])
    return [(7, "log", at, "signed-twice")]


# ── rounds ──


@lie
def count_too_high(published: Published) -> list[Found]:
    head(published, ROUND_A, count=14)
    return [(5, "log", ROUND_A, "round-count")]


@lie
def count_too_low(published: Published) -> list[Found]:
    head(published, ROUND_A, count=12)
    return [(5, "log", ROUND_A + 13, "act-outside")]


@lie
def last_round_cut_short(published: Published) -> list[Found]:
    published.log.pop()
    return [(5, "log", FINAL_C, "round-count")]


@lie
def round_of_nine(published: Published) -> list[Found]:
    del published.log[ROUND_B + 4]
    head(published, ROUND_B, count=9)
    return [(5, "log", ROUND_B, "small-round")]


@lie
def round_without_a_head(published: Published) -> list[Found]:
    del published.log[ROUND_B]
    return [(5, "log", ROUND_B + at, "act-outside") for at in range(10)]


@lie
def tick_falling(published: Published) -> list[Found]:
    head(published, ROUND_A2, tick=TICKS[1])
    return [(5, "log", ROUND_A2, "tick-order")]


@lie
def tick_twice(published: Published) -> list[Found]:
    head(published, ROUND_A2, tick=TICKS[2])
    return [(5, "log", ROUND_A2, "tick-order")]


@lie
def tick_falling_for_another_letter(published: Published) -> list[Found]:
    head(published, ROUND_G, tick=TICKS[1])
    return [(5, "log", ROUND_G, "tick-falls")]


@lie
def round_before_the_opening(published: Published) -> list[Found]:
    head(published, ROUND_A, tick="2026-09-30T00:00:00Z")
    return [(5, "log", ROUND_A, "before-opening")]


@lie
def small_round_called_final_before_the_end(published: Published) -> list[Found]:
    head(published, FINAL_A, tick=TICKS[10])
    return [(5, "log", FINAL_A, "final-early"), (5, "log", FINAL_B, "final-ticks")]


@lie
def round_after_the_end(published: Published) -> list[Found]:
    extra = round_of(OPEN, "2026-10-22T00:00:00Z", [signed(each, OPEN) for each in crowd(10, first=40)])
    published.log += [issued(ALPHA, 50), *extra]
    place = len(published.log) - 11
    return [(5, "log", place, "after-final"), (5, "log", place, "after-close")]


@lie
def two_final_rounds(published: Published) -> list[Found]:
    extra = round_of(OPEN, "2026-10-22T00:00:00Z", [signed(Member(60), OPEN)], final=True)
    published.log += extra
    return [(5, "log", len(published.log) - 2, "after-final"), (5, "log", len(published.log) - 2, "final-ticks")]


@lie
def round_after_close_for_an_organisation_that_had_none(published: Published) -> list[Found]:
    # Nothing of gamma while the letter ran; then a round, days after its end.
    place = published.place('"entry":"round"', 3)
    del published.log[place : place + 11]
    del published.log[-2:]
    published.log += round_of(OPEN, "2026-10-25T00:00:00Z", [signed(crowd(1, GAMMA)[0], OPEN)], GAMMA, final=True)
    return [(5, "log", len(published.log) - 2, "final-ticks")]


@lie
def closed_without_a_last_round(published: Published) -> list[Found]:
    del published.log[FINAL_A : FINAL_A + 4]
    return [(5, "log", len(published.log) - 2, "no-final")]


@lie
def round_of_a_letter_that_missed_its_goal(published: Published) -> list[Found]:
    published.log += round_of(MISSED, "2026-10-22T00:00:00Z", [signed(each, MISSED) for each in crowd(2)], final=True)
    return [(5, "log", len(published.log) - 3, "goal-missed"), (5, "log", len(published.log) - 3, "before-goal")]


@lie
def round_before_the_goal(published: Published) -> list[Found]:
    acts = acts_of(published, ROUND_G, 20)
    rerounded(published, ROUND_G, 20, acts[:19])
    return [(5, "log", ROUND_G, "before-goal")]


@lie
def goal_reached_only_by_the_second_round(published: Published) -> list[Found]:
    acts = acts_of(published, ROUND_G, 20)
    published.log[ROUND_G : ROUND_G + 21] = [*round_of(GOAL, TICKS[4], acts[:10]), *round_of(GOAL, TICKS[5], acts[10:])]
    return [(5, "log", ROUND_G, "before-goal")]


@lie
def round_of_an_unknown_letter(published: Published) -> list[Found]:
    unknown = letter("never-published")
    published.log += round_of(unknown, TICKS[25], [signed(each, unknown) for each in crowd(10)])
    place = len(published.log) - 11
    return [(5, "log", place, "unknown-letter"), *((6, "log", place + 1 + at, "other-context") for at in range(10))]


@lie
def round_of_an_organisation_that_is_not_asked(published: Published) -> list[Found]:
    published.log += round_of(GOAL, "2026-10-19T00:00:00Z", [signed(each, GOAL) for each in crowd(10, GAMMA)], GAMMA)
    place = len(published.log) - 11
    return [(5, "log", place, "other-organisation"), (6, "log", place + 1, "other-organisation")]


@lie
def round_of_another_kind_of_context(published: Published) -> list[Found]:
    head(published, ROUND_A, context=OPEN.context.replace("letter", "tally"))
    return [(5, "log", ROUND_A, "unknown-letter"), (5, "log", ROUND_A + 1, "other-round")]


@lie
def entry_of_an_unknown_kind(published: Published) -> list[Found]:
    published.log.append(canonical({"entry": "release", "letter": OPEN.digest}))
    return [(4, "log", len(published.log) - 1, "unknown-entry")]


@lie
def empty_entry(published: Published) -> list[Found]:
    published.log.append(b"")
    return [(4, "log", len(published.log) - 1, "json-syntax")]


# ── members admitted ──


@lie
def issued_missing(published: Published) -> list[Found]:
    del published.log[0]
    return [(8, "log", ROUND_A - 1, "issued-missing")]


@lie
def issued_missing_for_the_second_issuer(published: Published) -> list[Found]:
    del published.log[2]
    return [(8, "log", ROUND_B - 1, "issued-missing")]


@lie
def issued_for_another_quarter(published: Published) -> list[Found]:
    published.log[0] = issued(ALPHA, 20, epoch="2026Q3")
    return [(8, "log", 0, "unknown-issuer-key"), (8, "log", ROUND_A, "issued-missing")]


@lie
def issued_late(published: Published) -> list[Found]:
    published.log.insert(ROUND_A + 13, published.log.pop(0))
    return [(8, "log", ROUND_A - 1, "issued-missing")]


@lie
def issued_too_small(published: Published) -> list[Found]:
    published.log[0] = issued(ALPHA, 10)
    return [(8, "log", ROUND_A, "issued-exceeded")]


@lie
def issued_too_small_by_one_issuer_of_two(published: Published) -> list[Found]:
    published.log[2] = issued(BETA, 0, TWO)
    return [(8, "log", ROUND_B, "issued-exceeded")]


@lie
def issued_not_raised_in_time(published: Published) -> list[Found]:
    at = published.log.index(issued(ALPHA, 30))
    published.log[at] = issued(ALPHA, 20)
    return [(8, "log", ROUND_A2, "issued-exceeded"), (8, "log", FINAL_A, "issued-exceeded")]


@lie
def issued_falling(published: Published) -> list[Found]:
    published.log.append(issued(ALPHA, 20))
    return [(8, "log", len(published.log) - 1, "issued-falls")]


@lie
def correction_that_the_log_does_not_follow(published: Published) -> list[Found]:
    corrects(published, ALPHA, 30, 20, TICKS[3])
    # A later round of either letter, and more signatures under one that the corrected number covers.
    late = [(8, "log", place, "issued-uncorrected") for place in (ROUND_G, FINAL_C)]
    return [*late, (8, "log", FINAL_C, "issued-exceeded")]


@lie
def correction_after_the_last_round_that_more_signed_than_it_covers(published: Published) -> list[Found]:
    corrects(published, GAMMA, 20, 0, "2026-10-21T00:00:00Z")
    return [(8, "log", FINAL_C, "issued-exceeded")]


@lie
def correction_that_more_signed_than_it_covers_and_that_is_followed(published: Published) -> list[Found]:
    corrects(published, GAMMA, 20, 0, "2026-10-21T00:00:00Z")
    published.log.append(issued(GAMMA, 0))
    return [(8, "log", len(published.log) - 1, "issued-exceeded")]


@lie
def correction_followed_again_and_again(published: Published) -> list[Found]:
    published.log[published.log.index(issued(ALPHA, 30))] = issued(ALPHA, 1000)
    corrects(published, ALPHA, 1000, 30, "2026-10-21T00:00:00Z")
    published.log += [issued(ALPHA, number) for number in (30, 1000, 40, 1000, 500, 1000, 30)]
    size = len(published.log)
    return [(8, "log", place, "issued-falls") for place in (size - 5, size - 3, size - 1)]


@lie
def correction_followed_before_an_earlier_one(published: Published) -> list[Found]:
    last = "2026-10-21T00:00:00Z"
    corrects(published, ALPHA, 2000, 30, last)
    corrects(published, ALPHA, 1000, 30, last.replace("21T", "22T"))
    published.log += [issued(ALPHA, 1000), issued(ALPHA, 30)]
    return [(8, "log", len(published.log) - 1, "issued-falls")]


@lie
def issued_to_the_person(published: Published) -> list[Found]:
    published.log[0] = published.log[0].replace(b'"at_most":20', b'"at_most":23')
    return [(4, "log", 0, "bad-tens"), (8, "log", ROUND_A, "issued-missing")]


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_lie_with_a_right_tree_and_right_signatures_is_found(name: str, tmp_path: Path) -> None:
    proves_a_lie(LIES[name], tmp_path)


def test_what_is_honest_passes(tmp_path: Path) -> None:
    report = lied(honest(), tmp_path)
    assert report.passed
    assert report.complete
    assert found(report) == set()
    assert report.verified == report.acts == 67


# ── lies about the tree ──


def test_another_root_signed_again(tmp_path: Path) -> None:
    def other(checkpoint: Checkpoint) -> Checkpoint:
        return replace(checkpoint, root=octets("another root"))

    report = audited(honest().write(tmp_path, change=other))
    assert found(report) == {(2, "log", None, "root")}


def test_a_smaller_size_signed_again(tmp_path: Path) -> None:
    report = audited(honest().write(tmp_path, change=lambda checkpoint: replace(checkpoint, size=checkpoint.size - 1)))
    assert (2, "log", 0, "no-file") in found(report)


def test_a_larger_size_signed_again(tmp_path: Path) -> None:
    report = audited(honest().write(tmp_path, change=lambda checkpoint: replace(checkpoint, size=2**60)))
    assert (2, "log", 0, "no-file") in found(report)
