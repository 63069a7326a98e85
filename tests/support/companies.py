"""Simulated companies: heavy-tailed families and titles, two planted teams, and signatures that come over time."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from undersigned.disclosure.history import Cut
from undersigned.disclosure.shape import Part, Shape

START = date(2026, 12, 1)
#: Of those who sign, how many tell their family, and a title of the list.
TELL_FAMILY, TELL_TITLE = 0.97, 0.9
ALL_OF_TWELVE, MOST_OF_TWENTY_FIVE = "team-of-12", "team-of-25"


@dataclass(frozen=True)
class Company:
    """A shape, its workforce, and for each release the exact cut."""

    shape: Shape
    workforce: int
    cuts: tuple[Cut, ...]


def company(signatories: int, releases: int, seed: int, *, families: int = 9, share: float = 0.08) -> Company:
    """Make a company of which about `share` of all people sign in the end, `signatories` in all."""
    dice = Random(seed)
    workforce = int(signatories / share)
    parts: list[Part] = []
    weights: dict[str, float] = {}
    sizes = [1 / (rank + 1) for rank in range(families)]
    for rank, size in enumerate(sizes):
        family, people = f"family-{rank}", int(workforce * size / sum(sizes))
        parts.append(Part(family, family, None, people))
        titles = [1 / (place + 1) ** 1.3 for place in range(dice.randint(4, 9))]
        for place, each in enumerate(titles):
            title, staff = f"{family}-title-{place}", int(people * each / sum(titles))
            parts.append(Part(title, title, family, staff or None))
            weights[title] = staff * dice.uniform(0.5, 1.5)
    parts.append(Part(ALL_OF_TWELVE, ALL_OF_TWELVE, "family-0", 12))
    parts.append(Part(MOST_OF_TWENTY_FIVE, MOST_OF_TWENTY_FIVE, "family-1", 25))
    return Company(Shape(tuple(parts)), workforce, tuple(_cuts(signatories, releases, weights, parts, dice)))


def _cuts(signatories: int, releases: int, weights: dict[str, float], parts: list[Part], dice: Random) -> list[Cut]:
    within = {part.code: part.within for part in parts}
    planted = [ALL_OF_TWELVE] * 12 + [MOST_OF_TWENTY_FIVE] * 20
    people = planted + dice.choices(list(weights), list(weights.values()), k=max(0, signatories - len(planted)))
    dice.shuffle(people)
    said = [_told(title, within[title] or title, dice) for title in people]
    # Most come at first, some later: each release sees a few more.
    shares = [1 - 0.55 ** (place + 1) for place in range(releases)]
    cuts = []
    for place, share in enumerate(shares):
        here = said[: int(len(said) * share / shares[-1])]
        own: dict[str, int] = {}
        for code in here:
            if code is not None:
                own[code] = own.get(code, 0) + 1
        cuts.append(Cut((START + timedelta(days=28 * place)).isoformat(), len(here), 0, own))
    return cuts


def _told(title: str, family: str, dice: Random) -> str | None:
    lot = dice.random()
    return title if lot < TELL_TITLE else family if lot < TELL_FAMILY else None
