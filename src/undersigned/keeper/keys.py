"""The keeper's keys: one an organisation, made once, each in a folder of its own.

    <name>/key      the secret key, hex (0600)
    <name>/public   its public key, hex: tells a lost key from one that never was, and a wrong one from the right one

A key is read when it is used and not kept in memory, so that a destroyed one is gone at once.

Trust: whoever can read this folder and the issuer's database can test guessed addresses against the tags; with
either alone they cannot. They cannot tell what anyone signed.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.oprf.function import SEED, derive_key_pair, public_key
from undersigned.storage.files import sync_folder, write_durably
from undersigned.values import domain

#: The most keys of one keeper: more is a mistake.
MOST: Final = 1000
#: Octets of the longest key file that is read.
_LONGEST: Final = 65
_INFO: Final = b"undersigned/1/keeper/"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFolder:
    """The keys in one folder, which belongs to the keeper's account alone. `entropy` gives that many random octets."""

    def __init__(self, folder: Path, entropy: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._entropy = entropy

    def open(self) -> None:
        """Make the folder where there is none, else check that it is nobody else's.

        Raises: `Refused` where others can look into it, `Unavailable` where it cannot be made.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            found = self._folder.stat()
        except OSError as error:
            raise Unavailable("no-folder", f"The folder {self._folder} cannot be made: {error.strerror}.") from error
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & _OTHERS:
            raise Refused(
                "folder-open",
                f"The keys in {self._folder} are for the keeper's account alone. "
                "Give it the folder (chown) and close it to all others (chmod 700).",
            )

    def make(self, name: str) -> bytes:
        """Make the key of a name; returns its public key (32 octets).

        Raises: `Conflict` when it was made before, also if it was lost since; `Refused` when there are too many.
        """
        folder = self._of(name)
        if self._public(name) is not None:
            raise Conflict(
                "key-exists",
                f"The key of {name} was made before. A second one would let everybody join a second time. "
                "Destroy it when its quarters are over, then make another.",
            )
        if len(self.names()) >= MOST:
            raise Refused("too-many-keys", f"There are {MOST:,} keys already. Destroy those that are no longer needed.")
        secret, public = derive_key_pair(self._entropy(SEED), _INFO + name.encode("ascii"))
        # The public key last: with it the key counts as made.
        write_durably(folder / "key", secret.hex().encode() + b"\n", mode=0o600)
        write_durably(folder / "public", public.hex().encode() + b"\n", mode=0o600)
        sync_folder(self._folder)
        return public

    def key(self, name: str) -> bytes:
        """Return the secret key (32 octets) of a name.

        Raises: `Withheld` when it was never made, or destroyed; `Unavailable` when it was made and cannot be read, or
        is not the one that was made.
        """
        public = self._public(name)
        if public is None:
            raise Withheld("no-key", f"There is no key of {name}. Make one with “undersigned keeper-key make {name}”.")
        secret = _read(self._of(name) / "key")
        if secret is None:
            raise Unavailable(
                "key-lost",
                f"The key of {name} was made once and cannot be read now. Put it back from a copy. If there is none, "
                "nobody can join or replace words by this way until all quarters in which it was used are over.",
            )
        if not _fits(secret, public):
            raise Unavailable(
                "key-damaged", f"The key of {name} is not the one that was made. Put the right one back from a copy."
            )
        return secret

    def destroy(self, name: str) -> None:
        """Overwrite the key of a name and remove it, so that no tag can be made or tested any more.

        What the disk itself keeps of earlier versions is beyond this program. A destruction that was interrupted is
        finished by the next one.

        Raises: `Withheld` when there is none, `Unavailable` when the disk refuses.
        """
        folder = self._of(name)
        if not folder.is_dir():
            raise Withheld("no-key", f"There is no key of {name}.")
        try:
            for part in ("key", "key.new"):
                with suppress(FileNotFoundError):
                    _overwrite(folder / part, self._entropy)
            for part in ("public", "public.new"):
                (folder / part).unlink(missing_ok=True)
            folder.rmdir()
            sync_folder(self._folder)
        except OSError as error:
            raise Unavailable(
                "not-destroyed", f"The key of {name} could not be removed from {self._folder}: {error.strerror}."
            ) from error

    def names(self) -> list[tuple[str, str]]:
        """List the keys with their states, in order of their names; one of which only a part was made is not listed."""
        found = []
        for path in self._folder.iterdir():
            try:
                public = self._public(domain(path.name))
            except Malformed:
                continue
            if public is not None:
                found.append((path.name, _state(_read(path / "key"), public)))
        return sorted(found)

    def _of(self, name: str) -> Path:
        return self._folder / domain(name)

    def _public(self, name: str) -> bytes | None:
        """The public key; empty when something else stands in its place."""
        path = self._of(name) / "public"
        return (_read(path) or b"") if path.exists() else None


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return bytes.fromhex(file.read(_LONGEST).decode("ascii").strip())
    except (OSError, ValueError):
        return None


def _fits(secret: bytes, public: bytes) -> bool:
    try:
        return public_key(secret) == public
    except Malformed:
        return False


def _state(secret: bytes | None, public: bytes) -> str:
    if secret is None:
        return "lost"
    return "there" if _fits(secret, public) else "damaged"


def _overwrite(path: Path, entropy: Callable[[int], bytes]) -> None:
    """Write over a file in place, twice, each time down to the disk, and remove it."""
    with path.open("r+b", buffering=0) as file:
        length = os.fstat(file.fileno()).st_size
        for octets in (entropy(length), bytes(length)):
            file.seek(0)
            file.write(octets)
            os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
