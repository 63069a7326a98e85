"""Whom an instance works with on other machines: issuers by their identity keys, letters by their registry keys.

Kept in one file of the instance, canonical JSON, written by commands and read when it is needed.

Trust: whoever can modify this file can let another issuer admit members to letters that are opened later, and say its
numbers, or send people who join to another address; they cannot change which keys the registry names, nor what was
signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from undersigned.errors import Conflict, Malformed, Unavailable, Withheld
from undersigned.protocol.elsewhere import address_of
from undersigned.storage.files import write_durably
from undersigned.tlog.note import VerifierKey
from undersigned.values import canonical, domain, fields, parse_canonical, text

#: What the name of a letters' instance's key ends with.
REGISTRY: Final = "/registry"
_FIELDS: Final = ("key", "url")
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Pin:
    """Another instance: the verifier key that it signs with, and where it is reached (scheme and host).

    Of letters also about which organisations they may ask; None, from before that was said, stands for all.
    """

    key: VerifierKey
    url: str
    organisations: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """Name of the issuer, or of the letters' instance."""
        return self.key.name.removesuffix(REGISTRY)

    @classmethod
    def issuer(cls, name: str, vkey: str, url: str) -> Self:
        """Return an issuer of this name. Raises: `Malformed`."""
        found = cls(VerifierKey.parse(vkey), address_of(url))
        if found.key.name != domain(name):
            raise Malformed("other-name", f"This is the key of {found.key.name}, not of {name}.")
        return found

    @classmethod
    def letters(cls, vkey: str, url: str, organisations: Iterable[str] | None = None) -> Self:
        """Return an instance with letters, by its registry key. Raises: `Malformed`."""
        named = None if organisations is None else tuple(sorted({domain(each) for each in organisations}))
        found = cls(VerifierKey.parse(vkey), address_of(url), named)
        if not found.key.name.endswith(REGISTRY):
            raise Malformed("other-name", f"This is the key {found.key.name}. Take the registry key, NAME/registry.")
        domain(found.name)
        return found

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        named = {} if self.organisations is None else {"organisations": list(self.organisations)}
        return {"key": self.key.encode(), "url": self.url} | named

    def may_ask(self, organisation: str) -> bool:
        """Tell whether these letters may ask for an organisation's number of members."""
        return self.organisations is None or organisation in self.organisations


@dataclass(frozen=True, slots=True)
class Pins:
    """All of them, in order of their names."""

    issuers: tuple[Pin, ...] = field(default=())
    letters: tuple[Pin, ...] = field(default=())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; without one there are none. Raises: `Malformed`, `Unavailable`."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise Unavailable("pins-unread", f"{path} cannot be read.") from error
        return cls.parse(data)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `encoded` wrote. Raises: `Malformed`."""
        got = fields(parse_canonical(data), ("issuers", "letters"), "The file of pinned instances")
        found = cls(
            tuple(Pin.issuer(key.partition("+")[0], key, url) for key, url in map(_pair, _list(got["issuers"]))),
            tuple(map(_letters, _list(got["letters"]))),
        )
        for pins in (found.issuers, found.letters):
            names = [each.name for each in pins]
            if names != sorted(set(names)):
                raise Malformed("bad-pins", "Pinned instances are in order of their names, each once.")
        return found

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(
            {"issuers": [each.record() for each in self.issuers], "letters": [each.record() for each in self.letters]}
        )

    def write(self, path: Path) -> None:
        """Write the file, for the server's account alone."""
        write_durably(path, self.encoded(), mode=0o600)

    def with_issuer(self, pin: Pin) -> "Pins":
        """Return these and one more issuer; its address may change, its key not. Raises: `Conflict`."""
        return Pins(_with(self.issuers, pin), self.letters)

    def with_letters(self, pin: Pin) -> "Pins":
        """Return these and one more instance with letters; its organisations may change. Raises: as `with_issuer`."""
        return Pins(self.issuers, _with(self.letters, pin))

    def of_issuer(self, name: str) -> Pin:
        """Return a pinned issuer. Raises: `Withheld`."""
        for each in self.issuers:
            if each.name == name:
                return each
        raise Withheld(
            "unknown-issuer", f"{name} is not pinned here. First: undersigned issuer pin {name} KEY --url URL"
        )


def _with(pins: tuple[Pin, ...], pin: Pin) -> tuple[Pin, ...]:
    known = {each.name: each for each in pins}
    before = known.get(pin.name)
    if before is not None and before.key != pin.key:
        raise Conflict("other-key", f"{pin.name} is pinned with another key. A key never changes.")
    known[pin.name] = pin
    return tuple(known[name] for name in sorted(known))


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("bad-list", "A list is expected in the file of pinned instances.")
    return value


def _letters(value: object) -> Pin:
    if not isinstance(value, dict) or "organisations" not in value:
        return Pin.letters(*_pair(value))
    named = _list(value["organisations"])
    found = Pin.letters(*_pair({name: each for name, each in value.items() if name != "organisations"}), named)
    if found.organisations != tuple(named):
        raise Malformed("bad-pins", "Organisations are in alphabetical order, each once.")
    return found


def _pair(value: object) -> tuple[str, str]:
    got = fields(value, _FIELDS, "A pinned instance")
    return text(got["key"], limit=_LONGEST, what="A key"), text(got["url"], limit=_LONGEST, what="An address")
