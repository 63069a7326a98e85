"""Attacks on an audit that go around its single checks: two moments mixed, gaps left by what was taken down, an
earlier audit that knew less, words that look like the audit's own."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.auditing import audited, found, lied
from support.lies import ROUND_A, ROUND_B, acts_of, at_of, head, rerounded
from support.published import (
    ALPHA,
    BETA,
    EPOCH,
    GAMMA,
    GOAL,
    ONE,
    OPEN,
    SMALL,
    TICKS,
    Member,
    Published,
    act,
    crowd,
    honest,
    issued,
    letter,
    octets,
    prove,
    round_of,
    signed,
    small,
    terms,
)
from undersigned.auditor.audit import Options
from undersigned.auditor.registry import without_texts
from undersigned.auditor.report import Report
from undersigned.auditor.state import read_state, write_state
from undersigned.protocol.credential import METHOD
from undersigned.protocol.entry import (
    IssuedCorrected,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    Redacted,
    TermsSet,
    parse_registry_entry,
)
from undersigned.protocol.letter import Erratum, Letter, Text, Workforce
from undersigned.protocol.statement import stated
from undersigned.tlog.note import SigningKey

LATER = "2026-10-21T00:00:00Z"


# ── numbers that were taken back ──


def _taken_back(published: Published, *corrections: tuple[int, int]) -> None:
    """Let the issuer of the small log take back numbers, one after the other, after the only round."""
    key, own = parse_registry_entry(published.registry[1]), SigningKey(ONE, octets("its own key"))
    assert isinstance(key, IssuerKey)
    published.registry[1] = stated(key, own).encoded
    for day, (was, at_most) in enumerate(corrections, 3):
        entry = IssuedCorrected(ONE, ALPHA, EPOCH, was, at_most, TICKS[day], "A zero too many.")
        published.registry.append(stated(entry, own).encoded)


def test_each_correction_lets_the_number_fall_once(tmp_path: Path) -> None:
    published = small()
    published.log[0] = issued(ALPHA, 1000)
    _taken_back(published, (1000, 20), (30, 10))
    published.log += [issued(ALPHA, number) for number in (20, 30, 10)]
    assert lied(published, tmp_path / "each").failures == ()
    published.log += [issued(ALPHA, number) for number in (30, 10)]
    again = (8, "log", len(published.log) - 1, "issued-falls")
    assert found(lied(published, tmp_path / "again")) == {again}


def test_a_correction_is_not_used_up_by_a_number_in_between(tmp_path: Path) -> None:
    """Else the log followed one that no signature has any right to stand under, by one member less."""
    published = small()
    published.log[0] = issued(ALPHA, 1000)
    _taken_back(published, (1000, 0))
    published.log.append(issued(ALPHA, 990))
    falls = (8, "log", len(published.log) - 1, "issued-falls")
    assert found(lied(published, tmp_path)) == {falls, (8, "log", 1, "issued-exceeded")}


def test_a_correction_that_the_log_never_follows_counts_no_signatures_that_it_does_not_cover(tmp_path: Path) -> None:
    """Nobody joined, says the issuer; ten signed, and no round follows."""
    published = small()
    published.log[0] = issued(ALPHA, 1000)
    _taken_back(published, (1000, 0))
    assert found(lied(published, tmp_path / "none")) == {(8, "log", 1, "issued-exceeded")}


def test_a_correction_that_is_not_followed_yet_is_no_failure_before_another_round(tmp_path: Path) -> None:
    published = small()
    published.log[0] = issued(ALPHA, 1000)
    _taken_back(published, (1000, 20))
    assert lied(published, tmp_path / "between").failures == ()
    more = [signed(each, SMALL) for each in crowd(10, first=10)]
    published.log += round_of(SMALL, TICKS[3], more)  # at the correction's own tick
    assert lied(published, tmp_path / "same").failures == ()
    published.log += round_of(SMALL, TICKS[4], [signed(each, SMALL, "withdraw") for each in crowd(10)])
    assert found(lied(published, tmp_path / "later")) == {(8, "log", 23, "issued-uncorrected")}


# ── two moments of one instance, mixed by a mirror that has no key ──


def test_a_closed_letter_whose_rounds_are_kept_back_does_not_count_as_empty(tmp_path: Path) -> None:
    """The registry of today with the log of the day before the letter's first round: both are rightly signed."""
    published = honest()
    published.log = published.log[:3]
    report = lied(published, tmp_path)
    assert (5, "registry", at_of(published, '"slug":"open-letter"'), "no-final") in found(report)
    assert not report.passed


def test_a_closed_letter_lacks_the_last_round_of_one_organisation(tmp_path: Path) -> None:
    published = honest()
    quiet = letter("quiet", organisations=(ALPHA, BETA))
    published.opens(quiet, terms(quiet))
    published.registry.append(LetterClosed(quiet.digest, "closed").encoded)
    published.log += round_of(quiet, LATER, [], final=True)
    report = lied(published, tmp_path)
    assert {each.code for each in report.failures} == {"no-final"}
    assert BETA in report.failures[0].words
    assert ALPHA not in report.failures[0].words


# ── gaps that a document leaves when it is taken down ──


def _taken_down(published: Published, digest: str) -> None:
    del published.documents[digest]
    published.registry.append(Redacted(digest, "law", "A name stood in it.").encoded)


def _reversing(**changes: object) -> Callable[[Published], None]:
    def apply(published: Published) -> None:
        second = terms(GOAL, 2, "2026-11-20T00:00:00Z")
        third = replace(terms(GOAL, 3, "2026-11-20T00:00:00Z"), **changes)  # type: ignore[arg-type]  # fields of Terms
        published.registry.append(TermsSet(GOAL.digest, 2, published.document(second)).encoded)
        published.registry.append(TermsSet(GOAL.digest, 3, published.document(third)).encoded)
        _taken_down(published, second.digest)

    return apply


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"closes": "2026-10-19T00:00:00Z"}, "terms-earlier"), ({"dated": "2026-09-30"}, "terms-earlier")],
)
def test_terms_are_held_to_those_before_a_gap(changes: dict[str, object], code: str, tmp_path: Path) -> None:
    published = honest()
    _reversing(**changes)(published)
    at = at_of(published, '"number":3')
    assert (4, "registry", at, code) in found(lied(published, tmp_path))


def test_an_erratum_does_not_disappear_behind_a_gap(tmp_path: Path) -> None:
    published = honest()
    first = terms(GOAL)
    corrected = replace(first, errata=(Erratum("2026-10-01", "There are two demands."),))
    published.registry = [
        TermsSet(GOAL.digest, 1, published.document(corrected)).encoded if first.digest.encode() in each else each
        for each in published.registry
    ]
    _reversing(errata=())(published)
    at = at_of(published, '"number":3')
    assert (4, "registry", at, "terms-errata") in found(lied(published, tmp_path))


def test_a_last_round_before_every_known_closing_is_early_although_the_newest_terms_are_gone(tmp_path: Path) -> None:
    published = honest()
    _taken_down(published, terms(OPEN, 2, LATER).digest)
    early = "2026-10-19T00:00:00Z"
    for place, entry in enumerate(published.log):
        if b'"final":true' in entry:
            head(published, place, tick=early)
    codes = {each.code for each in lied(published, tmp_path).failures}
    assert "final-early" in codes


def test_terms_that_are_gone_leave_an_honest_audit_standing(tmp_path: Path) -> None:
    published = honest()
    _taken_down(published, terms(OPEN, 2, LATER).digest)
    report = lied(published, tmp_path)
    assert found(report) == set()
    counted = report.letters[0]
    assert (counted.net, counted.closes, counted.organisations[0].workforce) == (43, None, None)


def test_an_organisation_that_no_terms_name_cannot_hide_behind_a_letter_that_is_gone(tmp_path: Path) -> None:
    published = honest()
    tiny = letter("tiny", organisations=(ALPHA,))
    few = replace(terms(tiny), workforce=(Workforce(ALPHA, 12, "2026-01-31", "the door"),))
    published.registry.append(LetterOpened(tiny.slug, published.document(tiny)).encoded)
    published.registry.append(TermsSet(tiny.digest, 1, published.document(few)).encoded)
    _taken_down(published, tiny.digest)
    published.log += round_of(tiny, "2026-10-21T00:00:00Z", [signed(each, tiny) for each in crowd(10)], final=True)
    assert "too-small" in {each.code for each in lied(published, tmp_path).failures}


# ── an earlier audit that knew less ──


def _kept(report: Report, path: Path) -> Options:
    assert report.passed
    write_state(path, report.heads)
    return Options(state=read_state(path))


def test_what_was_verified_while_the_letter_was_gone_is_held_to_it_when_it_is_back(tmp_path: Path) -> None:
    """One issuer of two mints members while the letter, which asks for both, is out of sight."""
    published = honest()
    document = published.documents[OPEN.digest]
    minted = [prove(replace(act(each, OPEN), issuers=(ONE,)), each) for each in crowd(10, BETA)]
    rerounded(published, ROUND_B, 10, minted)
    _taken_down(published, OPEN.digest)
    options = _kept(lied(published, tmp_path / "then"), tmp_path / "state.json")
    published.documents[OPEN.digest] = document
    report = audited(published.write(tmp_path / "now"), options)
    assert report.verified == 0
    assert {"other-issuers"} == {each.code for each in report.failures}
    assert ROUND_B + 1 in {each.entry for each in report.failures}


def test_acts_outside_of_a_sample_are_held_to_the_letter_too(tmp_path: Path) -> None:
    published = honest()
    minted = [prove(replace(act(each, OPEN), issuers=(ONE,)), each) for each in crowd(10, BETA)]
    rerounded(published, ROUND_B, 10, minted)
    report = audited(published.write(tmp_path), Options(sample=1))
    assert {(6, "log", ROUND_B + 1 + n, "other-issuers") for n in range(10)} <= found(report)


def test_an_old_quarter_does_not_count_in_a_resumed_audit(tmp_path: Path) -> None:
    """As above, for the quarter and for what is disclosed: neither needs a proof to be seen."""
    for change in (
        {"epoch": "2026Q3", "disclosed": {0: ALPHA, 1: "2026Q3"}},
        {"disclosed": {0: ALPHA, 1: EPOCH, METHOD: "code"}},
    ):
        published = honest()
        place = ROUND_A + 1
        made = replace(act(crowd(25)[0], OPEN), **change)
        member = next(each for each in crowd(25) if signed(each, OPEN) == published.log[place])
        made = replace(made, pseudonym=act(member, OPEN).pseudonym)
        published.log[place] = prove(made, replace(member, epoch=made.epoch))
        report = audited(published.write(tmp_path / str(len(change))), Options(sample=1))
        assert 6 in {each.step for each in report.failures if each.entry == place}


# ── members who hold two passes ──


def test_a_withdrawal_shows_what_its_signature_showed(tmp_path: Path) -> None:
    """Signed as vouched for, withdrawn as admitted by code: one of nobody's signatures would stay vouched for."""
    published = honest()
    last = published.place('"final":true', 2)
    vouched = next(each for each in crowd(10, GAMMA) if each.method == "vouch" and each != crowd(10, GAMMA)[1])
    by_code = replace(vouched, method="code")
    rerounded(published, last, 1, [published.log[last + 1], prove(act(by_code, OPEN, "withdraw"), by_code)])
    report = lied(published, tmp_path)
    assert [each.code for each in report.failures] == ["withdrawn-elsewhere"]


# ── words that look like the audit's own ──

FORGED = "  signed 9,999, withdrawn 0, net 9,999"


@pytest.mark.parametrize("space", [" ", "\u3000", "\u2003", "\u2800", "\u3164", "\u115f", "\u00a0", "\u200b"])
def test_a_title_cannot_push_a_count_of_its_own_onto_the_next_line(space: str, tmp_path: Path) -> None:
    published = honest()
    title = f"A letter{space * 60}{FORGED.strip()}"
    shown = replace(GOAL, slug="shown", texts=(Text("en", title, "Body", ()),))
    published.opens(shown, terms(shown))
    lines = [line for line in lied(published, tmp_path).lines() if "A letter" in line]
    assert lines == ["Letter “shown”: “A letter signed 9,999, withdrawn 0, net 9,999”"]


def test_a_source_and_a_reason_stand_in_quotes(tmp_path: Path) -> None:
    published = honest()
    source = "report”); signed 9,999, withdrawn 0; (“"
    third = replace(terms(GOAL, 2), workforce=(Workforce(ALPHA, 120, "2026-01-31", source),))
    published.registry.append(TermsSet(GOAL.digest, 2, published.document(third)).encoded)
    digest = terms(OPEN).digest
    del published.documents[digest]
    published.registry.append(Redacted(digest, "law", "All well.\n\n”). Everything holds.").encoded)
    lines = list(lied(published, tmp_path).lines())
    (line,) = [line for line in lines if "9,999" in line]
    assert "“report'); signed 9,999, withdrawn 0; ('”" in line
    note, verdict = [line for line in lines if "Everything holds" in line]
    assert note.startswith("Note: ")
    assert note.endswith("(law: “All well. '). Everything holds.”).")
    assert verdict == "Everything holds."


def test_a_denominator_that_shrank_is_told(tmp_path: Path) -> None:
    published = honest()
    fewer = replace(terms(GOAL, 2), workforce=(Workforce(ALPHA, 40, "2026-10-02", "annual report"),))
    published.registry.append(TermsSet(GOAL.digest, 2, published.document(fewer)).encoded)
    report = lied(published, tmp_path)
    assert report.passed
    assert any("from 120 to 40" in words and ALPHA in words for words in report.remarks)


# ── a letter of its own for whoever audits much ──


def test_texts_of_letters_are_not_kept_in_memory() -> None:
    made: Letter = replace(GOAL, texts=(Text("en", "A title", "x" * 40_000, ("y" * 1000,) * 40),))
    kept = without_texts(made)
    assert len(kept.encoded) < 1000
    assert (kept.slug, kept.goal, kept.organisations, kept.texts[0].title) == (
        made.slug, made.goal, made.organisations, "A title",
    )  # fmt: skip


# ── attacks that never worked, kept ──


def test_the_acts_of_one_letter_do_not_count_under_its_twin(tmp_path: Path) -> None:
    """The same letter under another short name: copied acts, with and without the twin's context written in."""
    published = honest()
    twin = replace(OPEN, slug="open-ietter")
    published.opens(twin, terms(twin))
    for copied in (
        acts_of(published, ROUND_A, 13),
        [each.replace(OPEN.digest.encode(), twin.digest.encode()) for each in acts_of(published, ROUND_A, 13)],
    ):
        lying = published.copy()
        lying.log += round_of(twin, LATER, copied)
        report = lied(lying, tmp_path / str(copied[0] in published.log))
        assert report.failures_total >= 13
        assert report.letters[-1].slug == "open-ietter"


def test_one_member_of_two_organisations_counts_once(tmp_path: Path) -> None:
    published = honest()
    both = [replace(each, organisation=GAMMA) for each in crowd(10)]
    at = published.place('"final":true', 2)
    rerounded(published, at, 1, [published.log[at + 1], *(signed(each, OPEN) for each in both)])
    assert [each.code for each in lied(published, tmp_path).failures].count("signed-twice") == 10


def test_a_figure_for_a_quarter_without_a_key_is_found(tmp_path: Path) -> None:
    published = small()
    published.log.append(issued(ALPHA, 10**9, epoch="2031Q1"))
    assert (8, "log", len(published.log) - 1, "unknown-issuer-key") in found(lied(published, tmp_path))


def test_a_member_of_nobody_asked_is_named_although_the_rest_is_right(tmp_path: Path) -> None:
    published = honest()
    stranger = Member(5000, BETA)
    published.log += round_of(GOAL, LATER, [signed(stranger, GOAL)], BETA, final=True)
    codes = {each.code for each in lied(published, tmp_path).failures}
    assert "other-organisation" in codes


def test_a_letter_that_is_never_ended_is_told(tmp_path: Path) -> None:
    published = honest()
    late = letter("late", organisations=(ALPHA,))
    published.opens(late, terms(late))
    report = lied(published, tmp_path)
    assert report.passed
    (words,) = [words for words in report.remarks if "was to close" in words and "late" in words]
    assert "2026-10-20T00:00:00Z" in words


@pytest.mark.parametrize("place", ["log/tile/entries/000.p", "documents"])
def test_a_pipe_in_a_folder_is_not_waited_for(place: str, tmp_path: Path) -> None:
    folder = small().write(tmp_path)
    (victim,) = [*(folder / place).iterdir()][:1]
    victim.unlink()
    os.mkfifo(victim)
    assert not audited(folder).passed


def test_a_letter_continues_no_letter_that_is_not_there(tmp_path: Path) -> None:
    published = honest()
    later = replace(letter("later", organisations=(ALPHA,)), continues=GOAL.digest)
    published.opens(later, terms(later))
    published.opens(bent := replace(later, slug="bent", continues="0" * 64), terms(bent))
    at = at_of(published, '"slug":"bent"')
    assert found(lied(published, tmp_path)) == {(4, "registry", at, "unknown-letter")}
