"""Secret keys as files of mode 0600 in a folder of mode 0700.

Trust: whoever can read this folder can sign checkpoints and receipts, mint members, give false numbers of members and
test guessed codes against the subjects; they cannot tell who signed what. Where issuer and letters are apart, each has
its own side's.
"""

import hmac
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Final

from undersigned.bbs.ciphersuite import SECRET_KEY
from undersigned.bbs.signature import keygen, public_key
from undersigned.errors import Conflict, Unavailable
from undersigned.storage.files import write_durably
from undersigned.tlog.note import SigningKey
from undersigned.values import domain, epoch

_SEED: Final = 32
_MATERIAL: Final = 64


def _issuer(organisation: str, quarter: str) -> str:
    return f"issuer/{domain(organisation)}-{epoch(quarter)}"


def _account(organisation: str) -> str:
    return f"account/{domain(organisation)}"


class KeyStore:
    """The keys of one instance, each made once and never replaced in place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _make(self, name: str, value: bytes) -> bytes:
        path = self._path(name)
        if path.exists():
            raise Conflict("key-exists", f"The key {name} exists already.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, value.hex().encode() + b"\n", mode=0o600)
        return value

    def _load(self, name: str) -> bytes:
        try:
            return bytes.fromhex(self._path(name).read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise Unavailable("key-missing", f"The key {name} cannot be read from {self._folder}.") from error

    def create(self, rooms: Collection[str]) -> None:
        """Make the keys of the rooms that are here.

        For letters: registry, log, receipts, and one for the letters' codes. For an issuer: subjects, and its identity.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        letters = ("registry", "log", "receipt", "letters") if "letters" in rooms else ()
        issuer = ("subject", "identity") if "issuer" in rooms else ()
        for name in (*letters, *issuer):
            self._make(name, secrets.token_bytes(_SEED))

    def identity(self, issuer: str) -> SigningKey:
        """Return the Ed25519 key of an issuer, under its name, with which it speaks to letters elsewhere.

        An instance that is older than this key is given one when it is first asked for.
        """
        if not self._path("identity").exists() and self._path("subject").exists():
            self._make("identity", secrets.token_bytes(_SEED))
        return SigningKey(domain(issuer), self._load("identity"))

    def signing(self, name: str, instance: str) -> SigningKey:
        """Return the Ed25519 key `registry`, `log` or `receipt` of an instance, named `<instance>/<name>`."""
        return SigningKey(f"{instance}/{name}", self._load(name))

    def subject(self) -> bytes:
        """Return the key (32 octets) under which subjects are stored."""
        return self._load("subject")

    def derived(self, purpose: str, key: str = "subject") -> bytes:
        """Return a key (32 octets) for another purpose of the issuer's, which goes when the subject key goes.

        With `letters` it is one of the letters' own, which stays as long as names are shown. A code's subject is made
        of an organisation's name, which holds no slash, so the two never meet.
        """
        return hmac.digest(self._load(key), f"undersigned/1/{purpose}".encode("ascii"), "sha256")

    def make_issuer(self, organisation: str, quarter: str) -> None:
        """Make the issuer's key for an organisation and epoch, unless it was made before."""
        name = _issuer(organisation, quarter)
        if not self._path(name).exists():
            self._make(name, keygen(secrets.token_bytes(_MATERIAL)).to_bytes(SECRET_KEY, "big"))

    def issuer(self, organisation: str, quarter: str) -> int:
        """Return the issuer's secret scalar for an organisation and epoch.

        Raises: `Unavailable` when it is lost. It is not made anew: the registry's key would not fit any more.
        """
        return int.from_bytes(self._load(_issuer(organisation, quarter)), "big")

    def issuer_public(self, organisation: str, quarter: str) -> bytes:
        """Return the public key (96 octets) that belongs to `issuer`."""
        return public_key(self.issuer(organisation, quarter))

    def account_secret(self, organisation: str) -> str:
        """Return this instance's secret at the provider of an organisation's accounts. Raises: `Unavailable`."""
        return self._load(_account(organisation)).decode("ascii")

    def set_account_secret(self, organisation: str, secret: str) -> None:
        """Keep a secret that the provider gave, in the place of an older one."""
        path = self._path(_account(organisation))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, secret.encode("ascii").hex().encode() + b"\n", mode=0o600)
