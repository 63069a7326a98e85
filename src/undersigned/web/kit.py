"""What stands beside a letter's page in each language: ring, image, card, feed, calendar, and its count as data."""

from collections.abc import Callable, Sequence
from typing import Final

from undersigned.config import Config
from undersigned.drawing import ring
from undersigned.drawing.card import card
from undersigned.ledger.history import History
from undersigned.letters.pages import Page
from undersigned.web.feeds import atom, calendar, count_json
from undersigned.web.image import Drawing, image

#: Every file that a letter can have beside its pages.
NAMES: Final = ("count.json", "count.svg", "dates.ics", "feed.atom", "names.json", "ring.png", "ring.svg")


def kit(config: Config, pages: Sequence[Page], history: History, there: Callable[[str], bytes]) -> dict[str, bytes]:
    """Return the files of one letter, whose pages these are, by path; `there` gives what a path holds now.

    Ring, image and card are there once a round has closed.
    """
    files: dict[str, bytes] = {}
    drawing = Drawing(ring.ring(history.standing))
    for page in pages:
        folder = page.path[1:]
        files[f"{folder}feed.atom"] = atom(page, history.rounds, url=config.url, publisher=config.name)
        dates = calendar(page, url=config.url, publisher=config.name)
        if dates:
            files[f"{folder}dates.ics"] = dates
        if page.figure and page.count:
            files |= _pictures(config, page, drawing, there)
    files[f"{pages[0].data[1:]}count.json"] = count_json(pages[0], config.url)
    if (names := pages[0].beside.names) is not None:
        files[names_path(pages[0].view.slug)] = names.encoded
    return files


def names_path(slug: str) -> str:
    """Return where the names shown under a letter lie, for programs."""
    return f"letters/{slug}/names.json"


def _pictures(config: Config, page: Page, drawing: Drawing, there: Callable[[str], bytes]) -> dict[str, bytes]:
    folder, words = page.path[1:], page.words
    source = words.gettext("From the public log of {name}, which anyone can check.", name=config.name)
    shown = page.text.language if page.text else words.language
    title, count = page.title, page.count or ""
    drawn = ring.svg(
        drawing.ring,
        title,
        title=page.figure.title if page.figure else title,
        description=page.figure.description if page.figure else "",
        language=words.language,
        heading_language=shown,
    )
    path = f"{folder}ring.png"
    return {
        f"{folder}ring.svg": drawn,
        f"{folder}count.svg": card(
            title=title,
            count=count,
            source=source,
            description=" ".join(page.denominator) or source,
            language=words.language,
            direction=words.direction,
        ),
        path: image(drawing, title=title, count=count, source=source, before=there(path)),
    }
