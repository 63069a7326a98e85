"""What script a page loads, read so strictly that no browser can read it otherwise (`docs/protocol.md`, section 6).

Browsers forgive everything, so a page could hold script that a lenient parser of ours overlooks. This one reads only
pages in a plain form: UTF-8, no comments, every `<` the beginning of a tag with attributes in double quotes. Script
and all else that could bring script along is looked for everywhere, also where a browser would take it for text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from undersigned.errors import Malformed, Refused

_DOCTYPE: Final = "<!doctype html>"
_BEGIN: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_ATTRIBUTE: Final = re.compile(r'[ \n\t]+([a-zA-Z][a-zA-Z0-9:_-]*)(?:="([^"<>]*)")?')
_END: Final = re.compile(r"[ \n\t]*/?>")
#: No control character, and nothing by which a browser could take the octets for another character set.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff]")
_REFERENCE: Final = re.compile(r"&(?:#([0-9]{1,7});|#[xX]([0-9a-fA-F]{1,6});|([a-zA-Z][a-zA-Z0-9]*;?)|#)")
_NAMED: Final = {"amp;": "&", "apos;": "'", "gt;": ">", "lt;": "<", "quot;": '"'}
_INVISIBLE: Final = re.compile(r"[\x00-\x20]")
_MOST: Final = 0x10FFFF

#: Elements that load a page into this one, or move it to another address, or change attributes later.
_REFUSED: Final = frozenset((
    "animate", "animatemotion", "animatetransform", "applet", "base", "embed", "fencedframe", "frame", "frameset",
    "iframe", "object", "portal", "set",
))  # fmt: skip
#: What a `link` may be for besides loading script.
_LINKS: Final = frozenset((
    "alternate", "author", "canonical", "help", "icon", "license", "manifest", "me", "next", "prev", "preload",
    "search", "stylesheet",
))  # fmt: skip
_PRELOADS: Final = frozenset(("font", "image", "style"))
_POLICY: Final = "content-security-policy"
_TYPES: Final = (None, "module", "text/javascript")


@dataclass(frozen=True, slots=True)
class Script:
    """A script that a page loads: its address as written, and what the page says of its content."""

    source: str
    integrity: str


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    attributes: Mapping[str, str]


def scripts(page: bytes) -> list[Script]:
    """Return the scripts that an HTML page loads.

    Raises: `Malformed` for a page that is not in the plain form, `Refused` for one that holds script itself, or that
    could come by script in any other way than by loading a file whose digest it names.
    """
    found = []
    for tag in _tags(_text(page)):
        _refuse(tag)
        if tag.name == "script":
            found.append(_script(tag))
        elif tag.name == "link":
            found.extend(_link(tag))
    return found


def _text(page: bytes) -> str:
    try:
        text = page.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _other_form("it is not UTF-8") from error
    if _CONTROL.search(text):
        raise _other_form("it holds control characters")
    return text


def _other_form(why: str) -> Malformed:
    return Malformed(
        "page-form", f"It is not in the plain form in which one can see for sure what script it loads: {why}."
    )


def _tags(text: str) -> Iterator[_Tag]:
    """All tags that begin an element, also those that a browser may take for text."""
    at = text.find("<")
    while at >= 0:
        if text[at : at + len(_DOCTYPE)].lower() == _DOCTYPE:
            at = text.find("<", at + 1)
            continue
        begin = _BEGIN.match(text, at)
        if begin is None:
            raise _other_form("a < begins no tag")
        attributes: dict[str, str] = {}
        end = begin.end()
        while each := _ATTRIBUTE.match(text, end):
            name = each[1].lower()
            if name in attributes:
                raise _other_form("a tag has an attribute twice")
            attributes[name] = _unescaped(each[2] or "")
            end = each.end()
        closed = _END.match(text, end)
        if closed is None:
            raise _other_form("a tag is written in another way")
        if not begin[1]:
            yield _Tag(begin[2].lower(), attributes)
        at = text.find("<", closed.end())


def _unescaped(value: str) -> str:
    def one(reference: re.Match[str]) -> str:
        decimal, hexadecimal, name = reference.groups()
        number = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else None
        if number is not None and 0 < number <= _MOST:
            return chr(number)
        if name in _NAMED:
            return _NAMED[name]
        raise _other_form("an attribute holds an unusual character reference")

    return _REFERENCE.sub(one, value)


def _refuse(tag: _Tag) -> None:
    if tag.name in _REFUSED:
        raise Refused("page-element", f"It has an element “{tag.name}”, by which other pages or script can come in.")
    for name, value in tag.attributes.items():
        if name.startswith("on") or name in {"srcdoc", "formaction", "nonce"}:
            raise Refused("page-script", f"It has an attribute “{name}”, which can hold script.")
        if "javascript:" in _INVISIBLE.sub("", value).lower():
            raise Refused("page-script", "It has an address that is script.")
    if tag.name == "meta" and tag.attributes.get("http-equiv", _POLICY).lower() != _POLICY:
        raise Refused("page-element", "It sends readers elsewhere, or changes how it is read.")


def _script(tag: _Tag) -> Script:
    kind = tag.attributes.get("type")
    if "src" not in tag.attributes or kind not in _TYPES:
        raise Refused("page-script", "It holds script of its own.")
    return _checked(tag, "src")


def _link(tag: _Tag) -> Iterator[Script]:
    for kind in tag.attributes.get("rel", "").lower().split():
        if kind == "modulepreload" or (kind == "preload" and tag.attributes.get("as") not in _PRELOADS):
            yield _checked(tag, "href")
        elif kind not in _LINKS:
            raise Refused("page-element", "It has a link of an unknown kind.")


def _checked(tag: _Tag, where: str) -> Script:
    integrity = tag.attributes.get("integrity")
    if not integrity:
        raise Refused("page-script", "It loads script without saying which: it names no digest.")
    return Script(tag.attributes.get(where, ""), integrity)
