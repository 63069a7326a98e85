"""Encryption with age (age-encryption.org/v1): for a passphrase or for public keys, in memory alone.

Whatever was changed or cut is refused whole: nothing of it is ever returned.
"""

from collections.abc import Sequence
from typing import Final

import pyrage

from undersigned.errors import Malformed, Refused

#: What an encrypted file begins with.
HEAD: Final = b"age-encryption.org/v1\n"
_IDENTITY: Final = "AGE-SECRET-KEY-"


def for_passphrase(data: bytes, passphrase: str) -> bytes:
    """Encrypt under a passphrase; each guess at it takes about a second."""
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def for_keys(data: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt to public keys (`age1…`), each of which can open it alone. Raises: `Malformed`."""
    try:
        keys = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    except pyrage.RecipientError as error:
        raise Malformed("bad-recipient", "A public key of age begins with age1. “age-keygen” makes one.") from error
    return bytes(pyrage.encrypt(data, keys))


def with_passphrase(data: bytes, passphrase: str) -> bytes:
    """Open what was encrypted under a passphrase. Raises: `Malformed` for another kind of file, `Refused`."""
    check(data)
    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        raise _unopened() from error


def with_keys(data: bytes, lines: str) -> bytes:
    """Open what was encrypted to one of the keys in a file of age's. Raises: as `with_passphrase`."""
    check(data)
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines.split() if line.startswith(_IDENTITY)]
    except pyrage.IdentityError as error:
        raise Malformed("bad-identity", "The file of keys holds none that age knows.") from error
    if not keys:
        raise Malformed("bad-identity", "The file of keys holds none: one begins with AGE-SECRET-KEY-.")
    try:
        return bytes(pyrage.decrypt(data, keys))
    except pyrage.DecryptError as error:
        raise _unopened() from error


def check(data: bytes) -> None:
    """Check that a file is one of age's. Raises: `Malformed`."""
    if not data.startswith(HEAD):
        raise Malformed("no-backup", "This file is not encrypted with age: it is no backup. Nothing was written.")


def _unopened() -> Refused:
    return Refused(
        "backup-unopened",
        "The file cannot be opened: passphrase or key are another one, or the file was changed or cut. "
        "Nothing was written.",
    )
