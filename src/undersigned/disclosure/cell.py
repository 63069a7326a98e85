"""What one line may say: rules R2, R3 and R4, each figure in people."""

from collections.abc import Callable
from typing import Final

from undersigned.errors import Refused

#: A random whole number from 0 to 9, fresh at each call.
Dice = Callable[[], int]

STEP: Final = 10
#: People a part has at least for every one of them that a line may speak of.
ONE_OF: Final = 4
#: A line that says D was drawn from at most D + SLACK people: nine of rounding and nine of chance.
SLACK: Final = 18
#: A rise of this much could prove that two to nine joined.
_TELLING: Final = 20


def floor10(number: int) -> int:
    """Round down to a multiple of ten, never below zero."""
    return max(0, number) // STEP * STEP


def cap(workforce: int | None) -> int:
    """Return the most that a line may say of a part with so many people at least (R3); 0 where it is unknown."""
    return 0 if workforce is None else floor10(workforce // ONE_OF)


def draw(count: int, workforce: int | None, before: int, dice: Dice) -> int:
    """Return what a line may say of `count` people, where it said `before` last (R2 to R4).

    A line never falls, unless so many withdrew that it would be untrue; then it is drawn as if it were new.
    """
    said = min(floor10(count - dice()), cap(workforce))
    if before > count:
        before = 0
    return before + rise(max(0, said - before))


def rise(by: int) -> int:
    """Return the rise that is printed for one that was drawn: 0, 10, or 30 and more (R4)."""
    return STEP if by == _TELLING else by


def check_crossing(one: int, other: int, total: int, both: int) -> None:
    """Check lines of two tables that are not one hierarchy (R7); at least `both` people at work are in both.

    Raises: `Refused` where they prove that more than one in four of those signed.
    """
    if ONE_OF * max(0, one + other - total) > both:
        raise Refused("tables-cross", "Two tables together would say too much of those who are in both. Publish one.")
