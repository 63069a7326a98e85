"""People who lose, restore, renew and cheat over six quarters: nobody has credentials of one epoch under two points."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.chance import LEAST, told
from undersigned.errors import UndersignedError
from undersigned.issuer import rules
from undersigned.issuer.rules import CODES, Asked, Grant, Member, State

EPOCHS: Final = ("2026Q4", "2027Q1", "2027Q2", "2027Q3", "2027Q4", "2028Q1")
START: Final = date(2026, 10, 1)
Step = tuple[str, int, int]


def spread(point: int) -> bytes:
    """Stand-in for a commitment point: 48 octets."""
    return point.to_bytes(2, "big") * 24


@dataclass
class World:
    """What an issuer stores, and what really happened, kept apart."""

    subjects: int
    day: int = 0
    opened: set[str] = field(default_factory=lambda: {EPOCHS[0]})
    stored: dict[int, State] = field(default_factory=lambda: defaultdict(State))
    held: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    #: For subject and point: the day of the newest asking that nobody cancelled.
    asked: dict[tuple[int, int], int] = field(default_factory=dict)
    #: Points by which a subject was admitted without waiting.
    first: dict[int, int] = field(default_factory=dict)
    grants: int = 0

    @property
    def today(self) -> str:
        return (START + timedelta(days=self.day)).isoformat()

    def owner(self, point: int) -> int | None:
        octets = spread(point)
        for subject, state in self.stored.items():
            if (state.member and state.member.point == octets) or (state.waiting and state.waiting.point == octets):
                return subject
        return None

    def _asked(self, subject: int, point: int) -> Asked:
        return Asked(spread(point), CODES, taken=self.owner(point) not in {None, subject})

    def take(self, step: Step) -> None:
        verb, subject, point = step
        try:
            getattr(self, verb)(subject % self.subjects, point)
        except UndersignedError:
            return

    # ── what people and the organiser do ──

    def wait(self, _subject: int, days: int) -> None:
        self.day += days

    def open(self, _subject: int, number: int) -> None:
        self.opened.add(EPOCHS[number % len(EPOCHS)])

    def close(self, _subject: int, number: int) -> None:
        self.opened.discard(EPOCHS[number % len(EPOCHS)])

    def admit(self, subject: int, point: int) -> None:
        if self.opened:
            before = self.stored[subject].member
            grant = rules.admit(self.stored[subject], self._asked(subject, point), self.opened, self.today, valid=True)
            if before is None:
                self.first[subject] = point
            self.granted(subject, point, grant)

    def renew(self, _subject: int, point: int) -> None:
        owner = self.owner(point)
        if self.opened and owner is not None:
            self.granted(owner, point, rules.renew(self.stored[owner], spread(point), self.opened, self.today))

    def replace(self, subject: int, point: int) -> None:
        before = self.stored[subject].on(self.today).waiting
        self.stored[subject] = rules.ask_replacement(self.stored[subject], self._asked(subject, point), self.today)
        if self.stored[subject].waiting != before:
            self.asked[subject, point] = self.day

    def cancel(self, _subject: int, point: int) -> None:
        owner = self.owner(point)
        if owner is not None:
            after = rules.cancel(self.stored[owner], spread(point), self.today)
            waiting = self.stored[owner].waiting
            assert waiting is not None
            del self.asked[owner, int.from_bytes(waiting.point[:2], "big")]
            self.stored[owner] = after

    # ── what must hold ──

    def granted(self, subject: int, point: int, grant: Grant) -> None:
        self.grants += 1
        self.stored[subject] = grant.state
        for epoch in grant.epochs:
            assert epoch in self.opened
            self.held[subject, epoch].add(point)
            assert len(self.held[subject, epoch]) == 1, f"subject {subject} has {epoch} under two points"
        member = grant.state.member
        assert member is not None
        assert member.point == spread(point)
        assert member.newest == max(epoch for who, epoch in self.held if who == subject)
        if self.first[subject] != point:
            assert self.day - self.asked[subject, point] >= rules.WAITING_DAYS

    def no_point_twice(self) -> None:
        states = self.stored.values()
        points = [s.member.point for s in states if s.member] + [s.waiting.point for s in states if s.waiting]
        assert len(points) == len(set(points))


people = st.tuples(st.sampled_from(("admit", "renew", "replace", "cancel")), st.integers(0, 2), st.integers(1, 6))
times = st.tuples(st.just("wait"), st.just(0), st.sampled_from((1, 3, 6, 7, 8)))
organiser = st.tuples(st.sampled_from(("open", "close")), st.just(0), st.integers(0, 5))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(people, people, times, organiser), max_size=60))
def test_nobody_has_one_epoch_under_two_points(steps: list[Step]) -> None:
    world = World(subjects=3)
    for step in steps:
        world.take(step)
        world.no_point_twice()


def life(world: World, seed: int, people: int) -> None:
    """Six quarters in which everyone behaves at random, cheats included."""
    dice = Random(seed)
    for quarter in range(len(EPOCHS)):
        world.take(("open", 0, quarter))
        if quarter > 1:
            world.take(("close", 0, quarter - 2))
        for _ in range(13):
            for _ in range(people):
                verb = dice.choices(("admit", "renew", "replace", "cancel"), (4, 4, 2, 1))[0]
                who = dice.randrange(people)
                world.take(
                    (verb, who, dice.choice((who + 1, who + 1, who + 1 + people, dice.randrange(1, 2 * people))))
                )
            world.take(("wait", 0, 7))


def test_two_hundred_people_over_six_quarters() -> None:
    world = World(subjects=200)
    life(world, 1, 200)
    floors = [s for s in world.stored.values() if s.member and s.member.floor]
    assert world.grants > 2000
    assert len(floors) > 60, "the simulation must really replace points"
    world.no_point_twice()


def signed(world: World) -> dict[str, list[tuple[bytes, int, bool]]]:
    """The log of a letter a quarter, which everybody signs once with every pass that they were ever given for it.

    An entry is the pseudonym, which is all that differs between members; beside it, whose it is, and whether with words
    that replaced lost ones.
    """
    log: dict[str, list[tuple[bytes, int, bool]]] = defaultdict(list)
    for (subject, epoch), points in world.held.items():
        for point in points:
            pseudonym = sha256(f"{epoch}/{point}".encode()).digest()
            log[epoch].append((pseudonym, subject, point != world.first[subject]))
    return {epoch: sorted(acts) for epoch, acts in sorted(log.items())}


@pytest.fixture(scope="module")
def lived() -> World:
    world = World(subjects=200)
    life(world, 2, 200)
    return world


def test_nobody_counts_twice_under_any_letter(lived: World) -> None:
    log = signed(lived)
    assert len(log) == len(EPOCHS)
    for acts in log.values():
        assert len(acts) > 100
        assert len({subject for _, subject, _ in acts}) == len(acts)


def lost_or_not(world: World) -> tuple[list[float], list[float]]:
    """For every entry of all letters: whether with words that replaced lost ones, and where it lies in its letter."""
    entries = [(new, place) for acts in signed(world).values() for place, (_, _, new) in enumerate(acts)]
    assert len(entries) >= LEAST
    assert 100 < sum(new for new, _ in entries) < len(entries) - 100
    dice = Random(4)
    return [new + dice.random() / 2 for new, _ in entries], [float(place) for _, place in entries]


def test_nothing_in_the_log_tells_who_lost_their_words(lived: World) -> None:
    assert not told(*lost_or_not(lived))


def test_a_log_in_which_it_shows_is_found_out(lived: World) -> None:
    """The planted leak: who lost their words tends to come later."""
    lost, places = lost_or_not(lived)
    assert told(lost, [place + 40 * (was >= 1) for was, place in zip(lost, places, strict=True)])


def test_simulation_finds_a_forgotten_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Member, "may_have", lambda _self, epochs: tuple(sorted(epochs)))
    with pytest.raises(AssertionError, match="under two points"):
        life(World(subjects=100), 1, 100)


def test_simulation_finds_a_short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = rules.ask_replacement

    def hasty(state: State, asked: Asked, today: str) -> State:
        earlier = date.fromisoformat(today) - timedelta(days=1)
        return ask(state, asked, earlier.isoformat())

    monkeypatch.setattr(rules, "ask_replacement", hasty)
    world = World(subjects=1)
    for step in (("admit", 0, 1), ("replace", 0, 2), ("wait", 0, 6), ("open", 0, 1)):
        world.take(step)
    with pytest.raises(AssertionError):
        world.take(("renew", 0, 2))
