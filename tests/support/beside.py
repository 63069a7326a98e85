"""An instance with supporters and names: a real keeper, a real mail server, and people with addresses elsewhere."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from support.asking import asking
from support.instances import NAME, close, fresh, letter, move, opened
from support.keeping import Place, place
from support.mailing import Post, post
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE
from undersigned.letters.rules import keeper_key
from undersigned.mail.code import code_of
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT, CodeRequest, Confirmation, NameGiven
from undersigned.protocol.letter import Letter
from undersigned.protocol.mailbox import subject_of
from undersigned.protocol.work import Challenge, Solution, solve

JSON = {"Content-Type": "application/json"}
#: So that hundreds of tries in a test do not meet the keeper's own limit.
FAST = ("--rate", "10000", "--burst", "100000")
SLUG = "leave"
_NUMBERS = itertools.count()
VERBS = {
    SUPPORT: "supporters",
    UNSUPPORT: "supporters/withdrawals",
    SHOW: "names",
    UNSHOW: "names/withdrawals",
}


Around = tuple[Place, Post]


@dataclass
class Street:
    """An instance in this process, seen from outside, with what it asks."""

    instance: Instance
    client: httpx.Client
    keeper: Place
    post: Post
    #: Streets are told apart by it, since a keeper counts tries of an address.
    number: int
    #: Addresses and purposes for which a mail is on its way, one each.
    asked: set[tuple[str, str]] = field(default_factory=set)

    @property
    def ann(self) -> str:
        return f"ann.smith@mail{self.number}.example"

    @property
    def ben(self) -> str:
        return f"ben@post{self.number}.example"

    def person(self, number: int) -> str:
        return f"person{number}@mail{self.number}.example"

    def work(self) -> Solution:
        return solve(Challenge.parse(self.client.get("/api/supporters/challenge").content))

    def send(self, verb: str, message: bytes) -> httpx.Response:
        return self.client.post(f"/api/{verb}", content=message, headers=JSON)

    def ask(self, address: str, purpose: str = SUPPORT, slug: str = SLUG, language: str = "en") -> httpx.Response:
        asked = CodeRequest(slug, purpose, address, language, self.work())
        answer = self.send("supporters/mails", asked.encoded())
        if answer.status_code == httpx.codes.ACCEPTED:
            self.asked.add((address.lower(), purpose))
        return answer

    def tag(self, address: str, purpose: str) -> bytes:
        """What the keeper makes of an address."""
        return self.keeper.client().tag(keeper_key(purpose, self.instance.config.name), subject_of(address))

    def code(self, address: str, purpose: str = SUPPORT, slug: str = SLUG, *, hour: str | None = None) -> str:
        """A code as the server makes it, for tests that need many without as many mails."""
        tag = self.tag(address, purpose)
        scope, now = self.instance.letters.letter(slug).context, hour or self.instance.clock.tick()
        return code_of(self.instance.keys.derived("mail", "letters"), purpose, scope, tag, now)

    def confirm(
        self, address: str, purpose: str = SUPPORT, slug: str = SLUG, code: str | None = None
    ) -> httpx.Response:
        given = Confirmation(slug, address, code or self.code(address, purpose, slug))
        return self.send(VERBS[purpose], given.encoded())

    def show(
        self, address: str, name: str, line: str | None = None, slug: str = SLUG, code: str | None = None
    ) -> httpx.Response:
        given = Confirmation(slug, address, code or self.code(address, SHOW, slug))
        return self.send("names", NameGiven(given, name, line).encoded())

    def crowd(self, count: int, first: int = 0, slug: str = SLUG) -> None:
        """Let so many people support a letter."""
        for number in range(first, first + count):
            answer = self.confirm(self.person(number), slug=slug)
            assert answer.status_code == 204, answer.text

    def move(self, tick: str) -> None:
        move(self.instance, tick)


def settle(directory: Path, keeper: Place, server: Post) -> Instance:
    """Give an instance its keeper, its mail server and both offers, and open it."""
    made = fresh(directory)
    config = replace(made.config, keeper=keeper.socket, mail=server.settings, work=100, supporters=True, names=True)
    (directory / FILE).write_bytes(config.encoded())
    return open_instance(directory)


@contextlib.contextmanager
def surroundings(folder: Path) -> Iterator[Around]:
    """A keeper with the keys that are needed, and a mail server, for many instances of one name."""
    with place() as keeper, post(folder) as server:
        keeper.start(*FAST)
        for purpose in (SUPPORT, SHOW):
            keeper.client().make(keeper_key(purpose, NAME))
        yield keeper, server


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    with surroundings(tmp_path_factory.mktemp("around")) as made:
        yield made


@contextlib.contextmanager
def street(folder: Path, around: Around, *letters: Letter) -> Iterator[Street]:
    """Letters are open, and people pass by, other ones in each street."""
    keeper, server = around
    instance = settle(folder / "instance", keeper, server)
    for each in letters or (letter(SLUG),):
        opened(instance, each)
    before = len(server.mailbox.mails)
    with asking(instance) as client:
        made = Street(instance, client, keeper, server, next(_NUMBERS))
        yield made
        server.mailbox.wait(before + len(made.asked))
        time.sleep(0.05)
    close()
