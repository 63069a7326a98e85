"""A withdrawal that comes between the poll and the freeze does not open a sealed letter below its goal."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import instances

if TYPE_CHECKING:
    from undersigned.ledger.service import Waiting

GOAL = 12


@pytest.mark.parametrize("tick", ["2026-12-02T00:00:00Z", instances.CLOSES])
def test_a_late_withdrawal_keeps_the_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tick: str) -> None:
    instance = instances.fresh(tmp_path / "instance")
    letter = instances.opened(instance, instances.letter(goal=GOAL))
    members = instances.enrol(instance, GOAL)
    instances.sign(instance, members, letter)
    poll = instance.ledger.waiting

    def withdraw_meanwhile(context: str) -> "dict[str, Waiting]":
        seen = poll(context)
        monkeypatch.setattr(instance.ledger, "waiting", poll)
        # Taken by the clock of the moment before, as another process would.
        instances.sign(instance, members[:1], letter, "withdraw")
        assert seen[instances.HERE].signatures == GOAL
        return seen

    monkeypatch.setattr(instance.ledger, "waiting", withdraw_meanwhile)
    report = instance.letters.run_round(tick, instance.issuer.issued)
    assert report.rounds == []
    assert instance.ledger.counts(letter.context) == {}
    assert report.missed == ([letter.slug] if tick == instances.CLOSES else [])
    assert report.closed == []
