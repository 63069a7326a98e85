"""Journeys in Debian's Chromium against the real server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from support import instances
from support.browsing import ARGUMENTS, CHROMIUM, Place, missing, place
from support.gallery import ALL
from support.paths import ROOT
from support.people import Person

SCREENSHOTS = ROOT / "screenshots"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

T = TypeVar("T")
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An instance with two letters, opened, in a folder of its own."""
    home = tmp_path_factory.mktemp("served")
    with place(home, (instances.letter("leave"), instances.letter("rest"))) as served:
        yield served


class Shared:
    """What modules of this folder share: made when it is first asked for, ended with the folder's last test in a row.

    While the driver runs there is an event loop in this thread, beside which Django does not work, as other tests need.
    """

    def __init__(self) -> None:
        self._ending = ExitStack()
        self._made: dict[str, Any] = {}

    def of(self, name: str, make: Callable[[], AbstractContextManager[T]]) -> T:
        if name not in self._made:
            self._made[name] = self._ending.enter_context(make())
        found: T = self._made[name]
        return found

    def end(self) -> None:
        self._made.clear()
        self._ending.close()


SHARED = Shared()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        SHARED.end()


def pytest_sessionfinish() -> None:
    SHARED.end()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same for modules that share it, whose tests do not move its clock, stop it, or change what stands there."""
    letters = (instances.letter("leave"), instances.letter("rest"))
    return SHARED.of("quiet", lambda: place(tmp_path_factory.mktemp("quiet"), letters))


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same for modules whose tests let days pass, or stop it for a while: each opens letters of its own."""
    letters = (instances.letter("leave"),)
    return SHARED.of("passing", lambda: place(tmp_path_factory.mktemp("passing"), letters, codes=200))


@pytest.fixture(scope="module")
def driver() -> Playwright:
    return SHARED.of("driver", sync_playwright)


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Browser:
    if not CHROMIUM.exists():
        missing(f"there is no browser at {CHROMIUM}: apt-get install chromium")
    return SHARED.of("browser", lambda: _launched(driver))


@contextmanager
def _launched(driver: Playwright) -> Iterator[Browser]:
    started = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[NewContext]:
    """Make profiles of their own: each is another person's device."""
    made: list[BrowserContext] = []

    def new(**options: Any) -> BrowserContext:
        profile = browser.new_context(viewport=DESKTOP, locale="en-GB", **options)  # type: ignore[arg-type] # two numbers
        profile.set_default_timeout(20_000)
        made.append(profile)
        return profile

    yield new
    for each in made:
        each.close()


@pytest.fixture
def page(context: NewContext) -> Page:
    """Somebody's browser with nothing in it; errors on the page fail the test."""
    return watched(context().new_page())


def watched(page: Page) -> Page:
    def refuse(error: object) -> None:
        raise AssertionError(f"on the page: {error}")

    page.on("pageerror", refuse)
    return page


@pytest.fixture
def shot() -> Callable[[Page, str], Path]:
    """Take a picture of a screen, as on a phone; with `SCREENSHOTS=all` a large one too."""

    def take(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        for size, suffix in ((DESKTOP, "1280"), (PHONE, "360"))[not ALL :]:
            page.set_viewport_size(size)  # type: ignore[arg-type] # two numbers
            page.screenshot(path=SCREENSHOTS / f"{name}-{suffix}.png", full_page=True)
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type] # two numbers
        return SCREENSHOTS / f"{name}-360.png"

    return take


@pytest.fixture
def somebody(here: Place, context: NewContext) -> Iterator[Callable[..., Person]]:
    """Let somebody come, with a browser of their own; whatever goes wrong on their pages fails the test."""
    came: list[Person] = []

    def come(**options: Any) -> Person:
        came.append(Person(context(**options).new_page(), here.url))
        return came[-1]

    yield come
    assert [each for person in came for each in person.wrong] == []
