"""Attacks with requests that somebody saw: sent again for something else, elsewhere, or later.

Whoever saw one knows its commitment and both proofs, and may change every other field. They know no secret.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections

from support.asking import asking
from support.instances import HERE, ISSUER, URL, fresh, letter, move, opened
from support.instances import close as close_all
from support.issuing import NAME, ORIGIN, Q1, Clock, Office, Person, office
from support.proving import asks, bound
from undersigned.bootstrap import Instance
from undersigned.errors import UndersignedError
from undersigned.issuer.door import Door
from undersigned.protocol.enrolment import CANCEL, Admission, Bound, Cancellation, Renewal, Request, nonce_of

ANN, NEW, EVE = Person(1), Person(2), Person(3)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    yield from office(tmp_path)


def refusal(do: Callable[..., object], *asked: Any) -> str:
    with pytest.raises(UndersignedError) as caught:
        do(*asked)
    return caught.value.code


def waiting() -> int:
    with connections["issuer"].cursor() as cursor:
        (count,) = cursor.execute("SELECT COUNT(*) FROM replacement").fetchone()
    found: int = count
    return found


def as_cancellation(seen: Request[Any]) -> Request[Cancellation]:
    """What somebody makes of a request that they saw."""
    return Request(CANCEL, Cancellation(seen.wish.organisation), seen.bound, seen.commitment, seen.proof)


def replaced(here: Office) -> list[Request[Any]]:
    """Ann joins and renews, and lets new words wait; returned is all that could be seen of her old ones."""
    code = here.code()
    seen: list[Request[Any]] = [ANN.admission(code), ANN.renewal()]
    here.issuer.admit(seen[0])
    here.issuer.renew(seen[1])
    here.issuer.replace(NEW.replacement(code))
    assert waiting() == 1
    return seen


# ── for something else ──


def test_a_join_or_a_renewal_that_somebody_saw_does_not_cancel(here: Office) -> None:
    for seen in replaced(here):
        assert refusal(here.issuer.cancel, as_cancellation(seen)) == "request-proof"
        assert refusal(here.issuer.cancel, replace(as_cancellation(seen), action=seen.action)) == "other-action"
        own = EVE.cancellation()
        assert refusal(here.issuer.cancel, replace(own, commitment=seen.commitment)) == "request-proof"
    assert waiting() == 1
    here.issuer.cancel(ANN.cancellation())
    assert waiting() == 0


def test_a_replacement_that_somebody_saw_joins_nobody_and_a_join_replaces_nothing(here: Office) -> None:
    code = here.code()
    joined, asked = ANN.admission(code), NEW.replacement(code)
    here.issuer.admit(joined)
    assert refusal(here.issuer.replace, joined) == "other-action"
    assert refusal(here.issuer.admit, asked) == "other-action"
    assert refusal(here.issuer.replace, replace(joined, action="replace")) == "request-proof"
    assert refusal(here.issuer.admit, replace(asked, action="join")) == "request-proof"
    assert waiting() == 0


# ── elsewhere ──


def test_a_cancellation_of_another_issuer_does_not_cancel_here(here: Office) -> None:
    """Even of somebody who shows both issuers one commitment, which no honest device makes."""
    replaced(here)
    there = replace(bound(), issuer="union.example")
    seen = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=there)
    assert refusal(here.issuer.cancel, seen) == "other-issuer"
    assert refusal(here.issuer.cancel, replace(seen, bound=bound())) == "request-proof"
    assert waiting() == 1


def test_a_cancellation_that_was_sent_to_another_address_does_not_cancel_here(here: Office) -> None:
    """Neither of another instance with an issuer of the same name, nor through somebody in between."""
    replaced(here)
    seen = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=replace(bound(), origin="https://relay.example"))
    assert refusal(here.issuer.cancel, seen) == "other-origin"
    assert refusal(here.issuer.cancel, replace(seen, bound=bound())) == "request-proof"
    assert waiting() == 1


def test_who_passes_a_request_on_gets_no_pass_for_it(here: Office) -> None:
    """A false address in `issuers.json` that relays all to the real issuer is noticed: nobody joins through it."""
    wish = Admission(HERE, "code", {"code": here.code()}, "undeclared", "undeclared")
    relayed = asks("join", wish, ANN.secrets, ANN.blind, to=replace(bound(), origin="https://relay.example"))
    with pytest.raises(UndersignedError) as caught:
        here.issuer.admit(relayed)
    assert caught.value.code == "other-origin"
    assert ORIGIN in caught.value.words
    assert "https://relay.example" in caught.value.words


@pytest.mark.parametrize(
    ("configured", "spelled"),
    [
        ("https://Issuer.example", "https://issuer.example"),
        ("https://issuer.example:443", "https://issuer.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://issuer.example:8443", "https://issuer.example:8443"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(configured: str, spelled: str) -> None:
    door = Door(NAME, ["http://other.onion", configured], lambda: bytes(32), Clock())
    request = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=Bound(NAME, spelled, door.nonce()))
    assert door.check(request, CANCEL) == ANN.point


# ── later ──


class Hours(Clock):
    """A clock that a test moves by the hour."""

    hour = 0

    def tick(self) -> str:
        return f"{self.day}T{self.hour:02}:00:00Z"


def test_a_request_is_good_in_its_hour_and_the_next() -> None:
    clock = Hours()
    door = Door(NAME, [ORIGIN], lambda: b"k" * 32, clock)
    seen = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=Bound(NAME, ORIGIN, door.nonce()))
    nonces = []
    for hour in range(4):
        clock.hour = hour
        nonces.append(door.nonce())
        if hour < 2:
            assert door.check(seen, CANCEL) == ANN.point
        else:
            assert refusal(door.check, seen, CANCEL) == "nonce-old"
    assert len(set(nonces)) == 4
    clock.day, clock.hour = "2026-12-02", 0
    again = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=Bound(NAME, ORIGIN, door.nonce()))
    clock.day, clock.hour = "2026-12-01", 23
    assert refusal(door.check, again, CANCEL) == "nonce-old", "the next hour's is not good yet"


def test_nobody_but_the_issuer_can_make_a_nonce() -> None:
    clock = Hours()
    doors = [Door(NAME, [ORIGIN], lambda key=key: key, clock) for key in (b"a" * 32, b"a" * 32, b"b" * 32)]  # type: ignore[misc]  # a key bound early
    first, same, other = (door.nonce() for door in doors)
    assert (first == same, first == other) == (True, False)
    made_up = asks(CANCEL, Cancellation(HERE), ANN.secrets, ANN.blind, to=Bound(NAME, ORIGIN, other))
    assert refusal(doors[0].check, made_up, CANCEL) == "nonce-old"


def test_an_old_cancellation_stops_no_later_replacement(here: Office) -> None:
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    here.issuer.replace(NEW.replacement(code))
    seen = ANN.cancellation()
    here.issuer.cancel(seen)
    here.clock.day = "2026-12-02"
    here.issuer.replace(NEW.replacement(code))
    assert refusal(here.issuer.cancel, seen) == "nonce-old"
    assert refusal(here.issuer.cancel, replace(seen, bound=bound())) == "request-proof"
    assert waiting() == 1


def test_an_old_renewal_does_not_put_new_words_off(here: Office) -> None:
    """Who could renew in a person's name each quarter would raise the quarter from which new words count."""
    code = here.code()
    here.issuer.admit(ANN.admission(code))
    seen = ANN.renewal()
    here.clock.day = "2027-01-05"
    here.issuer.open_epoch(HERE, Q1)
    assert refusal(here.issuer.renew, seen) == "nonce-old"
    here.issuer.replace(NEW.replacement(code))
    here.clock.day = "2027-01-12"
    assert [each.attributes.epoch for each in here.issuer.renew(NEW.renewal()).credentials] == [Q1]


# ── the look of it, over HTTP ──


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Instance, httpx.Client]]:
    instance = fresh(tmp_path / "instance")
    opened(instance, letter())
    with asking(instance) as client:
        yield instance, client
    close_all()


def test_every_refusal_looks_the_same_whoever_is_known(place: tuple[Instance, httpx.Client]) -> None:
    """Of a member, of one whose words are being replaced, of new words that wait, and of nobody."""
    instance, client = place
    codes = instance.issuer.new_sheet(HERE, 2).codes
    member, losing, coming, nobody = (Person(number) for number in range(11, 15))

    def post(verb: str, request: Request[Any]) -> httpx.Response:
        return client.post(f"/api/issuer/{verb}", content=request.encoded(), headers=JSON)

    assert post("admissions", member.admission(codes[0])).status_code == 200
    assert post("admissions", losing.admission(codes[1])).status_code == 200
    assert post("replacements", coming.replacement(codes[1])).status_code == 202
    elsewhere = {
        "other-issuer": replace(bound(), issuer="union.example"),
        "other-origin": replace(bound(), origin="https://relay.example"),
        "nonce-old": replace(bound(), nonce=bytes(32)),
    }
    looks: dict[str, set[Any]] = {}

    def look(name: str, answer: httpx.Response) -> None:
        seen = (answer.status_code, answer.content, tuple(sorted(answer.headers.items())))
        looks.setdefault(name, set()).add(seen)

    for person in (member, losing, coming, nobody):
        for verb, wish, action in (
            ("cancellations", Cancellation(HERE), CANCEL),
            ("renewals", Renewal(HERE, "undeclared", "undeclared"), "renew"),
        ):
            for name, to in elsewhere.items():
                look(f"{verb} {name}", post(verb, asks(action, wish, person.secrets, person.blind, to=to)))
        for seen in (person.renewal(), person.admission("7K3M-9QXA-2B4C-D5EF")):
            look("cancellations request-proof", post("cancellations", as_cancellation(seen)))
    assert {name: len(each) for name, each in looks.items()} == dict.fromkeys(looks, 1)
    for name, ((status, body, _),) in looks.items():
        assert (status, name.split()[1].encode() in body) == (403, True)
    assert post("cancellations", losing.cancellation()).status_code == 204


def test_the_nonce_is_the_same_for_all_and_ends(place: tuple[Instance, httpx.Client]) -> None:
    instance, client = place
    answers = [client.get("/api/issuer/nonce") for _ in range(3)]
    assert len({(each.content, each.headers["cache-control"]) for each in answers}) == 1
    assert answers[0].headers["cache-control"] == "no-store"
    seen = Person(21).renewal()
    assert seen.bound == Bound(ISSUER, URL, nonce_of(answers[0].content))
    first = instance.clock.tick()
    for hour, status in (("01", "unknown-words"), ("02", "nonce-old")):
        move(instance, first.replace("T00", f"T{hour}"))
        answer = client.post("/api/issuer/renewals", content=seen.encoded(), headers=JSON)
        assert answer.json()["type"].rpartition(":")[2] == status
        assert client.get("/api/issuer/nonce").content != answers[0].content
