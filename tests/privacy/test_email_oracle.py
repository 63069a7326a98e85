"""Who tries codes or asks for mails learns nothing of who has joined: not from words, sizes, headers or time.

Two hundred tries of each kind, in turns, against the whole server in this process, with a real keeper beside it. Time
is compared by a permutation test; a leak that is planted, smaller than the spread of half of the tries, is found.
"""

import time
from collections.abc import Iterator
from random import Random
from statistics import quantiles
from typing import Any

import pytest

from support.by_mail import DOMAIN, Door, door
from support.chance import apart
from support.instances import EPOCH, HERE, THERE, dice
from support.issuing import Person
from undersigned.protocol.enrolment import JOIN, Admission
from undersigned.protocol.mailbox import subject_of
from undersigned.web.limits import Bucket

TRIES, AN_HOUR = 200, 10
#: One run in a thousand finds a difference where there is none.
LEVEL, PLANTED = 0.001, 0.75
LONG_AGO = "2026-11-30T20:00:00Z"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("oracle")) as made, pytest.MonkeyPatch.context() as patch:
        # A fast machine asks more often than a route answers, and would measure the limit.
        patch.setattr(Bucket, "take", lambda _bucket: True)
        yield made


def members(here: Door, name: str, count: int) -> list[str]:
    """Addresses with which somebody joined: rows as joining leaves them, with points that are nobody's."""
    from undersigned.issuer.models import Admission as Row  # noqa: PLC0415 - needs Django set up first

    assert here.instance.keeper is not None
    found = strangers(name, count)
    tags = [here.instance.keeper.tag(HERE, subject_of(each)) for each in found]
    rows = [
        Row(subject=tag, organisation=HERE, point=dice(tag.hex())(48), newest=EPOCH, method="email") for tag in tags
    ]
    Row.objects.bulk_create(rows)
    return found


def strangers(name: str, count: int) -> list[str]:
    return [f"{name}{number}@{DOMAIN}" for number in range(count)]


def body(address: str, code: str) -> bytes:
    """What a thief sends."""
    evidence = {"address": address, "code": code}
    return Person(1).asks(JOIN, Admission(HERE, "email", evidence, "undeclared", "undeclared")).encoded()


def taken_in_turns(here: Door, verb: str, kinds: dict[str, list[bytes]]) -> tuple[dict[str, list[float]], set[Any]]:
    """Send everything in turns; return the seconds of each kind, and what a listener sees of the answers."""
    turns = [(kind, each) for kind, bodies in kinds.items() for each in bodies]
    Random(5).shuffle(turns)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    shapes: set[Any] = set()
    for kind, each in turns:
        began = time.perf_counter()
        answer = here.send(verb, each)
        times[kind].append(time.perf_counter() - began)
        shapes.add((answer.status_code, len(answer.content), tuple(sorted(answer.headers.items()))))
    return times, shapes


def told(times: dict[str, list[float]]) -> dict[str, float]:
    """Kinds that time sets apart from the first one; the level is shared among them."""
    first, *rest = times
    found = {kind: apart(times[kind], times[first], shuffles=4999) for kind in rest}
    return {kind: chance for kind, chance in found.items() if chance < LEVEL / len(rest)}


def leaking(times: dict[str, list[float]]) -> dict[str, list[float]]:
    """The first kind, and itself slower by a part of what the machine's other work makes of it."""
    seen = next(iter(times.values()))
    low, _, high = quantiles(seen, n=4)
    return {"real": seen, "planted": [each + PLANTED * (high - low) for each in seen]}


def test_codes_that_do_not_admit_differ_in_nothing(here: Door) -> None:
    used, guarded = members(here, "used", TRIES // AN_HOUR), members(here, "guarded", TRIES // AN_HOUR)
    free, expired, foreign = (strangers(name, TRIES // AN_HOUR) for name in ("free", "expired", "foreign"))
    tried = {
        "used": [body(each, here.code(each)) for each in used],
        "wrong, of a member": [body(each, "00000000") for each in guarded],
        "wrong": [body(each, "00000000") for each in free],
        "expired": [body(each, here.code(each, hour=LONG_AGO)) for each in expired],
        "foreign": [body(each, here.code(each, scope=THERE)) for each in foreign],
    }
    kinds = {kind: bodies * AN_HOUR for kind, bodies in tried.items()}
    assert {len(each) for each in kinds.values()} == {TRIES}
    times, shapes = taken_in_turns(here, "admissions", kinds)
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 403
    assert told(times) == {}
    assert told(leaking(times))


def test_a_request_for_a_member_differs_in_nothing(here: Door) -> None:
    known, again = members(here, "known", TRIES), strangers("again", TRIES)
    for address in again:
        assert here.ask(address).status_code == 202
    kinds = {
        "a member": [here.request(each).encoded() for each in known],
        "nobody": [here.request(each).encoded() for each in strangers("nobody", TRIES)],
        "within the hour": [here.request(each).encoded() for each in again],
    }
    times, shapes = taken_in_turns(here, "mails", kinds)
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 202
    assert told(times) == {}
    assert told(leaking(times))
