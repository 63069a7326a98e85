"""The issuer's verbs on a real database."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from support.issuing import HERE, Q1, Q2, Q4, THERE, Office, Person, in_threads, office
from undersigned.errors import Conflict, Malformed, Refused, UndersignedError, Withheld
from undersigned.issuer import rules
from undersigned.issuer.ways.way import Proved
from undersigned.protocol.enrolment import JOIN, REPLACE, Admission, Request
from undersigned.protocol.entry import Issued
from undersigned.values import fields

ANN, BEN, NEW = Person(1), Person(2), Person(3)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    yield from office(tmp_path)


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Office]:
    yield from office(tmp_path, ways=[Badge()])


def refusal(attempt: Callable[..., object], *args: object) -> UndersignedError:
    with pytest.raises(UndersignedError) as caught:
        attempt(*args)
    return caught.value


def rows(table: str) -> list[tuple[object, ...]]:
    with connections["issuer"].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return list(cursor.fetchall())


# ── joining ──


def test_admission_gives_a_credential_that_verifies(here: Office) -> None:
    issuance = here.issuer.admit(ANN.admission(here.code(), role="warehouse"))
    (credential,) = issuance.credentials
    assert credential.attributes.texts() == (HERE, Q4, "warehouse", "undeclared", "code", "")
    ANN.check(credential, here.keys)
    with pytest.raises(Refused):
        BEN.check(credential, here.keys)


def test_admission_stores_subject_point_and_newest_epoch_alone(here: Office) -> None:
    here.issuer.admit(ANN.admission(here.code()))
    ((subject, organisation, point, newest, method),) = rows("admission")
    assert (organisation, point, newest, method) == (HERE, ANN.point, Q4, "code")
    assert isinstance(subject, bytes)
    assert len(subject) == 32
    assert rows("floor") == rows("replacement") == []


def test_admission_gives_every_open_epoch_and_renewal_the_later_ones(here: Office) -> None:
    here.issuer.open_epoch(HERE, Q1)
    assert [c.attributes.epoch for c in here.issuer.admit(ANN.admission(here.code())).credentials] == [Q4, Q1]
    here.issuer.open_epoch(HERE, Q2)
    here.issuer.close_epoch(HERE, Q4)
    renewed = here.issuer.renew(ANN.renewal()).credentials
    assert [c.attributes.epoch for c in renewed] == [Q1, Q2]
    for credential in renewed:
        ANN.check(credential, here.keys)


def test_the_same_code_and_words_restore(here: Office) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    before = rows("admission")
    again = here.issuer.admit(ANN.admission(code)).credentials[0]
    ANN.check(again, here.keys)
    assert rows("admission") == before


def test_codes_that_do_not_admit(here: Office) -> None:
    sheet = here.issuer.new_sheet(HERE, 3)
    spent, voided, on_void_sheet = sheet.codes
    here.issuer.admit(ANN.admission(spent))
    here.issuer.void_code(voided)
    assert refusal(here.issuer.admit, BEN.admission(spent)).code == "code-spent"
    assert refusal(here.issuer.admit, BEN.admission(voided)).code == "code-wrong"
    here.issuer.void_sheet(sheet.id)
    assert refusal(here.issuer.admit, BEN.admission(on_void_sheet)).code == "code-wrong"
    assert refusal(here.issuer.admit, BEN.admission("0000-0000-0000-0000")).code == "code-wrong"
    here.issuer.open_epoch(THERE, Q4)
    assert refusal(here.issuer.admit, BEN.admission(here.code(), THERE)).code == "code-wrong"
    assert refusal(here.issuer.admit, BEN.admission(spent)).code == "code-spent"
    ANN.check(here.issuer.renew(ANN.renewal()).credentials[0], here.keys)


def test_refused_codes_cost_the_same_queries(here: Office) -> None:
    """Time cannot tell them apart where the work is the same: the statements are, but for their values."""
    sheet = here.issuer.new_sheet(HERE, 3)
    spent, voided, on_void_sheet = sheet.codes
    foreign = here.code(THERE)
    here.issuer.admit(ANN.admission(spent))
    here.issuer.void_code(voided)
    here.issuer.void_sheet(sheet.id)
    work = set()
    for code in (spent, voided, on_void_sheet, foreign, "0000-0000-0000-0000"):
        for verb in (here.issuer.admit, here.issuer.replace):
            asked = BEN.admission(code) if verb == here.issuer.admit else BEN.replacement(code)
            with CaptureQueriesContext(connections["issuer"]) as captured:
                if (verb, code) != (here.issuer.replace, spent):
                    refusal(verb, asked)
                    said = [
                        re.sub(r"(x?'[^']*'|<memory[^>]*>)", "?", query["sql"]) for query in captured.captured_queries
                    ]
                    work.add((verb.__name__, *said))
    assert len(work) == 2
    assert all(len(each) > 5 for each in work)


def test_one_point_is_one_member_of_an_organisation(here: Office) -> None:
    here.issuer.open_epoch(THERE, Q4)
    here.issuer.admit(ANN.admission(here.code()))
    second = here.code()
    assert refusal(here.issuer.admit, ANN.admission(second)).code == "words-taken"
    here.issuer.admit(BEN.admission(second))
    here.issuer.admit(ANN.admission(here.code(THERE), THERE))
    assert [(e.organisation, e.at_most) for e in here.issuer.issued()] == [(HERE, 10), (THERE, 10)]


def test_a_refused_admission_leaves_no_trace_and_spends_nothing(here: Office) -> None:
    code = here.code()
    here.issuer.close_epoch(HERE, Q4)
    assert refusal(here.issuer.admit, ANN.admission(code)).code == "no-open-epoch"
    assert rows("admission") == []
    here.issuer.open_epoch(HERE, Q4)
    here.issuer.admit(BEN.admission(code))


def spoiled(good: Request[Admission], name: str, octets: bytes) -> Request[Admission]:
    return replace(good, commitment=octets) if name == "commitment" else replace(good, proof=octets)


def test_forged_proof_is_refused_before_anything_is_looked_up(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    monkeypatch.setattr("undersigned.issuer.service._transaction", None)
    answers = set()
    for known in (code, "0000-0000-0000-0000"):
        for verb, good in ((here.issuer.admit, ANN.admission(known)), (here.issuer.replace, ANN.replacement(known))):
            for name in ("commitment", "proof"):
                octets = bytearray(getattr(good, name))
                octets[-1] ^= 1
                error = refusal(verb, spoiled(good, name, bytes(octets)))
                answers.add((type(error), error.code, error.words))
    assert answers == {
        (Refused, "commitment-proof", "The proof that belongs to the commitment does not hold."),
        (Refused, "request-proof", "The proof that belongs to this request does not hold."),
    }


def test_unknown_role_family_is_malformed(here: Office) -> None:
    code = here.code()
    with pytest.raises(Malformed) as caught:
        here.issuer.admit(ANN.admission(code, role="chief-of-everything"))
    assert caught.value.code == "unknown-role-family"
    assert rows("admission") == []


def test_other_ways_of_joining_are_refused(here: Office) -> None:
    asked = ANN.asks(JOIN, Admission(HERE, "email", {"address": "ann@example.com"}, "undeclared", "undeclared"))
    assert refusal(here.issuer.admit, asked).code == "method-not-offered"
    assert refusal(here.issuer.set_way, HERE, "email", {}).code == "way-not-set-up"


class Badge:
    """A way of joining made for this test: whoever brings a badge of this place is its subject."""

    method = "oidc"
    replaces = False
    fixed = ("colour",)
    said = rules.Said(wrong=("badge-wrong", "Wrong."), spent=("badge-spent", "Spent."), nobody="Not replaced.")

    def check(self, _organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        return fields(settings, ("colour",), "The settings")

    def public(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return dict(settings)

    def prove(self, asked: Admission, _point: bytes, settings: Mapping[str, Any]) -> Proved:
        good = asked.evidence.get("badge", "").startswith(settings["colour"])
        return Proved(sha256(asked.evidence["badge"].encode()).digest(), lambda: good)


def with_badge(person: Person, badge: str, organisation: str = THERE, action: str = JOIN) -> Request[Admission]:
    return person.asks(action, Admission(organisation, "oidc", {"badge": badge}, "undeclared", "undeclared"))


def test_another_way_of_joining_from_setting_to_renewal(open_door: Office) -> None:
    issuer = open_door.issuer
    assert refusal(issuer.set_way, THERE, "oidc", {}).code == "field-missing"
    issuer.set_way(THERE, "oidc", {"colour": "red"})
    assert issuer.ways()[THERE] == [{"method": "oidc", "colour": "red"}]
    issuer.set_way(THERE, "oidc", {"colour": "blue"})
    issuer.set_way(THERE, "oidc", {"colour": "red"})
    assert issuer.open_epoch(THERE, Q4).methods == ("oidc",)
    assert refusal(issuer.set_way, THERE, "oidc", {"colour": "blue"}).code == "way-fixed"
    issuer.set_way(THERE, "oidc", {"colour": "red"})
    assert refusal(issuer.admit, with_badge(ANN, "blue 1")).code == "badge-wrong"
    (credential,) = issuer.admit(with_badge(ANN, "red 1")).credentials
    assert credential.attributes.method == "oidc"
    assert refusal(issuer.admit, with_badge(BEN, "red 1")).code == "badge-spent"
    assert refusal(issuer.replace, with_badge(BEN, "red 1", action=REPLACE)).code == "not-replaced"
    (again,) = issuer.renew(ANN.renewal(THERE)).credentials
    assert again.attributes.method == "oidc"


def test_a_way_is_fixed_with_the_first_epoch_and_another_one_comes_beside_it(open_door: Office) -> None:
    here = open_door
    assert refusal(here.issuer.set_way, HERE, "oidc", {"colour": "red"}).code == "way-fixed"
    here.issuer.set_way(HERE, "oidc", {"colour": "red"}, besides=True)
    assert here.issuer.open_epoch(HERE, Q4).methods == ("code",)
    asked = with_badge(BEN, "red 2", HERE)
    assert refusal(here.issuer.admit, asked).code == "no-open-epoch"
    assert here.issuer.open_epoch(HERE, Q1).methods == ("code", "oidc")
    assert [each.attributes.epoch for each in here.issuer.admit(asked).credentials] == [Q1]
    assert [each.attributes.epoch for each in here.issuer.renew(BEN.renewal()).credentials] == [Q1]
    assert len(here.issuer.admit(ANN.admission(here.code())).credentials) == 2


# ── losing a phrase ──


def test_a_lost_phrase_from_asking_to_the_next_quarter(here: Office) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    assert here.issuer.replace(NEW.replacement(code)) == "2026-12-08"
    here.clock.day = "2026-12-07"
    assert refusal(here.issuer.renew, NEW.renewal()).code == "replacement-waits"
    here.clock.day = "2026-12-08"
    assert refusal(here.issuer.renew, NEW.renewal()).code == "next-quarter"
    assert refusal(here.issuer.renew, ANN.renewal()).code == "unknown-words"
    here.issuer.open_epoch(HERE, Q1)
    (credential,) = here.issuer.renew(NEW.renewal()).credentials
    assert credential.attributes.epoch == Q1
    NEW.check(credential, here.keys)
    assert [row[2:] for row in rows("admission")] == [(NEW.point, Q1, "code")]
    assert [row[1] for row in rows("floor")] == [Q4]
    assert rows("replacement") == []
    assert refusal(here.issuer.renew, ANN.renewal()).code == "unknown-words"
    assert [c.attributes.epoch for c in here.issuer.admit(NEW.admission(code)).credentials] == [Q1]


def test_a_second_loss_raises_the_floor(here: Office) -> None:
    code, third = here.code(), Person(4)
    here.issuer.admit(ANN.admission(code))
    here.issuer.replace(NEW.replacement(code))
    here.clock.day = "2026-12-09"
    here.issuer.open_epoch(HERE, Q1)
    here.issuer.renew(NEW.renewal())
    assert here.issuer.replace(third.replacement(code)) == "2026-12-16"
    here.clock.day = "2026-12-16"
    assert refusal(here.issuer.renew, third.renewal()).code == "next-quarter"
    here.issuer.open_epoch(HERE, Q2)
    assert [c.attributes.epoch for c in here.issuer.renew(third.renewal()).credentials] == [Q2]
    assert [row[1] for row in rows("floor")] == [Q1]


def test_the_holder_of_the_old_words_cancels(here: Office) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    here.issuer.replace(NEW.replacement(code))
    assert refusal(here.issuer.renew, ANN.renewal()).code == "replacement-asked"
    assert refusal(here.issuer.cancel, NEW.cancellation()).code == "unknown-words"
    here.issuer.cancel(ANN.cancellation())
    here.clock.day = "2026-12-30"
    ANN.check(here.issuer.renew(ANN.renewal()).credentials[0], here.keys)
    assert refusal(here.issuer.renew, NEW.renewal()).code == "unknown-words"
    assert refusal(here.issuer.cancel, ANN.cancellation()).code == "nothing-waits"


def test_an_unused_code_replaces_nothing_and_stays_unused(here: Office) -> None:
    code = here.code()
    for attempt in (code, "0000-0000-0000-0000"):
        assert refusal(here.issuer.replace, NEW.replacement(attempt)).code == "nobody-joined"
    here.issuer.admit(ANN.admission(code))


# ── sheets ──


def test_sheets_are_listed_with_tens_only(here: Office) -> None:
    sheet = here.issuer.new_sheet(HERE, 13, "Night shift")
    for number, code in enumerate(sheet.codes[:11]):
        here.issuer.admit(Person(100 + number).admission(code))
    (listed,) = here.issuer.sheets()
    assert (listed.id, listed.organisation, listed.note, listed.count, listed.used, listed.void) == (
        sheet.id, HERE, "Night shift", 13, 10, False,
    )  # fmt: skip
    here.issuer.void_sheet(sheet.id)
    assert here.issuer.sheets()[0].void


def test_voiding(here: Office) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    error = refusal(here.issuer.void_code, code)
    assert isinstance(error, Conflict)
    assert "cannot be made void" in error.words
    assert isinstance(refusal(here.issuer.void_code, "0000-0000-0000-0000"), Withheld)
    assert isinstance(refusal(here.issuer.void_sheet, "0" * 16), Withheld)


@pytest.mark.parametrize(("organisation", "count", "note"), [("Example", 1, ""), (HERE, 0, ""), (HERE, 1, "a\nb")])
def test_a_sheet_that_makes_no_sense_is_malformed(here: Office, organisation: str, count: int, note: str) -> None:
    assert isinstance(refusal(here.issuer.new_sheet, organisation, count, note), Malformed)


def test_codes_are_distinct_and_of_eighty_bits(here: Office) -> None:
    sheet = here.issuer.new_sheet(HERE, 2000)
    symbols = "".join(sheet.codes).replace("-", "")
    assert len(set(sheet.codes)) == 2000
    assert len(symbols) == 2000 * 16
    counts = [symbols.count(each) for each in sorted(set(symbols))]
    assert len(counts) == 32
    assert 800 < min(counts) <= max(counts) < 1200  # 1,000 expected, standard deviation 31


# ── epochs and counts ──


def test_opening_is_idempotent_and_closing_is_remembered(here: Office) -> None:
    first = here.issuer.open_epoch(HERE, Q1)
    assert here.issuer.open_epoch(HERE, Q1) == first
    assert (first.issuer, first.epoch, first.methods) == ("issuer.example", Q1, ("code",))
    assert first.public_key == here.keys.issuer_public(HERE, Q1)
    assert here.issuer.open_epochs() == [(HERE, Q4), (HERE, Q1)]
    here.issuer.close_epoch(HERE, Q4)
    assert here.issuer.open_epochs() == [(HERE, Q1)]
    here.issuer.open_epoch(HERE, Q4)
    assert here.issuer.open_epochs() == [(HERE, Q4), (HERE, Q1)]
    assert isinstance(refusal(here.issuer.close_epoch, HERE, Q2), Withheld)


def test_counts_are_cumulative_and_rounded_up(here: Office) -> None:
    def counts() -> list[tuple[str, int]]:
        return [(each.epoch, each.at_most) for each in here.issuer.issued()]

    assert here.issuer.issued() == [Issued("issuer.example", HERE, Q4, 0)]
    codes = here.issuer.new_sheet(HERE, 12).codes
    for number, code in enumerate(codes[:11]):
        here.issuer.admit(Person(100 + number).admission(code))
    assert counts() == [(Q4, 20)]
    here.issuer.open_epoch(HERE, Q1)
    assert counts() == [(Q4, 20), (Q1, 0)]
    here.issuer.renew(Person(100).renewal())
    assert counts() == [(Q4, 20), (Q1, 10)]
    here.issuer.close_epoch(HERE, Q4)
    here.issuer.admit(Person(111).admission(codes[11]))
    assert counts() == [(Q4, 20), (Q1, 10)]


def test_a_replaced_member_still_counts_for_what_was_issued(here: Office) -> None:
    codes = here.issuer.new_sheet(HERE, 11).codes
    for number, code in enumerate(codes):
        here.issuer.admit(Person(100 + number).admission(code))
    here.issuer.replace(NEW.replacement(codes[0]))
    here.clock.day = "2026-12-30"
    here.issuer.open_epoch(HERE, Q1)
    here.issuer.renew(NEW.renewal())
    assert [each.at_most for each in here.issuer.issued()] == [20, 10]


def test_settling_changes_nothing_that_can_be_read(here: Office) -> None:
    here.issuer.admit(ANN.admission(here.code()))
    before = [rows(table) for table in ("admission", "code", "sheet", "epoch")]
    here.issuer.settle()
    assert [rows(table) for table in ("admission", "code", "sheet", "epoch")] == before


def test_tables_and_models_say_the_same(here: Office) -> None:
    call_command("check", databases=["issuer"], verbosity=0)
    made = MigrationLoader(None)
    changes = MigrationAutodetector(made.project_state(), ProjectState.from_apps(apps)).changes(graph=made.graph)
    assert "issuer" not in changes


# ── several at once ──


def test_settling_while_people_join(here: Office) -> None:
    codes = here.issuer.new_sheet(HERE, 24).codes
    asked = [Person(300 + number).admission(code) for number, code in enumerate(codes)]
    failed: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except UndersignedError as error:
            failed.append(error)
        finally:
            connections["issuer"].close()

    def joining(some: list[Request[Admission]]) -> None:
        for each in some:
            here.issuer.admit(each)

    def settling() -> None:
        for _ in range(6):
            here.issuer.settle()

    jobs = [partial(joining, asked[:12]), partial(joining, asked[12:]), settling]
    in_threads([threading.Thread(target=run, args=(job,)) for job in jobs])
    assert failed == []
    assert len(rows("admission")) == 24


@pytest.mark.parametrize("same_words", [False, True])
def test_one_code_at_once(here: Office, *, same_words: bool) -> None:
    code = here.code()
    people = [Person(200 if same_words else 200 + n) for n in range(8)]
    asked = [(person, person.admission(code)) for person in people]
    start = threading.Barrier(len(people))
    joined: list[Person] = []
    refused: list[str] = []

    def join(person: Person, admission: Request[Admission]) -> None:
        start.wait()
        try:
            here.issuer.admit(admission)
            joined.append(person)
        except UndersignedError as error:
            refused.append(error.code)
        finally:
            connections["issuer"].close()

    in_threads([threading.Thread(target=join, args=each) for each in asked])
    ((_, _, point, _, _),) = rows("admission")
    if same_words:
        assert (len(joined), refused) == (8, [])
    else:
        assert refused == ["code-spent"] * 7
        assert [person.point for person in joined] == [point]
