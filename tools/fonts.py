"""Makes the packed fonts again from two npm packages, of which one is Adobe's own release.

    npm pack source-serif@4.5.1 @fontsource-variable/source-sans-3@5.3.0    # then unpack both
    python tools/fonts.py SERIF_FOLDER SANS_FOLDER                          # needs fonttools[woff]

The packages are needed for this alone; what comes out stands in the repository as package data. The serif comes from
`source-serif`, since the one of Fontsource lacks old-style figures. Subsets are changed fonts, and the licence (SIL
OFL 1.1) keeps the name “Source” for unchanged ones: so ours are called Undersigned Serif and Undersigned Sans.
"""

import argparse
import shutil
from pathlib import Path
from typing import Final

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

OUT: Final = Path(__file__).parent.parent / "src" / "undersigned" / "web" / "assets"
#: Latin-1 and Latin Extended-A, for names; the punctuation, spaces, currency and signs of European text.
LATIN: Final = (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x218, 0x21C), 0x1E9E)
SIGNS: Final = (
    *(0x2002, 0x2009, 0x200A, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E),
    *(0x2020, 0x2022, 0x2026, 0x202F, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2190, 0x2192, 0x2212, 0x2248, 0x2265),
)
#: No small capitals and no alternates: only what the style sheet asks for, and what languages need.
FEATURES: Final = ("kern", "liga", "locl", "ccmp", "mark", "mkmk", "onum", "lnum", "pnum", "tnum")
#: Date in the files' head, seconds since 1904, so that the same input gives the same octets.
MADE: Final = 3_850_000_000

#: Name records beyond this one are what axes and styles are called.
LAST_FIXED: Final = 255
#: File made, family, which package, file in it, axes.
FACES: Final = (
    ("serif", "Undersigned Serif", "serif", "VAR/SourceSerif4Variable-Roman.ttf", {"wght": (400, 600), "opsz": 16}),
    ("serif-italic", "Undersigned Serif", "serif", "VAR/SourceSerif4Variable-Italic.ttf", {"wght": 400, "opsz": 16}),
    ("sans", "Undersigned Sans", "sans", "files/source-sans-3-latin-wght-normal.woff2", {"wght": 400}),
)


def main() -> None:
    """Write all faces and the licences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("serif", type=Path, help="the unpacked package source-serif")
    parser.add_argument("sans", type=Path, help="the unpacked package @fontsource-variable/source-sans-3")
    given = parser.parse_args()
    for name, family, package, file, axes in FACES:
        path = OUT / f"{name}.woff2"
        make(getattr(given, package) / file, family, axes).save(path)
        print(f"{path.name} {path.stat().st_size:,} octets")
    shutil.copyfile(given.serif / "LICENSE.md", OUT / "serif-license.txt")
    shutil.copyfile(given.sans / "LICENSE", OUT / "sans-license.txt")


def make(source: Path, family: str, axes: dict[str, object]) -> TTFont:
    """Return the subset of a font on the axes given, under its new family name."""
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.layout_features = list(FEATURES)
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.name_languages = [0x409]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LATIN + SIGNS)
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, axes)
    if "fvar" in font:
        font["fvar"].instances = []
    _rename(font, family)
    font["head"].modified = font["head"].created = MADE
    font.flavor = "woff2"
    return font


def _rename(font: TTFont, family: str) -> None:
    style = "Italic" if "Italic" in (font["name"].getDebugName(6) or "") else "Regular"
    ours = {
        1: family,
        2: style,
        3: f"{family} {style}",
        4: f"{family} {style}",
        6: f"{family}-{style}".replace(" ", ""),
    }
    for record in list(font["name"].names):
        if record.nameID in {16, 17} or ("Source" in record.toUnicode() and record.nameID > LAST_FIXED):
            font["name"].removeNames(nameID=record.nameID)
        elif record.nameID in ours:
            record.string = ours[record.nameID]


if __name__ == "__main__":
    main()
