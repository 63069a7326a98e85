"""Presentation proofs (core draft, ProofGen and ProofVerify; nym draft, with a pseudonym).

A proof shows, without showing the signature, that the holder has one over the disclosed messages, and
that the pseudonym comes from the signed secrets. Octets: Abar, Bbar, D, then the responses e^, r1^,
r3^ and one for each hidden slot, then the challenge.

Whoever forges a credential without the issuer's key can still pass the challenge: only the pairing
finds it. Nothing here is accepted before the pairing is checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from undersigned.bbs import blind as issuance
from undersigned.bbs import curve
from undersigned.bbs import pseudonym as nym
from undersigned.bbs import signature as signatures
from undersigned.bbs.ciphersuite import POINT, R, proof_octets
from undersigned.bbs.curve import BLST, Engine, Point
from undersigned.bbs.generators import PROFILE, Layout, domain, generators
from undersigned.bbs.octets import (
    Rng,
    hash_to_scalar,
    i2osp8,
    message_scalar,
    parse_scalars,
    random_scalars,
    require_length,
    scalar_octets,
    scalars_octets,
)
from undersigned.bbs.tables import Base
from undersigned.errors import Malformed, Refused, Unavailable, UndersignedError

#: Octets of a random weight in a batch.
_WEIGHT: Final = curve.WEIGHT_BITS // 8
#: Sets of disclosed messages whose fixed part a verifier remembers.
_REMEMBERED: Final = 8


@dataclass(frozen=True, slots=True)
class Statement:
    """What a presentation claims: the disclosed messages by index, ascending, and a pseudonym in a context.

    `ph` is bound by the proof (the presentation header).
    """

    context_id: bytes
    ph: bytes
    disclosed: Mapping[int, bytes]
    pseudonym: bytes
    proof: bytes


#: The identity, encoded: the draft refuses it as the trace of the pseudonym's proof.
_IDENTITY: Final = b"\xc0" + bytes(POINT - 1)


def _hidden(layout: Layout, disclosed: Sequence[int]) -> list[int]:
    """The slots that stay hidden, ascending.

    Raises: `Malformed` unless the disclosed indexes are strictly ascending and all of messages.
    """
    if any(later <= earlier for earlier, later in pairwise(disclosed)):
        raise Malformed("index-order", "The indexes of disclosed messages are not strictly ascending.")
    if not all(layout.may_disclose(index) for index in disclosed):
        raise Malformed("index-reserved", "An index of a disclosed message is not one of the credential's messages.")
    return [index for index in range(layout.slots) if index not in disclosed]


def _challenge(
    layout: Layout, disclosed: Mapping[int, int], points: Sequence[bytes], bound: int, tail: Sequence[bytes]
) -> int:
    """The challenge over everything public: disclosed scalars, points in the draft's order, the domain `bound`, `tail`.

    `points` are Abar, Bbar, D, T1, T2 and with a pseudonym also it and Ut; `tail` is the presentation
    header and with a pseudonym also the context, each with its length before it. The fixtures leave OP out.
    """
    parts = [i2osp8(len(disclosed))]
    for index, scalar in disclosed.items():
        parts += [i2osp8(index), scalar_octets(scalar)]
    parts += [*points, scalar_octets(bound)]
    for octets in tail:
        parts += [i2osp8(len(octets)), octets]
    return hash_to_scalar(b"".join(parts), layout.interface.hash_dst)


def prove(  # noqa: PLR0913, PLR0917 - the parameters of the draft's ProofGenWithNym
    public_key: bytes,
    signature: bytes,
    header: bytes,
    ph: bytes,
    messages: Sequence[bytes],
    disclosed: Sequence[int],
    secrets: Sequence[int],
    blind: int,
    context_id: bytes,
    rng: Rng,
    committed: Sequence[bytes] = (),
    *,
    layout: Layout = PROFILE,
) -> bytes:
    """The proof that goes with `pseudonym(context_id, secrets)`, binding `ph`; 272 octets and 32 for each hidden slot.

    It does not check the signature: `blind.verify_signature` does, once, when the credential arrives. Everything
    takes constant time. `rng` is asked once.
    Raises: `Malformed` for encodings, counts and indexes.
    """
    hidden = _hidden(layout, disclosed)
    points = generators(BLST, layout)
    a, e = signatures.parse(signature)
    scalars = issuance.message_slots(layout, messages, secrets, blind, committed)
    bound = domain(public_key, layout, points.octets, header)
    r1, r2, e_tilde, r1_tilde, r3_tilde, *tilde = random_scalars(5 + len(hidden), rng)
    multiply, encode = BLST.multiply, BLST.encode

    d = multiply([(signatures.signed_sum(points, scalars, bound), r2)])
    abar = multiply([(a, r1 * r2 % R)])
    bbar = multiply([(d, r1), (abar, R - e)])
    t1 = multiply([(abar, e_tilde), (d, r1_tilde)])
    slots = [points.slots[index].point for index in hidden]
    t2 = multiply([(d, r3_tilde), *zip(slots, tilde, strict=True)])
    shown = [encode(point) for point in (abar, bbar, d, t1, t2)]
    tail = [ph]
    if layout.secrets:
        value = nym.evaluate(context_id, tilde[-layout.secrets :])
        ut = multiply([(nym.base(BLST, context_id).point, value)])
        shown += [nym.pseudonym(context_id, secrets), encode(ut)]
        tail.append(context_id)

    c = _challenge(layout, {index: scalars[index] for index in disclosed}, shown, bound, tail)
    responses = [(fresh + scalars[index] * c) % R for fresh, index in zip(tilde, hidden, strict=True)]
    fixed = [(e_tilde + e * c) % R, (r1_tilde - r1 * c) % R, (r3_tilde - pow(r2, R - 2, R) * c) % R]
    return b"".join(shown[:3]) + scalars_octets([*fixed, *responses, c])


class Verifier:
    """Checks presentations of one issuer key under one header; keep it, it remembers what comes again.

    `header` is the application's. `engine` is `blst`, `arkworks` or `reference`. Tables grow with use:
    those of generators belong to the process (15 of 0.7 MB), one per letter to this object (at most 8).
    Raises: `Malformed` for the key; `Unavailable` for an engine that is not installed.
    """

    def __init__(self, public_key: bytes, header: bytes, engine: str = "blst", *, layout: Layout = PROFILE) -> None:
        self._engine: Engine = curve.engine(engine)
        self._key = self._engine.decode_key(public_key)
        self._layout = layout
        self._points = generators(self._engine, layout)
        self._domain = domain(public_key, layout, self._points.octets, header)
        self._start = self._engine.total([(self._points.q1, self._domain)], [(self._points.p1, 1)])
        # The cache holds this object and this object the cache: both go together.
        self._base = lru_cache(maxsize=_REMEMBERED)(self._fixed_part)

    def verify(self, statement: Statement) -> None:
        """Check one presentation: its encoding, its challenge, its pairing.

        Raises: `Malformed` for encodings, lengths and indexes; `Refused` when the proof does not hold.
        """
        abar, bbar = self._challenged(statement)
        if not self._engine.pairing_holds(abar, self._key, bbar):
            raise _forged()

    def verify_batch(self, statements: Sequence[Statement], rng: Rng) -> dict[int, UndersignedError]:
        """Check many presentations at once: the index and reason of each that does not hold, ascending.

        The pairings are merged under random weights of 128 bits, one draw of `rng`, made after all
        statements are there; when the merged pairing fails, halves are tried until the culprits are found.
        """
        wrong: dict[int, UndersignedError] = {}
        challenged: list[tuple[int, Point, Point]] = []
        for index, statement in enumerate(statements):
            try:
                challenged.append((index, *self._challenged(statement)))
            except UndersignedError as error:
                wrong[index] = error
        octets = rng(_WEIGHT * len(challenged))
        if len(octets) != _WEIGHT * len(challenged):
            raise Unavailable("randomness-broken", "This machine's source of randomness gave too little.")
        weights = [int.from_bytes(octets[at : at + _WEIGHT], "big") for at in range(0, len(octets), _WEIGHT)]
        wrong.update((index, _forged()) for index in self._culprits(challenged, weights))
        return dict(sorted(wrong.items()))

    def _culprits(self, items: Sequence[tuple[int, Point, Point]], weights: Sequence[int]) -> Iterator[int]:
        if not items:
            return
        if len(items) == 1:
            index, abar, bbar = items[0]
            if not self._engine.pairing_holds(abar, self._key, bbar):
                yield index
            return
        left = self._engine.weighted([abar for _, abar, _ in items], weights)
        right = self._engine.weighted([bbar for _, _, bbar in items], weights)
        if not self._engine.pairing_holds(left, self._key, right):
            half = len(items) // 2
            yield from self._culprits(items[:half], weights[:half])
            yield from self._culprits(items[half:], weights[half:])

    def _challenged(self, statement: Statement) -> tuple[Point, Point]:
        """Abar and Bbar of a presentation whose challenge holds; its pairing is still to be checked."""
        engine, layout = self._engine, self._layout
        hidden = _hidden(layout, list(statement.disclosed))
        proof = statement.proof
        require_length(proof, proof_octets(len(hidden)), "The proof")
        encoded = [proof[at : at + POINT] for at in range(0, 3 * POINT, POINT)]
        abar, bbar, d = (engine.decode(octets, "A point of the proof") for octets in encoded)
        e_hat, r1_hat, r3_hat, *responses, c = parse_scalars(proof[3 * POINT :])
        disclosed = {index: message_scalar(text, layout.interface) for index, text in statement.disclosed.items()}

        t1 = engine.total((), [(bbar, c), (abar, e_hat), (d, r1_hat)])
        slots = [self._points.slots[index] for index in hidden]
        t2 = engine.total(
            [(self._base(tuple(disclosed.items())), c), *zip(slots, responses, strict=True)], [(d, r3_hat)]
        )
        shown = [*encoded, engine.encode(t1), engine.encode(t2)]
        tail = [statement.ph]
        if layout.secrets:
            trace = self._pseudonym_trace(statement, responses[-layout.secrets :], c)
            shown += [statement.pseudonym, trace]
            tail.append(statement.context_id)
        if _challenge(layout, disclosed, shown, self._domain, tail) != c:
            raise Refused("proof-challenge", "The proof does not belong to this act.")
        return abar, bbar

    def _pseudonym_trace(self, statement: Statement, responses: Sequence[int], c: int) -> bytes:
        """Ut, encoded: OP times the responses' polynomial, less the pseudonym times the challenge."""
        point = self._engine.decode(statement.pseudonym, "The pseudonym")
        value = nym.evaluate(statement.context_id, responses)
        base = nym.base(self._engine, statement.context_id)
        trace = self._engine.encode(self._engine.total([(base, value)], [(point, R - c)]))
        if trace == _IDENTITY:
            raise Refused("proof-challenge", "The proof does not belong to this pseudonym.")
        return trace

    def _fixed_part(self, disclosed: tuple[tuple[int, int], ...]) -> Base:
        """P1 + Q_1·domain + the disclosed slots: the same for all presentations under one letter."""
        terms = [(self._points.slots[index], scalar) for index, scalar in disclosed]
        return Base(self._engine.total(terms, [(self._start, 1)]))


def _forged() -> Refused:
    return Refused("proof-forged", "The credential behind this proof was not issued with this issuer's key.")
