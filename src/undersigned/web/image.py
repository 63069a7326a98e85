"""The image for sharing: a letter's ring, its title and its count, 1200 × 630, drawn without a browser.

Pillow draws the ring's own outlines and the words, in the packed fonts, several times as large and makes them smaller.
The same input gives the same octets, and an image that is there already is not drawn again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont, __version__
from PIL.PngImagePlugin import PngInfo

from undersigned.drawing.ring import CIRCLE, SIDE, Ring
from undersigned.web.render import asset

SIZE: Final = (1200, 630)
#: Largest file that is written.
MOST: Final = 300_000
_PAPER: Final = (0xFD, 0xFC, 0xF9)
_INK: Final = (0x1C, 0x1A, 0x17)
_SHADES: Final = 32
#: How much larger ring and words are drawn.
_FINE: Final = 8
_LARGER: Final = 4
_RING: Final = 570
_EDGE: Final = 30
_LEFT: Final = _EDGE + _RING + 40
_RIGHT: Final = SIZE[0] - 56
_KEY: Final = "Drawn-From"
_FONTS: Final = {"serif": "serif.woff2", "sans": "sans.woff2"}


@dataclass(frozen=True)
class Drawing:
    """A ring, to be used in the images of all languages: its picture is made once, when it is needed."""

    ring: Ring

    @cached_property
    def digest(self) -> str:
        """What the picture is drawn from."""
        return hashlib.sha256(repr(self.ring).encode()).hexdigest()

    @cached_property
    def mask(self) -> Image.Image:
        """The ring in ink, as a mask of `_RING` pixels' side."""
        side = _RING * _FINE
        scale = side / SIDE
        mask = Image.new("L", (side, side), 0)
        draw = ImageDraw.Draw(mask)
        radius, width = CIRCLE
        corners = [(SIDE / 2 - radius) * scale, (SIDE / 2 + radius) * scale]
        draw.ellipse(
            (corners[0], corners[0], corners[1], corners[1]), outline=255, width=max(_FINE, round(width * scale))
        )
        for needle in self.ring.needles:
            draw.polygon([(x * scale, y * scale) for x, y in needle], fill=255)
        return mask.resize((_RING, _RING), Image.Resampling.BOX)


@dataclass(frozen=True, slots=True)
class Line:
    """Text of one style: font, weight, largest and smallest size, lines at most, space above."""

    text: str
    font: str
    weight: int
    sizes: Sequence[int]
    most: int
    above: int


def image(drawing: Drawing, *, title: str, count: str, source: str, before: bytes = b"") -> bytes:
    """Return the image as PNG. A title in letters that the packed fonts lack is left out.

    `before` is the file that is there now: it comes back when it was drawn from the same.
    """
    key = _digest(drawing.digest, title, count, source)
    if key in before[:400]:
        return before
    mask = _written([each for each in _lines(title, count, source) if _can_write(each)])
    mask.paste(drawing.mask, (_EDGE, (SIZE[1] - _RING) // 2))
    shades = mask.point([round(value * (_SHADES - 1) / 255) for value in range(256)])
    shades = Image.frombytes("P", SIZE, shades.tobytes())
    shades.putpalette(_palette())
    about = PngInfo()
    about.add_text(_KEY, key.decode())
    written = BytesIO()
    shades.save(written, "PNG", optimize=True, pnginfo=about, bits=5)
    return written.getvalue()


def _digest(*parts: str) -> bytes:
    fonts = [asset(name).path for name in _FONTS.values()]
    return hashlib.sha256(repr((3, __version__, fonts, parts)).encode()).hexdigest().encode()


def _palette() -> list[int]:
    steps = [each / (_SHADES - 1) for each in range(_SHADES)]
    return [round(paper + (ink - paper) * at) for at in steps for paper, ink in zip(_PAPER, _INK, strict=True)]


def _lines(title: str, count: str, source: str) -> Sequence[Line]:
    return (
        Line(title, "serif", 600, (56, 50, 44, 38, 34, 30), 6, 0),
        Line(count, "serif", 400, (32, 28), 5, 30),
        Line(source, "sans", 400, (22,), 2, 26),
    )


@cache
def _font(name: str, weight: int, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(BytesIO(asset(_FONTS[name]).data), size * _LARGER)
    if name == "serif":
        font.set_variation_by_axes([weight])
    return font


@cache
def _known(name: str, character: str) -> bool:
    font = _font(name, 400, 10)
    return character.isspace() or bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


def _can_write(line: Line) -> bool:
    return all(_known(line.font, each) for each in line.text)


def _written(lines: Sequence[Line]) -> Image.Image:
    """Return the lines in the right half, in the middle of its height."""
    large = Image.new("L", (SIZE[0] * _LARGER, SIZE[1] * _LARGER), 0)
    blocks = [(line, *_fitted(line)) for line in lines]
    height = sum(_LARGER * line.above + _leading(font) * len(broken) for line, font, broken in blocks)
    top = (large.height - height) / 2
    draw = ImageDraw.Draw(large)
    for line, font, broken in blocks:
        top += _LARGER * line.above
        for each in broken:
            draw.text((_LARGER * _LEFT, top), each, font=font, fill=255)
            top += _leading(font)
    return large.resize(SIZE, Image.Resampling.BOX)


def _leading(font: ImageFont.FreeTypeFont) -> float:
    return 1.2 * font.size


def _fitted(line: Line) -> tuple[ImageFont.FreeTypeFont, Sequence[str]]:
    for size in line.sizes:
        font = _font(line.font, line.weight, size)
        broken = _broken(line.text, font)
        if len(broken) <= line.most:
            break
    return font, [*broken[: line.most - 1], broken[line.most - 1] + "…"] if len(broken) > line.most else broken


def _broken(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    broken: list[str] = []
    for word in text.split():
        longer = f"{broken[-1]} {word}" if broken else word
        if broken and _fits(longer, font):
            broken[-1] = longer
        else:
            broken += _within(word, font)
    return broken


def _fits(text: str, font: ImageFont.FreeTypeFont) -> bool:
    return font.getlength(text) <= (_RIGHT - _LEFT) * _LARGER


def _within(word: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break a word that is longer than a line, as a long address can be."""
    parts = [""]
    for character in word:
        if not _fits(parts[-1] + character, font):
            parts.append("")
        parts[-1] += character
    return parts
