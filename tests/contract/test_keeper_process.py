"""A real keeper and its client: what they do together, and what the client says when the keeper cannot."""

import contextlib
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from support.keeping import COUNTING, Place, place
from undersigned.errors import Conflict, Refused, Unavailable, Withheld
from undersigned.keeper.keys import KeyFolder
from undersigned.keeper.service import Pace
from undersigned.oprf.function import evaluate
from undersigned.protocol import keeping
from undersigned.subjects.keeper_client import AWAY, LOST, NOT_SET_UP, KeeperClient

HERE, THERE = "example.com", "other.example"
ELEMENT = bytes.fromhex("609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c")
ANNA, BEN = b"email:anna@example.com", b"email:ben@example.com"


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as found:
        yield found.start()


@pytest.fixture
def made(here: Place) -> Place:
    here.client().make(HERE)
    return here


def key_of(here: Place, name: str = HERE) -> Path:
    return here.keys / name / "key"


# ── tags ──


def test_a_tag_is_the_same_for_the_same_subject_and_organisation_alone(made: Place) -> None:
    client = made.client()
    client.make(THERE)
    tags = [client.tag(HERE, ANNA), client.tag(HERE, BEN), client.tag(THERE, ANNA)]
    assert len(set(tags)) == 3
    assert {len(tag) for tag in tags} == {32}
    assert [made.client().tag(HERE, ANNA), client.tag(HERE, BEN), client.tag(THERE, ANNA)] == tags


def test_a_tag_is_that_of_the_key_in_the_folder(made: Place) -> None:
    import hashlib  # noqa: PLC0415 - this test alone computes a tag

    key = bytes.fromhex(key_of(made).read_text())
    expected = hashlib.sha256(evaluate(key, HERE.encode() + b"\x00" + ANNA)).digest()
    assert made.client().tag(HERE, ANNA) == expected


def test_an_organisation_and_a_subject_do_not_run_into_one_another(made: Place) -> None:
    assert made.client().tag(HERE, b"\x00" + ANNA) != made.client().tag(HERE, ANNA)


# ── the keeper is not there, slow, or talks nonsense ──


def test_a_killed_keeper_is_said_in_words_and_found_again(made: Place) -> None:
    before = made.client().tag(HERE, ANNA)
    made.stop(signal.SIGKILL)
    for call in (lambda: made.client().tag(HERE, ANNA), lambda: made.client().allowed(HERE, before, "mail", 1)):
        with pytest.raises(Unavailable) as caught:
            call()
        assert (caught.value.code, caught.value.words) == ("keeper-away", AWAY)
    made.start()
    assert made.client().tag(HERE, ANNA) == before


def test_a_slow_keeper_is_not_waited_for(made: Place) -> None:
    before = made.client().tag(HERE, ANNA)
    made.send(signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        made.client(patience=1.0).tag(HERE, ANNA)
    assert caught.value.words == AWAY
    assert 0.9 < time.monotonic() - started < 15
    made.send(signal.SIGCONT)
    assert made.client().tag(HERE, ANNA) == before


def test_the_client_waits_two_seconds(made: Place) -> None:
    made.send(signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        KeeperClient(made.socket, lambda: COUNTING).tag(HERE, ANNA)
    assert 1.9 < time.monotonic() - started < 15
    made.send(signal.SIGCONT)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"{}\n",
        b"what?\n",
        b'{"allowed":true}\n',
        b'{"evaluated":"' + b"A" * 43 + b'"}\n',
        b'{"evaluated":"AQ"}\n',
        b'{"error":{"code":"x","family":"SystemExit","words":"No."}}\n',
        b'{"allowed": true}\n',
        b"x" * 100,
        b"[" * 100_000 + b"\n",
    ],
)
def test_an_answer_that_makes_no_sense_makes_no_tag(answer: bytes) -> None:
    with place() as empty, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(empty.socket))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(2048)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(Unavailable) as caught:
            empty.client().tag(HERE, ANNA)
        assert caught.value.words == AWAY


def test_nobody_but_account_and_group_may_ask(made: Place) -> None:
    mode = made.socket.stat().st_mode
    assert stat.S_IMODE(mode) == 0o660
    if os.geteuid() != 0:
        made.socket.chmod(0)
        with pytest.raises(Unavailable) as caught:
            made.client().tag(HERE, ANNA)
        assert caught.value.words == AWAY
        return
    made.folder.chmod(0o755)
    answers = [asked_as(made, NOBODY, group) for group in (NOBODY, made.socket.stat().st_gid)]
    assert answers == [["keeper-away", "PermissionError"], ["32", "not-yours", "NoneType"]]


NOBODY = 65534
#: Changes its account once all is imported, since the interpreter may lie where that account cannot read.
ASKING = f"""
import os, sys
from pathlib import Path
from undersigned.errors import UndersignedError
from undersigned.subjects.keeper_client import KeeperClient
path, user, group = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
client = KeeperClient(path, lambda: bytes(32), patience=20.0)
client.states()
os.setgroups([])
os.setgid(group)
os.setuid(user)
try:
    print(len(client.tag("{HERE}", b"anna")))
    client.destroy("{HERE}", "{HERE}")
except UndersignedError as error:
    print(error.code, type(error.__cause__).__name__)
"""


def asked_as(here: Place, user: int, group: int) -> list[str]:
    line = [sys.executable, "-c", ASKING, str(here.socket), str(user), str(group)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# ── keys ──


def test_a_key_is_made_once(made: Place) -> None:
    before = key_of(made).read_bytes()
    with pytest.raises(Conflict) as caught:
        made.client().make(HERE)
    assert caught.value.code == "key-exists"
    assert key_of(made).read_bytes() == before
    assert made.client().states() == ((HERE, "there"),)


def test_keys_are_for_the_keepers_account_alone(made: Place) -> None:
    assert stat.S_IMODE(made.keys.stat().st_mode) == 0o700
    for path in made.keys.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_an_organisation_without_a_key(made: Place) -> None:
    with pytest.raises(Unavailable) as caught:
        made.client().tag(THERE, ANNA)
    assert (caught.value.code, caught.value.words) == ("no-key", NOT_SET_UP)


def test_a_lost_key_is_said_in_words_and_not_made_anew(made: Place) -> None:
    before = made.client().tag(HERE, ANNA)
    copy = key_of(made).read_bytes()
    key_of(made).unlink()
    with pytest.raises(Unavailable) as caught:
        made.client().tag(HERE, ANNA)
    assert (caught.value.code, caught.value.words) == ("key-lost", LOST)
    assert made.client().states() == ((HERE, "lost"),)
    with pytest.raises(Conflict):
        made.client().make(HERE)
    key_of(made).write_bytes(copy)
    assert made.client().tag(HERE, ANNA) == before


@pytest.mark.parametrize("wrong", [b"11" * 32 + b"\n", b"00" * 32 + b"\n", b"f" * 200_000, b"\xff\n"])
def test_another_key_in_its_place_is_noticed(made: Place, wrong: bytes) -> None:
    key_of(made).write_bytes(wrong)
    with pytest.raises(Unavailable) as caught:
        made.client().tag(HERE, ANNA)
    assert caught.value.words == LOST
    assert made.client().states()[0][1] in {"damaged", "lost"}


def test_a_destroyed_key_is_gone_from_the_disk(made: Place) -> None:
    handle = os.open(key_of(made), os.O_RDONLY)
    secret = os.pread(handle, 200, 0)
    tag = made.client().tag(HERE, ANNA)
    for confirmed in ("", "yes", THERE):
        with pytest.raises(Refused) as caught:
            made.client().destroy(HERE, confirmed)
        assert caught.value.code == "not-confirmed"
    assert made.client().tag(HERE, ANNA) == tag
    made.client().destroy(HERE, HERE)
    assert os.pread(handle, 200, 0) == bytes(len(secret)), "the octets were not written over"
    os.close(handle)
    assert {path.name for path in made.keys.iterdir()} == {"lock"}
    with pytest.raises(Unavailable) as gone:
        made.client().tag(HERE, ANNA)
    assert gone.value.words == NOT_SET_UP
    with pytest.raises(Withheld):
        made.client().destroy(HERE, HERE)
    made.client().make(HERE)
    assert made.client().tag(HERE, ANNA) != tag


def test_a_lost_key_can_be_destroyed_and_then_made(made: Place) -> None:
    key_of(made).unlink()
    made.client().destroy(HERE, HERE)
    made.client().make(HERE)
    assert made.client().states() == ((HERE, "there"),)


def test_an_interrupted_making_or_destroying_is_finished(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys", os.urandom)
    keys.open()
    public = keys.make(HERE)
    (tmp_path / "keys" / HERE / "public").unlink()
    assert keys.names() == []
    with pytest.raises(Withheld):
        keys.key(HERE)
    assert keys.make(HERE) != public
    (tmp_path / "keys" / HERE / "key.new").write_bytes(b"secret")
    (tmp_path / "keys" / HERE / "key").unlink()
    keys.destroy(HERE)
    assert list((tmp_path / "keys").iterdir()) == []


def command(here: Place, *words: str, typed: str = "") -> tuple[int, str]:
    line = [sys.executable, "-m", "undersigned", "keeper-key", *words]
    environment = os.environ | {"UNDERSIGNED_KEEPER": str(here.socket)}
    done = subprocess.run(line, env=environment, input=typed, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_commands_make_list_and_destroy(here: Place) -> None:
    assert command(here, "list") == (0, "There is no key yet.")
    assert command(here, "make", HERE)[1].startswith(f"The key of {HERE} is made.")
    assert command(here, "make", HERE)[0] == 2
    assert command(here, "list") == (0, f"organisation key {HERE} there")
    code, said = command(here, "destroy", HERE, typed="yes\n")
    assert (code, "give the name once more" in said) == (2, True)
    code, said = command(here, "destroy", HERE, typed=f"{HERE}\n")
    assert (code, said.endswith("is destroyed. Destroy copies of it too.")) == (0, True)
    assert command(here, "destroy", HERE, "--confirm", HERE) == (2, f"There is no key of {HERE}.")
    here.stop()
    assert command(here, "list")[1].endswith("Start it with “undersigned keeper”.")


# ── counting ──


def test_counting_stops_at_the_limit(made: Place) -> None:
    client = made.client()
    tag = client.tag(HERE, ANNA)
    assert [client.allowed(HERE, tag, "try", 3) for _ in range(5)] == [True, True, True, False, False]
    assert [client.allowed(HERE, tag, "mail", 1) for _ in range(2)] == [True, False]
    assert client.allowed(HERE, client.tag(HERE, BEN), "try", 3)
    assert client.allowed(THERE, tag, "try", 3)


def test_two_rooms_with_another_secret_count_apart(made: Place) -> None:
    tag = made.client().tag(HERE, ANNA)
    other = KeeperClient(made.socket, lambda: bytes(32), patience=20)
    assert made.client().allowed(HERE, tag, "mail", 1)
    assert other.allowed(HERE, tag, "mail", 1)
    assert not made.client().allowed(HERE, tag, "mail", 1)


# ── whatever comes ──


NONSENSE = [
    b"", b"\n", b"\x00" * 5000, b"{" * 1024, b"\xff\n", b'{"verb":"evaluate"}', b'{"verb":"stop"}\n', b"[]\n", b"{}\n",
    b'{"verb":"list"}\n{"verb":"list"}\n', b'{ "verb":"list"}\n', b'{"name":"../x","verb":"make"}\n',
    b'{"verb":["list"]}\n', b'{"blinded":"' + b"A" * 43 + b'","name":"example.com","verb":"evaluate"}\n',
]  # fmt: skip


def nearly_right() -> Iterator[bytes]:
    """Random octets, and requests of which one bit is another; some of these happen to be right again."""
    random, line = Random(9497), keeping.encoded(keeping.Evaluate(HERE, ELEMENT))
    for _ in range(150):
        yield random.randbytes(random.randrange(3000))
        changed = bytearray(line)
        changed[random.randrange(len(line))] ^= 1 << random.randrange(8)
        yield bytes(changed)


def test_garbage_is_refused_and_does_not_end_the_keeper(made: Place) -> None:
    before = made.client().tag(HERE, ANNA)
    for sent in NONSENSE:
        got = made.raw(sent)
        assert not got or isinstance(keeping.parse_answer(got), keeping.Failed), sent
    for sent in nearly_right():
        got = made.raw(sent)
        assert not got or keeping.parse_answer(got)
    assert made.client().tag(HERE, ANNA) == before
    assert made.said() == b""


def test_whoever_sends_nothing_does_not_keep_others_out(made: Place) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(300)]
    for each in silent:
        each.connect(str(made.socket))
    assert len(made.client(patience=40).tag(HERE, ANNA)) == 32
    for each in silent:
        each.close()


def test_a_thousand_at_once(made: Place) -> None:
    """All are connected before the first one asks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    line = keeping.encoded(keeping.Evaluate(HERE, ELEMENT))
    connections = [socket.socket(socket.AF_UNIX) for _ in range(1000)]
    try:
        for each in connections:
            each.settimeout(60)
            each.connect(str(made.socket))
        for each in connections:
            each.sendall(line)
        answers = {each.recv(4096) for each in connections}
    finally:
        for each in connections:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(answers) == 1
    assert isinstance(keeping.parse_answer(answers.pop()), keeping.Evaluated)


def test_guessing_is_slow_and_says_so() -> None:
    with place() as found:
        client = found.start("--rate", "0.1", "--burst", "3").client()
        for name in (HERE, THERE):
            client.make(name)
        for _ in range(3):
            client.tag(HERE, ANNA)
        with pytest.raises(Refused) as caught:
            client.tag(HERE, ANNA)
        assert caught.value.code == "too-many-requests"
        client.tag(THERE, ANNA)
    assert Pace().rate == 10


# ── starting and stopping ──


def failed(here: Place, *options: str) -> str:
    line = [sys.executable, "-m", "undersigned", "keeper", *options]
    done = subprocess.run(line, cwd=here.folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done
    return done.stderr.strip()


def test_it_stops_when_told_and_takes_its_socket_away(made: Place) -> None:
    assert made.stop() == 0
    assert not made.socket.exists()
    assert made.said() == b""


def test_a_socket_that_a_crash_left_is_replaced(made: Place) -> None:
    made.stop(signal.SIGKILL)
    assert made.socket.is_socket()
    made.start()
    assert len(made.client().tag(HERE, ANNA)) == 32


def test_there_is_one_keeper_for_a_folder_and_one_for_a_socket(made: Place) -> None:
    keys, other = str(made.keys), str(made.folder / "other")
    assert "runs with the keys" in failed(made, "--dir", keys, "--socket", str(made.folder / "b.sock"))
    assert "listens at" in failed(made, "--dir", other, "--socket", str(made.socket))
    assert len(made.client().tag(HERE, ANNA)) == 32


def test_a_place_that_is_open_to_others_is_refused() -> None:
    with place() as found:
        keys, path = found.folder / "keys", found.folder / "s"
        keys.mkdir(mode=0o700)
        path.mkdir()
        path.chmod(0o770)
        assert "Others can write" in failed(found, "--dir", "keys", "--socket", "s/x")
        path.chmod(0o750)
        keys.chmod(0o750)
        assert "for the keeper's account alone" in failed(found, "--dir", "keys", "--socket", "s/x")
        keys.chmod(0o700)
        (path / "x").write_bytes(b"")
        assert "something else" in failed(found, "--dir", "keys", "--socket", "s/x")
        assert "There is no folder" in failed(found, "--dir", "keys", "--socket", "none/x")
        assert "at most 107 octets" in failed(found, "--dir", "keys", "--socket", "s/" + "x" * 120)


def test_no_image_of_its_memory_is_written(made: Place) -> None:
    assert made.process is not None
    limits = Path(f"/proc/{made.process.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]
