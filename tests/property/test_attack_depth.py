"""JSON nested so deeply that reading it would end the process, whatever limit a library has set."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undersigned.errors import Malformed
from undersigned.holder.transport import parse_answer
from undersigned.values import MAX_DEPTH, canonical, check_depth, parse_canonical

#: What `py_ecc` does when the reference engine loads it, and then what a lying log may hold.
_PROGRAM = """
import sys
sys.setrecursionlimit(100_000)
from undersigned.errors import Malformed
from undersigned.values import parse_canonical
for octets in (b"[" * 65_535, b'{"a":' * 13_000, b'["",' * 16_000):
    try:
        parse_canonical(octets)
    except Malformed as error:
        print(error.code)
"""


def test_brackets_without_end_do_not_end_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["json-depth"] * 3)


@pytest.mark.parametrize("octets", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[" * 9 + b'"' + b"[" * 9 + b'"' + b"[" * 9])
def test_an_answer_of_brackets_is_refused_in_words(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parse_answer(octets, ("receipt",))


def test_an_answer_in_another_encoding_is_none() -> None:
    with pytest.raises(Malformed) as caught:
        parse_answer(json.dumps({"receipt": "r"}).encode("utf-16"), ("receipt",))
    assert caught.value.code == "bad-answer"


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('[]{}\\"a€', max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{\\"', max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(_json)
def test_brackets_in_texts_are_no_nesting(value: object) -> None:
    assert parse_canonical(canonical(value)) == value


@given(st.integers(1, 60), st.sampled_from([b"[%b]", b'{"a":%b}', b'["]]]\\"",%b]']))
def test_the_limit_is_where_it_is_said(levels: int, around: bytes) -> None:
    octets = b"1"
    for _ in range(levels):
        octets = around % octets
    if levels <= MAX_DEPTH:
        check_depth(octets)
        json.loads(octets)
    elif levels > MAX_DEPTH + 1:
        with pytest.raises(Malformed) as caught:
            check_depth(octets)
        assert caught.value.code == "json-depth"
