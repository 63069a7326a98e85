"""The registry, read whole and checked before any of it is believed (section 3, last part).

Whoever could show each person a letter, key or attribute that nobody else has could recognise them by it.
So this reads everything, and refuses:

1. a checkpoint that the pinned policy does not accept;
2. entries that do not give the checkpoint's root;
3. a registry that lacks what this device saw of it before (shorter, or another history);
4. a second letter for a slug, a second key for an issuer, organisation and epoch (`protocol.registry`);
5. a first entry that names other keys than the policy's;
6. a document that is not the one whose digest is in the registry;
7. a key to be used in the name of an issuer that this device knows, and that the issuer did not sign.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from undersigned.errors import Malformed, Refused, Withheld
from undersigned.holder.transport import Transport
from undersigned.protocol.entry import IssuerKey
from undersigned.protocol.letter import MAX_DOCUMENT, Letter, Terms
from undersigned.protocol.presentation import ContextRule
from undersigned.protocol.registry import Registry, letter_rule
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.tlog.merkle import leaf_hash, root
from undersigned.tlog.note import Note, Verifier
from undersigned.tlog.policy import Policy
from undersigned.tlog.tile import TILE_WIDTH, bundles, read_bundle
from undersigned.values import MAX_ENTRY, sha256_hex

#: Entries of the longest registry that is read.
MAX_ENTRIES: Final = 200_000
#: Octets of the longest checkpoint, with all its cosignatures.
MAX_CHECKPOINT: Final = 1 << 15
#: Octets of the longest entry bundle.
MAX_BUNDLE: Final = TILE_WIDTH * (MAX_ENTRY + 2)


class Equivocation(Refused):
    """An instance signed two checkpoints of a log that contradict each other; both octets prove it."""

    def __init__(self, code: str, words: str, checkpoints: tuple[bytes, bytes] = (b"", b"")) -> None:
        super().__init__(code, words)
        self.checkpoints = checkpoints


def unsigned(checkpoint: bytes) -> Checkpoint:
    """Read a checkpoint whose signature was checked before, or will be. Raises: `Malformed`."""
    return Checkpoint.parse(Note.parse(checkpoint).text)


def signed_by(note: bytes, keys: Iterable[Verifier]) -> bytes:
    """Return a note without the signature lines of other keys, which could say anything. Raises: `Malformed`."""
    whole = Note.parse(note)
    return Note(whole.text, tuple(line for key in keys for line in whole.of(key))).encode()


def believed(checkpoint: bytes, policy: Policy) -> bytes:
    """Return a checkpoint that a policy accepts, with the signatures for which it was accepted. Raises: `Malformed`."""
    logs = [log.key for log in policy.logs]
    return signed_by(checkpoint, [*logs, *(each.key for each in policy.witnesses.values())])


def refuse_shrunk(seen: bytes, now: bytes) -> None:
    """Check that a log is still the same and not shorter. Raises: `Equivocation`."""
    before, after = unsigned(seen), unsigned(now)
    if before.origin != after.origin:
        raise Equivocation(
            "log-renamed", f"The log {before.origin} is now called {after.origin}. Do not sign.", (seen, now)
        )
    if after.size < before.size:
        raise Equivocation(
            "log-shrank",
            f"{before.origin} has {after.size:,} entries; this device has seen {before.size:,}. Do not sign, and tell "
            "others: entries were removed, or you are shown something of your own.",
            (seen, now),
        )


def refuse_forked(seen: bytes, now: bytes, root_then: bytes) -> None:
    """Check that the log had the root seen before, when it was as long as then. Raises: `Equivocation`."""
    before = unsigned(seen)
    if root_then != before.root:
        raise Equivocation(
            "log-forked",
            f"{before.origin} is not the one that this device has seen before. Do not sign, and tell others: entries "
            "were changed, or you are shown something of your own.",
            (seen, now),
        )


@dataclass(frozen=True)
class RegistryView:
    """A registry that was read whole under a policy; may be shared by holders and threads.

    `checkpoint` is the signed note. Documents are fetched when asked for, checked and kept.
    """

    registry: Registry
    checkpoint: bytes
    leaf_hashes: tuple[bytes, ...]
    transport: Transport
    _documents: dict[str, bytes] = field(default_factory=dict, repr=False)

    def checked(self, policy: Policy, seen: bytes | None) -> "RegistryView":
        """Return this view for a holder with a policy and a checkpoint of its own: steps 1, 3 and 5.

        Raises: `Refused`, `Equivocation`, `Malformed`.
        """
        origin = unsigned(self.checkpoint).origin
        policy.check(self.checkpoint, origin)
        genesis = self.registry.genesis
        if genesis is None or genesis.registry not in {
            log.key.encode() for log in policy.logs if log.key.name == origin
        }:
            raise Refused("other-genesis", "The registry's first entry names another key than the one that signs it.")
        if seen is not None and seen != self.checkpoint:
            refuse_shrunk(seen, self.checkpoint)
            refuse_forked(seen, self.checkpoint, root(self.leaf_hashes[: unsigned(seen).size]))
        return self

    def meets(self, issuer: str, known: Mapping[str, str]) -> None:
        """Check that an issuer whose long-term key this device knows signed anything here: step 7, before anything.

        Raises: `Refused`.
        """
        _same_issuer(issuer, known, self.registry.identities.get(issuer))

    def issuer_key(self, issuer: str, organisation: str, epoch: str, known: Mapping[str, str]) -> IssuerKey:
        """Return the one key entry that is to be used: step 7. `known` are issuers' long-term keys, by name.

        That the issuer signed another entry of this registry says nothing of this one: it may be a copy.
        Raises: `Refused`.
        """
        entry = self.registry.issuer_key(issuer, organisation, epoch)
        _same_issuer(issuer, known, entry.identity)
        return entry

    def document(self, digest: str) -> bytes:
        """Return a document of the registry: step 6.

        Raises: `Withheld` where it was taken down, in the registry's words; `Refused` when it is another one.
        """
        gone = self.registry.redacted.get(digest)
        if gone is not None:
            raise Withheld("redacted", f"This text was taken down ({gone.ground}): {gone.reason}")
        kept = self._documents.get(digest)
        if kept is None:
            kept = self.transport.get(f"documents/{digest}", MAX_DOCUMENT)
            if sha256_hex(kept) != digest:
                raise Refused(
                    "document-differs",
                    "The text that the server sent is not the one in the public registry. Do not sign. Tell others.",
                )
            self._documents[digest] = kept
        return kept

    def letter(self, slug: str) -> Letter:
        """Return the one letter of this slug. Raises: `Refused`, `Withheld`, `Malformed`."""
        entry = self.registry.letter(slug)
        letter = Letter.parse(self.document(entry.digest))
        if letter.slug != slug:
            raise Refused("other-letter", "The letter under this address calls itself by another name. Do not sign.")
        return letter

    def terms(self, letter: Letter) -> list[Terms]:
        """Return all terms of a letter that were not taken down, oldest first.

        Raises: `Refused`, `Malformed` when they do not follow each other; `Withheld` where there are none.
        """
        out: list[Terms] = []
        for entry in self.registry.terms.get(letter.digest, []):
            if entry.digest in self.registry.redacted:
                continue
            terms = Terms.parse(self.document(entry.digest))
            if (terms.letter, terms.number) != (letter.digest, entry.number):
                raise Refused("other-terms", "The terms of this letter are not the ones in the registry. Do not sign.")
            if out:
                # Not `follows`: terms in between may have been taken down, and the numbers are compared above.
                terms.keeps(out[-1])
            out.append(terms)
        if not out:
            raise Withheld(
                "no-terms", "The letter has no terms, so nobody knows when it closes. It cannot be signed yet."
            )
        return out

    def rule(self, letter: Letter) -> ContextRule:
        """Return what the letter accepts. Raises: `Refused` when an issuer's key is missing."""
        return letter_rule(letter, self.registry)


def short(identity: str) -> str:
    """Return the short form of a verifier key: its ID, 8 hexadecimal digits, as it stands in the key itself."""
    return identity.split("+")[1]


def _same_issuer(issuer: str, known: Mapping[str, str], identity: str | None) -> None:
    expected = known.get(issuer, identity)
    if expected is not None and identity != expected:
        by = "by nobody" if identity is None else f"by another key ({short(identity)})"
        raise Refused(
            "issuer-differs",
            f"A key of {issuer} here is not signed by the {issuer} that this device knows "
            f"({short(expected)}), but {by}. Do not sign, and tell {issuer}: somebody uses its name here, or did where "
            "you joined before. Which of the keys is its own, it can say.",
        )


def read_registry(transport: Transport, policy: Policy, seen: bytes | None = None) -> RegistryView:
    """Read and check a whole registry, steps 1 to 5; `seen` is the last signed checkpoint of it that was checked.

    Raises: `Refused`, `Equivocation`, `Malformed`; `Withheld` and `Unavailable` when something is not served.
    """
    signed = transport.get("registry/checkpoint", MAX_CHECKPOINT)
    head = unsigned(signed)
    # Before anything large is read: believed at all, and not shorter than before.
    policy.check(signed, head.origin)
    if seen is not None:
        refuse_shrunk(seen, signed)
    if not 1 <= head.size <= MAX_ENTRIES:
        raise Malformed("registry-size", f"A registry has 1 to {MAX_ENTRIES:,} entries, not {head.size:,}.")
    entries: list[bytes] = []
    for path in bundles(head.size):
        entries += read_bundle(path, lambda name: transport.get(f"registry/{name}", MAX_BUNDLE))
    leaf_hashes = tuple(leaf_hash(entry) for entry in entries)
    if root(leaf_hashes) != head.root:
        raise Refused("registry-root", "The registry's entries are not those that its keeper signed. Do not sign.")
    view = RegistryView(Registry.replay(entries), signed, leaf_hashes, transport)
    return view.checked(policy, seen)
