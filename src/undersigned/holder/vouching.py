"""Vouching on the holder's side (`docs/protocol.md`, section 3, "Vouching"): invitations, and the act that vouches.

An invitation is the commitment point of who wants to join, 48 octets as base64url. It tells nothing of its owner, and
whoever has it can do no more than vouch for it.
"""

from collections.abc import Iterable
from typing import Final

from undersigned.bbs.ciphersuite import POINT
from undersigned.bbs.curve import BLST
from undersigned.errors import Conflict, Malformed, Refused, UndersignedError, Withheld
from undersigned.holder.wallet import Membership, Wallet
from undersigned.protocol.act import Act
from undersigned.protocol.context import VOUCH_SLOTS, invitation_context, vouch_context
from undersigned.protocol.credential import EPOCH, METHOD, ORGANISATION, Credential
from undersigned.protocol.presentation import pseudonym_of
from undersigned.protocol.registry import Registry
from undersigned.values import b64u, octets

WAY: Final = "vouch"


def invitation(typed: str) -> bytes:
    """Read an invitation as somebody typed or scanned it: spaces do not matter. Raises: `Malformed`."""
    try:
        point = octets("".join(typed.split()), POINT, what="The invitation")
        BLST.decode(point, "The invitation")
    except UndersignedError as error:
        raise Malformed("bad-invitation", "This is no invitation, or a letter of it is wrong. Compare it.") from error
    return point


def quarter(registry: Registry, held: Membership) -> str:
    """Return the newest quarter for which a member holds a pass that may vouch.

    Raises: `Refused` where the organisation does not admit by vouching, or the member was vouched for.
    """
    if held.method == WAY:
        raise Refused("vouched-for", "Who was vouched for cannot vouch for others.")
    keys = registry.issuer_keys
    names = ((held.issuer, held.organisation, epoch) for epoch in sorted(held.credentials, reverse=True))
    for name in names:
        if name in keys and WAY in keys[name].methods:
            return name[2]
    raise Refused("no-vouching", f"Members of {held.organisation} do not join by vouching.")


def free_slots(wallet: Wallet, organisation: str, epoch: str) -> list[str]:
    """Return the contexts of the slots that this device has not used in a quarter."""
    every = (vouch_context(organisation, epoch, slot) for slot in range(1, VOUCH_SLOTS + 1))
    return [each for each in every if each not in wallet.vouches]


def act(wallet: Wallet, held: Credential, slot: str, point: bytes) -> Act:
    """Return the act by which a member vouches for an invitation."""
    said = held.attributes
    other = invitation_context(point)
    return Act(
        kind=WAY,
        action=WAY,
        context=slot,
        organisation=said.organisation,
        epoch=said.epoch,
        disclosed={ORGANISATION: said.organisation, EPOCH: said.epoch, METHOD: said.method},
        issuers=(held.issuer,),
        pseudonym=pseudonym_of(slot, wallet.seed),
        payload={"context": other, "pseudonym": b64u(pseudonym_of(other, wallet.seed))},
    )


def member(
    registry: Registry, held: Iterable[Membership], organisation: str | None, issuer: str | None = None
) -> Membership:
    """Return the one membership that vouches: of several issuers one that admits by vouching.

    Raises: `Withheld`, `Refused`.
    """
    here = [
        each
        for each in held
        if organisation in {None, each.organisation} and issuer in {None, each.issuer} and each.credentials
    ]
    if not here:
        raise Withheld("no-pass", "You hold no pass here. Only members can vouch.")
    found = [each for each in here if _admits(registry, each)] or here[:1]
    names = sorted({each.organisation for each in found})
    if len(names) > 1:
        raise Refused("several-organisations", f"You hold passes of {' and '.join(names)}. Say where both of you work.")
    if len(found) > 1:
        called = " and ".join(each.issuer for each in found)
        raise Refused("several-issuers", f"You hold passes from {called}. Say for which of them the invitation is.")
    return found[0]


def _admits(registry: Registry, held: Membership) -> bool:
    keys = (registry.issuer_keys.get((held.issuer, held.organisation, each)) for each in held.credentials)
    return any(key is not None and WAY in key.methods for key in keys)


def none_left() -> Conflict:
    """Build the refusal of a sixth vouch in a quarter."""
    return Conflict("no-vouch-left", f"You have vouched {VOUCH_SLOTS} times this quarter. Ask another member to vouch.")
