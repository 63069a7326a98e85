"""Keys: that they are there, can be read, and belong to what the registry says. None is ever made or shown."""

from collections.abc import Iterator
from typing import Final

from undersigned.bbs.ciphersuite import SECRET_KEY
from undersigned.config import Config
from undersigned.doctor import published
from undersigned.doctor.finding import Finding, holds, wrong
from undersigned.errors import UndersignedError
from undersigned.protocol.registry import Registry
from undersigned.storage.keys import KeyStore

_SEED: Final = 32
_BACK: Final = "Put keys/ back from a backup"
_LETTERS: Final = ("registry", "log", "receipt", "letters")
_ISSUER: Final = ("subject", "identity")


def keys(config: Config) -> list[Finding]:
    """Look at every key of the rooms that are here."""
    names = (_LETTERS if "letters" in config.rooms else ()) + (_ISSUER if "issuer" in config.rooms else ())
    damaged = [each for each in (_seed(config, name) for name in names) if each]
    damaged += _issuers(config)
    if damaged:
        return damaged
    found = list(_registry(config)) if "letters" in config.rooms else []
    count = len(names) + len(list((config.keys / "issuer").glob("*.key")))
    return found or [holds("keys", f"{count} keys can be read" + _belong(config))]


def _belong(config: Config) -> str:
    return ", and are those that the registry names" if "letters" in config.rooms else ""


def _seed(config: Config, name: str) -> Finding | None:
    path = config.keys / f"{name}.key"
    if not path.exists() and name == "identity":
        return None  # an older instance is given one when it is first asked for
    try:
        right = len(bytes.fromhex(path.read_text(encoding="ascii").strip())) == _SEED
    except FileNotFoundError:
        return wrong("keys", f"The key {name} is missing", f"{_BACK}. Make none anew: the registry names the old one.")
    except ValueError:
        right = False
    return None if right else wrong("keys", f"The key {name} is damaged", f"{_BACK}.")


def _issuers(config: Config) -> Iterator[Finding]:
    for path in sorted((config.keys / "issuer").glob("*.key")):
        try:
            right = len(bytes.fromhex(path.read_text(encoding="ascii").strip())) == SECRET_KEY
        except ValueError:
            right = False
        if not right:
            yield wrong("keys", f"The issuer's key {path.stem} is damaged", f"{_BACK}; else its quarter is over.")


def _registry(config: Config) -> Iterator[Finding]:
    """Compare keys with the registry, which is read under the key that is here."""
    store = KeyStore(config.keys)
    try:
        seen = published.registry(config, store.signing("registry", config.name).verifier)
    except UndersignedError as error:
        yield wrong(
            "keys", f"The registry cannot be read with the key registry: {error.words}", f"{_BACK}, or public/ too."
        )
        return
    genesis = seen.genesis
    if genesis is None or genesis.log != store.signing("log", config.name).vkey:
        yield wrong("keys", "The key log is not the one that the registry names", f"{_BACK}.")
    if store.signing("receipt", config.name).vkey not in seen.receipt_keys:
        yield wrong("keys", "The key receipt is not the one that the registry names", f"{_BACK}.")
    if "issuer" in config.rooms:
        yield from _named(config, store, seen)


def _named(config: Config, store: KeyStore, seen: Registry) -> Iterator[Finding]:
    for (issuer, organisation, quarter), entry in sorted(seen.issuer_keys.items()):
        if issuer != config.issuer:
            continue
        try:
            same = store.issuer_public(organisation, quarter) == entry.public_key
        except (UndersignedError, ValueError):
            yield wrong(
                "keys", f"The issuer's key of {organisation} for {quarter} is missing or none",
                f"{_BACK}; without it its quarter is over: undersigned epoch close {organisation} {quarter}.",
            )  # fmt: skip
            continue
        if not same:
            yield wrong("keys", f"The issuer's key of {organisation} for {quarter} is not the registry's", f"{_BACK}.")
