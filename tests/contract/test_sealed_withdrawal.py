"""A withdrawal that comes between the poll and the freeze does not open a sealed letter below its goal."""

from pathlib import Path

import pytest

from support import instances
from undersigned.ledger.service import Ledger, Waiting

GOAL = 12


@pytest.mark.parametrize("tick", ["2026-12-02T00:00:00Z", instances.CLOSES])
def test_a_late_withdrawal_keeps_the_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tick: str) -> None:
    instance = instances.fresh(tmp_path / "instance")
    letter = instances.opened(instance, instances.letter(goal=GOAL))
    members = instances.enrol(instance, GOAL)
    instances.sign(instance, members, letter)
    poll = Ledger.waiting

    def withdraw_meanwhile(ledger: Ledger, context: str) -> dict[str, Waiting]:
        seen = poll(ledger, context)
        monkeypatch.setattr(Ledger, "waiting", poll)
        instances.sign(instance, members[:1], letter, "withdraw")
        assert seen[instances.HERE].signatures == GOAL
        return seen

    # Acts are taken by the clock of the moment before, as they would be by another process.
    monkeypatch.setattr(Ledger, "waiting", withdraw_meanwhile)
    report = instance.letters.run_round(tick, instance.issuer.issued)
    assert report.rounds == []
    assert instance.ledger.counts(letter.context) == {}
    assert report.missed == ([letter.slug] if tick == instances.CLOSES else [])
    assert report.closed == []
