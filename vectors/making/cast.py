"""Who and what the vectors speak of: fictional people, issuers and letters, all derived from labels.

Nothing here is secret and nothing is random: `octets_of` stretches a label with SHAKE-256, and `Draws`
stands in for randomness, so that another implementation can make the same octets.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

from mnemonic import Mnemonic

from undersigned.bbs.blind import blind_sign, commit, verify_commitment
from undersigned.bbs.signature import keygen, public_key
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.letter import Erratum, Letter, Organisation, Recounter, Terms, Text, Workforce
from undersigned.tlog.note import SigningKey

LABEL: Final = "undersigned/1 vectors"
EPOCH: Final = "2026Q4"


def octets_of(label: str, length: int) -> bytes:
    """Return the first octets of SHAKE-256 of the label."""
    return hashlib.shake_256(f"{LABEL}/{label}".encode()).digest(length)


class Draws:
    """Stands in for randomness: call number i, from 0, gives `octets_of(<label>/<i>, length)`."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._calls = 0

    def __call__(self, length: int) -> bytes:
        """Return the octets of the next call."""
        out = octets_of(f"{self.label}/{self._calls}", length)
        self._calls += 1
        return out


# ── people ──

#: The first phrase is one that everybody who tests BIP-39 knows.
PHRASES: Final = {
    "zero": " ".join(["abandon"] * 23 + ["art"]),
    "ada": Mnemonic("english").to_mnemonic(octets_of("phrase/ada", 32)),
    "ben": Mnemonic("english").to_mnemonic(octets_of("phrase/ben", 32)),
}


def seed(person: str) -> bytes:
    """Return the 64 octets of a person's phrase."""
    return bytes(Mnemonic.to_seed(PHRASES[person], passphrase=""))


# ── issuers ──


@dataclass(frozen=True)
class IssuerOf:
    """An issuer's key for one organisation and epoch; `copy` tells apart keys that should not both exist."""

    issuer: str
    organisation: str
    epoch: str = EPOCH
    copy: str = ""

    @property
    def secret(self) -> int:
        """The secret scalar."""
        return keygen(octets_of(f"issuer/{self.issuer}/{self.organisation}/{self.epoch}{self.copy}", 64))

    @property
    def public(self) -> bytes:
        """The public key, 96 octets."""
        return public_key(self.secret)

    def record(self) -> dict[str, str]:
        """Return what a verifier knows of it."""
        return {
            "issuer": self.issuer,
            "organisation": self.organisation,
            "epoch": self.epoch,
            "public_key": self.public.hex(),
        }


BADGES: Final = "badges.example"
GUILD: Final = "guild.example"
HARBOUR, MILL, FOUNDRY = "harbour.example", "mill.example", "foundry.example"
#: harbour.example: one issuer. mill.example: two issuers together. foundry.example: vouching is one of its ways.
KEYS: Final = {
    "harbour": IssuerOf(BADGES, HARBOUR),
    "harbour-next-epoch": IssuerOf(BADGES, HARBOUR, "2027Q1"),
    "mill-badges": IssuerOf(BADGES, MILL),
    "mill-guild": IssuerOf(GUILD, MILL),
    "foundry": IssuerOf(BADGES, FOUNDRY),
}
#: Somebody who would like to be badges.example.
FORGER: Final = IssuerOf(BADGES, HARBOUR, EPOCH, "/forger")

_ATTRIBUTES: Final = {
    "harbour": Attributes(HARBOUR, EPOCH, "software-engineering", "non-manager", "code"),
    "harbour-next-epoch": Attributes(HARBOUR, "2027Q1", "software-engineering", "non-manager", "code"),
    "mill-badges": Attributes(MILL, EPOCH, "undeclared", "undeclared", "code"),
    "mill-guild": Attributes(MILL, EPOCH, "undeclared", "undeclared", "code"),
    "foundry": Attributes(FOUNDRY, EPOCH, "operations", "non-manager", "code"),
    "foundry-vouched": Attributes(FOUNDRY, EPOCH, "operations", "non-manager", "vouch"),
}


@dataclass(frozen=True)
class Issued:
    """One issuance, with all that went into it."""

    name: str
    person: str
    key: IssuerOf
    commitment: bytes
    fresh: bytes
    credential: Credential

    def record(self) -> dict[str, Any]:
        """Return the vector."""
        return {
            "name": self.name,
            "seed": seed(self.person).hex(),
            "issuer": self.key.issuer,
            "secret_key": self.key.secret.to_bytes(32, "big").hex(),
            "public_key": self.key.public.hex(),
            "header": header(self.key.issuer).decode(),
            "messages": list(self.credential.attributes.texts()),
            "commitment_draws": f"commit/{self.name}",
            "commitment": self.commitment.hex(),
            "commitment_point": verify_commitment(self.commitment).hex(),
            "fresh": self.fresh.hex(),
            "signature": self.credential.signature.hex(),
        }


def issue(name: str, person: str, key: IssuerOf, attributes: Attributes, signer: IssuerOf | None = None) -> Issued:
    """Issue a credential; `signer` signs in the name of `key` where given, as a forger would."""
    draws = Draws(f"commit/{name}")
    commitment = commit(nym_secrets(seed(person)), blind(seed(person), key.issuer), draws)
    fresh = octets_of(f"fresh/{name}", 32)
    signature = blind_sign(
        (signer or key).secret, key.public, commitment, header(key.issuer), attributes.messages(), fresh
    )
    return Issued(name, person, key, commitment, fresh, Credential(key.issuer, attributes, signature))


CREDENTIALS: Final = {
    **{f"ada-{name}": issue(f"ada-{name}", "ada", key, _ATTRIBUTES[name]) for name, key in KEYS.items()},
    "ben-harbour": issue("ben-harbour", "ben", KEYS["harbour"], _ATTRIBUTES["harbour"]),
    "ben-mill-badges": issue("ben-mill-badges", "ben", KEYS["mill-badges"], _ATTRIBUTES["mill-badges"]),
    "ben-mill-guild": issue("ben-mill-guild", "ben", KEYS["mill-guild"], _ATTRIBUTES["mill-guild"]),
    "ben-foundry-vouched": issue("ben-foundry-vouched", "ben", KEYS["foundry"], _ATTRIBUTES["foundry-vouched"]),
}
FORGED: Final = issue("ada-forged", "ada", KEYS["harbour"], _ATTRIBUTES["harbour"], signer=FORGER)
#: What guild.example, one of two issuers, makes in the name of the other with its own key.
POSED: Final = issue("ada-posed", "ada", KEYS["mill-badges"], _ATTRIBUTES["mill-badges"], signer=KEYS["mill-guild"])
#: A credential that says another organisation than it was signed for.
RELABELLED: Final = issue(
    "ada-relabelled", "ada", IssuerOf(GUILD, FOUNDRY), replace(_ATTRIBUTES["foundry"], organisation=MILL)
)

# ── what is signed ──

LETTER: Final = Letter(
    slug="keep-the-lights-on",
    addressee="The management of Harbour",
    epoch=EPOCH,
    goal=None,
    organisations=(
        Organisation(FOUNDRY, (BADGES,)),
        Organisation(HARBOUR, (BADGES,)),
        Organisation(MILL, (BADGES, GUILD)),
    ),
    texts=(
        Text("en", "Keep the lights on", "We work here.\n\nWe ask for three things.", ("Say how.", "Say when.")),
        Text("de", "Lasst das Licht an", "Wir arbeiten hier.\n\nWir bitten um drei Dinge.", ("Wie?", "Wann?")),
    ),
    taxonomy="titles-1",
)
#: One character more in the first demand, and so another letter.
ALTERED: Final = replace(LETTER, texts=(replace(LETTER.texts[0], demands=("Say how..", "Say when.")), LETTER.texts[1]))
RECOUNTERS: Final = (
    Recounter("Harbour Gazette", SigningKey("gazette.example/recounts", octets_of("recounter/gazette", 32)).vkey),
    Recounter("Workers’ Guild", SigningKey("guild.example/recounts", octets_of("recounter/guild", 32)).vkey),
)
FULL_LETTER: Final = Letter(
    slug="a-second-letter",
    addressee="Vorstand der Mühle AG",
    epoch=EPOCH,
    goal=1000,
    organisations=(Organisation(MILL, (BADGES, GUILD)),),
    texts=(Text("de-AT", "Über die Mühle", "Der Text\tmit Tabulator.\n\n„Zitat“ – \U0001f33e", ()),),
    taxonomy="titles-1",
    recounters=RECOUNTERS,
    continues=LETTER.digest,
)
_WORKFORCE: Final = (
    Workforce(FOUNDRY, 40, "2026-06-30", "Annual report 2025, page 12"),
    Workforce(HARBOUR, 1200, "2026-06-30", "Annual report 2025, page 31"),
)
TERMS: Final = (
    Terms(LETTER.digest, 1, "2026-10-05", "2026-12-03T00:00:00Z", _WORKFORCE),
    Terms(
        LETTER.digest,
        2,
        "2026-10-20",
        "2026-12-10T12:00:00Z",
        _WORKFORCE,
        (Erratum("2026-10-20", "The text says three things; there are two demands."),),
    ),
)

INSTANCE: Final = "letters.example"
NOTE_KEYS: Final = {
    name: SigningKey(f"{INSTANCE}/{name}", octets_of(f"note/{name}", 32)) for name in ("registry", "log", "receipt")
}
