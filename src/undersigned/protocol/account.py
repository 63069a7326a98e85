"""Joining by an account elsewhere: what the device hands to the issuer (`docs/protocol.md`, section 3, "Accounts").

The account's provider (OpenID Connect) gives the device a code, which is worth something only together with the
verifier that the device made before (PKCE, RFC 7636). State, nonce and verifier are made and kept on the device; the
issuer keeps nothing from one visit to the next.
"""

import hashlib
import re
from typing import Final

from undersigned.errors import Malformed
from undersigned.values import b64u, fields, octets, text

#: Octets of state, nonce and verifier.
SECRET: Final = 32
#: Characters of the longest code, and of the longest address.
MAX_CODE: Final = 2048
MAX_ADDRESS: Final = 300
#: Where an instance's own page takes what the provider sends back.
PAGE: Final = "/sign/callback/"
#: Where the command line does, on this machine (RFC 8252, section 7.3).
LOOPBACK: Final = "http://127.0.0.1:{port}/callback"

_CODE: Final = re.compile(r"[\x20-\x7e]+")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = rf"{_LABEL}(?:\.{_LABEL})*"
_PORT: Final = r"(?::([1-9][0-9]{0,4}))"
_HERE: Final = re.compile(rf"http://127\.0\.0\.1{_PORT}/callback")
_PAGES: Final = re.compile(
    rf"(?:https://{_HOST}{_PORT}?|http://(?:127\.0\.0\.1|localhost){_PORT}?|http://[a-z2-7]{{56}}\.onion){PAGE}"
)
MAX_PORT: Final = 65_535
_LONGEST: Final = 2000
#: Scheme, host, port, and what follows, without what does not stand in an address.
_ADDRESS: Final = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?(?:[/?][!$-;=?-\[\]_a-z~]*)?", re.ASCII | re.IGNORECASE
)


def evidence(value: object) -> dict[str, str]:
    """Check the evidence of an account: `code`, `nonce`, `redirect`, `verifier`.

    Raises: `Malformed`.
    """
    got = fields(value, ("code", "nonce", "redirect", "verifier"), "The evidence")
    code = text(got["code"], limit=MAX_CODE, what="The code of the provider")
    if not _CODE.fullmatch(code):
        raise Malformed("bad-account-code", "The code of the provider is not in printable ASCII.")
    for name in ("nonce", "verifier"):
        octets(got[name], SECRET, what=f"The {name}")
    redirect(got["redirect"])
    return {name: str(item) for name, item in got.items()}


def redirect(value: object) -> str:
    """Check the address to which a provider sends somebody back, in its one spelling: an instance's page, or loopback.

    Raises: `Malformed`.
    """
    address = text(value, limit=MAX_ADDRESS, what="The address to come back to")
    found = _HERE.fullmatch(address) or _PAGES.fullmatch(address)
    if found is None or any(int(port) > MAX_PORT for port in found.groups() if port):
        raise Malformed(
            "bad-redirect", "The address to come back to is neither an instance's page nor on this machine."
        )
    return address


def is_loopback(address: str) -> bool:
    """Tell whether an address to come back to is the command line's."""
    return _HERE.fullmatch(address) is not None


def challenge(verifier: str) -> str:
    """Return what is shown of a verifier beforehand: its SHA-256 (PKCE, method S256)."""
    return b64u(hashlib.sha256(verifier.encode("ascii")).digest())


# ── providers ──


def web(value: object) -> str:
    """Check an address of a provider: https, or http on this machine; no fragment. Raises: `Malformed`."""
    address = text(value, limit=_LONGEST, what="The provider's address")
    found = _ADDRESS.fullmatch(address)
    scheme, host, port = ((part or "").lower() for part in found.groups()) if found else ("", "", "")
    safe = scheme == "https" or host in {"127.0.0.1", "localhost"}
    if not host or not safe or int(port or 0) > MAX_PORT:
        raise Malformed("bad-provider", "The provider's address does not begin with https://, or is not a web address.")
    return address


def host_of(address: str) -> str:
    """Return the host of a provider's address, in small letters; empty where it is none."""
    found = _ADDRESS.fullmatch(address)
    return found[2].lower() if found else ""
