"""Decisions about letters, pure: what state one is in, what may be opened, what a tick brings.

    draft ──open──▶ sealed ──goal reached at a tick──▶ open ──closes──▶ closed
                      │ (a letter without a goal is open at once)
                      └──closes without the goal──▶ missed

`rules.due` is the only place that knows the floor of ten and the seal (`docs/protocol.md`, section 5).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from undersigned.errors import Malformed, Refused
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.protocol.entry import IssuerKey
from undersigned.protocol.letter import LEAST_ROUND, LEAST_WORKFORCE, Letter, Terms
from undersigned.values import epoch_of

CLOSED: Final = "closed"
GOAL_MISSED: Final = "goal-missed"


class State(StrEnum):
    """Where a letter is in its life."""

    DRAFT = "draft"
    SEALED = "sealed"
    OPEN = "open"
    CLOSED = "closed"
    MISSED = "missed"


def state(*, opened: bool, outcome: str | None, goal: int | None, published: bool) -> State:
    """Derive the state from what is public: `outcome` is that of the registry's `closed` entry, if there is one."""
    if not opened:
        return State.DRAFT
    if outcome is not None:
        return State.MISSED if outcome == GOAL_MISSED else State.CLOSED
    return State.SEALED if goal is not None and not published else State.OPEN


# ── what a tick brings ──


class Waits(Protocol):
    """What a round of one organisation would publish now, and how many of these stand as signatures."""

    @property
    def acts(self) -> int:
        """Acts, after a signature and its own withdrawal cancelled each other."""

    @property
    def signatures(self) -> int:
        """Signatures less withdrawals."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What is known about an opened letter at a tick; `ended` names the organisations whose last round is closed."""

    closes: str
    goal: int | None
    organisations: tuple[str, ...]
    published: bool
    waiting: Mapping[str, Waits]
    ended: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: rounds of these organisations, and how the letter ends, where it does.

    `least`: signatures that the rounds must bring together, else none of them may be published.
    """

    organisations: tuple[str, ...] = ()
    final: bool = False
    outcome: str | None = None
    least: int = 0


def due(poll: Poll, tick: str, *, regular: bool = True) -> Due:
    """Decide what a tick brings for one letter; `regular` is false at hours at which only endings are due.

    A sealed letter opens when the rounds that would be published together reach the goal, so that everyone can
    check afterwards that nothing was published before.
    """
    if tick >= poll.closes:
        return _ending(poll)
    if not regular:
        return Due()
    ready = tuple(name for name in poll.organisations if _acts(poll, name) >= LEAST_ROUND)
    if poll.goal is not None and not poll.published and _signatures(poll, ready) < poll.goal:
        return Due()
    return Due(ready, least=_least(poll))


def _least(poll: Poll) -> int:
    """The goal, while the letter is sealed."""
    return 0 if poll.goal is None or poll.published else poll.goal


def _ending(poll: Poll) -> Due:
    if poll.goal is not None and not poll.published and _signatures(poll, poll.organisations) < poll.goal:
        return Due(outcome=GOAL_MISSED)
    left = tuple(name for name in poll.organisations if name not in poll.ended)
    return Due(left, final=True, outcome=CLOSED, least=_least(poll))


def outcome(expected: str, *, final: bool) -> str:
    """How a letter really ended: a last withdrawal may have taken it below its goal, and then nothing was published."""
    return expected if final else GOAL_MISSED


def _acts(poll: Poll, organisation: str) -> int:
    found = poll.waiting.get(organisation)
    return found.acts if found else 0


def _signatures(poll: Poll, organisations: tuple[str, ...]) -> int:
    return sum(poll.waiting[name].signatures for name in organisations if name in poll.waiting)


# ── what may be opened ──


def check_terms(letter: Letter, terms: Terms) -> None:
    """Check that the terms fit the letter: each organisation known to be large enough to hide in.

    Raises: `Refused` with the reason, `Malformed` when the terms speak of something else.
    """
    if terms.letter != letter.digest:
        raise Malformed("terms-other-letter", "These terms belong to another letter.")
    known = {figure.organisation: figure.at_least for figure in terms.workforce}
    asked = {each.organisation for each in letter.organisations}
    for name in sorted(known.keys() - asked):
        raise Malformed("workforce-foreign", f"The terms give a workforce for {name}, which the letter does not ask.")
    for name in sorted(asked):
        if name not in known:
            raise Refused(
                "workforce-unknown",
                f"Nobody knows how many people work at {name}: add a figure with its source, or leave it out.",
            )
        if known[name] < LEAST_WORKFORCE:
            raise Refused(
                "workforce-small",
                f"Only {known[name]} people are known to work at {name}. "
                f"Among fewer than {LEAST_WORKFORCE} nobody can hide: leave it out.",
            )


def check_opening(letter: Letter, terms: Terms, tick: str) -> None:
    """Check everything about an opening that needs neither registry nor ledger.

    Raises: `Refused` or `Malformed` with the reason.
    """
    if terms.number != 1:
        raise Malformed("terms-order", "A letter opens with terms number 1.")
    check_terms(letter, terms)
    if letter.epoch != epoch_of(tick[:10]):
        raise Refused(
            "other-epoch",
            f"The letter is written for the quarter {letter.epoch}, and it is {epoch_of(tick[:10])}. Write it anew.",
        )
    check_dates(terms, tick)


def check_issuers(
    letter: Letter,
    keys: Mapping[tuple[str, str, str], IssuerKey],
    made_later: Mapping[tuple[str, str], Sequence[str]] = MappingProxyType({}),
) -> None:
    """Check that every issuer that the letter names has its key, and that co-issuers fit each other.

    Where an issuer admits by vouching, acts show how their members joined, one way for all passes of an act. Vouching
    is never an issuer's only way, so with several issuers one could always join by one way here and another there, and
    never sign: several issuers and vouching do not go together. `made_later` are ways by issuer and organisation, of
    keys that are made after this.

    Raises: `Refused` with all that is missing.
    """
    missing: list[str] = []
    for asked in letter.organisations:
        ways: dict[str, Sequence[str]] = {}
        for issuer in asked.issuers:
            found = keys.get((issuer, asked.organisation, letter.epoch))
            later = made_later.get((issuer, asked.organisation))
            if found is None and later is None:
                missing.append(f"{issuer} for {asked.organisation}")
            ways[issuer] = found.methods if found is not None else later or ()
        vouching = [issuer for issuer, methods in ways.items() if "vouch" in methods]
        if len(ways) > 1 and vouching and not missing:
            raise Refused(
                "issuers-vouch",
                f"Members of {asked.organisation} would join at several issuers, and {vouching[0]} admits by vouching. "
                "Acts would show the way, one for all their passes: who joined by two ways could never sign. Ask for "
                "passes of one issuer, or take issuers that do not admit by vouching.",
            )
    if missing:
        raise Refused(
            "unknown-issuer-key",
            f"The registry has no key of {', and none of '.join(missing)} in {letter.epoch}. Nobody could sign: every "
            "issuer that the letter names enters its key first.",
        )


def check_dates(terms: Terms, tick: str) -> None:
    """Check that the terms are not dated ahead and leave at least one tick to sign.

    Raises: `Refused`.
    """
    if terms.dated > tick[:10]:
        raise Refused("terms-future", f"The terms are dated {terms.dated}, which is still to come.")
    if terms.closes <= tick:
        raise Refused("closes-past", "Closing has to lie at least one full hour ahead. Choose a later one.")


def check_terms_change(letter: Letter, before: Terms, after: Terms, tick: str) -> None:
    """Check that new terms may replace those of an open letter.

    Raises: `Refused` or `Malformed` with the reason.
    """
    after.follows(before)
    check_terms(letter, after)
    if tick >= before.closes:
        raise Refused("letter-closed", "The letter's time is over. Its terms cannot change any more.")
    check_dates(after, tick)


def check_act(*, outcome: str | None, closes: str, redacted: bool, action: str, tick: str) -> None:
    """Check that a letter takes this action now.

    A letter that was taken down takes withdrawals only: nobody could read what a new signature is under.

    Raises: `Refused`.
    """
    if outcome is not None or tick >= closes:
        raise Refused("letter-closed", "This letter is closed. Nothing can be signed or withdrawn any more.")
    if redacted and action != "withdraw":
        raise Refused("letter-redacted", "The text of this letter was taken down. It cannot be signed any more.")


# ── others who stand by a letter ──


#: The keeper's keys, one for supporters and one for names, so that neither tag tells of the other.
_KEYS: Final = {SUPPORT: "supporters", UNSUPPORT: "supporters", SHOW: "names", UNSHOW: "names"}


def keeper_key(purpose: str, instance: str) -> str:
    """Return the name of the keeper's key under which addresses become tags for a purpose."""
    return f"{_KEYS[purpose]}.{instance}"


def at_least(count: int) -> int:
    """Return the number of supporters as it may be published: rounded down to a ten, so that none below ten is."""
    return count - count % 10


def check_beside(*, outcome: str | None, closes: str, redacted: bool, ends: bool, tick: str) -> None:
    """Check that a letter takes supporters and names now; `ends` is for what takes back.

    A supporter can be withdrawn until the letter closes, as a signature can; nothing of them is left then.

    Raises: `Refused`.
    """
    if outcome is not None or tick >= closes:
        raise Refused("letter-closed", "This letter is closed. Nobody can be added or withdrawn any more.")
    if redacted and not ends:
        raise Refused("letter-redacted", "The text of this letter was taken down. Nobody can stand by it any more.")


def check_elsewhere(host: str, organisations: Iterable[str]) -> None:
    """Check that an address's domain is not that of an organisation whose people can sign.

    Raises: `Refused`.
    """
    for name in organisations:
        if host == name or host.endswith(f".{name}") or name.endswith(f".{host}"):
            raise Refused(
                "address-at-work",
                f"{host} belongs to {name}, which would see the mail. Use an address of your own. If you work there, "
                "you can sign instead, and nobody is told.",
            )


def last_tick(closes: str, tick: str, round_hours: int) -> bool:
    """Tell whether who signs now can only appear in the letter's last round, which may be a small one."""
    return _hours(closes) - _hours(tick) <= round_hours


def regular_tick(tick: str, round_hours: int) -> bool:
    """Tell whether the fixed clock of the rounds strikes at this hour."""
    return _hours(tick) % round_hours == 0


def _hours(tick: str) -> int:
    """Hours since the year 1: only differences and remainders count."""
    return date.fromisoformat(tick[:10]).toordinal() * 24 + int(tick[11:13])
