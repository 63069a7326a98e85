"""Ola works at the second of three organisations that a letter asks, and somebody else checks all three counts."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from support import instances
from support.browsing import Place, place
from support.gallery import Gallery
from support.instances import HERE, THERE
from support.people import Person

pytestmark = pytest.mark.xdist_group("journey-three")

THIRD = "example.net"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Twelve of the first have signed, ten of the second, nine of the third."""
    letter = instances.letter("three", organisations=(HERE, THIRD, THERE))
    with place(tmp_path_factory.mktemp("three"), (letter,), codes=1) as served:

        def sign() -> None:
            for organisation, count in ((HERE, 12), (THERE, 10), (THIRD, 9)):
                members = instances.enrol(served.instance, count, organisation)
                instances.sign(served.instance, members, letter)

        served.does(sign)
        yield served


def test_ola_signs_for_where_she_works_and_each_is_counted_apart(here: Place, somebody: Callable[..., Person]) -> None:
    ola, gallery = somebody(), Gallery("three")
    (code,) = here.does(lambda: here.instance.issuer.new_sheet(THERE, 1).codes)
    ola.opens("three").says_where().reads("Where you work")
    gallery.look(ola.page, "where")
    ola.types("Your code", code).presses("Go on").is_told("Choose where you work.")
    ola.chooses(THERE).presses("Go on").says_nothing_more().writes_the_words_down().presses("Join")
    ola.sees("You have joined. Sign now, or later?").goes_on().signs()
    here.days_pass(1)

    ola.page.goto(f"{here.url}/letters/three/")
    ola.reads("23 people who work at two organisations had signed")
    rows = ola.page.locator("table tbody tr")
    expect(rows).to_have_count(2)
    assert [re.sub(r"\s+", " ", each)[:11] for each in rows.all_inner_texts()] == [HERE, THERE]
    assert rows.locator("td:nth-of-type(1)").all_inner_texts() == ["12", "11"]
    gallery.look(ola.page, "letter")
    count = json.loads(ola.page.request.get(f"{here.url}/letters/three/count.json").body())
    assert {each["organisation"]: each["signed"] for each in count["organisations"]} == {HERE: 12, THERE: 11}

    checker = somebody()
    checker.page.goto(f"{here.url}/check/run/#start")
    expect(checker.page.locator("h1")).to_have_text("Everything holds.", timeout=60_000)
    for organisation, number in ((HERE, 12), (THERE, 11)):
        checker.reads(f"{organisation}: net {number} of at least 21,000 who work there")
