"""Offline proofs (C2SP tlog-proof, `.tlog-proof` files): an entry's place under a checkpoint."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from undersigned.errors import Malformed
from undersigned.tlog import merkle
from undersigned.tlog.checkpoint import MAX_SIZE, Checkpoint, decimal, open_checkpoint
from undersigned.tlog.merkle import HASH
from undersigned.tlog.note import MAX_NOTE, Note, VerifierKey, decode64, encode64
from undersigned.tlog.policy import Policy

MAGIC: Final = "c2sp.org/tlog-proof@v1"
#: Hashes of the longest inclusion proof: the bits of the largest size.
MAX_HASHES: Final = 63
#: Octets of extra data at most, before base64.
MAX_EXTRA: Final = 128 * 1024
#: Octets of the longest proof.
MAX_PROOF: Final = 2 * MAX_NOTE

_HEAD = re.compile(rf"{re.escape(MAGIC)}\n(?:extra ([^\n]+)\n)?index ([^\n]+)\n((?:[^\n]+\n)*)\n")


@dataclass(frozen=True)
class TlogProof:
    """Index, inclusion proof (hashes of 32 octets) and signed checkpoint of an entry.

    `extra` is authenticated by nothing. Nothing is verified before `verify`.
    """

    index: int
    hashes: Sequence[bytes]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashes", tuple(self.hashes))
        if not 0 <= self.index < MAX_SIZE:
            raise Malformed("bad-decimal", "The index of an entry is from 0 to 2^63 - 2.")
        if len(self.hashes) > MAX_HASHES or any(len(h) != HASH for h in self.hashes):
            raise Malformed("proof-hashes", f"A proof holds at most {MAX_HASHES} hashes of {HASH} octets.")
        if self.extra is not None and not 1 <= len(self.extra) <= MAX_EXTRA:
            raise Malformed("proof-extra", f"Extra data, where there is any, has 1 to {MAX_EXTRA:,} octets.")
        Checkpoint.parse(Note.parse(self.checkpoint).text)

    def encode(self) -> bytes:
        """Octets of the `.tlog-proof` file."""
        lines = [MAGIC]
        if self.extra is not None:
            lines.append(f"extra {encode64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += map(encode64, self.hashes)
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read a proof in its one spelling. Raises: `Malformed`."""
        if len(octets) > MAX_PROOF:
            raise Malformed("too-long", f"The proof is longer than {MAX_PROOF:,} octets.")
        try:
            text = octets.decode()
        except UnicodeDecodeError as error:
            raise Malformed("proof-syntax", "The proof is not UTF-8.") from error
        head = _HEAD.match(text)
        if head is None:
            raise Malformed("proof-syntax", "This is not a tlog-proof: its first lines are not as they should be.")
        extra, index, hashes = head.groups()
        proof = cls(
            decimal(index, what="The index in the proof"),
            tuple(decode64(line, HASH, what="A hash in the proof") for line in hashes.split("\n")[:-1]),
            text[head.end() :].encode(),
            None if extra is None else decode64(extra, what="The extra data of the proof"),
        )
        if proof.encode() != octets:
            raise Malformed("proof-spelling", "The proof is not in its one allowed spelling.")
        return proof


def verify(proof: TlogProof, entry: bytes, origin: str, key: VerifierKey, policy: Policy | None = None) -> Checkpoint:
    """Check that `entry` stands in the log `origin`; return the checkpoint that shows it.

    The checkpoint is signed by `key` and, where given, satisfies `policy`.
    Raises: `Malformed`; `Refused` when any of it does not hold.
    """
    checkpoint = open_checkpoint(proof.checkpoint, origin, key)
    if policy is not None:
        policy.check(proof.checkpoint, origin, key)
    leaf = merkle.leaf_hash(entry)
    merkle.verify_inclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root)
    return checkpoint
