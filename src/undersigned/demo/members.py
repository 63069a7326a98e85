"""The demonstration's members: each a holder of its own, with words, commitment, pass and connections of its own."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final, TypeVar

from undersigned.holder.client import Client
from undersigned.holder.registry import RegistryView
from undersigned.holder.transport import HttpTransport
from undersigned.holder.wallet import Wallet

#: Members that act at the same time.
AT_ONCE: Final = 8
_ENTROPY: Final = 32

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """One person: a one-time code and what their device holds."""

    code: str
    client: Client

    def join(self, organisation: str) -> None:
        """Join with the code."""
        self.client.enrol(organisation, self.code, "undeclared", "undeclared")


def member(url: str, policy: str, code: str, transport: HttpTransport, view: RegistryView) -> Member:
    """Make a member with fresh words who trusts the instance's keys, as published elsewhere.

    `view` is a registry read once; every member still checks it against keys of their own.
    """
    wallet = Wallet(secrets.token_bytes(_ENTROPY))
    wallet.trust(url, policy)
    return Member(code, Client(url, wallet, secrets.token_bytes, transport, view))


def together(people: Iterable[T], act: Callable[[T], object]) -> Iterator[int]:
    """Let people act, a few at a time; yields 1 for each that is done.

    Raises: what the first failing act raises.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending: list[Future[object]] = [pool.submit(act, person) for person in people]
        try:
            for done in as_completed(pending):
                done.result()
                yield 1
        finally:
            for each in pending:
                each.cancel()
