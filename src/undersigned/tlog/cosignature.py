"""Cosignatures (C2SP tlog-cosignature, Ed25519, type 0x04): a witness saw one log, and when.

The signed message does not hold the witness's name, so one key belongs to one witness. Cosignatures
with ML-DSA-44 (type 0x06) may stand beside; they are neither made nor checked here.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from undersigned.errors import Malformed, Refused
from undersigned.tlog.note import (
    SEED,
    SIGNATURE,
    NoteSignature,
    check_ed25519,
    ed25519_key,
    encode_vkey,
    key_id,
    key_name,
    note_text,
    parse_vkey,
    public_key,
    sign_ed25519,
)

#: Signature type of a timestamped Ed25519 cosignature.
COSIGNATURE: Final = 0x04
TIMESTAMP: Final = 8
MAX_TIMESTAMP: Final = 2**63 - 1


def message(text: str, timestamp: int) -> bytes:
    """Return what a witness signs: header, time in POSIX seconds, the checkpoint's text."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


@dataclass(frozen=True)
class CosignatureVerifierKey:
    """The public half of a witness's key; `public` has 32 octets."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        key_name(self.name)
        ed25519_key(self.public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+hex key ID+base64`. Raises: `Malformed`."""
        return cls(*parse_vkey(vkey, COSIGNATURE))

    def encode(self) -> str:
        """Return the text form, which `parse` reads."""
        return encode_vkey(self.name, COSIGNATURE, self.public)

    @cached_property
    def key_id(self) -> bytes:
        """Key ID, 4 octets."""
        return key_id(self.name, COSIGNATURE, self.public)

    def timestamp(self, text: str, signature: bytes) -> int:
        """POSIX seconds at which the witness signed `text`; `signature` has 72 octets.

        Whether that time lies in the future is not judged here. Raises: `Refused`.
        """
        timestamp = int.from_bytes(signature[:TIMESTAMP], "big")
        if len(signature) != TIMESTAMP + SIGNATURE or timestamp > MAX_TIMESTAMP:
            raise Refused("note-signature", f"The cosignature of “{self.name}” does not hold.")
        check_ed25519(self.public, message(text, timestamp), signature[TIMESTAMP:], self.name)
        return timestamp

    def check(self, text: str, signature: bytes) -> None:
        """Raise `Refused` unless `signature` (72 octets) is this witness's over `text`."""
        self.timestamp(text, signature)


@dataclass(frozen=True)
class CosignatureKey:
    """A witness's signing key, from a secret `seed` of 32 octets."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        key_name(self.name)
        if len(self.seed) != SEED:
            raise Malformed("bad-length", f"The seed of a signing key has {SEED} octets.")

    @property
    def verifier(self) -> CosignatureVerifierKey:
        """The public half."""
        return CosignatureVerifierKey(self.name, public_key(self.seed))

    @property
    def vkey(self) -> str:
        """The public half in text form."""
        return self.verifier.encode()

    def sign(self, text: str, timestamp: int) -> NoteSignature:
        """Sign a checkpoint's text at a POSIX time in seconds.

        Whoever calls has checked that the checkpoint is consistent with the largest one seen before.
        Raises: `Malformed`.
        """
        if not 0 <= timestamp <= MAX_TIMESTAMP:
            raise Malformed("bad-timestamp", "The time of a cosignature is from 0 to 2^63 - 1 seconds.")
        signature = sign_ed25519(self.seed, message(note_text(text), timestamp))
        octets = timestamp.to_bytes(TIMESTAMP, "big") + signature
        return NoteSignature(self.name, self.verifier.key_id, octets)
