"""Who tries codes, or asks for mails, learns nothing of who stands by a letter: not from words, sizes or time.

Two hundred tries of each kind, in turns, against the whole server in this process, with a real keeper beside it. Time
is compared by a permutation test; a leak that is planted, smaller than the spread of half of the tries, is found.
"""

import time
from collections.abc import Iterator
from random import Random
from statistics import quantiles
from typing import Any

import pytest

from support.beside import SLUG, VERBS, Street, street, surroundings
from support.chance import apart
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT, CodeRequest, Confirmation, NameGiven

TRIES, AN_HOUR = 200, 10
LEVEL, PLANTED = 0.01, 0.75


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("oracle")
    with surroundings(folder) as around, street(folder, around) as made:
        yield made


def addresses(name: str, count: int) -> list[str]:
    return [f"{name}{number:03}@mail.example" for number in range(count)]


def known(here: Street, name: str, count: int) -> list[str]:
    """Addresses that are counted and show a name, as rows alone."""
    from undersigned.letters.models import Name, Supporter  # noqa: PLC0415 - needs Django set up first

    context, found = here.instance.letters.letter(SLUG).context, addresses(name, count)
    tags = {
        purpose: [here.instance.letters.standing.row_tag(context, here.tag(each, purpose)) for each in found]
        for purpose in (SUPPORT, SHOW)
    }
    Supporter.objects.using("letters").bulk_create([Supporter(context=context, tag=tag) for tag in tags[SUPPORT]])
    Name.objects.using("letters").bulk_create(
        [Name(context=context, tag=tag, salt=bytes(32), name="Ann") for tag in tags[SHOW]]
    )
    return found


def wrong(purpose: str, address: str) -> bytes:
    given = Confirmation(SLUG, address, "00000000")
    return NameGiven(given, "Ann", None).encoded() if purpose == SHOW else given.encoded()


def taken_in_turns(
    here: Street, verb: str, kinds: dict[str, list[bytes]]
) -> tuple[dict[str, list[float]], set[tuple[Any, ...]]]:
    """Send everything in turns; return the seconds of each kind, and what a listener sees of the answers."""
    turns = [(kind, each) for kind, bodies in kinds.items() for each in bodies]
    Random(5).shuffle(turns)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    shapes: set[tuple[Any, ...]] = set()
    for kind, each in turns:
        began = time.perf_counter()
        answer = here.send(verb, each)
        times[kind].append(time.perf_counter() - began)
        shapes.add((answer.status_code, answer.content, tuple(sorted(answer.headers.items()))))
    return times, shapes


def told(times: dict[str, list[float]]) -> dict[str, float]:
    """Kinds that time sets apart from the first one; the level is shared among them."""
    first, *rest = times
    found = {kind: apart(times[kind], times[first], shuffles=999) for kind in rest}
    return {kind: chance for kind, chance in found.items() if chance < LEVEL / len(rest)}


def leaking(times: dict[str, list[float]]) -> dict[str, list[float]]:
    """The first kind, and itself slower by a part of what the machine's other work makes of it."""
    seen = next(iter(times.values()))
    low, _, high = quantiles(seen, n=4)
    return {"real": seen, "planted": [each + PLANTED * (high - low) for each in seen]}


@pytest.mark.parametrize("purpose", [SUPPORT, UNSHOW])
def test_a_wrong_code_differs_in_nothing_for_a_known_address(here: Street, purpose: str) -> None:
    there, free = (known(here, f"known-{purpose}", TRIES // AN_HOUR), addresses(f"free-{purpose}", TRIES // AN_HOUR))
    kinds = {
        name: [wrong(purpose, each) for each in found] * AN_HOUR for name, found in (("known", there), ("free", free))
    }
    times, shapes = taken_in_turns(here, VERBS[purpose], kinds)
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 403
    assert told(times) == {}
    assert told(leaking(times))


def test_a_request_for_a_known_address_differs_in_nothing(here: Street) -> None:
    def requests(found: list[str]) -> list[bytes]:
        return [CodeRequest(SLUG, UNSUPPORT, each, "en", here.work()).encoded() for each in found]

    again = addresses("again", TRIES)
    for address in again:
        assert here.ask(address, UNSUPPORT).status_code == 202
    kinds = {
        "known": requests(known(here, "asked", TRIES)),
        "free": requests(addresses("nobody", TRIES)),
        "within the hour": requests(again),
    }
    times, shapes = taken_in_turns(here, "supporters/mails", kinds)
    here.asked |= {(each, UNSUPPORT) for name in ("asked", "nobody") for each in addresses(name, TRIES)}
    assert len(shapes) == 1
    assert next(iter(shapes))[0] == 202
    assert told(times) == {}
    assert told(leaking(times))
