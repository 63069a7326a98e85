"""Backups: an instance that was lost is made again, goes on where it was, and lets nobody join a second time."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pyrage
import pytest

from support import instances
from support.auditing import audited
from support.beside import Around, street, surroundings
from support.instances import EPOCH, HERE, Member, enrol, fresh, letter, opened, sign, turn, use
from support.serving import serving
from undersigned.bootstrap import Instance, open_instance
from undersigned.custody.content import Kept
from undersigned.doctor.finding import HOLDS
from undersigned.doctor.look import Asked, look
from undersigned.errors import Refused, Unavailable
from undersigned.protocol.letter import Letter
from undersigned.values import b64u

FIRST, SECOND, THIRD = (f"2026-12-0{day}T00:00:00Z" for day in (2, 3, 4))
IDENTITY = pyrage.x25519.Identity.generate()
#: Notes what a process opens for writing.
NOTING = """
import os, sys
_out = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def _note(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR) and not isinstance(arguments[0], int):
        os.write(_out, os.path.abspath(os.fsdecode(arguments[0])).encode() + b"\\n")
sys.addaudithook(_note)
"""


@dataclass(frozen=True)
class Lost:
    """An instance that is about to be lost: its folder, a backup, and people with passes."""

    folder: Path
    backup: Path
    key: Path
    letter: Letter
    members: list[Member]
    sizes: tuple[str, ...]


def backup(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "undersigned", "backup", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Lost:
    """Ten signed and are published, two wait, one of whom has withdrawn already; three have not signed yet."""
    home = tmp_path_factory.mktemp("lost")
    instance = fresh(home / "instance")
    of = opened(instance, letter())
    members = enrol(instance, 15)
    sign(instance, members[:10], of)
    turn(instance, FIRST)
    sign(instance, members[10:12], of)
    sign(instance, members[11:12], of, "withdraw")
    instances.close()
    key = home / "age.txt"
    key.write_text(f"# a comment, as age-keygen writes\n{IDENTITY}\n")
    file = home / "backup.age"
    done = backup("make", file, "--recipient", IDENTITY.to_public(), "--dir", instance.config.directory)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Lost(instance.config.directory, file, key, of, members, sizes(instance.config.public))


def sizes(public: Path) -> tuple[str, ...]:
    found = [(public / log / "checkpoint").read_text().splitlines()[1] for log in ("registry", "log")]
    return "--registry-size", found[0], "--log-size", found[1]


def restored(lost: Lost, folder: Path, *more: object, file: Path | None = None) -> Path:
    done = backup(
        "restore", file or lost.backup, "--dir", folder, "--identity", lost.key, *(more or lost.sizes)
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return folder


@pytest.fixture
def back(lost: Lost, tmp_path: Path) -> Iterator[Instance]:
    """The instance made again, opened in this process."""
    folder = restored(lost, tmp_path / "instance")
    use(folder)
    yield open_instance(folder)
    instances.close()


def tables(folder: Path) -> dict[str, Any]:
    """What the tables of the ledger say, in order of their keys."""
    models = import_module("undersigned.ledger.models")
    use(folder)
    found = {}
    for table in models.TABLES:
        rows = table.objects.filter(published=True) if table is models.SpokenAct else table.objects.all()
        found[table.__name__] = sorted(
            repr({name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()})
            for row in rows.values()
        )
    instances.close()
    return found


# ── what comes back ──


def test_it_serves_and_every_audit_passes(lost: Lost, tmp_path: Path) -> None:
    folder = restored(lost, tmp_path / "instance")
    with serving(folder, wait=120) as server:
        report = audited(server.url)
    assert report.passed, report.lines()
    assert audited(folder / "public").passed
    kept = {each.relative_to(folder): each for each in (folder / "public" / "log").rglob("*") if each.is_file()}
    assert all((lost.folder / path).read_bytes() == each.read_bytes() for path, each in kept.items())


def test_tables_of_the_logs_are_written_as_they_were(lost: Lost, tmp_path: Path) -> None:
    before = tables(lost.folder)
    after = tables(restored(lost, tmp_path / "instance"))
    assert len(before.pop("HeldAct")) == 3
    assert after.pop("HeldAct") == []
    assert after == before
    assert len(before["SpokenAct"]) == 10


def test_it_goes_on_in_the_same_log(lost: Lost, back: Instance) -> None:
    of = lost.letter
    again = back.letters.accept(lost.members[0].padded(back, of))
    assert again.repeated
    # Whose signature waited signs again, also after withdrawing it; others sign for the first time.
    sign(back, lost.members[10:15], of)
    sign(back, lost.members[:5], of, "withdraw")
    turn(back, SECOND)
    assert [each.signed for each in back.ledger.counts(of.context).values()] == [15]
    assert audited(back.config.public).passed


def test_nobody_joins_a_quarter_that_was_begun(lost: Lost, back: Instance) -> None:
    with pytest.raises(Refused):
        enrol(back, 1)
    for _ in range(2):
        with pytest.raises(Unavailable) as found:
            back.issuer.open_epoch(HERE, EPOCH)
        assert found.value.code == "key-missing"
    with pytest.raises((Refused, Unavailable)):
        enrol(back, 1)
    assert [each.at_most for each in back.issuer.issued()] == [20]
    assert not (back.config.keys / "issuer").exists()
    back.issuer.open_epoch(HERE, "2027Q1")
    assert len(enrol(back, 2)) == 2


def test_permissions_are_those_of_a_new_instance(lost: Lost, back: Instance) -> None:
    (told,) = [each for each in look(back.config, Asked()) if each.check == "permissions"]
    assert told.mark == HOLDS


def test_keys_alone_are_written_as_they_were(lost: Lost, tmp_path: Path) -> None:
    folder = restored(lost, tmp_path / "keys", "--only-keys")
    before = {
        each.relative_to(lost.folder / "keys"): each.read_bytes() for each in (lost.folder / "keys").rglob("*.key")
    }
    after = {each.relative_to(folder): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert after == before
    assert {each.stat().st_mode & 0o777 for each in folder.rglob("*.key")} == {0o600}


@pytest.fixture
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    with surroundings(tmp_path_factory.mktemp("around")) as made:
        yield made


def test_supporters_and_names_come_back_and_the_audit_agrees(around: Around, lost: Lost, tmp_path: Path) -> None:
    with street(tmp_path, around) as place:
        place.crowd(12)
        assert place.show("anna@elsewhere.example", "Anna Example").status_code == 204
        turn_all(place.instance, FIRST)
        here = place.instance.config.directory
        file = tmp_path / "beside.age"
        made = backup("make", file, "--recipient", IDENTITY.to_public(), "--dir", here)
        assert made.returncode == 0, made.stderr
        folder = restored(lost, tmp_path / "again", *sizes(here / "public"), file=file)
        use(folder)
        again = open_instance(folder)
        turn_all(again, SECOND)
        assert audited(folder / "public").passed
        names = (folder / "public").rglob("names.json")
        assert any("Anna Example" in each.read_text() for each in names)
        without = restored(
            lost, tmp_path / "without", *sizes(folder / "public"), "--public", folder / "public", file=file
        )
        use(without)
        turn_all(open_instance(without), THIRD)
        assert audited(without / "public").passed
        assert not any("Anna Example" in each.read_text() for each in (without / "public").rglob("names.json"))
        use(here)


def turn_all(instance: Instance, tick: str) -> None:
    import_module("undersigned.web.operations").turn(instance, tick)


# ── what must not be gone on with ──


def test_an_older_log_than_others_saw_is_refused_until_the_newer_is_brought(lost: Lost, tmp_path: Path) -> None:
    original = shutil.copytree(lost.folder, tmp_path / "original")
    use(original)
    instance = open_instance(original)
    sign(instance, lost.members[12:15], lost.letter)
    sign(instance, lost.members[:8], lost.letter, "withdraw")
    turn(instance, SECOND)
    instances.close()
    before = tables(original)
    seen = sizes(original / "public")
    done = backup("restore", lost.backup, "--dir", tmp_path / "new", "--identity", lost.key, *seen)
    assert done.returncode == 2
    assert "two logs of one" in done.stderr
    assert not list(tmp_path.glob("new*"))
    after = tables(restored(lost, tmp_path / "new", *seen, "--public", original / "public"))
    assert after.pop("HeldAct") == before.pop("HeldAct") == []
    assert after == before
    assert audited(tmp_path / "new" / "public").passed


def test_nobody_who_cannot_say_what_was_seen_restores(lost: Lost, tmp_path: Path) -> None:
    done = backup("restore", lost.backup, "--dir", tmp_path / "new", "--identity", lost.key)
    assert (done.returncode, "was not answered" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


# ── files that are none ──


def sealed(data: bytes) -> bytes:
    return bytes(pyrage.encrypt(data, [IDENTITY.to_public()]))


def tar(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for each in members:
            made.addfile(each, io.BytesIO(bytes(each.size)))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, "/etc/passwd", 3 if kind == tarfile.REGTYPE else 0
    return made


def altered(data: bytes, path: str) -> bytes:
    """A backup that its owner's key opens, whose published files are not those that were signed."""
    kept = Kept.parse(bytes(pyrage.decrypt(data, [IDENTITY])))
    name = max(each for each in kept.files if each.startswith(path))
    octets, mtime = kept.files[name]
    changed = octets[:-9] + bytes([octets[-9] ^ 1]) + octets[-8:]
    return sealed(replace(kept, files={**kept.files, name: (changed, mtime)}).encoded())


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 2],
    "cut at a chunk": lambda data: data[: len(data) - len(data) % 65_552],
    "cut by one": lambda data: data[:-1],
    "longer": lambda data: data + b"\0",
    "changed head": lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
    "changed": lambda data: data[:-5000] + bytes([data[-5000] ^ 1]) + data[-4999:],
    "empty": lambda _: b"",
    "foreign": lambda _: b"a picture, say",
    "unencrypted": lambda data: bytes(pyrage.decrypt(data, [IDENTITY])),
    "somebody else's": lambda data: bytes(
        pyrage.encrypt(pyrage.decrypt(data, [IDENTITY]), [pyrage.x25519.Identity.generate().to_public()])
    ),
    "no tar": lambda _: sealed(b"words"),
    "empty tar": lambda _: sealed(tar()),
    "leads out": lambda _: sealed(tar(member("backup.json"), member("../out"))),
    "leads out inside": lambda _: sealed(tar(member("keys/../../out"))),
    "absolute": lambda _: sealed(tar(member("/out"))),
    "a link": lambda _: sealed(tar(member("keys/log.key", tarfile.SYMTYPE))),
    "a database": lambda _: sealed(tar(member("data/issuer.sqlite3"))),
    "altered log": lambda data: altered(data, "public/log/tile/entries/"),
    "altered registry": lambda data: altered(data, "public/registry/tile/entries/"),
    "altered document": lambda data: altered(data, "public/documents/"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_whole_backup_leaves_nothing_behind(lost: Lost, tmp_path: Path, name: str) -> None:
    file = tmp_path / "file.age"
    file.write_bytes(BROKEN[name](lost.backup.read_bytes()))
    (tmp_path / "tmp").mkdir()
    done = backup(
        "restore", file, "--dir", tmp_path / "new", "--identity", lost.key, *lost.sizes, TMPDIR=str(tmp_path / "tmp")
    )
    assert done.returncode == 2, done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert sorted(each.name for each in tmp_path.rglob("*") if each.is_file()) == ["file.age"]
    assert not (tmp_path / "new").exists()


def test_what_is_there_is_never_written_over(lost: Lost, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    done = backup("restore", lost.backup, "--dir", there, "--identity", lost.key, *lost.sizes)
    assert (done.returncode, "exists already" in done.stderr) == (2, True)
    done = backup("make", lost.backup, "--recipient", IDENTITY.to_public(), "--dir", lost.folder)
    assert (done.returncode, "exists already" in done.stderr) == (2, True)
    done = backup("make", lost.folder / "x.age", "--recipient", IDENTITY.to_public(), "--dir", lost.folder)
    assert (done.returncode, "inside the instance" in done.stderr) == (2, True)
    assert not (lost.folder / "x.age").exists()


# ── nothing in the open ──


def test_with_a_passphrase_nothing_unencrypted_is_written_on_the_way(lost: Lost, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOTING)
    words = tmp_path / "words"
    words.touch(0o600)
    words.write_text("six words that nobody guesses\n")
    file, opened_ = tmp_path / "backup.age", tmp_path / "opened"
    done = backup(
        "make", file, "--passphrase-file", words, "--dir", lost.folder,
        TMPDIR=str(tmp_path / "tmp"), PYTHONPATH=str(tmp_path / "site"), OPENED=str(opened_),
        PYTHONDONTWRITEBYTECODE="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = {each for each in opened_.read_text().splitlines() if not each.startswith("/dev/")}
    # Python tries whether the folder for temporary files takes any; libsodium's binding unpacks its library there.
    known = re.compile(rf"{re.escape(str(tmp_path))}/tmp(?:/tmp\w+\.so|/[a-z0-9_]{{8}})?")
    other = {each for each in written if not known.fullmatch(each)}
    assert other - {str(lost.folder / "staging" / "lock")} == {f"{file}.new"}
    assert list((tmp_path / "tmp").iterdir()) == []
    assert file.stat().st_mode & 0o777 == 0o600
    data = file.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n-> scrypt ")
    for each in (lost.folder / "keys").rglob("*.key"):
        assert each.read_bytes().strip() not in data
        assert bytes.fromhex(each.read_text().strip()) not in data
    inside = pyrage.passphrase.decrypt(data, "six words that nobody guesses")
    for member_ in lost.members:
        assert member_.act(lost.letter).pseudonym in _published(lost) or _waits(lost, member_, inside)
    words.chmod(0o640)
    done = backup("restore", file, "--dir", tmp_path / "new", "--passphrase-file", words, *lost.sizes)
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)
    words.chmod(0o600)
    words.write_text("other words\n")
    done = backup("restore", file, "--dir", tmp_path / "new", "--passphrase-file", words, *lost.sizes)
    assert (done.returncode, "cannot be opened" in done.stderr) == (2, True)
    assert not list(tmp_path.glob("new*"))


def _published(lost: Lost) -> set[bytes]:
    return {each.act(lost.letter).pseudonym for each in lost.members[:10]}


def _waits(lost: Lost, member_: Member, inside: bytes) -> bool:
    """Whether a backup says nothing of somebody whose act is not published, nor that they joined."""
    pseudonym = member_.act(lost.letter).pseudonym
    return pseudonym not in inside and b64u(pseudonym).encode() not in inside


def test_nobody_who_joined_is_in_it(lost: Lost) -> None:
    inside = bytes(pyrage.decrypt(lost.backup.read_bytes(), [IDENTITY]))
    use(lost.folder)
    models = import_module("undersigned.issuer.models")
    values = [*models.Admission.objects.values_list("subject", "point"), *models.Code.objects.values_list("subject")]
    instances.close()
    assert len(values) == 30
    for value in (bytes(each) for row in values for each in row):
        assert value not in inside
        assert value.hex().encode() not in inside
        assert b64u(value).encode() not in inside


def test_an_issuer_alone_comes_back_with_its_numbers_and_nobody(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from undersigned.config import Config;"
        "from undersigned.bootstrap import create_instance;"
        "here = create_instance(Config(Path(sys.argv[1]), 'issuer.example', 'http://127.0.0.1:8000', 'issuer.example',"
        f"True, 'demonstration', room='issuer'), '2026-12-01T00:00:00Z'); here.issuer.open_epoch('{HERE}', '{EPOCH}')"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "issuer")], check=True, timeout=60)
    key = tmp_path / "key"
    key.write_text(str(IDENTITY))
    made = backup("make", tmp_path / "file.age", "--recipient", IDENTITY.to_public(), "--dir", tmp_path / "issuer")
    assert made.returncode == 0, made.stderr
    done = backup("restore", tmp_path / "file.age", "--dir", tmp_path / "again", "--identity", key)
    assert (done.returncode, done.stderr) == (0, "")
    command = [sys.executable, "-m", "undersigned", "epoch", "list", "--dir", str(tmp_path / "again")]
    assert (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        == f"{HERE}  {EPOCH}  closed  by code\n"
    )
    assert not (tmp_path / "again" / "public").exists()
    same = "keys/identity.key"
    assert (tmp_path / "again" / same).read_bytes() == (tmp_path / "issuer" / same).read_bytes()
