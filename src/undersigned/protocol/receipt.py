"""Receipts: a signed promise that an act will be in the log (`docs/protocol.md`, section 5).

A signed note under a receipt key of the registry. The same act gets the same receipt again. Keeping one is
optional: it proves the act to whoever finds it.
"""

from dataclasses import dataclass

from undersigned import PROFILE
from undersigned.errors import Malformed, Refused
from undersigned.protocol.context import parse_context
from undersigned.tlog.note import Note, SigningKey, VerifierKey, sign
from undersigned.values import digest, domain, tick

_LINES = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise: the act with this SHA-256 is counted by `deadline`, a full hour in UTC.

    A later closing that the registry logged before the deadline moves the deadline with it. Nothing is promised
    where the letter has a goal and misses it, nor for a signature that its own withdrawal cancels before its round.
    """

    context: str
    organisation: str
    act: str
    deadline: str

    def text(self) -> str:
        """Return the note's text: five lines."""
        return f"{PROFILE}/receipt\n{self.context}\n{self.organisation}\n{self.act}\n{self.deadline}\n"

    def signed(self, key: SigningKey) -> bytes:
        """Return the receipt as a signed note."""
        return sign(self.text(), [key])

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read a note's text.

        Raises: `Malformed`.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[0] != f"{PROFILE}/receipt" or lines[-1]:
            raise Malformed("bad-receipt", "This is not a receipt of this system.")
        parse_context(lines[1])
        return cls(lines[1], domain(lines[2]), digest(lines[3]), tick(lines[4]))


def open_receipt(data: bytes, keys: list[str]) -> Receipt:
    """Read a signed receipt and check its signature under one of the registry's receipt keys.

    Raises: `Malformed`, or `Refused` when none of the keys signed it.
    """
    note = Note.parse(data)
    if not note.verified([VerifierKey.parse(key) for key in keys]):
        raise Refused("receipt-unsigned", "The receipt is not signed by a receipt key of this registry.")
    return Receipt.parse(note.text)
