"""Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log.

Three lines (origin, size, root) and, discouraged, extension lines, as the text of a signed note.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from undersigned.errors import Malformed, Refused
from undersigned.tlog.merkle import EMPTY_ROOT, HASH
from undersigned.tlog.note import Note, SigningKey, VerifierKey, decode64, encode64, note_text, sign

#: Entries of the largest log that any format here can speak of.
MAX_SIZE: Final = 2**63 - 1
_LINES: Final = 3
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def decimal(text: str, *, what: str) -> int:
    """Return a number from 0 to 2^63 - 1 in ASCII digits without leading zeros. Raises: `Malformed`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise Malformed("bad-decimal", f"{what} is not a whole number in plain digits.")
    return int(text)


@dataclass(frozen=True)
class Checkpoint:
    """Size and root (32 octets) of the log `origin`, unsigned."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise Malformed("bad-decimal", "The size of a log is from 0 to 2^63 - 1.")
        if len(self.root) != HASH:
            raise Malformed("bad-length", f"The root of a log has {len(self.root)} octets instead of {HASH}.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise Malformed("checkpoint-empty", "An empty log has the hash of nothing as its root.")
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise Malformed("checkpoint-lines", "A line of a checkpoint is empty or broken in two.")
        note_text(self.text())

    def text(self) -> str:
        """Return the text of the note, which `parse` reads."""
        return "\n".join((self.origin, str(self.size), encode64(self.root), *self.extensions)) + "\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a note, in its one spelling. Raises: `Malformed`."""
        lines = note_text(text)[:-1].split("\n")
        if len(lines) < _LINES:
            raise Malformed("checkpoint-lines", "A checkpoint has an origin, a size and a root, one on each line.")
        origin, size, root, *extensions = lines
        out = cls(
            origin,
            decimal(size, what="The size in the checkpoint"),
            decode64(root, HASH, what="The root in the checkpoint"),
            tuple(extensions),
        )
        if out.text() != text:
            raise Malformed("checkpoint-spelling", "The checkpoint is not in its one allowed spelling.")
        return out


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """Octets of the signed checkpoint.

    Raises: `Refused` when the key bears another name than the log's origin.
    """
    if key.name != checkpoint.origin:
        raise Refused("checkpoint-origin", f"The key “{key.name}” is not the key of the log “{checkpoint.origin}”.")
    return sign(checkpoint.text(), [key])


def read_signed(note: Note, origin: str) -> Checkpoint:
    """Return the checkpoint in a note whose signature is already checked, for the log `origin`.

    Raises: `Malformed`; `Refused` when it is the checkpoint of another log.
    """
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise Refused("checkpoint-origin", f"This is a checkpoint of “{checkpoint.origin}”, not of “{origin}”.")
    return checkpoint


def open_checkpoint(octets: bytes, origin: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint of the log `origin` that `key` signed.

    Raises: `Malformed`; `Refused` without a valid signature, or for another log.
    """
    note = Note.parse(octets)
    if not note.verified([key]):
        raise Refused("checkpoint-unsigned", f"The checkpoint is not signed by “{key.name}”.")
    return read_signed(note, origin)
