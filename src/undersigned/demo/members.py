"""The demonstration's members: each a holder of its own, with words, commitment, pass and connections of its own."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
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
    """One person: one-time codes by the issuer who gave them, and what their device holds."""

    codes: Mapping[str, str]
    client: Client

    def join(self, organisation: str) -> None:
        """Join at every issuer whose code the person has: the same words serve for all."""
        for issuer, code in self.codes.items():
            self.client.agree(issuer, self.client.said(issuer))
            self.client.enrol(organisation, code, "undeclared", "undeclared", issuer=issuer)


@dataclass(frozen=True, slots=True)
class Town:
    """What the members have in common: an instance, its keys as published elsewhere, ways to it and to issuers.

    `view` is a registry read once; every member still checks it against keys of their own.
    """

    url: str
    policy: str
    transport: HttpTransport
    view: RegistryView
    elsewhere: Mapping[str, HttpTransport] = field(default_factory=dict)

    def member(self, codes: Mapping[str, str]) -> Member:
        """Make a member with fresh words who trusts the instance's keys."""
        wallet = Wallet(secrets.token_bytes(_ENTROPY))
        wallet.trust(self.url, self.policy)
        reach = self.elsewhere.__getitem__
        return Member(codes, Client(self.url, wallet, secrets.token_bytes, self.transport, self.view, reach=reach))


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
