"""The worst failure there is: a page that says that everything holds for a log that was changed. It is tried."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from support.browsing import client_files
from support.checking import steps, verdict
from support.inspection import accessible
from support.kinds import changed, changes, everything, places
from support.mirrors import mirror
from support.published import LOG_KEY, REGISTRY_KEY, honest
from undersigned.auditor.page import listen, packed_page

pytestmark = pytest.mark.xdist_group("attack-check")

NewContext = Callable[..., BrowserContext]
HOLDS = "Everything holds."
FAILS = re.compile(r"(One check fails|\d+ checks fail)\. Do not rely on these figures\.")


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of the checking page on one's own machine: `undersigned check-page`."""
    with listen(packed_page(client_files()), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.address
        server.shutdown()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mirror of an honest log with some rounds, of one with an entry of every kind, and of changed ones."""
    folder = tmp_path_factory.mktemp("logs")
    written = {"honest": honest(), "every": everything()}
    for kind in places():
        # The last change of the last field is as good as any: all others are told to the same auditor without a page.
        written[f"changed-{kind}"] = changed(kind, *changes(kind)[-1])
    for name, published in written.items():
        (folder / name).mkdir()
        published.write(folder / name)
    with mirror(folder) as address:
        yield address


def check(page: Page, served: str, address: str, policy: str = "") -> None:
    """Start a check of an address, with two Workers."""
    page.goto("about:blank")
    page.goto(f"{served}#{address}")
    page.get_by_text("Keys, and how many Workers").click()
    page.get_by_role("spinbutton", name="Workers").fill("2")
    page.get_by_role("textbox", name="Logs and witnesses that you believe").fill(policy)
    page.get_by_role("button", name="Start the check").click()


# ── a changed entry of each kind ──


def test_what_has_an_entry_of_every_kind_holds(page: Page, served: str, logs: str) -> None:
    check(page, served, f"{logs}/every")
    assert verdict(page) == HOLDS


@pytest.mark.parametrize("kind", sorted(places()))
def test_a_changed_entry_of_each_kind_is_found(page: Page, served: str, logs: str, kind: str) -> None:
    check(page, served, f"{logs}/changed-{kind}")
    assert FAILS.fullmatch(verdict(page))
    assert [each for each in steps(page) if each.startswith("FAILED ")]
    assert HOLDS not in page.locator("main").inner_text()


# ── Workers that are not what they were ──

WORKERS = {
    "answers twice": "const say = postMessage.bind(self); self.postMessage = (said) => { say(said); say(said); };",
    "answers for another": """
      let said = 0;
      const say = postMessage.bind(self);
      self.postMessage = (message) => {
        said += 1;
        say(said === 2 ? { ...message, number: message.number + 1 } : message);
      };
    """,
    "says again what it said first": """
      let first = null;
      const say = postMessage.bind(self);
      self.postMessage = (message) => { first ??= message; say(first); };
    """,
    "dies in the middle": """
      let asked = 0;
      addEventListener("message", (event) => {
        asked += 1;
        if (asked < 3) return;
        event.stopImmediatePropagation();
        throw new RangeError("out of memory");
      });
    """,
}


@pytest.mark.parametrize("what", WORKERS)
def test_a_worker_that_goes_wrong_is_no_result(context: NewContext, served: str, logs: str, what: str) -> None:
    page = context().new_page()
    asked: list[str] = []

    def other(route: Route) -> None:
        """The page compares the script with its digest before; what is started then is another one."""
        asked.append(route.request.resource_type)
        whole = route.fetch()
        route.fulfill(response=whole, body=(whole.text() if len(asked) == 1 else WORKERS[what] + whole.text()))

    page.context.route("**/client/check-worker.*", other)
    check(page, served, f"{logs}/honest")
    assert verdict(page) == "Nothing was checked"
    assert len(asked) > 1
    expect(page.get_by_role("alert")).to_contain_text("A worker of the audit was ended from outside")
    assert HOLDS not in page.locator("body").inner_text()


def test_a_worker_that_takes_the_forged_for_good_reads_nothing(context: NewContext, served: str, logs: str) -> None:
    """A script or a browser at fault is found out before it reads a log."""
    page = context().new_page()
    fault = "Array.prototype.flatMap = () => [];"  # so that no presentation is verified
    started: list[str] = []

    def other(route: Route) -> None:
        whole = route.fetch()
        started.append(route.request.url)
        route.fulfill(response=whole, body=whole.text() if len(started) == 1 else fault + whole.text())

    page.context.route("**/client/check-worker.*", other)
    check(page, served, f"{logs}/honest")
    assert verdict(page) == "Nothing was checked"
    assert HOLDS not in page.locator("body").inner_text()


def test_a_worker_that_is_silent_from_then_on_is_no_result_either(context: NewContext, served: str, logs: str) -> None:
    """A browser says nothing of a Worker that it ended: the page waits, and can be told to stop."""
    page = context().new_page()
    started: list[str] = []

    def other(route: Route) -> None:
        started.append(route.request.url)
        whole = route.fetch()
        ends = 'addEventListener("message", ({ data }) => { if (data.number > 0) close(); });'
        route.fulfill(response=whole, body=whole.text() if len(started) == 1 else ends + whole.text())

    page.context.route("**/client/check-worker.*", other)
    check(page, served, f"{logs}/honest")
    expect(page.locator("#far")).to_contain_text("of", timeout=60_000)
    page.wait_for_timeout(1_500)
    expect(page.get_by_role("heading", name="Checking the count")).to_be_visible()
    assert HOLDS not in page.locator("body").inner_text()
    page.get_by_role("button", name="Stop").click()


# ── a tab, a network, a folder, another log ──


def test_a_tab_that_was_put_to_sleep_says_the_same_when_it_wakes(page: Page, served: str, logs: str) -> None:
    session = page.context.new_cdp_session(page)
    check(page, served, f"{logs}/honest")
    assert verdict(page) == HOLDS
    awake = steps(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    check(page, served, f"{logs}/honest")
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.wait_for_timeout(700)
    assert page.locator("h1").inner_text() == "Checking the count", "it sleeps"
    session.send("Page.setWebLifecycleState", {"state": "active"})
    assert verdict(page) == HOLDS
    assert steps(page) == awake


@pytest.mark.parametrize(("times", "said"), [(1, re.compile(HOLDS)), (9, FAILS)])
def test_what_breaks_off_half_way_is_read_again_or_told(
    page: Page, served: str, tmp_path: Path, times: int, said: re.Pattern[str]
) -> None:
    folder = honest().write(tmp_path)
    [bundle] = [path for path in (folder / "log/tile/entries").rglob("*") if path.is_file()]
    with mirror(folder, breaks=(f"{bundle.relative_to(folder)}", times)) as address:
        check(page, served, address)
        assert said.fullmatch(verdict(page))


def test_an_archive_that_was_cut_off_or_has_more_in_it(page: Page, served: str, tmp_path: Path) -> None:
    kept = everything().write(tmp_path / "kept")
    (kept / "log/tile/entries/001").write_bytes(b"\0\1x")
    (kept / "notes.txt").write_text("mine")
    folder_of(page, served, kept)
    assert verdict(page) == HOLDS, "what lies beside is not read"
    for name in ("log/tile/entries", "registry/tile/0", "documents"):
        other = tmp_path / name.replace("/", "-")
        shutil.copytree(kept, other)
        file = max(path for path in (other / name).rglob("*") if path.is_file() and path.stat().st_size > 40)
        file.write_bytes(file.read_bytes()[:-33])
        folder_of(page, served, other)
        assert FAILS.fullmatch(verdict(page)), name


def folder_of(page: Page, served: str, folder: Path) -> None:
    """Check an archive."""
    page.goto("about:blank")
    page.goto(served)
    page.get_by_role("radio", name="An archive on this device").check()
    page.locator("input[type=file]").set_input_files(folder)
    page.get_by_role("button", name="Start the check").click()


def test_a_mirror_of_another_log_does_not_pass_for_the_one_that_is_believed(
    page: Page, served: str, logs: str, tmp_path: Path
) -> None:
    policy = f"log {REGISTRY_KEY.vkey}\nlog {LOG_KEY.vkey}\nquorum none\n"
    check(page, served, f"{logs}/honest", policy)
    assert verdict(page) == HOLDS
    other = honest()
    other.keys = {"registry": REGISTRY_KEY, "log": type(LOG_KEY)(LOG_KEY.name, bytes(31) + b"\7")}
    with mirror(other.write(tmp_path)) as address:
        check(page, served, address, policy)
        assert FAILS.fullmatch(verdict(page))
        assert steps(page)[0].startswith("FAILED ")
        accessible(page)
