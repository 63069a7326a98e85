"""After joining by e-mail: no address, no code and no name in any file, log, key or copy that is left, nor meanwhile.

A real server, a real keeper, a real mail server. Everything that they leave is searched, octet by octet, while mails
wait and afterwards; beside it lies a leak that was planted.
"""

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.by_mail import DOMAIN, FAST, settle
from support.instances import EPOCH, HERE, ISSUER, close
from support.issuing import Person
from support.keeping import Place, place
from support.mailing import Post, post
from support.proving import asks
from support.serving import Server, serving
from undersigned.protocol.enrolment import JOIN, REPLACE, Admission, Bound, MailRequest, nonce_of
from undersigned.protocol.mailbox import subject_of
from undersigned.protocol.work import Challenge, solve

NAMES = ("Anna.Schwarzenberger", "benedikt_o'leary", "cleopatra-z")


class Scene:
    """An instance that is served, and people who join."""

    def __init__(self, server: Server, keeper: Place, mails: Post) -> None:
        self.server, self.keeper, self.mails = server, keeper, mails
        self.needles: list[bytes] = []

    def send(self, verb: str, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return httpx.post(f"{self.server.url}/api/issuer/{verb}", content=body, headers=headers, timeout=30)

    def ask(self, address: str) -> httpx.Response:
        challenge = Challenge.parse(httpx.get(f"{self.server.url}/api/issuer/challenge", timeout=30).content)
        return self.send("mails", MailRequest(HERE, address, "en", solve(challenge)).encoded())

    def join(self, person: Person, address: str, code: str, verb: str = "admissions") -> httpx.Response:
        evidence = {"address": address, "code": code}
        given = httpx.get(f"{self.server.url}/api/issuer/nonce", timeout=30).content
        action = {"admissions": JOIN, "replacements": REPLACE}[verb]
        wish = Admission(HERE, "email", evidence, "undeclared", "undeclared")
        to = Bound(ISSUER, self.server.url, nonce_of(given))
        return self.send(verb, asks(action, wish, person.secrets, person.blind, to=to).encoded())

    def left(self) -> dict[str, bytes]:
        """Every file of the instance and of the keeper, and what both said."""
        found: dict[str, bytes] = {}
        for folder in (self.server.directory, self.keeper.folder):
            found |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return found | {"the server's words": self.server.said(), "the keeper's words": self.keeper.said()}


def spelled(text: str) -> set[bytes]:
    """A text in the ways in which it may have been written down: as it is, hidden in base64, or hashed."""
    out = set()
    for each in {text, text.lower(), text.upper(), text.replace("@", "%40"), text.replace("@", "=40")}:
        for octets in (each.encode(), each.encode("utf-16-le")):
            out |= {octets, octets.hex().encode()}
            for before in range(3):
                certain = base64.b64encode(bytes(before) + octets)[4 if before else 0 :][:-4]
                out |= {certain, certain.translate(bytes.maketrans(b"+/", b"-_"))}
    for octets in (text.encode(), text.lower().encode(), b"email:" + text.lower().encode()):
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, octets).digest()
            out |= {digest, digest.hex().encode(), base64.b64encode(digest).rstrip(b"=")}
    return {each for each in out if len(each) >= 8}


def needles(address: str, code: str) -> set[bytes]:
    local = address.partition("@")[0]
    shown = f"{code[:4]} {code[4:]}"
    return {*spelled(address), *spelled(local), *spelled(code), *spelled(shown), subject_of(address)}


def found(haystacks: dict[str, bytes], wanted: set[bytes]) -> list[tuple[str, bytes]]:
    return [(name, each) for name, octets in haystacks.items() for each in wanted if each in octets]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with place() as keeper, post(tmp_path) as mails:
        keeper.start(*FAST)
        instance = settle(tmp_path / "instance", keeper, mails)
        instance.issuer.open_epoch(HERE, EPOCH)
        close()
        with serving(instance.config.directory) as server:
            yield Scene(server, keeper, mails)


def test_nothing_of_an_address_or_a_code_is_left(scene: Scene, tmp_path: Path) -> None:
    wanted: set[bytes] = set()
    for number, name in enumerate(NAMES):
        address = f"{name}@{DOMAIN}"
        assert scene.ask(address).status_code == 202
        code = scene.mails.mailbox.code(address)
        wanted |= needles(address, code)
        assert scene.join(Person(50 + number), address, "00000000").status_code == 403
        assert scene.join(Person(50 + number), address, code).status_code == 200
        assert scene.join(Person(60 + number), address, code).status_code == 403
        assert scene.ask(address).status_code == 202
    # New words in place of lost ones, with the code that is still good; and what nobody could read.
    assert scene.join(Person(70), address, code, verb="replacements").status_code == 202
    assert scene.send("mails", f'{{"address":"{address}","language":'.encode()).status_code == 400
    assert httpx.get(f"{scene.server.url}/api/issuer/{address}/{code}", timeout=30).status_code == 404
    # While mails wait, nobody can be reached, and the keeper is gone.
    scene.mails.stop()
    waiting = f"dorothea.waiting@{DOMAIN}"
    assert scene.ask(waiting).status_code == 202
    wanted |= needles(waiting, "11112222")
    assert found(scene.left(), wanted) == []
    scene.keeper.stop()
    assert scene.ask(f"{NAMES[0]}@{DOMAIN}").status_code == 503
    assert found(scene.left(), wanted) == []
    # A copy of the running instance, and one of its database as SQLite makes it.
    copy = tmp_path / "copy"
    shutil.copytree(scene.server.directory, copy)
    with sqlite3.connect(scene.server.directory / "data" / "issuer.sqlite3") as source:
        with sqlite3.connect(copy / "backup") as target:
            source.backup(target)
        target.close()
    source.close()
    copied = {str(path): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert found(copied, wanted) == []
    assert b"Traceback" not in scene.server.said()


def test_a_leak_that_is_planted_is_found(scene: Scene) -> None:
    address, code = f"{NAMES[0]}@{DOMAIN}", "04172936"
    wanted = needles(address, code)
    tag = hashlib.sha256(subject_of(address)).digest()
    for name, octets in (
        ("a log", f"202 {address.lower()}\n".encode()),
        ("a header", base64.b64encode(b"To: " + address.encode() + b" (and more)")),
        ("a code", b'{"code":"0417 2936"}'),
        ("a plain hash", tag),
    ):
        planted = scene.server.directory / "data" / "planted"
        planted.write_bytes(b"\0" * 100 + octets + b"\0" * 100)
        assert found(scene.left(), wanted), name
        planted.unlink()
    with sqlite3.connect(scene.server.directory / "data" / "issuer.sqlite3") as database:
        database.execute("CREATE TABLE leak (who TEXT)")
        database.execute("INSERT INTO leak VALUES (?)", [address])
        database.commit()
    database.close()
    assert found(scene.left(), wanted)
