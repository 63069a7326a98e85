"""Proof of work (`docs/protocol.md`, section 3, "Proof of work"): ALTCHA, second version, with SHA-256, one spelling.

A server hides a number; who asks for something dear looks for it by hashing, which takes some seconds at most, and
sends it along. The challenge is signed, so the server keeps none of them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from undersigned.errors import Malformed, Unavailable
from undersigned.values import canonical, fields, integer, parse_canonical

ALGORITHM: Final = "SHA-256"
#: Octets of nonce and salt, of the prefix that is looked for, and of a hash.
DRAWN: Final = 16
PREFIX: Final = 16
HASH: Final = 32
#: The highest number that any server may hide, and that a device looks for.
MOST: Final = 10_000_000
#: Octets of the longest solution.
MAX_SOLUTION: Final = 1024
#: Hashes between two words of how far it is.
_TOLD: Final = 1 << 14
#: The clock ends here: 2100-01-01.
_LAST: Final = 4_102_444_800


@dataclass(frozen=True, slots=True)
class Challenge:
    """A hidden number in 0..`most`: the hash of salt, nonce and number begins with `prefix`.

    `expires` is in seconds since 1970. `signature` (32 octets) is the server's own; nobody else can check it.
    """

    nonce: bytes
    salt: bytes
    prefix: bytes
    most: int
    expires: int
    signature: bytes

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {
            "parameters": {
                "algorithm": ALGORITHM,
                "cost": 1,
                "data": {"most": self.most},
                "expiresAt": self.expires,
                "keyLength": HASH,
                "keyPrefix": self.prefix.hex(),
                "nonce": self.nonce.hex(),
                "salt": self.salt.hex(),
            },
            "signature": self.signature.hex(),
        }

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(self.value())

    @classmethod
    def of(cls, value: object) -> "Challenge":
        """Check its fields. Raises: `Malformed`."""
        got = fields(value, ("parameters", "signature"), "The challenge")
        names = ("algorithm", "cost", "data", "expiresAt", "keyLength", "keyPrefix", "nonce", "salt")
        parameters = fields(got["parameters"], names, "The challenge")
        # `True` is equal to 1, and is another spelling.
        kind = parameters["algorithm"], integer(parameters["cost"]), integer(parameters["keyLength"])
        if kind != (ALGORITHM, 1, HASH):
            raise Malformed("other-work", "The server asks for a kind of work that is not known here.")
        return cls(
            nonce=_hex(parameters["nonce"], DRAWN),
            salt=_hex(parameters["salt"], DRAWN),
            prefix=_hex(parameters["keyPrefix"], PREFIX),
            most=integer(fields(parameters["data"], ("most",), "The challenge")["most"], least=1, most=MOST),
            expires=integer(parameters["expiresAt"], most=_LAST),
            signature=_hex(got["signature"], HASH),
        )

    @classmethod
    def parse(cls, data: bytes) -> "Challenge":
        """Read the canonical octets. Raises: `Malformed`."""
        return cls.of(parse_canonical(data, limit=MAX_SOLUTION))

    def key(self, number: int) -> bytes:
        """Return the hash (32 octets) that belongs to a number."""
        return hashlib.sha256(self.salt + self.nonce + number.to_bytes(4, "big")).digest()


@dataclass(frozen=True, slots=True)
class Solution:
    """A challenge with the number that was hidden in it, and its hash."""

    challenge: Challenge
    number: int
    key: bytes

    def value(self) -> dict[str, Any]:
        """Return its fields."""
        return {
            "challenge": self.challenge.value(),
            "solution": {"counter": self.number, "derivedKey": self.key.hex()},
        }

    def encoded(self) -> bytes:
        """Canonical octets."""
        return canonical(self.value())

    @classmethod
    def of(cls, value: object) -> "Solution":
        """Check its fields, and that the number belongs to the challenge; whose the challenge is the server knows.

        Raises: `Malformed`.
        """
        got = fields(value, ("challenge", "solution"), "The work")
        challenge = Challenge.of(got["challenge"])
        found = fields(got["solution"], ("counter", "derivedKey"), "The work")
        number = integer(found["counter"], most=challenge.most, what="The number")
        key = _hex(found["derivedKey"], HASH)
        if key != challenge.key(number) or not key.startswith(challenge.prefix):
            raise Malformed("work-wrong", "The number does not solve the server's challenge. Ask for another one.")
        return cls(challenge, number, key)

    @classmethod
    def parse(cls, data: bytes) -> "Solution":
        """Read the canonical octets. Raises: `Malformed`."""
        return cls.of(parse_canonical(data, limit=MAX_SOLUTION))


def solve(challenge: Challenge, told: Callable[[int], None] = lambda _: None) -> Solution:
    """Look for the hidden number: at most `most` + 1 hashes. `told` hears now and then how many were tried.

    Raises: `Unavailable` when there is none: the server's challenge cannot be solved.
    """
    begun = hashlib.sha256(challenge.salt + challenge.nonce)
    for number in range(challenge.most + 1):
        tried = begun.copy()
        tried.update(number.to_bytes(4, "big"))
        key = tried.digest()
        if key.startswith(challenge.prefix):
            return Solution(challenge, number, key)
        if number % _TOLD == 0:
            told(number)
    raise Unavailable("work-unsolved", "The server asked for work that cannot be done. Try again later.")


def _hex(value: object, length: int) -> bytes:
    try:
        out = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        out = b""
    if len(out) != length or out.hex() != value:
        raise Malformed("bad-hex", f"A value of the challenge is not {length} octets in lower-case hex.")
    return out
