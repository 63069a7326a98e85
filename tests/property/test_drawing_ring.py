"""The ring: whoever has the same marks draws the same figure, at any number, and it says nothing but that."""

import hashlib
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undersigned.drawing import ring
from undersigned.drawing.card import card
from undersigned.drawing.svg import element, lines

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "Who answers for the machines"
LONG = "An open letter to the board about working groups, incidents and the figures that were promised in 2025, twice"
SIZES = (0, 1, 10, 50, 1_039, ring.SINGLE, ring.SINGLE + 1, 5_000, 50_000)


def marks(count: int, seed: str = "a") -> list[bytes]:
    return [hashlib.shake_256(f"{seed} {number}".encode()).digest(48) for number in range(count)]


def drawn(figure: ring.Ring, heading: str = TITLE) -> bytes:
    return ring.svg(figure, heading, title="A ring", description="Of lines.", language="en")


def ink(spokes: Sequence[ring.Spoke]) -> float:
    """What the spokes would cover, each drawn alone."""
    return sum(each.ink for each in spokes) * ring.unit(len(spokes)) * (ring.OUTER - ring.INNER)


@given(st.sets(st.binary(min_size=48, max_size=48), max_size=40), st.randoms())
def test_the_figure_does_not_depend_on_the_order(pseudonyms: set[bytes], dice: random.Random) -> None:
    ordered = sorted(pseudonyms)
    mixed = [*ordered, *ordered[:3]]
    dice.shuffle(mixed)
    assert drawn(ring.ring(mixed)) == drawn(ring.ring(ordered))


def test_the_figure_does_not_depend_on_the_order_when_there_are_many() -> None:
    many = marks(5_000)
    assert drawn(ring.ring(many)) == drawn(ring.ring(reversed(many)))


def test_another_mark_is_another_figure() -> None:
    assert drawn(ring.ring(marks(50))) != drawn(ring.ring(marks(50, "b")))
    assert drawn(ring.ring(marks(5_000))) != drawn(ring.ring(marks(5_001)))


def test_a_spoke_is_what_the_page_says_of_it() -> None:
    octets = hashlib.sha256(b"p" * 48).digest()
    spoke = ring.Spoke.of(b"p" * 48)
    assert spoke.angle == int.from_bytes(octets[:4], "big") / 2**32
    assert 0 <= spoke.angle < 1
    assert ring.SHORTEST <= spoke.reach <= 1
    assert ring.LIGHTEST <= spoke.weight <= 2 - ring.LIGHTEST


def test_a_spoke_keeps_its_place_when_others_join() -> None:
    """Its angle and reach: the figure of ten is in the figure of eleven, but for the weight of all."""
    ten, eleven = (
        {(round(outline[0][0] + outline[-1][0]), round(outline[1][0] + outline[2][0])) for outline in figure.needles}
        for figure in (ring.ring(marks(10)), ring.ring(marks(11)))
    )
    assert ten < eleven


@pytest.mark.parametrize("count", SIZES)
def test_the_figure_is_small_whole_and_within_its_square(count: int) -> None:
    figure = ring.ring(marks(count))
    assert figure.count == count
    taken = {int(ring.Spoke.of(each).angle * ring.SECTORS) for each in marks(count)}
    assert len(figure.needles) == (count if count <= ring.SINGLE else len(taken))
    octets = drawn(figure, LONG)
    assert len(octets) <= 40_000
    middle = ring.SIDE / 2
    for outline in figure.needles:
        for x, y in outline:
            assert ring.INNER - 20 <= hypot(x - middle, y - middle) <= middle
    tree = ET.fromstring(octets)
    assert tree.get("viewBox") == f"0 0 {ring.SIDE} {ring.SIDE}"
    paths = tree.findall(f".//{SVG}path")
    assert len(paths) == (1 if count else 0)


@pytest.mark.parametrize("count", [1, 50, ring.SINGLE, ring.SINGLE + 1, 5_000, 20_000])
def test_the_area_is_true(count: int) -> None:
    """Laid side by side, spokes cover what they covered each alone: all of them, and those of one sector."""
    pseudonyms = marks(count)
    figure = ring.ring(pseudonyms)
    spokes = [ring.Spoke.of(each) for each in pseudonyms]
    assert sum(map(ring.area, figure.needles)) == pytest.approx(ink(spokes), rel=1e-9)
    if count > ring.SINGLE:
        first = [each for each in spokes if each.angle < 1 / ring.SECTORS]
        share = sum(each.ink for each in first) / sum(each.ink for each in spokes)
        assert ring.area(figure.needles[0]) == pytest.approx(share * ink(spokes), rel=1e-9)


@pytest.mark.parametrize("count", [50, 1_039, 50_000])
def test_what_is_written_is_what_was_drawn(count: int) -> None:
    """Whole numbers are exact enough: the written outlines cover what the drawn ones do."""
    figure = ring.ring(marks(count))
    path = ET.fromstring(drawn(figure)).find(f".//{SVG}path")
    assert path is not None
    total = 0.0
    for part in str(path.get("d")).split("z")[:-1]:
        start, moves = part[1:].split("l")
        numbers = [int(each) for each in re.findall(r"-?\d+", moves)]
        x, y = (int(each) for each in re.findall(r"-?\d+", start))
        outline = [(float(x), float(y))]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            outline.append((float(x), float(y)))
        total += ring.area(outline)
    assert total == pytest.approx(sum(map(ring.area, figure.needles)), rel=0.02)


def test_a_needle_gets_no_wider_outwards() -> None:
    for outline in ring.ring(marks(30_000)).needles:
        half = len(outline) // 2
        widths = [
            hypot(outline[at][0] - outline[-1 - at][0], outline[at][1] - outline[-1 - at][1]) for at in range(half)
        ]
        assert widths == sorted(widths, reverse=True)


def test_a_picture_has_a_name_one_colour_and_nothing_that_runs_or_loads() -> None:
    text = drawn(ring.ring(marks(50)), "A <letter> & “more”").decode()
    assert '<title id="title">A ring</title><desc id="description">Of lines.</desc>' in text
    assert 'role="img" aria-labelledby="title" aria-describedby="description" lang="en"' in text
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', text)) == {"currentColor", "none"}
    assert not re.search(r"<style|<script|style=|href|url\(|\son[a-z]+=", text)
    assert "&lt;letter&gt;" in text
    assert "<letter>" not in text


@pytest.mark.parametrize("bad", ["onclick", "style", "href", "xlink:href", "onLoad"])
def test_an_attribute_that_acts_cannot_be_drawn(bad: str) -> None:
    with pytest.raises(ValueError, match=bad):
        element("path", {bad: "x"})
    with pytest.raises(ValueError, match="script"):
        element("script", {})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]) | st.just(" "), max_size=200))
def test_any_heading_fits_into_the_circle(text: str) -> None:
    size, broken = ring.fitted(text) if text.split() else (0.0, [])
    assert len(broken) <= 6
    assert all(len(each) <= 20 for each in broken)
    assert size <= 600


def test_a_heading_is_whole_or_shows_that_it_was_cut() -> None:
    assert " ".join(ring.fitted(TITLE)[1]) == TITLE
    assert ring.fitted(LONG + " and more of it")[1][-1].endswith("…")
    assert lines("Donaudampfschifffahrtsgesellschaft", 12, 4) == ["Donaudampfs‐", "chifffahrts‐", "gesellschaft"]


def test_a_card_reads_out_title_and_count() -> None:
    made = card(
        title="On <machines>", count="12 people had signed.", source="The log.", description="Of 400.", language="en"
    )
    tree = ET.fromstring(made)
    assert tree.findtext(f"{SVG}title") == "On <machines>. 12 people had signed."
    assert tree.findtext(f"{SVG}desc") == "Of 400."
    assert "".join(tree.itertext()).count("12 people had signed.") == 2
    assert int(tree.get("width", "0")) == 480
