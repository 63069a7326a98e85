"""SVG with a title and a description, without a style or a script: what our policy lets a page show.

One colour: the picture is drawn in `currentColor`, which is the ink given unless whoever includes it says otherwise.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

INK: Final = "#1c1a17"
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
#: What an attribute may be called: nothing that runs (`on…`), styles, or loads.
_PLAIN: Final = re.compile(r"(?!on|style|href|xlink)[a-z][a-zA-Z]*(?:[-:][a-z]+)*")
_ELEMENTS: Final = frozenset({"circle", "g", "line", "path", "polygon", "rect", "text", "tspan"})


def element(name: str, attributes: Mapping[str, object], *content: str) -> str:
    """Return an element; `content` is markup already, see `words`. Numbers are written as short as they are.

    Raises: `ValueError` for an element or attribute that no picture of ours needs.
    """
    if name not in _ELEMENTS:
        raise ValueError(name)
    for each in attributes:
        if not _PLAIN.fullmatch(each):
            raise ValueError(each)
    given = "".join(f" {key}={quoteattr(written(value))}" for key, value in attributes.items())
    return f"<{name}{given}>{''.join(content)}</{name}>" if content else f"<{name}{given}/>"


def words(text: str) -> str:
    """Return text as markup."""
    return escape(text)


def written(value: object) -> str:
    """Write an attribute's value: a float with two decimals at most and no zeros at its end."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def picture(
    size: tuple[int, int],
    *,
    title: str,
    description: str,
    language: str,
    content: Iterable[str],
    ink: str = INK,
    shown: tuple[int, int] | None = None,
) -> bytes:
    """Return a whole file of that width and height; `title` is read out as its name, `description` after it.

    `shown` is how large it is where nobody says otherwise.
    """
    root = {
        "xmlns": _NAMESPACE,
        "viewBox": f"0 0 {size[0]} {size[1]}",
        "width": (shown or size)[0],
        "height": (shown or size)[1],
        "role": "img",
        "aria-labelledby": "title",
        "aria-describedby": "description",
        "lang": language,
        "xml:lang": language,
        "color": ink,
    }
    opened = "".join(f" {key}={quoteattr(str(value))}" for key, value in root.items())
    named = f'<title id="title">{escape(title)}</title><desc id="description">{escape(description)}</desc>'
    return f"<svg{opened}>{named}{''.join(content)}</svg>\n".encode()


def lines(text: str, width: int, most: int) -> Sequence[str]:
    """Break a short text into at most `most` lines of about `width` characters, all about as long as each other.

    What does not fit is cut at a word, or within a word that is longer than a line, and the cut is shown.
    """
    broken: list[str] = []
    for word in text.split():
        while len(word) > width:
            broken.append(word[: width - 1] + "\N{HYPHEN}")
            word = word[width - 1 :]  # noqa: PLW2901 - the rest of the same word
        if broken and len(broken[-1]) + 1 + len(word) <= width and not broken[-1].endswith("\N{HYPHEN}"):
            broken[-1] += " " + word
        else:
            broken.append(word)
    if len(broken) > most:
        return [*broken[: most - 1], broken[most - 1][: width - 1].rstrip() + "…"]
    return broken
