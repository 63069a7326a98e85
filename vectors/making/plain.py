"""Derivation, canonical JSON and scalars: what all formats are built from."""

from typing import Any, Final

import rfc8785

from making import mails
from making.cast import CREDENTIALS, LETTER, PHRASES, octets_of, seed
from undersigned.bbs.blind import commit, verify_commitment
from undersigned.protocol.context import context_id
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import typed_code
from undersigned.protocol.presentation import pseudonym_of

_ISSUERS: Final = ("badges.example", "guild.example")
_CONTEXTS: Final = (LETTER.context, context_id("role", LETTER.digest), context_id("letter", "0" * 64))


def derivation() -> dict[str, Any]:
    """From a phrase to secrets, commitment points and pseudonyms."""
    cases = []
    for person, phrase in PHRASES.items():
        own = seed(person)
        blinds = {issuer: blind(own, issuer) for issuer in _ISSUERS}
        points = {
            issuer: verify_commitment(commit(nym_secrets(own), scalar, lambda n: octets_of("any", n)))
            for issuer, scalar in blinds.items()
        }
        cases.append(
            {
                "name": person,
                "phrase": phrase,
                "seed": own.hex(),
                "nym_secrets": [f"{secret:064x}" for secret in nym_secrets(own)],
                "blinds": {issuer: f"{scalar:064x}" for issuer, scalar in blinds.items()},
                "commitment_points": {issuer: point.hex() for issuer, point in points.items()},
                "pseudonyms": {context: pseudonym_of(context, own).hex() for context in _CONTEXTS},
            }
        )
    bad = [
        {"name": "seed-of-63-octets", "seed": "01" * 63, "issuer": _ISSUERS[0], "code": "bad-seed"},
        {"name": "seed-of-65-octets", "seed": "01" * 65, "issuer": _ISSUERS[0], "code": "bad-seed"},
        {"name": "no-seed", "seed": "", "issuer": _ISSUERS[0], "code": "bad-seed"},
        {"name": "issuer-in-capitals", "seed": "01" * 64, "issuer": "Badges.example", "code": "bad-domain"},
    ]
    return {"good": cases, "bad": bad}


def issuance() -> dict[str, Any]:
    """Credentials, with keys, commitments and all that went in; and commitments that must be refused."""
    first = CREDENTIALS["ada-harbour"].commitment
    one = int.from_bytes(first[-32:], "big") ^ 1
    bad = {
        "one-octet-short": (first[:-1], "bad-length"),
        "one-octet-long": (first + b"\x00", "bad-length"),
        "empty": (b"", "bad-length"),
        "identity": (bytes([0xC0]) + bytes(47) + first[48:], "bad-point"),
        "not-in-the-subgroup": (bytes([0x80]) + bytes(46) + b"\x04" + first[48:], "bad-point"),
        "point-of-another": (CREDENTIALS["ben-harbour"].commitment[:48] + first[48:], "commitment-proof"),
        "challenge-changed": (first[:-32] + one.to_bytes(32, "big"), "commitment-proof"),
        "challenge-zero": (first[:-32] + bytes(32), "scalar-out-of-range"),
        "response-too-large": (first[:48] + b"\xff" * 32 + first[80:], "scalar-out-of-range"),
        "responses-swapped": (first[:48] + first[80:112] + first[48:80] + first[112:], "commitment-proof"),
    }
    return {
        "good": [issued.record() for issued in CREDENTIALS.values()],
        "bad_commitments": [
            {"name": name, "commitment": octets.hex(), "code": code} for name, (octets, code) in bad.items()
        ],
    }


# ── canonical JSON ──

#: Octets of what is written out in full.
_READABLE: Final = 1000
_GOOD_JSON: Final[dict[str, object]] = {
    "null": None,
    "true": True,
    "zero": 0,
    "largest-integer": 2**53 - 1,
    "smallest-integer": -(2**53) + 1,
    "empty-text": "",
    "escapes": 'quote " backslash \\ tab \t line end \n solidus / ',
    "accents-in-nfc": "Müller, Łódź, Ångström",
    "beyond-the-basic-plane": "\U0001f33e harvest",
    "no-break-space-and-quotes": "„so\u00a0it is“",
    "empty-list": [],
    "empty-object": {},
    "keys-by-utf-16": {"\U0001f600": 1, "\uff5a": 2, "a": 3, "": 4, "B": 5, "€": 6},
    "nested-16-deep": [[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]],
}
_BAD_JSON: Final[dict[str, tuple[bytes, str]]] = {
    "empty": (b"", "json-syntax"),
    "byte-order-mark": (b"\xef\xbb\xbf{}", "json-syntax"),
    "comment": (b"{} // no", "json-syntax"),
    "single-quotes": (b"{'a':1}", "json-syntax"),
    "two-values": (b"1 2", "json-syntax"),
    "latin-1": (b'"\xe9"', "json-syntax"),
    "surrogates-in-utf-8": (b'"\xed\xa0\xbd\xed\xb8\x80"', "json-syntax"),
    "raw-line-end-in-text": (b'"a\nb"', "json-syntax"),
    "leading-zero": (b"01", "json-syntax"),
    "plus": (b"+1", "json-syntax"),
    "float": (b"1.0", "json-float"),
    "exponent": (b"1e2", "json-float"),
    "nan": (b"NaN", "json-float"),
    "infinity": (b"Infinity", "json-float"),
    "two-to-the-53": (b"9007199254740992", "json-integer"),
    "minus-two-to-the-53": (b"-9007199254740992", "json-integer"),
    "a-hundred-digits": (b"1" * 100, "json-integer"),
    "minus-zero": (b"-0", "json-not-canonical"),
    "space-before": (b" 1", "json-not-canonical"),
    "line-end-after": (b"1\n", "json-not-canonical"),
    "space-in-object": (b'{"a": 1}', "json-not-canonical"),
    "keys-out-of-order": (b'{"b":1,"a":2}', "json-not-canonical"),
    "keys-by-code-point": ('{"\uff5a":2,"\U0001f600":1}'.encode(), "json-not-canonical"),
    "duplicate-key": (b'{"a":1,"a":1}', "json-duplicate-key"),
    "duplicate-key-deep-down": (b'{"a":[{"b":1,"b":2}]}', "json-duplicate-key"),
    "escaped-letter": (rb'"\u0061"', "json-not-canonical"),
    "escaped-accent": (rb'"\u00e9"', "json-not-canonical"),
    "capital-escape": (rb'"\u000A"', "json-not-canonical"),
    "nul": (rb'"\u0000"', "text-control"),
    "carriage-return": (rb'"a\r\nb"', "text-control"),
    "delete": (b'"\x7f"', "text-control"),
    "next-line": ('"a\u0085b"'.encode(), "text-control"),
    "high-surrogate-alone": (rb'"\ud83d"', "text-control"),
    "low-surrogate-alone": (rb'"\ude00"', "text-control"),
    "surrogate-in-a-key": (rb'{"\ud83d":1}', "text-control"),
    "decomposed": ('"Mu\u0308ller"'.encode(), "text-not-nfc"),
    "decomposed-key": ('{"A\u030a":1}'.encode(), "text-not-nfc"),
    "singleton": ('"\u212b"'.encode(), "text-not-nfc"),
    "nested-17-deep": (b"[" * 18 + b"]" * 18, "json-depth"),
    "65536-octets": (b'"' + b"a" * 65534 + b'"', "too-long"),
}


def canonical_json() -> dict[str, Any]:
    """Good octets with the value they stand for, and bad ones."""
    return {
        "good": [
            {"name": name, "value": value, "hex": rfc8785.dumps(value).hex()}  # type: ignore[arg-type]  # any JSON
            for name, value in _GOOD_JSON.items()
        ],
        "bad": [
            # The long one is a run, so that it stays readable.
            {
                "name": name,
                "hex": octets.hex() if len(octets) < _READABLE else f"22 61*{len(octets) - 2} 22",
                "code": code,
            }
            for name, (octets, code) in _BAD_JSON.items()
        ],
    }


# ── scalars ──

_SCALARS: Final[dict[str, tuple[list[object], list[object], str]]] = {
    "slug": (
        ["a", "keep-the-lights-on", "2026", "a" * 80],
        ["", "-a", "a-", "a--b", "A", "ä", "a b", "a/b", "a" * 81, "a\n", None, 1],
        "bad-slug",
    ),
    "domain": (
        ["example.com", "a.b", "xn--mhle-0ra.example", "1.example"],
        ["", "example", "Example.com", "example.com.", ".com", "a..b", "-a.example", "a-.example", "a_b.example",
         "mühle.example", "a.example\n", "x" * 64 + ".example", ".".join(["abcdefg"] * 32), 1, None],
        "bad-domain",
    ),
    "epoch": (
        ["2026Q4", "0001Q1"],
        ["2026Q0", "2026Q5", "2026q4", "26Q4", "2026-Q4", "2026Q4 ", "٢٠٢٦Q4", None],
        "bad-epoch",
    ),
    "code_word": (
        ["undeclared", "software-engineering", "titles-1", "a" * 40],
        ["", "1a", "Software", "a--b", "a-", "a_b", "a" * 41, "é", None],
        "bad-code-word",
    ),
    "tick": (
        ["2026-12-03T00:00:00Z", "2028-02-29T23:00:00Z"],
        ["2026-12-03T00:30:00Z", "2026-12-03T00:00:01Z", "2026-12-03T24:00:00Z", "2026-12-03 00:00:00Z",
         "2026-12-03T00:00:00+00:00", "2026-12-03T00:00:00", "2026-12-03", 1764720000],
        "bad-tick",
    ),
    "day": (
        ["2026-12-03", "2028-02-29"],
        ["2026-13-01", "2026-02-29", "2026-00-10", "2026-1-1", "0000-01-01", "20261203"],
        "bad-day",
    ),
    "language": (["en", "de-AT", "gsw"], ["EN", "de-at", "de_AT", "english", "e", ""], "bad-language"),
    "digest": (["0" * 64, "0123456789abcdef" * 4], ["0" * 63, "0" * 65, "A" * 64, "g" * 64, "", None], "bad-digest"),
    "code": (
        ["7K3M-9QXA-2B4C-D5EF", "0000-0000-0000-0000"],
        ["7K3M9QXA2B4CD5EF", "7k3m-9qxa-2b4c-d5ef", "7K3M-9QXA-2B4C", "7K3M-9QXA-2B4C-D5EI", "7K3M-9QXA-2B4C-D5EFG",
         "7K3M-9QXA-2B4C-D5E-F", "", None],
        "bad-code",
    ),
}  # fmt: skip
#: What people type, and the code that is meant.
_TYPED: Final = ("7k3m 9qxa 2b4c d5ef", "7K3M9QXA2B4CD5EF", " 7k3m-9qxa-2b4c-d5ef\n", "oOiI-lL01-2b4c-d5ef")


def scalars() -> dict[str, Any]:
    """Scalars, good and bad, codes and addresses, also as people type them."""
    kinds = {name: {"good": good, "bad": bad, "code": code} for name, (good, bad, code) in _SCALARS.items()}
    octets = [
        {"text": "", "hex": ""},
        {"text": "AA", "hex": "00"},
        {"text": "-_8", "hex": "fbff"},
        {"text": "____", "hex": "ffffff"},
    ]
    spoiled = ["AA==", "AA=", "AB", "A", "+/8", "A A", "AA\n", "Ä", "AAAA="]
    return {
        "scalars": kinds,
        "octets": {"good": octets, "bad": spoiled, "code": "bad-base64url"},
        "typed_codes": [{"typed": typed, "code": typed_code(typed)} for typed in _TYPED],
    } | mails.addresses()
