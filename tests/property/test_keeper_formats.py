"""What passes over the keeper's socket has one spelling, and counting forgets after an hour and not before."""

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undersigned.errors import Malformed, Unavailable
from undersigned.keeper.counting import SLICE, Bucket, Counts
from undersigned.protocol import keeping

DOMAINS = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9]{1,20}){1,3}", fullmatch=True)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,10}){0,2}", fullmatch=True)
OCTETS = st.binary(min_size=32, max_size=32)
FAMILIES = st.sampled_from(["Malformed", "Refused", "Conflict", "Withheld", "Unavailable"])
PLAIN = st.text("abc „ß“ .", max_size=100)

REQUESTS = st.one_of(
    st.builds(keeping.Evaluate, DOMAINS, OCTETS),
    st.builds(keeping.Make, DOMAINS),
    st.builds(keeping.Destroy, DOMAINS, PLAIN),
    st.builds(keeping.Count, DOMAINS, OCTETS, WORDS, st.integers(1, keeping.MOST)),
    st.just(keeping.List()),
)
KEYS = st.dictionaries(DOMAINS, st.sampled_from(keeping.STATES), max_size=5).map(
    lambda keys: tuple(sorted(keys.items()))
)
ANSWERS = st.one_of(
    st.builds(keeping.Evaluated, OCTETS),
    st.builds(keeping.Made, OCTETS),
    st.builds(keeping.Destroyed, DOMAINS),
    st.builds(keeping.Counted, st.booleans()),
    st.builds(keeping.Listed, KEYS),
    st.builds(keeping.Failed, FAMILIES, WORDS, PLAIN),
)


@given(request=REQUESTS)
def test_requests_are_read_as_they_were_written(request: keeping.Request) -> None:
    line = keeping.encoded(request)
    assert keeping.parse_request(line) == request
    assert line.count(b"\n") == 1
    assert len(line) <= keeping.MAX_REQUEST


@given(answer=ANSWERS)
def test_answers_are_read_as_they_were_written(answer: keeping.Answer) -> None:
    line = keeping.encoded(answer)
    assert keeping.parse_answer(line) == answer
    assert line.count(b"\n") == 1


def test_the_longest_request_and_answer_fit() -> None:
    longest = ".".join(["a" * 62] * 4)[:253]
    count = keeping.Count(longest, bytes(32), "a" * 40, keeping.MOST)
    assert keeping.parse_request(keeping.encoded(count)) == count
    destroy = keeping.Destroy(longest, "ü" * 253)
    assert keeping.parse_request(keeping.encoded(destroy)) == destroy
    names = sorted(f"{number:04}{longest[4:]}" for number in range(1000))
    listed = keeping.Listed(tuple((name, "damaged") for name in names))
    assert keeping.parse_answer(keeping.encoded(listed)) == listed


def others(line: bytes) -> list[bytes]:
    """Other spellings of the same, and the same with more, less or something else in it."""
    value = json.loads(line)
    spelt = [json.dumps(value).encode(), json.dumps(value, indent=1).encode(), line[:-1] + b" "]
    fields = [{**value, "more": 1}, *({name: each for name, each in value.items() if name != left} for left in value)]
    puts: list[Any] = [None, 1.5, "", [], {}, -1, "A" * 44, "x\ny"]
    wrong = [{**value, name: put} for name in value for put in puts]
    written = [json.dumps(each, separators=(",", ":"), sort_keys=True).encode() for each in (*fields, *wrong)]
    return [line[:-1], line + b"\n", b"\n" + line, *(each + b"\n" for each in (*spelt, *written))]


@given(request=REQUESTS)
def test_every_other_request_is_refused(request: keeping.Request) -> None:
    line = keeping.encoded(request)
    for other in others(line):
        if other != line and not same_but_for_the_confirmation(other):
            with pytest.raises(Malformed):
                keeping.parse_request(other)


def same_but_for_the_confirmation(line: bytes) -> bool:
    """A confirmation may be any text: the keeper compares it."""
    try:
        return isinstance(keeping.parse_request(line), keeping.Destroy)
    except Malformed:
        return False


@given(answer=ANSWERS)
def test_every_other_answer_is_refused(answer: keeping.Answer) -> None:
    line = keeping.encoded(answer)
    for other in others(line):
        if other != line and not (isinstance(answer, keeping.Listed) and other == b'{"keys":[]}\n'):
            with pytest.raises(Malformed):
                keeping.parse_answer(other)


@given(octets=st.binary(max_size=200))
def test_random_octets_are_no_message(octets: bytes) -> None:
    for parse in (keeping.parse_request, keeping.parse_answer):
        with pytest.raises(Malformed):
            parse(octets)


@pytest.mark.parametrize(
    "line",
    [
        b'{"keys":[{"name":"b.example","state":"there"},{"name":"a.example","state":"there"}]}\n',
        b'{"keys":[{"name":"a.example","state":"there"},{"name":"a.example","state":"there"}]}\n',
        b'{"keys":[{"name":"a.example","state":"somewhere"}]}\n',
        b'{"error":{"code":"x","family":"UndersignedError","words":"No."}}\n',
        b'{"allowed":1}\n',
        b'{"allowed":true,"evaluated":"AA"}\n',
    ],
)
def test_answers_that_cannot_be(line: bytes) -> None:
    with pytest.raises(Malformed):
        keeping.parse_answer(line)


# ── counting ──


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


TAG, OTHER = bytes(32), bytes(31) + b"\x01"


@given(pauses=st.lists(st.floats(0, 5000), max_size=60), limit=st.integers(1, 5))
def test_in_no_hour_more_is_allowed_than_the_limit(pauses: list[float], limit: int) -> None:
    time = Time()
    counts, allowed = Counts(time, os.urandom), list[float]()
    for pause in pauses:
        time.now += pause
        if counts.allowed("a.example", TAG, "try", limit):
            allowed.append(time.now)
        within = [each for each in allowed if time.now - each < 3600]
        assert len(within) <= limit


@given(pause=st.floats(3600 + SLICE, 10**7))
def test_after_an_hour_and_ten_minutes_it_is_forgotten(pause: float) -> None:
    time = Time()
    counts = Counts(time, os.urandom)
    assert counts.allowed("a.example", TAG, "mail", 1)
    assert not counts.allowed("a.example", TAG, "mail", 1)
    time.now += pause
    assert counts.allowed("a.example", TAG, "mail", 1)


def test_what_is_refused_is_not_counted() -> None:
    """Who asks again and again does not have to wait longer for it."""
    time = Time()
    counts = Counts(time, os.urandom)
    assert counts.allowed("a.example", TAG, "mail", 1)
    for _ in range(100):
        time.now += 60
        refused = not counts.allowed("a.example", TAG, "mail", 1)
        if not refused:
            break
    assert 3600 <= time.now - 1000 <= 3600 + SLICE


def test_different_things_are_counted_apart() -> None:
    counts = Counts(Time(), os.urandom)
    apart = [
        ("a.example", TAG, "mail"),
        ("b.example", TAG, "mail"),
        ("a.example", OTHER, "mail"),
        ("a.example", TAG, "x"),
    ]
    assert all(counts.allowed(*each, 1) for each in apart)
    assert not any(counts.allowed(*each, 1) for each in apart)


def test_memory_has_an_end() -> None:
    time = Time()
    counts = Counts(time, os.urandom, most=10)
    tags = [bytes([number]) * 32 for number in range(11)]
    assert all(counts.allowed("a.example", tag, "mail", 2) for tag in tags[:10])
    with pytest.raises(Unavailable) as caught:
        counts.allowed("a.example", tags[10], "mail", 2)
    assert caught.value.code == "keeper-full"
    assert counts.allowed("a.example", tags[0], "mail", 2)
    time.now += 2 * 3600
    assert counts.allowed("a.example", tags[10], "mail", 2)


def test_the_same_thing_looks_different_under_the_next_salt() -> None:
    time = Time()
    counts = Counts(time, os.urandom)
    counts.allowed("a.example", TAG, "mail", 9)
    time.now += SLICE
    counts.allowed("a.example", TAG, "mail", 9)
    seen = [set(kept) for _, kept in counts._slices]
    assert [len(each) for each in seen] == [1, 1]
    assert not seen[0] & seen[1]
    assert all(TAG not in place for each in seen for place in each)


@given(pauses=st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_a_bucket_gives_no_more_than_its_pace(pauses: list[float]) -> None:
    time = Time()
    bucket, taken = Bucket(0.5, 3, time), 0
    for pause in pauses:
        time.now += pause
        taken += bucket.take()
    assert taken <= 3 + 0.5 * (time.now - 1000) + 1e-6
