"""A second body that admits members of an organisation beside an instance's own issuer, made from `bbs` alone.

It has a name and a key of its own and no database here: what it signs is all that the letters' room ever sees of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from support.instances import EPOCH, HERE, ISSUER, Member, dice, letter
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import keygen, public_key
from undersigned.bootstrap import Instance
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import Issued, IssuerKey
from undersigned.protocol.letter import Letter, Organisation
from undersigned.protocol.presentation import present

UNION = "union.example"


@dataclass(frozen=True)
class CoIssuer:
    """A body that signs whatever it likes under its own key."""

    name: str = UNION
    copy: str = ""

    @property
    def secret(self) -> int:
        return keygen(f"co-issuer {self.name} {self.copy}".encode() * 2)

    @property
    def public(self) -> bytes:
        return public_key(self.secret)

    def entry(self, organisation: str = HERE, methods: Sequence[str] = ("code",)) -> IssuerKey:
        """The key as it stands in the registry."""
        return IssuerKey(self.name, organisation, EPOCH, tuple(methods), self.public)

    def issued(self, at_most: int) -> Issued:
        """Its word on how many members it admitted at most."""
        return Issued(self.name, HERE, EPOCH, at_most)

    def credential(self, seed: bytes, organisation: str = HERE, named: str | None = None) -> Credential:
        """A credential for whoever has this seed, in its own name, or in somebody else's where it lies."""
        name = named or self.name
        said = Attributes(organisation, EPOCH, "undeclared", "undeclared", "code")
        hidden = commit(nym_secrets(seed), blind(seed, name), dice("co", seed))
        made = blind_sign(self.secret, self.public, hidden, header(name), said.messages(), seed[:32])
        return Credential(name, said, made)


def asked_of_both(slug: str = "leave", issuers: Sequence[str] = (ISSUER, UNION), goal: int | None = None) -> Letter:
    """A letter whose signatories both issuers must have admitted."""
    return replace(letter(slug, goal), organisations=(Organisation(HERE, tuple(issuers)),))


def co_signed(
    instance: Instance, member: Member, of: Letter, co_issuer: CoIssuer | None = None, action: str = "sign"
) -> SignedAct:
    """A member's act with the proofs of both, as an honest device makes it."""
    by = co_issuer or CoIssuer()
    act = replace(member.act(of, action), issuers=of.organisations[0].issuers)
    return proved(instance, act, member.seed, [*member.credentials, by.credential(member.seed)])


def proved(instance: Instance, act: Act, seed: bytes, held: Sequence[Credential]) -> SignedAct:
    """Prove an act with these credentials, under the registry's keys."""
    registry = instance.ledger.registry()
    keys = {each: registry.issuer_key(each, act.organisation, act.epoch).public_key for each in act.issuers}
    return present(act, held, keys, seed, dice(act.digest))
