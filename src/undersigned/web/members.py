"""Numbers of members for a round: counted here where the issuer is here, asked of issuers on other machines.

An issuer that is silent, or whose answer is no good, gives none, and only its letters wait. Issuers are asked before
anything of a round is looked at, for all letters that run: neither what is asked nor when says what waits. Who was
silent is asked again a few times soon after, at moments that nobody can foresee and that depend on silence alone.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from undersigned.asking.issuer import PATIENCE, RemoteIssuer
from undersigned.asking.pins import Pin
from undersigned.bootstrap import Instance
from undersigned.errors import Unavailable, UndersignedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from undersigned.protocol.entry import Issued
    from undersigned.protocol.statement import Place

#: Seconds at most until each further try: all in all less than `clock.LATE`, for answers are given that long.
PAUSES: Final = (30, 60, 120, 240, 480)


@dataclass(frozen=True, slots=True)
class Asked:
    """What issuers elsewhere said at a tick, and, by the issuer's name, why one of them gave nothing.

    `silent` are those that may still give something, were they asked again.
    """

    figures: "Sequence[Issued]"
    troubles: "Mapping[str, str]"
    silent: frozenset[str] = frozenset()


def pauses(randbelow: Callable[[int], int] = secrets.randbelow) -> Iterator[float]:
    """Give the seconds until each further try: between half of `PAUSES` and all, so that no flood can aim."""
    for most in PAUSES:
        yield (most * 500 + randbelow(most * 500 + 1)) / 1000


def ask(instance: Instance, tick: str, *, regular: bool, only: "AbstractSet[str] | None" = None) -> Asked:
    """Ask the pinned issuers of letters that run, all at once, or `only` those named. Raises: as `Instance.pins`."""
    wanted = instance.letters.asked(tick, regular=regular)
    if only is not None:
        wanted = {name: places for name, places in wanted.items() if name in only}
    if instance.issuer_side is not None:
        wanted = {name: places for name, places in wanted.items() if name != instance.config.issuer}
    pins = {each.name: each for each in instance.pins().issuers}
    troubles = {name: f"{name} is not pinned here, so nobody can ask it." for name in wanted if name not in pins}
    asked = [(pins[name], wanted[name]) for name in sorted(wanted) if name in pins]
    if not asked:
        return Asked((), troubles)
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda each: _one(instance, each[0], each[1], tick), asked))
    figures: list[Issued] = []
    silent: set[str] = set()
    for (pin, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, UndersignedError):
            troubles[pin.name] = answer.words
            silent |= {pin.name} if isinstance(answer, Unavailable) else set()
        else:
            figures += answer
    return Asked(figures, troubles, frozenset(silent))


def _one(instance: Instance, pin: Pin, places: "set[Place]", tick: str) -> "list[Issued] | UndersignedError":
    key = instance.keys.signing("registry", instance.config.name)
    remote = RemoteIssuer(pin, secrets.token_bytes, proxy=instance.config.proxy, patience=PATIENCE)
    try:
        return remote.figures(key, sorted(places), tick)
    except UndersignedError as error:
        return error


def given(instance: Instance, asked: Asked) -> "Callable[[], Sequence[Issued]]":
    """Return what gives all numbers of a round: those of the issuer that is here are counted when they are wanted."""

    def figures() -> "Sequence[Issued]":
        here = instance.issuer.issued() if instance.issuer_side is not None else []
        return [*here, *asked.figures]

    return figures
