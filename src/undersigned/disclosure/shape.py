"""The one hierarchy over which people are counted, with how many work in each part of it (rule R7).

A part lies in one larger part or in none: two parts never overlap otherwise, or their difference would point at people.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from undersigned.errors import Malformed, Refused
from undersigned.values import code_word, integer, text

#: Parts of parts: a role family and its titles.
LEVELS: Final = 2
MOST_PARTS: Final = 2000
_MOST_PEOPLE: Final = 10**8


@dataclass(frozen=True, slots=True)
class Part:
    """One line that may be printed.

    `within` is the code of the larger part, `workforce` how many people it has at least, with a source; None where
    nobody knows, and then the line is not printed.
    """

    code: str
    label: str
    within: str | None = None
    workforce: int | None = None


@dataclass(frozen=True)
class Shape:
    """A laminar hierarchy of parts, each before those within it."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Check the parts. Raises: `Malformed`."""
        if len(self.parts) > MOST_PARTS:
            raise Malformed("too-many-parts", f"At most {MOST_PARTS:,} roles and titles can be counted.")
        seen: dict[str, Part] = {}
        for part in self.parts:
            self._check(part, seen)
            seen[part.code] = part

    def _check(self, part: Part, seen: Mapping[str, Part]) -> None:
        code_word(part.code)
        text(part.label, limit=120, what="A role")
        if part.code in seen:
            raise Malformed("part-twice", f"“{part.code}” stands in the list twice.")
        if part.workforce is not None:
            integer(part.workforce, least=1, most=_MOST_PEOPLE, what="A workforce")
        if part.within is None:
            return
        larger = seen.get(part.within)
        if larger is None or larger.within is not None:
            raise Malformed("bad-part", f"“{part.code}” lies in “{part.within}”, which is no role family before it.")
        if part.workforce is not None and larger.workforce is not None and part.workforce > larger.workforce:
            raise Malformed("part-larger", f"“{part.code}” has more people than “{part.within}”, in which it lies.")

    @cached_property
    def by_code(self) -> Mapping[str, Part]:
        """Parts by their code."""
        return {part.code: part for part in self.parts}

    @cached_property
    def inside(self) -> Mapping[str, tuple[str, ...]]:
        """Codes of the parts within each part."""
        out: dict[str, list[str]] = {part.code: [] for part in self.parts}
        for part in self.parts:
            if part.within is not None:
                out[part.within].append(part.code)
        return {code: tuple(codes) for code, codes in out.items()}

    def level(self, deep: int) -> Iterator[str]:
        """Codes of all parts at a depth: 0 families, 1 titles. None of them overlap."""
        return (part.code for part in self.parts if (part.within is not None) == bool(deep))

    def whole(self, own: Mapping[str, int]) -> dict[str, int]:
        """Add up: from those who are in a part and in none within it, to those who are in it at all."""
        return {code: own.get(code, 0) + sum(own.get(each, 0) for each in self.inside[code]) for code in self.by_code}


def laminar(regions: Mapping[str, Collection[str]], workforce: Mapping[str, int]) -> Shape:
    """Make a shape of regions that are given as sets of the smallest ones.

    Raises: `Refused` for regions that overlap without one lying in the other, `Malformed` for a third level.
    """
    sets = {code: frozenset(members) for code, members in regions.items()}
    order = sorted(sets, key=lambda code: (-len(sets[code]), code))
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            common = sets[one] & sets[other]
            if common and common != sets[other]:
                raise Refused("overlap", f"“{one}” and “{other}” overlap: their difference would point at people.")
            if sets[one] == sets[other]:
                raise Refused("overlap", f"“{one}” and “{other}” are the same people under two names.")
    around = {code: [each for each in order if sets[code] < sets[each]] for code in order}
    return Shape(
        tuple(Part(code, code, around[code][-1] if around[code] else None, workforce.get(code)) for code in order)
    )
