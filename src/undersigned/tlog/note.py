"""Signed notes (C2SP signed-note): text, a blank line, and one signature line per key.

A note is believed only where a known key signed it: `Note.verified` says which keys did. Lines of
unknown keys and of unknown signature types are kept and ignored, so that others can stand beside.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Protocol, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from undersigned.errors import Malformed, Refused

#: Signature type of an Ed25519 signature over the text.
ED25519: Final = 0x01
KEY_ID: Final = 4
SEED: Final = 32
PUBLIC_KEY: Final = 32
SIGNATURE: Final = 64
#: Signature lines a note may have. The specification asks for at least 16.
MAX_SIGNATURES: Final = 64
#: Octets of the longest note: room for `MAX_SIGNATURES` post-quantum signatures.
MAX_NOTE: Final = 512 * 1024
MAX_NAME: Final = 255

#: y-coordinates, little-endian, of the points of small order on edwards25519, in every spelling: under such a key a
#: signature that nobody made holds for many texts or for all, so it would bind nobody.
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(y)
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)

_DASH: Final = "— "  # U+2014, space
_VKEY_PARTS: Final = 3


# ── base64 and names ──


def encode64(octets: bytes) -> str:
    """Padded standard base64 (RFC 4648, section 4)."""
    return base64.b64encode(octets).decode("ascii")


def decode64(text: str, length: int | None = None, *, what: str = "A value") -> bytes:
    """Octets of padded standard base64 in its one spelling, `length` of them where given.

    Raises: `Malformed` for foreign characters, missing padding, set trailing bits, another length.
    """
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed("bad-base64", f"{what} is not base64.") from error
    if encode64(octets) != text:
        raise Malformed("bad-base64", f"{what} is not in the one allowed spelling of base64.")
    if length is not None and len(octets) != length:
        raise Malformed("bad-length", f"{what} has {len(octets)} octets instead of {length}.")
    return octets


def key_name(name: str) -> str:
    """Return the name of a key: 1 to 255 octets, no space, no plus, no control character.

    Raises: `Malformed`.
    """
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise Malformed("key-name", "The name of a key is empty or holds a space, a plus or a control character.")
    try:
        octets = name.encode()
    except UnicodeEncodeError as error:
        raise Malformed("key-name", "The name of a key is not UTF-8.") from error
    if len(octets) > MAX_NAME:
        raise Malformed("key-name", f"The name of a key is longer than {MAX_NAME} octets.")
    return name


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """Return the key ID of signed-note: 4 octets of a hash over name, type and public key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID]


# ── verifier keys ──


class Verifier(Protocol):
    """What can check one kind of signature line."""

    @property
    def name(self) -> str:
        """Name of the key."""

    @property
    def key_id(self) -> bytes:
        """Key ID, 4 octets."""

    def check(self, text: str, signature: bytes) -> None:
        """Raise `Refused` unless `signature` (without the key ID) is this key's over `text`."""


_Key = TypeVar("_Key", bound=Verifier)


def encode_vkey(name: str, algorithm: int, public: bytes) -> str:
    """Return the text form of a verifier key, `name+hex key ID+base64(type || key)`."""
    return f"{name}+{key_id(name, algorithm, public).hex()}+{encode64(bytes([algorithm]) + public)}"


def parse_vkey(vkey: str, algorithm: int) -> tuple[str, bytes]:
    """Name and public key (32 octets) of a verifier key of the signature type `algorithm`.

    Raises: `Malformed` where the spelling, the type, the length or the key ID is not right.
    """
    parts = vkey.split("+", _VKEY_PARTS - 1)
    if len(parts) != _VKEY_PARTS:
        raise Malformed("vkey", "A verifier key is written name+identifier+key.")
    name = key_name(parts[0])
    material = decode64(parts[2], what="A verifier key")
    if material[:1] != bytes([algorithm]):
        raise Malformed("vkey-type", f"The verifier key “{name}” is not of the signature type {algorithm:#04x}.")
    public = ed25519_key(material[1:])
    if encode_vkey(name, algorithm, public) != vkey:
        raise Malformed("vkey", f"The identifier in the verifier key “{name}” does not belong to the key.")
    return name, public


def ed25519_key(public: bytes) -> bytes:
    """Return an Ed25519 public key: 32 octets, not a point of small order.

    Raises: `Malformed`.
    """
    if len(public) != PUBLIC_KEY:
        raise Malformed("bad-length", f"A verifier key has {len(public)} octets instead of {PUBLIC_KEY}.")
    if bytes([*public[:-1], public[-1] & 0x7F]) in _SMALL_ORDER:
        raise Malformed("vkey-small-order", "A verifier key is one under which anybody can sign.")
    return public


def check_ed25519(public: bytes, message: bytes, signature: bytes, name: str) -> None:
    """Raise `Refused` unless `signature` (64 octets) over `message` is by the key `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Refused("note-signature", f"The signature of “{name}” does not hold.") from error


@dataclass(frozen=True)
class VerifierKey:
    """An Ed25519 key (type 0x01) that signs notes; `public` has 32 octets."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        key_name(self.name)
        ed25519_key(self.public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+hex key ID+base64`. Raises: `Malformed`."""
        return cls(*parse_vkey(vkey, ED25519))

    def encode(self) -> str:
        """Return the text form, which `parse` reads."""
        return encode_vkey(self.name, ED25519, self.public)

    @cached_property
    def key_id(self) -> bytes:
        """Key ID, 4 octets."""
        return key_id(self.name, ED25519, self.public)

    def check(self, text: str, signature: bytes) -> None:
        """Raise `Refused` unless `signature` (64 octets) is this key's over `text`."""
        check_ed25519(self.public, text.encode(), signature, self.name)


# ── notes ──


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: name, key ID (4 octets) and the octets of the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line with its line end."""
        return f"{_DASH}{self.name} {encode64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line with its line end. Raises: `Malformed`."""
        name, space, encoded = line.removeprefix(_DASH).removesuffix("\n").partition(" ")
        if not line.startswith(_DASH) or not line.endswith("\n") or not space:
            raise Malformed("note-line", "A signature line is a dash, a name and base64.")
        octets = decode64(encoded, what="A signature")
        if len(octets) <= KEY_ID:
            raise Malformed("note-line", "A signature line holds no signature.")
        return cls(key_name(name), octets[:KEY_ID], octets[KEY_ID:])


@dataclass(frozen=True)
class Note:
    """A signed note: `text` ends with a line end; at least one signature."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read a note and refuse every spelling but the one that `encode` writes.

        This checks no signature. Raises: `Malformed`.
        """
        if len(octets) > MAX_NOTE:
            raise Malformed("too-long", f"The note is longer than {MAX_NOTE:,} octets.")
        try:
            whole = octets.decode()
        except UnicodeDecodeError as error:
            raise Malformed("note-utf8", "The note is not UTF-8.") from error
        # Of all blank lines the last one separates. Not `splitlines`: it breaks at more than LF.
        text, blank, rest = whole.rpartition("\n\n")
        lines = rest[:-1].split("\n")
        if not blank or not rest.endswith("\n") or len(lines) > MAX_SIGNATURES:
            raise Malformed("note-lines", f"A note has 1 to {MAX_SIGNATURES} signature lines after a blank line.")
        note = cls(note_text(text + "\n"), tuple(NoteSignature.parse(line + "\n") for line in lines))
        if note.encode() != octets:
            raise Malformed("note-spelling", "The note is not in its one allowed spelling.")
        return note

    def encode(self) -> bytes:
        """Return the octets of the note."""
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode()

    def beside(self, signatures: Sequence[NoteSignature]) -> Self:
        """Return this note with more signature lines, for instance of witnesses."""
        return replace(self, signatures=(*self.signatures, *signatures))

    def of(self, key: Verifier) -> list[NoteSignature]:
        """Return the signature lines that bear this key's name and key ID, unchecked."""
        return [s for s in self.signatures if s.name == key.name and s.key_id == key.key_id]

    def verified(self, keys: Iterable[_Key]) -> list[_Key]:
        """Return those of `keys` that signed.

        Raises: `Refused` when a line bears a key's name and key ID and does not hold.
        """
        signed = []
        for key in keys:
            lines = self.of(key)
            for line in lines:
                key.check(self.text, line.signature)
            if lines:
                signed.append(key)
        return signed


def note_text(text: str) -> str:
    """Return the text of a note: UTF-8, ends with a line end, no other control character below U+0020.

    Raises: `Malformed`.
    """
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise Malformed("note-text", "The text of a note ends with a line end and holds no other control character.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("note-text", "The text of a note is not UTF-8.") from error
    return text


# ── signing ──


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key that signs notes, from a secret `seed` of 32 octets."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        key_name(self.name)
        if len(self.seed) != SEED:
            raise Malformed("bad-length", f"The seed of a signing key has {SEED} octets.")

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self._private.public_key().public_bytes_raw())

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def vkey(self) -> str:
        """The public half in text form."""
        return self.verifier.encode()

    def sign(self, text: str) -> NoteSignature:
        """Sign the text of a note. Raises: `Malformed` where it is no such text."""
        octets = note_text(text).encode()
        return NoteSignature(self.name, self.verifier.key_id, self._private.sign(octets))


def public_key(seed: bytes) -> bytes:
    """Return the Ed25519 public key (32 octets) of a seed (32 octets)."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign_ed25519(seed: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature (64 octets) over `message`."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def sign(text: str, keys: Iterable[SigningKey]) -> bytes:
    """Octets of a note that `keys` sign, in their order. Raises: `Malformed`."""
    signatures = tuple(key.sign(text) for key in keys)
    if not signatures:
        raise Malformed("note-lines", "A note has at least one signature.")
    return Note(text, signatures).encode()
