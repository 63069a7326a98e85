"""Several issuers for one letter, as a holder sees them (`docs/protocol.md`, section 3, “Co-issuers”).

One phrase serves all of them: the commitment point differs by issuer, the pseudonym is the same. An issuer may be on
another machine than the letters. Where, the instance says without a signature: it could name itself, or any address.
So nothing is sent before the person agreed to an address, which is kept from then on, and none goes where the instance
says something else later. Only a pass under the registry's key for that name is kept.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from undersigned.errors import Refused, Withheld
from undersigned.holder.address import instance
from undersigned.holder.transport import Transport
from undersigned.holder.wallet import Wallet
from undersigned.protocol.act import Act
from undersigned.protocol.credential import METHOD, Credential
from undersigned.protocol.elsewhere import ISSUERS, addresses

#: Octets of the longest list of issuers.
MAX_ISSUERS: Final = 1 << 16

#: Names of the machine itself.
_OWN: Final = re.compile(r"(?:.+\.)?localhost|127(?:\.[0-9]+){3}|0\.0\.0\.0")

#: Gives the way to an address as `address.instance` returns it; whoever gives it closes it.
Reach = Callable[[str], Transport]


def elsewhere(transport: Transport, here: str) -> dict[str, str]:
    """Return, by name, the addresses of issuers that are not at `here`, the instance's own.

    Raises: `Malformed`; `Refused` for one to which an encrypted instance may not send anybody.
    """
    try:
        listed = addresses(transport.get(ISSUERS, MAX_ISSUERS))
    except Withheld:
        return {}
    found = {name: instance(address) for name, address in listed.items()}
    for name, address in found.items():
        # Only what runs on this machine itself, like a demonstration, may send anybody to another port of it.
        if _is_here(address) and not _is_here(here):
            raise Refused("issuer-address", f"The server says that {name} is on your own machine. Nothing was sent.")
    return {name: address for name, address in found.items() if address != here}


def agreed(wallet: Wallet, here: str, issuer: str, said: str) -> str:
    """Return the address of an issuer to which the person agreed; `said` is the one that the instance at `here` says.

    Raises: `Refused` where they agreed to none yet, or to another one; `Withheld` where nothing is pinned.
    """
    kept = wallet.pin(here).issuers.get(issuer)
    if kept is None:
        raise Refused(
            "issuer-unseen", f"{issuer} is at {said}, says {here}. You have not agreed to that, so nothing was sent."
        )
    if kept != said:
        raise Refused(
            "issuer-moved",
            f"You know {issuer} at {kept}, but {here} now says {said}. Nothing was sent. Ask {issuer} itself whether "
            f"it moved. If it did, add “--at {said}”; if not, “--at {kept}”, and tell others.",
        )
    return kept


def _is_here(address: str) -> bool:
    """Whether an address is on the person's own machine: by name, or unencrypted, as no other is but onion services."""
    host = urlsplit(address).hostname or ""
    return bool(_OWN.fullmatch(host)) or (address.startswith("http://") and not host.endswith(".onion"))


def passes(wallet: Wallet, address: str, act: Act) -> tuple[Credential, ...]:
    """Return the passes that an act needs, in its order of issuers.

    Raises: `Withheld`, naming every issuer of whom one is missing and how to get it; `Refused` where they differ in
    what the act shows.
    """
    found: list[Credential] = []
    joining: list[str] = []
    renewing: list[str] = []
    for issuer in act.issuers:
        held = wallet.memberships.get((address, issuer, act.organisation))
        if held is not None and act.epoch in held.credentials:
            found.append(held.credentials[act.epoch])
        else:
            (renewing if held is not None else joining).append(issuer)
    if joining or renewing:
        raise Withheld("no-pass", _missing(address, act, joining, renewing))
    if METHOD in act.disclosed and any(each.attributes.method != act.disclosed[METHOD] for each in found):
        raise Refused("methods-differ", "Your passes from several issuers say different ways of joining.")
    return tuple(found)


def _missing(address: str, act: Act, joining: list[str], renewing: list[str]) -> str:
    several = len(act.issuers) > 1
    words = [f"This letter asks for a pass from each of {' and '.join(act.issuers)}."] if several else []
    for issuer in joining:
        choice = f" --issuer {issuer}" if several else ""
        words.append(
            f"You hold no pass from {issuer} for {act.organisation}. Join there too, with the same words: "
            f"undersigned enrol {address} --organisation {act.organisation}{choice}"
        )
    if renewing:
        words.append(
            f"You hold no pass from {' and '.join(renewing)} for {act.organisation} in {act.epoch}. "
            f"Get it: undersigned renew {address}"
        )
    return " ".join(words)
