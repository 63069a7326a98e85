"""An epoch ends when its quarter is over and no letter of it is open, not before."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import instances
from support.instances import BEGIN, CLOSES, EPOCH, HERE, fresh, letter, terms

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

LATE, AFTER, NEW_YEAR = "2027-01-20T00:00:00Z", "2026-12-06T00:00:00Z", "2027-01-01T00:00:00Z"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator["Instance"]:
    yield fresh(tmp_path / "instance")
    instances.close()


def opened(instance: "Instance", slug: str, closes: str) -> None:
    from undersigned.web.operations import open_letter  # noqa: PLC0415 - needs Django set up first

    of = letter(slug)
    instance.letters.draft(of, terms(of, closes))
    open_letter(instance, slug)


def turned(instance: "Instance", tick: str) -> list[tuple[str, str]]:
    from undersigned.web.operations import turn  # noqa: PLC0415 - as above

    turn(instance, tick)
    return instance.issuer.open_epochs()


def test_a_quarter_without_an_open_letter_stays_open_until_it_is_over(instance: "Instance") -> None:
    opened(instance, "leave", CLOSES)
    assert turned(instance, BEGIN) == [(HERE, EPOCH)]
    assert turned(instance, CLOSES) == [(HERE, EPOCH)]
    opened(instance, "rest", "2026-12-20T00:00:00Z")
    assert turned(instance, AFTER) == [(HERE, EPOCH)]
    assert turned(instance, "2026-12-31T23:00:00Z") == [(HERE, EPOCH)]
    assert turned(instance, NEW_YEAR) == []


def test_a_letter_keeps_its_quarter_open_beyond_its_end(instance: "Instance") -> None:
    opened(instance, "leave", LATE)
    assert turned(instance, NEW_YEAR) == [(HERE, EPOCH)]
    assert turned(instance, LATE) == []
