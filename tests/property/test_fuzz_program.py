"""The fuzzer of `bench/`, for a few seconds, and that it sees what it looks for."""

import random
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from support.paths import ROOT
from undersigned.errors import Malformed


@pytest.fixture(scope="module")
def fuzzer() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "bench"))
    import fuzz  # noqa: PLC0415 - a program, on the path for this test alone

    yield fuzz
    sys.path.remove(str(ROOT / "bench"))


def test_no_parser_breaks(fuzzer: ModuleType) -> None:
    counts, failures = fuzzer.fuzz(6, seed=7)
    assert failures == []
    assert min(counts.values()) > 20


def test_the_same_seed_makes_the_same_octets(fuzzer: ModuleType) -> None:
    good = [b'{"a":1}', b'{"b":[2]}']
    one, other = (random.Random(3) for _ in range(2))
    made = [fuzzer.damaged(good, one) for _ in range(200)]
    assert made == [fuzzer.damaged(good, other) for _ in range(200)]
    assert len(set(made)) > 100


def test_a_broken_parser_is_seen(fuzzer: ModuleType) -> None:
    def refuses(_data: bytes) -> None:
        raise Malformed("code", "Words.")

    assert fuzzer.wrong(refuses, b"x") is None
    assert fuzzer.wrong(lambda data: data, b"x") is None
    assert "ZeroDivisionError" in fuzzer.wrong(lambda _data: 1 // 0, b"x")
    assert "not written back" in fuzzer.wrong(bytes.upper, b"x")
