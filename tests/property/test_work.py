"""Proof of work: what is solved is taken once, within its hour, and nothing else is."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from typing import Any

import altcha
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undersigned.errors import Malformed, Refused, Unavailable
from undersigned.protocol.work import MAX_SOLUTION, MOST, Challenge, Solution, solve
from undersigned.work import Work

KEY = bytes(range(32))


class Time:
    """The machine's time, moved: the library looks at the machine's own as well."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        return time.time() + self.moved


def work(most: int = 200, now: Time | None = None, key: bytes = KEY) -> Work:
    return Work(lambda: key, most, secrets.randbelow, now or Time())


def test_a_solution_counts_once() -> None:
    here = work()
    solution = solve(here.challenge())
    here.spend(solution)
    for again in (solution, Solution.parse(solution.encoded())):
        with pytest.raises(Refused) as caught:
            here.spend(again)
        assert caught.value.code == "work-spent"


def test_a_solution_counts_once_also_when_many_bring_it_at_once() -> None:
    here, taken = work(), list[int]()
    solution = solve(here.challenge())
    gate = threading.Barrier(20)

    def spend() -> None:
        gate.wait()
        try:
            here.spend(solution)
        except Refused:
            return
        taken.append(1)

    threads = [threading.Thread(target=spend) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken == [1]


def test_another_worker_with_the_same_key_takes_it_another_with_another_key_does_not() -> None:
    solution = solve(work().challenge())
    work().spend(solution)
    with pytest.raises(Refused) as caught:
        work(key=bytes(32)).spend(solution)
    assert caught.value.code == "work-foreign"


def test_a_challenge_is_good_for_an_hour_and_tells_no_finer_time() -> None:
    now = Time()
    here = work(now=now)
    challenge = here.challenge()
    assert challenge.expires % 3600 == 0
    assert 3600 <= challenge.expires - now() <= 7200
    solution = solve(challenge)
    now.moved = challenge.expires - time.time() - 5
    here.spend(solution)
    now.moved = challenge.expires - time.time() + 5
    with pytest.raises(Refused) as caught:
        here.spend(solution)
    assert caught.value.code == "work-expired"


def test_what_is_too_old_is_forgotten() -> None:
    now = Time()
    here = work(now=now)
    first = solve(here.challenge())
    here.spend(first)
    now.moved = 2 * 3600
    here.spend(solve(here.challenge()))
    assert first.challenge.nonce not in {nonce for spent in here._spent.values() for nonce in spent}


@pytest.mark.parametrize("most", [1, 2, 3, 1000])
def test_the_cost_is_what_is_set(most: int) -> None:
    numbers = {solve(work(most).challenge()).number for _ in range(20)}
    assert all(most // 2 <= number <= most for number in numbers)


def test_checking_is_cheap() -> None:
    """Two hashes and a signature, whatever the cost: the difference of a number that is too high is found at once."""
    here = work(MOST)
    challenge = here.challenge()
    key = challenge.key(0)
    with pytest.raises(Malformed):
        Solution.parse(Solution(challenge, 0, key).encoded())


# ── one spelling ──


@given(most=st.integers(1, 300))
@settings(max_examples=30)
def test_written_and_read(most: int) -> None:
    challenge = work(most).challenge()
    assert Challenge.parse(challenge.encoded()) == challenge
    solution = solve(challenge)
    assert Solution.parse(solution.encoded()) == solution
    assert len(solution.encoded()) <= MAX_SOLUTION


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(each for name in value for each in places(value[name], (*path, name)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    return {name: put(each, path[1:], new) if name == path[0] else each for name, each in value.items()}


WRONG: list[Any] = [None, -1, 0, 1, 2, 1.5, True, "", "0" * 32, "A" * 64, "0" * 64, [], {}, {"most": 5}, 2**53]


def test_whatever_is_changed_in_a_solution_it_is_not_taken() -> None:
    here = work(1)
    challenge = here.challenge()
    value = solve(challenge).value()
    tried = 0
    for path in places(value):
        for new in WRONG:
            changed = put(value, path, new)
            if json.dumps(changed) == json.dumps(value):
                continue
            with pytest.raises((Malformed, Refused)):
                here.spend(Solution.of(changed))
            tried += 1
    assert tried > 150
    for name in ("more", "time"):
        with pytest.raises(Malformed):
            Solution.of(value | {name: 1})
    here.spend(Solution.of(value))


def test_a_number_too_high_or_in_another_spelling_is_refused() -> None:
    here = work(50)
    challenge = here.challenge()
    forged = Challenge(
        challenge.nonce, challenge.salt, challenge.key(60)[:16], 100, challenge.expires, challenge.signature
    )
    with pytest.raises(Refused) as caught:
        here.spend(solve(forged))
    assert caught.value.code == "work-foreign"
    octets = solve(challenge).encoded()
    for other in (octets + b" ", octets.replace(b":", b": ", 1), octets.upper(), octets[:-1], b"x" * 2000):
        with pytest.raises(Malformed):
            Solution.parse(other)


def test_a_challenge_that_cannot_be_solved_or_would_take_for_ever_is_refused_by_the_device() -> None:
    challenge = work(50).challenge()
    hopeless = Challenge(challenge.nonce, challenge.salt, bytes(16), 50, challenge.expires, challenge.signature)
    with pytest.raises(Unavailable):
        solve(hopeless)
    for path, new in ((("parameters", "data"), {"most": MOST + 1}), (("parameters", "cost"), 2)):
        with pytest.raises(Malformed):
            Challenge.of(put(challenge.value(), path, new))


# ── others read it as we do ──


def test_the_library_solves_our_challenges_and_we_take_it() -> None:
    here = work()
    challenge = here.challenge()
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge.value()))
    assert found is not None
    ours = solve(challenge)
    assert (ours.number, ours.key.hex()) == (found.counter, found.derived_key)
    here.spend(ours)


def test_the_signature_is_an_hmac_of_the_parameters_as_they_are_written() -> None:
    challenge = work().challenge()
    parameters = json.dumps(challenge.value()["parameters"], separators=(",", ":"), sort_keys=True).encode()
    assert challenge.signature == hmac.digest(KEY, parameters, "sha256")
    solution = solve(challenge)
    password = challenge.nonce + solution.number.to_bytes(4, "big")
    assert solution.key == hashlib.sha256(challenge.salt + password).digest()
