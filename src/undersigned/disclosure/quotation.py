"""A quotation's attribution is a line too (rule R10): at most two attributes, said of at least fifty people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from undersigned.errors import Refused

MOST_ATTRIBUTES: Final = 2
LEAST_PEOPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Attribution:
    """How somebody who is quoted would be described: the attributes, and how many people they fit at least.

    `people` is None where nobody knows.
    """

    attributes: tuple[str, ...]
    people: int | None


def check(attribution: Attribution) -> None:
    """Check an attribution. Raises: `Refused` with the reason."""
    if len(attribution.attributes) > MOST_ATTRIBUTES:
        raise Refused(
            "attribution-fine", "A quotation names at most two things of who said it. With more, few are left."
        )
    if attribution.people is None:
        raise Refused("attribution-unknown", "Nobody knows how many people this fits. Say less of who said it.")
    if attribution.people < LEAST_PEOPLE:
        raise Refused("attribution-small", "Fewer than 50 people fit this. Say less of who said it.")


def widest_that_passes(choices: Sequence[Attribution]) -> Attribution | None:
    """Return the first attribution that passes, of some from the finest to the widest; None where none does."""
    for each in choices:
        try:
            check(each)
        except Refused:
            continue
        return each
    return None
