"""The ring of a letter: its size in octets and the time that it takes, for few, some and many signatures."""

import hashlib
import sys
import time
from pathlib import Path

from harness import Figure, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from undersigned.drawing import ring
from undersigned.web.image import Drawing, image

#: What stands in the design: octets of the SVG at any number.
MOST = 40_000
TITLE = "Who answers for the machines"


def marks(count: int) -> list[bytes]:
    """Pseudonyms as good as any: their hashes are what is drawn."""
    return [hashlib.shake_256(str(number).encode()).digest(48) for number in range(count)]


def measured(count: int) -> list[Figure]:
    """Draw one ring as SVG and as image."""
    pseudonyms = marks(count)
    start = time.process_time()
    figure = ring.ring(pseudonyms)
    svg = ring.svg(figure, TITLE, title="A ring", description="Of lines.", language="en")
    middle = time.process_time()
    png = image(Drawing(figure), title=TITLE, count=f"{count:,} people had signed.", source="The log.")
    end = time.process_time()
    return [
        Figure(f"SVG of {count:,}", len(svg), "octets", at_most=MOST),
        Figure(f"SVG of {count:,}, time", middle - start, "s of processor", at_most=3),
        Figure(f"image of {count:,}", len(png), "octets", at_most=300_000),
        Figure(f"image of {count:,}, time", end - middle, "s of processor", at_most=5),
    ]


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    figures = [each for count in (0, 50, 1_039, ring.SINGLE, ring.SINGLE + 1, 50_000) for each in measured(count)]
    return report("ring", figures, options, not_measured=[])


if __name__ == "__main__":
    sys.exit(main())
