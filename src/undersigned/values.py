"""Scalar values of the wire formats, each with exactly one spelling (`docs/protocol.md`, section 4).

Canonical JSON is RFC 8785 restricted further: no floats, integers below 2^53, text in NFC with LF
line ends and no lone surrogates. Every parser here writes what it read and compares.
"""

import base64
import binascii
import calendar
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import rfc8785

from undersigned.errors import Malformed

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 16
_MONTHS: Final = 12
#: Octets of the longest log entry (tlog-tiles length prefix of 16 bits).
MAX_ENTRY: Final = 65_535

_DIGEST = re.compile(r"[0-9a-f]{64}")
_EPOCH = re.compile(r"[0-9]{4}Q[1-4]")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_CODE_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TICK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Control characters but LF and TAB, and lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
#: A string, whole or cut off, or a bracket that opens (1) or closes (2). It never goes back over what it read.
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+\\?(?:"|\Z)|([\[{])|([\]}])', re.DOTALL)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


def malformed(code: str, words: str) -> NoReturn:
    """Raise `Malformed`: a name for the most frequent statement of the parsers."""
    raise Malformed(code, words)


# ── canonical JSON ──


def _check(value: object, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        malformed("json-depth", f"JSON is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        text(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            text(key, what="A key of the JSON")
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, int):
        malformed("json-type", f"JSON cannot hold a {type(value).__name__} here.")
    if abs(value) > MAX_INTEGER:
        malformed("json-integer", "A number in the JSON is 2^53 or larger.")


def canonical(value: object) -> bytes:
    """RFC 8785 octets of `value`; refuses floats, large integers and text that is not NFC.

    Raises: `Malformed`.
    """
    _check(value)
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # checked above


def check_depth(octets: bytes) -> None:
    """Check that JSON is not nested deeper than `MAX_DEPTH`, before a parser that recurses sees it.

    The interpreter's own limit is no help: a library that is loaded may raise it beyond what the stack holds, and
    then 65,535 brackets end the process.

    Raises: `Malformed`.
    """
    depth = 0
    for bracket in _BRACKETS.finditer(octets):
        if bracket[1]:
            depth += 1
        elif bracket[2]:
            depth -= 1
        if depth > MAX_DEPTH + 1:
            malformed("json-depth", f"JSON is nested deeper than {MAX_DEPTH} levels.")


def _no_float(literal: str) -> NoReturn:
    malformed("json-float", f"Numbers are whole here, not {literal[:20]}.")


def _whole(literal: str) -> int:
    if len(literal) > len(str(-MAX_INTEGER)):
        malformed("json-integer", "A number in the JSON is 2^53 or larger.")
    return int(literal)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        malformed("json-duplicate-key", "A key stands twice in the same JSON object.")
    return out


def parse_canonical(octets: bytes, *, limit: int = MAX_ENTRY) -> Any:  # noqa: ANN401 - JSON is any value
    """Parse JSON and refuse every spelling but the canonical one.

    Raises: `Malformed` when `octets` is longer than `limit`, is not UTF-8 JSON, has a duplicate
    key, a float or a large integer, or differs from its canonical form.
    """
    if len(octets) > limit:
        malformed("too-long", f"The text is longer than {limit:,} octets.")
    check_depth(octets)
    try:
        value = json.loads(
            octets.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_int=_whole,
            parse_constant=_no_float,
        )
    except ValueError as error:
        raise Malformed("json-syntax", "This is not JSON in UTF-8.") from error
    if canonical(value) != octets:
        malformed("json-not-canonical", "The JSON is not in its canonical form (RFC 8785).")
    return value


def fields(value: object, names: Sequence[str], what: str) -> dict[str, Any]:
    """Return `value` as a dict that has exactly the keys `names`.

    Raises: `Malformed` naming the first missing or unknown key.
    """
    if not isinstance(value, dict):
        malformed("not-an-object", f"{what} is not a JSON object.")
    for name in names:
        if name not in value:
            malformed("field-missing", f"{what} lacks the field “{name}”.")
    for name in value:
        if name not in names:
            malformed("field-unknown", f"{what} has a field “{str(name)[:40]}” that it should not have.")
    return value


# ── text ──


def shown(value: str) -> str:
    """Return text for a terminal: what turns the direction of writing or hides there shows its number instead.

    Left are LF, TAB, and the two joiners without which some scripts cannot be written.
    """
    return "".join(
        f"<U+{ord(character):04X}>"
        if character not in "\n\t\u200c\u200d" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else character
        for character in value
    )


def text(value: object, *, limit: int = MAX_ENTRY, what: str = "The text") -> str:
    """Text in NFC, line ends LF, no lone surrogates, no control characters but LF and TAB.

    Raises: `Malformed`.
    """
    if not isinstance(value, str):
        malformed("not-text", f"{what} is not text.")
    if len(value) > limit:
        malformed("too-long", f"{what} is longer than {limit:,} characters.")
    if _CONTROL.search(value):
        malformed("text-control", f"{what} holds a control character or half a surrogate pair.")
    if not unicodedata.is_normalized("NFC", value):
        malformed("text-not-nfc", f"{what} is not in Unicode normal form NFC.")
    return value


def _matching(pattern: re.Pattern[str], value: object, limit: int, code: str, words: str) -> str:
    if not isinstance(value, str) or len(value) > limit or not pattern.fullmatch(value):
        malformed(code, words)
    return value


def slug(value: object) -> str:
    """Lower-case words joined by hyphens, at most 80 characters: a letter's name in addresses."""
    return _matching(_SLUG, value, 80, "bad-slug", "A short name is lower-case letters, digits and single hyphens.")


def domain(value: object) -> str:
    """A domain-like identifier of an organisation or issuer, lower case, at most 253 characters."""
    return _matching(_DOMAIN, value, 253, "bad-domain", "A name like “example.com” is expected, in lower case.")


def epoch(value: object) -> str:
    """A quarter, `2026Q4`."""
    return _matching(_EPOCH, value, 6, "bad-epoch", "A quarter is written like 2026Q4.")


def code_word(value: object) -> str:
    """A code of the taxonomy or of a closed list: lower-case words joined by hyphens, at most 40."""
    return _matching(_CODE_WORD, value, 40, "bad-code-word", "A code is lower-case words joined by hyphens.")


def tick(value: object) -> str:
    """A full hour in UTC, `2026-12-03T00:00:00Z`: no time finer than this is ever written down."""
    checked = _matching(_TICK, value, 20, "bad-tick", "A full hour is written like 2026-12-03T00:00:00Z.")
    _calendar(checked[:10])
    if checked[11:13] > "23":
        malformed("bad-tick", "There is no such hour.")
    return checked


def day(value: object) -> str:
    """A date, `2026-12-03`."""
    return _calendar(_matching(_DAY, value, 10, "bad-day", "A date is written like 2026-12-03."))


def _calendar(value: str) -> str:
    year, month, date = (int(part) for part in value.split("-"))
    if year < 1 or not 1 <= month <= _MONTHS or not 1 <= date <= calendar.monthrange(year, month)[1]:
        malformed("bad-day", "There is no such day.")
    return value


def epoch_of(date: str) -> str:
    """Return the quarter of a date: `2026-12-03` is in `2026Q4`. Raises: `Malformed`."""
    return f"{day(date)[:4]}Q{(int(date[5:7]) + 2) // 3}"


def language(value: object) -> str:
    """A language tag, `en` or `de-AT`."""
    return _matching(_LANGUAGE, value, 6, "bad-language", "A language is written like “en” or “de-AT”.")


def integer(value: object, *, least: int = 0, most: int = MAX_INTEGER, what: str = "The number") -> int:
    """A whole number within bounds; `True` is not 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        malformed("bad-integer", f"{what} is not a whole number from {least:,} to {most:,}.")
    return value


# ── octets ──


def b64u(octets: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def octets(value: object, length: int | None = None, *, what: str = "A value") -> bytes:
    """Octets of unpadded base64url, `length` of them where given.

    Raises: `Malformed` for padding, foreign characters, set trailing bits or another length.
    """
    if not isinstance(value, str):
        malformed("not-text", f"{what} is not text.")
    try:
        out = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed("bad-base64url", f"{what} is not unpadded base64url.") from error
    if b64u(out) != value:
        malformed("bad-base64url", f"{what} is not in the one allowed spelling of base64url.")
    if length is not None and len(out) != length:
        malformed("bad-length", f"{what} has {len(out)} octets instead of {length}.")
    return out


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest(value: object) -> str:
    """SHA-256 in lower-case hex, 64 digits."""
    return _matching(_DIGEST, value, 64, "bad-digest", "A digest is 64 lower-case hex digits.")
