"""What the keeper has, writes and is sent holds no address: its folder, its socket, its output and its memory."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.keeping import Place, Tap, place
from undersigned.protocol import keeping
from undersigned.subjects.keeper_client import KeeperClient
from undersigned.values import b64u

HERE = "example.com"
NAMES = ["anna.becker", "ben.okafor", "chandra.rao"]
SUBJECTS = [f"email:{name}@staff.example.com".encode() for name in NAMES]


def spellings(subject: bytes) -> Iterator[bytes]:
    """An address in every way in which it might lie about; plain hashes too, since addresses can be guessed."""
    address = subject.removeprefix(b"email:")
    for octets in (subject, address, address.partition(b"@")[0]):
        for text in (octets, octets.upper(), octets.decode().encode("utf-16-le"), octets[::-1]):
            yield text
            yield text.hex().encode()
            yield base64.b64encode(text).rstrip(b"=")
            yield base64.urlsafe_b64encode(text).rstrip(b"=")
    for octets in (subject, address, HERE.encode() + b"\x00" + subject):
        for digest in (hashlib.sha256(octets).digest(), hashlib.sha512(octets).digest()):
            yield digest
            yield digest.hex().encode()
            yield base64.urlsafe_b64encode(digest).rstrip(b"=")


WANTED = [each for subject in SUBJECTS for each in spellings(subject)]


def found(octets: bytes) -> list[bytes]:
    return [each for each in WANTED if each in octets]


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as made:
        yield made


def use(client: KeeperClient) -> list[bytes]:
    """Everything that a way of joining asks the keeper."""
    tags = [client.tag(HERE, subject) for subject in SUBJECTS for _ in range(2)]
    for tag in tags:
        client.allowed(HERE, tag, "mail", 1)
        client.allowed(HERE, tag, "try", 10)
    return tags


def files(folder: Path) -> bytes:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes() for path in paths)


def test_nothing_of_an_address_is_stored_said_or_sent(here: Place) -> None:
    here.start()
    here.client().make(HERE)
    before = files(here.folder)
    tap = Tap(here.folder / "tap.sock", here.socket)
    tags = use(here.client(path=tap.path))
    here.stop()
    tap.close()
    crossed = b"".join(tap.crossed)
    assert len(crossed) > 1000
    assert found(crossed + files(here.folder) + here.said()) == []
    assert files(here.folder) == before, "the keeper wrote something down"
    assert [tag for tag in tags if tag in crossed or b64u(tag).encode() in crossed] == []


def test_a_planted_address_is_found(here: Place) -> None:
    """A client that asks for a tag in the wrong way: with the address for a name, or counting a plain hash."""
    here.start()
    here.client().make(HERE)
    tap = Tap(here.folder / "tap.sock", here.socket)
    careless = here.client(path=tap.path)
    name = SUBJECTS[0].removeprefix(b"email:").replace(b"@", b".").decode()
    careless._exchange(keeping.encoded(keeping.Make(name)))
    plain = hashlib.sha256(SUBJECTS[1]).digest()
    careless._exchange(keeping.encoded(keeping.Count(HERE, plain, "mail", 1)))
    tap.close()
    crossed = b"".join(tap.crossed)
    assert b64u(plain).encode() in found(crossed)
    assert NAMES[0].encode() in found(files(here.folder))


def test_the_same_address_is_sent_otherwise_each_time(here: Place) -> None:
    here.start()
    here.client().make(HERE)
    tap = Tap(here.folder / "tap.sock", here.socket)
    client = here.client(path=tap.path)
    for _ in range(5):
        client.tag(HERE, SUBJECTS[0])
    tap.close()
    elements = re.findall(rb'"(?:blinded|evaluated)":"([^"]{43})"', b"".join(tap.crossed))
    assert len(elements) == len(set(elements)) == 10


def memory(process: int) -> bytes:
    """All that a process has in memory and can write to."""
    out = []
    try:
        with Path(f"/proc/{process}/maps").open() as maps, Path(f"/proc/{process}/mem").open("rb") as mem:
            for line in maps:
                span, mode = line.split()[:2]
                start, end = (int(part, 16) for part in span.split("-"))
                if mode.startswith("rw") and "[v" not in line:
                    mem.seek(start)
                    out.append(mem.read(end - start))
    except OSError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"another process's memory cannot be read here: {error}")
    return b"".join(out)


@pytest.mark.parametrize("planted", [False, True])
def test_its_memory_holds_no_address(here: Place, planted: bool) -> None:  # noqa: FBT001 - the same test, with a leak
    here.start(environment={"PLANTED": SUBJECTS[2].decode()} if planted else None)
    here.client().make(HERE)
    use(here.client())
    assert here.process is not None
    octets = memory(here.process.pid)
    assert HERE.encode() in octets, "the search reads the wrong memory"
    assert bool(found(octets)) is planted


def test_its_memory_holds_no_tag(here: Place) -> None:
    """What is counted comes as a hash under the room's secret, so that the keeper never has what the database has."""
    here.start()
    here.client().make(HERE)
    tags = use(here.client())
    assert here.process is not None
    octets = memory(here.process.pid)
    assert [tag for tag in tags if tag in octets or b64u(tag).encode() in octets] == []
