"""A whole real instance in a folder of its own for each test, with members who really hold credentials."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

from django.db import connections

from support.proving import ask_at, asks_with
from undersigned.bootstrap import Instance, configure, create_instance, open_instance
from undersigned.clock import DemonstrationClock
from undersigned.config import ROOMS, Config
from undersigned.issuer.door import Door
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import Credential
from undersigned.protocol.enrolment import JOIN, Admission, Bound
from undersigned.protocol.letter import Erratum, Letter, Organisation, Terms, Text, Workforce
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.storage.keys import KeyStore

NAME, ISSUER, URL = "letters.example", "issuer.example", "http://127.0.0.1:8000"
HERE, THERE = "example.com", "example.org"
EPOCH = "2026Q4"
BEGIN, CLOSES = "2026-12-01T00:00:00Z", "2026-12-05T00:00:00Z"

BODY = """We work at Example Corp, and some of us train the systems that it sells.

In March we were told that an assistant would read the messages in which we ask for leave. Nobody was asked."""
DEMANDS = ("Publish which systems assess people who work here.", "Let somebody answer for each of them by name.")


def config(folder: Path) -> Config:
    return Config(folder, name=NAME, url=URL, issuer=ISSUER, demo=True, clock="demonstration")


def use(directory: Path) -> None:
    """Let this process's rooms use the databases of another instance."""
    there = config(directory)
    configure(there)
    keys, clock = KeyStore(there.keys), DemonstrationClock(there.clock_file)
    ask_at(ISSUER, URL, lambda: Door(ISSUER, (URL,), lambda: keys.derived("nonce"), clock).nonce())
    for room in ROOMS:
        connections[room].close()
        connections.settings[room]["NAME"] = str(there.database(room))
        del connections[room]


@cache
def _template() -> Path:
    """An empty instance, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="instance-template-")) / "instance"
    use(folder)
    create_instance(config(folder), BEGIN)
    close()
    return folder


def close() -> None:
    """Close this thread's databases."""
    for room in ROOMS:
        connections[room].close()


def fresh(folder: Path) -> Instance:
    """A new instance in a folder that does not exist yet."""
    shutil.copytree(_template(), folder, symlinks=True)
    use(folder)
    return open_instance(folder)


def move(instance: Instance, tick: str) -> None:
    """Set the instance's clock."""
    assert isinstance(instance.clock, DemonstrationClock)
    instance.clock.move(tick)


def letter(slug: str = "leave", goal: int | None = None, organisations: Sequence[str] = (HERE,)) -> Letter:
    return Letter(
        slug=slug,
        addressee="To the board of Example Corp",
        epoch=EPOCH,
        goal=goal,
        organisations=tuple(Organisation(name, (ISSUER,)) for name in organisations),
        texts=(Text("en", "On the machines that read our messages", BODY, DEMANDS),),
        taxonomy="t2026-1",
    )


def terms(of: Letter, closes: str = CLOSES, people: int = 21_000) -> Terms:
    return Terms(
        letter=of.digest,
        number=1,
        dated=BEGIN[:10],
        closes=closes,
        workforce=tuple(
            Workforce(each.organisation, people, "2026-09-30", "annual report, page 12") for each in of.organisations
        ),
    )


def later(before: Terms, closes: str | None = None, erratum: str | None = None, dated: str = BEGIN[:10]) -> Terms:
    """The next terms."""
    errata = (*before.errata, Erratum(dated, erratum)) if erratum else before.errata
    return replace(before, number=before.number + 1, dated=dated, closes=closes or before.closes, errata=errata)


def opened(instance: Instance, of: Letter, **more: object) -> Letter:
    """Draft and open a letter, the issuer's keys first."""
    instance.letters.draft(of, terms(of, **more))  # type: ignore[arg-type] # a test's own arguments
    known = instance.ledger.registry().issuer_keys
    for each in of.organisations:
        entry = instance.issuer.open_epoch(each.organisation, of.epoch)
        if (entry.issuer, entry.organisation, entry.epoch) not in known:
            instance.ledger.append_registry([entry], {}, instance.clock.tick())
    instance.letters.open(of.slug)
    return of


def dice(*names: object) -> Callable[[int], bytes]:
    """Randomness that repeats itself."""
    return Random("/".join(map(str, names))).randbytes


@dataclass
class Member:
    """Somebody with words and a credential."""

    seed: bytes
    organisation: str
    credentials: Sequence[Credential]
    issuer: str = ISSUER

    def act(self, of: Letter, action: str = "sign") -> Act:
        return Act(
            kind="letter",
            action=action,
            context=of.context,
            organisation=self.organisation,
            epoch=of.epoch,
            disclosed={0: self.organisation, 1: of.epoch},
            issuers=(self.issuer,),
            pseudonym=pseudonym_of(of.context, self.seed),
            sequence=int(action == "withdraw"),
        )

    def proved(self, instance: Instance, act: Act) -> SignedAct:
        entry = instance.ledger.registry().issuer_key(self.issuer, self.organisation, act.epoch)
        return present(act, self.credentials, {self.issuer: entry.public_key}, self.seed, dice(act.digest))

    def padded(self, instance: Instance, of: Letter, action: str = "sign") -> bytes:
        return self.proved(instance, self.act(of, action)).padded()


def enrol(instance: Instance, count: int, organisation: str = HERE) -> list[Member]:
    """Admit new members with codes of a new sheet."""
    members = []
    for number, code in enumerate(instance.issuer.new_sheet(organisation, count).codes):
        seed = hashlib.sha512(f"{organisation} {number} {code}".encode()).digest()
        wish = Admission(organisation, "code", {"code": code}, "undeclared", "undeclared")
        to = Bound(instance.config.issuer, instance.config.url, instance.issuer.door.nonce())
        asked = asks_with(seed, JOIN, wish, to=to, rng=dice("commitment", number))
        members.append(Member(seed, organisation, instance.issuer.admit(asked).credentials))
    return members


def sign(instance: Instance, members: Sequence[Member], of: Letter, action: str = "sign") -> None:
    """Let members sign, or withdraw."""
    for member in members:
        instance.letters.accept(member.padded(instance, of, action))


def turn(instance: Instance, tick: str) -> None:
    """Move the clock and close what is due."""
    move(instance, tick)
    instance.letters.run_round(tick, instance.issuer.issued)
