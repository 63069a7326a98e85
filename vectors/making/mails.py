"""Addresses, mailed codes, requests for a mail, and evidence that is one."""

from typing import Any, Final

from making.cast import HARBOUR
from making.work import SOLVED
from undersigned.protocol.enrolment import MailRequest
from undersigned.protocol.mailbox import subject_of, typed_address, typed_mailed_code

Spoiled = tuple[str, dict[str, Any], str]

EVIDENCE: Final = {"address": "Ada@mail.harbour.example", "code": "04172936"}
REQUEST: Final = MailRequest(HARBOUR, EVIDENCE["address"], "en", SOLVED)


def _by_mail(**changed: object) -> dict[str, Any]:
    """What makes an admission one by mail, its evidence changed."""
    return {"method": "email", "evidence": EVIDENCE | changed}


BAD_EVIDENCE: Final[list[Spoiled]] = [
    ("evidence-empty-for-email", {"method": "email", "evidence": {}}, "field-missing"),
    ("evidence-of-a-sheet-for-email", {"method": "email"}, "field-missing"),
    ("address-with-a-plus", _by_mail(address="ada+x@mail.harbour.example"), "address-plus"),
    ("address-in-capitals", _by_mail(address="ada@mail.Harbour.example"), "bad-address"),
    ("mailed-code-with-a-space", _by_mail(code="0417 2936"), "bad-mailed-code"),
    ("mailed-code-a-number", _by_mail(code=4172936), "bad-mailed-code"),
    ("mailed-code-and-more", _by_mail(other="x"), "field-unknown"),
]
BAD_REQUESTS: Final[list[Spoiled]] = [
    ("another-profile", {"profile": "x"}, "unknown-profile"),
    ("address-null", {"address": None}, "bad-address"),
    ("address-with-a-plus", {"address": "ada+x@mail.harbour.example"}, "address-plus"),
    ("language-unknown", {"language": "la"}, "bad-mail-language"),
    ("language-of-a-country", {"language": "en-GB"}, "bad-mail-language"),
    ("work-null", {"work": None}, "not-an-object"),
    (
        "work-of-another-number",
        {"work": SOLVED.value() | {"solution": {"counter": 0, "derivedKey": "00" * 32}}},
        "work-wrong",
    ),
]

_ADDRESSES: Final = (
    "a@b.example", "Anna.Smith@example.com", "o'brien_2@mail.example.com", "x-@xn--mhle-0ra.example", "_@a.b",
    "a" * 64 + "@example.com", "a@" + ".".join(["a" * 60] * 4) + ".abcdef.b",
)  # fmt: skip
_BAD_ADDRESSES: Final[tuple[tuple[str, object, str], ...]] = (
    ("empty", "", "bad-address"),
    ("no-at", "example.com", "bad-address"),
    ("no-local-part", "@example.com", "bad-address"),
    ("no-domain", "anna@", "bad-address"),
    ("domain-of-one-label", "anna@example", "bad-address"),
    ("domain-in-capitals", "anna@Example.com", "bad-address"),
    ("domain-with-a-dot-at-the-end", "anna@example.com.", "bad-address"),
    ("domain-beyond-ascii", "anna@m\u00fchle.example", "bad-address"),
    ("domain-in-brackets", "anna@[192.0.2.1]", "bad-address"),
    ("local-part-beyond-ascii", "\u00e4nna@example.com", "bad-address"),
    ("dot-first", ".anna@example.com", "bad-address"),
    ("dot-last", "anna.@example.com", "bad-address"),
    ("two-dots", "anna..smith@example.com", "bad-address"),
    ("hyphen-first", "-anna@example.com", "bad-address"),
    ("plus", "anna+letters@example.com", "address-plus"),
    ("plus-alone", "+@example.com", "address-plus"),
    ("plus-in-the-domain", "anna@exa+mple.com", "bad-address"),
    ("quoted", '"anna smith"@example.com', "bad-address"),
    ("comment", "anna(smith)@example.com", "bad-address"),
    ("route", "anna%example.org@example.com", "bad-address"),
    ("bang-path", "example.org!anna@example.com", "bad-address"),
    ("two-at", "anna@example.org@example.com", "bad-address"),
    ("a-name-before", "Anna <anna@example.com>", "bad-address"),
    ("a-space", "anna @example.com", "bad-address"),
    ("a-line-end", "anna@example.com\n", "bad-address"),
    ("a-line-and-a-header", "anna@example.com\r\nBcc: ben@example.com", "bad-address"),
    ("two-addresses", "anna@example.com,ben@example.com", "bad-address"),
    ("local-part-of-65", "a" * 65 + "@example.com", "bad-address"),
    ("255-characters", "a@" + ".".join(["a" * 60] * 4) + ".abcdefg.b", "bad-address"),
    ("null", None, "bad-address"),
    ("a-number", 7, "bad-address"),
)  # fmt: skip
#: What people type as their address.
_TYPED_ADDRESSES: Final = (
    " Anna.Smith@Example.COM\n", "anna . smith @ example.com", "anna@M\u00fchle.example", "anna@stra\u00dfe.example",
    "anna@m\u00fchle\u3002example", "ANNA@\u0645\u062b\u0627\u0644.example",
)  # fmt: skip
_TYPED_MAILED: Final = ("0417 2936", "04172936\n", "0417-2936", " 04 17\u202f29.36", "0417\u20132936")


def addresses() -> dict[str, Any]:
    """Addresses and mailed codes."""
    return {
        "addresses": {
            "good": [{"address": each, "subject": subject_of(each).decode()} for each in _ADDRESSES],
            "bad": [{"name": name, "value": value, "code": code} for name, value, code in _BAD_ADDRESSES],
            "typed": [{"typed": typed, "address": typed_address(typed)} for typed in _TYPED_ADDRESSES],
        },
        "mailed_codes": {
            "good": ["00000000", "04172936"],
            "bad": ["", "0417 2936", "0417293", "041729360", "0417293a",
                    "\u0660\u0664\u0661\u0667\u0662\u0669\u0663\u0666",
                    "04172936\n", 4172936, None],
            "code": "bad-mailed-code",
            "typed": [{"typed": typed, "code": typed_mailed_code(typed)} for typed in _TYPED_MAILED],
        },
    }  # fmt: skip
