"""The ring of signatories: spokes around a letter's title, as sailors signed so that nobody came first.

A spoke is drawn from the SHA-256 of a pseudonym's 48 octets and from nothing else: the angle from its first four
octets (as a part of the turn, clockwise from the top), the length from the next two, the weight from the next one.
So whoever has the public log draws the same figure, in whatever order the signatures came, and a spoke keeps its
place when others join.

A spoke is a needle: widest at the inner circle, nearly a point at its end. Up to `SINGLE` signatures each has one.
Beyond, the spokes of each of `SECTORS` sectors are laid side by side into one, about as wide at each distance as they
are together, and its area is exactly the sum of theirs.

Only signatures that stand are drawn. Who compares two figures learns what the log says anyway: which marks came,
and which were taken back.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin, sqrt
from typing import Final

from undersigned.drawing.svg import element, lines, picture, words

#: Side of the square in which the ring is drawn; its centre is at half of it.
SIDE: Final = 10_000
INNER: Final = 2_150
OUTER: Final = 4_950
#: Radius and width of the line around the heading.
CIRCLE: Final = (2_060, 11)
#: Pixels that it takes where nobody says otherwise.
SHOWN: Final = (640, 640)
#: The shortest spoke, as a part of the longest.
SHORTEST: Final = 0.16
SINGLE: Final = 1_100
SECTORS: Final = 360
#: The lightest spoke, in parts of the mean one.
LIGHTEST: Final = 0.5
#: Of the inner circle, the part that all spokes would cover side by side, were they not wider there.
COVERED: Final = 0.5
#: The mean width at most, half way out: few spokes stay lines.
WIDEST: Final = 44.0
#: A needle's width at its root and at its end, in parts of its mean width: an end of no width would not be printed.
ROOT: Final = 1.7
END: Final = 0.3
#: Where a needle of many has its corners, in parts of the way out.
_CORNERS: Final = (0.0, 0.35, 0.65)
_FAMILY: Final = "'Source Serif 4', 'Source Serif Pro', 'Iowan Old Style', Palatino, Georgia, 'Noto Serif', serif"

Point = tuple[float, float]
Outline = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Spoke:
    """One signature: `angle` in turns from the top, `reach` from 0 (the inner circle) to 1, `weight` around 1."""

    angle: float
    reach: float
    weight: float

    @classmethod
    def of(cls, pseudonym: bytes) -> "Spoke":
        """Return a pseudonym's spoke, which is the same in every figure."""
        octets = hashlib.sha256(pseudonym).digest()
        return cls(
            angle=int.from_bytes(octets[:4], "big") / 2**32,
            reach=SHORTEST + (1 - SHORTEST) * sqrt(int.from_bytes(octets[4:6], "big") / 0xFFFF),
            weight=LIGHTEST + 2 * (1 - LIGHTEST) * octets[6] / 0xFF,
        )

    @property
    def ink(self) -> float:
        """Return what it takes of the figure's area, in parts of the longest spoke of mean weight."""
        return self.reach * self.weight


@dataclass(frozen=True, slots=True)
class Ring:
    """A figure: of how many signatures, and its needles as closed outlines."""

    count: int
    needles: Sequence[Outline]


def ring(pseudonyms: Iterable[bytes]) -> Ring:
    """Return the figure of a set of pseudonyms, whose order does not matter."""
    spokes = sorted((Spoke.of(each) for each in set(pseudonyms)), key=lambda spoke: (spoke.angle, spoke.reach))
    width = unit(len(spokes))
    if len(spokes) <= SINGLE:
        return Ring(len(spokes), [_needle(each.angle, _sides(each), width) for each in spokes])
    sectors: list[list[Spoke]] = [[] for _ in range(SECTORS)]
    for each in spokes:
        sectors[int(each.angle * SECTORS)].append(each)
    return Ring(len(spokes), [_together(sector, width) for sector in sectors if sector])


def unit(count: int) -> float:
    """Return the mean width of a spoke: the whole stays about as dark, whether a thousand signed or more."""
    return min(WIDEST, COVERED * 2 * pi * INNER / max(count, 1))


def _sides(spoke: Spoke) -> Sequence[tuple[float, float]]:
    return [(0.0, _breadth(spoke, 0.0)), (spoke.reach, _breadth(spoke, spoke.reach))]


def _breadth(spoke: Spoke, at: float) -> float:
    """Return how broad a spoke is at a distance, in mean widths; nothing beyond its end."""
    return spoke.weight * (ROOT + (END - ROOT) * at / spoke.reach) if at <= spoke.reach else 0.0


def _together(spokes: Sequence[Spoke], width: float) -> Outline:
    """Return spokes side by side as one needle, on their mean angle, with exactly their area."""
    end = max(each.reach for each in spokes)
    sides = [(at, sum(_breadth(each, at) for each in spokes)) for at in _CORNERS if at < end]
    sides.append((end, min(sides[-1][1], sides[0][1] * END / ROOT)))
    drawn = sum((b - a) * (wide + narrow) / 2 for (a, wide), (b, narrow) in pairwise(sides))
    scale = sum(each.ink for each in spokes) / drawn
    angle = sum(each.angle for each in spokes) / len(spokes)
    return _needle(angle, [(at, wide * scale) for at, wide in sides], width)


def _needle(angle: float, sides: Sequence[tuple[float, float]], width: float) -> Outline:
    """Return the outline along an angle: `sides` are pairs of distance and breadth, both in parts."""
    turned = 2 * pi * angle
    along, across = (sin(turned), -cos(turned)), (cos(turned), sin(turned))

    def point(at: float, aside: float) -> Point:
        radius = INNER + (OUTER - INNER) * at
        return SIDE / 2 + radius * along[0] + aside * across[0], SIDE / 2 + radius * along[1] + aside * across[1]

    left = [point(at, -wide * width / 2) for at, wide in sides]
    right = [point(at, wide * width / 2) for at, wide in reversed(sides)]
    return [*left, *right]


def area(outline: Outline) -> float:
    """Return the area of a closed outline."""
    around = [*outline, outline[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(around))) / 2


# ── as SVG ──


def svg(
    figure: Ring, heading: str, *, title: str, description: str, language: str, heading_language: str | None = None
) -> bytes:
    """Return the ring around `heading`, at most 40 KB whatever the number. `title` and `description` name it."""
    radius, stroke = CIRCLE
    middle = SIDE // 2
    content = [
        element(
            "circle",
            {"cx": middle, "cy": middle, "r": radius, "stroke": "currentColor", "stroke-width": stroke, "fill": "none"},
        ),
        *_heading(heading, heading_language or language),
    ]
    if figure.needles:
        path = "".join(map(_outline, figure.needles))
        content.append(element("path", {"d": path, "fill": "currentColor"}))
    return picture((SIDE, SIDE), title=title, description=description, language=language, content=content, shown=SHOWN)


def _pair(x: int, y: int) -> str:
    return f"{x}{y}" if y < 0 else f"{x} {y}"


def _outline(points: Outline) -> str:
    """Write a closed outline, each point from the one before."""
    whole = [(round(x), round(y)) for x, y in points]
    moves = [_pair(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(whole)]
    joined = moves[0] + "".join(each if each.startswith("-") else f" {each}" for each in moves[1:])
    return f"M{_pair(*whole[0])}l{joined}z"


def _heading(text: str, language: str) -> Sequence[str]:
    """Set a heading into the inner circle: the fewer lines, the larger."""
    if not text:
        return []
    size, broken = fitted(text)
    leading = 1.2 * size
    top = SIDE / 2 - leading * (len(broken) - 1) / 2 + 0.34 * size
    spans = [
        element("tspan", {"x": SIDE // 2, "y": round(top + leading * row)}, words(line))
        for row, line in enumerate(broken)
    ]
    style = {"font-family": _FAMILY, "font-size": round(size), "text-anchor": "middle", "fill": "currentColor"}
    style |= {"lang": language, "xml:lang": language}
    return [element("text", style, *spans)]


#: Width of a character in parts of the type's size, on average, and somewhat more: the fonts are the reader's own.
_CHARACTER: Final = 0.53
_WITHIN: Final = 0.9 * INNER
#: Characters of the longest line, and lines: a title of some hundred characters is cut.
_LONGEST: Final = 20
_MOST: Final = 6


def fitted(text: str) -> tuple[float, Sequence[str]]:
    """Return the type's size and the lines with which a heading fills the inner circle without touching it."""
    best: tuple[float, Sequence[str]] = (0.0, [])
    for width in range(8, _LONGEST + 1):
        broken = lines(text, width, _MOST)
        if len(" ".join(broken)) < len(text) and width < _LONGEST:
            continue
        size = _largest(broken)
        if size > best[0]:
            best = size, broken
    return best


def _largest(broken: Sequence[str]) -> float:
    """Return the size at which each line's corners lie within the circle."""
    rows = len(broken)
    corners = [
        hypot(len(line) * _CHARACTER / 2, 1.2 * abs(row - (rows - 1) / 2) + 0.5) for row, line in enumerate(broken)
    ]
    return min(600.0, _WITHIN / max(corners))
