"""One act of every kind, and what an act must not be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import rfc8785

from making.cast import (
    ALTERED,
    BADGES,
    CREDENTIALS,
    EPOCH,
    FORGED,
    FOUNDRY,
    FULL_LETTER,
    GUILD,
    HARBOUR,
    KEYS,
    LETTER,
    MILL,
    POSED,
    RELABELLED,
    Draws,
    Issued,
    IssuerOf,
    seed,
)
from making.changes import Change, of_every_kind, of_json, of_proofs, rule_of
from undersigned.bbs.proof import prove
from undersigned.protocol.act import PADDED, Act, SignedAct
from undersigned.protocol.context import context_id, invitation_context, vouch_context
from undersigned.protocol.credential import Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.values import b64u, canonical, sha256_hex

Rule = dict[str, Any]


def subject(kind: str, name: str) -> str:
    """Context of a document that has no format yet: its digest is of the JSON text `name`."""
    return context_id(kind, sha256_hex(rfc8785.dumps(name)))


LETTER_CONTEXT: Final = LETTER.context
INVITATION: Final = invitation_context(CREDENTIALS["ben-foundry-vouched"].commitment[:48])


@dataclass(frozen=True)
class Case:
    """An act to be made: by whom, with which credentials, where."""

    name: str
    says: str
    kind: str
    action: str
    context: str
    credentials: tuple[str, ...]
    disclosed: tuple[int, ...] = (0, 1)
    sequence: int = 0
    payload: dict[str, Any] | None = field(default=None)
    person: str = "ada"

    def held(self) -> list[Credential]:
        """The credentials that are shown."""
        return [CREDENTIALS[name].credential for name in self.credentials]

    def act(self) -> Act:
        """The act without its proofs."""
        attributes = self.held()[0].attributes
        return Act(
            kind=self.kind,
            action=self.action,
            context=self.context,
            organisation=attributes.organisation,
            epoch=attributes.epoch,
            disclosed={index: attributes.texts()[index] for index in self.disclosed},
            issuers=tuple(each.issuer for each in self.held()),
            pseudonym=pseudonym_of(self.context, seed(self.person)),
            sequence=self.sequence,
            payload=self.payload,
        )

    def rule(self) -> Rule:
        """What the context accepts: a rule that this act fits."""
        return rule_of(self.act().record())

    def signed(self) -> SignedAct:
        """The act with its proofs."""
        keys = {CREDENTIALS[name].key.issuer: CREDENTIALS[name].key.public for name in self.credentials}
        return present(self.act(), self.held(), keys, seed(self.person), Draws(f"act/{self.name}"))

    def record(self) -> dict[str, Any]:
        """Return the vector."""
        signed = self.signed()
        return {
            "name": self.name,
            "says": self.says,
            "seed": seed(self.person).hex(),
            "credentials": [credential.record() for credential in self.held()],
            "draws": f"act/{self.name}",
            "rule": self.rule(),
            "pseudonyms": [nym.hex() for _, nym in signed.act.presentations],
            "act": signed.act.encoded.decode(),
            "digest": signed.act.digest,
            "wire": signed.encoded.decode(),
            "padded_sha256": sha256_hex(signed.padded()),
        }


_HARBOUR: Final = ("ada-harbour",)
_PROPOSAL: Final = subject("proposal", "A proposal")
CASES: Final = (
    Case("letter-sign", "A member signs a letter.", "letter", "sign", LETTER_CONTEXT, _HARBOUR),
    Case("letter-withdraw", "The member takes it back.", "letter", "withdraw", LETTER_CONTEXT, _HARBOUR, sequence=1),
    Case(
        "letter-sign-with-method", "Where vouching is one of the ways, the way is shown too.",
        "letter", "sign", LETTER_CONTEXT, ("ada-foundry",), (0, 1, 4),
    ),
    Case(
        "letter-sign-two-issuers", "Two issuers vouch for the same member: one proof each, one pseudonym.",
        "letter", "sign", LETTER_CONTEXT, ("ada-mill-badges", "ada-mill-guild"),
    ),
    Case(
        "letter-withdraw-two-issuers", "The same member takes it back: again one proof each.",
        "letter", "withdraw", LETTER_CONTEXT, ("ada-mill-badges", "ada-mill-guild"), sequence=1,
    ),
    Case(
        "letter-sign-two-issuers-someone-else", "Another member whom both issuers admitted.",
        "letter", "sign", LETTER_CONTEXT, ("ben-mill-badges", "ben-mill-guild"), person="ben",
    ),
    Case(
        "letter-sign-someone-else", "Another member signs the same letter.",
        "letter", "sign", LETTER_CONTEXT, ("ben-harbour",), person="ben",
    ),
    Case(
        "letter-sign-next-epoch", "The same member in a context of the next quarter.",
        "letter", "sign", FULL_LETTER.context, ("ada-harbour-next-epoch",),
    ),
    Case(
        "role-give", "A role and a title beside a letter; never logged one by one.",
        "role", "give", context_id("role", LETTER.digest), _HARBOUR, (0, 1, 2), payload={"title": "Software engineer"},
    ),
    Case(
        "role-withdraw", "The role is taken back.",
        "role", "withdraw", context_id("role", LETTER.digest), _HARBOUR, (0, 1, 2), 1,
    ),
    Case(
        "incident-corroborate", "It happened so.",
        "incident", "corroborate", subject("incident", "A revision"), _HARBOUR,
    ),
    Case("incident-dispute", "It did not.", "incident", "dispute", subject("incident", "Another revision"), _HARBOUR),
    Case(
        "proposal-vote", "A first ballot.",
        "proposal", "vote", _PROPOSAL, _HARBOUR, payload={"ballot": b64u(b"approve")},
    ),
    Case(
        "proposal-vote-changed", "A later ballot replaces it.",
        "proposal", "vote", _PROPOSAL, _HARBOUR, sequence=3, payload={"ballot": b64u(b"pause")},
    ),
    Case(
        "proposal-vote-with-standing", "Only members without managerial power vote here, so standing is shown.",
        "proposal", "vote", subject("proposal", "Another proposal"), _HARBOUR, (0, 1, 3),
        payload={"ballot": b64u(b"reject")},
    ),
    Case(
        "tally-vote", "The same choice for the tally by role family: held back, never logged.",
        "tally", "vote", subject("tally", "A proposal"), _HARBOUR, (0, 1, 2), payload={"ballot": b64u(b"approve")},
    ),
    Case(
        "discussion-say", "A statement in the discussion, of another pseudonym than the ballot.",
        "discussion", "say", subject("discussion", "A proposal"), _HARBOUR,
        payload={"statement": "Who can stop it, and within how many minutes?\n– Für „beide“ Schichten gefragt."},
    ),
    Case(
        "vouch", "A member vouches for an invited person: a slot and the invitation in one act.",
        "vouch", "vouch", vouch_context(FOUNDRY, EPOCH, 2), ("ada-foundry",), (0, 1, 4),
        payload={"context": INVITATION, "pseudonym": b64u(pseudonym_of(INVITATION, seed("ada")))},
    ),
)  # fmt: skip


def valid() -> dict[str, Any]:
    """The vectors of valid acts."""
    return {"keys": [key.record() for key in KEYS.values()], "acts": [case.record() for case in CASES]}


# ── what must be refused ──


def invalid() -> dict[str, Any]:
    """The vectors of invalid acts; each rule stands once and is named by its place."""
    wires = {case.name: case.signed().encoded.decode() for case in CASES}
    rules: list[Rule] = []
    cases = []
    for change in (
        *of_json(wires),
        *of_every_kind(wires),
        *of_proofs(wires),
        *_of_rules(wires),
        *_forged(wires),
        *_minted(wires),
    ):
        rule = change.rule or rule_of(json.loads(wires[change.base]))
        if rule not in rules:
            rules.append(rule)
        octets = {"utf8": change.wire.decode()} if _utf8(change.wire) else {"hex": change.wire.hex()}
        cases.append(
            {
                "name": change.name, "from": change.base, "at": change.at, "code": change.code,
                "rule": rules.index(rule), "wire": octets,
            }
        )  # fmt: skip
    names = [str(case["name"]) for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"a name stands twice: {sorted(twice)}")
    keys = [*KEYS.values(), replace(KEYS["harbour"], issuer=GUILD)]
    records = [key.record() for key in keys]
    # The same key under another name: then only the header tells them apart.
    records[-1]["public_key"] = KEYS["harbour"].public.hex()
    for organisation, epoch in (("harbor.example", EPOCH), (HARBOUR, "2027Q2")):
        records.append(KEYS["harbour"].record() | {"organisation": organisation, "epoch": epoch})
    return {"keys": records, "rules": rules, "acts": cases}


def _utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _of_rules(wires: dict[str, str]) -> Iterator[Change]:
    """Acts that would be good elsewhere, for the rule of the letter that harbour.example's members sign."""
    base = "letter-sign"
    here = rule_of(json.loads(wires[base]))
    method = json.loads(wires["letter-sign-with-method"])

    def other(name: str, source: str, code: str, **changed: object) -> Change:
        return Change(name, source, wires[source].encode(), code, "rule", rule=here | changed)

    yield other("letter-altered-by-one-character", base, "other-context", context=ALTERED.context)
    yield other("kind-not-asked-for", "role-give", "other-context")
    yield other("epoch-of-another-quarter", "letter-sign-next-epoch", "other-epoch", context=FULL_LETTER.context)
    yield other("organisation-not-asked", "letter-sign-with-method", "other-organisation")
    two = {HARBOUR: {"issuers": [BADGES, GUILD], "disclosed": [0, 1]}}
    yield other("one-issuer-where-two-are-required", base, "other-issuers", organisations=two)
    one = {MILL: {"issuers": [BADGES], "disclosed": [0, 1]}}
    yield other("two-issuers-where-one-is-required", "letter-sign-two-issuers", "other-issuers", organisations=one)
    swapped = {MILL: {"issuers": [GUILD, BADGES], "disclosed": [0, 1]}}
    yield other("issuers-in-another-order", "letter-sign-two-issuers", "other-issuers", organisations=swapped)
    more = {HARBOUR: {"issuers": [BADGES], "disclosed": [0, 1, 4]}}
    yield other("method-not-shown-where-required", base, "other-disclosure", organisations=more)
    less = {method["organisation"]: {"issuers": [BADGES], "disclosed": [0, 1]}}
    yield other("method-shown-where-not-asked", "letter-sign-with-method", "other-disclosure", organisations=less)
    record = method | {"issuers": ["nobody.example"]}
    wire = rfc8785.dumps(record)
    yield Change("issuer-without-a-key", "letter-sign-with-method", wire, "unknown-issuer-key", "rule", rule_of(record))
    vouched = json.loads(wires["vouch"])
    vouched["disclosed"]["4"] = "vouch"
    yield Change("vouch-by-a-vouched-member", "vouch", rfc8785.dumps(vouched), "vouched-for", "rule", rule_of(vouched))


def _forged(wires: dict[str, str]) -> Iterator[Change]:
    """A credential that nobody with the issuer's key made: the challenge holds, the pairing does not."""
    act = SignedAct.parse(wires["letter-sign"].encode()).act
    wire = SignedAct(act, (_shown(act, FORGED, "act/forged"),)).encoded
    yield Change("credential-forged-without-the-issuer-s-key", "letter-sign", wire, "proof-forged", "proof")


def _shown(act: Act, forged: Issued, draws: str, key: IssuerOf | None = None) -> bytes:
    """A proof of a credential for the registry's key of its issuer, whoever signed it."""
    return prove(
        (key or forged.key).public,
        forged.credential.signature,
        header(forged.credential.issuer),
        act.encoded,
        forged.credential.attributes.messages(),
        sorted(act.disclosed),
        nym_secrets(seed(forged.person)),
        blind(seed(forged.person), forged.credential.issuer),
        act.context.encode(),
        Draws(draws),
    )


def _minted(wires: dict[str, str]) -> Iterator[Change]:
    """What one of two issuers can make of its own key alone: it invents members, and none of them can sign."""
    base = "letter-sign-two-issuers"
    signed = SignedAct.parse(wires[base].encode())
    own, act = signed.proofs[1], signed.act
    theirs = SignedAct.parse(wires["letter-sign-two-issuers-someone-else"].encode())

    def change(name: str, first: bytes, second: bytes, code: str) -> Change:
        return Change(name, base, SignedAct(act, (first, second)).encoded, code, "proof")

    posed = _shown(act, POSED, "act/posed")
    yield change("two-issuers-one-poses-as-the-other", posed, own, "proof-forged")
    for_its_key = _shown(act, POSED, "act/posed-own-key", KEYS["mill-guild"])
    yield change("two-issuers-one-poses-under-its-own-key", for_its_key, own, "proof-challenge")
    yield change("two-issuers-second-proof-in-both-places", own, own, "proof-challenge")
    yield change("two-issuers-two-persons", theirs.proofs[0], own, "proof-challenge")
    relabelled = _shown(act, RELABELLED, "act/relabelled", KEYS["mill-guild"])
    yield change("two-issuers-a-pass-of-another-organisation", signed.proofs[0], relabelled, "proof-forged")
    alone = canonical(json.loads(wires[base]) | {"issuers": [GUILD], "proofs": [b64u(own)]})
    yield Change("two-issuers-the-second-alone", base, alone, "other-issuers", "rule", rule_of(json.loads(wires[base])))


# ── padding ──


def padding() -> dict[str, Any]:
    """The vectors of the padded form: octets as runs, so that 8,192 of them stay readable."""
    wire = CASES[0].signed().encoded
    short = f"{wire.hex()} 80 00*{PADDED - len(wire) - 1}"
    cases = {
        "one-octet-short": f"{wire.hex()} 80 00*{PADDED - len(wire) - 2}",
        "one-octet-long": f"{wire.hex()} 80 00*{PADDED - len(wire)}",
        "not-padded": wire.hex(),
        "padded-with-zeros-alone": f"{wire.hex()} 00*{PADDED - len(wire)}",
        "padded-with-spaces": f"{wire.hex()} 80 20*{PADDED - len(wire) - 1}",
        "an-octet-after-the-zeros": f"{wire.hex()} 80 00*{PADDED - len(wire) - 2} 01",
        "two-marks": f"{wire.hex()} 80 80 00*{PADDED - len(wire) - 2}",
        "nothing-but-zeros": f"00*{PADDED}",
        "nothing": "",
        "mark-first": f"80 00*{PADDED - 1}",
    }
    codes = {"two-marks": "json-syntax", "mark-first": "json-syntax"}
    return {
        "good": [{"name": CASES[0].name, "octets": short, "wire": wire.decode()}],
        "bad": [{"name": n, "octets": octets, "code": codes.get(n, "bad-padding")} for n, octets in cases.items()],
    }
