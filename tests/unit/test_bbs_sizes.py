"""Sizes in octets, as the profile fixes them, of what is really made."""

from itertools import combinations

import pytest

from support.bbs_samples import HEADER, MESSAGES, issuer, member
from undersigned.bbs import blind, ciphersuite
from undersigned.bbs.octets import scalar_octets
from undersigned.bbs.proof import Verifier


def test_sizes_of_the_profile() -> None:
    assert (ciphersuite.N_MESSAGES, ciphersuite.N_SECRETS) == (6, 8)
    key, who = issuer(), member()
    made = {
        "secret key": scalar_octets(key.secret),
        "public key": key.public,
        "signature": who.signature,
        "pseudonym": who.pseudonym(),
        "commitment": who.commitment,
    }
    assert {name: len(octets) for name, octets in made.items()} == {
        "secret key": 32,
        "public key": 96,
        "signature": 80,
        "pseudonym": 48,
        "commitment": 368,
    }
    constants = (
        ciphersuite.SECRET_KEY,
        ciphersuite.PUBLIC_KEY,
        ciphersuite.SIGNATURE,
        ciphersuite.PSEUDONYM,
        ciphersuite.COMMITMENT,
    )
    assert constants == tuple(len(octets) for octets in made.values())


@pytest.mark.parametrize("count", range(7))
def test_a_proof_of_any_choice_of_messages_verifies_and_has_its_size(count: int) -> None:
    verifier = Verifier(issuer().public, HEADER)
    for disclosed in combinations(range(len(MESSAGES)), count):
        statement = member().present(disclosed=disclosed)
        verifier.verify(statement)
        assert len(statement.proof) == ciphersuite.proof_size(count) == 272 + 32 * (6 - count + 9)


def test_what_is_signed_and_shown_is_fresh_where_it_must_be() -> None:
    one, other = member().present(ph=b"one"), member().present(ph=b"two")
    assert one.pseudonym == other.pseudonym
    places = [(at, at + 48) for at in (0, 48, 96)] + [(at, at + 32) for at in range(144, 688, 32)]
    assert all(one.proof[start:stop] != other.proof[start:stop] for start, stop in places)


def test_an_issuers_fresh_octets_make_another_signature() -> None:
    key, who = issuer(), member()
    made = {
        blind.blind_sign(key.secret, key.public, who.commitment, HEADER, MESSAGES, fresh)
        for fresh in (b"", bytes(32), b"\x01" * 32)
    }
    assert len(made) == len({octets[48:] for octets in made}) == 3
    for octets in made:
        blind.verify_signature(key.public, octets, HEADER, MESSAGES, who.secrets, who.blind)
