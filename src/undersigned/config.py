"""One frozen tree of configuration, read once at start and passed in.

An instance is a folder: `instance.toml`, `keys/` (0700), `data/` (one database a room), `staging/`,
`public/` (all that is published, and nothing else).
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.protocol.work import MOST
from undersigned.values import domain, fields, integer, text

FILE: Final = "instance.toml"
ROOMS: Final = ("issuer", "letters", "ledger")
CLOCKS: Final = ("system", "demonstration")
_FIELDS: Final = ("clock", "demo", "issuer", "keeper", "name", "onion", "round_hours", "url", "work", "workers")
#: Hashes that a device does at most before a mail is sent to it: a moment, or some seconds where script is slow.
WORK: Final = 100_000
#: Settings that may be left out, and what they are then.
_OPTIONAL: Final = {"keeper": None, "onion": None, "work": WORK}
_ONION: Final = re.compile(r"http://[a-z2-7]{56}\.onion")


@dataclass(frozen=True, slots=True)
class Config:
    """An instance's settings. `round_hours` is the length of a tick of the rounds, at least one hour.

    `onion` is the address at which the same instance is reached as a Tor onion service, where there is one; `keeper`
    the path of the keeper's socket, where members join by address or account; `work` the hashes at most of a proof of
    work.
    """

    directory: Path
    name: str
    url: str
    issuer: str
    demo: bool = False
    clock: str = "system"
    round_hours: int = 24
    workers: int = 2
    onion: str | None = None
    keeper: Path | None = None
    work: int = WORK

    @property
    def keys(self) -> Path:
        """Folder of secret keys, for the server's user alone."""
        return self.directory / "keys"

    @property
    def staging(self) -> Path:
        """Folder of rounds that are on their way into the log."""
        return self.directory / "staging"

    @property
    def public(self) -> Path:
        """Folder of everything that is published."""
        return self.directory / "public"

    @property
    def clock_file(self) -> Path:
        """File that holds the tick of a demonstration's clock."""
        return self.directory / "clock"

    def database(self, room: str) -> Path:
        """File of a room's own SQLite database."""
        return self.directory / "data" / f"{room}.sqlite3"

    def encoded(self) -> bytes:
        """Octets of `instance.toml`."""
        lines = []
        for name in _FIELDS:
            value = getattr(self, name)
            if value is None:
                continue
            shown = str(value).lower() if isinstance(value, bool) else value
            lines.append(f'{name} = "{shown}"' if isinstance(value, str | Path) else f"{name} = {shown}")
        return "".join(f"{line}\n" for line in lines).encode()

    @classmethod
    def read(cls, directory: Path) -> "Config":
        """Read an instance's settings.

        Raises: `Withheld` where there is no instance, `Malformed` for a setting that is wrong.
        """
        try:
            got = tomllib.loads((directory / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise Withheld(
                "no-instance", f"There is no instance in {directory}. Make one with “undersigned init”."
            ) from error
        except (ValueError, OSError) as error:
            raise Malformed("bad-config", f"{directory / FILE} cannot be read: {error}") from error
        try:
            return cls._checked(directory, fields(_OPTIONAL | got, _FIELDS, FILE))
        except UndersignedError as error:
            raise Malformed("bad-config", f"{directory / FILE}: {error.words}") from error

    @classmethod
    def _checked(cls, directory: Path, got: dict[str, Any]) -> "Config":
        if got["clock"] not in CLOCKS:
            raise Malformed("bad-clock", "The clock is “system” or “demonstration”.")
        if not isinstance(got["demo"], bool) or (got["clock"] == "demonstration" and not got["demo"]):
            raise Malformed("bad-demo", "A demonstration clock runs in demonstrations only.")
        return cls(
            directory=directory,
            name=domain(got["name"]),
            url=base_url(got["url"]),
            issuer=domain(got["issuer"]),
            onion=None if got["onion"] is None else onion_url(got["onion"]),
            keeper=None if got["keeper"] is None else socket_path(got["keeper"]),
            demo=got["demo"],
            clock=got["clock"],
            round_hours=integer(got["round_hours"], least=1, most=24 * 28, what="round_hours"),
            work=integer(got["work"], least=1, most=MOST, what="work"),
            workers=integer(got["workers"], least=1, most=64, what="workers"),
        )


def base_url(value: object) -> str:
    """Check the address under which an instance is reached: scheme and host, no path. Raises: `Malformed`."""
    checked = text(value, limit=300, what="The address")
    scheme, mark, rest = checked.partition("://")
    if scheme not in {"http", "https"} or not mark or not rest or any(c in rest for c in '/?#@ "\\'):
        raise Malformed("bad-url", "The address of an instance is like https://letters.example, without a path.")
    return checked


def onion_url(value: object) -> str:
    """Check the address of an onion service of version 3: `http://`, 56 characters, `.onion`. Raises: `Malformed`."""
    checked = text(value, limit=80, what="The onion address")
    if not _ONION.fullmatch(checked):
        raise Malformed("bad-onion", "An onion address is http://, 56 letters and digits, and .onion, without a path.")
    return checked


def socket_path(value: object) -> Path:
    """Check the path of the keeper's socket: absolute, since a server may be started anywhere. Raises: `Malformed`."""
    path = Path(text(value, limit=107, what="The path of the keeper's socket"))
    if not path.is_absolute() or any(character in str(value) for character in '"\\\n\t'):
        raise Malformed("bad-socket", "The path of the keeper's socket is like /run/undersigned-keeper/keeper.sock.")
    return path
