"""Letters, terms, entries of the two logs, receipts, and messages to an issuer: good ones and bad ones."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import rfc8785

from making import accounts, mails, requests
from making.acts import CASES
from making.cast import (
    ALTERED,
    BADGES,
    CREDENTIALS,
    EPOCH,
    FULL_LETTER,
    HARBOUR,
    INSTANCE,
    KEYS,
    LETTER,
    NOTE_KEYS,
    TERMS,
    octets_of,
)
from making.signing import CORRECTED, SIGNED, bad_entries, bad_registries, good_registries
from undersigned.protocol.enrolment import Issuance
from undersigned.protocol.entry import (
    ClientFiles,
    Entry,
    Genesis,
    Issued,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    NamesShown,
    ReceiptKey,
    Redacted,
    Round,
    Supporters,
    TermsSet,
)
from undersigned.protocol.names import NameList, ShownName, digest_of
from undersigned.protocol.receipt import Receipt
from undersigned.tlog.note import SigningKey
from undersigned.values import b64u, sha256_hex

Record = dict[str, Any]
#: Name, changed fields, code.
Spoiled = tuple[str, Record, str]


def _bad(record: Record, spoiled: Iterable[Spoiled]) -> list[Record]:
    """Documents with fields changed, each field left out, and one too many."""
    cases = [(name, record | changed, code) for name, changed, code in spoiled]
    cases += [
        (f"without-{name}", {key: value for key, value in record.items() if key != name}, "field-missing")
        for name in sorted(record)
    ]
    cases.append(("with-an-unknown-field", record | {"note": "x"}, "field-unknown"))
    return [{"name": name, "text": rfc8785.dumps(value).decode(), "code": code} for name, value, code in cases]


# ── letters and terms ──


def _spoiled_letters() -> Iterator[Spoiled]:
    record = LETTER.record()
    english, german = record["texts"]
    first, second, third = record["organisations"]
    recounters = FULL_LETTER.record()["recounters"]
    yield "another-profile", {"profile": "undersigned/2"}, "unknown-profile"
    yield "slug-in-capitals", {"slug": "Keep"}, "bad-slug"
    yield "addressee-empty", {"addressee": ""}, "bad-text"
    yield "addressee-with-space-before", {"addressee": " Harbour"}, "bad-text"
    yield "addressee-of-201", {"addressee": "x" * 201}, "too-long"
    yield "addressee-null", {"addressee": None}, "not-text"
    yield "epoch-wrong", {"epoch": "2026"}, "bad-epoch"
    yield "goal-nine", {"goal": 9}, "bad-integer"
    yield "goal-text", {"goal": "1000"}, "bad-integer"
    yield "goal-true", {"goal": True}, "bad-integer"
    yield "taxonomy-empty", {"taxonomy": ""}, "bad-code-word"
    yield "continues-not-a-digest", {"continues": "letter-1"}, "bad-digest"
    yield "no-organisations", {"organisations": []}, "bad-list"
    yield "organisations-unsorted", {"organisations": [second, first, third]}, "bad-order"
    yield "organisation-twice", {"organisations": [first, first]}, "bad-order"
    yield "organisation-without-issuers", {"organisations": [first | {"issuers": []}]}, "bad-list"
    yield "organisation-with-five-issuers", {"organisations": [first | {"issuers": list("abcde")}]}, "bad-list"
    yield "organisation-with-an-issuer-twice", {"organisations": [first | {"issuers": [BADGES] * 2}]}, "bad-issuers"
    yield "organisation-with-more", {"organisations": [first | {"size": 40}]}, "field-unknown"
    yield "no-texts", {"texts": []}, "bad-list"
    yield "a-language-twice", {"texts": [english, english]}, "bad-texts"
    yield "languages-with-other-demands", {"texts": [english, german | {"demands": ["Wie?"]}]}, "bad-texts"
    yield "language-unknown-spelling", {"texts": [english | {"language": "EN"}]}, "bad-language"
    yield "title-empty", {"texts": [english | {"title": ""}]}, "bad-text"
    yield "title-of-201", {"texts": [english | {"title": "x" * 201}]}, "too-long"
    yield "body-of-40001", {"texts": [english | {"body": "x" * 40_001}]}, "too-long"
    yield "body-with-cr", {"texts": [english | {"body": "a\r\nb"}]}, "text-control"
    yield "body-not-in-nfc", {"texts": [english | {"body": "Mu\u0308hle"}]}, "text-not-nfc"
    yield "forty-one-demands", {"texts": [english | {"demands": ["x"] * 41}]}, "bad-list"
    yield "demand-empty", {"texts": [english | {"demands": [""]}]}, "bad-text"
    yield "recounters-unsorted", {"recounters": recounters[::-1]}, "bad-order"
    yield "recounter-with-a-bad-key", {"recounters": [recounters[0] | {"key": "gazette.example+00+00"}]}, "bad-base64"
    yield "recounter-with-another-name-in-its-key", {"recounters": [_renamed(recounters[0])]}, "vkey"


def _renamed(recounter: Record) -> Record:
    return recounter | {"key": recounter["key"].replace("gazette", "guild")}


def letters() -> Record:
    """The vectors of letter documents."""
    good = {"three-organisations-two-languages": LETTER, "altered-by-one-character": ALTERED, "everything": FULL_LETTER}
    return {
        "good": [
            {"name": name, "text": letter.encoded.decode(), "digest": letter.digest, "context": letter.context}
            for name, letter in good.items()
        ],
        "bad": _bad(LETTER.record(), list(_spoiled_letters())),
    }


def terms() -> Record:
    """The vectors of terms, and of terms that may not follow others."""
    record = TERMS[1].record()
    foundry, harbour = record["workforce"]
    spoiled: list[Spoiled] = [
        ("another-profile", {"profile": "x"}, "unknown-profile"),
        ("letter-by-slug", {"letter": LETTER.slug}, "bad-digest"),
        ("number-zero", {"number": 0}, "bad-integer"),
        ("dated-with-a-time", {"dated": "2026-10-05T00:00:00Z"}, "bad-day"),
        ("closes-at-half-past", {"closes": "2026-12-03T00:30:00Z"}, "bad-tick"),
        ("closes-on-a-day", {"closes": "2026-12-03"}, "bad-tick"),
        ("closes-on-the-31st-of-november", {"closes": "2026-11-31T00:00:00Z"}, "bad-day"),
        ("workforce-unsorted", {"workforce": [harbour, foundry]}, "bad-order"),
        ("workforce-zero", {"workforce": [foundry | {"at_least": 0}]}, "bad-integer"),
        ("workforce-without-source", {"workforce": [foundry | {"source": ""}]}, "bad-text"),
        ("workforce-undated", {"workforce": [foundry | {"as_of": "2026"}]}, "bad-day"),
        ("erratum-undated", {"errata": [{"dated": None, "text": "x"}]}, "bad-day"),
        ("erratum-empty", {"errata": [{"dated": "2026-10-20", "text": " "}]}, "bad-text"),
        ("errata-an-object", {"errata": {}}, "bad-list"),
    ]
    first, second = TERMS
    follows = {
        "number-skipped": (replace(second, number=3), "terms-order"),
        "number-again": (replace(second, number=1), "terms-order"),
        "of-another-letter": (replace(second, letter=FULL_LETTER.digest), "terms-order"),
        "closing-earlier": (replace(second, closes="2026-12-02T23:00:00Z"), "terms-earlier"),
        "dated-earlier": (replace(second, dated="2026-10-04"), "terms-earlier"),
    }
    third = replace(second, number=3, errata=())
    return {
        "good": [{"name": f"terms-{t.number}", "text": t.encoded.decode(), "digest": t.digest} for t in TERMS],
        "bad": _bad(record, spoiled),
        "may_not_follow": [
            {"name": name, "earlier": first.encoded.decode(), "later": later.encoded.decode(), "code": code}
            for name, (later, code) in follows.items()
        ]
        + [
            {
                "name": "erratum-taken-back",
                "earlier": second.encoded.decode(),
                "later": third.encoded.decode(),
                "code": "terms-errata",
            }
        ],
    }


# ── entries ──

GENESIS: Final = Genesis(INSTANCE, demo=True, registry=NOTE_KEYS["registry"].vkey, log=NOTE_KEYS["log"].vkey)
KEY: Final = IssuerKey(BADGES, HARBOUR, EPOCH, ("code",), KEYS["harbour"].public)
REGISTRY: Final[tuple[Entry, ...]] = (
    GENESIS,
    ReceiptKey(NOTE_KEYS["receipt"].vkey),
    KEY,
    IssuerKey(BADGES, "foundry.example", EPOCH, ("code", "vouch"), KEYS["foundry"].public),
    LetterOpened(LETTER.slug, LETTER.digest),
    TermsSet(LETTER.digest, 1, TERMS[0].digest),
    TermsSet(LETTER.digest, 2, TERMS[1].digest),
    ClientFiles({"index.html": sha256_hex(b"page"), "sign.js": sha256_hex(b"script")}),
    LetterClosed(LETTER.digest, "closed"),
    Redacted(TERMS[0].digest, "personal-data", "A private address stood in the source."),
)
#: Names under the letter: one with a line, one without, one twice, and one that looks like markup.
SHOWN: Final = (
    ShownName("Ada Brandt", "crane driver, harbour", octets_of("names/ada", 32)),
    ShownName("Ada Brandt", None, octets_of("names/other-ada", 32)),
    ShownName("Ægir Þórsson", None, octets_of("names/aegir", 32)),
    ShownName("<b>Robert</b> & sons", "“we” \\ they say", octets_of("names/robert", 32)),
)


def _shown(number: int, tick: str, names: tuple[ShownName, ...], reason: str | None = None) -> NamesShown:
    return NamesShown(LETTER.digest, number, len(names), digest_of(LETTER.digest, names), tick, reason)


SUPPORTERS: Final = (
    Supporters(LETTER.digest, 240, "2026-11-03T00:00:00Z"),
    Supporters(LETTER.digest, 250, "2026-11-04T00:00:00Z"),
    Supporters(LETTER.digest, 0, "2026-11-05T00:00:00Z"),
)
NAMES: Final = (
    _shown(1, "2026-11-03T00:00:00Z", SHOWN),
    _shown(2, "2026-11-03T00:00:00Z", SHOWN[:3], "Nobody of this name exists."),
)
#: A registry with both: numbers of supporters before the letter's end, names taken off after it.
NO_NAMES: Final = _shown(3, "2027-01-01T00:00:00Z", ())
GOOD: Final[tuple[Entry, ...]] = (*REGISTRY, *SUPPORTERS, *NAMES, *SIGNED, CORRECTED)
OPEN: Final[tuple[Entry, ...]] = (*REGISTRY[:7], *SUPPORTERS, *NAMES, REGISTRY[8], NO_NAMES)
LOG: Final[tuple[Entry, ...]] = (
    Issued(BADGES, HARBOUR, EPOCH, 1040),
    Round(LETTER.context, HARBOUR, 10, "2026-11-03T00:00:00Z", final=False),
    Round(LETTER.context, HARBOUR, 0, "2026-12-10T12:00:00Z", final=True),
)


def _record(entry: Entry) -> Record:
    return _parsed(entry.encoded)


def _parsed(octets: bytes) -> Record:
    """Return the JSON value of canonical octets."""
    value: Record = json.loads(octets)
    return value


def _spoiled_entries() -> Iterator[tuple[Entry, list[Spoiled]]]:
    yield (
        GENESIS,
        [
            ("another-profile", {"profile": "undersigned/2"}, "bad-choice"),
            ("demo-a-number", {"demo": 1}, "bad-flag"),
            ("log-without-a-key", {"log": "letters.example/log"}, "vkey"),
            ("name-not-a-domain", {"name": "letters"}, "bad-domain"),
            ("kind-unknown", {"entry": "constitution"}, "unknown-entry"),
            ("kind-of-the-log", {"entry": "round"}, "unknown-entry"),
            ("kind-null", {"entry": None}, "unknown-entry"),
        ],
    )
    yield (
        KEY,
        [
            ("no-methods", {"methods": []}, "bad-methods"),
            ("methods-unsorted", {"methods": ["email", "code"]}, "bad-methods"),
            ("method-twice", {"methods": ["code", "code"]}, "bad-methods"),
            ("method-unknown", {"methods": ["fax"]}, "bad-method"),
            ("public-key-of-95-octets", {"public_key": b64u(KEY.public_key[:-1])}, "bad-length"),
            ("epoch-wrong", {"epoch": "2026Q9"}, "bad-epoch"),
        ],
    )
    yield REGISTRY[1], [("key-with-another-hash", {"key": _other_hash(NOTE_KEYS["receipt"].vkey)}, "vkey")]
    yield REGISTRY[4], [("digest-of-63", {"digest": LETTER.digest[1:]}, "bad-digest")]
    yield REGISTRY[5], [("number-zero", {"number": 0}, "bad-integer")]
    yield REGISTRY[7], [("no-files", {"files": {}}, "bad-files"), ("files-a-list", {"files": ["x"]}, "bad-files")]
    yield REGISTRY[8], [("outcome-unknown", {"outcome": "won"}, "bad-choice")]
    yield REGISTRY[9], [("ground-unknown", {"ground": "dislike"}, "bad-choice")]
    yield (
        SUPPORTERS[0],
        [
            ("not-a-ten", {"at_least": 241}, "bad-tens"),
            ("negative", {"at_least": -10}, "bad-integer"),
            ("letter-by-slug", {"letter": LETTER.slug}, "bad-digest"),
            ("tick-with-minutes", {"tick": "2026-11-03T00:10:00Z"}, "bad-tick"),
        ],
    )
    yield (
        NAMES[1],
        [
            ("number-zero", {"number": 0}, "bad-integer"),
            ("count-negative", {"count": -1}, "bad-integer"),
            ("digest-null", {"digest": None}, "bad-digest"),
            ("reason-a-number", {"reason": 1}, "not-text"),
            ("reason-of-1001", {"reason": "x" * 1001}, "too-long"),
        ],
    )


def _other_hash(vkey: str) -> str:
    name, _, key = vkey.split("+", 2)
    return f"{name}+00000000+{key}"


def _spoiled_log() -> Iterator[tuple[Entry, list[Spoiled]]]:
    yield (
        LOG[0],
        [
            ("not-a-ten", {"at_most": 1039}, "bad-tens"),
            ("negative", {"at_most": -10}, "bad-integer"),
            ("kind-of-the-registry", {"entry": "letter"}, "unknown-entry"),
        ],
    )
    yield (
        LOG[1],
        [
            ("context-by-slug", {"context": LETTER.slug}, "bad-context"),
            ("count-negative", {"count": -1}, "bad-integer"),
            ("tick-with-minutes", {"tick": "2026-11-03T00:10:00Z"}, "bad-tick"),
            ("final-a-number", {"final": 0}, "bad-flag"),
            ("count-a-text", {"count": "10"}, "bad-integer"),
        ],
    )


def entries() -> Record:
    """The vectors of single entries of both logs."""

    def bad(spoiled: Iterator[tuple[Entry, list[Spoiled]]]) -> list[Record]:
        out = []
        for entry, changes in spoiled:
            cases = [case for case in _bad(_record(entry), changes) if case["name"] != "without-entry"]
            out += [case | {"name": f"{entry.KIND}-{case['name']}"} for case in cases]
        return out

    without = {"name": "without-entry", "text": rfc8785.dumps({"name": "x"}).decode(), "code": "unknown-entry"}
    return {
        "registry": {
            "good": [{"name": each.KIND, "text": each.encoded.decode()} for each in GOOD],
            "bad": [*bad(_spoiled_entries()), without, *bad_entries()],
        },
        "log": {
            "good": [{"name": each.KIND, "text": each.encoded.decode()} for each in LOG],
            "bad": bad(_spoiled_log()),
        },
    }


def registry() -> Record:
    """The vectors of whole registries: one good, others refused at the entry `at`."""
    letter, first, second = REGISTRY[4:7]
    closed = REGISTRY[8]
    other = LetterOpened(LETTER.slug, FULL_LETTER.digest)
    whole = list(REGISTRY)
    bad: dict[str, tuple[list[Entry], str]] = {
        "without-genesis": (whole[1:2], "genesis-place"),
        "second-genesis": ([*whole, GENESIS], "genesis-place"),
        "second-key-for-an-epoch": ([*whole, replace(KEY, public_key=KEYS["foundry"].public)], "second-issuer-key"),
        "the-same-key-again": ([*whole, KEY], "second-issuer-key"),
        "second-letter-for-a-slug": ([*whole, other], "second-letter"),
        "the-letter-again": ([*whole, letter], "second-letter"),
        "the-letter-under-another-slug": ([*whole, LetterOpened("other", LETTER.digest)], "second-letter"),
        "terms-before-their-letter": ([GENESIS, first], "unknown-letter"),
        "terms-from-number-two": ([GENESIS, letter, second], "terms-order"),
        "terms-number-again": ([GENESIS, letter, first, first], "terms-order"),
        "terms-after-closing": ([GENESIS, letter, first, closed, second], "letter-closed"),
        "closed-before-its-letter": ([GENESIS, closed], "unknown-letter"),
        "closed-twice": ([*whole, closed], "second-close"),
        "redacted-twice": ([*whole, whole[-1]], "second-redaction"),
        "a-log-entry": ([GENESIS, LOG[0]], "unknown-entry"),
    } | _bad_standing([GENESIS, letter, first], closed)
    bad |= bad_registries(GENESIS)
    good = {"whole": whole, "with-supporters-and-names": OPEN} | good_registries(GENESIS)
    return {
        "good": [
            {"name": name, "entries": [each.encoded.decode() for each in listed]} for name, listed in good.items()
        ],
        "bad": [
            {"name": name, "entries": [each.encoded.decode() for each in listed], "at": len(listed) - 1, "code": code}
            for name, (listed, code) in bad.items()
        ],
    }


def _bad_standing(before: list[Entry], closed: Entry) -> dict[str, tuple[list[Entry], str]]:
    """Numbers of supporters and lists of names where they may not stand."""
    first, second, _ = SUPPORTERS
    names, fewer = NAMES
    return {
        "supporters-before-their-letter": ([GENESIS, first], "unknown-letter"),
        "supporters-after-closing": ([*before, closed, first], "letter-closed"),
        "supporters-the-same-again": ([*before, first, replace(second, at_least=240)], "supporters-same"),
        "supporters-first-none": ([*before, replace(first, at_least=0)], "supporters-same"),
        "supporters-at-one-tick": ([*before, first, replace(second, tick=first.tick)], "supporters-order"),
        "names-before-their-letter": ([GENESIS, names], "unknown-letter"),
        "names-from-number-two": ([*before, fewer], "names-order"),
        "names-number-again": ([*before, names, replace(fewer, number=1)], "names-order"),
        "names-earlier": ([*before, names, replace(fewer, tick="2026-11-02T23:00:00Z")], "names-order"),
        "names-first-after-closing": ([*before, closed, names], "letter-closed"),
        "names-others-after-closing": ([*before, names, closed, replace(fewer, count=4)], "letter-closed"),
    }


# ── names ──


#: What is wrong with a name of a list.
_BAD_NAMES: Final[dict[str, tuple[Record, str]]] = {
    "salt-short": ({"salt": b64u(bytes(31))}, "bad-length"),
    "salt-padded": ({"salt": b64u(bytes(32)) + "="}, "bad-base64url"),
    "name-empty": ({"name": ""}, "bad-name"),
    "name-null": ({"name": None}, "not-text"),
    "name-with-space-before": ({"name": " Ada"}, "bad-name"),
    "name-with-two-spaces": ({"name": "Ada  Brandt"}, "bad-name"),
    "name-with-a-no-break-space": ({"name": "Ada\u00a0Brandt"}, "bad-name"),
    "name-of-two-lines": ({"name": "Ada\nBrandt"}, "bad-name"),
    "name-of-101": ({"name": "x" * 101}, "too-long"),
    "name-turning-the-direction": ({"name": "Ada \u202etdnarB"}, "bad-name"),
    "name-hiding-something": ({"name": "Ada\u200b"}, "bad-name"),
    "name-not-nfc": ({"name": "A\u030agot"}, "text-not-nfc"),
    "name-of-a-joiner": ({"name": "\u200d"}, "bad-name"),
    "name-of-fillers": ({"name": "\u3164"}, "bad-name"),
    "name-with-a-tower-of-marks": ({"name": "q\u0323\u0331\u0308\u0304\u0301"}, "bad-name"),
    "line-with-a-tower-of-marks": ({"line": "q\u0323\u0331\u0308\u0304\u0301"}, "bad-name"),
    "line-empty": ({"line": ""}, "bad-name"),
    "line-of-141": ({"line": "x" * 141}, "too-long"),
    "line-a-number": ({"line": 1}, "not-text"),
}


def names() -> Record:
    """The vectors of lists of names, with the entry that each belongs to; and of lists that do not fit theirs."""
    listed = [NameList.of(entry, SHOWN[: entry.count]) for entry in NAMES]
    empty = NameList.of(NO_NAMES, ())
    record = _parsed(listed[0].encoded)
    one, two, *rest = record["names"]
    spoiled: list[Spoiled] = [
        ("another-profile", {"profile": "undersigned/2"}, "unknown-profile"),
        ("letter-by-slug", {"letter": LETTER.slug}, "bad-digest"),
        ("number-zero", {"number": 0}, "bad-integer"),
        ("as-of-a-day", {"as_of": "2026-11-03"}, "bad-tick"),
        ("names-an-object", {"names": {}}, "bad-list"),
        ("unsorted", {"names": [two, one, *rest]}, "bad-order"),
        ("one-twice", {"names": [one, one, *rest]}, "bad-order"),
        ("without-a-salt", {"names": [{"line": None, "name": "Ada"}]}, "field-missing"),
    ]
    spoiled += [(name, {"names": [one | changed]}, code) for name, (changed, code) in _BAD_NAMES.items()]
    others = {
        "another-number": replace(NAMES[0], number=2),
        "another-tick": replace(NAMES[0], tick="2026-11-04T00:00:00Z"),
        "another-count": replace(NAMES[0], count=3),
        "another-letter": replace(NAMES[0], letter=FULL_LETTER.digest),
        "a-name-less": replace(_shown(1, NAMES[0].tick, SHOWN[:3]), count=4),
        "a-name-swapped": _shown(1, NAMES[0].tick, (*SHOWN[:3], replace(SHOWN[3], name="Robert"))),
        "a-line-swapped": _shown(1, NAMES[0].tick, (*SHOWN[:3], replace(SHOWN[3], line=None))),
        "a-salt-swapped": _shown(1, NAMES[0].tick, (*SHOWN[:3], replace(SHOWN[3], salt=bytes(32)))),
    }
    return {
        "good": [
            {
                "name": name, "text": each.encoded.decode(), "digest": each.digest,
                "entry": _shown(each.number, each.as_of, each.names).encoded.decode(),
                "hashes": [shown.hash(LETTER.digest) for shown in each.names],
            }
            for name, each in (("four", listed[0]), ("three", listed[1]), ("none", empty))
        ],
        "bad": _bad(record, spoiled),
        "of_another_entry": [
            {"name": name, "text": listed[0].encoded.decode(), "entry": entry.encoded.decode()}
            for name, entry in others.items()
        ],
    }  # fmt: skip


# ── receipts ──


def receipts() -> Record:
    """The vectors of receipts: signed notes under a receipt key."""
    act = CASES[0].act()
    good = Receipt(act.context, act.organisation, act.digest, TERMS[0].closes)
    key = NOTE_KEYS["receipt"]
    foreign = SigningKey(key.name, octets_of("note/foreign", 32))
    note = good.signed(key).decode()
    head, _, signature = note.rpartition("\n\n")
    bad: dict[str, tuple[str, str]] = {
        "signed-by-another-key": (good.signed(foreign).decode(), "receipt-unsigned"),
        "signed-by-the-log-s-key": (good.signed(NOTE_KEYS["log"]).decode(), "receipt-unsigned"),
        "deadline-changed": (note.replace("2026-12-03", "2027-12-03"), "note-signature"),
        "act-changed": (note.replace(act.digest, sha256_hex(b"other")), "note-signature"),
        "unsigned": (head + "\n", "note-lines"),
        "without-final-line-end": (note[:-1], "note-lines"),
        "crlf": (note.replace("\n", "\r\n"), "note-lines"),
        "a-sixth-line": (_signed(key, good.text() + "more\n"), "bad-receipt"),
        "of-another-profile": (_signed(key, good.text().replace("undersigned/1", "undersigned/2", 1)), "bad-receipt"),
        "with-a-bad-digest": (_signed(key, good.text().replace(act.digest, "0")), "bad-digest"),
        "with-minutes": (_signed(key, good.text().replace("00:00:00Z", "00:30:00Z")), "bad-tick"),
        "a-checkpoint": (_signed(key, f"{INSTANCE}/log\n1\n{'A' * 43}=\n"), "bad-receipt"),
    }  # fmt: skip
    return {
        "keys": [key.vkey],
        "good": [
            {
                "name": CASES[0].name, "note": note, "context": good.context, "organisation": good.organisation,
                "act": good.act, "deadline": good.deadline,
            },
            {
                "name": "with-a-line-of-somebody-else", "note": head + "\n\n" + signature + _other_line(good),
                "context": good.context, "organisation": good.organisation, "act": good.act, "deadline": good.deadline,
            },
        ],
        "bad": [{"name": name, "note": text, "code": code} for name, (text, code) in bad.items()],
    }  # fmt: skip


def _signed(key: SigningKey, text: str) -> str:
    """A note of any text under a key."""
    return f"{text}\n{key.sign(text).line()}"


def _other_line(receipt: Receipt) -> str:
    """A signature line of a key that nobody asks about."""
    return SigningKey("other.example/key", octets_of("note/other", 32)).sign(receipt.text()).line()


# ── messages to and from an issuer ──


def enrolment() -> Record:
    """The vectors of messages between holder and issuer."""
    issued = CREDENTIALS["ada-harbour"]
    issuance = Issuance((issued.credential, CREDENTIALS["ada-harbour-next-epoch"].credential))
    record = issued.credential.record()
    texts = record["messages"]
    answers: list[Spoiled] = [
        ("credentials-an-object", {"credentials": {}}, "bad-list"),
        ("seven-messages", {"credentials": [record | {"messages": [*texts, ""]}]}, "bad-messages"),
        ("reserved-filled", {"credentials": [record | {"messages": [*texts[:5], "x"]}]}, "bad-reserved"),
        ("signature-short", {"credentials": [record | {"signature": ""}]}, "bad-length"),
    ]
    mailed = ((mails.REQUEST,), mails.BAD_REQUESTS)
    messages: dict[str, Any] = requests.KINDS | {"mail": mailed, "issuance": ((issuance,), answers)}
    out = {
        kind: {
            "good": [{"name": kind, "text": each.encoded().decode()} for each in good],
            "bad": _bad(_parsed(good[0].encoded()), spoiled),
        }
        for kind, (good, spoiled) in messages.items()
    }
    out["admission"]["bad"] += accounts.bad_admissions(requests.account_record())
    return out | {"proofs": requests.proofs()}
