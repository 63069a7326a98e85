"""Blind issuance (blind draft, Commit and BlindSign; nym draft, CommitWithNym and BlindSignWithNym).

The holder commits to nym secrets that the issuer never sees and proves to know them; the issuer
signs the commitment together with its own messages. `signer_nym_entropy` is 0 in the profile.
"""

from collections.abc import Sequence

from undersigned.bbs import ciphersuite, signature
from undersigned.bbs.ciphersuite import POINT, PSEUDONYMOUS, SCALAR, Interface, R
from undersigned.bbs.curve import BLST, Point
from undersigned.bbs.generators import PROFILE, Layout, domain, generators
from undersigned.bbs.octets import (
    Rng,
    hash_to_scalar,
    i2osp8,
    message_scalars,
    parse_scalars,
    random_scalars,
    require_length,
    require_scalars,
    scalar_octets,
    scalars_octets,
)
from undersigned.errors import Malformed, Refused


def _challenge(layout: Layout, octets: bytes, commitment: bytes, trace: bytes) -> int:
    """The challenge of a commitment's proof (calculate_blind_challenge): the count leaves out Q_2."""
    count = i2osp8(layout.committed + layout.secrets)
    return hash_to_scalar(count + octets + commitment + trace, layout.interface.hash_dst)


def _committed(layout: Layout) -> tuple[Layout, bytes]:
    """The layout of the committed slots alone, and their generators as the challenge takes them."""
    alone = Layout(layout.interface, 0, layout.committed, layout.secrets)
    return alone, generators(BLST, alone).octets[POINT:]


def commit(
    secrets: Sequence[int],
    blind: int,
    rng: Rng,
    messages: Sequence[bytes] = (),
    *,
    interface: Interface = PSEUDONYMOUS,
) -> bytes:
    """The commitment C to nym secrets (and messages), with the proof of knowing what is in it.

    The profile commits to eight secrets and no message: 368 octets. The same secrets and blind give
    the same C; the proof is fresh. `rng` is asked once, for 48 octets a committed scalar and the blind.
    Raises: `Malformed` for a secret or blind outside 1..r-1.
    """
    layout, octets = _committed(Layout(interface, 0, len(messages), len(secrets)))
    hidden = [*require_scalars([blind]), *message_scalars(messages, interface), *require_scalars(secrets)]
    slots = [base.point for base in generators(BLST, layout).slots]
    tilde = random_scalars(len(hidden), rng)
    commitment = BLST.encode(BLST.multiply(zip(slots, hidden, strict=True)))
    trace = BLST.encode(BLST.multiply(zip(slots, tilde, strict=True)))
    challenge = _challenge(layout, octets, commitment, trace)
    responses = [(fresh + scalar * challenge) % R for fresh, scalar in zip(tilde, hidden, strict=True)]
    return commitment + scalars_octets([*responses, challenge])


def verify_commitment(
    octets: bytes,
    *,
    secrets: int = ciphersuite.N_SECRETS,
    messages: int = 0,
    interface: Interface = PSEUDONYMOUS,
) -> bytes:
    """The point C, 48 octets, of a commitment whose proof of knowledge holds.

    Raises: `Malformed` for its encoding; `Refused` when the proof does not hold.
    """
    layout, slots = _committed(Layout(interface, 0, messages, secrets))
    require_length(octets, POINT + SCALAR * (layout.slots + 1), "The commitment")
    point = BLST.decode(octets[:POINT], "The commitment's point")
    *responses, challenge = parse_scalars(octets[POINT:])
    bases = generators(BLST, layout).slots
    trace = BLST.total(zip(bases, responses, strict=True), [(point, R - challenge)])
    if _challenge(layout, slots, octets[:POINT], BLST.encode(trace)) != challenge:
        raise Refused("commitment-proof", "The proof that belongs to the commitment does not hold.")
    return octets[:POINT]


def _counted(layout: Layout, messages: int, committed: int, secrets: int) -> None:
    if (messages, committed, secrets) != (layout.messages, layout.committed, layout.secrets):
        raise Malformed("bad-count", f"A credential has {layout.messages} messages and {layout.secrets} secrets.")


def blind_sign(
    secret_key: int,
    public_key: bytes,
    commitment: bytes,
    header: bytes,
    messages: Sequence[bytes],
    fresh: bytes,
    *,
    layout: Layout = PROFILE,
    entropy: int = 0,
) -> bytes:
    """The signature, 80 octets, on the signer's messages and on what a commitment holds; its proof is checked first.

    `fresh` is 32 random octets that go into `e`, empty only to reproduce the drafts' fixtures; `entropy` is
    `signer_nym_entropy`, 0 in the profile. An empty commitment is for fixtures without secrets.
    Raises: `Malformed` for encodings and counts; `Refused` when the commitment's proof does not hold.
    """
    _counted(layout, len(messages), layout.committed, layout.secrets)
    points = generators(BLST, layout)
    bound = domain(public_key, layout, points.octets, header)
    committed: list[Point] = []
    if commitment or layout.secrets:
        verified = verify_commitment(
            commitment, secrets=layout.secrets, messages=layout.committed, interface=layout.interface
        )
        committed.append(BLST.decode(verified, "The commitment's point"))
    scalars = message_scalars(messages, layout.interface)
    seen = signature.signed_sum(points, scalars, bound)
    signed = BLST.multiply([(points.slots[-1].point, entropy)] if entropy else [], seen, *committed)
    e = hash_to_scalar(scalar_octets(secret_key) + BLST.encode(signed) + fresh, layout.interface.hash_dst)
    return signature.finish(secret_key, signed, e)


def message_slots(
    layout: Layout, messages: Sequence[bytes], secrets: Sequence[int], blind: int, committed: Sequence[bytes]
) -> list[int]:
    """The scalar of every slot, as the holder knows them all.

    Only fixtures without anything committed have a blind of 0.
    Raises: `Malformed` for a wrong count, and for a secret or blind outside 1..r-1.
    """
    _counted(layout, len(messages), len(committed), len(secrets))
    if committed or secrets:
        require_scalars([blind])
    return [
        *message_scalars(messages, layout.interface),
        *([blind] if layout.interface.blinded else []),
        *message_scalars(committed, layout.interface),
        *require_scalars(secrets),
    ]


def verify_signature(
    public_key: bytes,
    signature_octets: bytes,
    header: bytes,
    messages: Sequence[bytes],
    secrets: Sequence[int],
    blind: int,
    committed: Sequence[bytes] = (),
    *,
    layout: Layout = PROFILE,
) -> None:
    """Check a credential's signature, as the holder does on receiving it.

    Raises: `Malformed` for encodings and counts; `Refused` when it does not hold.
    """
    points = generators(BLST, layout)
    scalars = message_slots(layout, messages, secrets, blind, committed)
    signed = signature.signed_sum(points, scalars, domain(public_key, layout, points.octets, header))
    signature.check(BLST.decode_key(public_key), signature_octets, signed)
