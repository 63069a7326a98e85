"""Steps 5 and 8: the rounds in their order, and how many members there can be (`docs/protocol.md`, section 6).

Checked of every round: its letter is in the registry and asks this organisation; as many acts follow as its head
says, of this context and organisation, ascending by pseudonym; at least ten, unless it is the last one; its tick
is later than that of the round before, never falls along the log, and is not before the date of the letter's first
terms; the last round is at or after the closing, all others before it; nothing follows a last round, all last
rounds of a letter bear one tick, and a closed letter has one for each organisation that it asks; nothing is
published of a letter that missed its goal; the rounds of the first tick of a letter with a goal bring that many
signatures. Acts stand in rounds only.

Registry and log are two logs: which of two entries came first across them is not written anywhere. That a round
comes after its letter's opening, and none after its end, is checked by ticks, final rounds and the letter's
closing instead.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from undersigned.auditor.findings import Findings
from undersigned.auditor.reading import ActSeen, Seen, Unread
from undersigned.auditor.registry import LetterSeen, Register
from undersigned.auditor.source import LOG, REGISTRY
from undersigned.protocol.credential import METHOD
from undersigned.protocol.entry import Issued, IssuedCorrected, Round
from undersigned.protocol.letter import LEAST_ROUND, LEAST_WORKFORCE

Key = tuple[str, str, str]


@dataclass
class Line:
    """The count of one organisation under one letter, from its rounds."""

    epoch: str = ""
    issuers: tuple[str, ...] = ()
    signed: int = 0
    withdrawn: int = 0
    vouched: int = 0
    tick: str = ""
    final: bool = False


@dataclass
class ContextSeen:
    """What the rounds of one letter have shown so far; `first` is the signatures of its first tick."""

    first_place: int
    first_tick: str
    first: int = 0
    last_tick: str = ""
    last_place: int = 0
    final_tick: str = ""
    epoch: str = ""
    lines: dict[str, Line] = field(default_factory=dict)


@dataclass
class _Open:
    """A round that is being read: its head, where it stands, and what of it has come."""

    place: int
    head: Round
    came: int = 0
    last: bytes = b""


class Rounds:
    """Takes the log's entries one after the other; memory grows with letters and organisations, not with acts."""

    def __init__(self, register: Register, findings: Findings) -> None:
        self._register = register
        self._findings = findings
        self.contexts: dict[str, ContextSeen] = {}
        self.issued: dict[Key, int] = {}
        self._fallen: Counter[Key] = Counter()
        self.acts = 0
        self.rounds = 0
        self._open: _Open | None = None
        self._tick = ""
        self._lost = False

    def _fail(self, step: int, place: int, code: str, words: str) -> None:
        self._findings.fail(step, LOG, place, code, words)

    def take(self, place: int, seen: Seen) -> None:
        """Take the entry at index `place`."""
        match seen:
            case Round():
                self._end(place)
                self._begin(place, seen)
            case Issued():
                self._end(place)
                self._take_issued(place, seen)
            case ActSeen():
                self._act(place, seen)
            case Unread():
                self._findings.error(4, LOG, place, seen.error)
                if self._open is not None and self._open.came < self._open.head.count:
                    self._open.came += 1

    def skip(self) -> None:
        """Go on behind entries that cannot be read: what follows may belong to a round whose head was among them."""
        self._open = None
        self._lost = True

    def finish(self, size: int) -> None:
        """Look at what can be said only after the last entry."""
        self._end(size)
        for context, letter in self._register.letters.items():
            seen = self.contexts.get(context)
            if seen is not None:
                self._at_the_end(letter, seen)
            self._check_beside(letter, seen)
            if letter.outcome == "closed":
                self._all_ended(letter, seen)
            elif letter.outcome is None:
                self._overdue(letter, seen)
        for key, listed in self._register.registry.corrections.items():
            for each in listed[self._fallen[key] :]:
                self._followed(key, each)

    # ── a round ──

    def _begin(self, place: int, head: Round) -> None:
        self._open = _Open(place, head)
        self._lost = False
        self.rounds += 1
        letter = self._register.letters.get(head.context)
        if letter is None:
            self._fail(5, place, "unknown-letter", "The round is for a letter that is not in the registry.")
        else:
            self._check_letter(place, head, letter)
        if head.count < LEAST_ROUND and not head.final:
            self._fail(
                5,
                place,
                "small-round",
                f"The round has {head.count} acts: fewer than {LEAST_ROUND}, and is not the last.",
            )
        seen = self.contexts.setdefault(head.context, ContextSeen(place, head.tick))
        line = seen.lines.setdefault(head.organisation, Line())
        self._check_order(place, head, seen, line)
        self._tick = max(self._tick, head.tick)
        seen.last_tick, seen.last_place = max(seen.last_tick, head.tick), place
        line.tick, line.final = max(line.tick, head.tick), line.final or head.final

    def _check_letter(self, place: int, head: Round, letter: LetterSeen) -> None:
        if letter.outcome == "goal-missed":
            self._fail(5, place, "goal-missed", "The letter missed its goal: nothing of it may be published.")
        if letter.rule is not None and head.organisation not in letter.rule.organisations:
            self._fail(5, place, "other-organisation", f"The letter does not ask members of {head.organisation}.")
        if letter.first is not None and head.tick[:10] < letter.first.dated:
            words = f"The round is at {head.tick}, before the letter's terms of {letter.first.dated}."
            self._fail(5, place, "before-opening", words)
        if letter.known is None:
            return
        known = {each.organisation: each.at_least for each in letter.known.workforce}
        if letter.document is None and known.get(head.organisation, 0) < LEAST_WORKFORCE:
            words = f"{head.organisation}: fewer than {LEAST_WORKFORCE} people, or an unknown number, work there."
            self._fail(5, place, "too-small", words)
        # Closing moves later only: terms that were taken down since say no earlier one.
        closes = letter.known.closes
        if head.final and head.tick < closes:
            self._fail(5, place, "final-early", f"The last round is at {head.tick}, but the letter closes at {closes}.")
        if letter.latest is not None and not head.final and head.tick >= closes:
            self._fail(5, place, "after-close", f"The round is at {head.tick}, but the letter closes at {closes}.")

    def _check_order(self, place: int, head: Round, seen: ContextSeen, line: Line) -> None:
        if line.final:
            self._fail(5, place, "after-final", f"The last round of {head.organisation} was before this one.")
        if line.tick and head.tick <= line.tick:
            words = f"The round's tick {head.tick} is not later than {line.tick}, that of the round before."
            self._fail(5, place, "tick-order", words)
        elif head.tick < self._tick:
            self._fail(
                5, place, "tick-falls", f"The round's tick {head.tick} is earlier than {self._tick}, written before it."
            )
        if head.final:
            if seen.final_tick and head.tick != seen.final_tick:
                self._fail(
                    5, place, "final-ticks", "The last rounds of a letter's organisations are at different ticks."
                )
            seen.final_tick = seen.final_tick or head.tick

    def _end(self, place: int) -> None:
        """Close the round that is being read, if any."""
        done, self._open, self._lost = self._open, None, False
        if done is None:
            return
        if done.came != done.head.count:
            words = (
                f"The round says that {done.head.count:,} acts follow; there are {done.came:,} before entry {place:,}."
            )
            self._fail(5, done.place, "round-count", words)
        self._check_issued(done)

    # ── an act ──

    def _act(self, place: int, act: ActSeen) -> None:
        self.acts += 1
        if act.error is not None:
            self._findings.error(6, LOG, place, act.error)
        now = self._open
        if now is None or now.came >= now.head.count:
            if not self._lost:
                self._fail(5, place, "act-outside", "The act stands in no round.")
            return
        now.came += 1
        if act.context != now.head.context or act.organisation != now.head.organisation:
            self._fail(5, place, "other-round", "The act is of another letter or organisation than its round.")
            return
        if act.pseudonym <= now.last:
            self._fail(
                5, place, "unsorted", "The acts of the round are not in ascending order of their pseudonyms, each once."
            )
        now.last = act.pseudonym
        self._count(place, act, self.contexts[act.context])

    def _count(self, place: int, act: ActSeen, seen: ContextSeen) -> None:
        line = seen.lines[act.organisation]
        if not line.epoch:
            line.epoch, line.issuers = act.epoch, act.issuers
            seen.epoch = seen.epoch or act.epoch
        if act.epoch != seen.epoch or act.issuers != line.issuers:
            self._fail(
                6, place, "other-issuers", "The act names another quarter or other issuers than those before it."
            )
        elif act.error is None and not self._as_asked(act):
            # Seen without a proof: also outside of a sample, and where an earlier audit could not read the letter.
            words = "The act names another quarter, other issuers or other attributes than the letter asks for."
            self._fail(6, place, "other-issuers", words)
        sign = 1 if act.action == "sign" else 0
        line.signed += sign
        line.withdrawn += 1 - sign
        if act.method == "vouch":
            line.vouched += 1 if sign else -1
        if line.tick == seen.first_tick:
            seen.first += 1 if sign else -1

    def _as_asked(self, act: ActSeen) -> bool:
        letter = self._register.letters.get(act.context)
        rule = letter.rule if letter is not None else None
        accepts = rule.organisations.get(act.organisation) if rule is not None else None
        if rule is None or accepts is None:
            return True
        shown = (act.method is not None) == (METHOD in accepts.disclosed)
        return shown and act.epoch == rule.epoch and act.issuers == accepts.issuers

    # ── what is known at the end ──

    def _at_the_end(self, letter: LetterSeen, seen: ContextSeen) -> None:
        goal = letter.document.goal if letter.document is not None else None
        if goal is not None and seen.first < goal:
            words = f"“{letter.slug}” had a goal of {goal:,}; its first rounds publish {seen.first:,} signatures."
            self._fail(5, seen.first_place, "before-goal", words)
        if seen.final_tick and seen.last_tick > seen.final_tick:
            words = f"A round of “{letter.slug}” is later than its last rounds, which are at {seen.final_tick}."
            self._fail(5, seen.last_place, "after-final", words)

    def _overdue(self, letter: LetterSeen, seen: ContextSeen | None) -> None:
        """Who never ends a letter never has to publish what waits: told, no failure, since a crash may lie between."""
        asked = letter.rule.organisations if letter.rule is not None else {}
        lines = seen.lines if seen is not None else {}
        ended = bool(asked) and all(name in lines and lines[name].final for name in asked)
        if letter.latest is not None and letter.latest.closes <= self._tick and not ended:
            self._findings.remark(
                f"“{letter.slug}” was to close at {letter.latest.closes}. The log goes on to {self._tick} without an "
                "end of it: what was sent last may be kept back."
            )

    def _all_ended(self, letter: LetterSeen, seen: ContextSeen | None) -> None:
        """A letter that ended has a last round, be it empty, of everyone asked: none is kept back unnoticed."""
        lines = seen.lines if seen is not None else {}
        asked = letter.rule.organisations if letter.rule is not None else lines
        still = [name for name in sorted({*asked, *lines}) if name not in lines or not lines[name].final]
        if not still and lines:
            return
        words = f"“{letter.slug}” is closed, but there is no last round of {', '.join(still) or 'anyone'}."
        if seen is not None:
            self._fail(5, seen.last_place, "no-final", words)
        else:
            self._findings.fail(5, REGISTRY, letter.index, "no-final", words)

    def _check_beside(self, letter: LetterSeen, seen: ContextSeen | None) -> None:
        """Supporters and names of a letter with a goal are told of as late as signatures; if it was missed, never."""
        if letter.beside is None:
            return
        index, tick = letter.beside
        sealed = letter.document is not None and letter.document.goal is not None
        if letter.outcome == "goal-missed" or (sealed and (seen is None or tick < seen.first_tick)):
            words = f"Supporters or names of “{letter.slug}” were published before its goal was reached."
            self._findings.fail(5, REGISTRY, index, "before-goal", words)

    # ── step 8 ──

    def _take_issued(self, place: int, entry: Issued) -> None:
        key = (entry.issuer, entry.organisation, entry.epoch)
        if key not in self._register.key_places:
            words = f"The registry has no key of {entry.issuer} for {entry.organisation} and {entry.epoch}."
            self._fail(8, place, "unknown-issuer-key", words)
        before = self.issued.get(key, 0)
        self.issued[key] = entry.at_most
        if entry.at_most < before:
            self._fall(place, key, before)

    def _fall(self, place: int, key: Key, before: int) -> None:
        """A number falls from and to what its issuer said, once for each correction and in their order."""
        now, listed = self.issued[key], self._register.registry.corrections.get(key, ())
        next_one = listed[self._fallen[key]] if self._fallen[key] < len(listed) else None
        if next_one is None or next_one.was != before or next_one.at_most != now:
            self._fail(8, place, "issued-falls", f"At most {now:,} members after at most {before:,}: the number falls.")
            return
        self._fallen[key] += 1
        for _, line in self._lines(key):
            self._covers(place, key, line, now)

    def _followed(self, key: Key, correction: IssuedCorrected) -> None:
        """A correction that the log did not follow binds it all the same: no later round, and no more signatures.

        Registry and log are two logs: between entering a correction in one and following it in the other, it stands so.
        """
        for seen, line in self._lines(key):
            if line.tick > correction.tick:
                words = (
                    f"{correction.issuer} took back {correction.was:,} as its number of members of "
                    f"{correction.organisation}, but a later round, at {line.tick}, stands without a smaller one."
                )
                self._fail(8, seen.last_place, "issued-uncorrected", words)
            self._covers(seen.last_place, key, line, correction.at_most)

    def _lines(self, key: Key) -> list[tuple[ContextSeen, Line]]:
        """Return the counts of one issuer, organisation and epoch, under all letters."""
        issuer, organisation, epoch = key
        found = [(seen, seen.lines[organisation]) for seen in self.contexts.values() if organisation in seen.lines]
        return [(seen, line) for seen, line in found if line.epoch == epoch and issuer in line.issuers]

    def _covers(self, place: int, key: Key, line: Line, at_most: int) -> None:
        """A corrected number covers all who signed, under letters of which no other round may come, too."""
        if line.signed > at_most:
            words = f"{line.signed:,} members of {key[1]} signed, but {key[0]} corrected its number to {at_most:,}."
            self._fail(8, place, "issued-exceeded", words)

    def _check_issued(self, done: _Open) -> None:
        """After a round: as many members as signatories at least, by every issuer's word, written before the round."""
        head = done.head
        line = self.contexts[head.context].lines[head.organisation]
        for issuer in line.issuers:
            known = self.issued.get((issuer, head.organisation, line.epoch))
            if known is None:
                words = f"{issuer} has not said before this round how many members of {head.organisation} it admitted."
                self._fail(8, done.place, "issued-missing", words)
            elif line.signed > known:
                words = (
                    f"{line.signed:,} members of {head.organisation} signed, but {issuer} admitted at most {known:,}."
                )
                self._fail(8, done.place, "issued-exceeded", words)


def net(lines: Sequence[Line]) -> int:
    """Signatures less withdrawals."""
    return sum(line.signed - line.withdrawn for line in lines)
