"""The ledger's verbs: hold acts, close rounds, keep the registry and its documents.

Every verb is safe to call from many threads and processes of one machine at once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from undersigned.errors import Conflict, Malformed, Refused, UndersignedError, Withheld
from undersigned.ledger import holding, rules
from undersigned.ledger.history import History, LogHistory
from undersigned.ledger.holding import Held, Holding, Waiting
from undersigned.ledger.models import CorrectionsUsed, Head, IssuedFigure, Tally, exclusive, rewrite
from undersigned.ledger.reading import RegistryReader
from undersigned.ledger.rules import Closing, Frozen, Wait
from undersigned.ledger.sequencer import Sequencer, Witness
from undersigned.ledger.store import Documents, Staging, Step, TileStore, seconds
from undersigned.protocol.act import Act
from undersigned.protocol.entry import Genesis, Issued, ReceiptKey, RegistryEntry, Round
from undersigned.protocol.presentation import VerifiedAct
from undersigned.protocol.registry import Registry
from undersigned.tlog.note import SigningKey
from undersigned.values import sha256_hex

__all__ = ["Closing", "Count", "Held", "Ledger", "Wait", "Waiting"]

REGISTRY: Final = "registry"
LOG: Final = "log"
#: The tick that the first files bear where none is given.
BEGINNING: Final = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Count:
    """What the closed rounds of a context and organisation say; `tick` is that of the last one."""

    signed: int
    withdrawn: int
    tick: str
    final: bool
    vouched: int = 0


class Ledger:
    """The room `ledger` of one instance.

    `public` and `staging` are folders on one file system. `step` is told the name of each step of a commit. Tables are
    written anew between multiples of `grid` seconds, so that nobody can tell from outside how much waits.
    """

    def __init__(
        self,
        *,
        public: Path,
        staging: Path,
        registry_key: SigningKey,
        log_key: SigningKey,
        receipt_key: SigningKey,
        witnesses: Sequence[Witness] = (),
        step: Step = lambda _name: None,
        grid: float = 0.0,
    ) -> None:
        self._public = public
        self._staging = Staging(staging)
        self._step = step
        self._grid = grid
        self._vkeys = {REGISTRY: registry_key.vkey, LOG: log_key.vkey}
        self._documents = Documents(public / "documents", self._staging)
        self._registry, self._log = (
            Sequencer(name, key, TileStore(public / name, self._staging), self._staging, witnesses, step)
            for name, key in ((REGISTRY, registry_key), (LOG, log_key))
        )
        self._reader = RegistryReader(self._registry.store, registry_key)
        self._history = LogHistory(self._log.store, log_key)
        self._holding = Holding(receipt_key)

    @property
    def sequencers(self) -> tuple[Sequencer, Sequencer]:
        """Those of registry and log."""
        return self._registry, self._log

    # ── registry and documents ──

    def create(self, genesis: Genesis, receipt_key: ReceiptKey, tick: str = BEGINNING) -> None:
        """Begin both logs and write the registry's first two entries; what a crash interrupted is gone on with.

        Raises: `Conflict` when the registry has its first entry.
        """
        mtime = seconds(tick)
        with self._staging.alone():
            for sequencer in (self._registry, self._log):
                sequencer.create(mtime)
            vkeys = {f"{log}.vkey": f"{vkey}\n".encode() for log, vkey in self._vkeys.items()}
            self._staging.write_all(self._public, vkeys, mtime)
            self._recover()
            if self._reader.registry().size:
                raise Conflict("ledger-exists", "This instance has its logs already.")
            self._registry.append([genesis.encoded, receipt_key.encoded], tick, lambda: None)
            self._rewrite()

    def append_registry(
        self, entries: Sequence[RegistryEntry], documents: Mapping[str, bytes] | None, tick: str
    ) -> None:
        """Append entries to the registry, after the documents that they name lie durably under their digests.

        Raises: `Malformed` for a document that is not the one of its digest, `Refused` for an entry that the
        registry's readers would refuse, `Unavailable` when another process appended at the same time.
        """
        for name, data in (documents or {}).items():
            if sha256_hex(data) != name:
                raise Malformed("other-document", "The document is not the one that its digest names.")
        encoded = [entry.encoded for entry in entries]
        with self._staging.alone():
            self._recover()
            self._reader.followed_by(encoded)
            self._documents.write(documents or {}, seconds(tick))
            self._registry.append(encoded, tick, lambda: None)
            self._take_down()

    def registry(self) -> Registry:
        """Return the registry as published now, whoever published it. It is shared: read it only."""
        return self._reader.registry()

    def document(self, digest: str) -> bytes:
        """Return a published document. Raises: `Withheld` when it is not there or was taken down."""
        if digest in self.registry().redacted:
            raise Withheld("no-document", "This document was taken down.")
        return self._documents.read(digest)

    def remove_document(self, digest: str) -> None:
        """Take a document down that the registry calls redacted. Raises: `Refused` when it does not."""
        if digest not in self.registry().redacted:
            raise Refused("not-redacted", "A document is taken down after the registry says so.")
        self._documents.remove({digest})

    def _take_down(self) -> None:
        self._documents.remove(set(self.registry().redacted))

    # ── holding acts ──

    def accepting(self) -> AbstractContextManager[None]:
        """Announce, around checking an act, that `hold` may follow: others in the same process then wait for it."""
        return self._holding.coming()

    def known(self, acts: Sequence[Act]) -> list[bytes | UndersignedError | None]:
        """Return, in its place, for an act that is in the log its receipt again; None if `hold` has to decide.

        It looks at nothing that is not public, so it may answer before proofs are checked: nobody can ask in
        another's name whether a withdrawal waits. An act that what is published excludes has a `Conflict` in its place.
        """
        return self._holding.known(acts)

    def hold(self, verified: VerifiedAct, deadline: str) -> Held:
        """Hold an act for its round; durable when this returns. The same act again gets its receipt again.

        `deadline` is the tick at which the context closes, as its terms say now.

        Raises: `Conflict` when another act excludes it; `Refused` when the context has ended.
        """
        return self._holding.hold(verified, deadline)

    # ── figures ──

    def waiting(self, context: str) -> dict[str, Waiting]:
        """Return, by organisation, what a round would publish now. Not for the public."""
        return holding.waiting(context)

    def counts(self, context: str) -> dict[str, Count]:
        """Return, by organisation, what the closed rounds of a context add up to."""
        return {
            row.organisation: Count(row.signed, row.withdrawn, row.tick, row.final, row.vouched)
            for row in Tally.objects.filter(context=context)
        }

    def history(self, context: str) -> History:
        """Return the closed rounds of a context and the marks that stand, from the published log alone.

        Raises: `Unavailable` when the log's files are not those that were signed.
        """
        return self._history.of(context)

    def said(self) -> dict[rules.IssuedName, int]:
        """Return the last numbers of members in the log, by issuer, organisation and epoch."""
        return _said()

    def figures(self) -> list[Issued]:
        """Return the last numbers of members that the log says, those that were taken back since as they are to be."""
        now = _said() | dict(self._corrected())
        return [Issued(*name, at_most) for name, at_most in now.items()]

    def follow_corrections(self, tick: str) -> None:
        """Let the log say the numbers that issuers put, in the registry, in place of larger ones. Idempotent.

        Raises: `Unavailable` when another process appended at the same time, or the clock was set back.
        """
        with self._staging.alone():
            self._recover()
            self._follow(tick)

    def _follow(self, tick: str) -> None:
        if due := self._corrected():
            holding.check_clock(tick)
            self._append(tick, (), [Issued(*name, at_most) for name, at_most in due])

    def _corrected(self) -> list[tuple[rules.IssuedName, int]]:
        return rules.corrected(_said(), _used(), self.registry().corrections)

    # ── rounds ──

    def close_round(
        self,
        tick: str,
        closings: Sequence[Closing],
        issued: Callable[[], Sequence[Issued]],
        waits: Callable[[Wait], None] = rules.missing,
    ) -> list[Round]:
        """Publish, in one append, the rounds that are due; return their heads.

        `issued` is asked after it is settled which acts are in: whoever signed was admitted before, so a figure that is
        counted then is never too small. `waits` is told the contexts that an issuer's number does not cover, counted
        earlier or falsely: nothing of them is published or lost.

        A round needs ten acts unless it is the final one. Asking again for a tick, or after the final round,
        publishes nothing. Also without any closing the tables are written anew. Corrections of numbers that the log
        does not follow yet are followed first, whatever else is due.

        Raises: as `waits`; `Unavailable` when another process appended at the same time, or the clock was set back:
        nothing is changed then.
        """
        with self._staging.alone():
            self._recover()
            self._follow(tick)
            frozen = [holding.freeze(each) for each in sorted(set(closings)) if holding.may_close(each, tick)]
            rounds = rules.publishable(frozen)
            if rounds:
                holding.check_clock(tick)
                given, before = issued(), _said()
                rounds = _covered(rounds, given, before, waits)
            if rounds:
                organisations = {each.closing.organisation for each in rounds}
                self._append(tick, rounds, rules.raised(given, before, organisations))
            paired = [each for each in frozen if each.cancelled and each not in rounds]
            if paired:
                with exclusive():
                    holding.cancel(paired)
            self._rewrite()
        return [each.entry(tick) for each in rounds]

    def _append(self, tick: str, rounds: Sequence[Frozen], figures: Sequence[Issued]) -> None:
        entries = [each.encoded for each in figures]
        for each in rounds:
            entries += (each.entry(tick).encoded, *(act.wire for act in each.acts))

        def within() -> None:
            holding.publish(rounds, tick)
            for figure in figures:
                IssuedFigure.note(figure.issuer, figure.organisation, figure.epoch, figure.at_most)

        try:
            self._log.append(entries, tick, within)
        except UndersignedError:
            self._sweep()
            raise

    def erase(self, context: str) -> None:
        """Erase all acts of a context that wait, and hold none any more: its goal was missed. Idempotent."""
        with self._staging.alone():
            self._recover()
            with exclusive():
                changed = holding.erase(context)
            if changed:
                self._rewrite()

    # ── after a crash ──

    def recover(self) -> None:
        """Finish or discard whatever a crash left.

        Raises: `Unavailable` when files and database do not belong together.
        """
        with self._staging.alone():
            self._recover()

    def _recover(self) -> None:
        for sequencer in (self._registry, self._log):
            sequencer.recover()
        self._sweep()
        self._take_down()

    def _sweep(self) -> None:
        self._staging.sweep(Head.staged_names())
        self._step("swept")

    def _rewrite(self) -> None:
        self._sweep()
        rewrite(self._grid)
        self._step("rewritten")


def _said() -> dict[rules.IssuedName, int]:
    """Return the figures that the log says now."""
    return {(row.issuer, row.organisation, row.epoch): row.at_most for row in IssuedFigure.objects.all()}


def _used() -> dict[rules.IssuedName, int]:
    """Return how many corrections of each figure the log has followed."""
    return {(row.issuer, row.organisation, row.epoch): row.number for row in CorrectionsUsed.objects.all()}


def _covered(
    rounds: Sequence[Frozen],
    issued: Sequence[Issued],
    before: Mapping[rules.IssuedName, int],
    waits: Callable[[Wait], None],
) -> list[Frozen]:
    """Return the rounds of those contexts whose issuers' numbers cover them; the others are told."""
    contexts = {each.closing.context for each in rounds}
    signed = {(row.context, row.organisation): row.signed for row in Tally.objects.filter(context__in=sorted(contexts))}
    found = rules.uncovered(rounds, issued, before, signed)
    for each in found:
        held = tuple(one.closing.organisation for one in rounds if one.closing.context == each.context)
        waits(replace(each, organisations=held))
    waiting = {each.context for each in found}
    return [each for each in rounds if each.closing.context not in waiting]
