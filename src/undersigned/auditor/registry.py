"""Step 4: the registry, replayed whole, and the documents beside it (`docs/protocol.md`, sections 3, 5 and 6).

Where a document was taken down, what it said is not known: the audit says so, and holds the log to one epoch and
one set of issuers all the same. The client's files follow at the end (`auditor.client`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from undersigned.auditor.client import check_client
from undersigned.auditor.findings import Findings, quoted
from undersigned.auditor.heads import Heads
from undersigned.auditor.identities import check_corrections, check_identities, tell_corrections
from undersigned.auditor.source import REGISTRY, Source
from undersigned.auditor.standing import check_names
from undersigned.auditor.tree import Chunk
from undersigned.bbs.proof import Verifier
from undersigned.errors import Malformed, UndersignedError, Withheld
from undersigned.protocol.context import context_id
from undersigned.protocol.credential import header
from undersigned.protocol.entry import (
    ClientFiles,
    Genesis,
    IssuedCorrected,
    IssuerKey,
    LetterOpened,
    NamesShown,
    ReceiptKey,
    RegistryEntry,
    Supporters,
    TermsSet,
)
from undersigned.protocol.letter import LEAST_WORKFORCE, Letter, Terms
from undersigned.protocol.presentation import ContextRule
from undersigned.protocol.registry import Registry, letter_rule
from undersigned.tlog.note import VerifierKey
from undersigned.values import sha256_hex

D = TypeVar("D", Letter, Terms)


@dataclass
class LetterSeen:
    """A letter as the registry and its documents say: `document` is None where it was taken down or is missing.

    Of `versions` numbered terms, `first` and `latest` are kept, None where they cannot be read, and `known`, the
    newest that can be read. `rule` is None where it is not known. `beside` is index and tick of the first entry that
    tells of supporters or names, `names` the index of the newest one that binds names.
    """

    index: int
    slug: str
    digest: str
    document: Letter | None = None
    versions: int = 0
    first: Terms | None = None
    latest: Terms | None = None
    known: Terms | None = None
    rule: ContextRule | None = None
    outcome: str | None = None
    beside: tuple[int, str] | None = None
    names: int | None = None

    @property
    def context(self) -> str:
        """The context in which the letter is signed."""
        return context_id("letter", self.digest)


@dataclass
class Register:
    """What the registry says: all that the steps after this one need."""

    registry: Registry
    letters: dict[str, LetterSeen]
    key_places: dict[tuple[str, str, str], int]
    demo: bool
    #: How many of the client's files are served as the registry says.
    served: int

    def rules(self) -> dict[str, ContextRule]:
        """Return what each letter's context accepts, where the letter's document is there."""
        return {context: each.rule for context, each in self.letters.items() if each.rule is not None}

    def untold(self) -> frozenset[str]:
        """Return the contexts of letters whose rule is not known: it is taken from the acts, and kept to."""
        return frozenset(context for context, each in self.letters.items() if each.rule is None)


def without_texts(letter: Letter) -> Letter:
    """Return a letter with its first title alone: texts are long, and no step needs them."""
    title = replace(letter.texts[0], body="", demands=())
    return replace(letter, texts=(title,))


def read_registry(
    chunks: Iterable[Chunk],
    source: Source,
    heads: Heads,
    findings: Findings,
    issuer_keys: Mapping[str, VerifierKey] | None = None,
) -> Register:
    """Step 4, for the registry; `issuer_keys` are long-term keys of issuers, by name, from elsewhere."""
    reader = _Reader(source, heads, findings)
    for chunk in chunks:
        reader.chunk(chunk)
    found = reader.finished()
    check_identities(found.registry.issuer_keys, found.key_places, issuer_keys or {}, findings)
    check_corrections(reader.corrections, issuer_keys or {}, findings)
    tell_corrections((each for listed in found.registry.corrections.values() for each in listed), findings)
    return found


class _Reader:
    def __init__(self, source: Source, heads: Heads, findings: Findings) -> None:
        self._source = source
        self._heads = heads
        self._findings = findings
        self._registry = Registry()
        self._letters: dict[str, LetterSeen] = {}
        self._terms: list[tuple[int, TermsSet]] = []
        self._keys: dict[tuple[str, str, str], int] = {}
        #: Corrections with their places, in order.
        self.corrections: list[tuple[int, IssuedCorrected]] = []
        self._client: tuple[int, ClientFiles] | None = None

    def _fail(self, entry: int | None, code: str, words: str) -> None:
        self._findings.fail(4, REGISTRY, entry, code, words)

    # ── entries ──

    def chunk(self, chunk: Chunk) -> None:
        """Take the next entries; those that cannot be read were reported with the tree."""
        if chunk.entries is None:
            self._registry.size += chunk.width
            return
        for index, octets in enumerate(chunk.entries, chunk.first):
            try:
                entry = self._registry.add(octets)
                self._look(index, entry)
                if isinstance(entry, IssuedCorrected):
                    self.corrections.append((index, entry))
            except UndersignedError as error:
                # The registry's own sentence names the entry; here that stands beside it.
                plain = error.__cause__ if isinstance(error.__cause__, UndersignedError) else error
                self._findings.error(4, REGISTRY, index, plain)
            self._registry.size = index + 1

    def _look(self, index: int, entry: RegistryEntry) -> None:
        match entry:
            case Genesis():
                self._genesis(entry)
            case IssuerKey():
                self._keys[entry.issuer, entry.organisation, entry.epoch] = index
                Verifier(entry.public_key, header(entry.issuer))
            case ReceiptKey():
                VerifierKey.parse(entry.key)
            case LetterOpened():
                seen = LetterSeen(index, entry.slug, entry.digest)
                self._letters[seen.context] = seen
            case TermsSet():
                self._terms.append((index, entry))
            case ClientFiles():
                self._client = (index, entry)
            case Supporters() | NamesShown():
                self._beside(index, entry)
            case _:
                pass

    def _beside(self, index: int, entry: Supporters | NamesShown) -> None:
        seen = self._letters[context_id("letter", entry.letter)]
        seen.beside = seen.beside or (index, entry.tick)
        if isinstance(entry, NamesShown):
            seen.names = index

    def _genesis(self, entry: Genesis) -> None:
        for head, key in ((self._heads.registry, entry.registry), (self._heads.log, entry.log)):
            if head.key is not None and head.key != key:
                self._fail(0, "genesis-key", f"The genesis entry names another key for the {head.log}.")

    # ── documents ──

    def finished(self) -> Register:
        """Read the documents of what the entries name, and make the rules."""
        genesis = self._registry.genesis
        if genesis is None:
            self._fail(None, "no-genesis", "The registry has no genesis entry: it says nothing of whose it is.")
        by_digest = {seen.digest: seen for seen in self._letters.values()}
        for seen in self._letters.values():
            self._letter(seen)
        for index, entry in self._terms:
            seen_or_none = by_digest.get(entry.letter)
            if seen_or_none is not None:
                self._take_terms(index, entry, seen_or_none)
        for seen in self._letters.values():
            closed = self._registry.closed.get(seen.digest)
            seen.outcome = closed.outcome if closed is not None else None
            if seen.outcome == "goal-missed" and seen.document is not None and seen.document.goal is None:
                self._fail(seen.index, "no-goal", f"“{seen.slug}” ended as having missed its goal, but it had none.")
            if not seen.versions:
                self._fail(seen.index, "no-terms", f"The letter “{seen.slug}” has no terms, so no end.")
            names, index = self._registry.names.get(seen.digest), seen.index if seen.names is None else seen.names
            check_names(self._source, seen.slug, names, index, self._findings)
        served = check_client(self._source, self._client, self._registry.letters, self._findings)
        return Register(self._registry, self._letters, self._keys, genesis is not None and genesis.demo, served)

    def _document(self, index: int, digest: str, kind: type[D]) -> D | None:
        """Read one document; None where it is not there or not right."""
        try:
            octets = self._source.read(f"documents/{digest}")
        except Withheld:
            redacted = self._registry.redacted.get(digest)
            if redacted is None:
                self._fail(index, "document-missing", f"The document {digest} is missing, and no entry says why.")
            else:
                words = f"The document {digest} was taken down ({redacted.ground}: {quoted(redacted.reason)})."
                self._findings.remark(words)
            return None
        except UndersignedError as error:
            self._findings.error(4, REGISTRY, index, error)
            return None
        if sha256_hex(octets) != digest:
            self._fail(index, "document-altered", f"The document {digest} is not the one that the registry names.")
            return None
        try:
            return kind.parse(octets)
        except Malformed as error:
            self._findings.error(4, REGISTRY, index, error)
            return None

    def _letter(self, seen: LetterSeen) -> None:
        letter = self._document(seen.index, seen.digest, Letter)
        if letter is None:
            words = (
                f"The text of “{seen.slug}” is not there: its epoch and issuers are taken from its acts, and whether "
                "it had a goal and whom it asked cannot be checked."
            )
            self._findings.remark(words)
            return
        seen.document = without_texts(letter)
        if letter.slug != seen.slug:
            self._fail(
                seen.index, "other-slug", f"The entry calls the letter “{seen.slug}”, its document “{letter.slug}”."
            )
        for asked in letter.organisations:
            for issuer in asked.issuers:
                if self._keys.get((issuer, asked.organisation, letter.epoch), seen.index) >= seen.index:
                    words = f"No key of {issuer} for {asked.organisation} and {letter.epoch} stands before the letter."
                    self._fail(seen.index, "key-after-use", words)
        self._continued(seen.index, letter.continues)
        try:
            # Of the whole letter: its context is the digest of all its texts.
            seen.rule = letter_rule(letter, self._registry)
        except UndersignedError as error:
            self._findings.error(4, REGISTRY, seen.index, error)

    def _continued(self, index: int, digest: str | None) -> None:
        earlier = self._letters.get(context_id("letter", digest)) if digest is not None else None
        if digest is not None and (earlier is None or earlier.index >= index):
            words = "The letter continues one that is not in the registry before it."
            self._fail(index, "unknown-letter", words)

    def _take_terms(self, index: int, entry: TermsSet, seen: LetterSeen) -> None:
        terms = self._document(index, entry.digest, Terms)
        seen.versions += 1
        seen.latest, before = terms, seen.known
        if terms is None:
            return
        seen.first = terms if seen.versions == 1 else seen.first
        seen.known = terms
        if terms.letter != entry.letter or terms.number != entry.number:
            self._fail(
                index, "other-terms", "The terms are for another letter, or numbered otherwise, than the entry says."
            )
        if before is not None:
            try:
                # Not `follows`: terms in between may have been taken down, and the numbers are compared above.
                terms.keeps(before)
            except Malformed as error:
                self._findings.error(4, REGISTRY, index, error)
            self._compare_workforce(seen.slug, before, terms)
        if seen.document is not None:
            self._large_enough(index, terms, seen.document)

    def _compare_workforce(self, slug: str, before: Terms, after: Terms) -> None:
        """A smaller denominator makes the same count look larger: it is allowed, and said."""
        figures = {each.organisation: each.at_least for each in before.workforce}
        for each in after.workforce:
            was = figures.get(each.organisation, 0)
            if each.at_least < was:
                self._findings.remark(
                    f"“{slug}”: terms {after.number:,} lower how many work at {each.organisation} from {was:,} to "
                    f"{each.at_least:,}."
                )

    def _large_enough(self, index: int, terms: Terms, letter: Letter) -> None:
        """Where fewer than forty people work, or nobody says how many, a count would point at them."""
        known = {each.organisation: each.at_least for each in terms.workforce}
        for asked in letter.organisations:
            if known.get(asked.organisation, 0) < LEAST_WORKFORCE:
                words = f"{asked.organisation}: fewer than {LEAST_WORKFORCE} people, or an unknown number, work there."
                self._fail(index, "too-small", words)
