"""Messages of people who stand by a letter without signing it: a request for a code, confirmations, shown names."""

import json
from typing import Any, Final

import rfc8785

from making.mails import EVIDENCE
from making.work import SOLVED
from undersigned.protocol.beside import PURPOSES, CodeRequest, Confirmation, NameGiven

Record = dict[str, Any]
Spoiled = tuple[str, Record, str]

_LETTER: Final = "safe-harbour"
_ADDRESS, _CODE = EVIDENCE["address"], EVIDENCE["code"]
_GIVEN: Final = Confirmation(_LETTER, _ADDRESS, _CODE)
#: What may stand in every field of a message that has it, and is refused there.
_FIELDS: Final[dict[str, list[tuple[str, object, str]]]] = {
    "address": [
        ("null", None, "bad-address"),
        ("of-two", f"{_ADDRESS},ben@example.com", "bad-address"),
        ("with-a-plus", "ada+x@mail.harbour.example", "address-plus"),
        ("with-capitals-in-its-domain", "Ada@Mail.harbour.example", "bad-address"),
        ("beyond-ascii", "\u0430da@mail.harbour.example", "bad-address"),
        ("in-wide-letters", "\uff41da@mail.harbour.example", "bad-address"),
        ("with-a-header", f"{_ADDRESS}\r\nBcc: ben@example.com", "text-control"),
    ],
    "code": [
        ("null", None, "bad-mailed-code"),
        ("a-number", 4172936, "bad-mailed-code"),
        ("with-a-space", "0417 2936", "bad-mailed-code"),
        ("of-seven", "0417293", "bad-mailed-code"),
        ("in-other-digits", "\u0660\u0664\u0661\u0667\u0662\u0669\u0663\u0666", "bad-mailed-code"),
    ],
    "language": [("null", None, "bad-mail-language"), ("unknown", "la", "bad-mail-language")],
    "letter": [
        ("null", None, "bad-slug"),
        ("in-capitals", "Safe-harbour", "bad-slug"),
        ("by-digest-and-path", "letters/safe-harbour", "bad-slug"),
    ],
    "line": [
        ("empty", "", "bad-name"),
        ("a-number", 1, "not-text"),
        ("of-141", "x" * 141, "too-long"),
        ("of-two-lines", "one\ntwo", "bad-name"),
        ("turning-the-direction", "welder \u2067evoba dengis", "bad-name"),
    ],
    "name": [
        ("null", None, "not-text"),
        ("empty", "", "bad-name"),
        ("of-101", "x" * 101, "too-long"),
        ("of-spaces", "\u2003", "bad-name"),
        ("with-space-after", "Ada ", "bad-name"),
        ("turning-the-direction", "Ada \u202etdnarB", "bad-name"),
        ("hiding-something", "Ada\u200b", "bad-name"),
        ("with-a-tag", "Ada\U000e0041", "bad-name"),
        ("with-a-line-separator", "Ada\u2028Brandt", "bad-name"),
        ("not-nfc", "A\u030agot", "text-not-nfc"),
        ("of-a-joiner", "\u200d", "bad-name"),
        ("of-marks-alone", "\u0308", "bad-name"),
        ("of-fillers", "\u3164", "bad-name"),
        ("of-blank-braille", "\u2800", "bad-name"),
        ("with-a-tower-of-marks", "q\u0323\u0331\u0308\u0304\u0301", "bad-name"),
    ],
    "profile": [("another", "undersigned/2", "unknown-profile"), ("null", None, "unknown-profile")],
    "purpose": [
        ("null", None, "bad-purpose"),
        ("unknown", "sign", "bad-purpose"),
        ("of-several", [*PURPOSES], "bad-purpose"),
        ("in-capitals", "Support", "bad-purpose"),
    ],
    "work": [
        ("null", None, "not-an-object"),
        ("of-another-number", SOLVED.value() | {"solution": {"counter": 0, "derivedKey": "00" * 32}}, "work-wrong"),
    ],
}


def _spoiled(record: Record) -> list[Spoiled]:
    """Every field changed, and what is not a field."""
    out: list[Spoiled] = [
        (f"{field}-{how}", record | {field: value}, code) for field in record for how, value, code in _FIELDS[field]
    ]
    out += [
        (f"without-{field}", {name: value for name, value in record.items() if name != field}, "field-missing")
        for field in record
    ]
    return [
        *out,
        ("with-a-number-of-people", record | {"count": 40}, "field-unknown"),
        ("with-a-pseudonym", record | {"pseudonym": "AA"}, "field-unknown"),
        ("with-a-date", record | {"tick": "2026-12-03T00:00:00Z"}, "field-unknown"),
    ]


def _messages(good: dict[str, bytes]) -> Record:
    first = next(iter(good.values()))
    return {
        "good": [{"name": name, "text": text.decode()} for name, text in good.items()],
        "bad": [
            {"name": name, "text": rfc8785.dumps(value).decode(), "code": code}
            for name, value, code in _spoiled(json.loads(first))
        ],
    }


def beside() -> Record:
    """The vectors: requests for each purpose, confirmations, names with and without a line."""
    requests = {each: CodeRequest(_LETTER, each, _ADDRESS, "en", SOLVED).encoded() for each in PURPOSES}
    names = {
        "with-a-line": ("Ada Brandt", "harbour pilot"),
        "without-a-line": ("Zo\u00eb \u00c5ngstr\u00f6m", None),
        "right-to-left": ("\u0644\u064a\u0644\u0649", None),
        "with-a-joiner": ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0915\u094d\u200d\u0937"),
        "with-markup": ("<b>Ada</b>", '"&amp;"'),
        "with-four-marks": ("q\u0323\u0331\u0308\u0304", None),
        "longest": ("x" * 100, "y" * 140),
    }
    return {
        "mail": _messages(requests),
        "confirmation": _messages({"confirmation": _GIVEN.encoded()}),
        "name": _messages({name: NameGiven(_GIVEN, *said).encoded() for name, said in names.items()}),
    }
