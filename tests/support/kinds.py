"""An entry of every kind, in a small log in which all is right, and other values for each of its fields."""

from functools import cache

from support.published import RECEIPT_KEY, SMALL, TICKS, Published, crowd, issued, round_of, signed, small, terms
from undersigned.protocol.entry import (
    LOG,
    REGISTRY,
    ClientFiles,
    Entry,
    IssuedCorrected,
    IssuerKey,
    LetterClosed,
    ReceiptKey,
    Redacted,
    Supporters,
    TermsSet,
    parse_registry_entry,
)
from undersigned.protocol.statement import stated
from undersigned.tlog.note import SigningKey
from undersigned.values import canonical, parse_canonical, sha256_hex

OTHER = sha256_hex(b"other")
#: Changes after which everything still holds: nothing in the logs says which of the two is true.
HARMLESS = {
    "genesis": ["demo: False", "name: letters.examplex", "name: letters.other"],
    "names": ["reason: x"],
    "redacted": ["reason: By order of a courtx"],
    "supporters": ["at_least: 50", "tick: 2026-11-04T00:00:00Z"],
}
CLOSED = "2026-10-21T00:00:00Z"
#: Every kind there is: a new one has to stand in `everything`, and its fields are changed.
KINDS: tuple[type[Entry], ...] = (*REGISTRY, *LOG)


@cache
def _everything() -> Published:
    published = small()
    key = parse_registry_entry(published.registry[1])
    assert isinstance(key, IssuerKey)
    own = SigningKey(key.issuer, b"the issuer's own key, long-term.")
    published.registry[1] = stated(key, own).encoded
    # A number that was far too large, and taken back before the last round.
    published.log[0] = issued(key.organisation, 1000)
    correction = IssuedCorrected(key.issuer, key.organisation, key.epoch, 1000, 10, TICKS[3], "A zero too many.")
    second, third = (terms(SMALL, number, CLOSED) for number in (2, 3))
    for each in (second, third):
        published.registry.append(TermsSet(SMALL.digest, each.number, published.document(each)).encoded)
    published.registry += [
        ReceiptKey(RECEIPT_KEY.vkey).encoded,
        ClientFiles({"client/a.js": OTHER, "sign/index.html": OTHER}).encoded,
        Redacted(second.digest, "court-order", "By order of a court").encoded,
        stated(correction, own).encoded,
        Supporters(SMALL.digest, 40, TICKS[3]).encoded,
        LetterClosed(SMALL.digest, "closed").encoded,
    ]
    del published.documents[second.digest]
    published.shows(SMALL, 1, TICKS[3], ())
    published.registry[-2:] = reversed(published.registry[-2:])
    published.log.append(issued(key.organisation, 10))
    published.log += round_of(SMALL, CLOSED, [signed(crowd(1)[0], SMALL, "withdraw")], final=True)
    return published


def everything() -> Published:
    """A small log with an entry of every kind, where all is right."""
    return _everything().copy()


def places() -> dict[str, tuple[str, int]]:
    """Where an entry of each kind stands."""
    wanted = {kind.KIND: f'"entry":"{kind.KIND}"' for kind in KINDS}
    wanted |= {"act": '"action":"sign"', "withdrawal": '"action":"withdraw"'}
    return {kind: _find(everything(), text) for kind, text in wanted.items()}


def _find(published: Published, text: str) -> tuple[str, int]:
    for log, entries in (("registry", published.registry), ("log", published.log)):
        for at, entry in enumerate(entries):
            if text.encode() in entry:
                return log, at
    raise AssertionError(text)


def others(value: object) -> list[object]:
    """Other values for a field: of another type, empty, and some that might be true."""
    match value:
        case bool():
            found: list[object] = [not value, "true"]
        case int():
            found = [value + 1, value + 10, -1, str(value)]
        case str() if len(value) == len(OTHER):
            found = [OTHER, value.upper()]
        case str():
            found = [value + "x", None, value.replace("example", "other").replace("10-", "11-")]
        case list():
            found = [[], [*value, *value], value[0] if value else "x"]
        case dict():
            found = [{}, dict.fromkeys(value, "x"), {**value, "x": OTHER}]
        case _:
            found = ["x", {}]
    return [each for each in found if each != value]


def changes(kind: str) -> list[tuple[str, object]]:
    """Fields of the entry of a kind with other values, of which each has to be found."""
    log, place = places()[kind]
    record = parse_canonical((everything().registry if log == "registry" else everything().log)[place])
    harmless = HARMLESS.get(kind, [])
    every = [(name, other) for name, value in record.items() for other in others(value)]
    return [(name, other) for name, other in every if f"{name}: {other}" not in harmless]


def changed(kind: str, name: str, value: object) -> Published:
    """The log with another value in a field of its entry of a kind; tree and signatures are right."""
    published = everything()
    log, place = places()[kind]
    entries = published.registry if log == "registry" else published.log
    entries[place] = canonical({**parse_canonical(entries[place]), name: value})
    return published
