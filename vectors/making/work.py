"""Proof of work: challenges with their solutions, and what is none."""

from typing import Any, Final

import rfc8785

from making.cast import octets_of
from undersigned.protocol.work import DRAWN, HASH, PREFIX, Challenge, Solution, solve

_EXPIRES: Final = 1_796_230_800


def challenge(label: str, number: int, most: int) -> Challenge:
    """A challenge that hides a number; its signature is nobody's."""
    nonce, salt = octets_of(f"work/{label}/nonce", DRAWN), octets_of(f"work/{label}/salt", DRAWN)
    hidden = Challenge(nonce, salt, bytes(PREFIX), most, _EXPIRES, octets_of(f"work/{label}/signature", HASH))
    return Challenge(nonce, salt, hidden.key(number)[:PREFIX], most, _EXPIRES, hidden.signature)


#: The one that messages use.
SOLVED: Final = solve(challenge("message", 73, 100))


def _put(value: Any, path: tuple[str, ...], new: object) -> Any:  # noqa: ANN401 - JSON is any value
    if not path:
        return new
    return {name: _put(each, path[1:], new) if name == path[0] else each for name, each in value.items()}


def _bad(value: dict[str, Any], changes: list[tuple[str, str, object, str]]) -> list[dict[str, str]]:
    return [
        {"name": name, "text": rfc8785.dumps(_put(value, tuple(path.split(".")), new)).decode(), "code": code}
        for name, path, new, code in changes
    ]


def work() -> dict[str, Any]:
    """The vectors."""
    cases = [("smallest", 0, 1), ("last", 1000, 1000), ("message", 73, 100), ("two-octets", 999, 1000)]
    asked = SOLVED.challenge
    zeros = "0" * 2 * DRAWN
    challenges = [
        ("another-algorithm", "parameters.algorithm", "SHA-512", "other-work"),
        ("cost-two", "parameters.cost", 2, "other-work"),
        ("key-of-64", "parameters.keyLength", 64, "other-work"),
        ("most-zero", "parameters.data", {"most": 0}, "bad-integer"),
        ("most-too-high", "parameters.data", {"most": 10_000_001}, "bad-integer"),
        ("data-with-more", "parameters.data", {"most": 100, "x": 1}, "field-unknown"),
        ("nonce-in-capitals", "parameters.nonce", asked.nonce.hex().upper(), "bad-hex"),
        ("salt-short", "parameters.salt", zeros[:-2], "bad-hex"),
        ("prefix-long", "parameters.keyPrefix", zeros + "00", "bad-hex"),
        ("signature-not-hex", "signature", "x" * 2 * HASH, "bad-hex"),
        ("expires-a-text", "parameters.expiresAt", "1796230800", "bad-integer"),
        ("no-parameters", "parameters", None, "not-an-object"),
    ]
    solutions = [
        ("another-number", "solution.counter", 74, "work-wrong"),
        ("number-too-high", "solution.counter", 101, "bad-integer"),
        ("number-negative", "solution.counter", -1, "bad-integer"),
        ("another-key", "solution.derivedKey", "0" * 2 * HASH, "work-wrong"),
        ("key-of-another-number", "solution", _of(asked, 74), "work-wrong"),
        ("another-salt", "challenge.parameters.salt", zeros, "work-wrong"),
        ("solution-null", "solution", None, "not-an-object"),
    ]
    return {
        "good": [
            {
                "name": name,
                "challenge": challenge(name, number, most).encoded().decode(),
                "solution": solve(challenge(name, number, most)).encoded().decode(),
            }
            for name, number, most in cases
        ],
        "bad_challenges": _bad(asked.value(), challenges),
        "bad_solutions": _bad(SOLVED.value(), solutions),
    }


def _of(asked: Challenge, number: int) -> Any:  # noqa: ANN401 - JSON is any value
    return Solution(asked, number, asked.key(number)).value()["solution"]
