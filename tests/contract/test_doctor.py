"""`undersigned doctor`: every check holds on a whole instance and fails on one that is broken in its way."""

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support import instances
from support.instances import EPOCH, HERE, config, enrol, fresh, letter, opened, sign, turn
from support.keeping import Place, place
from support.mailing import Authority, Post, post
from support.proxying import proxy
from support.serving import free_port, serving
from support.tlog import KEY, seed
from undersigned.clock import DemonstrationClock
from undersigned.config import FILE, Config
from undersigned.doctor import rules
from undersigned.doctor.finding import HOLDS, OPEN, WRONG, Finding
from undersigned.doctor.look import Asked, look, time_service
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.policy import Policy

COUNTED = "2026-12-02T00:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with one count, to be copied."""
    folder = tmp_path_factory.mktemp("doctor") / "instance"
    instance = fresh(folder)
    of = opened(instance, letter())
    sign(instance, enrol(instance, 10), of)
    turn(instance, COUNTED)
    instances.close()
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "instance")


def found(folder: Path, check: str, asked: Asked | None = None) -> list[Finding]:
    return [each for each in look(Config.read(folder), asked or Asked()) if each.check == check]


def wrongs(folder: Path, asked: Asked | None = None) -> list[Finding]:
    return [each for each in look(Config.read(folder), asked or Asked()) if each.mark == WRONG]


def settle(folder: Path, **changed: object) -> None:
    (folder / FILE).write_bytes(replace(Config.read(folder), **changed).encoded())  # type: ignore[arg-type] # a test's


def test_nothing_is_wrong_with_a_whole_instance(here: Path) -> None:
    seen = look(Config.read(here), Asked())
    assert [each for each in seen if each.mark == WRONG] == []
    holding = {each.check for each in seen if each.mark == HOLDS}
    assert holding == {"permissions", "keys", "databases", "disk", "clock"}
    (clock,) = [each for each in seen if each.check == "clock"]
    assert COUNTED in clock.seen


# ── files ──

BREAKS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "open folder of keys": ("permissions", "chmod 700", lambda at: (at / "keys").chmod(0o750)),
    "open key": ("permissions", "chmod 600", lambda at: (at / "keys" / "log.key").chmod(0o644)),
    "open database": ("permissions", "chmod 600", lambda at: (at / "data" / "issuer.sqlite3").chmod(0o640)),
    "open settings": ("permissions", "chmod 600", lambda at: (at / FILE).chmod(0o604)),
    "open staging": ("permissions", "chmod 700", lambda at: (at / "staging").chmod(0o755)),
    "page that others write": ("permissions", "chmod 644", lambda at: (at / "public" / "log.vkey").chmod(0o666)),
    "linked key": ("permissions", "links", lambda at: _linked(at / "keys" / "subject.key")),
    "lost database": ("databases", "Backups", lambda at: (at / "data" / "letters.sqlite3").unlink()),
    "no database": ("databases", "Backups", lambda at: (at / "data" / "ledger.sqlite3").write_bytes(b"no" * 99)),
    "write-ahead log": ("databases", "server sets", lambda at: _write_ahead(at / "data" / "ledger.sqlite3")),
    "lost key": ("keys", "backup", lambda at: (at / "keys" / "receipt.key").unlink()),
    "cut key": ("keys", "backup", lambda at: (at / "keys" / "log.key").write_text("00ff\n")),
    "no key": ("keys", "backup", lambda at: (at / "keys" / "subject.key").write_text("not hex\n")),
    "another registry key": ("keys", "backup", lambda at: (at / "keys" / "registry.key").write_text("01" * 32)),
    "another log key": ("keys", "backup", lambda at: (at / "keys" / "log.key").write_text("01" * 32)),
    "another receipt key": ("keys", "backup", lambda at: (at / "keys" / "receipt.key").write_text("01" * 32)),
    "another issuer key": ("keys", "backup", lambda at: _issuer(at).write_text("01" * 32)),
    "lost issuer key": ("keys", "epoch close", lambda at: _issuer(at).unlink()),
    "damaged registry": ("keys", "public/", lambda at: _last_bundle(at).write_bytes(b"\x00\x01x")),
    "full disk": ("disk", "Make room", lambda at: os.truncate(_touched(at / "public" / "log" / "huge"), 1 << 42)),
    "clock set back": ("clock", "Set the clock", lambda at: _moved(at, "2026-12-01T23:00:00Z")),
}


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _write_ahead(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    connection.close()


def _issuer(at: Path) -> Path:
    return at / "keys" / "issuer" / f"{HERE}-{EPOCH}.key"


def _last_bundle(at: Path) -> Path:
    return max(each for each in (at / "public" / "registry").rglob("entries/**/*") if each.is_file())


def _touched(path: Path) -> Path:
    path.touch(0o644)
    return path


def _moved(at: Path, tick: str) -> None:
    DemonstrationClock(at / "clock").move(tick)


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_told_with_what_to_do(here: Path, name: str) -> None:
    check, remedy, broken = BREAKS[name]
    broken(here)
    told = [each for each in wrongs(here) if each.check == check]
    assert any(remedy in each.do for each in told), told


def test_an_issuer_alone_is_looked_at_for_what_is_there(tmp_path: Path) -> None:
    where = replace(config(tmp_path / "issuer"), name="issuer.example", room="issuer")
    script = (
        "import sys; from pathlib import Path; from undersigned.config import Config;"
        "from undersigned.bootstrap import create_instance;"
        "here = create_instance(Config(Path(sys.argv[1]), 'issuer.example', 'http://127.0.0.1:8000', 'issuer.example',"
        f"True, 'demonstration', room='issuer'), '2026-12-01T00:00:00Z'); here.issuer.open_epoch('{HERE}', '{EPOCH}')"
    )
    subprocess.run([sys.executable, "-c", script, str(where.directory)], check=True, timeout=60)
    assert wrongs(where.directory) == []
    assert {each.check for each in look(where, Asked()) if each.mark == HOLDS} >= {"permissions", "keys", "databases"}
    assert found(where.directory, "witnesses") == []
    _issuer(where.directory).write_text("00\n")
    assert [each.check for each in wrongs(where.directory)] == ["keys"]


def test_another_accounts_file_is_seen(here: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give files away")
    os.chown(here / "keys" / "log.key", 12345, -1)
    assert any("belongs to another account" in each.seen for each in wrongs(here))


# ── decisions that this machine cannot show ──


def test_a_write_ahead_log_is_wrong_in_every_version_and_faulty_in_some() -> None:
    shown = {
        version: rules.journal("ledger", version, write_ahead=True)
        for version in ((3, 6, 23), (3, 7, 0), (3, 40, 1), (3, 51, 2), (3, 51, 3))
    }
    assert {each.mark for each in shown.values()} == {WRONG}
    faulty = [version for version, each in shown.items() if "corrupt" in each.seen]
    assert faulty == [(3, 7, 0), (3, 40, 1), (3, 51, 2)]
    assert rules.journal("ledger", (3, 40, 1), write_ahead=False).mark == HOLDS


def test_the_time_service_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = tmp_path / "synchronized"
    assert time_service(nowhere, "no-such-program") is None
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for said, answer in (("yes", True), ("no", False), ("", None)):
        program = tmp_path / "timedatectl"
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        assert time_service(nowhere) is answer
    nowhere.touch()
    assert time_service(nowhere, "no-such-program") is True
    marks = [rules.time_service(kept=each).mark for each in (True, False, None)]
    assert marks == [HOLDS, WRONG, OPEN]


# ── others that it needs ──


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_is_tried_and_none_is_sent(here: Path, tmp_path: Path, security: str) -> None:
    with post(tmp_path, security) as server:
        settle(here, mail=server.settings)
        (told,) = found(here, "mail")
        assert (told.mark, server.mailbox.mails) == (HOLDS, [])
        assert server.mailbox.greetings
        server.stop()
        (told,) = found(here, "mail")
        assert (told.mark, told.do.startswith("Compare host")) == (WRONG, True)


def _wrong_password(server: Post) -> None:
    _password(server).write_text("another one\n")


def _open_password(server: Post) -> None:
    _password(server).chmod(0o644)


def _password(server: Post) -> Path:
    file = server.settings.password_file
    assert file is not None
    return file


@pytest.mark.parametrize(("broken", "words"), [(_wrong_password, "not taken"), (_open_password, "chmod 600")])
def test_a_password_that_does_not_fit_is_told(
    here: Path, tmp_path: Path, broken: Callable[[Post], None], words: str
) -> None:
    with post(tmp_path) as server:
        settle(here, mail=server.settings)
        broken(server)
        (told,) = found(here, "mail")
        assert told.mark == WRONG
        assert words in told.seen + told.do
        assert "another one" not in str(told)


def test_a_mail_server_that_nobody_vouches_for_is_told(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with post(tmp_path) as server:
        settle(here, mail=server.settings)
        monkeypatch.delenv("SSL_CERT_FILE")
        (told,) = found(here, "mail")
        assert (told.mark, "not trusted" in told.seen) == (WRONG, True)


@pytest.fixture
def keeper() -> Iterator[Place]:
    with place() as made:
        yield made


def test_the_keeper_is_asked(here: Path, keeper: Place) -> None:
    settle(here, keeper=keeper.socket)
    assert [each.mark for each in found(here, "keeper")] == [WRONG]
    keeper.start()
    keeper.client().make(HERE)
    assert [each.mark for each in found(here, "keeper")] == [HOLDS]
    (keeper.keys / HERE / "key").unlink()
    (told,) = found(here, "keeper")
    assert (told.mark, "lost" in told.seen) == (WRONG, True)


# ── the public address ──


@pytest.fixture(scope="module")
def behind(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, int]]:
    """A served instance whose own address is that of a proxy: its folder, where it listens, the proxy's port."""
    folder = shutil.copytree(made, tmp_path_factory.mktemp("behind") / "instance")
    port = free_port()
    settle(folder, url=f"https://127.0.0.1:{port}")
    with serving(folder, wait=120) as server:
        yield folder, server.url, port


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return Authority(tmp_path)


def test_a_proxy_that_passes_everything_on_is_right(behind: tuple[Path, str, int], trusted: Authority) -> None:
    folder, inner, port = behind
    with proxy(trusted, inner, port, {}):
        assert wrongs(folder) == []
        assert [each.mark for each in found(folder, "tls")] == [HOLDS]
        pages = {each.seen.partition(":")[0] for each in found(folder, "headers")}
        assert pages >= {"/"}
        assert all(each.mark == HOLDS for each in found(folder, "headers"))


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("Content-Security-Policy", None, "does not arrive"),
        ("Content-Security-Policy", "default-src *", "changed"),
        ("Strict-Transport-Security", None, "does not arrive"),
        ("Referrer-Policy", "unsafe-url", "changed"),
        ("Set-Cookie", "session=1", "a cookie"),
    ],
)
def test_a_proxy_that_changes_headers_is_told(
    behind: tuple[Path, str, int], trusted: Authority, name: str, value: str | None, state: str
) -> None:
    folder, inner, port = behind
    with proxy(trusted, inner, port, {name: value}):
        told = [each for each in wrongs(folder) if each.check == "headers"]
        assert told
        assert all(state in each.seen for each in told)


def test_a_certificate_that_ends_soon_is_told(
    behind: tuple[Path, str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, inner, port = behind
    authority = Authority(tmp_path, left=dt.timedelta(hours=6))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with proxy(authority, inner, port, {}):
        (told,) = found(folder, "tls")
        assert (told.mark, "0 days" in told.seen) == (WRONG, True)
        monkeypatch.delenv("SSL_CERT_FILE")
        (told,) = found(folder, "tls")
        assert (told.mark, "not trusted" in told.seen) == (WRONG, True)


def test_an_address_that_nobody_answers_at(here: Path) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    settle(here, url=gone)
    assert [each.mark for each in found(here, "address")] == [OPEN]
    assert [each.mark for each in found(here, "address", Asked(url=gone))] == [WRONG]


# ── backups, witnesses ──


def test_backups_are_looked_at(here: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert [each.mark for each in found(here, "backups", Asked(backups=kept))] == [WRONG]
    kept.mkdir()
    assert [each.mark for each in found(here, "backups", Asked(backups=kept))] == [WRONG]
    one = kept / "one.age"
    one.write_bytes(b"age-encryption.org/v1\n-> scrypt")
    for place_ in (kept, one):
        assert [each.mark for each in found(here, "backups", Asked(backups=place_))] == [HOLDS]
    os.utime(one, (0, 0))
    (told,) = found(here, "backups", Asked(backups=kept))
    assert (told.mark, "days old" in told.seen) == (WRONG, True)
    (kept / "two.age").write_bytes(b"keys, unencrypted")
    (told,) = found(here, "backups", Asked(backups=kept))
    assert (told.mark, "not encrypted" in told.seen) == (WRONG, True)
    inside = here / "backup.age"
    shutil.copyfile(one, inside)
    (told,) = found(here, "backups", Asked(backups=inside))
    assert (told.mark, "inside" in told.seen) == (WRONG, True)


def test_witnesses_are_reached_or_not(behind: tuple[Path, str, int], here: Path) -> None:
    _, inner, _ = behind
    gone = f"http://127.0.0.1:{free_port()}"
    lines = [
        f"witness {name} {CosignatureKey(f'{name}.example', seed(name)).vkey}{at}"
        for name, at in (("one", f" {inner}"), ("two", f" {gone}"), ("three", ""))
    ]
    text = "\n".join((f"log {KEY.vkey}", *lines, "quorum one", ""))
    marks = [each.mark for each in found(here, "witnesses", Asked(policy=Policy.parse(text)))]
    assert sorted(marks) == sorted([HOLDS, WRONG, OPEN])


# ── the command ──


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(each.relative_to(folder)): (
            each.lstat().st_mode,
            each.lstat().st_mtime_ns,
            each.read_bytes() if each.is_file() else b"",
        )
        for each in sorted(folder.rglob("*"))
    }


def doctor(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "undersigned", "doctor", "--dir", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_says_it_shows_no_secret_and_changes_nothing(here: Path, tmp_path: Path) -> None:
    secrets = [each.read_text().strip() for each in (here / "keys").rglob("*.key")]
    (here / "keys" / "identity.key").unlink()  # an older instance's; it is not made here
    before = state(here)
    done = doctor(here, "--json", str(tmp_path / "result.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert state(here) == before
    (here / "keys" / "log.key").chmod(0o644)
    done = doctor(here, "--json", str(tmp_path / "result.json"))
    assert done.returncode == 1
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("NO")]
    assert line.endswith(f"-> chmod 600 {here / 'keys' / 'log.key'}")
    written = (tmp_path / "result.json").read_text()
    assert {each["mark"] for each in json.loads(written)} == {HOLDS, OPEN, WRONG}
    assert not any(secret in done.stdout + written for secret in secrets)


def test_a_folder_without_an_instance_is_a_sentence(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no instance in ")
