"""What an issuer on another machine and letters say to each other: statements as signed notes, and what is none."""

from typing import Any, Final

from making.cast import octets_of
from undersigned.bbs.signature import keygen, public_key
from undersigned.protocol.elsewhere import issuers
from undersigned.protocol.entry import Issued, IssuedCorrected, IssuerKey
from undersigned.protocol.statement import NONCE, Correction, Figures, KeyStatement, Question, signed
from undersigned.tlog.note import SigningKey, sign

ISSUER, ASKER = "union.example", "letters.example/registry"
_TICK: Final = "2026-12-03T00:00:00Z"
_PLACES: Final = (("example.com", "2026Q3"), ("example.com", "2026Q4"), ("example.org", "2026Q4"))


def _key(name: str) -> SigningKey:
    return SigningKey(name, octets_of(f"statements/{name}", 32))


def _made() -> dict[str, tuple[Any, SigningKey]]:
    public = public_key(keygen(octets_of("statements/bbs", 64)))
    nonce = octets_of("statements/nonce", NONCE)
    figures = tuple(Issued(ISSUER, *place, most) for place, most in zip(_PLACES, (0, 1_040, 10), strict=True))
    return {
        "issuer-key": (
            KeyStatement(IssuerKey(ISSUER, "example.com", "2026Q4", ("code", "vouch"), public)),
            _key(ISSUER),
        ),
        "correction": (
            Correction(
                IssuedCorrected(
                    ISSUER, "example.com", "2026Q4", 1_000_000, 1_040, _TICK, "A figure was typed in twice."
                )
            ),
            _key(ISSUER),
        ),
        "question": (Question(ASKER, ISSUER, nonce, _PLACES, _TICK), _key(ASKER)),
        "figures": (Figures(ASKER, ISSUER, nonce, figures, _TICK), _key(ISSUER)),
        "no-figures": (Figures(ASKER, ISSUER, nonce, (), _TICK), _key(ISSUER)),
    }


def _bad(notes: dict[str, str]) -> list[dict[str, str]]:
    """Changed texts, signed again, and changed notes."""
    changes = [
        ("another-profile", "question", "undersigned/1", "undersigned/2", "bad-statement"),
        ("another-kind", "question", '"statement":"question"', '"statement":"figures"', "field-missing"),
        ("no-kind", "question", ',"statement":"question"', "", "bad-statement"),
        ("a-space", "question", '{"asker"', '{ "asker"', "json-not-canonical"),
        ("time-finer-than-the-hour", "question", "T00:00:00Z", "T00:00:01Z", "bad-tick"),
        ("asker-with-a-space", "question", "letters.example/registry", "letters example", "key-name"),
        ("issuer-in-capitals", "question", '"issuer":"union', '"issuer":"Union', "bad-domain"),
        ("a-place-twice", "question", '"2026Q4","organisation":"example.com"', '"2026Q3","organisation":"example.com"',
         "bad-places"),
        ("places-in-another-order", "question", "example.org", "example.biz", "bad-places"),
        ("not-a-ten", "figures", '"at_most":1040', '"at_most":1039', "bad-tens"),
        ("below-nothing", "figures", '"at_most":10,', '"at_most":-10,', "bad-integer"),
        ("more-in-a-figure", "figures", '"at_most":10,', '"at_least":1,"at_most":10,', "field-unknown"),
        ("correction-not-smaller", "correction", '"was":1000000', '"was":1040', "not-smaller"),
        ("correction-with-a-signature", "correction", '"issuer"', '"identity":"x","issuer"', "vkey"),
        ("method-unknown", "issuer-key", '"code"', '"card"', "bad-method"),
    ]  # fmt: skip
    out = []
    for name, kind, before, after, code in changes:
        text = notes[kind].partition("\n\n")[0] + "\n"
        assert text.count(before) == 1, name
        note = sign(text.replace(before, after), [_key(ASKER if kind == "question" else ISSUER)]).decode()
        out.append({"name": name, "kind": _read_as(name, kind), "note": note, "code": code})
    twice = sign(notes["figures"].partition("\n\n")[0] + "\n", [_key(ISSUER), _key(ASKER)]).decode()
    out += [
        {"name": "signed-twice", "kind": "figures", "note": twice, "code": "bad-statement"},
        {"name": "another-kind-read", "kind": "figures", "note": notes["question"], "code": "bad-statement"},
        {"name": "no-note", "kind": "figures", "note": "{}\n", "code": "note-lines"},
        {"name": "too-long", "kind": "figures", "note": "x" * 8193, "code": "too-long"},
    ]
    return out


def _read_as(name: str, kind: str) -> str:
    return "figures" if name == "another-kind" else kind


def statements() -> dict[str, Any]:
    """The vectors."""
    made = _made()
    notes = {name: signed(each, key).decode() for name, (each, key) in made.items()}
    valid = [
        {"name": name, "kind": each.KIND, "key": key.vkey, "record": each.record(), "note": notes[name]}
        for name, (each, key) in made.items()
    ]
    lists: dict[str, dict[str, str]] = {
        "none": {},
        "one": {"union.example": "https://union.example"},
        "two": {"press.example": "https://a.example:8443", "union.example": "http://127.0.0.1:1"},
    }
    return {
        "statements": valid,
        "bad": _bad(notes),
        "issuers": [{"name": name, "addresses": each, "text": issuers(each).decode()} for name, each in lists.items()],
    }
