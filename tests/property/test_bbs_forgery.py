"""A forged credential passes the challenge and fails only at the pairing: alone, in a batch, on every engine."""

import dataclasses
from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.bbs_samples import CONTEXT, HEADER, MESSAGES, Member, dice, exactly, issuer, member, scalars, some_point
from undersigned.bbs.ciphersuite import PSEUDONYM, R
from undersigned.bbs.octets import scalar_octets
from undersigned.bbs.proof import Statement, Verifier, prove
from undersigned.bbs.pseudonym import evaluate
from undersigned.errors import Malformed, Refused, Unavailable

VERIFIER = Verifier(issuer().public, HEADER)
#: Signed over the right sum, for the right key's domain, by a key that is not the issuer's.
FORGED = member("forger", signed_with="another")
#: Not signed by anybody: a random point and scalar in the place of a signature.
UNSIGNED = dataclasses.replace(member("nobody"), signature=some_point(b"A") + scalar_octets(12345))


@lru_cache
def valid(number: int) -> Statement:
    return member().present(ph=b"act %d" % number)


@lru_cache
def forged(number: int) -> Statement:
    return (FORGED, UNSIGNED)[number % 2].present(ph=b"forged act %d" % number)


def broken(number: int) -> Statement:
    return dataclasses.replace(valid(number), ph=b"something else")


def garbled(number: int) -> Statement:
    return dataclasses.replace(valid(number), pseudonym=b"\xc0" + bytes(PSEUDONYM - 1))


@pytest.mark.parametrize("who", [FORGED, UNSIGNED])
@pytest.mark.parametrize("library", ["blst", "arkworks", "reference"])
def test_its_challenge_holds_and_it_is_refused(who: Member, library: str) -> None:
    verifier = Verifier(issuer().public, HEADER, library)
    statement = who.present()
    verifier._challenged(statement)  # the challenge alone finds nothing
    with pytest.raises(Refused) as caught:
        verifier.verify(statement)
    assert caught.value.code == "proof-forged"
    assert {index: why.code for index, why in verifier.verify_batch([statement], dice("weights")).items()} == {
        0: "proof-forged"
    }


def test_a_batch_of_good_ones_holds() -> None:
    assert VERIFIER.verify_batch([valid(number) for number in range(40)], dice("weights")) == {}
    assert VERIFIER.verify_batch([], dice("weights")) == {}


MAKE: dict[str, Callable[[int], Statement]] = {"valid": valid, "forged": forged, "broken": broken, "garbled": garbled}
CODES = {"forged": "proof-forged", "broken": "proof-challenge", "garbled": "bad-point"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["valid", "valid", "valid", *MAKE]), min_size=1, max_size=12))
def test_a_batch_names_every_culprit_and_no_other(kinds: list[str]) -> None:
    statements = [MAKE[kind](number) for number, kind in enumerate(kinds)]
    found = VERIFIER.verify_batch(statements, dice("weights"))
    expected = {number: CODES[kind] for number, kind in enumerate(kinds) if kind != "valid"}
    assert {index: why.code for index, why in found.items()} == expected
    assert list(found) == sorted(found)


def test_one_culprit_among_many() -> None:
    statements = [valid(number) for number in range(50)]
    statements[37] = forged(37)
    assert list(VERIFIER.verify_batch(statements, dice("weights"))) == [37]


def test_all_are_culprits() -> None:
    assert list(VERIFIER.verify_batch([forged(number) for number in range(9)], dice("weights"))) == list(range(9))


def _mirrored() -> list[Statement]:
    """Two forgeries whose pairings cancel each other out: Abar and Bbar of one are those of the other, negated."""
    who = UNSIGNED
    statements = []
    for sign in (1, -1):
        r1, *rest = scalars(5 + 13, "mirror")
        proof = prove(
            who.key.public,
            who.signature,
            HEADER,
            b"%d" % sign,
            MESSAGES,
            [0, 1],
            who.secrets,
            who.blind,
            CONTEXT,
            exactly([sign * r1 % R, *rest]),
        )
        shown = {0: MESSAGES[0], 1: MESSAGES[1]}
        statements.append(Statement(CONTEXT, b"%d" % sign, shown, who.pseudonym(), proof))
    return statements


def test_forgeries_that_cancel_out_are_found_by_the_weights() -> None:
    pair = _mirrored()
    assert VERIFIER.verify_batch(pair, lambda count: b"\x01" * count) == {}, "without weights they would pass"
    assert list(VERIFIER.verify_batch(pair, dice("weights"))) == [0, 1]
    mixed = [valid(0), pair[0], valid(1), pair[1]]
    assert list(VERIFIER.verify_batch(mixed, dice("weights"))) == [1, 3]


def test_a_batch_asks_once_for_all_its_weights() -> None:
    asked = []

    def rng(count: int) -> bytes:
        asked.append(count)
        return dice("weights")(count)

    VERIFIER.verify_batch([valid(0), broken(1), valid(2), forged(3)], rng)
    assert asked == [3 * 16]


def test_too_little_randomness_accepts_nothing() -> None:
    with pytest.raises(Unavailable) as caught:
        VERIFIER.verify_batch([valid(0)], lambda _: b"")
    assert caught.value.code == "randomness-broken"


def test_an_identity_as_the_pseudonyms_trace_is_refused() -> None:
    """The draft refuses Ut = identity, which a prover gets whose blinding polynomial is zero in this context."""
    randomness = scalars(5 + 13, "unblinded")
    randomness[10] = (randomness[10] - evaluate(CONTEXT, randomness[10:])) % R
    assert evaluate(CONTEXT, randomness[10:]) == 0
    with pytest.raises(Refused) as caught:
        VERIFIER.verify(member().present(rng=exactly(randomness)))
    assert "pseudonym" in caught.value.words
    VERIFIER.verify(member().present(rng=exactly(scalars(5 + 13, "unblinded"))))


def test_another_persons_pseudonym_cannot_be_worn() -> None:
    """A member proves honestly for the own secrets and shows the pseudonym of somebody else."""
    worn = dataclasses.replace(valid(0), pseudonym=member("another member").pseudonym())
    with pytest.raises(Refused):
        VERIFIER.verify(worn)
    with pytest.raises(Malformed):
        VERIFIER.verify(dataclasses.replace(valid(0), pseudonym=b""))
