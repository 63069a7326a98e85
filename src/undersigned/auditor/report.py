"""Step 10: what an audit says, as values, as JSON and in words (`docs/protocol.md`, section 6).

The JSON object, format `undersigned-audit/1`:

- `passed`: true only where nothing failed; `complete`: every presentation was verified, now or (`resumed`) by an
  earlier audit, so not with a sample; `demo`: the instance calls itself a demonstration;
- `source`, `trust` (`policy`, or `server` where the keys came from the audited server), `engine`, `workers`,
  `seconds`, `sample` (number asked for or null), `resumed` (entries of the log that an earlier audit verified,
  or null);
- `verified`, `acts`, `rounds`: presentations verified now, acts and rounds read;
- `checkpoints`: for `registry` and `log` the `origin`, `size`, `root` (base64), `witnesses` and the signed `note`;
- `steps`: ten objects of `number`, `title`, `passed`, `failures`, `checked` (what was looked at, in words);
- `failures`: objects of `step`, `log`, `entry` (index from 0, or null), `code`, `words`, at most fifty a step;
  `failures_total` counts them all; `remarks`: sentences;
- `letters`: objects of `slug`, `title` (null where the document is gone), `digest`, `goal`, `closes`, `outcome`
  (`closed`, `goal-missed` or null), `signed`, `withdrawn`, `net`, `organisations`, and beside the count `supporters`
  (`at_least`, `as_of`, or null), which is the server's word, and `names` (how many are shown);
  each of these `organisation`, `signed`, `withdrawn`, `net`, `vouched` (of `net`), `last_tick`, `final`, `issuers`,
  `issued` (objects of `issuer`, `at_most`), `workforce` (`at_least`, `as_of`, `source`, or null);
- `releases`: always 0, since this version knows none and refuses entries that it does not know.
"""

import base64
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from undersigned import PROFILE
from undersigned.auditor.findings import STEPS, Failure, Findings, one_line, quoted
from undersigned.auditor.heads import Head, Heads
from undersigned.auditor.registry import LetterSeen, Register
from undersigned.auditor.rounds import Line, Rounds
from undersigned.protocol.registry import Registry

FORMAT: Final = "undersigned-audit/1"


@dataclass(frozen=True, slots=True)
class IssuedCount:
    """At most how many people an issuer admitted."""

    issuer: str
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Denominator:
    """How many people work there at least, when, and who says so."""

    at_least: int
    as_of: str
    source: str


@dataclass(frozen=True, slots=True)
class OrganisationCount:
    """One organisation's part of a letter's count."""

    organisation: str
    signed: int
    withdrawn: int
    net: int
    vouched: int
    last_tick: str | None
    final: bool
    issuers: tuple[str, ...]
    issued: tuple[IssuedCount, ...]
    workforce: Denominator | None


@dataclass(frozen=True, slots=True)
class SupportersSaid:
    """How many people elsewhere confirmed an address, at least, as the server says. 0 stands for fewer than ten."""

    at_least: int
    as_of: str


@dataclass(frozen=True, slots=True)
class LetterCount:
    """A letter's count, from its rounds alone; `supporters` and `names` are beside it and in no sum."""

    slug: str
    title: str | None
    digest: str
    goal: int | None
    closes: str | None
    outcome: str | None
    signed: int
    withdrawn: int
    net: int
    organisations: tuple[OrganisationCount, ...]
    supporters: SupportersSaid | None
    names: int


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step: what was looked at, and how much of it failed."""

    number: int
    checked: str
    failures: int

    @property
    def title(self) -> str:
        """The step's name."""
        return STEPS[self.number]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the audit was made."""

    source: str
    trust: str
    engine: str
    workers: int
    seconds: float
    sample: int | None
    resumed: int | None


@dataclass(frozen=True)
class Report:
    """The outcome of one audit."""

    circumstances: Circumstances
    heads: Heads
    demo: bool
    verified: int
    acts: int
    rounds: int
    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    failures_total: int
    remarks: tuple[str, ...]
    letters: tuple[LetterCount, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.failures_total == 0

    @property
    def complete(self) -> bool:
        """Whether every presentation was verified, now or by an earlier audit."""
        return self.circumstances.sample is None

    def record(self) -> dict[str, Any]:
        """Return the JSON object that the module describes."""
        return {
            "format": FORMAT,
            "profile": PROFILE,
            "passed": self.passed,
            "complete": self.complete,
            "demo": self.demo,
            **asdict(self.circumstances),
            "verified": self.verified,
            "acts": self.acts,
            "rounds": self.rounds,
            "checkpoints": {head.log: _checkpoint(head) for head in (self.heads.registry, self.heads.log)},
            "steps": [
                {
                    "number": each.number,
                    "title": each.title,
                    "passed": not each.failures,
                    "failures": each.failures,
                    "checked": each.checked,
                }
                for each in self.steps
            ],
            "failures": [asdict(failure) for failure in self.failures],
            "failures_total": self.failures_total,
            "remarks": list(self.remarks),
            "letters": [asdict(letter) for letter in self.letters],
            "releases": 0,
        }

    def lines(self) -> Iterator[str]:
        """Say it in words: the demonstration first, the numbered steps, what failed, the count, the verdict.

        What the server wrote stands inside a line and cannot begin one, nor turn the direction of writing.
        """
        yield from (one_line(line) for line in self._lines())

    def _lines(self) -> Iterator[str]:
        if self.demo:
            yield "DEMONSTRATION. This instance says of itself that it is one: people and figures are invented."
            yield ""
        yield f"Audit of {self.circumstances.source}"
        for step in self.steps:
            yield f"{step.number:>3}. {'ok    ' if not step.failures else 'FAILED'} {step.title} – {step.checked}"
        if self.failures:
            yield ""
            yield from _failures(self.failures, self.failures_total)
        if self.remarks:
            yield ""
            yield from (f"Note: {words}" for words in self.remarks)
        for letter in self.letters:
            yield ""
            yield from _count(letter)
        yield ""
        yield self.verdict()

    def verdict(self) -> str:
        """Return the last line: whether everything holds."""
        if not self.passed:
            number = "One check fails" if self.failures_total == 1 else f"{self.failures_total:,} checks fail"
            return f"{number}. Do not rely on these figures."
        if not self.complete:
            return (
                f"What was checked holds, but this was a sample of {self.verified:,} presentations and no full audit."
            )
        return "Everything holds."


def _checkpoint(head: Head) -> dict[str, Any]:
    return {
        "origin": head.checkpoint.origin,
        "size": head.checkpoint.size,
        "root": base64.b64encode(head.checkpoint.root).decode(),
        "witnesses": list(head.witnesses),
        "note": head.note.decode(),
    }


def place(failure: Failure) -> str:
    """Name the place of a failure: log and entry."""
    entry = "" if failure.entry is None else f", entry {failure.entry:,}"
    return f"{failure.log}{entry}"


def _failures(failures: tuple[Failure, ...], total: int) -> Iterator[str]:
    for failure in failures:
        yield f"Step {failure.step}, {place(failure)}: {failure.words}"
    if total > len(failures):
        yield f"… and {total - len(failures):,} more."


def _count(letter: LetterCount) -> Iterator[str]:
    yield f"Letter “{letter.slug}”" + (f": {quoted(letter.title)}" if letter.title else "")
    if letter.outcome == "goal-missed":
        yield (
            f"  Closed below its goal of {letter.goal:,}: nothing was published."
            if letter.goal
            else "  Closed below its goal."
        )
        return
    yield f"  signed {letter.signed:,}, withdrawn {letter.withdrawn:,}, net {letter.net:,}"
    for each in letter.organisations:
        yield f"  {each.organisation}: {_organisation(each)}"
    yield from (f"  {line}" for line in _beside(letter))
    closes = f"closes {letter.closes}" if letter.closes else "its end is not known"
    yield "  Closed." if letter.outcome == "closed" else f"  Open: {closes}."


def _beside(letter: LetterCount) -> Iterator[str]:
    if (said := letter.supporters) is not None:
        number = f"at least {said.at_least:,}" if said.at_least else "fewer than ten"
        yield (
            f"beside this count, on the server's word: {number} people elsewhere confirmed an e-mail address "
            f"({said.as_of})"
        )
    if letter.names:
        number = "one name is" if letter.names == 1 else f"{letter.names:,} names are"
        yield f"{number} shown under the letter, bound by the registry; no second count"


def _organisation(each: OrganisationCount) -> str:
    workforce = each.workforce
    of = "of an unknown number" if workforce is None else f"of at least {workforce.at_least:,} who work there"
    source = "" if workforce is None else f" ({workforce.as_of}, {quoted(workforce.source)})"
    vouched = f"; {each.vouched:,} of the net vouched for by other members" if each.vouched else ""
    if each.last_tick is None:
        return f"nothing published yet, {of}{source}"
    admitted = "; ".join(
        f"{one.issuer} admitted at most {one.at_most:,}" for one in each.issued if one.at_most is not None
    )
    dated = f"{'last round' if each.final else 'round of'} {each.last_tick}"
    counted = f"signed {each.signed:,}, withdrawn {each.withdrawn:,}"
    return f"net {each.net:,} {of}{source}{vouched}; {counted}; {admitted}; {dated}"


# ── making it ──


def count_letters(register: Register, rounds: Rounds) -> tuple[LetterCount, ...]:
    """Step 10: recount every letter from its rounds, in the registry's order."""
    ordered = sorted(register.letters.values(), key=lambda each: each.index)
    return tuple(_letter(seen, rounds, register.registry) for seen in ordered)


def _letter(seen: LetterSeen, rounds: Rounds, registry: Registry) -> LetterCount:
    context = rounds.contexts.get(seen.context)
    lines = context.lines if context is not None else {}
    asked = {each.organisation: each.issuers for each in seen.document.organisations} if seen.document else {}
    names = sorted({*asked, *lines})
    said, shown = registry.supporters.get(seen.digest), registry.names.get(seen.digest)
    signed, withdrawn = (sum(getattr(line, what) for line in lines.values()) for what in ("signed", "withdrawn"))
    return LetterCount(
        slug=seen.slug,
        title=seen.document.texts[0].title if seen.document else None,
        digest=seen.digest,
        goal=seen.document.goal if seen.document else None,
        closes=seen.latest.closes if seen.latest else None,
        outcome=seen.outcome,
        signed=signed,
        withdrawn=withdrawn,
        net=signed - withdrawn,
        organisations=tuple(_organisation_count(name, lines.get(name, Line()), seen, rounds) for name in names),
        supporters=SupportersSaid(said.at_least, said.tick) if said else None,
        names=shown.count if shown else 0,
    )


def _organisation_count(name: str, line: Line, seen: LetterSeen, rounds: Rounds) -> OrganisationCount:
    asked = {each.organisation: each.issuers for each in seen.document.organisations} if seen.document else {}
    issuers = line.issuers or asked.get(name, ())
    epoch = line.epoch or (seen.document.epoch if seen.document else "")
    figures = {each.organisation: each for each in seen.latest.workforce} if seen.latest else {}
    figure = figures.get(name)
    return OrganisationCount(
        organisation=name,
        signed=line.signed,
        withdrawn=line.withdrawn,
        net=line.signed - line.withdrawn,
        vouched=line.vouched,
        last_tick=line.tick or None,
        final=line.final,
        issuers=issuers,
        issued=tuple(IssuedCount(issuer, rounds.issued.get((issuer, name, epoch))) for issuer in issuers),
        workforce=Denominator(figure.at_least, figure.as_of, figure.source) if figure else None,
    )


def steps(findings: Findings, checked: dict[int, str]) -> tuple[Step, ...]:
    """Put what was looked at beside what failed, for all ten steps."""
    return tuple(Step(number, checked.get(number, "not reached"), findings.counts[number]) for number in STEPS)
