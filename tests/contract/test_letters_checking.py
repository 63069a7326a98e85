"""Acts that are checked together: each gets its own answer, and none gets in beside others."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from support import instances
from support.instances import ISSUER, dice, enrol, fresh, letter, opened
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import public_key
from undersigned.errors import UndersignedError
from undersigned.letters.checking import MOST
from undersigned.protocol.act import SignedAct
from undersigned.protocol.credential import header
from undersigned.protocol.derivation import blind, nym_secrets

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance
    from undersigned.protocol.letter import Letter

GOOD = 6


@pytest.fixture
def instance(tmp_path: Path) -> Iterator["Instance"]:
    yield fresh(tmp_path / "instance")
    instances.close()


def all_at_once(instance: "Instance", acts: Sequence[bytes], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each is answered when all but the first wait until that one is done, and are then checked together."""
    checking, sizes = instance.letters._checking, []
    queue, go, known = checking._batches, threading.Event(), checking._known

    def slow(wanted: Sequence[Any]) -> Any:
        sizes.append(len(wanted))
        assert go.wait(30)
        return known(wanted)

    monkeypatch.setattr(checking, "_known", slow)
    answers: dict[int, str] = {}

    def send(place: int) -> None:
        try:
            answers[place] = "repeated" if instance.letters.accept(acts[place]).repeated else "held"
        except UndersignedError as error:
            answers[place] = error.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(acts))]
    threads[0].start()
    while not sizes:
        threading.Event().wait(0.001)
    for each in threads[1:]:
        each.start()
    while len(queue._queue) < len(acts) - 1:
        threading.Event().wait(0.001)
    go.set()
    for each in threads:
        each.join()
    assert sizes == [1, len(acts) - 1], "they were not checked together"
    return [answers[place] for place in range(len(acts))]


def forged(instance: "Instance", of: "Letter", number: int) -> SignedAct:
    """An act whose challenge holds, under a credential that another key signed."""
    (member,) = enrol(instance, 1)
    (held,) = member.credentials
    secret = number + 1
    commitment = commit(nym_secrets(member.seed), blind(member.seed, ISSUER), dice("forger", number))
    messages, application = held.attributes.messages(), header(ISSUER)
    signature = blind_sign(secret, public_key(secret), commitment, application, messages, bytes(32))
    return replace(member, credentials=[replace(held, signature=signature)]).proved(instance, member.act(of))


def test_bad_proofs_among_good_ones_spoil_none_and_get_in_beside_none(
    instance: "Instance", monkeypatch: pytest.MonkeyPatch
) -> None:
    of = opened(instance, letter())
    good = [member.proved(instance, member.act(of)) for member in enrol(instance, GOOD)]
    (other,) = enrol(instance, 1)
    altered = SignedAct(other.act(of), good[0].proofs)
    bad = [forged(instance, of, 0), forged(instance, of, 1), altered]
    mixed = [good[0], bad[0], good[1], good[2], bad[1], good[3], bad[2], good[4], good[5], good[1]]
    answers = all_at_once(instance, [each.padded() for each in mixed], monkeypatch)
    assert answers[1] == answers[4] == "proof-forged"
    assert answers[6] == "proof-challenge"
    assert sorted(answers[place] for place in (2, 9)) == ["held", "repeated"]
    assert {answers[place] for place in (0, 3, 5, 7, 8)} == {"held"}
    assert sum(each.acts for each in instance.ledger.waiting(of.context).values()) == GOOD


def test_a_check_that_breaks_is_said_to_all_of_it_and_the_next_one_goes_on(
    instance: "Instance", monkeypatch: pytest.MonkeyPatch
) -> None:
    of = opened(instance, letter())
    acts = [member.padded(instance, of) for member in enrol(instance, 4)]
    monkeypatch.setattr(instance.letters._checking, "_rng", lambda _count: b"")
    assert set(all_at_once(instance, acts, monkeypatch)) == {"randomness-broken"}
    assert instance.ledger.waiting(of.context) == {}
    monkeypatch.undo()
    assert not instance.letters.accept(acts[0]).repeated


def test_a_batch_is_small_enough_that_nobody_waits_long_for_others() -> None:
    assert MOST <= 32
