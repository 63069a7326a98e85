"""The verbs of the room: draft, open, accept, close.

An act passes these checks, cheap ones first:

1. size: exactly 8,192 octets;
2. schema: one canonical spelling, nothing missing, nothing more;
3. its letter is open;
4. its pseudonym: the same act gets its receipt again, another one that excludes it is a conflict;
5. its proofs hold under the registry's keys;
6. the ledger holds it, durably, and promises that in a receipt.

Acts of several threads take 4 and 5 together (`checking`), and 6.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from django.db import transaction

from undersigned.clock import Clock
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.ledger.service import Closing, Count, Held, Ledger, Wait
from undersigned.letters import rules
from undersigned.letters.checking import Checking, Grounds
from undersigned.letters.models import LetterRow, TermsRow
from undersigned.letters.standing import Due, Standing
from undersigned.protocol.act import SignedAct
from undersigned.protocol.context import context_id
from undersigned.protocol.entry import (
    Issued,
    LetterClosed,
    LetterOpened,
    NamesShown,
    Redacted,
    Round,
    Supporters,
    TermsSet,
)
from undersigned.protocol.letter import Letter, Terms
from undersigned.protocol.names import NameList
from undersigned.protocol.presentation import ContextRule, KeyRing
from undersigned.protocol.registry import Registry, letter_rule

_DB: Final = "letters"
D = TypeVar("D", Letter, Terms)


@dataclass(frozen=True, slots=True)
class Summary:
    """A letter in a list."""

    slug: str
    title: str
    state: rules.State
    closes: str
    digest: str


@dataclass(frozen=True, slots=True)
class View:
    """All that a letter's page tells, from what is published alone.

    `letter` is None once the text was taken down, `redacted` then says why; `terms` and `opened`, the date of the
    first terms, are None where those were. `counts` is by organisation. `supporters` and `names` are the newest entries
    of the registry that tell of others who stand by it.
    """

    slug: str
    digest: str
    state: rules.State
    letter: Letter | None
    terms: Terms | None
    opened: str | None
    counts: Mapping[str, Count]
    redacted: Redacted | None
    supporters: Supporters | None = None
    names: NamesShown | None = None


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What a tick brought: rounds that were published, letters that closed, letters that missed their goal.

    `waiting` are letters with the issuer whose number of members they wait for, `held` the context and organisation of
    each round that waits so, by issuer.
    """

    rounds: list[Round]
    closed: list[str]
    missed: list[str]
    waiting: list[tuple[str, str]] = field(default_factory=list)
    held: dict[str, set[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """What accepting needs to know of an opened letter; `outcome` says how it ended."""

    letter: Letter
    terms: Terms
    rule: ContextRule
    outcome: str | None
    redacted: bool


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The opened letters by context and the issuers' keys, as the registry's first `size` entries say."""

    size: int
    letters: Mapping[str, Running]
    keys: Mapping[tuple[str, str, str], bytes]
    grounds: Grounds


class Letters:
    """Letters of one instance. `round_hours` is how often the rounds' fixed clock strikes.

    `standing` are others who stand by them.
    """

    def __init__(self, ledger: Ledger, clock: Clock, standing: Standing, round_hours: int = 1) -> None:
        self._ledger = ledger
        self.standing = standing
        self._clock = clock
        self._round_hours = round_hours
        self._lock = threading.Lock()
        self._seen = _Snapshot(-1, {}, {}, Grounds({}, KeyRing({})))
        self._checking = Checking(ledger.known)

    # ── drafts and opening ──

    def draft(self, letter: Letter, terms: Terms) -> None:
        """Keep a draft; a draft of the same short name is replaced.

        Raises: `Conflict` when that letter was opened before, `Malformed` when the terms are another letter's.
        """
        parsed, checked = Letter.parse(letter.encoded), Terms.parse(terms.encoded)
        if parsed.slug in self._ledger.registry().letters:
            raise Conflict("letter-exists", f"There is an opened letter “{parsed.slug}”. It never changes.")
        if checked.letter != parsed.digest:
            raise Malformed("terms-other-letter", "These terms belong to another letter.")
        with transaction.atomic(using=_DB):
            LetterRow.objects.using(_DB).filter(slug=parsed.slug).delete()
            row = LetterRow(slug=parsed.slug, digest=parsed.digest, document=parsed.encoded)
            row.save(using=_DB, force_insert=True)
            _keep_terms(row, checked)

    def check_opening(
        self, slug: str, made_later: Mapping[tuple[str, str], Sequence[str]] = MappingProxyType({})
    ) -> tuple[Letter, Terms]:
        """Check all that `open` checks; `made_later` are as in `rules.check_issuers`.

        Raises: `Withheld`, `Conflict`, `Refused` or `Malformed` with the reason.
        """
        registry, letter = self._ledger.registry(), self.letter(slug)
        if slug in registry.letters:
            raise Conflict("letter-exists", f"The letter “{slug}” is open already.")
        terms = self.terms(slug)
        rules.check_opening(letter, terms, self._clock.tick())
        known = {entry.digest for entry in registry.letters.values()}
        if letter.continues is not None and letter.continues not in known:
            raise Refused("unknown-letter", "The letter continues one that is not in the registry.")
        rules.check_issuers(letter, registry.issuer_keys, made_later)
        return letter, terms

    def open(self, slug: str) -> None:
        """Publish the letter and its terms and enter both in the registry: for ever.

        Raises: as `check_opening`.
        """
        letter, terms = self.check_opening(slug)
        self._ledger.append_registry(
            [LetterOpened(slug, letter.digest), TermsSet(letter.digest, terms.number, terms.digest)],
            {letter.digest: letter.encoded, terms.digest: terms.encoded},
            self._clock.tick(),
        )

    def set_terms(self, slug: str, terms: Terms) -> None:
        """Replace the terms of an open letter by later ones.

        Raises: `Refused`, `Malformed` or `Withheld` with the reason.
        """
        checked = Terms.parse(terms.encoded)
        running = self.opened(slug)
        if running.outcome is not None:
            raise Refused("letter-closed", "This letter is closed. Its terms cannot change any more.")
        rules.check_terms_change(running.letter, running.terms, checked, self._clock.tick())
        _keep_terms(LetterRow.objects.using(_DB).get(slug=slug), checked)
        self._ledger.append_registry(
            [TermsSet(checked.letter, checked.number, checked.digest)],
            {checked.digest: checked.encoded},
            self._clock.tick(),
        )

    def redact(self, digest: str, ground: str, reason: str) -> None:
        """Take a published document down: the registry says why, the entry with its digest stays, the file goes.

        Raises: `Withheld` for a document that was never published, `Conflict` when it is gone already,
        `Malformed` for an unknown ground.
        """
        registry = self._ledger.registry()
        published = {entry.digest for entry in registry.letters.values()}
        published |= {entry.digest for versions in registry.terms.values() for entry in versions}
        if digest not in published:
            raise Withheld("unknown-document", "No document with this digest was published.")
        if digest in registry.redacted:
            raise Conflict("second-redaction", "This document was taken down before.")
        entry = Redacted.from_record({"entry": "redacted", "digest": digest, "ground": ground, "reason": reason})
        self._ledger.append_registry([entry], {}, self._clock.tick())
        self._forget()

    # ── reading ──

    def letter(self, slug: str) -> Letter:
        """Return a letter, drafted or opened. Raises: `Withheld`."""
        row = LetterRow.objects.using(_DB).filter(slug=slug).first()
        if row is None:
            raise Withheld("unknown-letter", f"There is no letter with the short name “{slug}”.")
        if row.document is None:
            raise Withheld("letter-redacted", f"The text of the letter “{slug}” was taken down.")
        return Letter.parse(bytes(row.document))

    def terms(self, slug: str) -> Terms:
        """Return the terms of a letter that count now: those of its draft, or the latest in the registry.

        Raises: `Withheld`.
        """
        row = LetterRow.objects.using(_DB).filter(slug=slug).first()
        number = len(self._ledger.registry().terms.get(row.digest, ())) or 1 if row else 1
        found = TermsRow.objects.using(_DB).filter(letter=row, number=number).first()
        if found is None or found.document is None:
            raise Withheld("unknown-terms", f"There are no terms of a letter with the short name “{slug}”.")
        return Terms.parse(bytes(found.document))

    def state(self, slug: str) -> rules.State:
        """Return the state of a letter. Raises: `Withheld`."""
        if slug not in self._ledger.registry().letters:
            self.letter(slug)
            return rules.State.DRAFT
        return self.view(slug).state

    def view(self, slug: str) -> View:
        """Return all that the page of an opened letter tells, from published facts alone. Raises: `Withheld`."""
        registry = self._ledger.registry()
        entry = registry.letters.get(slug)
        if entry is None:
            raise Withheld("unknown-letter", f"There is no open letter with the short name “{slug}”.")
        closed = registry.closed.get(entry.digest)
        counts = self._ledger.counts(_context(entry.digest))
        letter = self._document(entry.digest, Letter.parse)
        first = self._document(registry.terms[entry.digest][0].digest, Terms.parse)
        return View(
            slug=slug,
            digest=entry.digest,
            state=rules.state(
                opened=True,
                outcome=closed.outcome if closed else None,
                goal=(letter or self.letter(slug)).goal if closed is None else None,
                published=bool(counts),
            ),
            letter=letter,
            terms=self._document(registry.terms[entry.digest][-1].digest, Terms.parse),
            opened=first.dated if first else None,
            counts=counts,
            redacted=registry.redacted.get(entry.digest),
            supporters=registry.supporters.get(entry.digest),
            names=registry.names.get(entry.digest),
        )

    def listed(self, view: View) -> NameList | None:
        """Return the names that the registry binds for a letter; None while this room's are others."""
        return self.standing.shown(view.names, _context(view.digest)) if view.names else None

    def _document(self, digest: str, parse: Callable[[bytes], D]) -> D | None:
        try:
            return parse(self._ledger.document(digest))
        except Withheld:
            return None

    def views(self) -> Sequence[View]:
        """Return all opened letters, the newest first."""
        return [self.view(slug) for slug in reversed(self._ledger.registry().letters)]

    def running(self) -> Sequence[Letter]:
        """Return the letters that are opened and not closed."""
        return [each.letter for each in self._snapshot().letters.values() if each.outcome is None]

    def list(self) -> Sequence[Summary]:
        """Return all letters, drafts too, by short name."""
        return [self._summary(row) for row in LetterRow.objects.using(_DB).order_by("slug")]

    def _summary(self, row: LetterRow) -> Summary:
        try:
            title, closes = self.letter(row.slug).texts[0].title, self.terms(row.slug).closes
        except Withheld:
            title, closes = "–", "–"
        return Summary(row.slug, title, self.state(row.slug), closes, row.digest)

    # ── acts ──

    def accept(self, padded: bytes) -> Held:
        """Take one act, or say why not; the numbered steps stand at the head of this module.

        Raises: `Malformed`, `Refused` or `Conflict` with the reason.
        """
        signed = SignedAct.parse_padded(padded)  # 1, 2
        act = signed.act
        seen = self._snapshot()
        running = seen.letters.get(act.context)  # 3
        if running is None:
            raise Refused("unknown-letter", "This is for a letter that is not open here.")
        self._check_open(running, act.action)
        running.rule.check(act)
        with self._ledger.accepting():
            checked = self._checking.check(signed, seen.grounds)  # 4, 5
            if isinstance(checked, bytes):
                return Held(receipt=checked, repeated=True)
            self._check_open(running, act.action)  # the hour may have struck meanwhile
            return self._ledger.hold(checked, running.terms.closes)  # 6

    def _check_open(self, running: Running, action: str) -> None:
        rules.check_act(
            outcome=running.outcome,
            closes=running.terms.closes,
            redacted=running.redacted,
            action=action,
            tick=self._clock.tick(),
        )

    # ── others who stand by a letter ──

    def settle_names(self) -> None:
        """Bind the names as they are now, without those that were taken away: before pages are written."""
        self._settle(self._clock.tick(), counting=frozenset())
        self._settled()

    def _settle(self, tick: str, counting: AbstractSet[str]) -> None:
        """Bring numbers and lists of names; of the contexts in `counting` they may grow."""
        published = [each for each in self._snapshot().letters.values() if self._unsealed(each)]
        due = [Due(each.letter.digest, each.letter.context, each.letter.context in counting) for each in published]
        entries = self.standing.settle(tick, due, self._ledger.registry())
        if entries:
            self._ledger.append_registry(entries, {}, tick)

    def _settled(self) -> None:
        closed = self._ledger.registry().closed.values()
        self.standing.settled({_context(each.letter): each.outcome == rules.CLOSED for each in closed})

    def _unsealed(self, running: Running) -> bool:
        if running.outcome == rules.GOAL_MISSED:
            return False
        return running.letter.goal is None or bool(self._ledger.counts(running.letter.context))

    # ── rounds ──

    def run_round(
        self,
        tick: str,
        issued: Callable[[], Sequence[Issued]],
        *,
        regular: bool = True,
        only: AbstractSet[tuple[str, str]] | None = None,
    ) -> RoundReport:
        """Bring what is due at a tick: rounds, endings, erasures. After a crash, running it again completes it.

        `issued` gives the issuers' figures, which go into the log before the acts; a letter of which one is missing or
        too small waits, its ending too. `regular` is false at hours at which only endings are due. `only` are the
        rounds, by context and organisation, that waited at a tick before and are tried again now: nothing else is
        looked at.
        """
        self._ledger.recover()
        waits: list[Wait] = []
        closings, endings = self._due(tick, regular=regular, only=only)
        rounds = self._ledger.close_round(tick, closings, issued, waits.append)
        waiting = {each.context for each in waits}
        endings = [each for each in endings if each[0].letter.context not in waiting]
        ended = [(running, self._outcome(running, expected)) for running, expected in endings]
        last = {running.letter.context for running, outcome in ended if outcome == rules.CLOSED}
        self._settle(tick, self._collecting() if regular and only is None else last)
        for running, outcome in ended:
            self._ledger.append_registry([LetterClosed(running.letter.digest, outcome)], {}, tick)
        self._erase_missed()
        self._settled()
        self._forget()
        return RoundReport(
            rounds=list(rounds),
            closed=[running.letter.slug for running, outcome in ended if outcome == rules.CLOSED],
            missed=[running.letter.slug for running, outcome in ended if outcome == rules.GOAL_MISSED],
            waiting=[(self._snapshot().letters[each.context].letter.slug, each.issuer) for each in waits],
            held=_held(waits),
        )

    def asked(self, tick: str, *, regular: bool) -> Mapping[str, set[tuple[str, str]]]:
        """Return, by issuer, organisations and epochs whose number of members may go into the log at a tick.

        They are those of all letters that run, whatever waits under them, so that what is asked says nothing of it;
        at hours at which the rounds' clock does not strike those of letters that close.
        """
        out: dict[str, set[tuple[str, str]]] = {}
        for each in self._snapshot().letters.values():
            if each.outcome is None and (regular or tick >= each.terms.closes):
                for organisation in each.letter.organisations:
                    for issuer in organisation.issuers:
                        out.setdefault(issuer, set()).add((organisation.organisation, each.letter.epoch))
        return out

    def _collecting(self) -> set[str]:
        return {each.letter.context for each in self._snapshot().letters.values() if each.outcome is None}

    def _outcome(self, running: Running, expected: str) -> str:
        """Decide by what is published, not by what was meant: after a crash `recover` may have finished the round."""
        counts = self._ledger.counts(running.letter.context).values()
        return rules.outcome(expected, final=any(count.final for count in counts))

    def _due(
        self, tick: str, *, regular: bool, only: AbstractSet[tuple[str, str]] | None
    ) -> tuple[Sequence[Closing], Sequence[tuple[Running, str]]]:
        closings, endings = [], []
        for running in self._snapshot().letters.values():
            context = running.letter.context
            if running.outcome is None and (only is None or any(context == each for each, _ in only)):
                due = rules.due(self._poll(running), tick, regular=regular)
                closings += [
                    Closing(context, name, due.final, due.least)
                    for name in due.organisations
                    if only is None or (context, name) in only
                ]
                endings += [(running, due.outcome)] if due.outcome else []
        return closings, endings

    def is_regular(self, tick: str) -> bool:
        """Tell whether the rounds' fixed clock strikes at this hour."""
        return rules.regular_tick(tick, self._round_hours)

    def in_last_tick(self, view: View, tick: str) -> bool:
        """Tell whether who signs now can only appear in the last round, which may be a small one."""
        return view.terms is not None and rules.last_tick(view.terms.closes, tick, self._round_hours)

    def _poll(self, running: Running) -> rules.Poll:
        context = running.letter.context
        counts = self._ledger.counts(context)
        return rules.Poll(
            closes=running.terms.closes,
            goal=running.letter.goal,
            organisations=tuple(each.organisation for each in running.letter.organisations),
            published=bool(counts),
            waiting=self._ledger.waiting(context),
            ended=frozenset(name for name, count in counts.items() if count.final),
        )

    def _erase_missed(self) -> None:
        """Erase what letters without their goal left; a crash may have left it after the registry's entry."""
        for entry in self._ledger.registry().closed.values():
            if entry.outcome == rules.GOAL_MISSED:
                self._ledger.erase(_context(entry.letter))

    def _forget(self) -> None:
        """Empty the rows of redacted documents as soon as no round needs them."""
        registry = self._ledger.registry()
        for letter in registry.closed:
            gone = registry.redacted.keys() & {letter, *(each.digest for each in registry.terms[letter])}
            LetterRow.objects.using(_DB).filter(digest__in=gone).update(document=None)
            TermsRow.objects.using(_DB).filter(digest__in=gone).update(document=None)

    # ── what the registry says, kept until it grows ──

    def _snapshot(self) -> _Snapshot:
        registry = self._ledger.registry()
        with self._lock:
            if self._seen.size != registry.size:
                keys = registry.public_keys()
                ring = self._seen.grounds.ring if keys == self._seen.keys else KeyRing(keys)
                running = [self._run(registry, entry) for entry in registry.letters.values()]
                letters = {each.letter.context: each for each in running if each is not None}
                grounds = Grounds({context: each.rule for context, each in letters.items()}, ring)
                self._seen = _Snapshot(registry.size, letters, keys, grounds)
            return self._seen

    def _run(self, registry: Registry, entry: LetterOpened) -> Running | None:
        closed = registry.closed.get(entry.digest)
        try:
            letter, terms = self.letter(entry.slug), self.terms(entry.slug)
        except Withheld:
            if closed is None:
                raise Unavailable("letter-missing", f"The letter “{entry.slug}” is not in the database.") from None
            return None
        return Running(
            letter=letter,
            terms=terms,
            rule=letter_rule(letter, registry),
            outcome=closed.outcome if closed else None,
            redacted=entry.digest in registry.redacted,
        )

    def opened(self, slug: str) -> Running:
        """Return an opened letter with what is in force for it now. Raises: `Withheld`."""
        for running in self._snapshot().letters.values():
            if running.letter.slug == slug:
                return running
        raise Withheld("unknown-letter", f"There is no open letter with the short name “{slug}”.")


def _held(waits: Sequence[Wait]) -> dict[str, set[tuple[str, str]]]:
    out: dict[str, set[tuple[str, str]]] = {}
    for each in waits:
        out.setdefault(each.issuer, set()).update((each.context, name) for name in each.organisations)
    return out


def _context(digest: str) -> str:
    return context_id("letter", digest)


def _keep_terms(row: LetterRow, terms: Terms) -> None:
    TermsRow.objects.using(_DB).update_or_create(
        letter=row, number=terms.number, defaults={"digest": terms.digest, "document": terms.encoded}
    )
