"""An issuer on a database of its own for each test, and people who enrol with it."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

from django.core.management import call_command
from django.db import connections

from support.proving import ask_at, asks
from undersigned.bbs.blind import commit, verify_signature
from undersigned.bbs.ciphersuite import POINT, R
from undersigned.bootstrap import configure
from undersigned.config import ROOMS, Config
from undersigned.protocol.credential import Credential, header
from undersigned.protocol.enrolment import (
    CANCEL,
    JOIN,
    RENEW,
    REPLACE,
    Admission,
    Cancellation,
    Renewal,
    Request,
    Wish,
)
from undersigned.storage.keys import KeyStore

if TYPE_CHECKING:
    import threading

    from undersigned.issuer.service import Issuer
    from undersigned.issuer.ways.way import Way

NAME = "issuer.example"
ORIGIN = "http://127.0.0.1:1"
HERE = "example.com"
THERE = "example.org"
Q4, Q1, Q2 = "2026Q4", "2027Q1", "2027Q2"

W = TypeVar("W", bound=Wish)


class Clock:
    """A clock that a test moves."""

    def __init__(self, day: str = "2026-12-01") -> None:
        self.day = day

    def today(self) -> str:
        return self.day

    def tick(self) -> str:
        return f"{self.day}T00:00:00Z"

    def strikes(self, tick: str) -> bool:
        return tick == self.tick()


@cache
def _template() -> Path:
    """A migrated, empty database, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="issuer-template-"))
    configure(Config(folder, name=NAME, url=ORIGIN, issuer=NAME))
    path = folder / "template.sqlite3"
    use(path)
    call_command("migrate", database="issuer", verbosity=0, interactive=False)
    connections["issuer"].close()
    return path


def use(path: Path) -> None:
    """Let this process's rooms use another database file for the issuer."""
    connections["issuer"].close()
    connections.settings["issuer"]["NAME"] = str(path)
    del connections["issuer"]


@dataclass
class Person:
    """Somebody with words of their own: scalars from a seeded generator, as derivation is tested elsewhere."""

    number: int
    secrets: list[int] = field(init=False)
    blind: int = field(init=False)

    def __post_init__(self) -> None:
        dice = Random(self.number)
        self.secrets = [dice.randrange(1, R) for _ in range(8)]
        self.blind = dice.randrange(1, R)

    @property
    def commitment(self) -> bytes:
        return commit(self.secrets, self.blind, Random().randbytes)

    @property
    def point(self) -> bytes:
        return self.commitment[:POINT]

    def asks(self, action: str, wish: W) -> Request[W]:
        return asks(action, wish, self.secrets, self.blind)

    def admission(self, code: str, organisation: str = HERE, role: str = "undeclared") -> Request[Admission]:
        return self.asks(JOIN, Admission(organisation, "code", {"code": code}, role, "undeclared"))

    def replacement(self, code: str, organisation: str = HERE, role: str = "undeclared") -> Request[Admission]:
        return self.asks(REPLACE, Admission(organisation, "code", {"code": code}, role, "undeclared"))

    def renewal(self, organisation: str = HERE) -> Request[Renewal]:
        return self.asks(RENEW, Renewal(organisation, "undeclared", "undeclared"))

    def cancellation(self, organisation: str = HERE) -> Request[Cancellation]:
        return self.asks(CANCEL, Cancellation(organisation))

    def check(self, credential: Credential, keys: KeyStore) -> None:
        """Verify a credential as its holder does."""
        public = keys.issuer_public(credential.attributes.organisation, credential.attributes.epoch)
        verify_signature(
            public, credential.signature, header(NAME), credential.attributes.messages(), self.secrets, self.blind
        )


@dataclass
class Office:
    """An issuer with its keys, clock and database file."""

    issuer: "Issuer"
    keys: KeyStore
    clock: Clock
    database: Path

    def code(self, organisation: str = HERE) -> str:
        return self.issuer.new_sheet(organisation, 1).codes[0]

    def files(self) -> bytes:
        """All octets of the database and whatever lies beside it under its name."""
        return b"".join(path.read_bytes() for path in sorted(self.database.parent.glob(f"{self.database.name}*")))


def office(folder: Path, seed: int | None = None, ways: "Sequence[Way]" = ()) -> Iterator[Office]:
    """Open an issuer with one open epoch; with a `seed` its codes, subjects and signatures are the same at each run."""
    database = folder / "issuer.sqlite3"
    shutil.copy(_template(), database)
    use(database)
    from undersigned.issuer.service import Issuer  # noqa: PLC0415 - models need Django set up first

    keys = KeyStore(folder / "keys")
    keys.create(ROOMS)
    clock = Clock()
    if seed is None:
        issuer = Issuer(NAME, keys, clock, (ORIGIN,), ways=ways)
    else:
        dice = Random(seed)
        (folder / "keys" / "subject.key").write_text(dice.randbytes(32).hex())
        issuer = Issuer(NAME, keys, clock, (ORIGIN,), dice.randbytes, ways=ways)
    issuer.open_epoch(HERE, Q4)
    ask_at(NAME, ORIGIN, issuer.door.nonce)
    yield Office(issuer, keys, clock, database)
    connections["issuer"].close()


def in_threads(jobs: list["threading.Thread"]) -> None:
    """Start all, then wait for all."""
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
