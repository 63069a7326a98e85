"""Changes to good acts, each of which must be refused, and with which code."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from undersigned.bbs.ciphersuite import POINT, SCALAR, R
from undersigned.values import b64u

Wires = dict[str, str]
BASE: Final = "letter-sign"
FIELDS: Final = (
    "action", "context", "disclosed", "epoch", "issuers", "kind", "organisation", "payload", "profile", "proofs",
    "pseudonym", "sequence",
)  # fmt: skip
#: Points that are no points, 48 octets each.
NOT_POINTS: Final = {
    "identity": bytes([0xC0]) + bytes(47),
    "not-on-the-curve": bytes([0x80]) + bytes(46) + b"\x01",
    # x = 4: on the curve, of composite order.
    "not-in-the-subgroup": bytes([0x80]) + bytes(46) + b"\x04",
    "x-not-below-p": bytes.fromhex("9a" + "ff" * 47),
    "without-compression-flag": bytes([0x17]) + bytes(47),
    "all-zero": bytes(48),
}
SCALARS: Final = {"zero": 0, "r": R, "largest": 2**256 - 1}


@dataclass(frozen=True)
class Change:
    """A changed wire form: `at` is where it is refused (`parse`, `rule` or `proof`).

    `rule` is given where it is not the one that the changed act's fields ask for.
    """

    name: str
    base: str
    wire: bytes
    code: str
    at: str = "parse"
    rule: dict[str, Any] | None = None


def rule_of(record: dict[str, Any]) -> dict[str, Any]:
    """A rule that an act with these fields fits: then only its proofs can still fail."""
    accepts = {"issuers": record["issuers"], "disclosed": sorted(int(index) for index in record["disclosed"])}
    return {
        "context": record["context"],
        "kind": record["kind"],
        "epoch": record["epoch"],
        "organisations": {record["organisation"]: accepts},
    }


def _plain(value: object) -> bytes:
    """JSON with sorted keys and no spaces, for values that the canonical form refuses."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _swapped(wire: str, old: str, new: str) -> bytes:
    if wire.count(old) != 1:
        raise ValueError(f"{old} stands {wire.count(old)} times")
    return wire.replace(old, new).encode()


# ── JSON ──


def of_json(wires: Wires) -> Iterator[Change]:
    """Other spellings of JSON, and what is not JSON."""
    wire = wires[BASE]
    octets = wire.encode()
    swaps = {
        "sequence-as-float": ('"sequence":0', '"sequence":0.0', "json-float"),
        "sequence-with-exponent": ('"sequence":0', '"sequence":0e0', "json-float"),
        "sequence-not-a-number": ('"sequence":0', '"sequence":NaN', "json-float"),
        "sequence-infinite": ('"sequence":0', '"sequence":-Infinity', "json-float"),
        "sequence-minus-zero": ('"sequence":0', '"sequence":-0', "json-not-canonical"),
        "sequence-2-to-the-53": ('"sequence":0', '"sequence":9007199254740992', "json-integer"),
        "sequence-leading-zero": ('"sequence":0', '"sequence":00', "json-syntax"),
        "sequence-of-5000-digits": ('"sequence":0', f'"sequence":{"9" * 5000}', "json-integer"),
        "key-twice": ('"kind":"letter"', '"kind":"letter","kind":"letter"', "json-duplicate-key"),
        "key-twice-spelt-differently": ('"kind":"letter"', r'"kind":"letter","k\u0069nd":"role"', "json-duplicate-key"),
        "space-after-colon": ('"kind":"letter"', '"kind": "letter"', "json-not-canonical"),
        "needless-escape": ('"kind":"letter"', r'"kind":"l\u0065tter"', "json-not-canonical"),
        "escaped-solidus": ("undersigned/1/letter", r"undersigned\/1/letter", "json-not-canonical"),
        "fields-in-another-order": ('"action":"sign",', "", "json-not-canonical"),
        "half-a-surrogate-pair": ('"kind":"letter"', r'"kind":"\ud83c"', "text-control"),
        "control-character": ('"kind":"letter"', r'"kind":"letter\u0000"', "text-control"),
        "single-quotes": ('"kind":"letter"', "'kind':'letter'", "json-syntax"),
        "comma-before-the-end": ('"sequence":0}', '"sequence":0,}', "json-syntax"),
    }
    for name, (old, new, code) in swaps.items():
        changed = _swapped(wire, old, new)
        if name == "fields-in-another-order":
            changed = changed[:-1] + b',"action":"sign"}'
        yield Change(name, BASE, changed, code)
    whole = {
        "empty": (b"", "json-syntax"),
        "truncated": (octets[:-40], "json-syntax"),
        "line-end-at-the-end": (octets + b"\n", "json-not-canonical"),
        "octet-at-the-end": (octets + b"x", "json-syntax"),
        "byte-order-mark": (b"\xef\xbb\xbf" + octets, "json-syntax"),
        "utf-16": (wire.encode("utf-16-le"), "json-syntax"),
        "not-utf-8": (octets.replace(b"letter", b"lett\xe9r", 1), "json-syntax"),
        "overlong-utf-8": (octets.replace(b'"sign"', b'"\xc1\xb3ign"', 1), "json-syntax"),
        "a-list": (b"[" + octets + b"]", "not-an-object"),
        "null": (b"null", "not-an-object"),
        "text": (b'"letter"', "not-an-object"),
        "nested-17-deep": (b"[" * 18 + b"]" * 18, "json-depth"),
        "nested-4000-deep": (b"[" * 4000 + b"]" * 4000, "json-depth"),
        "too-long": (octets[:-1] + b',"z":"' + b"z" * 8192 + b'"}', "too-long"),
    }
    for name, (changed, code) in whole.items():
        yield Change(name, BASE, changed, code)


# ── fields ──


def of_every_kind(wires: Wires) -> Iterator[Change]:
    """Fields with values that they must not have."""
    record = json.loads(wires[BASE])
    for name in FIELDS:
        rest = {key: value for key, value in record.items() if key != name}
        yield Change(f"without-{name}", BASE, rfc8785.dumps(rest), "field-missing")
    yield Change("with-an-unknown-field", BASE, rfc8785.dumps(record | {"nonce": "x"}), "field-unknown")
    yield Change("with-an-entry-field", BASE, rfc8785.dumps(record | {"entry": "letter"}), "field-unknown")
    for name, changed, code in (*_of_scalars(record), *_of_disclosed(), *_of_lists(record), *_of_octets(record)):
        yield Change(name, BASE, rfc8785.dumps(record | changed), code)
    yield from _of_sequences(wires)
    yield from _of_payloads(wires)


def _of_scalars(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    context = record["context"]
    digest = context.rpartition("/")[2]
    yield "profile-2", {"profile": "undersigned/2"}, "unknown-profile"
    yield "kind-unknown", {"kind": "petition"}, "unknown-kind"
    yield "kind-invitation", {"kind": "invitation"}, "unknown-kind"
    yield "kind-a-number", {"kind": 1}, "unknown-kind"
    yield "action-of-another-kind", {"action": "vote"}, "unknown-action"
    yield "action-null", {"action": None}, "unknown-action"
    yield "context-of-another-kind", {"context": context.replace("letter", "role")}, "bad-context"
    yield "context-of-another-profile", {"context": context.replace("/1/", "/2/")}, "bad-context"
    yield "context-in-capitals", {"context": context.replace(digest, digest.upper())}, "bad-digest"
    yield "context-one-digit-short", {"context": context[:-1]}, "bad-digest"
    yield "context-with-one-part-more", {"context": context + "/x"}, "bad-context"
    yield "context-a-list", {"context": [context]}, "bad-context"
    yield "organisation-in-capitals", {"organisation": "Harbour.example"}, "bad-domain"
    yield "organisation-one-label", {"organisation": "harbour"}, "bad-domain"
    yield "organisation-with-final-dot", {"organisation": "harbour.example."}, "bad-domain"
    yield "organisation-other-than-disclosed", {"organisation": "mill.example"}, "bad-disclosed"
    yield "epoch-a-fifth-quarter", {"epoch": "2026Q5"}, "bad-epoch"
    yield "epoch-a-month", {"epoch": "2026-11"}, "bad-epoch"
    yield "epoch-other-than-disclosed", {"epoch": "2027Q1"}, "bad-disclosed"


def _of_disclosed() -> Iterator[tuple[str, dict[str, Any], str]]:
    both = {"0": "harbour.example", "1": "2026Q4"}
    for name, value in (
        ("nothing", {}),
        ("organisation-alone", {"0": "harbour.example"}),
        ("role-family-too", both | {"2": "software-engineering"}),
        ("standing-too", both | {"3": "non-manager"}),
        ("reserved-too", both | {"5": ""}),
        ("the-blind-s-slot", both | {"6": ""}),
        ("a-secret-s-slot", both | {"7": ""}),
        ("index-with-leading-zero", {"0": "harbour.example", "01": "2026Q4"}),
        ("a-list", ["harbour.example", "2026Q4"]),
    ):
        yield f"discloses-{name}", {"disclosed": value}, "bad-disclosed"
    yield "discloses-an-unknown-method", {"disclosed": both | {"4": "fax"}}, "bad-method"
    yield "discloses-another-organisation", {"disclosed": both | {"0": "mill.example"}}, "bad-disclosed"


def _of_lists(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    proof = record["proofs"][0]
    yield "issuers-none", {"issuers": []}, "bad-issuers"
    yield "issuers-twice-the-same", {"issuers": ["badges.example"] * 2}, "bad-issuers"
    yield "issuers-five", {"issuers": [f"issuer-{i}.example" for i in range(5)]}, "bad-issuers"
    yield "issuers-not-a-list", {"issuers": "badges.example"}, "bad-issuers"
    yield "issuers-not-a-domain", {"issuers": ["Badges"]}, "bad-domain"
    yield "proofs-none", {"proofs": []}, "bad-proofs"
    yield "proofs-one-too-many", {"proofs": [proof, proof]}, "bad-proofs"
    yield "proofs-not-a-list", {"proofs": proof}, "bad-proofs"
    yield "proofs-null", {"proofs": [None]}, "not-text"


def _of_octets(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    proof, nym = record["proofs"][0], record["pseudonym"]
    octets = base64.urlsafe_b64decode(proof + "==")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    trailing = proof[:-1] + alphabet[alphabet.index(proof[-1]) + 1]
    yield "proof-padded", {"proofs": [proof + "=="]}, "bad-base64url"
    yield "proof-with-trailing-bits", {"proofs": [trailing]}, "bad-base64url"
    yield "proof-in-the-other-alphabet", {"proofs": [proof.replace("-", "+").replace("_", "/")]}, "bad-base64url"
    yield "proof-with-a-line-end", {"proofs": [proof[:64] + "\n" + proof[64:]]}, "bad-base64url"
    yield "proof-one-scalar-short", {"proofs": [b64u(octets[:-SCALAR])]}, "bad-length"
    yield "proof-one-scalar-long", {"proofs": [b64u(octets + octets[-SCALAR:])]}, "bad-length"
    yield "proof-empty", {"proofs": [""]}, "bad-length"
    yield "pseudonym-47-octets", {"pseudonym": nym[:-2] + "A"}, "bad-length"
    yield "pseudonym-45-octets", {"pseudonym": nym[:-4]}, "bad-length"
    yield "pseudonym-96-octets", {"pseudonym": nym + nym}, "bad-length"
    yield "pseudonym-in-hex", {"pseudonym": base64.urlsafe_b64decode(nym).hex()}, "bad-length"
    yield "pseudonym-null", {"pseudonym": None}, "not-text"


def _of_sequences(wires: Wires) -> Iterator[Change]:
    record = json.loads(wires[BASE])
    for name, value, code in (
        ("negative", -1, "bad-integer"),
        ("true", True, "bad-integer"),
        ("text", "0", "bad-integer"),
        ("10001", 10_001, "bad-integer"),
        ("1-for-a-first-act", 1, "bad-sequence"),
    ):
        yield Change(f"sequence-{name}", BASE, _plain(record | {"sequence": value}), code)
    for base, sequence in (("letter-withdraw", 0), ("letter-withdraw", 2), ("role-withdraw", 0)):
        changed = rfc8785.dumps(json.loads(wires[base]) | {"sequence": sequence})
        yield Change(f"{base}-with-sequence-{sequence}", base, changed, "bad-sequence")
    for base in ("incident-dispute", "discussion-say", "vouch", "role-give"):
        changed = rfc8785.dumps(json.loads(wires[base]) | {"sequence": 1})
        yield Change(f"{base}-with-sequence-1", base, changed, "bad-sequence")


def _of_payloads(wires: Wires) -> Iterator[Change]:
    nym = json.loads(wires["vouch"])["pseudonym"]
    letter = json.loads(wires[BASE])["context"]
    for base, name, payload, code in (
        ("letter-sign", "a-remark", {"remark": "hello"}, "bad-payload"),
        ("letter-sign", "an-empty-object", {}, "bad-payload"),
        ("letter-withdraw", "a-reason", {"reason": "none"}, "bad-payload"),
        ("role-withdraw", "the-title-again", {"title": "Software engineer"}, "bad-payload"),
        ("role-give", "nothing", None, "not-an-object"),
        ("role-give", "an-empty-title", {"title": ""}, "bad-payload"),
        ("role-give", "spaces-for-a-title", {"title": "  "}, "bad-payload"),
        ("role-give", "a-title-of-81", {"title": "x" * 81}, "too-long"),
        ("role-give", "a-title-and-more", {"level": "6", "title": "Engineer"}, "field-unknown"),
        ("role-give", "a-title-not-in-nfc", {"title": "Mu\u0308ller"}, "text-not-nfc"),
        ("proposal-vote", "no-ballot", {"ballot": ""}, "bad-payload"),
        ("proposal-vote", "a-ballot-of-1025", {"ballot": b64u(bytes(1025))}, "bad-payload"),
        ("proposal-vote", "a-ballot-padded", {"ballot": "YXBwcm92ZQ=="}, "bad-base64url"),
        ("tally-vote", "nothing", None, "not-an-object"),
        ("discussion-say", "a-statement-of-501", {"statement": "x" * 501}, "too-long"),
        ("discussion-say", "a-statement-of-spaces", {"statement": "\n"}, "bad-payload"),
        ("discussion-say", "a-statement-with-cr", {"statement": "One\r\ntwo"}, "text-control"),
        ("discussion-say", "a-statement-with-nel", {"statement": "One\u0085two"}, "text-control"),
        ("vouch", "an-invitation-to-a-letter", {"context": letter, "pseudonym": nym}, "bad-payload"),
        ("vouch", "no-invitation", None, "not-an-object"),
    ):
        changed = rfc8785.dumps(json.loads(wires[base]) | {"payload": payload})
        yield Change(f"{base}-with-{name}", base, changed, code)


# ── what only the proofs catch ──


def of_proofs(wires: Wires) -> Iterator[Change]:
    """Well-formed acts whose rule accepts them: every field changed alone, and every part of the proof."""
    record = json.loads(wires[BASE])
    other = json.loads(wires["letter-sign-someone-else"])
    digit = "1" if record["context"][-1] == "0" else "0"
    both = {"0": "harbour.example", "1": "2026Q4"}
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "action": ("letter-withdraw", {"action": "sign", "sequence": 0}),
        "sequence": ("proposal-vote", {"sequence": 1}),
        "context": (BASE, {"context": record["context"][:-1] + digit}),
        "epoch": (BASE, {"epoch": "2027Q2", "disclosed": both | {"1": "2027Q2"}}),
        "organisation": (BASE, {"organisation": "harbor.example", "disclosed": both | {"0": "harbor.example"}}),
        "issuers": (BASE, {"issuers": ["guild.example"]}),
        "pseudonym-of-another-member": (BASE, {"pseudonym": other["pseudonym"]}),
        "pseudonym-in-another-context": (BASE, {"pseudonym": json.loads(wires["role-give"])["pseudonym"]}),
        "proof-of-another-member": (BASE, {"proofs": other["proofs"]}),
        "proof-of-the-withdrawal": (BASE, {"proofs": json.loads(wires["letter-withdraw"])["proofs"]}),
        "role-family": ("role-give", {"disclosed": both | {"2": "operations"}}),
        "standing": ("proposal-vote-with-standing", {"disclosed": both | {"3": "manager"}}),
        "method": ("letter-sign-with-method", {"disclosed": {"0": "foundry.example", "1": "2026Q4", "4": "email"}}),
        "title": ("role-give", {"payload": {"title": "Software engineers"}}),
        "role-action": ("role-withdraw", {"action": "give", "sequence": 0, "payload": {"title": "Software engineer"}}),
        "incident-action": ("incident-dispute", {"action": "corroborate"}),
        "ballot": ("proposal-vote", {"payload": {"ballot": b64u(b"reject")}}),
        "ballot-of-a-tally": ("tally-vote", {"payload": {"ballot": b64u(b"reject")}}),
        "statement": ("discussion-say", {"payload": {"statement": "Nobody needs to stop it."}}),
    }
    for name, (base, changed) in changes.items():
        wire = rfc8785.dumps(json.loads(wires[base]) | changed)
        yield Change(f"changed-{name}", base, wire, "proof-challenge", "proof", rule_of(json.loads(wire)))
    yield from _of_two_issuers(wires)
    yield from _of_vouches(wires)
    yield from _of_proof_octets(record, other)


def _of_two_issuers(wires: Wires) -> Iterator[Change]:
    base = "letter-sign-two-issuers"
    record = json.loads(wires[base])
    first, second = record["proofs"]
    for name, changed in {
        "two-issuers-proofs-swapped": {"proofs": [second, first]},
        "two-issuers-one-proof-twice": {"proofs": [first, first]},
    }.items():
        yield Change(name, base, rfc8785.dumps(record | changed), "proof-challenge", "proof")
    yield Change("two-issuers-one-proof-missing", base, rfc8785.dumps(record | {"proofs": [first]}), "bad-proofs")
    alone = record | {"issuers": record["issuers"][:1], "proofs": [first]}
    yield Change("two-issuers-one-left-out", base, rfc8785.dumps(alone), "other-issuers", "rule")


def _of_vouches(wires: Wires) -> Iterator[Change]:
    record = json.loads(wires["vouch"])
    slot, invitation = record["proofs"]
    payload = record["payload"]
    digit = "1" if payload["context"][-1] == "0" else "0"
    for name, changed in {
        "vouch-proofs-swapped": {"proofs": [invitation, slot]},
        "vouch-for-another-invitation": {"payload": payload | {"context": payload["context"][:-1] + digit}},
        "vouch-with-one-pseudonym-twice": {"payload": payload | {"pseudonym": record["pseudonym"]}},
    }.items():
        yield Change(name, "vouch", rfc8785.dumps(record | changed), "proof-challenge", "proof")
    yield Change("vouch-with-one-proof", "vouch", rfc8785.dumps(record | {"proofs": [slot]}), "bad-proofs")


def _of_proof_octets(record: dict[str, Any], other: dict[str, Any]) -> Iterator[Change]:
    proof = base64.urlsafe_b64decode(record["proofs"][0] + "==")
    theirs = base64.urlsafe_b64decode(other["proofs"][0] + "==")

    def put(name: str, start: int, octets: bytes, code: str) -> Change:
        changed = proof[:start] + octets + proof[start + len(octets) :]
        return Change(name, BASE, rfc8785.dumps(record | {"proofs": [b64u(changed)]}), code, "proof")

    for place, point in enumerate(("abar", "bbar", "d")):
        start = place * POINT
        yield put(f"proof-{point}-of-another-proof", start, theirs[start : start + POINT], "proof-challenge")
        negative = bytes([proof[start] ^ 0x20]) + proof[start + 1 : start + POINT]
        yield put(f"proof-{point}-negative", start, negative, "proof-challenge")
        for name, octets in NOT_POINTS.items():
            yield put(f"proof-{point}-{name}", start, octets, "bad-point")
    hidden = (len(proof) - 3 * POINT) // SCALAR - 4
    names = ["e", "r1", "r3", *(f"response-{i}" for i in range(hidden)), "challenge"]
    for place, name in enumerate(names):
        start = 3 * POINT + place * SCALAR
        value = int.from_bytes(proof[start : start + SCALAR], "big")
        more = (value % (R - 1) + 1).to_bytes(SCALAR, "big")
        yield put(f"proof-{name}-plus-one", start, more, "proof-challenge")
        for spelling, scalar in SCALARS.items():
            yield put(f"proof-{name}-{spelling}", start, scalar.to_bytes(SCALAR, "big"), "scalar-out-of-range")
    for name, octets in NOT_POINTS.items():
        wire = rfc8785.dumps(record | {"pseudonym": b64u(octets)})
        yield Change(f"pseudonym-{name}", BASE, wire, "bad-point", "proof")
