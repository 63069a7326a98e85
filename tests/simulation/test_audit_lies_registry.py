"""A server that lies in its registry or its documents, all rightly signed: each lie is found, at its entry."""

from dataclasses import replace
from pathlib import Path

import pytest

from support.auditing import audited, found, lied
from support.lies import ROUND_A, ROUND_B, Found, Lie, acts_of, at_of, proves_a_lie, rerounded
from support.published import (
    ALPHA,
    BETA,
    CLOSES,
    EPOCH,
    GOAL,
    MISSED,
    ONE,
    OPEN,
    SHOWN,
    TICKS,
    TWO,
    Member,
    Published,
    act,
    honest,
    issuer_key,
    key,
    letter,
    octets,
    prove,
    pseudonym,
    terms,
)
from undersigned.auditor.audit import Options
from undersigned.bbs import signature
from undersigned.protocol.entry import (
    Genesis,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    ReceiptKey,
    Redacted,
    Supporters,
    TermsSet,
)
from undersigned.protocol.names import NameList, ShownName
from undersigned.values import canonical

LIES: dict[str, Lie] = {}


def lie(make: Lie) -> Lie:
    LIES[make.__name__] = make
    return make


# ── registry ──


@lie
def second_letter_for_a_slug(published: Published) -> list[Found]:
    mine = replace(OPEN, addressee="You alone")
    published.registry.append(LetterOpened(OPEN.slug, published.document(mine)).encoded)
    return [(4, "registry", len(published.registry) - 1, "second-letter")]


@lie
def same_letter_under_two_slugs(published: Published) -> list[Found]:
    published.registry.append(LetterOpened("another", OPEN.digest).encoded)
    return [(4, "registry", len(published.registry) - 1, "second-letter")]


@lie
def entry_names_another_slug(published: Published) -> list[Found]:
    at = at_of(published, '"slug":"open-letter"')
    published.registry[at] = LetterOpened("renamed", OPEN.digest).encoded
    return [(4, "registry", at, "other-slug")]


@lie
def second_issuer_key(published: Published) -> list[Found]:
    published.registry.append(IssuerKey(ONE, ALPHA, EPOCH, ("code",), issuer_key(TWO, ALPHA)).encoded)
    return [(4, "registry", len(published.registry) - 1, "second-issuer-key")]


@lie
def issuer_key_swapped(published: Published) -> list[Found]:
    at = at_of(published, '"entry":"issuer-key"')
    published.registry[at] = IssuerKey(ONE, ALPHA, EPOCH, ("code",), issuer_key(TWO, ALPHA)).encoded
    return [(6, "log", place, "proof-challenge") for place in range(ROUND_A + 1, ROUND_A + 14)]


@lie
def issuer_key_that_is_no_key(published: Published) -> list[Found]:
    at = at_of(published, '"entry":"issuer-key"')
    published.registry[at] = IssuerKey(ONE, ALPHA, EPOCH, ("code",), b"\xc0" + bytes(95)).encoded
    return [(4, "registry", at, "bad-key")]


@lie
def issuer_key_after_its_use(published: Published) -> list[Found]:
    published.registry.append(published.registry.pop(at_of(published, '"entry":"issuer-key"')))
    return [(4, "registry", at_of(published, '"slug":"open-letter"'), "key-after-use")]


@lie
def issuer_key_missing(published: Published) -> list[Found]:
    del published.registry[at_of(published, '"entry":"issuer-key"')]
    return [
        (4, "registry", at_of(published, '"slug":"open-letter"'), "key-after-use"),
        (4, "registry", at_of(published, '"slug":"open-letter"'), "unknown-issuer-key"),
        (6, "log", ROUND_A + 1, "other-issuers"),
    ]


@lie
def ways_of_joining_changed(published: Published) -> list[Found]:
    # Without “vouch” among an organisation's ways, letter acts must not show how somebody joined.
    at = at_of(published, '"vouch"')
    published.registry[at] = published.registry[at].replace(b'["code","vouch"]', b'["code"]')
    return [(6, "log", published.place('"entry":"round"', 3) + 1, "other-disclosure")]


@lie
def genesis_twice(published: Published) -> list[Found]:
    published.registry.append(published.registry[0])
    return [(4, "registry", len(published.registry) - 1, "genesis-place")]


@lie
def genesis_missing(published: Published) -> list[Found]:
    del published.registry[0]
    return [(4, "registry", 0, "genesis-place"), (4, "registry", None, "no-genesis")]


@lie
def genesis_names_another_log(published: Published) -> list[Found]:
    other = key("log", "another")
    published.registry[0] = Genesis(
        "letters.example", demo=False, registry=published.keys["registry"].vkey, log=other.vkey
    ).encoded
    return [(4, "registry", 0, "genesis-key")]


@lie
def receipt_key_that_is_no_key(published: Published) -> list[Found]:
    published.registry[1] = ReceiptKey("letters.example/receipt+nonsense").encoded
    return [(4, "registry", 1, "vkey")]


@lie
def letter_without_terms(published: Published) -> list[Found]:
    bare = letter("no-terms")
    published.registry.append(LetterOpened(bare.slug, published.document(bare)).encoded)
    return [(4, "registry", len(published.registry) - 1, "no-terms")]


@lie
def closing_moved_earlier(published: Published) -> list[Found]:
    earlier = terms(GOAL, 2, TICKS[15])
    published.registry.append(TermsSet(GOAL.digest, 2, published.document(earlier)).encoded)
    return [(4, "registry", len(published.registry) - 1, "terms-earlier")]


@lie
def erratum_dropped(published: Published) -> list[Found]:
    first, second = terms(GOAL, 2), terms(GOAL, 3, errata=())
    for number, made in ((2, first), (3, second)):
        published.registry.append(TermsSet(GOAL.digest, number, published.document(made)).encoded)
    return [(4, "registry", len(published.registry) - 1, "terms-errata")]


@lie
def terms_of_another_letter(published: Published) -> list[Found]:
    other = terms(OPEN, 2, CLOSES)
    published.registry.append(TermsSet(GOAL.digest, 2, published.document(other)).encoded)
    return [(4, "registry", len(published.registry) - 1, "other-terms")]


@lie
def terms_skipped(published: Published) -> list[Found]:
    made = terms(GOAL, 3)
    published.registry.append(TermsSet(GOAL.digest, 3, published.document(made)).encoded)
    return [(4, "registry", len(published.registry) - 1, "terms-order")]


@lie
def terms_after_the_close(published: Published) -> list[Found]:
    made = terms(OPEN, 3, "2026-12-24T00:00:00Z")
    published.registry.append(TermsSet(OPEN.digest, 3, published.document(made)).encoded)
    return [(4, "registry", len(published.registry) - 1, "letter-closed")]


@lie
def workforce_below_forty(published: Published) -> list[Found]:
    made = letter("small", organisations=(ALPHA,))
    first = terms(made)
    published.opens(made, replace(first, workforce=(replace(first.workforce[0], at_least=39),)))
    return [(4, "registry", len(published.registry) - 1, "too-small")]


@lie
def workforce_unknown(published: Published) -> list[Found]:
    made = letter("unknown-size", organisations=(ALPHA,))
    published.opens(made, terms(made, workforce=()))
    return [(4, "registry", len(published.registry) - 1, "too-small")]


@lie
def closed_twice(published: Published) -> list[Found]:
    published.registry.append(LetterClosed(OPEN.digest, "closed").encoded)
    return [(4, "registry", len(published.registry) - 1, "second-close")]


@lie
def goal_missed_without_a_goal(published: Published) -> list[Found]:
    made = letter("no-goal", organisations=(ALPHA,))
    published.opens(made, terms(made))
    published.registry.append(LetterClosed(made.digest, "goal-missed").encoded)
    return [(4, "registry", len(published.registry) - 3, "no-goal")]


@lie
def registry_entry_of_an_unknown_kind(published: Published) -> list[Found]:
    published.registry.append(canonical({"entry": "miracle"}))
    return [(4, "registry", len(published.registry) - 1, "unknown-entry")]


# ── documents ──


@lie
def letter_altered(published: Published) -> list[Found]:
    published.documents[OPEN.digest] = replace(OPEN, addressee="Nobody").encoded
    return [(4, "registry", at_of(published, '"slug":"open-letter"'), "document-altered")]


@lie
def letter_missing(published: Published) -> list[Found]:
    del published.documents[OPEN.digest]
    return [(4, "registry", at_of(published, '"slug":"open-letter"'), "document-missing")]


@lie
def terms_altered(published: Published) -> list[Found]:
    digest = terms(OPEN).digest
    published.documents[digest] = published.documents[digest].replace(b"120", b"900")
    return [(4, "registry", at_of(published, digest), "document-altered")]


@lie
def terms_missing(published: Published) -> list[Found]:
    digest = terms(OPEN).digest
    del published.documents[digest]
    return [(4, "registry", at_of(published, digest), "document-missing")]


@lie
def document_that_is_no_letter(published: Published) -> list[Found]:
    published.documents[terms(GOAL).digest] = terms(GOAL).encoded
    published.registry.append(LetterOpened("not-a-letter", terms(GOAL).digest).encoded)
    return [(4, "registry", len(published.registry) - 1, "field-missing")]


@lie
def letter_altered_although_taken_down(published: Published) -> list[Found]:
    published.registry.append(Redacted(OPEN.digest, "rights", "A photograph.").encoded)
    published.documents[OPEN.digest] = replace(OPEN, addressee="Nobody").encoded
    return [(4, "registry", at_of(published, '"slug":"open-letter"'), "document-altered")]


# ── supporters and names ──

LIST = f"letters/{GOAL.slug}/names.json"


def shown(published: Published, names: tuple[ShownName, ...], number: int = 2) -> list[Found]:
    """Show other names than those that the registry binds."""
    listed = NameList.parse(published.served[LIST])
    ordered = tuple(sorted(names, key=lambda each: each.hash(GOAL.digest)))
    published.served[LIST] = replace(listed, number=number, names=ordered).encoded
    return [(4, "registry", at_of(published, '"entry":"names"', 1), "names-differ")]


@lie
def a_name_added(published: Published) -> list[Found]:
    return shown(published, (*SHOWN, ShownName("The Director", None, octets("salt", 4))))


@lie
def a_name_left_out(published: Published) -> list[Found]:
    return shown(published, SHOWN[1:])


@lie
def a_name_swapped(published: Published) -> list[Found]:
    return shown(published, (replace(SHOWN[0], name="Ada Brand"), *SHOWN[1:]))


@lie
def a_line_put_under_a_name(published: Published) -> list[Found]:
    return shown(published, (SHOWN[0], replace(SHOWN[1], line="member of the board"), SHOWN[2]))


@lie
def a_name_kept_after_it_was_taken_off(published: Published) -> list[Found]:
    before = published.served[LIST]
    published.shows(GOAL, 3, TICKS[6], SHOWN[1:])
    published.served[LIST] = before
    return [(4, "registry", len(published.registry) - 1, "names-differ")]


@lie
def names_of_a_list_to_come(published: Published) -> list[Found]:
    shown(published, SHOWN, number=3)
    return [(4, "registry", at_of(published, '"entry":"names"', 1), "names-newer")]


@lie
def names_that_nothing_binds(published: Published) -> list[Found]:
    published.served[f"letters/{OPEN.slug}/names.json"] = published.served[LIST]
    return [(4, "registry", at_of(published, '"slug":"open-letter"'), "names-unbound")]


@lie
def names_that_are_no_list(published: Published) -> list[Found]:
    published.served[LIST] += b"\n"
    return [(4, "registry", at_of(published, '"entry":"names"', 1), "json-not-canonical")]


@lie
def names_before_the_goal(published: Published) -> list[Found]:
    at = at_of(published, '"entry":"names"')
    published.registry[at] = published.registry[at].replace(TICKS[4].encode(), TICKS[3].encode())
    at = at_of(published, '"entry":"supporters"')
    del published.registry[at : at + 2]
    return [(5, "registry", at, "before-goal")]


@lie
def supporters_before_the_goal(published: Published) -> list[Found]:
    at = at_of(published, '"entry":"supporters"')
    published.registry[at] = published.registry[at].replace(TICKS[4].encode(), TICKS[3].encode())
    return [(5, "registry", at, "before-goal")]


@lie
def supporters_of_a_letter_that_missed_its_goal(published: Published) -> list[Found]:
    at = at_of(published, '"goal-missed"')
    published.registry.insert(at, Supporters(MISSED.digest, 10, TICKS[9]).encoded)
    return [(5, "registry", at, "before-goal")]


@lie
def supporters_counted_one_by_one(published: Published) -> list[Found]:
    at = at_of(published, '"entry":"supporters"')
    published.registry[at] = published.registry[at].replace(b'"at_least":40', b'"at_least":41')
    return [(4, "registry", at, "bad-tens")]


@lie
def supporters_of_a_closed_letter(published: Published) -> list[Found]:
    published.registry.append(Supporters(OPEN.digest, 500, TICKS[25]).encoded)
    return [(4, "registry", len(published.registry) - 1, "letter-closed")]


@lie
def a_list_of_names_skipped(published: Published) -> list[Found]:
    published.shows(GOAL, 4, TICKS[6], SHOWN)
    return [(4, "registry", len(published.registry) - 1, "names-order")]


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_lie_with_a_right_tree_and_right_signatures_is_found(name: str, tmp_path: Path) -> None:
    proves_a_lie(LIES[name], tmp_path)


def test_supporters_and_names_stand_beside_the_count_and_in_no_sum(tmp_path: Path) -> None:
    report = audited(honest().write(tmp_path))
    _, goal, _ = report.letters
    assert (goal.net, goal.supporters and goal.supporters.at_least, goal.names) == (20, 30, 3)
    assert sum(each.net for each in goal.organisations) == goal.net
    lines = list(report.lines())
    said = "beside this count, on the server's word: at least 30 people elsewhere confirmed an e-mail address"
    assert any(line.strip().startswith(said) for line in lines)
    assert "  3 names are shown under the letter, bound by the registry; no second count" in lines
    assert not any("Ada Brandt" in line for line in lines)


def test_without_the_list_of_names_the_audit_holds_and_says_so(tmp_path: Path) -> None:
    published = honest()
    del published.served[LIST]
    report = lied(published, tmp_path)
    assert report.passed
    assert any("The names shown under “with-goal” are not here" in words for words in report.remarks)


def test_names_that_are_all_taken_off_need_no_list(tmp_path: Path) -> None:
    published = honest()
    published.shows(GOAL, 3, TICKS[6], (), reason="By order of a court.")
    del published.served[LIST]
    report = lied(published, tmp_path)
    assert report.passed
    assert not any("names shown" in words for words in report.remarks)


# ── documents that were taken down ──


@pytest.fixture
def redacted() -> Published:
    published = honest()
    del published.documents[OPEN.digest]
    published.registry.append(Redacted(OPEN.digest, "court-order", "File 12 O 34/26.").encoded)
    return published


def test_a_document_that_was_taken_down_leaves_the_audit_standing(redacted: Published, tmp_path: Path) -> None:
    report = lied(redacted, tmp_path)
    assert found(report) == set()
    assert any("court-order: “File 12 O 34/26.”" in words for words in report.remarks)
    assert [each.net for each in report.letters] == [43, 20, 0]
    assert report.letters[0].title is None


@pytest.mark.parametrize("workers", [1, 2])
def test_forgeries_under_a_letter_that_was_taken_down_are_found(
    redacted: Published, tmp_path: Path, workers: int
) -> None:
    forger = Member(60)
    entry = prove(act(forger, OPEN), forger, secret=signature.keygen(octets("forger")))
    at = rerounded(redacted, ROUND_A, 13, [*acts_of(redacted, ROUND_A, 13)[:-1], entry])
    report = audited(redacted.write(tmp_path), Options(workers=workers))
    assert (6, "log", at, "proof-forged") in found(report)


def test_one_issuer_of_two_is_found_under_a_letter_that_was_taken_down(redacted: Published, tmp_path: Path) -> None:
    member = Member(1060, BETA)
    entry = prove(replace(act(member, OPEN), issuers=(ONE,)), member)
    acts = acts_of(redacted, ROUND_B, 10)
    last = max(acts, key=pseudonym)
    assert pseudonym(entry) != pseudonym(last)
    at = rerounded(redacted, ROUND_B, 10, [*(each for each in acts if each != last), entry])
    report = lied(redacted, tmp_path)
    assert not report.passed
    assert {6} & {
        each.step for each in report.failures if each.entry in {at, ROUND_B + 1, *range(ROUND_B, ROUND_B + 11)}
    }


def test_a_key_that_came_after_a_letter_that_was_taken_down_does_not_count(redacted: Published, tmp_path: Path) -> None:
    redacted.registry.append(redacted.registry.pop(at_of(redacted, '"entry":"issuer-key"')))
    report = lied(redacted, tmp_path)
    assert (6, "log", ROUND_A + 1, "other-issuers") in found(report)
