"""A ledger on a folder and database of its own for each test, and acts that need no real proofs."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.db import connections

from undersigned.bbs.ciphersuite import proof_size
from undersigned.bootstrap import configure
from undersigned.config import Config
from undersigned.ledger.store import Staging
from undersigned.protocol import presentation
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.context import context_id
from undersigned.protocol.entry import Genesis, Issued, ReceiptKey
from undersigned.protocol.presentation import VerifiedAct
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint
from undersigned.tlog.note import SigningKey
from undersigned.tlog.tile import Rebuilder, bundles, read_bundle

if TYPE_CHECKING:
    from undersigned.ledger.service import Ledger

NAME = "letters.example"
ISSUER = "issuer.example"
HERE = "example.com"
THERE = "example.org"
EPOCH = "2026Q4"
DEADLINE = "2027-01-31T00:00:00Z"
ISSUED = [Issued(ISSUER, name, EPOCH, 100_000) for name in (HERE, THERE)]


def issued() -> list[Issued]:
    """What an issuer says of its members, always."""
    return ISSUED


def tick(day: int) -> str:
    """The first hour of a day, counted from the first of December 2026."""
    return f"2026-12-{day + 1:02}T00:00:00Z" if day < 31 else f"2027-01-{day - 30:02}T00:00:00Z"


def letter(name: str = "a letter") -> str:
    """The context of a letter that only has a digest."""
    return context_id("letter", hashlib.sha256(name.encode()).hexdigest())


LETTER = letter()


def octets(seed: str, count: int) -> bytes:
    """Octets that a seed stretches to: they look like any pseudonym or proof."""
    return hashlib.shake_256(seed.encode()).digest(count)


def act(member: object, action: str = "sign", context: str = LETTER, organisation: str = HERE) -> Act:
    """What a member, known by any name or number, does in a letter."""
    return Act(
        kind="letter",
        action=action,
        context=context,
        organisation=organisation,
        epoch=EPOCH,
        disclosed={0: organisation, 1: EPOCH},
        issuers=(ISSUER,),
        pseudonym=octets(f"pseudonym {member} {context}", 48),
        sequence=int(action == "withdraw"),
    )


def proved(what: Act, attempt: int = 0) -> VerifiedAct:
    """An act as if its proofs had been checked, through the evidence's private token: real ones cost time.

    Another `attempt` has other proofs, as a holder's second one would.
    """
    proof = octets(f"proof {what.digest} {attempt}", proof_size(len(what.disclosed)))
    return VerifiedAct(SignedAct(what, (proof,)), presentation._TOKEN)


@cache
def _template() -> Path:
    """A migrated, empty database, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-template-"))
    configure(Config(folder, name=NAME, url="http://127.0.0.1:1", issuer=ISSUER))
    path = folder / "template.sqlite3"
    use(path)
    call_command("migrate", database="ledger", verbosity=0, interactive=False)
    connections["ledger"].close()
    return path


def use(path: Path) -> None:
    """Let this thread of the process use another database file for the ledger."""
    connections["ledger"].close()
    connections.settings["ledger"]["NAME"] = str(path)
    del connections["ledger"]


def key(name: str) -> SigningKey:
    return SigningKey(f"{NAME}/{name}", hashlib.sha256(name.encode()).digest())


@dataclass
class Book:
    """A ledger's folders, as an outsider and as a thief sees them."""

    folder: Path
    ledger: "Ledger" = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        template = _template()
        if not self.database.exists():
            shutil.copyfile(template, self.database)
        use(self.database)
        self.ledger = self.open()

    @property
    def database(self) -> Path:
        return self.folder / "ledger.sqlite3"

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def staging(self) -> Staging:
        return Staging(self.folder / "staging")

    def close(self) -> None:
        """Close this thread's connection."""
        connections["ledger"].close()

    def open(self, **more: Any) -> "Ledger":
        """Another process's ledger on the same folders."""
        from undersigned.ledger.service import Ledger  # noqa: PLC0415 - models need Django set up first

        folders = {"public": self.public, "staging": self.folder / "staging"} | more
        return Ledger(registry_key=key("registry"), log_key=key("log"), receipt_key=key("receipt"), **folders)

    def created(self) -> "Book":
        """The same, with the registry's first entries."""
        genesis = Genesis(name=NAME, demo=True, registry=key("registry").vkey, log=key("log").vkey)
        self.ledger.create(genesis, ReceiptKey(key("receipt").vkey), tick(0))
        return self

    def checkpoint(self, log: str = "log") -> Checkpoint:
        octets_ = (self.public / log / "checkpoint").read_bytes()
        return open_checkpoint(octets_, f"{NAME}/{log}", key(log).verifier)

    def entries(self, log: str = "log") -> list[bytes]:
        """Every entry of a published log, whose root is checked."""
        checkpoint = self.checkpoint(log)
        tree, entries = Rebuilder(), []
        for path in bundles(checkpoint.size):
            part = read_bundle(path, lambda name: (self.public / log / name).read_bytes())
            tree.feed(part)
            entries += part
        assert tree.root() == checkpoint.root
        return entries

    def acts(self) -> list[SignedAct]:
        """Every act of the published log, in its order."""
        return [SignedAct.parse(entry) for entry in self.entries() if b'"entry":' not in entry]

    def files(self) -> bytes:
        """All octets of the database and whatever lies beside it under its name."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob(f"{self.database.name}*")))

    def hold(self, acts: Sequence[Act]) -> list[bytes]:
        """Hold acts one after the other; their receipts."""
        with self.ledger.accepting():
            return [self.ledger.hold(proved(each), DEADLINE).receipt for each in acts]


def changed(what: Act, **fields: Any) -> Act:
    """The same act with something else in it."""
    return replace(what, **fields)
