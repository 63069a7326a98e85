"""Requests to an issuer: every kind with its proof, other spellings, and proofs that were made for something else."""

from dataclasses import replace
from typing import Any, Final

from making import accounts, mails
from making.cast import BADGES, CREDENTIALS, GUILD, HARBOUR, Draws, octets_of, seed
from undersigned.bbs import representation
from undersigned.bbs.ciphersuite import PSEUDONYMOUS, SCALAR
from undersigned.protocol.credential import UNDECLARED
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import (
    CANCEL,
    JOIN,
    PROOF_DST,
    RENEW,
    REPLACE,
    Admission,
    Bound,
    Cancellation,
    Keys,
    Renewal,
    Request,
    Wish,
)
from undersigned.values import b64u, parse_canonical

Record = dict[str, Any]
Made = Request[Any]

_CODE: Final = "7K3M-9QXA-2B4C-D5EF"
_POINT: Final = CREDENTIALS["ada-harbour"].commitment[:48]
_BOUND: Final = Bound(BADGES, "https://issuer.example", octets_of("request/nonce", 32))
_INVITED: Final = {"invitation": b64u(_POINT)}
_ORIGINS: Final = {
    "with-a-port": "https://issuer.example:8443",
    "onion": f"http://{'undersigned' * 5}2.onion",
    "demonstration": "http://127.0.0.1:8000",
    "by-number": "https://[2001:db8::1]:8443",
}
_BAD_ORIGINS: Final = {
    "with-a-path": "https://issuer.example/",
    "in-capitals": "https://Issuer.example",
    "with-a-name": "https://me@issuer.example",
    "of-another-scheme": "ftp://issuer.example",
    "without-a-scheme": "issuer.example",
    "with-port-0": "https://issuer.example:0",
    "with-a-line-end": "https://issuer.example\n",
    "empty": "",
}


def _keys(person: str, issuer: str = BADGES) -> Keys:
    return Keys(nym_secrets(seed(person)), blind(seed(person), issuer))


def _made(action: str, wish: Wish, bound: Bound = _BOUND, person: str = "ada", *, draws: str = "") -> Made:
    return Request.prove(action, wish, bound, _keys(person), Draws(draws or f"request/{action}"))


_CODED: Final = Admission(HARBOUR, "code", {"code": _CODE}, "software-engineering", "non-manager")
_JOINED: Final = _made(JOIN, _CODED)
_RENEWED: Final = _made(RENEW, Renewal(HARBOUR, UNDECLARED, UNDECLARED))
_CANCELLED: Final = _made(CANCEL, Cancellation(HARBOUR))

_SPOILED: Final = (
    ("another-profile", {"profile": "x"}, "unknown-profile"),
    ("action-unknown", {"action": "leave"}, "other-action"),
    ("action-null", {"action": None}, "other-action"),
    ("action-of-another-address", {"action": RENEW}, "other-action"),
    ("issuer-in-capitals", {"issuer": "Badges.example"}, "bad-domain"),
    ("nonce-of-31", {"nonce": b64u(bytes(31))}, "bad-length"),
    ("nonce-padded", {"nonce": b64u(bytes(32)) + "="}, "bad-base64url"),
    ("proof-short", {"proof": b64u(_JOINED.proof[:-32])}, "bad-length"),
    ("proof-empty", {"proof": ""}, "bad-length"),
    ("proof-null", {"proof": None}, "not-text"),
    *((f"origin-{name}", {"origin": origin}, "bad-origin") for name, origin in _BAD_ORIGINS.items()),
    ("method-unknown", {"method": "fax"}, "bad-method"),
    ("code-in-small-letters", {"evidence": {"code": _CODE.lower()}}, "bad-code"),
    ("code-with-an-o", {"evidence": {"code": "OK3M-9QXA-2B4C-D5EF"}}, "bad-code"),
    ("evidence-of-another-way", {"evidence": {"token": "x"}}, "field-missing"),
    ("evidence-null", {"evidence": None}, "not-an-object"),
    ("evidence-empty-for-vouch", {"method": "vouch", "evidence": {}}, "field-missing"),
    ("invitation-short", {"method": "vouch", "evidence": {"invitation": b64u(bytes(47))}}, "bad-length"),
    *mails.BAD_EVIDENCE,
    ("commitment-short", {"commitment": b64u(_JOINED.commitment[:-32])}, "bad-length"),
    ("commitment-padded", {"commitment": b64u(_JOINED.commitment) + "="}, "bad-base64url"),
    ("standing-unknown", {"standing": "boss"}, "bad-standing"),
    ("role-family-in-capitals", {"role_family": "Software"}, "bad-code-word"),
)  # fmt: skip

#: By kind: messages, and how the first of them is spoiled.
KINDS: Final[dict[str, tuple[tuple[Made, ...], Any]]] = {
    "admission": (
        (
            _JOINED,
            _made(REPLACE, _CODED),
            _made(JOIN, replace(_CODED, method="email", evidence=mails.EVIDENCE), draws="request/mailed"),
            _made(JOIN, replace(_CODED, method="vouch", evidence=_INVITED), draws="request/vouched"),
            *(_made(JOIN, _CODED, replace(_BOUND, origin=each), draws=f"request/{name}")
              for name, each in _ORIGINS.items()),
            *(_made(JOIN, wish, draws=f"request/account-{name}") for name, wish in accounts.WISHES.items()),
        ),
        _SPOILED,
    ),
    "renewal": (
        (_RENEWED,),
        (
            ("organisation-in-capitals", {"organisation": "Harbour.example"}, "bad-domain"),
            ("evidence-too", {"evidence": {}}, "field-unknown"),
            ("restore-is-renew", {"action": "restore"}, "other-action"),
        ),
    ),
    "cancellation": (
        (_CANCELLED,),
        (
            ("commitment-empty", {"commitment": ""}, "bad-length"),
            ("joining", {"action": JOIN}, "other-action"),
            ("renewing", {"action": RENEW}, "other-action"),
        ),
    ),
}  # fmt: skip


# ── proofs ──


def _of_the_drafts() -> Made:
    """A proof for the right statement, whose challenge was hashed under the drafts' tag."""
    keys, draws = _keys("ada"), Draws("request/drafts")
    said = _CANCELLED.statement()
    return replace(_CANCELLED, proof=representation.prove(keys.secrets, keys.blind, said, PSEUDONYMOUS.hash_dst, draws))


def _changed() -> dict[str, tuple[Made, str]]:
    """Requests that are spelled well, and what is refused."""
    join, bound = _JOINED, _BOUND
    other = _made(CANCEL, Cancellation(HARBOUR), person="ben", draws="request/ben")
    swapped = join.proof[SCALAR : 2 * SCALAR] + join.proof[:SCALAR] + join.proof[2 * SCALAR :]
    wrong = {
        "a-join-sent-as-a-replacement": replace(join, action=REPLACE),
        "a-join-sent-as-a-cancellation": replace(join, action=CANCEL, wish=Cancellation(HARBOUR)),
        "a-renewal-sent-as-a-cancellation": replace(_RENEWED, action=CANCEL, wish=Cancellation(HARBOUR)),
        "for-another-issuer": replace(_CANCELLED, bound=replace(bound, issuer=GUILD)),
        "for-another-address": replace(_CANCELLED, bound=replace(bound, origin="https://other.example")),
        "for-another-time": replace(_CANCELLED, bound=replace(bound, nonce=octets_of("request/later", 32))),
        "for-another-organisation": replace(_CANCELLED, wish=Cancellation("mill.example")),
        "with-another-code": replace(join, wish=replace(_CODED, evidence={"code": "0000-0000-0000-0000"})),
        "with-another-standing": replace(join, wish=replace(_CODED, standing="manager")),
        "with-another-proof-of-the-commitment": replace(_CANCELLED, commitment=join.commitment),
        "with-another-person-s-commitment": replace(_CANCELLED, commitment=other.commitment),
        "with-another-person-s-proof": replace(_CANCELLED, proof=other.proof),
        "with-the-commitment-s-own-proof": replace(join, proof=join.commitment[48:]),
        "with-a-proof-under-the-drafts-tag": _of_the_drafts(),
        "responses-swapped": replace(join, proof=swapped),
    }
    one = int.from_bytes(join.proof[-SCALAR:], "big") ^ 1
    spoiled = join.commitment[:-1] + bytes([join.commitment[-1] ^ 1])
    return {name: (each, "request-proof") for name, each in wrong.items()} | {
        "challenge-changed": (replace(join, proof=join.proof[:-SCALAR] + one.to_bytes(SCALAR, "big")), "request-proof"),
        "challenge-zero": (replace(join, proof=join.proof[:-SCALAR] + bytes(SCALAR)), "scalar-out-of-range"),
        "response-too-large": (replace(join, proof=b"\xff" * SCALAR + join.proof[SCALAR:]), "scalar-out-of-range"),
        "commitment-s-proof-changed": (replace(join, commitment=spoiled), "commitment-proof"),
    }


def _kind(request: Made) -> str:
    return {JOIN: "admission", REPLACE: "admission", RENEW: "renewal", CANCEL: "cancellation"}[request.action]


def proofs() -> Record:
    """How proofs are made, and some that do not hold."""
    good = {"join": _JOINED, "replace": KINDS["admission"][0][1], "renew": _RENEWED, "cancel": _CANCELLED}
    return {
        "tag": PROOF_DST.decode(),
        "seed": seed("ada").hex(),
        "point": _POINT.hex(),
        "good": [
            {
                "name": name,
                "kind": _kind(each),
                "draws": f"request/{name}",
                "statement": each.statement().decode(),
                "text": each.encoded().decode(),
            }
            for name, each in good.items()
        ],
        "bad": [
            {"name": name, "kind": _kind(each), "text": each.encoded().decode(), "code": code}
            for name, (each, code) in _changed().items()
        ],
    }


def account_record() -> Record:
    """The fields of an admission by account."""
    record: Record = parse_canonical(_made(JOIN, accounts.WISHES["page"], draws="request/account-page").encoded())
    return record
