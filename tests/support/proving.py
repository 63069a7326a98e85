"""Requests with their proofs, to the issuer whose database this process's rooms use: there is one at a time."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from undersigned.bbs.octets import Rng
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import Bound, Keys, Request, Wish

W = TypeVar("W", bound=Wish)


@dataclass(frozen=True)
class Counter:
    """Where requests go: an issuer, at an address, with what gives its nonce."""

    issuer: str
    origin: str
    nonce: Callable[[], bytes]


_COUNTERS: list[Counter] = []


def ask_at(issuer: str, origin: str, nonce: Callable[[], bytes]) -> None:
    """Let requests from now on be for this issuer."""
    _COUNTERS[:] = [Counter(issuer, origin, nonce)]


def bound() -> Bound:
    """What a request is bound to that is made now."""
    [here] = _COUNTERS
    return Bound(here.issuer, here.origin, here.nonce())


def asks(
    action: str, wish: W, hidden: Sequence[int], own: int, *, to: Bound | None = None, rng: Rng = secrets.token_bytes
) -> Request[W]:
    """A request of whoever has these secrets, and this blind for the issuer."""
    return Request.prove(action, wish, to or bound(), Keys(hidden, own), rng)


def asks_with(
    seed: bytes, action: str, wish: W, *, to: Bound | None = None, rng: Rng = secrets.token_bytes
) -> Request[W]:
    """A request of whoever has a seed."""
    where = to or bound()
    return asks(action, wish, nym_secrets(seed), blind(seed, where.issuer), to=where, rng=rng)
