"""What a holder keeps: the phrase, what was seen of each instance, and the passes (section 3).

In memory only; `wallet_file` writes it down. Whoever reads it can sign in the person's name and see what
was signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from undersigned import PROFILE
from undersigned.errors import Malformed, Refused, Withheld
from undersigned.holder import phrase as phrases
from undersigned.holder.address import instance
from undersigned.protocol.context import parse_context
from undersigned.protocol.credential import Credential, method, standing
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Policy
from undersigned.values import b64u, canonical, code_word, domain, fields, octets, parse_canonical, text

#: Octets of the longest wallet.
MAX_WALLET: Final = 4 << 20
_FIELDS: Final = ("entropy", "instances", "memberships", "profile", "receipts", "vouches")
_NOTE: Final = 1 << 19


@dataclass(frozen=True, slots=True)
class Pin:
    """What is believed of an instance: policy, the newest signed checkpoints that were seen, its issuers' addresses.

    A log that is ever served without what was in these checkpoints is refused. `issuers` are addresses by the issuer's
    name, each from when the person agreed to it; where there are none, as in older passes, nothing stands for them.
    """

    policy: str
    registry: bytes | None = None
    log: bytes | None = None
    issuers: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        named = {"issuers": dict(self.issuers)} if self.issuers else {}
        return {"log": _text(self.log), "policy": self.policy, "registry": _text(self.registry)} | named

    @classmethod
    def parse(cls, value: object) -> "Pin":
        """Raises: `Malformed`."""
        more = ("issuers",) if isinstance(value, dict) and "issuers" in value else ()
        got = fields(value, ("log", "policy", "registry", *more), "A pin")
        policy = text(got["policy"], what="The policy")
        Policy.parse(policy)
        return cls(policy, _octets(got["registry"]), _octets(got["log"]), _named(got.get("issuers", {})))


@dataclass(frozen=True, slots=True)
class Membership:
    """What an issuer admitted the person to, on one instance, and the credentials for it by epoch."""

    address: str
    issuer: str
    organisation: str
    role_family: str
    standing: str
    method: str
    credentials: Mapping[str, Credential] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str, str]:
        """What it is one of: address, issuer and organisation."""
        return self.address, self.issuer, self.organisation

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "address": self.address,
            "credentials": [self.credentials[quarter].record() for quarter in sorted(self.credentials)],
            "issuer": self.issuer,
            "method": self.method,
            "organisation": self.organisation,
            "role_family": self.role_family,
            "standing": self.standing,
        }

    @classmethod
    def parse(cls, value: object) -> "Membership":
        """Raises: `Malformed`."""
        names = ("address", "credentials", "issuer", "method", "organisation", "role_family", "standing")
        got = fields(value, names, "A membership")
        held = [Credential.parse(each) for each in _list(got["credentials"])]
        return cls(
            address=instance(got["address"]),
            issuer=domain(got["issuer"]),
            organisation=domain(got["organisation"]),
            role_family=code_word(got["role_family"]),
            standing=standing(got["standing"]),
            method=method(got["method"]),
            credentials={each.attributes.epoch: each for each in held},
        )


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A receipt as the server signed it, and where it is from."""

    address: str
    receipt: bytes

    def record(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {"address": self.address, "receipt": _text(self.receipt)}

    @classmethod
    def parse(cls, value: object) -> "KeptReceipt":
        """Raises: `Malformed`."""
        got = fields(value, ("address", "receipt"), "A receipt")
        return cls(instance(got["address"]), text(got["receipt"], limit=_NOTE, what="A receipt").encode())


@dataclass
class Wallet:
    """One phrase and everything that was done with it; `entropy` has 32 octets.

    `vouches` are the contexts of vouching slots that were used; for whom is not kept. `identities` are the long-term
    keys of issuers, by name, as they were when one first admitted the person.
    """

    entropy: bytes = field(repr=False)
    pins: dict[str, Pin] = field(default_factory=dict)
    memberships: dict[tuple[str, str, str], Membership] = field(default_factory=dict)
    receipts: list[KeptReceipt] = field(default_factory=list)
    vouches: set[str] = field(default_factory=set)
    identities: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, phrase: str) -> "Wallet":
        """Return an empty wallet for a phrase. Raises: `Malformed`."""
        return cls(phrases.entropy(phrase))

    @cached_property
    def phrase(self) -> str:
        """The 24 words."""
        return phrases.new(self.entropy)

    @cached_property
    def seed(self) -> bytes:
        """The 64 octets from which all secrets are derived; takes some milliseconds, so it is kept."""
        return phrases.seed(self.phrase)

    def pin(self, address: str) -> Pin:
        """Return what is believed of an instance. Raises: `Withheld` where nothing is."""
        found = self.pins.get(address)
        if found is None:
            raise Withheld("no-pass", f"There is no pass for {address} here. Join first: undersigned enrol {address}")
        return found

    def trust(self, address: str, policy: str) -> None:
        """Believe an instance under a policy from now on. Raises: `Malformed`; `Refused` when another is believed."""
        Policy.parse(policy)
        found = self.pins.get(address)
        if found is not None and found.policy != policy:
            raise Refused("other-policy", f"For {address} this device already trusts other keys. They do not change.")
        self.pins[address] = found or Pin(policy)

    def saw(self, address: str, *, registry: bytes | None = None, log: bytes | None = None) -> None:
        """Remember signed checkpoints that were checked. Raises: `Withheld` where nothing is pinned."""
        pin = self.pin(address)
        self.pins[address] = replace(pin, registry=registry or pin.registry, log=log or pin.log)

    def agree(self, address: str, issuer: str, at: str) -> None:
        """Remember where an issuer of an instance is, to which the person agreed. Raises: as `saw`."""
        pin = self.pin(address)
        self.pins[address] = replace(pin, issuers=dict(pin.issuers) | {issuer: at})

    def hold(self, membership: Membership) -> None:
        """Keep a membership; credentials of other epochs that it had stay."""
        before = self.memberships.get(membership.name)
        kept = dict(before.credentials) if before is not None else {}
        self.memberships[membership.name] = replace(membership, credentials=kept | dict(membership.credentials))

    def know(self, issuer: str, identity: str | None) -> None:
        """Remember an issuer's long-term key, the first one; None where it signed nothing."""
        if identity is not None:
            self.identities.setdefault(issuer, identity)

    def keep(self, address: str, receipt: bytes) -> None:
        """Keep a receipt, once."""
        kept = KeptReceipt(address, receipt)
        if kept not in self.receipts:
            self.receipts.append(kept)

    def at(self, address: str) -> list[Membership]:
        """Return the memberships of an instance, in order of organisation and issuer."""
        here = [each for each in self.memberships.values() if each.address == address]
        return sorted(here, key=lambda each: (each.organisation, each.issuer))

    def encoded(self) -> bytes:
        """Canonical octets, unencrypted."""
        return canonical(
            {
                "entropy": b64u(self.entropy),
                **({"identities": self.identities} if self.identities else {}),
                "instances": {address: pin.record() for address, pin in self.pins.items()},
                "memberships": [self.memberships[name].record() for name in sorted(self.memberships)],
                "profile": PROFILE,
                "receipts": [each.record() for each in self.receipts],
                "vouches": sorted(self.vouches),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> "Wallet":
        """Read what `encoded` wrote.

        Raises: `Malformed`.
        """
        value = parse_canonical(data, limit=MAX_WALLET)
        more = ("identities",) if isinstance(value, dict) and "identities" in value else ()
        got = fields(value, (*_FIELDS, *more), "The pass")
        if got["profile"] != PROFILE:
            raise Malformed("unknown-profile", f"The pass is not of profile {PROFILE}.")
        if not isinstance(got["instances"], dict):
            raise Malformed("not-an-object", "The instances in the pass are not an object.")
        held = [Membership.parse(each) for each in _list(got["memberships"])]
        wallet = cls(
            entropy=octets(got["entropy"], phrases.ENTROPY, what="The words"),
            pins={instance(address): Pin.parse(pin) for address, pin in got["instances"].items()},
            memberships={each.name: each for each in held},
            receipts=[KeptReceipt.parse(each) for each in _list(got["receipts"])],
            vouches={_slot(each) for each in _list(got["vouches"])},
            identities=_identities(got.get("identities", {})),
        )
        if wallet.encoded() != data:
            raise Malformed("wallet-spelling", "The pass is not in its one allowed spelling.")
        return wallet


def _named(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Malformed("not-an-object", "The issuers in the pass are not an object.")
    return {domain(name): instance(at) for name, at in value.items()}


def _identities(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Malformed("not-an-object", "The issuers in the pass are not an object.")
    for issuer, key in value.items():
        if VerifierKey.parse(text(key, what="An issuer's key")).name != domain(issuer):
            raise Malformed("other-name", "An issuer's own key bears the issuer's name.")
    return dict(value)


def _slot(value: object) -> str:
    if parse_context(value)[0] != "vouch":
        raise Malformed("bad-context", "A used vouch in the pass is none.")
    return str(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("bad-list", "A list is expected in the pass.")
    return value


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _octets(value: object) -> bytes | None:
    return None if value is None else text(value, limit=_NOTE, what="A checkpoint").encode()
