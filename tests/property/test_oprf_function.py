"""The oblivious function: blinding changes nothing and shows nothing, another key changes all, one spelling each."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import ristretto
from undersigned.errors import Malformed, Unavailable
from undersigned.oprf import function, group

MESSAGES = st.binary(max_size=300)
SEEDS = st.binary(min_size=32, max_size=32)
SCALARS = st.integers(1, group.ORDER - 1).map(lambda number: number.to_bytes(32, "little"))


def drawn(seed: bytes) -> function.Rng:
    return hashlib.shake_256(seed).digest


def key(seed: bytes) -> bytes:
    return function.derive_key_pair(seed, b"test")[0]


@given(message=MESSAGES, seed=SEEDS, one=SEEDS, other=SEEDS)
def test_the_output_does_not_depend_on_the_blind(message: bytes, seed: bytes, one: bytes, other: bytes) -> None:
    secret, expected = key(seed), function.evaluate(key(seed), message)
    for rng in (drawn(one), drawn(other)):
        blinded = function.blind(message, rng)
        answer = function.blind_evaluate(secret, blinded.element)
        assert function.finalize(message, blinded.blind, answer) == expected


@given(one=MESSAGES, other=MESSAGES, factor=SCALARS)
def test_what_is_sent_is_a_multiple_by_the_blind(one: bytes, other: bytes, factor: bytes) -> None:
    """So for each element there is a blind that makes it of any input: the element alone says nothing."""
    sent = function.blind_with(one, factor).element
    assert group.multiple(group.inverse(factor), sent) == group.hash_to_group(one)
    assert (function.blind_with(other, factor).element == sent) is (one == other)


@given(message=MESSAGES, other=MESSAGES, seed=SEEDS, foreign=SEEDS)
def test_another_key_or_input_gives_another_output(message: bytes, other: bytes, seed: bytes, foreign: bytes) -> None:
    output = function.evaluate(key(seed), message)
    assert (function.evaluate(key(foreign), message) == output) is (seed == foreign)
    assert (function.evaluate(key(seed), other) == output) is (other == message)


@given(message=MESSAGES, factor=SCALARS, foreign=SCALARS)
def test_another_blind_does_not_unblind(message: bytes, factor: bytes, foreign: bytes) -> None:
    secret = key(bytes(32))
    answer = function.blind_evaluate(secret, function.blind_with(message, factor).element)
    right = function.finalize(message, foreign, answer) == function.evaluate(secret, message)
    assert right is (factor == foreign)


# ── one spelling each ──


def accepted(octets: bytes) -> bool:
    try:
        return group.element(octets) == octets
    except Malformed:
        return False


@given(octets=st.binary(min_size=32, max_size=32))
@settings(max_examples=400)
def test_elements_are_those_of_the_specification(octets: bytes) -> None:
    for tried in (octets, bytes([octets[0] & 0xFE]) + octets[1:31] + bytes([octets[31] & 0x7F])):
        there = ristretto.decoded(tried) is not None and any(tried)
        assert accepted(tried) is there


@given(message=MESSAGES)
def test_every_other_spelling_of_an_element_is_refused(message: bytes) -> None:
    octets = group.hash_to_group(message)
    assert accepted(octets)
    number = int.from_bytes(octets, "little")
    for other in (number | 2**255, ristretto.P - number, ristretto.P - number | 2**255):
        assert not accepted(other.to_bytes(32, "little"))
    for wrong in (octets[:-1], octets + b"\x00", b""):
        assert not accepted(wrong)


@given(factor=st.integers(1, 2**64), message=MESSAGES)
@settings(max_examples=20)
def test_multiples_are_those_of_the_specification(factor: int, message: bytes) -> None:
    octets = group.hash_to_group(message)
    point = ristretto.decoded(octets)
    assert point is not None
    assert ristretto.encoded(point) == octets
    expected = ristretto.encoded(ristretto.multiplied(factor, point))
    assert group.multiple(factor.to_bytes(32, "little"), octets) == expected


@pytest.mark.parametrize("number", [0, group.ORDER, group.ORDER + 1, 2**255, 2**256 - 1])
def test_a_scalar_is_neither_zero_nor_too_large(number: int) -> None:
    wrong = number.to_bytes(32, "little")
    for call in (
        lambda: function.blind_with(b"", wrong),
        lambda: function.blind_evaluate(wrong, group.hash_to_group(b"")),
        lambda: function.finalize(b"", wrong, group.hash_to_group(b"")),
        lambda: function.evaluate(wrong, b""),
        lambda: function.public_key(wrong),
    ):
        with pytest.raises(Malformed) as caught:
            call()
        assert caught.value.code == "scalar-out-of-range"
    for short in (wrong[1:], wrong + b"\x00"):
        with pytest.raises(Malformed):
            group.scalar(short)


def test_an_input_has_a_longest_length() -> None:
    secret = key(bytes(32))
    function.evaluate(secret, bytes(function.LONGEST))
    for call in (
        lambda: function.evaluate(secret, bytes(function.LONGEST + 1)),
        lambda: function.blind(bytes(function.LONGEST + 1), os.urandom),
        lambda: function.derive_key_pair(bytes(32), bytes(function.LONGEST + 1)),
        lambda: function.derive_key_pair(bytes(31), b""),
    ):
        with pytest.raises(Malformed):
            call()


@pytest.mark.parametrize("rng", [bytes, lambda _: b"", lambda count: bytes(count - 1)], ids=["zeros", "none", "short"])
def test_broken_randomness_is_noticed(rng: function.Rng) -> None:
    with pytest.raises(Unavailable) as caught:
        function.blind(b"anna@example.com", rng)
    assert caught.value.code == "randomness-broken"


def test_the_library_leaves_no_file_behind(tmp_path: Path) -> None:
    """The binding unpacks its library at every start; without `group` looking after it, it stays."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    for program, left in (("import undersigned.oprf.group", 0), ("import rbcl", 1)):
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        assert len(list(tmp_path.iterdir())) == left
