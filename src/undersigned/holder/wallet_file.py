"""The holder's file: mode 0600 from its first octet, replaced whole, encrypted where a passphrase is given.

Unencrypted: the wallet's canonical JSON. Encrypted: a header in canonical JSON, a line end, and the sealed
wallet; Scrypt (RFC 7914) makes the key, ChaCha20-Poly1305 (RFC 8439) seals, the header is authenticated.

Trust: whoever can read an unencrypted file can sign in the person's name and see what was signed; an
encrypted one gives them guesses at the passphrase, some tenths of a second and up to 128 MiB each.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.holder.wallet import MAX_WALLET, Wallet
from undersigned.values import b64u, canonical, fields, integer, octets, parse_canonical

#: Version of the sealed form; a reader knows this one only.
FORMAT: Final = "undersigned-pass/1"
CIPHER: Final = "chacha20-poly1305"
#: Scrypt's cost as a power of two: 15 to 17, that is 32 to 128 MiB.
LEAST_COST, USUAL_COST, MOST_COST = 15, 17, 17
_BLOCK: Final = 8
_SALT: Final = 16
_NONCE: Final = 12
_KEY: Final = 32
_MODE: Final = 0o600
#: The header takes some hundred octets.
_MAX_FILE: Final = MAX_WALLET + 4096

Rng = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Seal:
    """How to encrypt: `passphrase`, a source of randomness, and Scrypt's cost as a power of two."""

    passphrase: str
    rng: Rng
    cost: int = USUAL_COST

    def key(self, salt: bytes) -> bytes:
        """Return the key, 32 octets. Takes some tenths of a second."""
        return _key(self.passphrase, salt, self.cost)


def seal(wallet: Wallet, how: Seal) -> bytes:
    """Octets of the encrypted file; salt and nonce are fresh each time."""
    salt, nonce = how.rng(_SALT), how.rng(_NONCE)
    head = {
        "cipher": CIPHER,
        "cost": integer(how.cost, least=LEAST_COST, most=MOST_COST, what="Scrypt's cost"),
        "format": FORMAT,
        "nonce": b64u(nonce),
        "salt": b64u(salt),
    }
    sealed = ChaCha20Poly1305(how.key(salt)).encrypt(nonce, wallet.encoded(), canonical(head))
    return canonical(head) + b"\n" + sealed


def is_sealed(data: bytes) -> bool:
    """Whether a file's octets are encrypted: canonical JSON has no line end of its own."""
    return b"\n" in data


def unseal(data: bytes, passphrase: str) -> Wallet:
    """Read an encrypted file.

    Raises: `Malformed`; `Refused` when the passphrase is another or the file was changed: nothing tells which.
    """
    head, _, sealed = data.partition(b"\n")
    got = fields(parse_canonical(head), ("cipher", "cost", "format", "nonce", "salt"), "The encrypted pass")
    if got["format"] != FORMAT or got["cipher"] != CIPHER:
        raise Malformed("unknown-format", "This pass was written by another version, in a form that is unknown here.")
    cost = integer(got["cost"], least=LEAST_COST, most=MOST_COST, what="Scrypt's cost")
    salt = octets(got["salt"], _SALT, what="The salt")
    nonce = octets(got["nonce"], _NONCE, what="The nonce")
    return Wallet.parse(_open(_key(passphrase, salt, cost), nonce, sealed, head))


def _open(key: bytes, nonce: bytes, sealed: bytes, head: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, head)
    except InvalidTag as error:
        raise Refused(
            "wrong-passphrase", "The passphrase is not the one of this pass, or the file was changed. Try again."
        ) from error


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=_KEY, n=1 << cost, r=_BLOCK, p=1).derive(passphrase.encode())


# ── the file ──


def read(path: Path) -> bytes:
    """Return a pass's octets as they lie on disk.

    Raises: `Withheld` where there is none; `Refused` when others may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_FILE + 1)
    except FileNotFoundError as error:
        raise Withheld("no-pass", f"There is no pass at {path}. Join first, or name the file with --pass.") from error
    except OSError as error:
        raise Unavailable("pass-unreadable", f"The pass at {path} cannot be read: {error.strerror}.") from error
    if os.name == "posix" and mode & 0o077:
        raise Refused("pass-open", f"Others on this machine can read {path}. Close it first: chmod 600 {path}")
    return data


def write(path: Path, data: bytes) -> None:
    """Replace a pass, or write it for the first time: whole or not at all, and synced.

    The temporary file beside it has mode 0600 from the start, and is never opened where one exists.
    Raises: `Unavailable` when the disk does not take it, `Conflict` when another program is writing.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), _MODE)
    except FileExistsError as error:
        raise Conflict(
            "pass-busy", f"{temporary} exists: another program is writing, or one was stopped. If none runs, delete it."
        ) from error
    except OSError as error:
        raise Unavailable("pass-unwritable", f"The pass cannot be written to {path}: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise Unavailable("pass-unwritable", f"The pass cannot be written to {path}: {error.strerror}.") from error


def burn(path: Path, rng: Rng) -> None:
    """Overwrite a pass once with random octets, sync, and remove it; also what a stopped write left.

    This is the best that a program can do. Flash storage, snapshots and backups may keep older copies: who
    must be sure burns the words too and gives up the device's storage.
    Raises: `Withheld` where there is no pass.
    """
    if not path.is_file() or path.is_symlink():
        raise Withheld("no-pass", f"There is no pass at {path}.")
    for each in (path, path.with_name(path.name + ".new")):
        if each.is_file() and not each.is_symlink():
            _overwrite(each, rng)
    _sync_folder(path.parent)


def _overwrite(path: Path, rng: Rng) -> None:
    try:
        with path.open("r+b") as file:
            size = os.fstat(file.fileno()).st_size
            file.write(rng(size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError as error:
        raise Unavailable("burn-failed", f"{path} could not be burned: {error.strerror}. It is still there.") from error


def _sync_folder(folder: Path) -> None:
    """Make names durable, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
