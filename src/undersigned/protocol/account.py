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
_MAX_PORT: Final = 65_535


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
    if found is None or any(int(port) > _MAX_PORT for port in found.groups() if port):
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
