"""A count of 1,039 is checked in the browser, entry by entry, by Workers side by side."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support import instances
from support.browsing import Place, place
from support.checking import in_words_of_the_command, narrow, start, steps, verdict
from support.crowds import signed_by
from support.inspection import accessible
from support.mirrors import mirror
from support.published import write_log
from undersigned.tlog.tile import Read, bundles, read_bundle
from undersigned.values import canonical, parse_canonical

pytestmark = pytest.mark.xdist_group("journey-count")

PEOPLE = 1039
#: What stands in the log: how many members there are, the head of the round, and the signatures.
ENTRIES = PEOPLE + 2
WORKERS = 2
#: Milliseconds for a check of 1,039 signatures, on two busy cores.
PATIENCE = 180_000
#: Notes all that the bar says; presses Pause when the first entries are checked.
WATCH = """
window.seen = [];
let rested = false;
new MutationObserver(() => {
  const bar = document.querySelector("progress");
  if (!bar || !document.querySelector("#far").textContent.includes(" of ")) return;
  const marks = [...document.querySelectorAll("ol.steps .mark")].map((each) => each.textContent);
  window.seen.push([bar.value, bar.max, marks.join("")]);
  if (rested || bar.value === 0) return;
  rested = true;
  [...document.querySelectorAll("button")].find((each) => each.textContent === "Pause").click();
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An instance with a letter that 1,039 people signed, counted."""
    letter = instances.letter("leave")
    with place(tmp_path_factory.mktemp("counted"), (letter,), codes=1) as served:
        signed_by(served, letter, PEOPLE)
        yield served


def test_jonas_checks_the_count_of_1039_and_rests_in_between(page: Page, counted: Place) -> None:
    page.goto(f"{counted.url}/letters/leave/")
    expect(page.locator("main")).to_contain_text("1,039 people who work at example.com had signed")
    page.add_init_script(WATCH)
    start(page, counted, workers=WORKERS)
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=PATIENCE)
    rested = page.locator("#far").inner_text()
    assert re.fullmatch(r"[1-9]\d* of 1,041 entries", rested)
    page.wait_for_timeout(500)
    assert page.locator("#far").inner_text() == rested
    page.get_by_role("button", name="Go on").click()

    assert verdict(page, PATIENCE) == "Everything holds."
    assert steps(page) == in_words_of_the_command(counted.url)
    assert "1,039 verified (noble)" in steps(page)[5]
    text = page.locator("main").inner_text()
    assert "1,039 signatures under 1 letter." in text
    assert "example.com: net 1,039 of at least 21,000 who work there" in text
    assert f"Workers: {WORKERS}." in text

    seen = page.evaluate("window.seen")
    done = [value for value, _, _ in seen]
    assert done == sorted(done)
    assert {most for _, most, _ in seen} == {ENTRIES}
    assert done[-1] == ENTRIES
    assert len(set(done)) > 30, "it moves with the work"
    assert {marks for *_, marks in seen} == {"…" * 10}, "no step is said to hold before all are through"
    accessible(page)
    narrow(page)


def _reader(public: Path) -> Read:
    return lambda path: (public / "log" / path).read_bytes()


def test_jonas_finds_the_one_of_1039_that_was_changed(page: Page, counted: Place, tmp_path: Path) -> None:
    """The server itself lies: one member's proof is another's, and tree and signature are made anew over it."""
    public = tmp_path / "public"
    shutil.copytree(counted.instance.config.public, public)
    entries = [each for path in bundles(ENTRIES) for each in read_bundle(path, _reader(public))]
    assert len(entries) == ENTRIES
    place, other = 700, parse_canonical(entries[701])
    entries[place] = canonical({**parse_canonical(entries[place]), "proofs": other["proofs"]})
    shutil.rmtree(public / "log")
    write_log(public / "log", counted.instance.keys.signing("log", instances.NAME), entries)

    with mirror(public) as address:
        start(page, counted, address, workers=WORKERS)
        assert verdict(page, PATIENCE) == "One check fails. Do not rely on these figures."
        assert steps(page)[5].startswith("FAILED ")
        assert [step for step in steps(page) if step.startswith("FAILED ")] == [steps(page)[5]]
        told = page.get_by_role("list", name="What failed, and where").inner_text()
        assert f"Step 6, log, entry {place}: " in told
        assert "Everything holds" not in page.locator("main").inner_text()
