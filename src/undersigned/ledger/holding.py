"""The holding table: acts come in, wait, and leave with their round.

What is accepted is decided in the transaction that writes it, so two processes cannot accept what excludes
each other. Which acts those are is `rules`' business.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count as Number
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from undersigned.batches import Batches
from undersigned.errors import Refused, Unavailable, UndersignedError
from undersigned.ledger import rules
from undersigned.ledger.models import HeldAct, OpenContext, SpokenAct, Tally, exclusive
from undersigned.ledger.rules import Closing, Frozen, Trace
from undersigned.protocol.act import Act
from undersigned.protocol.presentation import VerifiedAct
from undersigned.protocol.receipt import Receipt
from undersigned.tlog.note import SigningKey
from undersigned.values import tick

#: Rows that one statement inserts.
_BATCH: Final = 100

#: Context and pseudonym.
_Name = tuple[str, bytes]


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
class _Wish:
    """An act to hold, with the deadline that its receipt should promise."""

    act: Act
    wire: bytes
    deadline: str

    @property
    def name(self) -> _Name:
        return _name(self.act)


def _name(act: Act) -> _Name:
    return act.context, act.pseudonym


@dataclass(frozen=True, slots=True)
class _Taken:
    """An act that is durable, with the deadline that its receipt promises."""

    deadline: str
    repeated: bool


class Holding:
    """Accepts acts, in shuffled batches, and gives receipts for them."""

    def __init__(self, receipt_key: SigningKey) -> None:
        self._key = receipt_key
        self._group: Batches[_Wish, _Taken] = Batches(_take_all)
        self.coming = self._group.coming

    def known(self, acts: Sequence[Act]) -> list[bytes | UndersignedError | None]:
        """Return, in its place, the receipt of an act that is published, a `Conflict`, or None."""
        traces = _traces(SpokenAct.objects.filter(published=True), acts)
        return [self._answer(act, traces[_name(act)]) for act in acts]

    def _answer(self, act: Act, traces: Sequence[Trace]) -> bytes | UndersignedError | None:
        try:
            rules.logged(act)
            if not traces or not rules.repeated(act, traces):
                return None
            return self._receipt(act, OpenContext.of(act.context).deadline)
        except UndersignedError as error:
            return error

    def hold(self, verified: VerifiedAct, deadline: str) -> Held:
        """Hold an act durably. Raises: `Conflict`, `Refused`."""
        if not isinstance(verified, VerifiedAct):
            raise TypeError("only a VerifiedAct is held")
        act = verified.act
        rules.logged(act)
        taken = self._group.put(_Wish(act, verified.signed.encoded, tick(deadline)))
        return Held(self._receipt(act, taken.deadline), taken.repeated)

    def _receipt(self, act: Act, deadline: str) -> bytes:
        return Receipt(act.context, act.organisation, act.digest, deadline).signed(self._key)


# ── accepting ──


class _Batch:
    """What the database says about the acts of one batch, read once, and what is accepted on top of it."""

    def __init__(self, wishes: Sequence[_Wish]) -> None:
        self._contexts: dict[str, OpenContext] = {}
        self._ended: dict[tuple[str, str], bool] = {}
        self._traces: dict[_Name, list[Trace]] = defaultdict(list)
        self.accepted: list[_Wish] = []
        for rows in (SpokenAct.objects.all(), HeldAct.objects.all()):
            for name, traces in _traces(rows, [wish.act for wish in wishes]).items():
                self._traces[name] += traces

    def take(self, wish: _Wish) -> _Taken:
        """Accept an act, or find it accepted before. Raises: `Conflict`, `Refused`."""
        act = wish.act
        context = self._contexts.get(act.context) or self._contexts.setdefault(act.context, OpenContext.of(act.context))
        traces = self._traces[wish.name]
        if rules.repeated(act, traces):
            return _Taken(context.deadline, repeated=True)
        if context.closed or self._has_ended(act.context, act.organisation):
            raise Refused("letter-closed", "This letter is closed.")
        context.promise(wish.deadline)
        traces.append(Trace(act.sequence, act.digest))
        self.accepted.append(wish)
        return _Taken(context.deadline, repeated=False)

    def _has_ended(self, context: str, organisation: str) -> bool:
        found = self._ended.get((context, organisation))
        if found is None:
            last = Tally.objects.filter(context=context, organisation=organisation, final=True)
            found = self._ended[context, organisation] = last.exists()
        return found


def _take_all(wishes: Sequence[_Wish]) -> list[_Taken | Exception]:
    """Write a batch in one transaction, withdrawals after the signatures that they may take back."""
    outcomes: dict[int, _Taken | Exception] = {}
    with exclusive():
        batch = _Batch(wishes)
        for place in sorted(range(len(wishes)), key=lambda at: wishes[at].act.sequence):
            try:
                outcomes[place] = batch.take(wishes[place])
            except UndersignedError as error:
                outcomes[place] = error
        HeldAct.add([_held(wish) for wish in batch.accepted])
    return [outcomes[place] for place in range(len(wishes))]


def _held(wish: _Wish) -> HeldAct:
    return HeldAct(
        context=wish.act.context,
        pseudonym=wish.act.pseudonym,
        sequence=wish.act.sequence,
        organisation=wish.act.organisation,
        digest=bytes.fromhex(wish.act.digest),
        wire=wish.wire,
    )


def _traces(rows: QuerySet[HeldAct] | QuerySet[SpokenAct], acts: Sequence[Act]) -> dict[_Name, list[Trace]]:
    """Read what rows say of the pseudonyms of acts; of whom they say nothing, an empty list."""
    found: dict[_Name, list[Trace]] = defaultdict(list)
    by_context: dict[str, list[bytes]] = defaultdict(list)
    for act in acts:
        by_context[act.context].append(act.pseudonym)
    for context, pseudonyms in by_context.items():
        chosen = rows.filter(context=context, pseudonym__in=pseudonyms)
        for pseudonym, sequence, digest in chosen.values_list("pseudonym", "sequence", "digest"):
            found[context, bytes(pseudonym)].append(Trace(sequence, bytes(digest).hex()))
    return found


# ── waiting and leaving ──


def waiting(context: str) -> dict[str, Waiting]:
    """Return, by organisation, what a round would publish now."""
    signed = HeldAct.objects.filter(context=context, pseudonym=OuterRef("pseudonym"), sequence=rules.SIGN)
    rows = (
        HeldAct.objects.filter(context=context)
        .annotate(pair=Q(sequence=rules.WITHDRAW) & Exists(signed))
        .values("organisation")
        .annotate(
            signs=Number("sequence", filter=Q(sequence=rules.SIGN)),
            withdrawals=Number("sequence", filter=Q(sequence=rules.WITHDRAW)),
            pairs=Number("sequence", filter=Q(pair=True)),
        )
    )
    return {
        row["organisation"]: Waiting(
            row["signs"] + row["withdrawals"] - 2 * row["pairs"], row["signs"] - row["withdrawals"]
        )
        for row in rows
    }


def check_clock(tick: str) -> None:
    """Check that no round of a later tick was closed. Raises: `Unavailable`."""
    latest = Tally.objects.aggregate(latest=Max("tick"))["latest"]
    if latest is not None and tick < latest:
        raise Unavailable(
            "clock-backwards", f"The clock says {tick}, but a round was closed at {latest}. Set the clock, then go on."
        )


def may_close(closing: Closing, tick: str) -> bool:
    """Whether no round of this tick or a later one, and no last one, was closed."""
    last = Tally.objects.filter(context=closing.context, organisation=closing.organisation).first()
    if last is not None and (last.final or last.tick >= tick):
        return False
    return not OpenContext.of(closing.context).closed


def freeze(closing: Closing) -> Frozen:
    """Read what waits and decide what a round would take."""
    held = HeldAct.objects.filter(context=closing.context, organisation=closing.organisation)
    rows = held.values_list("pseudonym", "sequence", "digest", "wire").iterator()
    return rules.freeze(
        closing, (rules.WaitingAct(bytes(row[0]), row[1], bytes(row[2]), bytes(row[3])) for row in rows)
    )


def publish(rounds: Sequence[Frozen], tick: str) -> None:
    """Move the acts of rounds out, in the transaction that swaps the head.

    Raises: `Unavailable` if one is gone, or if one came after a last round was frozen: no other round would take it.
    """
    cancel(rounds)
    for each in rounds:
        HeldAct.release(each.closing.context, [(act.pseudonym, act.sequence) for act in each.acts])
        if each.closing.final:
            left = HeldAct.objects.filter(context=each.closing.context, organisation=each.closing.organisation)
            if left.exists():
                raise Unavailable("round-changed", "An act came while the last round was closed. It is closed again.")
        record(each, tick)


def record(round_: Frozen, tick: str) -> None:
    """Keep of a published round what a second answer needs, and add it up."""
    SpokenAct.objects.bulk_create([_spoken(round_, act, published=True) for act in round_.acts], _BATCH)
    _add_up(round_, tick)


def cancel(frozen: Sequence[Frozen]) -> None:
    """Keep of signatures and withdrawals that cancelled each other only what a second answer needs."""
    for each in frozen:
        HeldAct.release(each.closing.context, [(act.pseudonym, act.sequence) for act in each.cancelled])
        SpokenAct.objects.bulk_create([_spoken(each, act, published=False) for act in each.cancelled], _BATCH)


def _spoken(frozen: Frozen, act: rules.WaitingAct, *, published: bool) -> SpokenAct:
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
    before.vouched += frozen.vouched
    before.tick, before.final = tick, frozen.closing.final
    before.save()
    if frozen.closing.final:
        SpokenAct.objects.filter(**name, published=False).delete()


def erase(context: str) -> bool:
    """Erase what waits in a context and end it; say whether anything changed."""
    row = OpenContext.of(context)
    changed = not row.closed
    row.closed = True
    row.save()
    changed |= HeldAct.objects.filter(context=context).delete()[0] > 0
    changed |= SpokenAct.objects.filter(context=context, published=False).delete()[0] > 0
    return changed
