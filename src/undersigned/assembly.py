"""Assembles the two sides of an instance: each room with exactly the keys and neighbours that it may have.

The issuer's side and the letters' side share nothing but the configuration: they can be two instances on two machines.
"""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from undersigned.asking.pins import Pins
from undersigned.clock import Clock
from undersigned.config import Config, Mail
from undersigned.mail.message import Sender
from undersigned.mail.outbox import Outbox
from undersigned.mail.proof import MailedCodes
from undersigned.mail.relay import Relay
from undersigned.protocol.account import PAGE
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.storage.keys import KeyStore
from undersigned.subjects.keeper_client import KeeperClient
from undersigned.work import Work

if TYPE_CHECKING:
    from undersigned.issuer.service import Issuer
    from undersigned.issuer.ways.way import Way
    from undersigned.ledger.service import Ledger
    from undersigned.letters.others import Others
    from undersigned.letters.service import Letters

#: Seconds of the grid on which databases are written anew; a demonstration has nothing to hide and no time.
_GRID: Final = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What both sides are made of."""

    config: Config
    keys: KeyStore
    clock: Clock
    keeper: KeeperClient | None
    outbox: Outbox | None

    @property
    def grid(self) -> float:
        """Seconds of the grid of `write_anew`."""
        return 0.0 if self.config.clock == "demonstration" else _GRID


@dataclass(frozen=True, slots=True)
class LettersSide:
    """Letters, the logs under them, and others who stand by them; `work` is done before mail is sent."""

    ledger: "Ledger"
    letters: "Letters"
    others: "Others"
    work: Work


@dataclass(frozen=True, slots=True)
class IssuerSide:
    """The issuer; `work` is done before mail is sent."""

    issuer: "Issuer"
    work: Work


def parts(config: Config, keys: KeyStore, clock: Clock) -> Parts:
    """Return what both sides are made of."""
    keeper = KeeperClient(config.keeper, lambda: keys.derived("counting")) if config.keeper else None
    return Parts(config, keys, clock, keeper, _outbox(config.mail) if config.mail else None)


def letters_side(here: Parts) -> LettersSide:
    """Assemble the letters' side."""
    from undersigned.ledger.service import Ledger  # noqa: PLC0415 - models need Django set up first
    from undersigned.letters.others import Others  # noqa: PLC0415 - as above
    from undersigned.letters.service import Letters  # noqa: PLC0415 - as above
    from undersigned.letters.standing import Standing  # noqa: PLC0415 - as above

    config, keys = here.config, here.keys
    ledger = Ledger(
        public=config.public,
        staging=config.staging,
        registry_key=keys.signing("registry", config.name),
        log_key=keys.signing("log", config.name),
        receipt_key=keys.signing("receipt", config.name),
        grid=here.grid,
    )
    standing = Standing(config.name, _codes(here), secrets.token_bytes, grid=here.grid)
    letters = Letters(ledger, here.clock, standing, config.round_hours)
    work = Work(lambda: keys.derived("work", "letters"), config.work, secrets.randbelow)
    return LettersSide(ledger, letters, Others(letters, standing, here.clock), work)


def issuer_side(here: Parts) -> IssuerSide:
    """Assemble the issuer's side."""
    from undersigned.issuer.service import Issuer  # noqa: PLC0415 - models need Django set up first
    from undersigned.issuer.ways.email import Emails  # noqa: PLC0415 - as above

    config, keys, keeper = here.config, here.keys, here.keeper
    ways: list[Way] = []
    if keeper and here.outbox:
        ways.append(Emails(MailedCodes("join", keeper, lambda: keys.derived("mail"), here.clock, here.outbox)))
    if keeper:
        ways.append(_accounts(here, keeper))
    origins = [each for each in (config.url, config.onion) if each]
    issuer = Issuer(config.issuer, keys, here.clock, origins, grid=here.grid, ways=ways)
    return IssuerSide(issuer, Work(lambda: keys.derived("work"), config.work, secrets.randbelow))


def _codes(here: Parts) -> dict[str, MailedCodes]:
    """Return the codes of the letters' room, under keys of its own: it knows nobody whom the issuer knows."""
    config, keys, outbox = here.config, here.keys, here.outbox
    if config.keeper is None or outbox is None:
        return {}
    keeper = KeeperClient(config.keeper, lambda: keys.derived("counting", "letters"))
    offered = (SUPPORT, UNSUPPORT) * config.supporters + (SHOW, UNSHOW) * config.names
    return {
        each: MailedCodes(each, keeper, lambda: keys.derived("mail", "letters"), here.clock, outbox) for each in offered
    }


def _outbox(mail: Mail) -> Outbox:
    return Outbox(Relay(mail), Sender(mail.sender, mail.sender_name or "", mail.subject or ""))


def _accounts(here: Parts, keeper: KeeperClient) -> "Way":
    """Return the way of joining by account, whose library is loaded only where it can be used."""
    from undersigned.issuer.ways.oidc import Accounts  # noqa: PLC0415 - as said
    from undersigned.issuer.ways.outgoing import Outgoing  # noqa: PLC0415 - as said
    from undersigned.issuer.ways.provider import Providers  # noqa: PLC0415 - as said

    config = here.config
    own = () if config.room == "issuer" else (config.url, config.onion)
    elsewhere = (each.url for each in Pins.read(config.pins).letters)
    pages = tuple(base + PAGE for base in (*own, *elsewhere) if base)
    providers = Providers(Outgoing(config.proxy), unencrypted=config.demo)
    return Accounts(config.issuer, providers, keeper, here.keys.account_secret, pages)
