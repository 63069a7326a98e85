"""Puts an instance together: configuration, keys, clock, and the rooms with what each may have.

The rooms import no other room. What one needs to know of another passes through here, and it is little: the
rounded numbers of members (`issued`) go from the issuer to the ledger, and the epochs of open letters back. An instance
may have one side only; the other is then an instance elsewhere.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final

import django
from django.conf import settings
from django.core.management import call_command

from undersigned.asking.pins import Pins
from undersigned.assembly import IssuerSide, LettersSide, issuer_side, letters_side, parts
from undersigned.clock import Clock, DemonstrationClock, SystemClock
from undersigned.config import APART, FILE, Config
from undersigned.errors import Conflict, Withheld
from undersigned.mail.outbox import Outbox
from undersigned.settings import build
from undersigned.storage.databases import close_all, forget_times, is_current
from undersigned.storage.files import keep_private, write_durably
from undersigned.storage.keys import KeyStore
from undersigned.subjects.keeper_client import KeeperClient
from undersigned.work import Work

if TYPE_CHECKING:
    from undersigned.issuer.service import Issuer
    from undersigned.ledger.service import Ledger
    from undersigned.letters.others import Others
    from undersigned.letters.service import Letters

#: Environment variables that tell a server's worker which instance it serves, and which room of it where not all.
ENVIRONMENT: Final = "UNDERSIGNED_DIR"
ROOM: Final = "UNDERSIGNED_ROOM"


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance: every room with exactly the keys and neighbours that it may have.

    One of the sides may be missing. Whoever asks for a room of it is told so (`Withheld`).
    """

    config: Config
    keys: KeyStore
    clock: Clock
    keeper: KeeperClient | None
    outbox: Outbox | None
    letters_side: LettersSide | None
    issuer_side: IssuerSide | None

    @property
    def ledger(self) -> "Ledger":
        """The room of the logs."""
        return self._letters_side().ledger

    @property
    def letters(self) -> "Letters":
        """The room of letters."""
        return self._letters_side().letters

    @property
    def others(self) -> "Others":
        """Others who stand by letters."""
        return self._letters_side().others

    @property
    def letters_work(self) -> Work:
        """What is done before the letters' side sends a mail."""
        return self._letters_side().work

    @property
    def issuer(self) -> "Issuer":
        """The room of the issuer."""
        return self._issuer_side().issuer

    @property
    def work(self) -> Work:
        """What is done before the issuer sends a mail."""
        return self._issuer_side().work

    def close(self) -> None:
        """Close the databases of this thread."""
        close_all()

    def pins(self) -> Pins:
        """Read whom this instance works with on other machines. Raises: as `Pins.read`."""
        return Pins.read(self.config.pins)

    def _letters_side(self) -> LettersSide:
        if self.letters_side is None:
            raise Withheld("no-letters-here", "This is an issuer alone: letters and logs are on another machine.")
        return self.letters_side

    def _issuer_side(self) -> IssuerSide:
        if self.issuer_side is None:
            raise Withheld("no-issuer-here", "There is no issuer here: members are admitted on another machine.")
        return self.issuer_side


def configure(config: Config) -> None:
    """Set Django up for an instance; once a process."""
    if not settings.configured:
        keep_private()
        settings.configure(**build(config))
        django.setup(set_prefix=False)


def _clock(config: Config) -> Clock:
    return DemonstrationClock(config.clock_file) if config.clock == "demonstration" else SystemClock()


def _assemble(config: Config, room: str | None = None) -> Instance:
    keys = KeyStore(config.keys)
    here = parts(config, keys, _clock(config))
    return Instance(
        config=config,
        keys=keys,
        clock=here.clock,
        keeper=here.keeper,
        outbox=here.outbox,
        letters_side=letters_side(here) if "letters" in config.rooms and room != "issuer" else None,
        issuer_side=issuer_side(here) if "issuer" in config.rooms and room != "letters" else None,
    )


def open_instance(directory: Path, room: str | None = None) -> Instance:
    """Open the instance in a folder; with `room` only that side of it.

    Raises: `Withheld` where there is none, `Malformed` for a wrong setting, `Unavailable` for a missing key.
    """
    config = Config.read(directory)
    configure(config)
    instance = _assemble(config, room)
    for each in config.rooms:
        if room is None or each in APART[room]:
            _bring_up(each, config, instance.clock)
    return instance


def _bring_up(room: str, config: Config, clock: Clock) -> None:
    """Make the migrations of a room that a newer version brought, once."""
    if not (config.directory / "data" / f"{room}.sqlite3").exists():
        return
    package = import_module(f"undersigned.{room}.migrations")
    newest = max(each.name for each in iter_modules(package.__path__))
    if not is_current(room, newest):
        call_command("migrate", database=room, verbosity=0, interactive=False)
        forget_times(room, clock.tick())


def create_instance(config: Config, tick: str | None = None) -> Instance:
    """Make a new instance in `config.directory`: folders, keys, databases, the logs with their first entries.

    What belongs to the other side only is not made where the configuration names one.

    `tick` is where a demonstration's clock starts.

    The settings are written last: where they are, there is a whole instance, whatever interrupted an earlier try.

    Raises: `Conflict` when there is an instance already, or the beginnings of one.
    """
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
    here = "letters" in config.rooms
    own = ((config.staging, 0o700), (config.public, 0o755)) if here else ()
    for folder, mode in ((config.directory / "data", 0o700), *own):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    keys = KeyStore(config.keys)
    keys.create(config.rooms)
    clock = _clock(config)
    if isinstance(clock, DemonstrationClock) and tick is not None:
        clock.move(tick)
    make_tables(config, clock.tick())
    instance = _assemble(config)
    if here:
        _begin(instance)
    write_durably(config.directory / FILE, config.encoded(), mode=0o600)
    return instance


def make_tables(config: Config, tick: str) -> None:
    """Make the databases of a new instance's rooms; their files bear no finer time than this tick."""
    configure(config)
    for room in config.rooms:
        call_command("migrate", database=room, verbosity=0, interactive=False)
        forget_times(room, tick)


def _begin(instance: Instance) -> None:
    """Begin the logs."""
    from undersigned.protocol.entry import Genesis, ReceiptKey  # noqa: PLC0415 - keeps opening quick

    config, keys = instance.config, instance.keys
    instance.ledger.create(
        Genesis(
            name=config.name,
            demo=config.demo,
            registry=keys.signing("registry", config.name).vkey,
            log=keys.signing("log", config.name).vkey,
        ),
        ReceiptKey(keys.signing("receipt", config.name).vkey),
        instance.clock.tick(),
    )
