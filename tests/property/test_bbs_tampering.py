"""Whatever is changed in a proof, a commitment or a signature, changing it alone makes it fail."""

import dataclasses
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.bbs_samples import (
    CONTEXT,
    HEADER,
    MESSAGES,
    OTHER_CONTEXT,
    bad_points,
    dice,
    issuer,
    member,
    some_point,
)
from undersigned.bbs import blind, representation, signature
from undersigned.bbs.ciphersuite import COMMITMENT, POINT, PSEUDONYM, PSEUDONYMOUS, SIGNATURE, R, proof_size
from undersigned.bbs.curve import BLST
from undersigned.bbs.proof import Statement, Verifier, prove
from undersigned.errors import Malformed, Refused, UndersignedError

HIDDEN = 13  # four of the six messages, the blind, eight secrets
PROOF_POINTS = ("Abar", "Bbar", "D")
PROOF_SCALARS = ("e^", "r1^", "r3^", *(f"hidden {number}" for number in range(HIDDEN)), "challenge")
COMMITMENT_SCALARS = ("blind^", *(f"secret {number}" for number in range(8)), "challenge")

VERIFIER = Verifier(issuer().public, HEADER)
VALID = member().present()


def fields(points: tuple[str, ...], scalars: tuple[str, ...]) -> dict[str, slice]:
    places = {name: slice(POINT * at, POINT * (at + 1)) for at, name in enumerate(points)}
    start = POINT * len(points)
    return places | {name: slice(start + 32 * at, start + 32 * (at + 1)) for at, name in enumerate(scalars)}


PROOF = fields(PROOF_POINTS, PROOF_SCALARS)
COMMITTED = fields(("C",), COMMITMENT_SCALARS)
SIGNED = fields(("A",), ("e",))


def put(octets: bytes, place: slice, value: bytes) -> bytes:
    return octets[: place.start] + value + octets[place.stop :]


def flip(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def check_proof(octets: bytes) -> None:
    VERIFIER.verify(dataclasses.replace(VALID, proof=octets))


def check_commitment(octets: bytes) -> None:
    blind.verify_commitment(octets)


def check_signature(octets: bytes) -> None:
    blind.verify_signature(issuer().public, octets, HEADER, MESSAGES, member().secrets, member().blind)


SAID, TAG = b"what is asked", b"a tag of what is asked"
REPRESENTED = representation.prove(member().secrets, member().blind, SAID, TAG, dice("represented"))


def check_representation(octets: bytes) -> None:
    representation.verify(member().commitment[:POINT], octets, SAID, TAG)


KINDS = {
    "representation": (REPRESENTED, fields((), COMMITMENT_SCALARS), check_representation),
    "proof": (VALID.proof, PROOF, check_proof),
    "commitment": (member().commitment, COMMITTED, check_commitment),
    "signature": (member().signature, SIGNED, check_signature),
}
EVERY_FIELD = [(kind, name) for kind, (_, places, _) in KINDS.items() for name in places]
EVERY_POINT = [(kind, name) for kind, name in EVERY_FIELD if name in {"Abar", "Bbar", "D", "C", "A"}]
EVERY_SCALAR = [pair for pair in EVERY_FIELD if pair not in EVERY_POINT]


def test_the_untouched_ones_hold_and_have_their_sizes() -> None:
    for octets, places, check in KINDS.values():
        check(octets)
        assert max(place.stop for place in places.values()) == len(octets)
    assert [len(octets) for octets, _, _ in KINDS.values()] == [
        representation.REPRESENTATION,
        proof_size(2),
        COMMITMENT,
        SIGNATURE,
    ]
    assert (representation.REPRESENTATION, proof_size(2), COMMITMENT, SIGNATURE) == (320, 688, 368, 80)


@pytest.mark.parametrize(("kind", "name"), EVERY_FIELD)
def test_one_bit_of_a_field(kind: str, name: str) -> None:
    octets, places, check = KINDS[kind]
    start, stop = places[name].start * 8, places[name].stop * 8
    for bit in (start, start + 1, start + 2, start + 3, (start + stop) // 2, stop - 1):
        with pytest.raises(UndersignedError):
            check(flip(octets, bit))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_bit(kind: str, data: st.DataObject) -> None:
    octets, _, check = KINDS[kind]
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    with pytest.raises((Malformed, Refused)):
        check(flip(octets, bit))


@pytest.mark.parametrize("kind", ["proof", "commitment", "representation"])
def test_two_fields_swapped(kind: str) -> None:
    octets, places, check = KINDS[kind]
    for one, other in combinations(places.values(), 2):
        if one.stop - one.start == other.stop - other.start:
            with pytest.raises(Refused):
                check(put(put(octets, one, octets[other]), other, octets[one]))


@pytest.mark.parametrize(("kind", "name"), EVERY_SCALAR)
def test_a_scalar_outside_its_range(kind: str, name: str) -> None:
    octets, places, check = KINDS[kind]
    value = int.from_bytes(octets[places[name]], "big")
    for wrong in (value + R, 0, R, 2**256 - 1):
        with pytest.raises(Malformed) as caught:
            check(put(octets, places[name], wrong.to_bytes(32, "big")))
        assert caught.value.code == "scalar-out-of-range"


@pytest.mark.parametrize(("kind", "name"), EVERY_SCALAR)
def test_another_scalar(kind: str, name: str) -> None:
    octets, places, check = KINDS[kind]
    value = int.from_bytes(octets[places[name]], "big")
    for wrong in (value % (R - 1) + 1, R - value, 1):
        with pytest.raises(Refused):
            check(put(octets, places[name], wrong.to_bytes(32, "big")))


@pytest.mark.parametrize(("kind", "name"), EVERY_POINT)
def test_a_point_that_is_none(kind: str, name: str) -> None:
    octets, places, check = KINDS[kind]
    for point in bad_points().values():
        with pytest.raises(Malformed) as caught:
            check(put(octets, places[name], point))
        assert caught.value.code == "bad-point"


@pytest.mark.parametrize(("kind", "name"), EVERY_POINT)
def test_another_point(kind: str, name: str) -> None:
    octets, places, check = KINDS[kind]
    negated = bytes([octets[places[name].start] ^ 0x20]) + octets[places[name]][1:]
    for point in (negated, some_point(), member().pseudonym()):
        with pytest.raises(Refused):
            check(put(octets, places[name], point))


@pytest.mark.parametrize("kind", KINDS)
def test_octets_too_many_or_too_few(kind: str) -> None:
    octets, _, check = KINDS[kind]
    for wrong in (b"", octets[:-1], octets[:-32], octets[1:], octets + b"\x00", octets + bytes(32), octets + octets):
        with pytest.raises(Malformed) as caught:
            check(wrong)
        assert caught.value.code == "bad-length"


# ── what the proof binds ──


def replaced(**changes: object) -> Statement:
    return dataclasses.replace(VALID, **changes)  # type: ignore[arg-type]  # the fields are named by the caller


@pytest.mark.parametrize(
    "statement",
    [
        replaced(context_id=OTHER_CONTEXT),
        replaced(context_id=CONTEXT + b"\x00"),
        replaced(context_id=b""),
        replaced(ph=b"another act"),
        replaced(ph=b""),
        replaced(ph=VALID.context_id, context_id=VALID.ph),
        replaced(pseudonym=member().pseudonym(OTHER_CONTEXT)),
        replaced(pseudonym=member("another member").pseudonym()),
        replaced(pseudonym=some_point()),
        replaced(pseudonym=bytes([VALID.pseudonym[0] ^ 0x20]) + VALID.pseudonym[1:]),
        replaced(disclosed={0: MESSAGES[0], 1: b"2027Q1"}),
        replaced(disclosed={0: MESSAGES[1], 1: MESSAGES[0]}),
        replaced(disclosed={0: b"", 1: MESSAGES[1]}),
        replaced(disclosed={0: MESSAGES[0], 2: MESSAGES[1]}),
        replaced(disclosed={0: MESSAGES[0], 2: MESSAGES[2]}),
        replaced(disclosed={4: MESSAGES[4], 5: MESSAGES[5]}),
        replaced(proof=member().present(ph=b"another act").proof),
        replaced(proof=member("another member").present().proof),
    ],
)
def test_a_proof_says_one_thing_only(statement: Statement) -> None:
    with pytest.raises(Refused) as caught:
        VERIFIER.verify(statement)
    assert caught.value.code == "proof-challenge"


@pytest.mark.parametrize(
    ("disclosed", "code"),
    [
        ({1: MESSAGES[1], 0: MESSAGES[0]}, "index-order"),
        ({-1: MESSAGES[0], 0: MESSAGES[1]}, "index-reserved"),
        ({0: MESSAGES[0], 6: b"the blind"}, "index-reserved"),
        ({0: MESSAGES[0], 7: b"the first secret"}, "index-reserved"),
        ({0: MESSAGES[0], 14: b"the last secret"}, "index-reserved"),
        ({0: MESSAGES[0], 15: b"beyond"}, "index-reserved"),
        ({0: MESSAGES[0]}, "bad-length"),
        ({0: MESSAGES[0], 1: MESSAGES[1], 2: MESSAGES[2]}, "bad-length"),
        ({}, "bad-length"),
    ],
)
def test_disclosed_indexes_are_strict(disclosed: dict[int, bytes], code: str) -> None:
    with pytest.raises(Malformed) as caught:
        VERIFIER.verify(replaced(disclosed=disclosed))
    assert caught.value.code == code


@pytest.mark.parametrize("disclosed", [(1, 0), (0, 0), (-1,), (6,), (0, 7), (14,), (15,)])
def test_the_prover_refuses_the_same_indexes(disclosed: tuple[int, ...]) -> None:
    who = member()
    with pytest.raises(Malformed) as caught:
        prove(
            who.key.public, who.signature, HEADER, b"", MESSAGES, disclosed, who.secrets, who.blind, CONTEXT, dice("x")
        )
    assert caught.value.code in {"index-order", "index-reserved"}


@pytest.mark.parametrize("octets", [*bad_points().values(), b"", some_point()[:-1], some_point() + b"\x00"])
def test_a_pseudonym_is_a_point(octets: bytes) -> None:
    assert len(VALID.pseudonym) == PSEUDONYM
    with pytest.raises(Malformed):
        VERIFIER.verify(replaced(pseudonym=octets))


def test_another_key_or_header() -> None:
    for verifier in (Verifier(issuer("another").public, HEADER), Verifier(issuer().public, HEADER + b" ")):
        with pytest.raises(Refused):
            verifier.verify(VALID)


def test_a_signature_signs_one_thing_only() -> None:
    who = member()
    right: dict[str, object] = {
        "public_key": who.key.public,
        "signature_octets": who.signature,
        "header": HEADER,
        "messages": MESSAGES,
        "secrets": who.secrets,
        "blind": who.blind,
    }
    blind.verify_signature(**right)  # type: ignore[arg-type]  # the parameters by name
    wrong: dict[str, object] = {
        "public_key": issuer("another").public,
        "signature_octets": member("another member").signature,
        "header": b"",
        "messages": (*MESSAGES[:5], b"reserved"),
        "secrets": (*who.secrets[:7], who.secrets[7] % (R - 1) + 1),
        "blind": who.blind % (R - 1) + 1,
    }
    for name, value in wrong.items():
        with pytest.raises(Refused):
            blind.verify_signature(**right | {name: value})  # type: ignore[arg-type]  # as above


def test_counts_and_secrets_are_those_of_the_profile() -> None:
    who = member()
    for messages, secrets, blinding, code in (
        (MESSAGES[:5], who.secrets, who.blind, "bad-count"),
        ((*MESSAGES, b""), who.secrets, who.blind, "bad-count"),
        (MESSAGES, who.secrets[:7], who.blind, "bad-count"),
        (MESSAGES, (*who.secrets[:7], 0), who.blind, "scalar-out-of-range"),
        (MESSAGES, (*who.secrets[:7], R), who.blind, "scalar-out-of-range"),
        (MESSAGES, who.secrets, 0, "scalar-out-of-range"),
    ):
        with pytest.raises(Malformed) as caught:
            blind.verify_signature(who.key.public, who.signature, HEADER, messages, secrets, blinding)
        assert caught.value.code == code


def test_an_issuer_signs_no_commitment_without_a_valid_proof() -> None:
    for octets in (
        b"",
        member().commitment[:48],
        put(member().commitment, COMMITTED["C"], some_point()),
        flip(member().commitment, 8 * 368 - 1),
    ):
        with pytest.raises(UndersignedError):
            blind.blind_sign(issuer().secret, issuer().public, octets, HEADER, MESSAGES, bytes(32))


def test_plain_signatures_too() -> None:
    key = issuer()
    octets = signature.sign(key.secret, key.public, HEADER, MESSAGES)
    signature.verify(key.public, octets, HEADER, MESSAGES)
    for place in SIGNED.values():
        for bit in (place.start * 8 + 2, place.stop * 8 - 1):
            with pytest.raises(UndersignedError):
                signature.verify(key.public, flip(octets, bit), HEADER, MESSAGES)


def test_the_point_of_a_commitment_is_the_same_each_time() -> None:
    who = member()
    again = blind.commit(who.secrets, who.blind, dice("another time"))
    assert again != who.commitment
    assert blind.verify_commitment(again) == blind.verify_commitment(who.commitment)


def test_an_issuer_signs_six_messages_and_no_other_number() -> None:
    who = member()
    for messages in ((), MESSAGES[:5], (*MESSAGES, b"")):
        with pytest.raises(Malformed) as caught:
            blind.blind_sign(who.key.secret, who.key.public, who.commitment, HEADER, messages, bytes(32))
        assert caught.value.code == "bad-count"


def test_what_cannot_be_inverted_is_not_signed() -> None:
    point = BLST.decode(some_point(), "B")
    for e in (0, R - issuer().secret):
        with pytest.raises(Refused) as caught:
            signature.finish(issuer().secret, point, e)
        assert caught.value.code == "signature-impossible"


def test_knowledge_is_shown_for_one_message_under_one_tag_and_of_one_commitment() -> None:
    point, other = member().commitment[:POINT], member("other").commitment[:POINT]
    representation.verify(point, REPRESENTED, SAID, TAG)
    for wrong in (
        (point, REPRESENTED, SAID + b" ", TAG),
        (point, REPRESENTED, b"", TAG),
        (point, REPRESENTED, SAID, TAG + b"s"),
        (other, REPRESENTED, SAID, TAG),
        (point, member().commitment[POINT:], SAID, TAG),
    ):
        with pytest.raises(Refused) as caught:
            representation.verify(*wrong)
        assert caught.value.code == "request-proof"
    # Neither does it pass for the draft's proof, even where the message is empty and the tag the draft's.
    drafted = representation.prove(member().secrets, member().blind, b"", PSEUDONYMOUS.hash_dst, dice("drafted"))
    with pytest.raises(Refused):
        blind.verify_commitment(point + drafted)
    with pytest.raises(Malformed):
        representation.prove(member().secrets[:7], member().blind, SAID, TAG, dice("seven"))
