"""What a thief of the issuer's tables sees of vouches: no voucher's admission, and after joining not for whom.

The vouchers are simulated by pseudonyms and points that are random octets, as real ones look to who has no secrets; the
room's own tables and verbs keep them.
"""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from django.db import connections

from support.chance import LEAST, told
from support.issuing import HERE, Q4, Office, office

MEMBERS = LEAST + 40


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    yield from office(tmp_path_factory.mktemp("vouches"))


@pytest.fixture(scope="module")
def stolen(here: Office) -> dict[str, dict[int, int]]:
    """Where each member's point and pseudonyms lie in the file, after all joined and vouched in one order."""
    from undersigned.issuer.models import Admission, Slot, Vouch  # noqa: PLC0415 - models need Django set up first

    points = [secrets.token_bytes(48) for _ in range(MEMBERS)]
    slots = [secrets.token_bytes(48) for _ in range(MEMBERS)]
    nyms = [secrets.token_bytes(48) for _ in range(MEMBERS)]
    for number in range(MEMBERS):
        subject = secrets.token_bytes(32)
        Admission.objects.create(subject=subject, organisation=HERE, point=points[number], newest=Q4)
    for number in range(MEMBERS):
        name = {"organisation": HERE, "quarter": Q4}
        context = hashlib.sha256(f"slot {number % 5}".encode()).hexdigest()
        invitation = hashlib.sha256(f"invitation {number // 2}".encode()).hexdigest()
        Slot.objects.create(context=context, pseudonym=slots[number], act=secrets.token_bytes(32), **name)
        Vouch.objects.create(invitation=invitation, pseudonym=nyms[number], **name)
    here.issuer.settle()
    connections["issuer"].close()
    data = here.database.read_bytes()
    return {
        what: {number: place for number, each in enumerate(octets) if (place := data.find(each)) >= 0}
        for what, octets in (("points", points), ("slots", slots), ("vouches", nyms))
    }


def matched(one: dict[int, int], other: dict[int, int]) -> bool:
    both = sorted(set(one) & set(other))
    assert len(both) >= LEAST
    return told([float(one[each]) for each in both], [float(other[each]) for each in both])


@pytest.mark.parametrize("where", ["slots", "vouches"])
def test_where_vouches_lie_tells_nothing_of_who_joined_when(where: str, stolen: dict[str, dict[int, int]]) -> None:
    assert not matched(stolen["points"], stolen[where])


def test_slots_and_vouches_are_not_matched(stolen: dict[str, dict[int, int]]) -> None:
    assert not matched(stolen["slots"], stolen["vouches"])


def test_rows_in_the_order_of_vouching_would_be_found(stolen: dict[str, dict[int, int]]) -> None:
    """The planted leak: a table that counts its rows, and members who vouch in about the order in which they joined."""
    dice = Random(3)
    planted = {number: number * 100 + dice.randrange(900) for number in stolen["points"]}
    assert matched(planted, {number: number * 40 + dice.randrange(700) for number in stolen["slots"]})


def test_no_column_is_in_both_tables_but_the_public_ones(here: Office, tmp_path: Path) -> None:
    del here, tmp_path
    columns = {}
    with connections["issuer"].cursor() as cursor:
        for table in ("slot", "vouch"):
            cursor.execute(f"PRAGMA table_info({table})")
            columns[table] = {row[1] for row in cursor.fetchall()}
    # The pseudonyms are of different contexts, so no value is in both.
    assert columns["slot"] & columns["vouch"] == {"organisation", "quarter", "pseudonym"}
