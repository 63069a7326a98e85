"""An instance whose members join by e-mail: a real keeper, a real mail server, and people with addresses."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from support.asking import asking
from support.instances import EPOCH, HERE, close, fresh, move
from support.issuing import Person
from support.keeping import Place, place
from support.mailing import Post, post
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE
from undersigned.mail.code import code_of
from undersigned.protocol.enrolment import JOIN, REPLACE, Admission, MailRequest, Request
from undersigned.protocol.mailbox import subject_of
from undersigned.protocol.work import Challenge, Solution, solve

DOMAIN = "union.example"
JSON = {"Content-Type": "application/json"}
#: So that hundreds of tries in a test do not meet the keeper's own limit.
FAST = ("--rate", "10000", "--burst", "100000")


@dataclass
class Door:
    """An instance in this process, with what it asks."""

    instance: Instance
    client: httpx.Client
    keeper: Place
    post: Post

    def work(self) -> Solution:
        return solve(Challenge.parse(self.client.get("/api/issuer/challenge").content))

    def request(self, address: str, language: str = "en", organisation: str = HERE) -> MailRequest:
        return MailRequest(organisation, address, language, self.work())

    def send(self, verb: str, message: bytes) -> httpx.Response:
        return self.client.post(f"/api/issuer/{verb}", content=message, headers=JSON)

    def ask(self, address: str, **more: Any) -> httpx.Response:
        return self.send("mails", self.request(address, **more).encoded())

    def admission(
        self, person: Person, address: str, code: str, organisation: str = HERE, action: str = JOIN
    ) -> Request[Admission]:
        evidence = {"address": address, "code": code}
        return person.asks(action, Admission(organisation, "email", evidence, "undeclared", "undeclared"))

    def join(self, person: Person, address: str, code: str, verb: str = "admissions", **more: Any) -> httpx.Response:
        action = {"admissions": JOIN, "replacements": REPLACE}[verb]
        return self.send(verb, self.admission(person, address, code, action=action, **more).encoded())

    def code(self, address: str, *, hour: str | None = None, scope: str = HERE, purpose: str = "join") -> str:
        """A code as the server makes it, for tests that need many without as many mails."""
        assert self.instance.keeper is not None
        tag = self.instance.keeper.tag(HERE, subject_of(address))
        return code_of(self.instance.keys.derived("mail"), purpose, scope, tag, hour or self.instance.clock.tick())

    def move(self, tick: str) -> None:
        move(self.instance, tick)

    def members(self) -> list[bytes]:
        from undersigned.issuer.models import Admission as Row  # noqa: PLC0415 - needs Django set up first

        return [bytes(subject) for subject in Row.objects.values_list("subject", flat=True)]


def settle(directory: Path, keeper: Place, server: Post) -> Instance:
    """Give an instance its keeper and its mail server, and open it."""
    made = fresh(directory)
    config = replace(made.config, keeper=keeper.socket, mail=server.settings, work=100)
    (directory / FILE).write_bytes(config.encoded())
    keeper.client().make(HERE)
    here = open_instance(directory)
    here.issuer.set_way(HERE, "email", {"domains": [DOMAIN], "employer": False})
    return here


@contextlib.contextmanager
def door(folder: Path, security: str = "tls") -> Iterator[Door]:
    """An organisation's epoch is open, and its members join by e-mail."""
    with place() as keeper, post(folder, security) as server:
        keeper.start(*FAST)
        instance = settle(folder / "instance", keeper, server)
        instance.issuer.open_epoch(HERE, EPOCH)
        with asking(instance) as client:
            yield Door(instance, client, keeper, server)
        close()
