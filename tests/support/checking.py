"""The checking page, as somebody uses it: start a check, read its steps, its result."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from support.auditing import audited
from support.browsing import Place

#: Milliseconds for a check of a small log, on two busy cores.
PATIENCE = 60_000


def start(page: Page, served: Place, address: str | None = None, workers: int | None = None) -> None:
    """Open the checking page and start a check."""
    page.goto(f"{served.url}/check/run/")
    if address is not None:
        page.get_by_role("radio", name="Another address").check()
        page.get_by_role("textbox", name="Address").fill(address)
    if workers is not None:
        page.get_by_text("Keys, and how many Workers").click()
        page.get_by_role("spinbutton", name="Workers").fill(str(workers))
    page.get_by_role("button", name="Start the check").click()


def verdict(page: Page, patience: int = PATIENCE) -> str:
    """The heading of the result."""
    heading = page.locator("h1")
    expect(heading).not_to_have_text(re.compile("^Check"), timeout=patience)
    return heading.inner_text()


def steps(page: Page) -> list[str]:
    """The numbered steps, as they are read."""
    return [" ".join(each.split()) for each in page.locator("ol.steps > li").all_inner_texts()]


def in_words_of_the_command(place: Path | str) -> list[str]:
    """Steps of the command's own report, without their numbers and engine."""
    lines = [line for line in audited(place).lines() if re.match(r"^ *\d+\. ", line)]
    return [" ".join(line.partition(".")[2].replace("(blst)", "(noble)").split()) for line in lines]


def narrow(page: Page) -> None:
    """Nothing sticks out at 360 pixels."""
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 900})
