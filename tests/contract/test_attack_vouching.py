"""Attacks on vouching: one member as two, more than five a quarter, and settings that leave nobody to vouch."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from contract.test_vouching import Colleague, here, refusal, rows
from support.issuing import HERE, Q1, Q4, THERE, Office, office
from undersigned.protocol.enrolment import JOIN, REPLACE, Admission

__all__ = ["here"]


def test_a_member_with_old_and_new_words_in_two_open_quarters_is_one_voucher(here: Office) -> None:
    old, new, cleo = Colleague(here), Colleague(here), Colleague(here)
    evidence = {"code": here.code()}
    wish = Admission(HERE, "code", evidence, "undeclared", "undeclared")
    old.held |= {each.attributes.epoch: each for each in here.issuer.admit(old.asks(JOIN, wish)).credentials}
    here.issuer.replace(new.asks(REPLACE, wish))
    here.clock.day = "2026-12-20"
    here.issuer.open_epoch(HERE, Q1)
    assert set(new.renewed().held) == {Q1}
    assert old.vouch(cleo.point, epoch=Q4) is False
    assert new.vouch(cleo.point, epoch=Q1) is False
    assert refusal(cleo.vouched_for) == "vouches-missing"
    other = Colleague(here).with_code()
    assert other.vouch(cleo.point, epoch=Q1) is False
    assert Q1 in cleo.vouched_for().held


def test_who_vouched_in_one_open_quarter_can_again_in_the_next_with_somebody_else(here: Office) -> None:
    ann, cleo = Colleague(here).with_code(), Colleague(here)
    assert ann.vouch(cleo.point, epoch=Q4) is False
    here.issuer.open_epoch(HERE, Q1)
    assert ann.renewed().vouch(cleo.point, epoch=Q1) is False
    assert refusal(cleo.vouched_for) == "vouches-missing"
    Colleague(here).with_code().vouch(cleo.point, epoch=Q1)
    assert cleo.vouched_for().held


def test_a_quarter_closed_and_opened_again_gives_no_new_slots(here: Office) -> None:
    ann, ben = Colleague(here).with_code(), Colleague(here).with_code()
    for slot in range(1, 6):
        ann.vouch(Colleague(here).point, slot)
    here.issuer.close_epoch(HERE, Q4)
    here.issuer.open_epoch(HERE, Q4)
    for each in (ann, ben):
        assert refusal(each.vouch, Colleague(here).point) == "other-epoch"
    assert rows("slot") == rows("vouch") == []


def test_a_quarter_that_closes_while_a_vouch_is_verified_takes_it_no_more(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from undersigned.issuer import service  # noqa: PLC0415 - models need Django set up first

    ann = Colleague(here).with_code()
    signed = ann.signed(ann.act(Colleague(here).point))
    checked = vars(service)["verify"]

    def slow(*arguments: object) -> object:
        found: object = checked(*arguments)
        here.issuer.open_epoch(HERE, Q1)
        here.issuer.close_epoch(HERE, Q4)
        return found

    monkeypatch.setattr(service, "verify", slow)
    assert refusal(here.issuer.vouch, signed) == "other-epoch"
    assert rows("slot") == rows("vouch") == []


def test_joining_elsewhere_with_the_same_words_takes_no_vouch_away(here: Office) -> None:
    here.issuer.open_epoch(THERE, Q4)
    ann, ben, cleo = Colleague(here).with_code(), Colleague(here).with_code(), Colleague(here)
    for each in (ann, ben):
        each.vouch(cleo.point)
    cleo.with_code(THERE)
    assert cleo.vouched_for().held[Q4].attributes.method == "vouch"


@pytest.fixture
def unbegun(tmp_path: Path) -> Iterator[Office]:
    for made in office(tmp_path):
        with connections["issuer"].cursor() as cursor:
            cursor.execute("DELETE FROM epoch")
        yield made


def test_vouching_does_not_take_the_place_of_the_way_that_was_set(unbegun: Office) -> None:
    unbegun.issuer.set_way(HERE, "code", {})
    with pytest.raises(Exception, match="beside another way"):
        unbegun.issuer.set_way(HERE, "vouch", {})
    assert set(unbegun.issuer.ways()[HERE][0].values()) == {"code"}
