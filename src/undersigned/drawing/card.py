"""A card with a letter's title and its count, to be shown in pages elsewhere: one file, system fonts, no script."""

from collections.abc import Sequence
from typing import Final

from undersigned.drawing.svg import element, lines, picture, words

WIDTH: Final = 480
_MARGIN: Final = 24
_PAPER: Final = "#fdfcf9"
_RULE: Final = "#8a857a"
_SERIF: Final = "'Source Serif 4', 'Iowan Old Style', Palatino, Georgia, 'Noto Serif', serif"
_SANS: Final = "'Source Sans 3', system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
#: Family, size, leading, weight, characters that fit on a line, lines at most.
_Style = tuple[str, int, int, int, int, int]
_TITLE: Final[_Style] = (_SERIF, 22, 27, 600, 36, 3)
_COUNT: Final[_Style] = (_SERIF, 18, 25, 400, 46, 5)
_SOURCE: Final[_Style] = (_SANS, 13, 18, 400, 66, 2)


def card(*, title: str, count: str, source: str, description: str, language: str, direction: str = "ltr") -> bytes:
    """Return the card: a letter's title, the sentence of its count, and where that comes from."""
    top = _MARGIN
    content: list[str] = []
    for text, style, space in ((title, _TITLE, 12), (count, _COUNT, 14), (source, _SOURCE, 0)):
        block, top = _set(text, style, top, direction)
        content += block
        top += space
    height = top + _MARGIN - 6
    frame = {"x": 0.5, "y": 0.5, "width": WIDTH - 1, "height": height - 1, "fill": _PAPER, "stroke": _RULE}
    return picture(
        (WIDTH, height),
        title=f"{title}. {count}",
        description=description,
        language=language,
        content=[element("rect", frame), *content],
    )


def _set(text: str, style: _Style, top: int, direction: str) -> tuple[Sequence[str], int]:
    family, size, leading, weight, width, most = style
    broken = lines(text, width, most)
    edge = WIDTH - _MARGIN if direction == "rtl" else _MARGIN
    spans = [
        element("tspan", {"x": edge, "y": top + size + leading * row}, words(line)) for row, line in enumerate(broken)
    ]
    attributes = {"font-family": family, "font-size": size, "font-weight": weight, "fill": "currentColor"}
    if direction == "rtl":
        attributes["direction"] = "rtl"
    return [element("text", attributes, *spans)] if spans else [], top + leading * len(broken)
