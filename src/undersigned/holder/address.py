"""Addresses that people type: of an instance, and of a letter on it."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from undersigned.errors import Malformed
from undersigned.values import slug, text

_LONGEST: Final = 300
_LETTERS: Final = "letters"


def instance(typed: object) -> str:
    """Return the address of an instance in its one spelling: scheme, host, port where it is not the usual one.

    Unencrypted `http` is taken only for this machine and for onion services. Raises: `Malformed`.
    """
    base, path = _split(typed)
    if path:
        raise Malformed("bad-address", "The address of an instance ends after the name, like https://letters.example")
    return base


def letter(typed: str) -> tuple[str, str]:
    """Return instance and short name of a letter's address, `https://letters.example/letters/<slug>`.

    Raises: `Malformed`.
    """
    base, path = _split(typed)
    parts = path.split("/")
    if len(parts) != 2 or parts[0] != _LETTERS:  # noqa: PLR2004 - “letters” and the short name
        raise Malformed("bad-address", "The address of a letter is like https://letters.example/letters/its-name")
    return base, slug(parts[1])


def _split(typed: object) -> tuple[str, str]:
    """Instance, and the path without slashes around it."""
    checked = text(typed, limit=_LONGEST, what="The address").strip()
    try:
        parts = urlsplit(checked)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Malformed("bad-address", "This is not an address like https://letters.example") from error
    plain = {"http": 80, "https": 443}.get(parts.scheme)
    if plain is None or not host or not host.isascii() or parts.query or parts.fragment or "@" in parts.netloc:
        raise Malformed("bad-address", "An address is like https://letters.example, with nothing after a “?” or “#”.")
    if parts.scheme == "http" and not _private(host):
        raise Malformed(
            "address-unencrypted", "An address that begins with http:// can be read on the way. Use https://"
        )
    shown = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{shown}" if port in {None, plain} else f"{parts.scheme}://{shown}:{port}"
    return base, parts.path.strip("/")


def _private(host: str) -> bool:
    """Whether nobody reads along without encryption: this machine, and Tor's onion services."""
    if host == "localhost" or host.endswith((".onion", ".localhost")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
