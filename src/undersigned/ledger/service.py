"""The ledger's verbs: hold acts, close rounds, keep the registry and its documents.

Every verb is safe to call from many threads and processes of one machine at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db.models import Count as Number
from django.db.models import Exists, OuterRef, Q, QuerySet

from undersigned.errors import Conflict, Malformed, Refused, UndersignedError, Withheld
from undersigned.ledger import rules
from undersigned.ledger.holding import GroupCommit
from undersigned.ledger.models import (
    Head,
    HeldAct,
    IssuedFigure,
    OpenContext,
    SpokenAct,
    Tally,
    exclusive,
    rewrite,
)
from undersigned.ledger.reading import RegistryReader
from undersigned.ledger.rules import Closing, Frozen, Trace
from undersigned.ledger.sequencer import Sequencer, Step, Witness
from undersigned.ledger.store import Documents, Staging, TileStore, seconds
from undersigned.protocol.act import Act
from undersigned.protocol.entry import Genesis, Issued, ReceiptKey, RegistryEntry, Round
from undersigned.protocol.presentation import VerifiedAct
from undersigned.protocol.receipt import Receipt
from undersigned.protocol.registry import Registry
from undersigned.tlog.note import SigningKey
from undersigned.values import sha256_hex
from undersigned.values import tick as deadline_tick

__all__ = ["Closing", "Count", "Held", "Ledger", "Waiting"]

REGISTRY: Final = "registry"
LOG: Final = "log"
#: The tick that the first files bear where none is given.
BEGINNING: Final = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Held:
    """The answer to an act: its receipt, and whether it was given before."""

    receipt: bytes
    repeated: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a round would publish now: acts, and signatures less withdrawals."""

    acts: int
    signatures: int


@dataclass(frozen=True, slots=True)
class Count:
    """What the closed rounds of a context and organisation say; `tick` is that of the last one."""

    signed: int
    withdrawn: int
    tick: str
    final: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """An act to hold, with the deadline that its receipt should promise."""

    act: Act
    wire: bytes
    deadline: str


@dataclass(frozen=True, slots=True)
class _Taken:
    """An act that is durable, with the deadline that its receipt promises."""

    deadline: str
    repeated: bool


class Ledger:
    """The room `ledger` of one instance.

    `public` and `staging` are folders on one file system. `step` is told the name of each step of a commit.
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
    ) -> None:
        self._public = public
        self._staging = Staging(staging)
        self._receipt_key = receipt_key
        self._step = step
        self._vkeys = {REGISTRY: registry_key.vkey, LOG: log_key.vkey}
        self._documents = Documents(public / "documents", self._staging)
        self._registry, self._log = (
            Sequencer(name, key, TileStore(public / name, self._staging), self._staging, witnesses, step)
            for name, key in ((REGISTRY, registry_key), (LOG, log_key))
        )
        self._reader = RegistryReader(self._registry.store, registry_key)
        self._holding: GroupCommit[_Wish, _Taken] = GroupCommit(self._take_all)

    # ── registry and documents ──

    def create(self, genesis: Genesis, receipt_key: ReceiptKey, tick: str = BEGINNING) -> None:
        """Begin both logs and write the registry's first two entries; what a crash interrupted is gone on with.

        Raises: `Conflict` when the registry has its first entry.
        """
        mtime = seconds(tick)
        with self._staging.alone():
            for sequencer in (self._registry, self._log):
                sequencer.create(mtime)
                vkey = f"{self._vkeys[sequencer.log]}\n".encode()
                self._staging.write(self._public / f"{sequencer.log}.vkey", vkey, mtime=mtime)
            self._recover()
            if self._reader.registry().size:
                raise Conflict("ledger-exists", "This instance has its logs already.")
            self._registry.append([genesis.encoded, receipt_key.encoded], tick, lambda: None)

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

    def known(self, act: Act) -> bytes | None:
        """Return the receipt again if exactly this act is in the log; None if `hold` has to decide.

        It looks at nothing that is not public, so it may answer before proofs are checked: nobody can ask in
        another's name whether a withdrawal waits.

        Raises: `Conflict` when what is published excludes the act.
        """
        rules.logged(act)
        traces = _traces(SpokenAct.objects.filter(published=True), act)
        if not traces or not rules.repeated(act, traces):
            return None
        return self._receipt(act, OpenContext.of(act.context).deadline)

    def hold(self, verified: VerifiedAct, deadline: str) -> Held:
        """Hold an act for its round; durable when this returns. The same act again gets its receipt again.

        `deadline` is the tick at which the context closes, as its terms say now.

        Raises: `Conflict` when another act excludes it; `Refused` when the context has ended.
        """
        if not isinstance(verified, VerifiedAct):
            raise TypeError("hold takes a VerifiedAct only")
        act = verified.act
        rules.logged(act)
        taken = self._holding.put(_Wish(act, verified.signed.encoded, deadline_tick(deadline)))
        return Held(self._receipt(act, taken.deadline), taken.repeated)

    def _receipt(self, act: Act, deadline: str) -> bytes:
        return Receipt(act.context, act.organisation, act.digest, deadline).signed(self._receipt_key)

    def _take_all(self, wishes: Sequence[_Wish]) -> list[_Taken | Exception]:
        """Write a batch in one transaction, withdrawals after the signatures that they may take back."""
        outcomes: dict[int, _Taken | Exception] = {}
        with exclusive():
            for place in sorted(range(len(wishes)), key=lambda at: wishes[at].act.sequence):
                try:
                    outcomes[place] = self._take(wishes[place])
                except UndersignedError as error:
                    outcomes[place] = error
        return [outcomes[place] for place in range(len(wishes))]

    def _take(self, wish: _Wish) -> _Taken:
        act = wish.act
        traces = _traces(SpokenAct.objects.all(), act) + _traces(HeldAct.objects.all(), act)
        context = OpenContext.of(act.context)
        if rules.repeated(act, traces):
            return _Taken(context.deadline, repeated=True)
        of_round = Tally.objects.filter(context=act.context, organisation=act.organisation, final=True)
        if context.closed or of_round.exists():
            raise Refused("letter-closed", "This letter is closed.")
        context.promise(wish.deadline)
        HeldAct.objects.create(
            context=act.context,
            pseudonym=act.pseudonym,
            sequence=act.sequence,
            organisation=act.organisation,
            digest=bytes.fromhex(act.digest),
            wire=wish.wire,
        )
        return _Taken(context.deadline, repeated=False)

    # ── figures ──

    def waiting(self, context: str) -> dict[str, Waiting]:
        """Return, by organisation, what a round would publish now. Not for the public."""
        held = HeldAct.objects.filter(context=context)
        signed = HeldAct.objects.filter(context=context, pseudonym=OuterRef("pseudonym"), sequence=rules.SIGN)
        rows = held.annotate(pair=Q(sequence=rules.WITHDRAW) & Exists(signed)).values("organisation").annotate(
            signs=Number("sequence", filter=Q(sequence=rules.SIGN)),
            withdrawals=Number("sequence", filter=Q(sequence=rules.WITHDRAW)),
            pairs=Number("sequence", filter=Q(pair=True)),
        )  # fmt: skip
        return {
            row["organisation"]: Waiting(
                row["signs"] + row["withdrawals"] - 2 * row["pairs"], row["signs"] - row["withdrawals"]
            )
            for row in rows
        }

    def counts(self, context: str) -> dict[str, Count]:
        """Return, by organisation, what the closed rounds of a context add up to."""
        return {
            row.organisation: Count(row.signed, row.withdrawn, row.tick, row.final)
            for row in Tally.objects.filter(context=context)
        }

    # ── rounds ──

    def close_round(self, tick: str, closings: Sequence[Closing], issued: Sequence[Issued]) -> list[Round]:
        """Publish, in one append, the rounds that are due; return their heads.

        A round needs ten acts unless it is the final one. Asking again for a tick, or after the final round,
        publishes nothing. Also without any closing the tables are written anew.

        Raises: `Refused` when the log would have acts of an epoch before its `issued` figure; `Unavailable`
        when another process appended at the same time: nothing is changed then.
        """
        with self._staging.alone():
            self._recover()
            frozen = [self._freeze(closing) for closing in sorted(set(closings)) if self._may_close(closing, tick)]
            rounds = [each for each in frozen if each.closes]
            if rounds:
                self._append(tick, frozen, _figures(rounds, issued))
            elif any(each.cancelled for each in frozen):
                with exclusive():
                    _move(frozen, [], tick)
            self._rewrite()
        return [each.entry(tick) for each in rounds]

    def _may_close(self, closing: Closing, tick: str) -> bool:
        last = Tally.objects.filter(context=closing.context, organisation=closing.organisation).first()
        if last is not None and (last.final or last.tick >= tick):
            return False
        return not OpenContext.of(closing.context).closed

    def _freeze(self, closing: Closing) -> Frozen:
        held = HeldAct.objects.filter(context=closing.context, organisation=closing.organisation)
        rows = held.values_list("pseudonym", "sequence", "digest", "wire")
        acts = (rules.Waiting(bytes(row[0]), row[1], bytes(row[2]), bytes(row[3])) for row in rows.iterator())
        return rules.freeze(closing, acts)

    def _append(self, tick: str, frozen: Sequence[Frozen], figures: Sequence[Issued]) -> None:
        entries = [each.encoded for each in figures]
        for each in frozen:
            if each.closes:
                entries += (each.entry(tick).encoded, *(act.wire for act in each.acts))
        try:
            self._log.append(entries, tick, lambda: _move(frozen, figures, tick))
        except UndersignedError:
            self._sweep()
            raise

    def erase(self, context: str) -> None:
        """Erase all acts of a context that wait, and hold none any more: its goal was missed. Idempotent."""
        with self._staging.alone():
            self._recover()
            with exclusive():
                row = OpenContext.of(context)
                changed = not row.closed
                row.closed = True
                row.save()
                changed |= HeldAct.objects.filter(context=context).delete()[0] > 0
                changed |= SpokenAct.objects.filter(context=context, published=False).delete()[0] > 0
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
        rewrite()
        self._step("rewritten")


def _traces(rows: "QuerySet[HeldAct] | QuerySet[SpokenAct]", act: Act) -> list[Trace]:
    found = rows.filter(context=act.context, pseudonym=act.pseudonym).values_list("sequence", "digest")
    return [Trace(sequence, bytes(digest).hex()) for sequence, digest in found]


def _figures(rounds: Sequence[Frozen], issued: Sequence[Issued]) -> list[Issued]:
    """Return the figures that go before these rounds. Raises: `Refused` when one is missing."""
    before = {(row.issuer, row.organisation, row.epoch): row.at_most for row in IssuedFigure.objects.all()}
    figures = rules.raised(issued, before, {each.closing.organisation for each in rounds})
    rules.figured(rounds, before.keys() | {(each.issuer, each.organisation, each.epoch) for each in figures})
    return figures


def _move(frozen: Sequence[Frozen], figures: Sequence[Issued], tick: str) -> None:
    """Everything in the database that belongs to a round, in the transaction that swaps the head."""
    for each in frozen:
        gone = (*each.acts, *each.cancelled) if each.closes else each.cancelled
        HeldAct.release(each.closing.context, [(act.pseudonym, act.sequence) for act in gone])
        kept = [_spoken(each, act, published=False) for act in each.cancelled]
        if each.closes:
            kept += [_spoken(each, act, published=True) for act in each.acts]
        SpokenAct.objects.bulk_create(kept, batch_size=500)
        if each.closes:
            _add_up(each, tick)
    for figure in figures:
        IssuedFigure.objects.update_or_create(
            issuer=figure.issuer,
            organisation=figure.organisation,
            epoch=figure.epoch,
            defaults={"at_most": figure.at_most},
        )


def _spoken(frozen: Frozen, act: rules.Waiting, *, published: bool) -> SpokenAct:
    return SpokenAct(
        context=frozen.closing.context,
        pseudonym=act.pseudonym,
        sequence=act.sequence,
        organisation=frozen.closing.organisation,
        digest=act.digest,
        published=published,
    )


def _add_up(frozen: Frozen, tick: str) -> None:
    name = {"context": frozen.closing.context, "organisation": frozen.closing.organisation}
    before = Tally.objects.filter(**name).first() or Tally(**name, signed=0, withdrawn=0)
    before.signed += frozen.signed
    before.withdrawn += frozen.withdrawn
    before.tick, before.final = tick, frozen.closing.final
    before.save()
    if frozen.closing.final:
        SpokenAct.objects.filter(**name, published=False).delete()
