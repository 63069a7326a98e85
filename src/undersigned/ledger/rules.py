"""Decisions of the ledger, pure: what is accepted, what cancels, what a round publishes.

They hold for acts of kind `letter`: `sign` with sequence 0, `withdraw` with sequence 1, final.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from undersigned.errors import Conflict, Refused
from undersigned.protocol.act import Act
from undersigned.protocol.entry import Issued, IssuedCorrected, Round
from undersigned.protocol.letter import LEAST_ROUND
from undersigned.values import parse_canonical

#: Kinds whose acts enter the log as they are. All others would tell insiders how many there are.
LOGGED: Final = ("letter",)
SIGN, WITHDRAW = 0, 1

#: Issuer, organisation, epoch.
IssuedName = tuple[str, str, str]


# ── accepting ──


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of one act of a pseudonym in a context: its sequence and SHA-256 (hex)."""

    sequence: int
    digest: str


def logged(act: Act) -> None:
    """Check that acts of this kind belong into the log. Raises: `Refused`."""
    if act.kind not in LOGGED:
        raise Refused("not-logged", "Acts of this kind are not written into the log.")


def repeated(act: Act, traces: Sequence[Trace]) -> bool:
    """Whether exactly this act was accepted before; False says that it may be accepted now.

    `traces` are all acts of its pseudonym in its context. A signature that was withdrawn stays withdrawn.
    A withdrawal takes back the signature that differs from it in nothing but action and sequence.

    Raises: `Conflict` with words for the person.
    """
    same = any(trace.digest == act.digest for trace in traces)
    if act.action == "withdraw":
        if same:
            return True
        if any(trace.sequence == WITHDRAW for trace in traces):
            raise Conflict("withdrawn", "You have already taken your signature back, in another way than this one.")
        if not any(trace.digest == replace(act, action="sign", sequence=SIGN).digest for trace in traces):
            raise Conflict("nothing-to-withdraw", "There is no signature of yours here that this could take back.")
        return False
    if any(trace.sequence == WITHDRAW for trace in traces):
        raise Conflict("withdrawn", "You took your signature back. That is final: this letter cannot be signed again.")
    if traces and not same:
        raise Conflict("already-signed", "You have already signed this letter, in another way than this one.")
    return same


# ── rounds ──

#: What an act that discloses this way of joining has in it, and no other: quotation marks inside texts are escaped.
_VOUCHED: Final = b'"4":"vouch"'


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """An act that waits: pseudonym (48 octets), sequence, SHA-256 (32 octets) and wire octets."""

    pseudonym: bytes
    sequence: int
    digest: bytes
    wire: bytes


@dataclass(frozen=True, slots=True, order=True)
class Closing:
    """A wish to close a round of a context and organisation; `final` when the context ends.

    `least`: signatures less withdrawals that the rounds of this context and tick must bring together, else none
    of them is published: how a sealed letter opens only with its goal, whatever comes in while that is decided.
    0 is no condition: a round may take back more than it brings.
    """

    context: str
    organisation: str
    final: bool
    least: int = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a round takes: acts to publish, in their order, and those that cancelled each other."""

    closing: Closing
    acts: tuple[WaitingAct, ...]
    cancelled: tuple[WaitingAct, ...]

    def entry(self, tick: str) -> Round:
        """Head of the round."""
        return Round(self.closing.context, self.closing.organisation, len(self.acts), tick, self.closing.final)

    @property
    def signed(self) -> int:
        """Number of signatures among the acts."""
        return sum(act.sequence == SIGN for act in self.acts)

    @property
    def withdrawn(self) -> int:
        """Number of withdrawals among the acts."""
        return len(self.acts) - self.signed

    @property
    def vouched(self) -> int:
        """Signatures less withdrawals of members who were vouched for, where acts tell the way of joining."""
        return sum(1 if act.sequence == SIGN else -1 for act in self.acts if _VOUCHED in act.wire)


def freeze(closing: Closing, waiting: Iterable[WaitingAct]) -> Frozen:
    """Pair off signatures with their withdrawals, neither of which is public yet, and sort the rest.

    The order is that of the pseudonyms' octets, then of the sequence: it says nothing of when they came.
    """
    acts = sorted(waiting, key=lambda act: (act.pseudonym, act.sequence))
    signed = {act.pseudonym for act in acts if act.sequence == SIGN}
    paired = {act.pseudonym for act in acts if act.sequence == WITHDRAW and act.pseudonym in signed}
    return Frozen(
        closing,
        tuple(act for act in acts if act.pseudonym not in paired),
        tuple(act for act in acts if act.pseudonym in paired),
    )


def publishable(frozen: Sequence[Frozen]) -> list[Frozen]:
    """Return those that may be published: at least ten acts or the final round, and the context's `least` reached."""
    large = [each for each in frozen if each.closing.final or len(each.acts) >= LEAST_ROUND]
    standing: dict[str, int] = {}
    for each in large:
        context = each.closing.context
        standing[context] = standing.get(context, 0) + each.signed - each.withdrawn
    return [each for each in large if not each.closing.least or standing[each.closing.context] >= each.closing.least]


def corrected(
    said: Mapping[IssuedName, int],
    used: Mapping[IssuedName, int],
    corrections: Mapping[IssuedName, Sequence[IssuedCorrected]],
) -> list[tuple[IssuedName, int]]:
    """Return by which numbers, in order, the log follows what issuers took back of it: each smaller than before.

    `said` is what the log says, `used` how many corrections of each number it has followed: none is followed twice, and
    none before those that precede it.
    """
    due = []
    for name, listed in sorted(corrections.items()):
        number = said.get(name)
        for each in listed[used.get(name, 0) :]:
            if each.was != number:
                break
            number = each.at_most
            due.append((name, number))
    return due


def raised(issued: Iterable[Issued], before: Mapping[IssuedName, int], organisations: set[str]) -> list[Issued]:
    """Figures that the log has to get before the rounds of these organisations: new or larger ones, sorted."""
    return sorted(
        (
            each
            for each in issued
            if each.organisation in organisations
            and each.at_most > before.get((each.issuer, each.organisation, each.epoch), -1)
        ),
        key=lambda each: (each.issuer, each.organisation, each.epoch),
    )


@dataclass(frozen=True, slots=True)
class Wait:
    """A context whose rounds have to wait, because an issuer's number of members does not cover them.

    `organisations` are those whose rounds would be published else.
    """

    context: str
    issuer: str
    organisations: tuple[str, ...] = ()


def uncovered(
    rounds: Iterable[Frozen],
    issued: Iterable[Issued],
    before: Mapping[IssuedName, int],
    signed: Mapping[tuple[str, str], int],
) -> list[Wait]:
    """Return the contexts that would have more signatures than members, or of an issuer that gives no number.

    `issued` are the numbers as given now; `before` those that the log says, which do not fall here; `signed` the
    signatures that it has by context and organisation. All acts of a round are of one epoch and one set of issuers, so
    its first one speaks for all.
    """
    given = {(each.issuer, each.organisation, each.epoch): each.at_most for each in issued}
    out = []
    for each in rounds:
        context, organisation = each.closing.context, each.closing.organisation
        for act in each.acts[:1]:
            record = parse_canonical(act.wire)
            least = signed.get((context, organisation), 0) + each.signed
            for issuer in record["issuers"]:
                name = (issuer, organisation, record["epoch"])
                if given.get(name, -1) < max(least, before.get(name, 0)):
                    out.append(Wait(context, issuer))
    return out


def missing(wait: Wait) -> None:
    """Raise `Refused`: what is done about a context that waits where nothing else is asked for."""
    raise Refused("issued-missing", f"{wait.issuer} gives no number of members that covers all who signed.")
