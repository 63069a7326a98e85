"""Looking at a page as everybody meets it: large and small, light and dark; and taking its pictures."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page, ViewportSize

from support.inspection import accessible
from support.paths import ROOT
from undersigned.languages.words import LANGUAGES

FOLDER: Final = ROOT / "screenshots"
#: `SCREENSHOTS=all` takes pictures in every language and in the dark; a folder of each language then.
ALL: Final = os.environ.get("SCREENSHOTS") == "all"
SPOKEN: Final = LANGUAGES if ALL else LANGUAGES[:1]
SIZES: Final[dict[str, ViewportSize]] = {
    "1280": {"width": 1280, "height": 900},
    "360": {"width": 360, "height": 740},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
#: The narrowest window, a large one at four times its size (WCAG 2.2, 1.4.10).
NARROW: Final[ViewportSize] = {"width": 320, "height": 640}

_WIDER = """
() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = (each) => each.getBoundingClientRect().right > width + 1;
  return [...document.querySelectorAll("body *")].filter(wide).map((each) => each.outerHTML.slice(0, 120));
}
"""


@dataclass
class Gallery:
    """Pictures of one walk, numbered in its order, in a folder of its language."""

    name: str
    language: str = LANGUAGES[0]
    screens: set[str] = field(default_factory=set)
    taken: int = 0

    def look(self, page: Page, name: str) -> None:
        """Look at what is shown: axe finds nothing, nothing runs out of the page; pictures for people to judge."""
        self.taken += 1
        self.screens.add(page.evaluate("() => history.state?.screen ?? ''"))
        before = page.viewport_size
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width, size in SIZES.items():
                page.set_viewport_size(size)
                accessible(page)
                if scheme == "light" or ALL:
                    page.screenshot(
                        path=self.place(f"{name}-{width}{'' if scheme == 'light' else '-dark'}"), full_page=True
                    )
        page.set_viewport_size(NARROW)
        assert page.evaluate(_WIDER) == [], f"{name} is wider than 320 pixels"
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(before or SIZES["1280"])

    def place(self, name: str, suffix: str = ".png") -> Path:
        """Where a picture lies."""
        folder = FOLDER / self.language if ALL else FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.name}-{self.taken:02}-{name}{suffix}"


def all_screens() -> set[str]:
    """Names of all screens of the signing page, from its own source."""
    source = (ROOT / "client" / "app" / "page" / "flow.ts").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:export )?const (?:HERE|MORE) = \[(.*?)\]", source, re.DOTALL | re.MULTILINE)
    assert len(lists) == 2
    return {name for each in lists for name in re.findall(r'"([a-z]+)"', each)}
