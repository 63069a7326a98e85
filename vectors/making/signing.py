"""Entries that issuers signed themselves: good ones, bad ones, and registries in which they may not stand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import rfc8785

from making.cast import BADGES, EPOCH, HARBOUR, KEYS, octets_of
from undersigned.protocol.entry import Entry, IssuedCorrected, IssuerKey
from undersigned.protocol.statement import stated
from undersigned.tlog.note import SigningKey
from undersigned.values import b64u

OWN: Final = SigningKey(BADGES, octets_of("issuer-identity", 32))
#: Somebody else's, under the same name.
FALSE: Final = SigningKey(BADGES, octets_of("issuer-identity/false", 32))
_PLAIN: Final = (
    IssuerKey(BADGES, HARBOUR, EPOCH, ("code",), KEYS["harbour"].public),
    IssuerKey(BADGES, "foundry.example", EPOCH, ("code", "vouch"), KEYS["foundry"].public),
)
SIGNED: Final = tuple(stated(each, OWN) for each in _PLAIN)
CORRECTED: Final = stated(
    IssuedCorrected(BADGES, HARBOUR, EPOCH, 1_000_000, 1_040, "2026-11-03T00:00:00Z", "A figure was typed in twice."),
    OWN,
)


def _changed(**changed: object) -> str:
    record = json.loads(SIGNED[0].encoded) | changed
    return rfc8785.dumps({name: value for name, value in record.items() if value != ...}).decode()


def bad_entries() -> list[dict[str, str]]:
    """Signed entries that are none, each by itself."""
    other = SigningKey("foundry.example", OWN.seed).vkey
    cases = [
        ("without-identity", _changed(identity=...), "half-signed"),
        ("without-signature", _changed(signature=...), "half-signed"),
        ("identity-null", _changed(identity=None), "not-text"),
        ("identity-of-another-name", _changed(identity=other), "other-name"),
        ("identity-with-another-hash", _changed(identity=OWN.vkey.replace("+", "+0", 1)), "vkey"),
        ("signature-of-63-octets", _changed(signature=b64u(bytes(63))), "bad-length"),
        ("signature-null", _changed(signature=None), "not-text"),
        ("with-a-statement", _changed(statement="issuer-key"), "field-unknown"),
    ]
    record = json.loads(CORRECTED.encoded)
    corrections: list[tuple[str, dict[str, object], str]] = [
        ("not-smaller", {"at_most": 1_000_000}, "not-smaller"),
        ("larger", {"at_most": 1_000_010}, "not-smaller"),
        ("not-a-ten", {"at_most": 1_041}, "bad-tens"),
        ("was-not-a-ten", {"was": 1_000_001}, "bad-tens"),
        ("was-a-text", {"was": "1000000"}, "bad-integer"),
        ("tick-with-minutes", {"tick": "2026-11-03T00:10:00Z"}, "bad-tick"),
        ("reason-null", {"reason": None}, "not-text"),
        ("reason-of-1001", {"reason": "x" * 1001}, "too-long"),
        ("of-another-name", {"issuer": "foundry.example"}, "other-name"),
        ("with-more", {"note": "x"}, "field-unknown"),
    ]
    return [{"name": f"signed-key-{name}", "text": text, "code": code} for name, text, code in cases] + [
        {"name": f"correction-{name}", "text": rfc8785.dumps(record | changed).decode(), "code": code}
        for name, changed, code in corrections
    ]


def _again(**changed: object) -> IssuedCorrected:
    """Return another correction, one day later where nothing else is said."""
    return stated(replace(CORRECTED, **({"tick": "2026-11-04T00:00:00Z"} | changed)), OWN)  # type: ignore[arg-type] # its fields


def good_registries(genesis: Entry) -> dict[str, Sequence[Entry]]:
    """Registries with keys that their issuer signed, all of them or from some day on."""
    return {
        "keys-signed-by-their-issuer": (genesis, *SIGNED),
        "a-key-from-before-issuers-signed": (genesis, SIGNED[0].unsigned, SIGNED[1]),
        "a-number-taken-back": (genesis, SIGNED[0], CORRECTED),
        "a-number-taken-back-twice": (genesis, SIGNED[0], CORRECTED, _again(at_most=1_030)),
    }


def bad_registries(genesis: Entry) -> dict[str, tuple[list[Entry], str]]:
    """Registries that are refused at their last entry."""
    first, second = SIGNED
    signature = first.signature
    assert signature is not None
    flipped = replace(first, signature=bytes([signature[0] ^ 1]) + signature[1:])
    return {
        "key-with-another-signature": ([genesis, flipped], "note-signature"),
        "key-with-the-signature-of-another": ([genesis, replace(first, signature=second.signature)], "note-signature"),
        "key-changed-under-its-signature": ([genesis, replace(first, methods=("code", "vouch"))], "note-signature"),
        "public-key-changed-under-its-signature": (
            [genesis, replace(first, public_key=second.public_key)], "note-signature"
        ),
        "key-signed-by-another": ([genesis, replace(first, identity=FALSE.vkey)], "note-signature"),
        "later-key-of-another-identity": ([genesis, first, stated(_PLAIN[1], FALSE)], "other-identity"),
        "later-key-unsigned": ([genesis, first, _PLAIN[1]], "other-identity"),
        "correction-before-the-key": ([genesis, CORRECTED], "unknown-issuer-key"),
        "correction-unsigned": ([genesis, first, CORRECTED.unsigned], "unsigned-correction"),
        "correction-by-another-identity": ([genesis, first, stated(CORRECTED, FALSE)], "other-identity"),
        "correction-changed-under-its-signature": ([genesis, first, replace(CORRECTED, at_most=10)], "note-signature"),
        "correction-with-the-signature-of-a-key": (
            [genesis, first, replace(CORRECTED, signature=signature)], "note-signature"
        ),
        "correction-of-a-key-that-nobody-signed": ([genesis, first.unsigned, CORRECTED], "other-identity"),
        "correction-of-a-key-from-before-its-issuer-signed": (
            [genesis, first.unsigned, second, CORRECTED], "other-identity"
        ),
        "correction-again": ([genesis, first, CORRECTED, CORRECTED], "corrections-order"),
    }  # fmt: skip
