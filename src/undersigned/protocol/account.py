"""Joining by an account elsewhere: what the device hands to the issuer (`docs/protocol.md`, section 3, "Accounts").

The account's provider (OpenID Connect) gives the device a code, which is worth something only together with the
verifier that the device made before (PKCE, RFC 7636). State, salt and verifier are made and kept on the device; the
issuer keeps nothing from one visit to the next.

The nonce that the provider signs names the issuer and the words for which somebody signed in, as a hash: nobody else
who gets hold of the evidence can use it, at no other issuer and for no other words.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import POINT
from undersigned.errors import Malformed
from undersigned.values import b64u, fields, octets, text

#: Octets of state, salt and verifier.
SECRET: Final = 32
#: What the hash that is the nonce begins with.
NONCE_TAG: Final = f"{PROFILE}/account-nonce".encode("ascii")
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
#: What no provider's address may say already: the device says it, or it would put another question in its place.
SAID: Final = frozenset(
    {
        "claims", "client_id", "code_challenge", "code_challenge_method", "hd", "nonce", "redirect_uri", "request",
        "request_uri", "response_mode", "response_type", "scope", "state",
    }
)  # fmt: skip
_LONGEST: Final = 2000
#: Scheme, host, port, and what follows, without what does not stand in an address.
_ADDRESS: Final = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?(?:[/?][!$-;=?-\[\]_a-z~]*)?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody signs in for: with these words, by their commitment's point (48 octets), at this issuer."""

    issuer: str
    point: bytes

    def nonce(self, salt: str) -> str:
        """Return the nonce for the provider; `salt` is 32 random octets, base64url. Raises: `Malformed`."""
        name, point = self.issuer.encode("ascii"), octets(b64u(self.point), POINT, what="The point")
        opening = octets(salt, SECRET, what="The salt")
        said = NONCE_TAG + len(name).to_bytes(2, "big") + name + point + opening
        return b64u(hashlib.sha256(said).digest())


def evidence(value: object) -> dict[str, str]:
    """Check the evidence of an account: `code`, `redirect`, `salt`, `verifier`.

    Raises: `Malformed`.
    """
    got = fields(value, ("code", "redirect", "salt", "verifier"), "The evidence")
    code = text(got["code"], limit=MAX_CODE, what="The code of the provider")
    if not _CODE.fullmatch(code):
        raise Malformed("bad-account-code", "The code of the provider is not in printable ASCII.")
    for name in ("salt", "verifier"):
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


def signs_in_at(address: str, provider: str) -> None:
    """Check where a provider lets people sign in: on its own host, with no word there that would be the device's.

    Else whoever names the address could send people on to the provider with a nonce of their own.
    Raises: `Malformed`.
    """
    names = {each.partition("=")[0] for each in re.split("[&;]", address.partition("?")[2])}
    escaped = any("%" in each for each in names)
    if host_of(address) != host_of(provider) or escaped or names & SAID:
        raise Malformed("bad-provider", "The address to sign in at is not the provider's, or says too much.")
