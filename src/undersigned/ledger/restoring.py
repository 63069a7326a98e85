"""Writes the ledger's tables from what was published: heads, sums, figures, and which acts are in the log.

Acts that waited are not in it, nor what was withdrawn before its round: both are gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from undersigned.errors import Conflict, Unavailable
from undersigned.ledger import holding
from undersigned.ledger.models import Head, IssuedFigure, OpenContext, exclusive
from undersigned.ledger.rules import Closing, Frozen, WaitingAct
from undersigned.protocol.act import SignedAct
from undersigned.protocol.context import context_id
from undersigned.protocol.entry import Issued, Round, parse_log_entry
from undersigned.tlog.checkpoint import open_checkpoint
from undersigned.tlog.tile import Rebuilder, bundles, read_bundle

if TYPE_CHECKING:
    from undersigned.ledger.sequencer import Sequencer
    from undersigned.ledger.service import Ledger

_GOAL_MISSED: Final = "goal-missed"


def bring_back_heads(ledger: "Ledger") -> None:
    """Write the heads of both logs, after every entry was read and the signed root came out.

    Raises: `Conflict` where there is one, `Unavailable` where files are not those that were signed.
    """
    for sequencer in ledger.sequencers:
        if Head.objects.filter(log=sequencer.log).exists():
            raise Conflict("ledger-exists", "This instance has its logs already.")
        public = sequencer.store.checkpoint()
        if public is None:
            raise Unavailable("log-behind", f"There is no checkpoint of the {sequencer.log}.")
        checkpoint = open_checkpoint(public, sequencer.key.name, sequencer.key.verifier)
        tree = Rebuilder()
        for part in _bundles(sequencer, checkpoint.size):
            tree.feed(part)
        if tree.root() != checkpoint.root:
            raise Unavailable("log-damaged", f"The files of the {sequencer.log} are not those that were signed.")
        Head.objects.create(
            log=sequencer.log,
            size=checkpoint.size,
            root=checkpoint.root,
            checkpoint=public,
            staged="",
        )


def bring_back_acts(ledger: "Ledger", deadlines: Mapping[str, str]) -> None:
    """Write sums and acts of all rounds; `deadlines` are the ends of letters by context, as their terms say last."""
    _, log = ledger.sequencers
    with exclusive():
        for entry, acts in _rounds(log, Head.of(log.log).size):
            if isinstance(entry, Issued):
                IssuedFigure.note(entry.issuer, entry.organisation, entry.epoch, entry.at_most)
                continue
            closing = Closing(entry.context, entry.organisation, entry.final)
            holding.record(Frozen(closing, tuple(acts), ()), entry.tick)
        closed = ledger.registry().closed
        missed = {context_id("letter", letter) for letter in closed if closed[letter].outcome == _GOAL_MISSED}
        for context, deadline in deadlines.items():
            OpenContext(context=context, deadline=deadline, closed=context in missed).save()


def _rounds(log: "Sequencer", size: int) -> Iterator[tuple[Issued | Round, list[WaitingAct]]]:
    """Give every figure and every round of the log, a round with its acts."""
    head: Issued | Round | None = None
    acts: list[WaitingAct] = []
    for part in _bundles(log, size):
        for data in part:
            entry = parse_log_entry(data)
            if isinstance(entry, dict):
                act = SignedAct.from_record(entry).act
                acts.append(WaitingAct(act.pseudonym, act.sequence, bytes.fromhex(act.digest), data))
                continue
            if head is not None:
                yield head, acts
            head, acts = entry, []
    if head is not None:
        yield head, acts


def _bundles(sequencer: "Sequencer", size: int) -> Iterator[Sequence[bytes]]:
    for path in bundles(size):
        yield read_bundle(path, sequencer.store.read)
