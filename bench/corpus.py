"""A published folder with as many signatures as asked for, made fast enough to measure audits with.

The acts are real: every presentation holds under the issuer's key. They are quick to make because the maker knows
that key and computes with tables, in time that depends on secrets: for benchmarks only.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from undersigned.bbs import pseudonym as nym
from undersigned.bbs import signature
from undersigned.bbs.ciphersuite import R
from undersigned.bbs.curve import BLST, Point
from undersigned.bbs.generators import PROFILE, Generators, domain, generators
from undersigned.bbs.octets import message_scalars
from undersigned.bbs.proof import _challenge
from undersigned.bbs.tables import Base
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import Attributes, header
from undersigned.protocol.entry import Genesis, Issued, IssuerKey, LetterOpened, Round, TermsSet
from undersigned.protocol.letter import Letter, Organisation, Terms, Text, Workforce
from undersigned.tlog import tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.note import SigningKey

EPOCH = "2026Q4"
ISSUER = "issuer.example"
NAME = "letters.example"
FIRST = datetime(2026, 10, 1, tzinfo=UTC)
#: Organisations of the letter, which take turns, and acts of one round.
ORGANISATIONS = tuple(f"org-{letter}.example" for letter in "abcd")
IN_ROUND = 100
REGISTRY_KEY = SigningKey(f"{NAME}/registry", bytes(32))
LOG_KEY = SigningKey(f"{NAME}/log", bytes(31) + b"\x01")


def letter() -> Letter:
    """The letter that all of them sign."""
    return Letter(
        slug="letter",
        addressee="The boards",
        epoch=EPOCH,
        goal=None,
        organisations=tuple(Organisation(name, (ISSUER,)) for name in ORGANISATIONS),
        texts=(Text("en", "A letter", "Its text.", ("A demand",)),),
        taxonomy="t2026-1",
    )


@cache
def _secret(organisation: str) -> int:
    return signature.keygen(hashlib.sha256(organisation.encode()).digest())


@dataclass(frozen=True)
class _Issuer:
    """What is the same for all members of an organisation: the fixed part of the signed sum, as a table."""

    organisation: str
    secret: int
    points: Generators
    bound: int
    fixed: Base
    scalars: tuple[int, ...]
    context: str
    pseudonyms: Base


@cache
def _issuer(organisation: str) -> _Issuer:
    secret, points = _secret(organisation), generators(BLST, PROFILE)
    scalars = message_scalars(
        Attributes(organisation, EPOCH, "undeclared", "undeclared", "code").messages(), PROFILE.interface
    )
    bound = domain(signature.public_key(secret), PROFILE, points.octets, header(ISSUER))
    fixed = BLST.total([(points.q1, bound), *zip(points.slots, scalars, strict=False)], [(points.p1, 1)])
    context = letter().context
    base = nym.base(BLST, context.encode())
    return _Issuer(organisation, secret, points, bound, Base(fixed), tuple(scalars), context, base)


def _scalars(seed: bytes, count: int) -> list[int]:
    octets = hashlib.shake_256(seed).digest(48 * count)
    return [int.from_bytes(octets[at : at + 48], "big") % R for at in range(0, len(octets), 48)]


def entry(organisation: str, member: int) -> tuple[bytes, bytes]:
    """Pseudonym and log entry of a member's signature."""
    by = _issuer(organisation)
    hidden = _scalars(f"member {member}".encode(), 9)
    e, r1, r2, e_tilde, r1_tilde, r3_tilde, *tilde = _scalars(f"proof {member}".encode(), 6 + 13)
    context = by.context.encode()
    made = Act(
        kind="letter",
        action="sign",
        context=by.context,
        organisation=organisation,
        epoch=EPOCH,
        disclosed={0: organisation, 1: EPOCH},
        issuers=(ISSUER,),
        pseudonym=_encoded([(by.pseudonyms, nym.evaluate(context, hidden[1:]))], []),
    )
    slots = by.points.slots
    signed = BLST.total([(by.fixed, 1), *zip(slots[6:], hidden, strict=True)], [])
    root = r1 * r2 * pow(by.secret + e, R - 2, R) % R  # Abar is the signed sum times this
    d = BLST.total([], [(signed, r2)])
    shown = [
        _encoded([], [(signed, root)]),
        _encoded([], [(signed, root * by.secret % R)]),
        BLST.encode(d),
        _encoded([], [(signed, (root * e_tilde + r2 * r1_tilde) % R)]),
        _encoded(list(zip([*slots[2:6], *slots[6:]], tilde, strict=True)), [(d, r3_tilde)]),
    ]
    ut = _encoded([(by.pseudonyms, nym.evaluate(context, tilde[-8:]))], [])
    disclosed = {0: by.scalars[0], 1: by.scalars[1]}
    c = _challenge(PROFILE, disclosed, [*shown, made.pseudonym, ut], by.bound, [made.encoded, context])
    responses = [(e_tilde + e * c) % R, (r1_tilde - r1 * c) % R, (r3_tilde - pow(r2, R - 2, R) * c) % R]
    responses += [(fresh + known * c) % R for fresh, known in zip(tilde, [*by.scalars[2:], *hidden], strict=True)]
    proof = b"".join(shown[:3]) + b"".join(each.to_bytes(32, "big") for each in [*responses, c])
    return made.pseudonym, SignedAct(made, (proof,)).encoded


def _encoded(fixed: list[tuple[Base, int]], free: list[tuple[Point, int]]) -> bytes:
    return BLST.encode(BLST.total(fixed, free))


def _round(number: int, acts: int) -> list[bytes]:
    """Entries of the round of this number."""
    organisation = ORGANISATIONS[number % len(ORGANISATIONS)]
    tick = (FIRST + timedelta(hours=1 + number // len(ORGANISATIONS))).strftime("%Y-%m-%dT%H:00:00Z")
    signed = sorted(entry(organisation, number * IN_ROUND + at) for at in range(acts))
    head = Round(letter().context, organisation, acts, tick, final=False)
    return [head.encoded, *(each for _, each in signed)]


def rounds(signatures: int) -> Iterator[list[bytes]]:
    """Entries of all rounds, made in as many processes as there are cores."""
    sizes = [min(IN_ROUND, signatures - at) for at in range(0, signatures, IN_ROUND)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_round, range(len(sizes)), sizes)


class _Log:
    """A log that is written as it grows, so that a large one needs no large memory."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self._folder = folder
        self._key = key
        self._pending: list[bytes] = []
        self._tree = tile.Rebuilder()
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.with_name(f"{folder.name}.vkey").write_text(key.vkey + "\n")

    def add(self, entries: list[bytes]) -> None:
        """Append entries."""
        self._pending += entries
        while len(self._pending) >= tile.TILE_WIDTH:
            self._bundle(self._pending[: tile.TILE_WIDTH])
            del self._pending[: tile.TILE_WIDTH]

    def _bundle(self, entries: list[bytes]) -> None:
        path = tile.entries_path(self._tree.size // tile.TILE_WIDTH, len(entries))
        self._write([(path, tile.encode_bundle(entries)), *self._tree.feed(entries)])

    def _write(self, files: list[tuple[str, bytes]]) -> None:
        for path, data in files:
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(data)

    def close(self) -> None:
        """Write what is left, and the checkpoint."""
        if self._pending:
            self._bundle(self._pending)
        signed = sign_checkpoint(Checkpoint(self._key.name, self._tree.size, self._tree.root()), self._key)
        self._write([*self._tree.partial(), ("checkpoint", signed)])


def write(folder: Path, signatures: int) -> Path:
    """Write a published folder with one letter and this many signatures, of which no round is smaller than ten."""
    made = letter()
    workforce = tuple(Workforce(name, 10**6, "2026-01-31", "annual report") for name in ORGANISATIONS)
    first = Terms(made.digest, 1, "2026-10-01", "2036-01-01T00:00:00Z", workforce)
    registry = _Log(folder / "registry", REGISTRY_KEY)
    registry.add([Genesis(NAME, demo=True, registry=REGISTRY_KEY.vkey, log=LOG_KEY.vkey).encoded])
    for name in ORGANISATIONS:
        registry.add([IssuerKey(ISSUER, name, EPOCH, ("code",), signature.public_key(_secret(name))).encoded])
    registry.add([LetterOpened(made.slug, made.digest).encoded, TermsSet(made.digest, 1, first.digest).encoded])
    registry.close()
    log = _Log(folder / "log", LOG_KEY)
    at_most = -(-signatures // 10) * 10
    log.add([Issued(ISSUER, name, EPOCH, at_most).encoded for name in ORGANISATIONS])
    for each in rounds(signatures):
        log.add(each)
    log.close()
    (folder / "documents").mkdir()
    for document in (made, first):
        (folder / "documents" / document.digest).write_bytes(document.encoded)
    return folder
