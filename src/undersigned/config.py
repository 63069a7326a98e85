"""One frozen tree of configuration, read once at start and passed in.

An instance is a folder: `instance.toml`, `keys/` (0700), `data/` (one database a room), `staging/`,
`public/` (all that is published, and nothing else).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.protocol.mailbox import address
from undersigned.protocol.work import MOST
from undersigned.values import domain, fields, integer, text

FILE: Final = "instance.toml"
ROOMS: Final = ("issuer", "letters", "ledger")
#: What an instance can have alone, and the rooms that it has then; one without the setting has all.
APART: Final[Mapping[str, tuple[str, ...]]] = {"issuer": ("issuer",), "letters": ("letters", "ledger")}
CLOCKS: Final = ("system", "demonstration")
_FIELDS: Final = (
    "clock", "demo", "issuer", "keeper", "name", "names", "onion", "proxy", "room", "round_hours", "supporters", "url",
    "work", "workers", "mail",
)  # fmt: skip
#: Hashes that a device does at most before a mail is sent to it: a moment, or some seconds where script is slow.
WORK: Final = 100_000
#: Settings that may be left out, and what they are then.
_OPTIONAL: Final = {
    "keeper": None, "mail": None, "names": False, "onion": None, "proxy": None, "room": None, "supporters": False,
    "work": WORK,
}  # fmt: skip
_PROXY: Final = re.compile(r"(?:https?|socks5h?)://[a-z0-9.\[\]:-]+:[0-9]{1,5}")
_ONION: Final = re.compile(r"http://[a-z2-7]{56}\.onion")


#: How the connection to a mail server is secured; `plain` is for demonstrations on one machine.
SECURITIES: Final = ("tls", "starttls", "plain")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_MAIL: Final = ("host", "password_file", "port", "security", "sender", "sender_name", "subject", "user")
_MAIL_OPTIONAL: Final = {"password_file": None, "sender_name": None, "subject": None, "user": None}
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*|::1")


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mails are handed over, the table `[mail]`; and whom they come from.

    `password_file` holds the password of `user`, one line, and is read at each connection. `sender` is an address;
    `sender_name` and `subject` say nothing of a letter or an organisation.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str | None = None
    password_file: Path | None = None
    sender_name: str | None = None
    subject: str | None = None

    @classmethod
    def checked(cls, value: object, *, demo: bool) -> "Mail":
        """Check the table. Raises: `Malformed`."""
        got = fields(_MAIL_OPTIONAL | value if isinstance(value, dict) else value, _MAIL, "[mail]")
        host = text(got["host"], limit=253, what="The mail server")
        if not _HOST.fullmatch(host):
            raise Malformed("bad-mail", "The mail server's host is a name or an address, like smtp.example.com.")
        if got["security"] not in SECURITIES:
            raise Malformed("bad-mail", f"The mail server's security is one of {', '.join(SECURITIES)}.")
        if got["security"] == "plain" and not (demo and host in _LOOPBACK):
            raise Malformed(
                "bad-mail",
                "Mails go over TLS: set security to “tls” or “starttls”. "
                "Only a demonstration may do without, to its own machine.",
            )
        if (got["user"] is None) != (got["password_file"] is None):
            raise Malformed("bad-mail", "A mail server's user and password_file are set together, or neither.")
        file = None if got["password_file"] is None else Path(_line(got["password_file"], "The password's file"))
        if file is not None and not file.is_absolute():
            raise Malformed(
                "bad-mail", "The password's file is named from the root, like /etc/undersigned/smtp-password."
            )
        named = {
            name: None if got[name] is None else _line(got[name], f"The mail's {name}")
            for name in ("user", "sender_name", "subject")
        }
        port = integer(got["port"], least=1, most=65_535, what="The mail server's port")
        return cls(host, port, got["security"], address(got["sender"]), password_file=file, **named)


@dataclass(frozen=True, slots=True)
class Config:
    """An instance's settings. `round_hours` is the length of a tick of the rounds, at least one hour.

    `onion` is the address at which the same instance is reached as a Tor onion service, where there is one; `keeper`
    the path of the keeper's socket, where members join by address or account; `proxy` what the server goes through
    when it asks an account's provider; `work` the hashes at most of a proof of work. `supporters` says
    whether people elsewhere are counted who confirm an address, `names` whether names can be shown. `room` is one of
    `APART` where the other side is another instance; with `letters`, `issuer` names who admits there as a rule.
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
    proxy: str | None = None
    work: int = WORK
    mail: Mail | None = None
    supporters: bool = False
    names: bool = False
    room: str | None = None

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms that are here, each with a database of its own."""
        return ROOMS if self.room is None else APART[self.room]

    @property
    def pins(self) -> Path:
        """File of the instances elsewhere that this one works with, by their public keys."""
        return self.directory / "pins.json"

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
        lines = _lines(self, _FIELDS[:-1])
        if self.mail is not None:
            lines += ["", "[mail]", *_lines(self.mail, _MAIL)]
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
        for name in ("names", "supporters"):
            if not isinstance(got[name], bool) or (got[name] and (got["keeper"] is None or got["mail"] is None)):
                raise Malformed("bad-others", f"{name} is true or false; with true a keeper and a [mail] are needed.")
        return cls(
            directory=directory,
            name=domain(got["name"]),
            names=got["names"],
            supporters=got["supporters"],
            url=base_url(got["url"]),
            room=None if got["room"] is None else room(got["room"]),
            issuer=domain(got["issuer"]),
            onion=None if got["onion"] is None else onion_url(got["onion"]),
            proxy=None if got["proxy"] is None else proxy_url(got["proxy"]),
            keeper=None if got["keeper"] is None else socket_path(got["keeper"]),
            demo=got["demo"],
            clock=got["clock"],
            round_hours=integer(got["round_hours"], least=1, most=24 * 28, what="round_hours"),
            mail=None if got["mail"] is None else Mail.checked(got["mail"], demo=got["demo"]),
            work=integer(got["work"], least=1, most=MOST, what="work"),
            workers=integer(got["workers"], least=1, most=64, what="workers"),
        )


def _lines(settings: object, names: Sequence[str]) -> list[str]:
    """Settings as lines of TOML; what is not set is left out."""
    out = []
    for name in names:
        value = getattr(settings, name)
        if value is None:
            continue
        shown = str(value).lower() if isinstance(value, bool) else value
        out.append(f'{name} = "{shown}"' if isinstance(value, str | Path) else f"{name} = {shown}")
    return out


def _line(value: object, what: str) -> str:
    """Check one line of text that needs no escapes. Raises: `Malformed`."""
    checked = text(value, limit=200, what=what)
    if not checked or any(character in checked for character in '"\\\n\t'):
        raise Malformed("bad-mail", f"{what} is one line without quotation marks and backslashes.")
    return checked


def room(value: object) -> str:
    """Check the name of a room that an instance can have, or be served, alone. Raises: `Malformed`."""
    if not isinstance(value, str) or value not in APART:
        raise Malformed("bad-room", f"A room that can be apart is {' or '.join(APART)}.")
    return value


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


def proxy_url(value: object) -> str:
    """Check the address of a proxy by which the server asks others. Raises: `Malformed`."""
    checked = text(value, limit=300, what="The proxy")
    if not _PROXY.fullmatch(checked):
        raise Malformed("bad-proxy", "A proxy is like socks5h://127.0.0.1:9050 or http://proxy.example:3128.")
    return checked
