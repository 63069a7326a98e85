"""Presentations: proofs that an act comes from a member (`docs/protocol.md`, sections 2 to 4).

Only `verify` and `verify_batch` make a `VerifiedAct`; whoever stores or counts an act asks for one, so a
forgotten check is a type error. What is checked, in this order:

1. the context, epoch, organisation, issuers and disclosed attributes are those that the context accepts;
2. for every issuer in the context's order, a key of exactly this issuer, organisation and epoch exists;
3. every proof holds under its key, for the act's own octets, the disclosed messages and one pseudonym.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from undersigned.bbs.octets import Rng
from undersigned.bbs.proof import Statement, Verifier, prove
from undersigned.bbs.pseudonym import pseudonym
from undersigned.errors import Refused, UndersignedError
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import METHOD, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets

#: Verifiers that a ring keeps. Rounds come organisation by organisation, so few are in use at a time.
_VERIFIERS: Final = 32


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a context accepts from members of one organisation."""

    issuers: tuple[str, ...]
    disclosed: frozenset[int]


@dataclass(frozen=True, slots=True)
class ContextRule:
    """What a context accepts: exactly one epoch, and per organisation an ordered set of issuers."""

    context: str
    kind: str
    epoch: str
    organisations: Mapping[str, Accepts]

    def check(self, act: Act) -> None:
        """Step 1. Raises: `Refused` with the reason."""
        if act.context != self.context or act.kind != self.kind:
            raise Refused("other-context", "This was made for another text than the one that is open here.")
        if act.epoch != self.epoch:
            raise Refused("other-epoch", f"Only passes of the quarter {self.epoch} count here.")
        accepts = self.organisations.get(act.organisation)
        if accepts is None:
            raise Refused("other-organisation", "Members of this organisation are not asked here.")
        if act.issuers != accepts.issuers:
            raise Refused("other-issuers", _issuers_asked(accepts.issuers))
        if frozenset(act.disclosed) != accepts.disclosed:
            raise Refused("other-disclosure", "Other attributes have to be shown here, no more and no fewer.")
        if act.kind == "vouch" and act.disclosed[METHOD] == "vouch":
            raise Refused("vouched-for", "Who was vouched for cannot vouch for others.")


def _issuers_asked(issuers: Sequence[str]) -> str:
    """Say whose passes are required; nobody's stands for keys that came too late."""
    match issuers:
        case ():
            return "Another set of issuers is required here."
        case (one,):
            return f"A proof of a pass from {one} is required here, and no other."
        case _:
            return f"A proof of a pass from each of {' and '.join(issuers)} is required here, in this order."


class KeyRing:
    """Verifiers of issuers' keys, the newest kept: making tables costs time, keeping them some megabytes a key.

    `keys` maps (issuer, organisation, epoch) to a public key of 96 octets.
    """

    def __init__(self, keys: Mapping[tuple[str, str, str], bytes], engine: str = "blst") -> None:
        self._keys = dict(keys)
        self._engine = engine
        # The cache holds this object and this object the cache: both go together.
        self._verifier = lru_cache(maxsize=_VERIFIERS)(self._make)

    def verifier(self, issuer: str, organisation: str, epoch: str) -> Verifier:
        """Step 2. Raises: `Refused` when there is no such key."""
        return self._verifier((issuer, organisation, epoch))

    def _make(self, name: tuple[str, str, str]) -> Verifier:
        key = self._keys.get(name)
        if key is None:
            raise Refused("unknown-issuer-key", "No key of this issuer is published for this organisation and quarter.")
        return Verifier(key, header(name[0]), self._engine)


_TOKEN: Final = object()


@dataclass(frozen=True, slots=True)
class VerifiedAct:
    """An act whose proofs hold: the evidence that rooms ask for."""

    signed: SignedAct
    _token: object

    def __post_init__(self) -> None:
        if self._token is not _TOKEN:
            raise TypeError("only presentation.verify makes a VerifiedAct")

    @property
    def act(self) -> Act:
        """The act itself."""
        return self.signed.act


def _statements(signed: SignedAct, keys: KeyRing) -> list[tuple[Verifier, Statement]]:
    act = signed.act
    proofs = iter(signed.proofs)
    disclosed = {index: text.encode() for index, text in act.disclosed.items()}
    return [
        (
            keys.verifier(issuer, act.organisation, act.epoch),
            Statement(context.encode(), act.encoded, disclosed, nym, next(proofs)),
        )
        for context, nym in act.presentations
        for issuer in act.issuers
    ]


def verify(signed: SignedAct, rule: ContextRule, keys: KeyRing) -> VerifiedAct:
    """Check one act, all three steps.

    Raises: `Refused` or `Malformed` with the reason.
    """
    rule.check(signed.act)
    for verifier, statement in _statements(signed, keys):
        verifier.verify(statement)
    return VerifiedAct(signed, _TOKEN)


def verify_batch(
    acts: Sequence[SignedAct], rules: Mapping[str, ContextRule], keys: KeyRing, rng: Rng
) -> list[VerifiedAct | UndersignedError]:
    """Check many acts, their pairings merged; one bad act takes no other with it.

    `rules` is by context. Returns, for each act in its place, the evidence or the reason.
    """
    outcome: list[VerifiedAct | UndersignedError] = []
    work: dict[int, tuple[Verifier, list[tuple[int, Statement]]]] = {}
    for place, signed in enumerate(acts):
        try:
            rule = rules.get(signed.act.context)
            if rule is None:
                raise Refused("other-context", "This was made for another text than those that are open here.")
            rule.check(signed.act)
            for verifier, statement in _statements(signed, keys):
                work.setdefault(id(verifier), (verifier, []))[1].append((place, statement))
        except UndersignedError as error:
            outcome.append(error)
        else:
            outcome.append(VerifiedAct(signed, _TOKEN))
    for verifier, items in work.values():
        for index, reason in verifier.verify_batch([statement for _, statement in items], rng).items():
            outcome[items[index][0]] = reason
    return outcome


def present(act: Act, credentials: Iterable[Credential], keys: Mapping[str, bytes], seed: bytes, rng: Rng) -> SignedAct:
    """Make the proofs of an act from those of the holder's credentials that fit it, in the act's order of issuers.

    `keys` maps issuer names to public keys of 96 octets, `seed` has 64 octets. The act's pseudonyms must be
    those of the seed, as `pseudonym_of` gives them.

    Raises: `Refused` when a credential is missing or does not fit the act.
    """
    secrets = nym_secrets(seed)
    asked = (act.organisation, act.epoch)
    held = {each.issuer: each for each in credentials if (each.attributes.organisation, each.attributes.epoch) == asked}
    proofs = []
    for context, nym in act.presentations:
        if pseudonym(context.encode(), secrets) != nym:
            raise Refused("other-pseudonym", "The act is not made for the words on this device.")
        for issuer in act.issuers:
            if issuer not in held or issuer not in keys:
                raise Refused("credential-missing", f"This device holds no pass from {issuer} for this.")
            proofs.append(_prove(act, context, held[issuer], keys[issuer], seed, rng))
    return SignedAct(act, tuple(proofs))


def _prove(act: Act, context: str, held: Credential, key: bytes, seed: bytes, rng: Rng) -> bytes:
    if any(held.attributes.texts()[index] != text for index, text in act.disclosed.items()):
        raise Refused("credential-differs", "The pass on this device says something else than this needs.")
    return prove(
        public_key=key,
        signature=held.signature,
        header=header(held.issuer),
        ph=act.encoded,
        messages=held.attributes.messages(),
        disclosed=sorted(act.disclosed),
        secrets=nym_secrets(seed),
        blind=blind(seed, held.issuer),
        context_id=context.encode(),
        rng=rng,
    )


def pseudonym_of(context: str, seed: bytes) -> bytes:
    """Return the pseudonym (48 octets) that the holder of this seed has in a context."""
    return pseudonym(context.encode(), nym_secrets(seed))
