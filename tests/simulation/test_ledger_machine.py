"""Any interleaving of signing, withdrawing, rounds and crashes at any step of a commit.

The crash is an exception that nothing catches, at a step that is drawn; after it another ledger opens the same
folders and recovers, as a new process would. `test_crash.py` does the same with real processes and kill -9.
"""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from support.ledgers import DEADLINE, HERE, LETTER, THERE, Book, act, issued, proved, tick
from undersigned.errors import Conflict, Refused
from undersigned.ledger.rules import Closing
from undersigned.ledger.store import STEPS
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.entry import Issued, Round, parse_log_entry
from undersigned.tlog import merkle

if TYPE_CHECKING:
    from undersigned.tlog.checkpoint import Checkpoint

NAMES = (HERE, THERE)


class Crash(BaseException):
    """The process is gone."""


def place(member: int) -> str:
    return NAMES[member % 2]


class Life(RuleBasedStateMachine):
    """One ledger, its letter with two organisations, and everyone who ever saw a checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(Path(tempfile.mkdtemp(prefix="ledger-life-"))).created()
        self.seen: dict[int, Checkpoint] = {}
        self.acts: dict[str, Act] = {}
        self.receipts: dict[str, bytes] = {}
        self.day = 0
        self.ended: set[str] = set()
        self.members = 0
        self.fall: str | None = None
        self.reopen()

    def teardown(self) -> None:
        shutil.rmtree(self.book.folder)

    def reopen(self) -> None:
        self.book.ledger = self.book.open(step=self.step)
        self.book.ledger.recover()

    def step(self, name: str) -> None:
        """An outsider fetches the checkpoint at every step; at the drawn one the process falls."""
        now = self.book.checkpoint()
        assert self.seen.setdefault(now.size, now) == now, "two checkpoints of one size"
        assert now.size == max(self.seen), "an older checkpoint was published again"
        if name == self.fall:
            self.fall = None
            raise Crash

    def hold(self, what: Act) -> None:
        if what.organisation in self.ended:
            if what.digest not in self.receipts:
                with pytest.raises((Refused, Conflict)):
                    self.book.ledger.hold(proved(what), DEADLINE)
            return
        held = self.book.ledger.hold(proved(what), DEADLINE)
        assert held.repeated == (what.digest in self.receipts)
        self.acts[what.digest] = what
        assert self.receipts.setdefault(what.digest, held.receipt) == held.receipt

    @rule(count=st.integers(1, 12))
    def sign(self, count: int) -> None:
        with self.book.ledger.accepting():
            for member in range(self.members, self.members + count):
                self.hold(act(member, organisation=place(member)))
        self.members += count

    @precondition(lambda self: self.members)
    @rule(data=st.data(), count=st.integers(1, 6))
    def withdraw(self, data: st.DataObject, count: int) -> None:
        with self.book.ledger.accepting():
            for _ in range(count):
                member = data.draw(st.integers(0, self.members - 1))
                if act(member, organisation=place(member)).digest in self.receipts:
                    self.hold(act(member, "withdraw", organisation=place(member)))

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def sign_again(self, data: st.DataObject) -> None:
        member = data.draw(st.integers(0, self.members - 1))
        again = act(member, organisation=place(member))
        if act(member, "withdraw", organisation=place(member)).digest not in self.receipts:
            self.hold(again)
        else:
            with pytest.raises(Conflict):
                self.book.ledger.hold(proved(again, attempt=1), DEADLINE)

    @rule(final=st.sets(st.sampled_from(NAMES), max_size=1), fall=st.sampled_from((None, *STEPS)))
    def close(self, final: set[str], fall: str | None) -> None:
        self.day += 1
        ends = final if self.day % 8 == 0 else set()
        closings = [Closing(LETTER, name, final=name in ends) for name in NAMES]
        self.fall = fall
        with suppress(Crash):
            self.book.ledger.close_round(tick(self.day), closings, issued)
        self.fall = None
        self.reopen()
        self.book.ledger.close_round(tick(self.day), closings, issued)
        self.ended |= ends

    @rule(fall=st.sampled_from(("swept", None)))
    def restart(self, fall: str | None) -> None:
        self.fall = fall
        with suppress(Crash):
            self.book.ledger.recover()
        self.fall = None
        self.reopen()

    @invariant()
    def log_grew_out_of_every_checkpoint_ever_seen(self) -> None:
        hashes = [merkle.leaf_hash(entry) for entry in self.book.entries()]
        for size, checkpoint in self.seen.items():
            assert merkle.root(hashes[:size]) == checkpoint.root

    @invariant()
    def every_acknowledged_act_is_there_once(self) -> None:
        published = [each.act for each in self.book.acts()]
        digests = {each.digest for each in published}
        assert len(digests) == len(published)
        withdrawn = {what.pseudonym for what in self.acts.values() if what.sequence}
        cancelled = withdrawn - {each.pseudonym for each in published}
        public = {digest for digest, what in self.acts.items() if what.pseudonym not in cancelled}
        assert digests <= public
        waiting = self.book.ledger.waiting(LETTER)
        assert len(public - digests) == sum(each.acts for each in waiting.values())
        assert {self.acts[digest].organisation for digest in public - digests}.isdisjoint(self.ended)

    @invariant()
    def rounds_are_sorted_large_enough_and_rise(self) -> None:
        last: dict[str, Round] = {}
        figures: set[str] = set()
        entries = [parse_log_entry(entry) for entry in self.book.entries()]
        while entries:
            head = entries.pop(0)
            if isinstance(head, Issued):
                figures.add(head.organisation)
                continue
            assert isinstance(head, Round)
            acts = [SignedAct.from_record(entries.pop(0)).act for _ in range(head.count)]
            assert [each.pseudonym for each in acts] == sorted({each.pseudonym for each in acts})
            assert {each.organisation for each in acts} <= {head.organisation} <= figures | {head.organisation}
            assert head.count >= 10 or head.final
            before = last.get(head.organisation)
            assert before is None or (before.tick < head.tick and not before.final)
            last[head.organisation] = head
        counts = self.book.ledger.counts(LETTER)
        assert {name: (each.tick, each.final) for name, each in counts.items()} == {
            name: (each.tick, each.final) for name, each in last.items()
        }


Life.TestCase.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLife = Life.TestCase
