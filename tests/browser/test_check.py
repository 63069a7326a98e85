"""Checking a count in a browser: Jonas is a journalist, and believes nothing that a page says without its working."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect

from support import instances
from support.auditing import audited
from support.browsing import ARGUMENTS, CHROMIUM, Place, client_files, place
from support.checking import in_words_of_the_command, narrow, start, steps, verdict
from support.inspection import accessible, stored
from support.lies import ROUND_A, acts_of, field, head, rerounded
from support.mirrors import mirror
from support.published import GOAL, OPEN, Member, Published, act, honest, key, prove, signed, small
from undersigned.auditor.archive import archive
from undersigned.auditor.page import listen, packed_page
from undersigned.auditor.source import FolderSource
from undersigned.bbs import signature
from undersigned.protocol.entry import ReceiptKey

PEOPLE = 120
Shot = Callable[[Page, str], Path]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An instance with a letter that 120 people signed, counted."""
    with place(tmp_path_factory.mktemp("counted"), (instances.letter("leave"),), codes=PEOPLE) as served:
        served.colleagues(PEOPLE, "leave")
        served.days_pass(1)
        yield served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest small log, as a mirror would have it."""
    return honest().write(tmp_path_factory.mktemp("honest"))


# ── what holds ──


def test_jonas_checks_the_count_from_the_page_that_explains_it(page: Page, counted: Place, shot: Shot) -> None:
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("request", note)
    page.goto(f"{counted.url}/check/")
    assert not [each for each in asked if each.resource_type in {"script", "fetch", "xhr"}], "nothing runs before Start"
    page.get_by_role("link", name="Start").click()
    assert verdict(page) == "Everything holds."
    assert steps(page) == in_words_of_the_command(counted.url)
    text = page.locator("main").inner_text()
    assert "120 signatures under 1 letter." in text
    assert "example.com: net 120 of at least 21,000 who work there" in text
    assert f"uvx undersigned audit {counted.url}" in text
    assert "DEMONSTRATION" in text
    accessible(page)
    narrow(page)
    shot(page, "check-result")
    assert {each.method for each in asked} == {"GET"}
    assert {"/".join(each.url.split("/")[:3]) for each in asked} == {counted.url}
    assert all(not each.headers.get("cookie") and not each.headers.get("referer") for each in asked)
    paths = {each.url.removeprefix(counted.url).split("#")[0] for each in asked}
    known = r"/(|de/|es/|fr/)(|check/|press/|privacy/|letters/leave/)|/check/run/|/sign/|/(registry|log)\.vkey"
    known += r"|/(registry|log)/(checkpoint|tile/.*)|/documents/[0-9a-f]{64}|/(client|assets)/[^/]+"
    known += r"|/letters/leave/names\.json|/sign/(callback|beside)/"
    assert [path for path in paths if not re.fullmatch(known, path)] == []
    assert stored(page) == '{"local":{},"session":{},"caches":[],"cookie":""}'


def test_every_entry_is_checked_before_the_bar_is_full(page: Page, counted: Place, shot: Shot) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(
        """
        window.seen = [];
        window.shifts = [];
        new PerformanceObserver((list) => window.shifts.push(...list.getEntries().filter((each) => !each.hadRecentInput)
          .map((each) => each.value))).observe({ type: "layout-shift", buffered: true });
        new MutationObserver(() => {
          const bar = document.querySelector("progress");
          const steps = [...document.querySelectorAll("ol.steps .mark")].map((each) => each.textContent);
          if (bar) window.seen.push([bar.value, bar.max, document.querySelector("#far").textContent, steps.join("")]);
        }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        """
    )
    start(page, counted, workers=1)
    expect(page.get_by_role("progressbar", name="Entries of the log that are checked")).to_be_visible()
    accessible(page)
    assert verdict(page) == "Everything holds."
    seen = page.evaluate("window.seen")
    values = [value for value, most, _, _ in seen if most > 1]
    assert values == sorted(values)
    assert len(set(values)) > 3, "it moves with the work"
    assert values[-1] == PEOPLE + 2
    assert any(said == f"64 of {PEOPLE + 2} entries" for _, _, said, _ in seen)
    assert {marks for *_, marks in seen} == {"…" * 10}, "no step is said to hold before all are through"
    assert sum(page.evaluate("window.shifts")) < 0.01


def test_it_rests_when_told_and_goes_on_where_it_was(page: Page, counted: Place, shot: Shot) -> None:
    page.add_init_script(
        """
        new MutationObserver((_, observer) => {
          if (!(document.querySelector("progress")?.value > 0)) return;
          observer.disconnect();
          [...document.querySelectorAll("button")].find((each) => each.textContent === "Pause").click();
        }).observe(document, { subtree: true, childList: true, characterData: true });
        """
    )
    start(page, counted, workers=1)
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    rested = page.locator("#far").inner_text()
    assert re.match(r"[1-9]\d* of 122 entries", rested)
    page.wait_for_timeout(1500)
    assert page.locator("#far").inner_text() == rested
    accessible(page)
    shot(page, "check-paused")
    page.get_by_role("button", name="Go on").click()
    assert verdict(page) == "Everything holds."
    assert "120 verified (noble)" in steps(page)[5]


def test_it_stops_without_a_result(page: Page, counted: Place) -> None:
    start(page, counted, workers=1)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Check the count")).to_be_focused()
    assert "holds" not in page.locator("main").inner_text()


def test_by_keyboard_alone(page: Page, counted: Place, shot: Shot) -> None:
    page.goto(f"{counted.url}/check/run/")
    accessible(page)
    narrow(page)
    shot(page, "check-form")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Start the check":
            break
    page.keyboard.press("Enter")
    assert verdict(page) == "Everything holds."
    expect(page.get_by_role("heading", name="Everything holds.")).to_be_focused()


def test_the_result_can_be_saved_and_is_what_the_command_writes(page: Page, counted: Place, tmp_path: Path) -> None:
    start(page, counted)
    assert verdict(page) == "Everything holds."
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the result").click()
    waiting.value.save_as(tmp_path / "result.json")
    there = json.loads((tmp_path / "result.json").read_bytes())
    here = json.loads(json.dumps(audited(counted.url).record()))
    assert (there["engine"], there["format"]) == ("noble", "undersigned-audit/1")
    for name in set(here) - {"engine", "seconds", "workers", "steps"}:
        assert there[name] == here[name], name


# ── from elsewhere ──


def test_a_mirror_at_another_address(page: Page, counted: Place, folder: Path) -> None:
    with mirror(folder) as address:
        start(page, counted, address)
        assert verdict(page) == "Everything holds."
        assert steps(page) == in_words_of_the_command(folder)
        assert f"uvx undersigned audit {address}" in page.locator("main").inner_text()


def test_a_mirror_of_everything_has_its_script_compared_too(page: Page, counted: Place) -> None:
    with mirror(counted.instance.config.public) as address:
        start(page, counted, address)
        assert verdict(page) == "Everything holds."
        assert re.search(r"[1-9]\d* files of the page", steps(page)[3])


@pytest.mark.parametrize("address", ["", "nonsense here", "https://letters.example/?x", "ftp://letters.example"])
def test_what_is_no_address_is_told(page: Page, counted: Place, address: str) -> None:
    start(page, counted, address)
    expect(page.get_by_role("alert")).to_contain_text("This is no address that can be checked.")
    expect(page.get_by_role("textbox", name="Address")).to_be_focused()
    accessible(page)


def test_a_mirror_that_lets_nobody_read_it_is_no_result(page: Page, counted: Place, folder: Path, shot: Shot) -> None:
    with mirror(folder, shared=False) as address:
        start(page, counted, address)
        assert verdict(page) == "Nothing was checked"
        expect(page.get_by_role("alert")).to_contain_text("not let other pages read it")
        accessible(page)
        shot(page, "check-nothing")


def test_an_archive_from_this_device_asks_no_server(page: Page, counted: Place, tmp_path: Path) -> None:
    archive(FolderSource(counted.instance.config.public), tmp_path / "kept", lambda *_: None)
    page.goto(f"{counted.url}/check/run/")
    page.get_by_role("radio", name="An archive on this device").check()
    page.get_by_role("button", name="Start the check").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no archive in this folder.")
    page.locator("input[type=file]").set_input_files(tmp_path / "kept")
    accessible(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Start the check").click()
    assert verdict(page) == "Everything holds."
    assert steps(page) == in_words_of_the_command(tmp_path / "kept")
    assert all("/client/check-worker." in each for each in asked), "its own Worker and nothing else"


def test_from_ones_own_machine(page: Page, counted: Place) -> None:
    with listen(packed_page(client_files()), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"{server.address}#{counted.url}")
        expect(page.get_by_role("radio", name="This instance")).to_have_count(0)
        expect(page.get_by_role("textbox", name="Address")).to_have_value(counted.url)
        page.get_by_role("button", name="Start the check").click()
        assert verdict(page) == "Everything holds."
        assert re.search(r"[1-9]\d* files of the page", steps(page)[3])
        server.shutdown()


# ── what does not hold ──


def _proof(published: Published) -> int:
    place = ROUND_A + 2
    other = json.loads(published.log[ROUND_A + 6])
    field(published, place, proofs=other["proofs"])
    return place


def _forged(published: Published) -> int:
    """A member whom nobody admitted, under a key of the forger's own."""
    member = Member(60)
    entry = prove(act(member, OPEN), member, signature.keygen(b"a forger's key, long enough for it"))
    return rerounded(published, ROUND_A, 13, [*acts_of(published, ROUND_A, 13)[:-1], entry])


def _round(published: Published) -> int:
    head(published, ROUND_A, count=12)
    return ROUND_A + 13


def _outside(published: Published) -> int:
    published.log.append(signed(Member(60), GOAL))
    return len(published.log) - 1


@pytest.mark.parametrize(("lie", "step"), [(_proof, 6), (_forged, 6), (_round, 5), (_outside, 5)])
def test_a_lying_log_is_found_at_its_entry(
    page: Page, counted: Place, tmp_path: Path, shot: Shot, lie: Callable[[Published], int], step: int
) -> None:
    published = honest()
    entry = lie(published)
    with mirror(published.write(tmp_path)) as address:
        start(page, counted, address)
        assert re.fullmatch(r"(One check fails|\d+ checks fail)\. Do not rely on these figures\.", verdict(page))
        assert steps(page) == in_words_of_the_command(tmp_path)
        assert steps(page)[step - 1].startswith("FAILED ")
        told = page.get_by_role("list", name="What failed, and where").inner_text()
        assert f"Step {step}, log, entry {entry}: " in told
        assert "Everything holds" not in page.locator("main").inner_text()
        accessible(page)
        narrow(page)
        shot(page, "check-failed")


def test_one_changed_octet_in_what_is_served_is_found(page: Page, counted: Place, tmp_path: Path) -> None:
    shutil.copytree(counted.instance.config.public, tmp_path / "public")
    bundle = next((tmp_path / "public/log/tile/entries/000.p").iterdir())
    octets = bytearray(bundle.read_bytes())
    octets[len(octets) // 2] ^= 1
    bundle.write_bytes(octets)
    with mirror(tmp_path / "public") as address:
        start(page, counted, address)
        assert "fail" in verdict(page)
        assert steps(page)[1].startswith("FAILED Every entry, tile and root")
        assert "Step 2, log, entry " in page.locator("main").inner_text()


def test_a_damaged_archive_is_found(page: Page, counted: Place, tmp_path: Path) -> None:
    small().write(tmp_path / "kept")
    document = next((tmp_path / "kept/documents").iterdir())
    document.write_bytes(document.read_bytes().replace(b"three", b"seven"))
    page.goto(f"{counted.url}/check/run/")
    page.get_by_role("radio", name="An archive on this device").check()
    page.locator("input[type=file]").set_input_files(tmp_path / "kept")
    page.get_by_role("button", name="Start the check").click()
    assert "fail" in verdict(page)
    assert steps(page)[3].startswith("FAILED ")


def test_altered_script_is_found(page: Page, counted: Place) -> None:
    script = next((counted.instance.config.public / "client").glob("sign.*.js"))
    whole = script.read_bytes()
    script.write_bytes(whole + b"\nsteal();\n")
    try:
        start(page, counted)
        assert "fail" in verdict(page)
    finally:
        script.write_bytes(whole)
    assert steps(page)[3].startswith("FAILED ")
    assert f"client/{script.name} of the client is not the one in the registry" in page.locator("main").inner_text()


def test_a_log_that_stops_in_the_middle_is_found(page: Page, counted: Place) -> None:
    page.route("**/log/tile/entries/**", lambda route: route.abort())
    start(page, counted)
    assert "fail" in verdict(page)
    assert "holds" not in page.locator("h1").inner_text()


def test_a_worker_that_does_not_start_is_no_result(page: Page, counted: Place) -> None:
    page.route("**/client/check-worker.*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    start(page, counted)
    assert verdict(page) == "Nothing was checked"


# ── what was seen before ──


def test_what_was_seen_is_remembered_only_where_asked_and_compared(page: Page, counted: Place, tmp_path: Path) -> None:
    first, other = small(), small()
    other.registry.append(ReceiptKey(key("receipt", "another").vkey).encoded)
    other.log[2], other.log[3] = other.log[3], other.log[2]
    with mirror(first.write(tmp_path / "one")) as one, mirror(other.write(tmp_path / "two")) as two:
        start(page, counted, one)
        assert verdict(page) == "Everything holds."
        assert "none given" in steps(page)[2]
        assert "undersigned-check" not in stored(page)
        page.get_by_role("button", name="Remember these checkpoints").click()
        expect(page.get_by_role("status")).to_contain_text("Remembered.")
        assert "letters.example/log" in stored(page)
        accessible(page)
        start(page, counted, one)
        assert verdict(page) == "Everything holds."
        assert "4 and 12 entries were audited before" in steps(page)[2]
        assert "10 verified (noble)" in steps(page)[5], "what was verified before is verified again"
        # Another address, the same log's name: another history is shown there.
        start(page, counted, two)
        assert "fail" in verdict(page)
        assert steps(page)[2].startswith("FAILED ")
        start(page, counted, one)
        assert verdict(page) == "Everything holds."
        page.get_by_role("button", name="Forget what is remembered").click()
        expect(page.get_by_role("status")).to_contain_text("Forgotten.")
        assert "undersigned-check" not in stored(page)


# ── other browsers and people ──


def test_without_the_just_in_time_compiler(driver: Playwright, counted: Place, folder: Path) -> None:
    """As on Tor Browser's level “Safer”: no compiler, and so no WebAssembly."""
    slow = driver.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS, "--js-flags=--jitless"])
    page = slow.new_page()
    with mirror(small().write(folder.parent / "small")) as address:
        start(page, counted, address)
        assert page.evaluate("typeof WebAssembly") == "undefined"
        assert verdict(page) == "Everything holds."
    slow.close()


def test_in_german(page: Page, counted: Place) -> None:
    page.goto(f"{counted.url}/de/check/")
    page.get_by_role("link", name="Starten").click()
    expect(page.locator("h1")).to_have_text("Everything holds.", timeout=60_000)
    assert page.locator("h1").get_attribute("lang") == "en"
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "Woanders" in page.locator("main").inner_text() or "anders" in page.locator("main").inner_text()
    accessible(page)


def test_without_script_the_command_is_there(browser: Browser, counted: Place) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{counted.url}/check/run/")
    assert "uvx undersigned audit" in page.locator("main").inner_text()
    page.goto(f"{counted.url}/check/")
    assert f"uvx undersigned audit {counted.url}" in page.locator("main").inner_text()
    page.context.close()


def test_nothing_moves_for_those_who_ask_for_stillness(browser: Browser, counted: Place) -> None:
    page = browser.new_context(reduced_motion="reduce").new_page()
    start(page, counted)
    assert page.evaluate("document.getAnimations().length") == 0
    assert verdict(page) == "Everything holds."
    page.context.close()
