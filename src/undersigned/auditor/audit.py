"""An audit, from the first step to the last (`docs/protocol.md`, section 6).

1. Read both checkpoints; check the logs' signatures and the policy's quorum of witnesses.
2. Read all entry bundles; recompute every tile and the root; compare all.
3. Check that both logs grew out of an earlier audit's checkpoints, where kept. What that audit verified is hashed,
   parsed and counted again; its presentations are not verified again.
4. Parse every entry in its one spelling; one letter per slug, one key per issuer, organisation and epoch, each
   before its use; documents, names that are shown, and the files of the signing and checking page, as the registry
   names them.
5. Rounds: sorted, at least ten, ticks rising, final once and last, nothing before the goal.
6. Verify every presentation.
7. Uniqueness per context; withdrawals.
8. Never more signatories than members that the issuers say they admitted.
9. Releases: this version knows none. An entry of a kind that it does not know fails in step 4.
10. Count again, per letter and organisation.

It does not stop at a failure if it can go on. Steps 2 to 6 and 8 go through the log once, together.
"""

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from undersigned.auditor.findings import Findings
from undersigned.auditor.heads import Heads, read_heads
from undersigned.auditor.parallel import Pool
from undersigned.auditor.reading import ActSeen, Rules, Seen
from undersigned.auditor.registry import Register, read_registry
from undersigned.auditor.report import Circumstances, Report, count_letters, steps
from undersigned.auditor.rounds import Rounds
from undersigned.auditor.source import LOG, REGISTRY, Source
from undersigned.auditor.state import State
from undersigned.auditor.tree import Chunk, Tree
from undersigned.auditor.uniqueness import Uniqueness
from undersigned.bbs.curve import engine as engine_named
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Policy
from undersigned.tlog.tile import TILE_WIDTH

#: The parts of an audit that take time, as a progress bar names them.
READING_REGISTRY: Final = "2, 3, 4  registry"
READING_LOG: Final = "2 to 6, 8  log"
SAMPLE: Final = "6  sample"
UNIQUE: Final = "7  one each"


class Progress(Protocol):
    """Where an audit says how far it is."""

    def begin(self, part: str, total: int) -> None:
        """A part begins; it has `total` things to look at."""

    def advance(self, number: int) -> None:
        """So many more of them are done."""


class Silent:
    """Progress that nobody looks at."""

    def begin(self, part: str, total: int) -> None:
        """See `Progress`."""

    def advance(self, number: int) -> None:
        """See `Progress`."""


@dataclass(frozen=True)
class Options:
    """How to audit. `policy` None takes the keys that the server shows; `sample` None verifies everything.

    `issuer_keys` are long-term keys of issuers, by name, that were learned elsewhere.
    """

    policy: Policy | None = None
    workers: int = 1
    engine: str = "blst"
    sample: int | None = None
    state: State | None = None
    issuer_keys: Mapping[str, VerifierKey] = field(default_factory=dict)


@dataclass
class _Sample:
    """A uniform sample of acts from a stream of unknown length (reservoir): what is kept does not grow."""

    size: int
    dice: random.Random = field(default_factory=random.SystemRandom)
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    seen: int = 0

    def offer(self, place: int, octets: bytes) -> None:
        """Keep this act, with the chance that makes all acts equally likely."""
        self.seen += 1
        if len(self.kept) < self.size:
            self.kept.append((place, octets))
        elif (at := self.dice.randrange(self.seen)) < self.size:
            self.kept[at] = (place, octets)


def audit(source: Source, options: Options, progress: Progress | None = None) -> Report:
    """Audit what `source` publishes, in the ten steps of this module.

    Raises: `Withheld`, `Unavailable` or `Malformed` only where there is nothing to audit (no readable checkpoint),
    where the engine is not installed, or where a worker died. All else is in the report.
    """
    return _Audit(source, options, progress or Silent()).run()


class _Audit:
    def __init__(self, source: Source, options: Options, progress: Progress) -> None:
        self._source = source
        self._options = options
        self._progress = progress
        self._findings = Findings()
        self._checked: dict[int, str] = {}
        self._verified = 0

    def run(self) -> Report:
        started = time.monotonic()
        engine_named(self._options.engine)
        # 1. Checkpoints.
        heads = read_heads(self._source, self._options.policy, self._findings)
        self._say_heads(heads)
        # 2, 3, 4. The registry and its documents.
        chunks = self._chunks(heads, REGISTRY)
        register = read_registry(chunks, self._source, heads, self._findings, self._options.issuer_keys)
        # 2 to 6, 8. The log; 7 and the count follow from it.
        rounds = self._log(heads, register)
        self._say(heads, register, rounds)
        # 9. An entry of a release would be of an unknown kind, which fails in step 4.
        self._checked[9] = "0 releases"
        # 10. The count.
        letters = count_letters(register, rounds)
        self._checked[10] = f"{sum(each.net for each in letters):,} signatures under {_number(len(letters), 'letter')}"
        return Report(
            circumstances=self._circumstances(time.monotonic() - started),
            heads=heads,
            demo=register.demo,
            verified=self._verified,
            acts=rounds.acts,
            rounds=rounds.rounds,
            steps=steps(self._findings, self._checked),
            failures=tuple(self._findings.in_order()),
            failures_total=self._findings.total,
            remarks=tuple(self._findings.remarks),
            letters=letters,
        )

    def _circumstances(self, seconds: float) -> Circumstances:
        options = self._options
        return Circumstances(
            source=self._source.place,
            trust="server" if options.policy is None else "policy",
            engine=options.engine,
            workers=options.workers,
            seconds=round(seconds, 3),
            sample=options.sample,
            resumed=self._proofs_from() or None,
        )

    # ── reading ──

    def _chunks(self, heads: Heads, log: str) -> Iterator[Chunk]:
        """Steps 2 and 3 of one log."""
        head = heads.registry if log == REGISTRY else heads.log
        earlier = self._options.state.of(log) if self._options.state is not None else None
        self._progress.begin(READING_REGISTRY if log == REGISTRY else READING_LOG, head.checkpoint.size)
        for chunk in Tree(head, self._source, self._findings, earlier).chunks():
            yield chunk
            if log == REGISTRY:
                self._progress.advance(chunk.width)

    def _proofs_from(self) -> int:
        """Index of the first entry whose presentation no earlier audit verified."""
        return self._options.state.log.checkpoint.size if self._options.state is not None else 0

    def _log(self, heads: Heads, register: Register) -> Rounds:
        rounds = Rounds(register, self._findings)
        options = self._options
        sample = _Sample(options.sample) if options.sample is not None else None
        size = heads.log.checkpoint.size
        # A worker for less than a bundle would only cost its start.
        workers = max(1, min(options.workers, -(-size // TILE_WIDTH)))
        with Uniqueness(self._findings) as unique, Pool(_rules(register, options.engine), workers) as pool:
            # 2 to 6, 8. Every entry once, in order.
            for chunk, seen in pool.read(self._chunks(heads, LOG), size if sample else self._proofs_from()):
                self._take(chunk, seen, rounds, unique, sample)
                self._progress.advance(chunk.width)
            rounds.finish(size)
            # 6. The sample, where only a sample is asked for.
            if sample is not None:
                self._verify_sample(pool, sample)
            # 7. One signature each.
            self._progress.begin(UNIQUE, rounds.acts)
            for number in unique.judge():
                self._progress.advance(number)
        return rounds

    def _take(self, chunk: Chunk, seen: list[Seen], rounds: Rounds, unique: Uniqueness, sample: _Sample | None) -> None:
        if chunk.entries is None:
            rounds.skip()
            return
        for place, (octets, each) in enumerate(zip(chunk.entries, seen, strict=True), chunk.first):
            rounds.take(place, each)
            if not isinstance(each, ActSeen):
                continue
            unique.take(place, each)
            if sample is not None:
                sample.offer(place, octets)
            elif place >= self._proofs_from():
                self._verified += 1

    def _verify_sample(self, pool: Pool, sample: _Sample) -> None:
        self._progress.begin(SAMPLE, len(sample.kept))
        for place, error in pool.verify(sorted(sample.kept)):
            self._verified += 1
            self._progress.advance(1)
            if error is not None:
                self._findings.error(6, LOG, place, error)

    # ── saying ──

    def _say_heads(self, heads: Heads) -> None:
        registry, log = heads.registry.checkpoint, heads.log.checkpoint
        witnesses = sorted({*heads.registry.witnesses, *heads.log.witnesses})
        seen = f"cosigned by {', '.join(witnesses)}" if witnesses else "no witness asked for"
        self._checked[1] = (
            f"{registry.origin} ({registry.size:,} entries) and {log.origin} ({log.size:,} entries), {seen}"
        )
        self._checked[2] = f"{registry.size + log.size:,} entries"
        state = self._options.state
        self._checked[3] = (
            "none given"
            if state is None
            else (f"{state.registry.checkpoint.size:,} and {state.log.checkpoint.size:,} entries were audited before")
        )
        if self._options.policy is None:
            self._findings.remark(
                "The logs' keys were taken from the audited server itself (trust on first use). With --policy you say "
                "which keys and witnesses to believe."
            )

    def _say(self, heads: Heads, register: Register, rounds: Rounds) -> None:
        registry = register.registry
        self._checked[4] = (
            f"{_number(heads.registry.checkpoint.size, 'entry', 'entries')} of the registry, "
            f"{_number(len(register.letters), 'letter')}, {_number(len(registry.issuer_keys), 'issuer key')}, "
            f"{_number(len(registry.redacted), 'document')} taken down, {_number(register.served, 'file')} of the page"
        )
        self._checked[5] = _number(rounds.rounds, "round")
        earlier = f"; {self._proofs_from():,} entries were verified by an earlier audit" if self._proofs_from() else ""
        sample = f" of {rounds.acts:,}, a sample and no full audit" if self._options.sample is not None else earlier
        self._checked[6] = f"{self._verified:,} verified ({self._options.engine}){sample}"
        self._checked[7] = _number(rounds.acts, "act")
        self._checked[8] = _number(len(rounds.issued), "number") + " of members admitted"
        for key, entry in registry.issuer_keys.items():
            if len(entry.methods) > 1:
                ways = ", ".join(entry.methods)
                words = f"{key[1]} admits in several ways ({ways}): a person admitted by two of them can count twice."
                self._findings.remark(words)


def _number(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _rules(register: Register, engine: str) -> Rules:
    """What the workers must know."""
    registry = register.registry
    places = register.key_places
    return Rules(
        contexts=register.rules(),
        untold={
            context: frozenset(key for key, place in places.items() if place < register.letters[context].index)
            for context in register.untold()
        },
        keys=registry.public_keys(),
        methods={name: entry.methods for name, entry in registry.issuer_keys.items()},
        engine=engine,
    )
