"""Puts an instance together: configuration, keys, clock, and the rooms with what each may have.

The rooms import no other room. What one needs to know of another passes through here, and it is little: the
rounded numbers of members (`issued`) go from the issuer to the ledger, and the epochs of open letters back.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django
from django.conf import settings
from django.core.management import call_command

from undersigned.clock import Clock, DemonstrationClock, SystemClock
from undersigned.config import FILE, ROOMS, Config, Mail
from undersigned.errors import Conflict
from undersigned.mail.message import Sender
from undersigned.mail.outbox import Outbox
from undersigned.mail.proof import MailedCodes
from undersigned.mail.relay import Relay
from undersigned.protocol.account import PAGE
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.settings import build
from undersigned.storage.databases import forget_times
from undersigned.storage.files import keep_private, write_durably
from undersigned.storage.keys import KeyStore
from undersigned.subjects.keeper_client import KeeperClient
from undersigned.work import Work

if TYPE_CHECKING:
    from undersigned.issuer.service import Issuer
    from undersigned.issuer.ways.way import Way
    from undersigned.ledger.service import Ledger
    from undersigned.letters.others import Others
    from undersigned.letters.service import Letters

#: Environment variable that tells a server's worker which instance it serves.
ENVIRONMENT: Final = "UNDERSIGNED_DIR"

#: Seconds of the grid on which databases are written anew; a demonstration has nothing to hide and no time.
_GRID: Final = 1.0


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance: every room with exactly the keys and neighbours that it may have."""

    config: Config
    keys: KeyStore
    clock: Clock
    ledger: "Ledger"
    letters: "Letters"
    issuer: "Issuer"
    others: "Others"
    work: Work
    letters_work: Work
    keeper: KeeperClient | None
    outbox: Outbox | None


def configure(config: Config) -> None:
    """Set Django up for an instance; once a process."""
    if not settings.configured:
        keep_private()
        settings.configure(**build(config))
        django.setup(set_prefix=False)


def _clock(config: Config) -> Clock:
    return DemonstrationClock(config.clock_file) if config.clock == "demonstration" else SystemClock()


def _assemble(config: Config) -> Instance:
    from undersigned.issuer.service import Issuer  # noqa: PLC0415 - models need Django set up first
    from undersigned.issuer.ways.email import Emails  # noqa: PLC0415 - as above
    from undersigned.ledger.service import Ledger  # noqa: PLC0415 - as above
    from undersigned.letters.others import Others  # noqa: PLC0415 - as above
    from undersigned.letters.service import Letters  # noqa: PLC0415 - as above
    from undersigned.letters.standing import Standing  # noqa: PLC0415 - as above

    keys = KeyStore(config.keys)
    clock = _clock(config)
    grid = 0.0 if config.clock == "demonstration" else _GRID
    ledger = Ledger(
        public=config.public,
        staging=config.staging,
        registry_key=keys.signing("registry", config.name),
        log_key=keys.signing("log", config.name),
        receipt_key=keys.signing("receipt", config.name),
        grid=grid,
    )
    keeper = KeeperClient(config.keeper, lambda: keys.derived("counting")) if config.keeper else None
    outbox = _outbox(config.mail) if config.mail else None
    standing = Standing(config.name, _codes(config, keys, clock, outbox), secrets.token_bytes, grid=grid)
    letters = Letters(ledger, clock, standing, config.round_hours)
    ways: list[Way] = []
    if keeper and outbox:
        ways.append(Emails(MailedCodes("join", keeper, lambda: keys.derived("mail"), clock, outbox)))
    if keeper:
        ways.append(_accounts(config, keys, keeper))
    return Instance(
        config=config,
        keys=keys,
        clock=clock,
        ledger=ledger,
        letters=letters,
        others=Others(letters, standing, clock),
        issuer=Issuer(config.issuer, keys, clock, grid=grid, ways=ways),
        work=Work(lambda: keys.derived("work"), config.work, secrets.randbelow),
        letters_work=Work(lambda: keys.derived("work", "letters"), config.work, secrets.randbelow),
        keeper=keeper,
        outbox=outbox,
    )


def _codes(config: Config, keys: KeyStore, clock: Clock, outbox: Outbox | None) -> dict[str, MailedCodes]:
    """Return the codes of the letters' room, under keys of its own: it knows nobody whom the issuer knows."""
    if config.keeper is None or outbox is None:
        return {}
    keeper = KeeperClient(config.keeper, lambda: keys.derived("counting", "letters"))
    offered = (SUPPORT, UNSUPPORT) * config.supporters + (SHOW, UNSHOW) * config.names
    return {each: MailedCodes(each, keeper, lambda: keys.derived("mail", "letters"), clock, outbox) for each in offered}


def _outbox(mail: Mail) -> Outbox:
    return Outbox(Relay(mail), Sender(mail.sender, mail.sender_name or "", mail.subject or ""))


def _accounts(config: Config, keys: KeyStore, keeper: KeeperClient) -> "Way":
    """Return the way of joining by account, whose library is loaded only where it can be used."""
    from undersigned.issuer.ways.oidc import Accounts  # noqa: PLC0415 - as said
    from undersigned.issuer.ways.outgoing import Outgoing  # noqa: PLC0415 - as said
    from undersigned.issuer.ways.provider import Providers  # noqa: PLC0415 - as said

    pages = tuple(base + PAGE for base in (config.url, config.onion) if base)
    providers = Providers(Outgoing(config.proxy), unencrypted=config.demo)
    return Accounts(providers, keeper, keys.account_secret, pages)


def open_instance(directory: Path) -> Instance:
    """Open the instance in a folder.

    Raises: `Withheld` where there is none, `Malformed` for a wrong setting, `Unavailable` for a missing key.
    """
    config = Config.read(directory)
    configure(config)
    return _assemble(config)


def create_instance(config: Config, tick: str | None = None) -> Instance:
    """Make a new instance in `config.directory`: folders, keys, databases, the logs with their first entries.

    `tick` is where a demonstration's clock starts.

    The settings are written last: where they are, there is a whole instance, whatever interrupted an earlier try.

    Raises: `Conflict` when there is an instance already, or the beginnings of one.
    """
    from undersigned.protocol.entry import Genesis, ReceiptKey  # noqa: PLC0415 - keeps opening quick

    if (config.directory / FILE).exists():
        raise Conflict("instance-exists", f"There is an instance in {config.directory} already.")
    if config.keys.exists():
        raise Conflict(
            "init-interrupted",
            f"In {config.directory} the making of an instance was interrupted. Delete the folder and start again; "
            f"if it was in use, put its {FILE} back from a copy instead.",
        )
    if not config.directory.exists():
        # Others may pass through to what is published, and see nothing on the way.
        config.directory.mkdir(parents=True)
        config.directory.chmod(0o711)
    for folder, mode in ((config.directory / "data", 0o700), (config.staging, 0o700), (config.public, 0o755)):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    keys = KeyStore(config.keys)
    keys.create()
    clock = _clock(config)
    if isinstance(clock, DemonstrationClock) and tick is not None:
        clock.move(tick)
    configure(config)
    for room in ROOMS:
        call_command("migrate", database=room, verbosity=0, interactive=False)
        forget_times(room, clock.tick())
    instance = _assemble(config)
    instance.ledger.create(
        Genesis(
            name=config.name,
            demo=config.demo,
            registry=keys.signing("registry", config.name).vkey,
            log=keys.signing("log", config.name).vkey,
        ),
        ReceiptKey(keys.signing("receipt", config.name).vkey),
        clock.tick(),
    )
    write_durably(config.directory / FILE, config.encoded(), mode=0o600)
    return instance
