"""Who may ask an issuer for numbers of members, when, and about whom: each asker for itself, strangers never first."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command
from django.db import connections

from support import instances
from support.asking import asking
from support.instances import EPOCH, HERE, ISSUER, enrol, fresh
from undersigned.asking.pins import Pin, Pins
from undersigned.bootstrap import Instance, open_instance
from undersigned.clock import EARLY, LATE, DemonstrationClock, SystemClock
from undersigned.errors import Malformed, Refused
from undersigned.issuer.questions import asker
from undersigned.protocol.statement import NONCE, Figures, Question, opened, signed
from undersigned.tlog.note import SigningKey
from undersigned.web.limits import ROUTES

ONE, OTHER = (SigningKey(f"{name}.example/registry", name.encode().ljust(32)) for name in ("one", "other"))
#: Open, but nobody may ask about it.
CLOSED_OFF = "example.net"
FIGURES = "/api/issuer/figures"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = fresh(tmp_path / "instance")
    for name in (HERE, CLOSED_OFF):
        made.issuer.open_epoch(name, EPOCH)
    pins = Pins()
    for key in (ONE, OTHER):
        pins = pins.with_letters(Pin.letters(key.vkey, f"https://{key.name.partition('/')[0]}", [HERE]))
    pins.write(made.config.pins)
    yield made
    instances.close()


def question(key: SigningKey, tick: str, *places: str, issuer: str = ISSUER) -> bytes:
    named = tuple((name, EPOCH) for name in sorted(places or (HERE,)))
    return signed(Question(key.name, issuer, secrets.token_bytes(NONCE), named, tick), key)


def told(instance: Instance, key: SigningKey, *places: str) -> dict[str, int]:
    data = instance.issuer.answer(question(key, instance.clock.tick(), *places), instance.pins().letters)
    figures = opened(Figures, data, instance.keys.identity(ISSUER).verifier).figures
    return {each.organisation: each.at_most for each in figures}


def move(instance: Instance, tick: str) -> None:
    assert isinstance(instance.clock, DemonstrationClock)
    instance.clock.move(tick)


def test_each_asker_hears_its_own_first_number_of_a_tick(instance: Instance) -> None:
    assert told(instance, ONE) == {HERE: 0}
    enrol(instance, 12)
    # Who asked before hears the same again; who did not hears the present number, which tells the first one nothing.
    assert (told(instance, OTHER), told(instance, ONE)) == ({HERE: 20}, {HERE: 0})
    enrol(instance, 10)
    assert (told(instance, OTHER), told(instance, ONE)) == ({HERE: 20}, {HERE: 0})
    move(instance, "2026-12-02T01:00:00Z")
    assert (told(instance, ONE), told(instance, OTHER)) == ({HERE: 30}, {HERE: 30})


def test_no_asker_makes_anothers_question_too_old(instance: Instance) -> None:
    earlier = instance.clock.tick()
    move(instance, "2026-12-02T01:00:00Z")
    told(instance, OTHER)
    move(instance, earlier)
    assert told(instance, ONE) == {HERE: 0}
    with pytest.raises(Refused) as caught:
        told(instance, OTHER)
    assert caught.value.code == "old-question"


def test_an_asker_hears_of_its_own_organisations_alone(instance: Instance) -> None:
    assert told(instance, ONE, HERE, CLOSED_OFF, "example.org") == {HERE: 0}
    both = Pin.letters(ONE.vkey, "https://one.example", [HERE, CLOSED_OFF])
    instance.pins().with_letters(both).write(instance.config.pins)
    assert told(instance, ONE, HERE, CLOSED_OFF) == {HERE: 0, CLOSED_OFF: 0}
    assert told(instance, OTHER, HERE, CLOSED_OFF) == {HERE: 0}


def test_a_number_never_falls_for_who_heard_it(instance: Instance) -> None:
    enrol(instance, 12)
    assert told(instance, ONE) == {HERE: 20}
    with connections["issuer"].cursor() as cursor:
        cursor.execute("DELETE FROM admission")
    move(instance, "2026-12-02T01:00:00Z")
    assert (told(instance, ONE), told(instance, OTHER)) == ({HERE: 20}, {HERE: 0})


def test_the_full_hour_and_no_other_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One number an hour at most, and not at a moment that the asker chooses."""
    now = datetime(2026, 12, 2, 12, tzinfo=UTC)
    tick = "2026-12-02T12:00:00Z"

    class At(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # of one zone
            return now

    monkeypatch.setattr("undersigned.clock.datetime", At)
    second = timedelta(seconds=1)
    strikes = []
    for apart in (-EARLY - second, -EARLY, timedelta(0), LATE, LATE + second):
        now = datetime(2026, 12, 2, 12, tzinfo=UTC) + apart
        strikes.append(SystemClock().strikes(tick))
    assert strikes == [False, True, True, True, False]
    assert timedelta(minutes=30) > EARLY + LATE


def test_questions_that_are_not_answered(instance: Instance) -> None:
    tick, askers = instance.clock.tick(), instance.pins().letters
    stranger = SigningKey(ONE.name, bytes(32))
    for data, code in (
        (question(stranger, tick), "unknown-asker"),
        (question(SigningKey("far.example/registry", bytes(32)), tick), "unknown-asker"),
        (question(ONE, tick, issuer="else.example"), "other-issuer"),
        (question(ONE, "2026-12-02T05:00:00Z"), "other-tick"),
    ):
        with pytest.raises(Refused) as caught:
            instance.issuer.answer(data, askers)
        assert caught.value.code == code


def _flood(ask: Callable[[], int]) -> None:
    """Ask until a limit is met: how soon depends on how fast this machine is, for limits go up again meanwhile."""
    assert any(ask() == 429 for _ in range(50 * int(ROUTES[FIGURES].burst))), "no limit was met"


def test_a_flood_of_strangers_keeps_no_known_asker_waiting(instance: Instance) -> None:
    tick = instance.clock.tick()
    strange = question(SigningKey(ONE.name, bytes(32)), tick)
    note = {"content-type": "text/plain"}

    def ask(client: httpx.Client, data: bytes) -> int:
        return client.post(FIGURES, content=data, headers=note).status_code

    with asking(replace(instance, letters_side=None)) as client:
        assert ask(client, strange) == 403
        _flood(lambda: ask(client, strange))
        assert [ask(client, question(key, tick)) for key in (ONE, OTHER)] == [200, 200]
        # Who is known is limited as well, and each alone.
        mine = question(ONE, tick)
        _flood(lambda: ask(client, mine))
        assert ask(client, question(OTHER, tick)) == 200


def test_who_asks_something_else_is_nobody_known(instance: Instance) -> None:
    """Letters ask several issuers, hour after hour, and each could send on what it was asked."""
    tick, askers, name = instance.clock.tick(), instance.pins().letters, instance.config.issuer

    def known(data: bytes) -> str | None:
        return asker(data, askers, name, instance.clock)

    assert known(question(ONE, tick)) == ONE.name
    assert known(question(ONE, tick, issuer="else.example")) is None
    assert known(question(ONE, "2026-12-02T05:00:00Z")) is None
    assert known(question(SigningKey(ONE.name, bytes(32)), tick)) is None
    assert known(b"no question") is None


def test_old_questions_sent_again_use_up_nothing_of_their_askers(instance: Instance) -> None:
    tick, note = instance.clock.tick(), {"content-type": "text/plain"}
    sent = (question(ONE, tick, issuer="else.example"), question(ONE, "2026-12-02T05:00:00Z"))
    with asking(replace(instance, letters_side=None)) as client:
        each = cycle(sent)
        _flood(lambda: client.post(FIGURES, content=next(each), headers=note).status_code)
        assert client.post(FIGURES, content=question(ONE, tick), headers=note).status_code == 200


def test_organisations_are_written_down_and_read_strictly(instance: Instance) -> None:
    data = instance.pins().encoded()
    assert Pins.parse(data) == instance.pins()
    # A file from before organisations were named lets its letters ask about all.
    old = data.replace(b'"organisations":["example.com"],', b"")
    assert old != data
    assert [each.may_ask("anything.example") for each in Pins.parse(old).letters] == [True, True]
    assert Pins.parse(old).encoded() == old
    for other in (b'["example.com","example.com"]', b'["b.example","a.example"]', b'"example.com"', b'["Example"]'):
        with pytest.raises(Malformed):
            Pins.parse(data.replace(b'["example.com"]', other, 1))


def test_tables_of_an_earlier_version_are_brought_up(instance: Instance) -> None:
    """What was told before is forgotten; the rest stays, in tables without row numbers."""
    connections["issuer"].close()
    instance.config.database("issuer").unlink()
    call_command("migrate", "issuer", "0001", database="issuer", verbosity=0, interactive=False)
    with connections["issuer"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO epoch (organisation, quarter, methods, is_open, members, said, said_at) "
            "VALUES (%s, %s, 'code', 1, 3, 20, %s)",
            [HERE, EPOCH, instance.clock.tick()],
        )
    connections["issuer"].close()
    later = open_instance(instance.config.directory)
    assert [each.at_most for each in later.issuer.issued()] == [10]
    assert told(later, ONE) == {HERE: 10}
    with connections["issuer"].cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name IN ('epoch', 'said')")
        made = [sql for (sql,) in cursor.fetchall()]
        cursor.execute("SELECT DISTINCT applied FROM django_migrations")
        assert all(str(each).endswith("00:00") for (each,) in cursor.fetchall())
    assert len(made) == 2
    assert all(sql.rstrip().endswith("WITHOUT ROWID") for sql in made)
