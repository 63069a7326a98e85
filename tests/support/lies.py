"""Lies of a server, for tests: where things stand in the honest log, and how to change them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from support.auditing import found, lied
from support.published import (
    EPOCH,
    ONE,
    Published,
    honest,
    octets,
    pseudonym,
)
from undersigned.protocol.entry import (
    IssuedCorrected,
    IssuerKey,
    Round,
    parse_log_entry,
    parse_registry_entry,
)
from undersigned.protocol.statement import stated
from undersigned.tlog.note import SigningKey
from undersigned.values import canonical, parse_canonical

Found = tuple[int, str, int | None, str]
Lie = Callable[[Published], list[Found]]


# ── where things stand in the honest log ──

ROUND_A = honest().place('"entry":"round"')  # alpha, 13 acts
ROUND_B = honest().place('"entry":"round"', 1)  # beta, 10 acts, two issuers
ROUND_A2 = honest().place('"entry":"round"', 2)  # alpha, 9 signatures and a withdrawal
ROUND_G = honest().place('"entry":"round"', 4)  # the goal, 20 acts
FINAL_A = honest().place('"final":true')
FINAL_B = honest().place('"final":true', 1)
FINAL_C = honest().place('"final":true', 2)
WITHDRAWAL = honest().place('"action":"withdraw"')


def head(published: Published, place: int, **changes: object) -> None:
    """Change fields of a round's head."""
    entry = parse_log_entry(published.log[place])
    assert isinstance(entry, Round)
    published.log[place] = replace(entry, **changes).encoded  # type: ignore[arg-type]  # fields of Round


def field(published: Published, place: int, **changes: object) -> None:
    """Change fields of an act without proving it anew."""
    published.log[place] = canonical(parse_canonical(published.log[place]) | changes)


def rerounded(published: Published, place: int, count: int, acts: list[bytes]) -> int:
    """Put other acts into a round of `count`, sorted, the head's number right; return the index of the last given."""
    old = parse_log_entry(published.log[place])
    assert isinstance(old, Round)
    ordered = sorted(acts, key=pseudonym)
    published.log[place : place + 1 + count] = [replace(old, count=len(acts)).encoded, *ordered]
    return place + 1 + ordered.index(acts[-1])


def acts_of(published: Published, place: int, count: int) -> list[bytes]:
    """The acts of a round of `count`."""
    return published.log[place + 1 : place + 1 + count]


def corrects(published: Published, organisation: str, was: int, at_most: int, tick: str) -> None:
    """Let the first issuer take back a number of members, in the registry."""
    own = SigningKey(ONE, octets("its own key"))
    for place, data in enumerate(published.registry):
        key = parse_registry_entry(data)
        if isinstance(key, IssuerKey) and key.issuer == ONE:
            published.registry[place] = stated(key, own).encoded
    entry = IssuedCorrected(ONE, organisation, EPOCH, was, at_most, tick, "A zero too many.")
    published.registry.append(stated(entry, own).encoded)


def at_of(published: Published, text: str, nth: int = 0) -> int:
    """Index of the nth entry of the registry that holds this text."""
    return [at for at, entry in enumerate(published.registry) if text.encode() in entry][nth]


def proves_a_lie(lie: Lie, folder: Path) -> None:
    """Tell the lie with a right tree and right signatures; check that it is found where the lie says."""
    published = honest()
    expected = lie(published)
    report = lied(published, folder)
    assert not report.passed
    missing = set(expected) - found(report)
    assert not missing, found(report)
    assert all(each.step > 3 for each in report.failures), "the tree and its signatures are right"
