"""A letter's files for programs: its count as JSON, the feed of its counts, its dates for a calendar. Pure.

All are static and say what closed rounds say, with date and denominator. Nobody has to leave an address to follow
a letter, and nobody learns who does.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from undersigned.letters.pages import Page, counted, rows_of
from undersigned.letters.rules import State
from undersigned.protocol.entry import Supporters
from undersigned.values import canonical

ATOM: Final = "http://www.w3.org/2005/Atom"
_LINE: Final = 75


class Past(Protocol):
    """A closed round of one organisation, with what all its rounds so far add up to."""

    @property
    def tick(self) -> str:
        """When it closed."""

    @property
    def organisation(self) -> str:
        """Whose round it was."""

    @property
    def signed(self) -> int:
        """Signatures published so far."""

    @property
    def withdrawn(self) -> int:
        """Of these, taken back so far."""


# ── count.json ──


def count_json(page: Page, url: str) -> bytes:
    """Return the count of the last rounds as JSON (`schema/count.schema.json`); null where nothing is published."""
    view = page.view
    return canonical(
        {
            "as_of": page.as_of,
            "closes": view.terms.closes if view.terms else None,
            "digest": view.digest,
            "organisations": [
                {
                    "as_of": row.tick,
                    "organisation": row.organisation,
                    "signed": row.standing,
                    "vouched": row.vouched,
                    "withdrawn": row.withdrawn,
                    "workforce": _workforce(row.workforce),
                }
                for row in page.rows
            ],
            "names": {"as_of": view.names.tick, "shown": view.names.count} if view.names else None,
            "signed": sum(row.standing for row in page.rows) if page.rows else None,
            "slug": view.slug,
            "state": str(view.state),
            "supporters": _supporters(view.supporters),
            "title": page.title,
            "url": url + page.path,
            "withdrawn": sum(row.withdrawn for row in page.rows) if page.rows else None,
        }
    )


def _supporters(said: Supporters | None) -> dict[str, Any] | None:
    """People elsewhere: in no sum with signatures, the instance's word, with what was checked of them."""
    if said is None or not said.at_least:
        return None
    return {"as_of": said.tick, "at_least": said.at_least, "checked": "e-mail address"}


def _workforce(figure: Any) -> dict[str, Any] | None:  # noqa: ANN401 - protocol.letter.Workforce or None
    return {"as_of": figure.as_of, "at_least": figure.at_least, "source": figure.source} if figure else None


# ── feed.atom ──


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a letter: a name that stays, when, and in words."""

    name: str
    tick: str
    title: str
    text: str


def news(page: Page, rounds: Sequence[Past]) -> Sequence[News]:
    """Return what happened to a letter, in order: it opened, each count, corrections, the end."""
    _, view = page.words.gettext, page.view
    happened = []
    if view.opened:
        text = _("This letter was opened.") + (f" {page.status[0]}" if view.state == State.SEALED else "")
        happened.append(News("opened", f"{view.opened}T00:00:00Z", _("Opened"), text))
    happened += _counts(page, rounds)
    happened += [
        News(f"correction-{number}", f"{each.dated}T00:00:00Z", _("Correction"), each.text)
        for number, each in enumerate(view.terms.errata if view.terms else (), start=1)
    ]
    if view.state in {State.CLOSED, State.MISSED} and view.terms:
        happened.append(News("closed", view.terms.closes, _("Closed"), page.status[0]))
    return sorted(happened, key=lambda each: each.tick)


def _counts(page: Page, rounds: Sequence[Past]) -> Iterator[News]:
    sums: dict[str, Past] = {}
    for number, each in enumerate(rounds):
        sums[each.organisation] = each
        if number + 1 < len(rounds) and rounds[number + 1].tick == each.tick:
            continue
        text = counted(rows_of(sums, page.view.terms), page.words, closed=False)
        title = page.words.gettext("Count of {date}", date=page.words.date(each.tick))
        yield News(f"count-{each.tick[:13].lower()}", each.tick, title, text or "")


def atom(page: Page, rounds: Sequence[Past], *, url: str, publisher: str) -> bytes:
    """Return the feed of a letter (RFC 4287), the newest first."""
    happened = news(page, rounds)
    here = url + page.path
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": page.words.language})
    _leaf(feed, "id", here)
    _leaf(feed, "title", page.title)
    _leaf(feed, "updated", happened[-1].tick if happened else "1970-01-01T00:00:00Z")
    _leaf(_leaf(feed, "author"), "name", publisher)
    _leaf(feed, "link", rel="alternate", type="text/html", href=here)
    _leaf(feed, "link", rel="self", type="application/atom+xml", href=f"{here}feed.atom")
    for each in reversed(happened):
        entry = _leaf(feed, "entry")
        _leaf(entry, "id", f"{here}#{each.name}")
        _leaf(entry, "title", each.title)
        _leaf(entry, "updated", each.tick)
        _leaf(entry, "link", rel="alternate", type="text/html", href=here)
        _leaf(entry, "content", each.text, type="text")
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _leaf(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    made.text = text
    return made


# ── dates.ics ──


def calendar(page: Page, *, url: str, publisher: str) -> bytes | None:
    """Return a letter's opening and closing as a calendar (RFC 5545); None where neither date is public any more."""
    view, _ = page.view, page.words.gettext
    if view.terms is None or view.opened is None:
        return None
    stamp = f"{_basic(view.terms.dated)}T000000Z"
    common = [f"DTSTAMP:{stamp}", f"SEQUENCE:{view.terms.number - 1}", f"URL:{url}{page.path}", "TRANSP:TRANSPARENT"]
    written = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{publisher}//undersigned//{page.words.language.upper()}",
        *_event(
            f"{view.slug}-opens@{publisher}",
            [f"DTSTART;VALUE=DATE:{_basic(view.opened)}", *common],
            _("Letter opened: {title}", title=page.title),
        ),
        *_event(
            f"{view.slug}-closes@{publisher}",
            [f"DTSTART:{_basic(view.terms.closes)}", *common],
            _("Letter closes: {title}", title=page.title),
        ),
        "END:VCALENDAR",
    ]
    return "".join(f"{line}\r\n" for each in written for line in fold(each)).encode()


def _event(name: str, lines: Sequence[str], summary: str) -> Sequence[str]:
    return ["BEGIN:VEVENT", f"UID:{name}", *lines, f"SUMMARY:{escaped(summary)}", "END:VEVENT"]


def _basic(moment: str) -> str:
    return moment.replace("-", "").replace(":", "")


def escaped(text: str) -> str:
    """Write text as a value of a calendar (RFC 5545, section 3.3.11)."""
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def fold(line: str) -> Sequence[str]:
    """Fold a line of a calendar after at most 75 octets, never within a character (RFC 5545, section 3.1)."""
    folded, length = [""], 0
    for character in line:
        octets = len(character.encode())
        if length + octets > _LINE:
            folded.append(" ")
            length = 1
        folded[-1] += character
        length += octets
    return folded
