"""What search engines ask for: `robots.txt` and `sitemap.xml`, with the addresses of each page in all languages."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Final

from undersigned.config import Config
from undersigned.letters.pages import Page
from undersigned.web.render import Alternates, alternates

SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML: Final = "http://www.w3.org/1999/xhtml"


def robots(config: Config) -> bytes:
    """Return `robots.txt`: everything may be found, but a demonstration, whose people are invented."""
    if config.demo:
        return b"User-agent: *\nDisallow: /\n"
    return f"User-agent: *\nDisallow: /api/\n\nSitemap: {config.url}/sitemap.xml\n".encode()


def sitemap(config: Config, fixed: Iterable[str], letters: Iterable[Sequence[Page]]) -> bytes:
    """Return the sitemap: each page once a language, a letter's with the day of its last count."""
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    made = ET.Element(f"{{{SITEMAP}}}urlset")
    for here in fixed:
        _add(made, config.url, alternates(here), None)
    for editions in letters:
        changed = editions[0].as_of or editions[0].view.opened
        _add(made, config.url, editions[0].languages, changed[:10] if changed else None)
    written: bytes = ET.tostring(made, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add(parent: ET.Element, url: str, languages: Alternates, changed: str | None) -> None:
    for _, _, path in languages:
        entry = ET.SubElement(parent, f"{{{SITEMAP}}}url")
        ET.SubElement(entry, f"{{{SITEMAP}}}loc").text = url + path
        if changed:
            ET.SubElement(entry, f"{{{SITEMAP}}}lastmod").text = changed
        for tag, _, other in languages:
            ET.SubElement(entry, f"{{{XHTML}}}link", {"rel": "alternate", "hreflang": tag, "href": url + other})
