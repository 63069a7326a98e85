"""Who may be given credentials of which epochs (`docs/protocol.md`, section 3): decisions alone.

A subject is whatever an organisation's way of joining proves, here one code. At any time at most one
commitment point C is in force for it. What these rules keep, whatever is lost, restored, renewed or tried:

- no subject is ever given credentials of one epoch under two points, so nobody signs one letter twice;
- a new point comes into force on the seventh day after it was asked for, if the holder of the old one did not
  cancel until then, and only for epochs later than every epoch that was ever issued to the subject before.

Epochs are quarters, `2026Q4`, whose alphabetical order is their order in time. Days are dates, `2026-12-03`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from undersigned.errors import Conflict, Refused

#: Days, by the date, from asking for a replacement to the new point's coming into force.
WAITING_DAYS: Final = 7
#: Members are counted in steps of this many, rounded up.
STEP: Final = 10

# A code that is unknown, void or made for another organisation, and one that was used with other words, are
# answered by the same status and by as many octets, so that the size of an answer tells a listener nothing.
# Who has a used code in hand is told so: asking for a replacement would tell them anyway.
CODE_SPENT: Final = (
    "This code was already used. If you joined on another device, restore it with your words. "
    "If not, ask whoever gave it to you for another."
)
CODE_WRONG: Final = (
    "This code does not work here. Look at the paper and type it in once more. "
    "If it still fails, ask whoever gave it to you for another one."
)
VOUCHES_MISSING: Final = (
    "Two members have not vouched for you yet. Give your invitation to two people who work there and are members, "
    "and come back when both have vouched."
)
CODE_NOBODY: Final = (
    "Nobody joined with this code, so there is nothing to replace. Compare it with the paper, or join with it."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a way of joining says where evidence does not admit, as code and sentence.

    `wrong` to evidence of nobody, `spent` where the subject is a member with other words, `nobody` (a sentence) where
    lost words should be replaced and the subject is no member.
    """

    wrong: tuple[str, str]
    spent: tuple[str, str]
    nobody: str


VOUCHES: Final = Said(
    wrong=("vouches-missing", VOUCHES_MISSING),
    # The subject is the point itself, so nobody comes to it with other words.
    spent=("vouches-missing", VOUCHES_MISSING),
    nobody="Who was vouched for cannot replace lost words. Ask two members to vouch for you again.",
)
CODES: Final = Said(wrong=("code-wrong", CODE_WRONG), spent=("code-spent", CODE_SPENT), nobody=CODE_NOBODY)


@dataclass(frozen=True, slots=True)
class Member:
    """A subject that was admitted.

    `point` is in force, `newest` the newest epoch ever issued to the subject under any point, and `floor` the
    newest one issued before `point` came into force: empty for all who never lost their phrase. `method` is the way
    by which the subject was admitted.
    """

    point: bytes
    newest: str
    floor: str = ""
    method: str = "code"

    def may_have(self, epochs: Iterable[str]) -> tuple[str, ...]:
        """Return those of `epochs` that may be issued under `point`, in order."""
        return tuple(epoch for epoch in sorted(epochs) if epoch > self.floor)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new point that waits; it is in force from the day `ready` on."""

    point: bytes
    ready: str


@dataclass(frozen=True, slots=True)
class State:
    """All that is known of one subject."""

    member: Member | None = None
    waiting: Replacement | None = None

    def on(self, today: str) -> "State":
        """Return the state as it is on a day: a replacement whose day has come is in force, the old point is closed."""
        if self.member is None or self.waiting is None or today < self.waiting.ready:
            return self
        newest = self.member.newest
        return State(replace(self.member, point=self.waiting.point, floor=newest))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says beside its evidence.

    `point` is proved, `taken` tells whether it belongs to another subject here; `said` are the words of its way.
    """

    point: bytes
    said: Said
    method: str = "code"
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """The subject's new state, and the epochs of the credentials to issue under its point."""

    state: State
    epochs: tuple[str, ...]


def admit(state: State, asked: Asked, opened: Iterable[str], today: str, *, valid: bool) -> Grant:
    """Admit a subject under a point, or give a member the same credentials again.

    `valid` says that the evidence admits newcomers; who is a member already needs no more than the same point.
    `opened` are the organisation's open epochs, at least one.

    Raises: `Refused` for evidence that does not admit; `Conflict` for a point that belongs to another subject, and
    while a replacement waits.
    """
    _free(asked)
    now = state.on(today)
    if now.member is not None:
        if asked.point == now.member.point or _waits(now, asked.point):
            return renew(now, asked.point, opened, today)
        raise Refused(*asked.said.spent)
    if not valid:
        raise Refused(*asked.said.wrong)
    epochs = tuple(sorted(opened))
    return Grant(State(Member(asked.point, epochs[-1], method=asked.method)), epochs)


def renew(state: State, point: bytes, opened: Iterable[str], today: str) -> Grant:
    """Give a member credentials of all open epochs that may be issued under the point in force.

    Raises: `Refused` when the point is not in force; `Conflict` while a replacement waits, and when only epochs
    are open that were issued under a point that was lost.
    """
    now = state.on(today)
    if now.waiting is not None and now.waiting.point == point:
        raise Conflict("replacement-waits", f"Your new words count from {now.waiting.ready} on. Come back then.")
    if now.member is None or now.member.point != point:
        raise _unknown()
    if now.waiting is not None:
        raise Conflict(
            "replacement-asked",
            f"Someone with your code asked for new words, which replace yours on {now.waiting.ready}. "
            "If that was not you, cancel it with your words, then try again.",
        )
    epochs = now.member.may_have(opened)
    if not epochs:
        raise Conflict(
            "next-quarter",
            "Your lost words may still be used this quarter, so the new ones count from the next quarter on.",
        )
    return Grant(replace(now, member=replace(now.member, newest=max(now.member.newest, epochs[-1]))), epochs)


def ask_replacement(state: State, asked: Asked, today: str) -> State:
    """Let a new point wait in place of one whose phrase was lost; asking again for another point starts anew.

    Raises: `Refused` for evidence of nobody; `Conflict` when there is nothing to replace or the point belongs to
    another subject.
    """
    _free(asked)
    now = state.on(today)
    if now.member is None:
        raise Refused("nobody-joined", asked.said.nobody)
    if asked.point == now.member.point:
        raise Conflict("same-words", "These are the words that you joined with. Restore with them.")
    if _waits(now, asked.point):
        return now
    ready = date.fromisoformat(today) + timedelta(days=WAITING_DAYS)
    return replace(now, waiting=Replacement(asked.point, ready.isoformat()))


def cancel(state: State, point: bytes, today: str) -> State:
    """Stop a replacement that waits, asked for by the holder of the point in force.

    Raises: `Refused` when the point is not in force (any more); `Conflict` when nothing waits.
    """
    now = state.on(today)
    if now.member is None or now.member.point != point:
        raise _unknown()
    if now.waiting is None:
        raise Conflict("nothing-waits", "Nobody asked to replace your words. There is nothing to cancel.")
    return replace(now, waiting=None)


# ── numbers for letters elsewhere ──


def said(before: tuple[str, int], tick: str, now: int) -> int:
    """Decide which number an asker is told at a tick: the first one, however often it is asked for.

    So whoever asks learns nothing finer than the tick of when members join. `before` is the last tick at which this
    asker was told a number and that number, `now` the number of members at this moment, rounded up. No number falls.

    Raises: `Refused` for a tick before one that was answered.
    """
    at, number = before
    if tick < at:
        raise Refused("old-question", "A later tick was answered already. Ask for the present one.")
    return number if tick == at else max(number, now)


def rounded_up(members: int) -> int:
    """Round a number of members up to the next ten, as it is published."""
    return -(-members // STEP) * STEP


def rounded_down(members: int) -> int:
    """Round a number down to the last ten, as it is shown to who hands out codes."""
    return members // STEP * STEP


def _unknown() -> Refused:
    """Build the refusal of a point that is not in force, the same for never, not yet and not any more."""
    return Refused(
        "unknown-words",
        "No member here has these words. If you have a code, join with it. "
        "If you replaced lost words, use the new ones.",
    )


def _waits(state: State, point: bytes) -> bool:
    return state.waiting is not None and state.waiting.point == point


def _free(asked: Asked) -> None:
    """Refuse a point of another subject before the evidence is judged, or a member could try codes unnoticed."""
    if asked.taken:
        raise Conflict(
            "words-taken",
            "You are a member here with these words already, and need no other code. "
            "If you have one, hand it back to whoever gave it to you.",
        )


# ── vouching ──


@dataclass(frozen=True, slots=True)
class Vouches:
    """What is known before a vouch is taken: the act that used its slot, and whether its member vouched here before.

    `by_slot` is the digest of that act, empty where the slot is free.
    """

    by_slot: bytes
    vouched: bool


def vouch(known: Vouches, act: bytes) -> bool:
    """Decide about a vouch; true where exactly this one was taken before.

    Raises: `Conflict` for a used slot, and for a second vouch of one member for one person.
    """
    if known.by_slot == act:
        return True
    if known.by_slot:
        raise Conflict("slot-used", "You used this one of your five vouches of the quarter for somebody else.")
    if known.vouched:
        raise Conflict("vouched-before", "You have vouched for this person already. Now it takes another member.")
    return False
