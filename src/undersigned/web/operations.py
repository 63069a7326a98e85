"""What spans rooms: opening a letter, closing a round. For the commands and for the server's clock.

Rooms do not know each other; here, and only here, the issuer's rounded counts are handed to the log and the
epochs of open letters to the issuer.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from undersigned.asking.pins import Pin
from undersigned.bootstrap import Instance
from undersigned.clock import DemonstrationClock
from undersigned.errors import Refused, Unavailable, Withheld
from undersigned.protocol.entry import IssuedCorrected, IssuerKey
from undersigned.protocol.letter import Letter
from undersigned.storage.files import alone
from undersigned.values import epoch_of
from undersigned.values import tick as check_tick
from undersigned.web import members
from undersigned.web.client_files import publish_client
from undersigned.web.publish import publish

_LOCK: Final = "operations.lock"

if TYPE_CHECKING:
    from undersigned.letters.service import RoundReport
    from undersigned.protocol.entry import Issued


def _alone(instance: Instance) -> AbstractContextManager[None]:
    """One of these operations at a time, whichever process does it: none finds another half done."""
    return alone(instance.config.directory / _LOCK)


def _publish(instance: Instance) -> None:
    """Write the pages anew, with the names as they are now bound."""
    instance.letters.settle_names()
    publish(instance, instance.clock.tick())


def open_letter(instance: Instance, slug: str) -> None:
    """Open a drafted letter: its epoch's keys of the own issuer are made and logged first, then letter and terms.

    Keys of other issuers have to be there before; where one is missing, nothing is made.

    Raises: `Refused` or `Conflict` with the reason.
    """
    with _alone(instance):
        letter = instance.letters.letter(slug)
        instance.letters.check_opening(slug, _ways_here(instance, letter))
        _publish_keys(instance, letter)
        instance.letters.open(slug)
        _publish(instance)


def _ways_here(instance: Instance, letter: Letter) -> dict[tuple[str, str], list[str]]:
    """Return by which ways the own issuer would admit members whom the letter asks, of keys yet to be made."""
    if instance.issuer_side is None:
        return {}
    own, ways = instance.config.issuer, instance.issuer.ways()
    return {
        (own, each.organisation): [str(way["method"]) for way in ways.get(each.organisation, [])]
        for each in letter.organisations
        if own in each.issuers
    }


def _publish_keys(instance: Instance, letter: Letter) -> None:
    known = instance.ledger.registry().issuer_keys
    for asked in letter.organisations:
        if instance.issuer_side is None or instance.config.issuer not in asked.issuers:
            continue
        entry = instance.issuer.open_epoch(asked.organisation, letter.epoch)
        if (entry.issuer, entry.organisation, entry.epoch) not in known:
            instance.ledger.append_registry([entry], {}, instance.clock.tick())


def pin_issuer(instance: Instance, pin: Pin) -> None:
    """Work with an issuer elsewhere from now on, and say on the pages where it is. Raises: `Conflict`."""
    with _alone(instance):
        instance.pins().with_issuer(pin).write(instance.config.pins)
        with suppress(Withheld):  # an installation without the pages for signing
            publish_client(instance)
        _publish(instance)


def add_issuer_key(instance: Instance, entry: IssuerKey) -> bool:
    """Enter an issuer's key in the registry; false where this very key is there. Raises: `Refused` for another one.

    One that is there without the issuer's signature, from an earlier version, stays so.
    """
    with _alone(instance):
        before = instance.ledger.registry().issuer_keys.get((entry.issuer, entry.organisation, entry.epoch))
        if before is not None and before.unsigned == entry.unsigned:
            return False
        instance.ledger.append_registry([entry], {}, instance.clock.tick())
        return True


def correct_issued(instance: Instance, entry: IssuedCorrected) -> None:
    """Enter in the registry that an issuer takes back a number of members, and let the log say less at once.

    At once, and not at the next round: that may never come, and audits ask that the log follows.

    Raises: `Refused` where the log says another number, or more signed than the corrected one covers.
    """
    with _alone(instance):
        name = (entry.issuer, entry.organisation, entry.epoch)
        said = {(each.issuer, each.organisation, each.epoch): each.at_most for each in instance.ledger.figures()}
        if said.get(name) != entry.was:
            found = f"{said[name]:,}" if name in said else "none"
            raise Refused(
                "other-number", f"The log's number is {found}, not {entry.was:,}: there is nothing to correct."
            )
        if (signed := _signed(instance, *name)) > entry.at_most:
            raise Refused("too-small", f"{signed:,} signed, more than {entry.at_most:,}: this number cannot be right.")
        instance.ledger.append_registry([entry], {}, instance.clock.tick())
        instance.ledger.follow_corrections(instance.clock.tick())
        _publish(instance)


def _signed(instance: Instance, issuer: str, organisation: str, epoch: str) -> int:
    """Return how many signed, in the log, under the letter of this issuer, organisation and epoch with most of them."""
    counts = [
        view.counts[organisation].signed
        for view in instance.letters.views()
        if view.letter is not None
        and view.letter.epoch == epoch
        and organisation in view.counts
        and any(issuer in each.issuers for each in view.letter.organisations if each.organisation == organisation)
    ]
    return max(counts, default=0)


def check_issuer(instance: Instance) -> None:
    """Check that the issuer knows at least as many members as the log says.

    An older copy of its database has forgotten who joined since, and would admit them a second time. Nothing is checked
    of an issuer elsewhere: what it says at a round is.

    Raises: `Unavailable`.
    """
    if instance.issuer_side is None or instance.letters_side is None:
        return
    known = {(each.organisation, each.epoch): each.at_most for each in instance.issuer.issued()}
    for figure in instance.ledger.figures():
        if (
            figure.issuer == instance.config.issuer
            and known.get((figure.organisation, figure.epoch), 0) < figure.at_most
        ):
            raise Unavailable(
                "issuer-behind",
                f"The issuer's database knows fewer members of {figure.organisation} than the log says. Do not go on.",
            )


@dataclass(frozen=True, slots=True)
class Owed:
    """What a tick left for issuers that were silent: who they are, what others said then, and which rounds wait.

    Rounds are named by context and organisation. Who is asked again follows from the silence alone.
    """

    tick: str = ""
    regular: bool = True
    silent: frozenset[str] = frozenset()
    figures: "tuple[Issued, ...]" = ()
    rounds: frozenset[tuple[str, str]] = frozenset()

    def and_from(self, earlier: "Owed") -> "Owed":
        """Return this with what an earlier tick left, where not everybody was asked at this one."""
        if self.regular or not earlier.silent:
            return self
        return Owed(silent=self.silent | earlier.silent, rounds=self.rounds | earlier.rounds)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a tick of the rounds did, why letters wait for their issuers, and what can be tried again."""

    tick: str
    report: "RoundReport"
    waiting: tuple[str, ...] = ()
    owed: Owed = Owed()


def turn(instance: Instance, tick: str | None = None) -> Turn:
    """Close the rounds that are due, settle the issuer's tables, write the public pages anew.

    `tick` moves a demonstration's clock there first; with the system's clock it must be left out.

    Raises: `Refused` when a tick is given but the clock is the system's; `Unavailable` as `check_issuer`.
    """
    _move(instance, tick)
    now = instance.clock.tick()
    if instance.letters_side is None:
        instance.issuer.settle()
        return _nothing(now, Owed())
    regular = isinstance(instance.clock, DemonstrationClock) or instance.letters.is_regular(now)
    asked = members.ask(instance, now, regular=regular)
    with _alone(instance):
        check_issuer(instance)
        report = instance.letters.run_round(now, members.given(instance, asked), regular=regular)
        if instance.issuer_side is not None:
            instance.issuer.settle()
            _close_epochs(instance)
        publish(instance, now)
    return _done(now, report, asked, regular=regular)


def again(instance: Instance, owed: Owed) -> Turn:
    """Ask issuers once more that were silent, and close what waited for them, and nothing else.

    What is done depends on who answers alone: as soon as one does, tables and pages are written as at a tick, whether
    or not anything waited. Other letters' rounds, and those that had too few acts at the tick, are not looked at.

    Raises: `Unavailable` as `check_issuer`.
    """
    now = instance.clock.tick()
    same = now == owed.tick
    # What others said before is of this tick alone.
    asked = members.ask(instance, now, regular=owed.regular, only=owed.silent if same else None)
    asked = replace(asked, figures=(*(owed.figures if same else ()), *asked.figures))
    if owed.silent <= asked.silent:
        return _nothing(now, replace(owed, tick=now, figures=tuple(asked.figures)))
    with _alone(instance):
        check_issuer(instance)
        report = instance.letters.run_round(now, members.given(instance, asked), only=owed.rounds)
        publish(instance, now)
    return _done(now, report, asked, regular=owed.regular)


def _nothing(now: str, owed: Owed) -> Turn:
    from undersigned.letters.service import RoundReport  # noqa: PLC0415 - models need Django set up first

    return Turn(now, RoundReport([], [], []), (), owed)


def _done(now: str, report: "RoundReport", asked: members.Asked, *, regular: bool) -> Turn:
    rounds = {each for issuer in asked.silent for each in report.held.get(issuer, ())}
    waiting = tuple(_waits(slug, issuer, asked.troubles) for slug, issuer in report.waiting)
    return Turn(now, report, waiting, Owed(now, regular, asked.silent, tuple(asked.figures), frozenset(rounds)))


def _waits(slug: str, issuer: str, troubles: Mapping[str, str]) -> str:
    few = f"{issuer} says that it admitted fewer than signed, or than it said before. Ask who runs it."
    return f"{slug} waits for the next count: {troubles.get(issuer, few)}"


def _move(instance: Instance, tick: str | None) -> None:
    if tick is not None:
        if not isinstance(instance.clock, DemonstrationClock):
            raise Refused("clock-system", "Only a demonstration's clock can be set. Leave the tick out.")
        if check_tick(tick) < instance.clock.tick():
            raise Refused("clock-backwards", f"The demonstration's clock stands at {instance.clock.tick()} already.")
        instance.clock.move(tick)


def _close_epochs(instance: Instance) -> None:
    """Stop issuing for epochs in which no letter is open any more and whose quarter is over.

    Not before: another letter may open in the same quarter, and of a closed one nobody knows any longer who vouched. An
    issuer that works with letters elsewhere cannot see those: its epochs are closed by command.
    """
    if instance.pins().letters:
        return
    wanted = {
        (asked.organisation, letter.epoch) for letter in instance.letters.running() for asked in letter.organisations
    }
    now = epoch_of(instance.clock.today())
    for organisation, epoch in instance.issuer.open_epochs():
        if epoch < now and (organisation, epoch) not in wanted:
            instance.issuer.close_epoch(organisation, epoch)


def close_letter(instance: Instance, slug: str) -> None:
    """Close a letter whose closing time has come: its last rounds, or the erasure of what missed its goal.

    Raises: `Refused` before that time.
    """
    closes = instance.letters.terms(slug).closes
    if instance.clock.tick() < closes:
        raise Refused("not-yet", f"{slug} closes at {closes}. Closing can be moved later, never earlier.")
    turn(instance)


def extend_letter(instance: Instance, slug: str, closes: str) -> None:
    """Move a letter's closing later.

    Raises: `Malformed` for an earlier one, `Refused` when the letter is not open.
    """
    with _alone(instance):
        terms = instance.letters.terms(slug)
        later = replace(terms, number=terms.number + 1, dated=instance.clock.today(), closes=check_tick(closes))
        instance.letters.set_terms(slug, later)
        _publish(instance)


def redact_letter(instance: Instance, slug: str, ground: str, reason: str) -> None:
    """Take a letter's document down and log why. Raises: `Refused` or `Malformed`."""
    with _alone(instance):
        instance.letters.redact(instance.letters.letter(slug).digest, ground, reason)
        _publish(instance)


def take_off(instance: Instance, slug: str, mark: str, reason: str) -> None:
    """Take a name off a letter, at once, and log why. Raises: as `Others.take_off`."""
    with _alone(instance):
        instance.others.take_off(slug, mark, reason)
        publish(instance, instance.clock.tick())
