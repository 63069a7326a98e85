"""The registry as its readers see it (`docs/protocol.md`, sections 3 and 5).

Replayed whole from the first entry. Uniqueness is what keeps a server from handing one person a letter
or a key of their own: a second letter for a slug, or a second key for an issuer, organisation and epoch,
makes the whole registry refused, not just the entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from undersigned.errors import Refused, UndersignedError
from undersigned.protocol.entry import (
    ClientFiles,
    Genesis,
    IssuedCorrected,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    NamesShown,
    ReceiptKey,
    Redacted,
    RegistryEntry,
    Supporters,
    TermsSet,
    parse_registry_entry,
)
from undersigned.protocol.letter import Letter
from undersigned.protocol.presentation import Accepts, ContextRule
from undersigned.protocol.statement import check_own


@dataclass
class Registry:
    """What the registry's entries say, in order; `size` entries have been read.

    `identities` are the own long-term keys, by name, of issuers that signed an entry of theirs; all later ones are
    signed by the same. `letters` are by slug; by the letter's digest are `slugs`, `supporters` and `names`, the newest
    of each. An entry takes the same time however long the registry is.
    `add` either takes an entry or raises and leaves everything as it was.
    """

    size: int = 0
    genesis: Genesis | None = None
    issuer_keys: dict[tuple[str, str, str], IssuerKey] = field(default_factory=dict)
    corrections: dict[tuple[str, str, str], list[IssuedCorrected]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    receipt_keys: list[str] = field(default_factory=list)
    letters: dict[str, LetterOpened] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    terms: dict[str, list[TermsSet]] = field(default_factory=dict)
    closed: dict[str, LetterClosed] = field(default_factory=dict)
    client: list[ClientFiles] = field(default_factory=list)
    redacted: dict[str, Redacted] = field(default_factory=dict)
    supporters: dict[str, Supporters] = field(default_factory=dict)
    names: dict[str, NamesShown] = field(default_factory=dict)

    @classmethod
    def replay(cls, entries: Iterable[bytes]) -> "Registry":
        """Read all entries from the first on.

        Raises: `Malformed` or `Refused`, the sentence naming the entry by its index.
        """
        registry = cls()
        for data in entries:
            registry.add(data)
        return registry

    def add(self, data: bytes) -> RegistryEntry:
        """Read the next entry.

        Raises: `Malformed` or `Refused`, the sentence naming the entry by its index.
        """
        try:
            entry = parse_registry_entry(data)
            self._take(entry)
        except UndersignedError as error:
            raise type(error)(error.code, f"Entry {self.size:,} of the registry: {error.words}") from error
        self.size += 1
        return entry

    def _take(self, entry: RegistryEntry) -> None:
        if (self.size == 0) != isinstance(entry, Genesis):
            raise Refused("genesis-place", "The genesis entry stands first and only there.")
        match entry:
            case Genesis():
                self.genesis = entry
            case IssuerKey():
                self._take_key(entry)
            case IssuedCorrected():
                self._take_correction(entry)
            case ReceiptKey():
                self.receipt_keys.append(entry.key)
            case ClientFiles():
                self.client.append(entry)
            case Redacted():
                self._take_redacted(entry)
            case _:
                self._take_of_letter(entry)

    def _take_of_letter(self, entry: LetterOpened | TermsSet | LetterClosed | Supporters | NamesShown) -> None:
        match entry:
            case LetterOpened():
                self._take_letter(entry)
            case TermsSet():
                self._take_terms(entry)
            case LetterClosed():
                self._take_closed(entry)
            case Supporters():
                self._take_supporters(entry)
            case NamesShown():
                self._take_names(entry)

    def _take_key(self, entry: IssuerKey) -> None:
        name = (entry.issuer, entry.organisation, entry.epoch)
        if name in self.issuer_keys:
            raise Refused("second-issuer-key", "A second key for the same issuer, organisation and quarter.")
        self._check_own(entry)
        self.issuer_keys[name] = entry

    def _take_correction(self, entry: IssuedCorrected) -> None:
        name = (entry.issuer, entry.organisation, entry.epoch)
        if name not in self.issuer_keys:
            raise Refused("unknown-issuer-key", "It corrects the number of an issuer whose key is not before it.")
        if entry.identity is None:
            raise Refused(
                "unsigned-correction", "A number is taken back by the issuer that said it, and by nobody else."
            )
        before = self.corrections.get(name, ())
        if before and entry.tick <= before[-1].tick:
            raise Refused("corrections-order", "The corrections of a number follow each other in time.")
        if entry.identity != self.issuer_keys[name].identity:
            raise Refused("other-identity", f"{entry.issuer} did not sign this as it signed the key that it is about.")
        self._check_own(entry)
        self.corrections.setdefault(name, []).append(entry)

    def _check_own(self, entry: IssuerKey | IssuedCorrected) -> None:
        known = self.identities.get(entry.issuer)
        if known is not None and entry.identity != known:
            raise Refused("other-identity", f"{entry.issuer} signed its earlier keys, but did not sign this.")
        check_own(entry)
        if entry.identity is not None:
            self.identities[entry.issuer] = entry.identity

    def _take_letter(self, entry: LetterOpened) -> None:
        if entry.slug in self.letters:
            raise Refused("second-letter", f"A second letter with the short name “{entry.slug}”.")
        if entry.digest in self.slugs:
            raise Refused("second-letter", "The same letter under a second short name.")
        self.letters[entry.slug] = entry
        self.slugs[entry.digest] = entry.slug

    def _known(self, letter: str) -> None:
        if letter not in self.slugs:
            raise Refused("unknown-letter", "It speaks of a letter that is not in the registry before it.")

    def _take_terms(self, entry: TermsSet) -> None:
        self._known(entry.letter)
        before = self.terms.get(entry.letter, ())
        if entry.number != len(before) + 1:
            raise Refused("terms-order", "Terms are numbered one by one.")
        if entry.letter in self.closed:
            raise Refused("letter-closed", "Terms cannot change after the letter was closed.")
        self.terms.setdefault(entry.letter, []).append(entry)

    def _take_closed(self, entry: LetterClosed) -> None:
        self._known(entry.letter)
        if entry.letter in self.closed:
            raise Refused("second-close", "A letter closes once.")
        self.closed[entry.letter] = entry

    def _take_supporters(self, entry: Supporters) -> None:
        self._known(entry.letter)
        before = self.supporters.get(entry.letter)
        if entry.letter in self.closed:
            raise Refused("letter-closed", "Supporters cannot be counted after the letter was closed.")
        if before is not None and entry.tick <= before.tick:
            raise Refused("supporters-order", "The numbers of supporters follow each other in time.")
        if entry.at_least == (before.at_least if before else 0):
            raise Refused("supporters-same", "The number of supporters is the one that was given before.")
        self.supporters[entry.letter] = entry

    def _take_names(self, entry: NamesShown) -> None:
        self._known(entry.letter)
        before = self.names.get(entry.letter)
        if entry.number != (before.number if before else 0) + 1:
            raise Refused("names-order", "The lists of names are numbered one by one.")
        if before is not None and entry.tick < before.tick:
            raise Refused("names-order", "The lists of names follow each other in time.")
        if entry.letter in self.closed and entry.count >= (before.count if before else 0):
            raise Refused("letter-closed", "After the letter was closed, names can only be taken off.")
        self.names[entry.letter] = entry

    def _take_redacted(self, entry: Redacted) -> None:
        if entry.digest in self.redacted:
            raise Refused("second-redaction", "A document is taken down once.")
        self.redacted[entry.digest] = entry

    def letter(self, slug: str) -> LetterOpened:
        """Return the one letter entry of this slug. Raises: `Refused`."""
        found = self.letters.get(slug)
        if found is None:
            raise Refused("unknown-letter", f"There is no letter with the short name “{slug}” in the registry.")
        return found

    def issuer_key(self, issuer: str, organisation: str, epoch: str) -> IssuerKey:
        """Return the one key entry. Raises: `Refused`."""
        found = self.issuer_keys.get((issuer, organisation, epoch))
        if found is None:
            raise Refused("unknown-issuer-key", f"The registry has no key of {issuer} for {organisation} and {epoch}.")
        return found

    def public_keys(self) -> dict[tuple[str, str, str], bytes]:
        """Return all issuers' public keys, for a `KeyRing`."""
        return {name: entry.public_key for name, entry in self.issuer_keys.items()}


def letter_rule(letter: Letter, registry: Registry) -> ContextRule:
    """What the letter's context accepts: where vouching is one of an organisation's ways, `method` is shown too.

    Raises: `Refused` when an issuer's key is missing.
    """
    accepts = {}
    for asked in letter.organisations:
        methods = {
            way
            for issuer in asked.issuers
            for way in registry.issuer_key(issuer, asked.organisation, letter.epoch).methods
        }
        accepts[asked.organisation] = Accepts(asked.issuers, frozenset({0, 1, 4} if "vouch" in methods else {0, 1}))
    return ContextRule(letter.context, "letter", letter.epoch, accepts)
