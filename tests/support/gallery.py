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
#: `SCREENSHOTS=all` takes pictures in every language, of both sizes, in the dark too; a folder of each language then.
ALL: Final = os.environ.get("SCREENSHOTS") == "all"
SPOKEN: Final = LANGUAGES if ALL else LANGUAGES[:1]
SIZES: Final[dict[str, ViewportSize]] = {
    "1280": {"width": 1280, "height": 900},
    "360": {"width": 360, "height": 740},
}
_EVERY: Final[tuple[tuple[str, Literal["light", "dark"], bool], ...]] = (
    ("360", "light", True), ("360", "dark", False), ("1280", "light", False), ("1280", "dark", False),
)  # fmt: skip
#: How axe looks at a screen.
AXE: Final = {("360", "light"), ("1280", "dark")}
#: Sizes and colours that a screen is put into, and whether a picture is taken of them at every run.
LOOKS: Final = [each for each in _EVERY if ALL or each[2] or each[:2] in AXE]
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
        """Look at what is shown: axe finds nothing, nothing runs out of the page; a picture for people to judge.

        What axe finds of size does not depend on colours, nor the reverse: small and light, large and dark are all.
        """
        self.taken += 1
        self.screens.add(page.evaluate("() => history.state?.screen ?? ''"))
        before = page.viewport_size
        for width, scheme, picture in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(SIZES[width])
            if (width, scheme) in AXE:
                accessible(page)
            if picture or ALL:
                path = self.place(f"{name}-{width}{'' if scheme == 'light' else '-dark'}")
                page.screenshot(path=path, full_page=True)
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
