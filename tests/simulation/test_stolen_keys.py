"""A stolen key of an issuer's, rehearsed as operating.md tells it: what the thief can do until then, and after."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support import instances
from support.auditing import audited
from support.instances import EPOCH, HERE, ISSUER, Member, dice, enrol, fresh, letter, opened, sign, turn
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import public_key
from undersigned.bootstrap import Instance
from undersigned.errors import Refused
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets

NEXT = "2027Q1"


def minted(stolen: int, number: int, quarter: str = EPOCH) -> Member:
    """Somebody who never joined, with a pass that the thief made."""
    seed = hashlib.sha512(f"nobody {number}".encode()).digest()
    said = Attributes(HERE, quarter, "undeclared", "undeclared", "code")
    hidden = commit(nym_secrets(seed), blind(seed, ISSUER), dice("thief", number))
    made = blind_sign(stolen, public_key(stolen), hidden, header(ISSUER), said.messages(), seed[:32])
    return Member(seed, HERE, [Credential(ISSUER, said, made)])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Instance]:
    yield fresh(tmp_path / "instance")
    instances.close()


def test_the_theft_of_an_issuers_key_from_first_to_last(here: Instance) -> None:
    of = opened(here, letter())
    honest = enrol(here, 10)
    sign(here, honest, of)
    turn(here, "2026-12-02T00:00:00Z")
    stolen = here.keys.issuer(HERE, EPOCH)

    # The thief's people sign, and each is taken: the key is the registry's. But there would be more than ever joined.
    sign(here, [minted(stolen, number) for number in range(12)], of)
    instances.move(here, "2026-12-03T00:00:00Z")
    report = here.letters.run_round("2026-12-03T00:00:00Z", here.issuer.issued)
    assert (report.rounds, report.waiting) == ([], [(of.slug, ISSUER)])
    (count,) = here.ledger.counts(of.context).values()
    assert count.signed == 10

    # 1. Close the quarter: nobody joins, and its number stays what it is.
    here.issuer.close_epoch(HERE, EPOCH)
    with pytest.raises(Refused):
        enrol(here, 1)
    assert [each.at_most for each in here.issuer.issued()] == [10]

    # 2. The next quarter has another key; the letter says in whose place it stands.
    instances.move(here, "2027-01-01T00:00:00Z")
    again = opened(here, replace(letter("again"), epoch=NEXT, continues=of.digest), closes="2027-01-09T00:00:00Z")
    assert here.keys.issuer(HERE, NEXT) != stolen
    with pytest.raises(Refused):
        here.letters.accept(minted(stolen, 1, NEXT).proved(here, minted(stolen, 1, NEXT).act(again)).padded())
    newcomers = enrol(here, 10)
    sign(here, newcomers, again)
    turn(here, "2027-01-02T00:00:00Z")
    (count,) = here.ledger.counts(again.context).values()
    assert count.signed == 10
    assert audited(here.config.public).passed
