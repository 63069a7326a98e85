"""Numbers of members for a round: counted here where the issuer is here, asked of issuers on other machines.

An issuer that is silent, or whose answer is no good, gives none, and only its letters wait. Issuers are asked before
anything of a round is looked at, for all letters that run: neither what is asked nor when says what waits.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from undersigned.asking.issuer import PATIENCE, RemoteIssuer
from undersigned.asking.pins import Pin
from undersigned.bootstrap import Instance
from undersigned.errors import UndersignedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from undersigned.protocol.entry import Issued
    from undersigned.protocol.statement import Place


@dataclass(frozen=True, slots=True)
class Asked:
    """What issuers elsewhere said at a tick, and, by the issuer's name, why one of them gave nothing."""

    figures: "Sequence[Issued]"
    troubles: "Mapping[str, str]"


def ask(instance: Instance, tick: str, *, regular: bool) -> Asked:
    """Ask the pinned issuers of letters that run, all at once. Raises: as `Instance.pins`."""
    wanted = instance.letters.asked(tick, regular=regular)
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
    for (pin, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, UndersignedError):
            troubles[pin.name] = answer.words
        else:
            figures += answer
    return Asked(figures, troubles)


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
