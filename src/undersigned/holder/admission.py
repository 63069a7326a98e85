"""What a holder checks before keeping a credential (section 3, “No letter, key or message of one's own”)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from undersigned.bbs.blind import verify_signature
from undersigned.errors import Refused, UndersignedError
from undersigned.holder.registry import RegistryView
from undersigned.protocol.credential import Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import Issuance, typed_code
from undersigned.protocol.registry import Registry

#: Ways of joining, as people call them.
CALLED: Final = {"code": "codes", "email": "e-mail", "oidc": "an account elsewhere", "vouch": "vouching"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody brings to join: a way of joining and its evidence."""

    method: str
    evidence: Mapping[str, str]

    @classmethod
    def code(cls, typed: str) -> "Shown":
        """A one-time code as it was typed. Raises: `Malformed`."""
        return cls("code", {"code": typed_code(typed)})


@dataclass(frozen=True, slots=True)
class Expected:
    """What every credential of an answer has to say; the epoch is for the issuer to choose."""

    issuer: str
    organisation: str
    role_family: str
    standing: str
    methods: tuple[str, ...]


def issuers_of(registry: Registry, organisation: str) -> list[str]:
    """Return all who admit people to an organisation, by name. Raises: `Refused` when there is none."""
    names = sorted({each.issuer for each in registry.issuer_keys.values() if each.organisation == organisation})
    if not names:
        raise Refused("unknown-organisation", f"Nobody here admits members of {organisation}. Check the name.")
    return names


def issuer_of(registry: Registry, organisation: str, issuer: str | None) -> str:
    """Return who admits people to an organisation: `issuer`, or the one that the registry names.

    Raises: `Refused` when there is none, or several to choose from.
    """
    names = issuers_of(registry, organisation)
    if issuer is None and len(names) > 1:
        raise Refused(
            "several-issuers", f"Several admit members of {organisation}: name one of {', '.join(names)} with --issuer."
        )
    if issuer is not None and issuer not in names:
        raise Refused("unknown-issuer", f"{issuer} does not admit members of {organisation} here.")
    return issuer or names[0]


def methods_of(registry: Registry, issuer: str, organisation: str) -> tuple[str, ...]:
    """Return an issuer's ways of admitting people to an organisation, in any epoch."""
    keys = registry.issuer_keys.values()
    ways = {way for each in keys if (each.issuer, each.organisation) == (issuer, organisation) for way in each.methods}
    return tuple(sorted(ways))


def accept(issuance: Issuance, expected: Expected, registry: Registry, seed: bytes) -> dict[str, Credential]:
    """Return an answer's credentials by epoch, each one checked.

    1. epochs ascending, each once; the issuer, and exactly the messages that were asked for;
    2. the registry has one key for this issuer, organisation and epoch, which admits by this method;
    3. the signature holds under that key, over these messages and the secrets of `seed`.

    Raises: `Refused` when any of it does not hold: then nothing of the answer is to be kept.
    """
    held = issuance.credentials
    if not held:
        raise Refused("no-credentials", "The issuer sent no pass: no letter is open for you now. Ask again later.")
    if any(later.attributes.epoch <= earlier.attributes.epoch for earlier, later in pairwise(held)):
        raise _unexpected("it holds two passes for one quarter")
    for each in held:
        _check(each, expected, registry, seed)
    if len({each.attributes.method for each in held}) > 1:
        raise _unexpected("its passes differ in how you joined")
    return {each.attributes.epoch: each for each in held}


def recognised(held: Mapping[str, Credential], view: RegistryView, known: Mapping[str, str]) -> dict[str, Credential]:
    """Return those of checked credentials whose keys are signed by the issuer that this device knows by that name.

    A quarter's key from before the issuer signed its keys is passed over, and its credential with it. `known` are
    issuers' long-term keys, by name; where none is, all are returned.
    Raises: `Refused` when nothing is left.
    """
    out: dict[str, Credential] = {}
    differs: Refused | None = None
    for quarter, each in held.items():
        try:
            view.issuer_key(each.issuer, each.attributes.organisation, quarter, known)
            out[quarter] = each
        except Refused as error:
            differs = error
    if differs is not None and not out:
        raise differs
    return out


def _check(held: Credential, expected: Expected, registry: Registry, seed: bytes) -> None:
    got = held.attributes
    for what, value, asked in (
        ("issuer", held.issuer, (expected.issuer,)),
        ("organisation", got.organisation, (expected.organisation,)),
        ("kind of work", got.role_family, (expected.role_family,)),
        ("standing", got.standing, (expected.standing,)),
        ("way of joining", got.method, expected.methods),
    ):
        if value not in asked:
            raise _unexpected(f"it says “{value}” as {what}, not “{' or '.join(asked)}”")
    key = registry.issuer_key(held.issuer, got.organisation, got.epoch)
    if got.method not in key.methods:
        raise _unexpected(f"nobody is admitted by “{got.method}” in {got.epoch}")
    try:
        verify_signature(
            key.public_key,
            held.signature,
            header(held.issuer),
            got.messages(),
            nym_secrets(seed),
            blind(seed, held.issuer),
        )
    except UndersignedError as error:
        raise _unexpected("it is not signed with the key in the public registry") from error


def _unexpected(what: str) -> Refused:
    return Refused(
        "credential-unexpected",
        f"The issuer's pass was thrown away: {what}. A pass that nobody else has could mark you. Tell others.",
    )
