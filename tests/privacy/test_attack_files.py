"""Who may read which file of an instance: what is published everyone, everything else its own account."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import instances
from support.instances import enrol, letter, opened, sign, turn
from support.serving import serving
from undersigned import cli
from undersigned.bootstrap import open_instance

PUBLIC_FILE, PUBLIC_FOLDER, FILE, FOLDER = 0o644, 0o755, 0o600, 0o700
NAMES = ["--name", "letters.example", "--issuer", "issuer.example"]


def made(folder: Path, umask: int) -> "subprocess.Popen[bytes]":
    """`undersigned init`, as somebody with another umask types it."""
    command = [sys.executable, "-m", "undersigned", "init", *NAMES, "--demo", "--dir", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, umask=umask)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module", params=[0o000])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that was made, served, and has published."""
    there = tmp_path_factory.mktemp("modes") / "instance"
    process = made(there, request.param)
    assert process.communicate(timeout=60)
    assert process.returncode == 0
    settings = there / "instance.toml"
    settings.write_text(settings.read_text().replace('clock = "system"', 'clock = "demonstration"'))
    instances.use(there)
    instance = open_instance(there)
    instances.move(instance, instances.BEGIN)
    of = opened(instance, letter())
    sign(instance, enrol(instance, 10), of)
    turn(instance, "2026-12-02T00:00:00Z")
    with serving(there):
        pass
    instances.close()
    return there


def test_what_is_published_is_open_and_nothing_else_is(folder: Path) -> None:
    assert mode(folder) == 0o711
    seen = 0
    for path in folder.rglob("*"):
        public = path.is_relative_to(folder / "public")
        wanted = (PUBLIC_FOLDER if public else FOLDER) if path.is_dir() else (PUBLIC_FILE if public else FILE)
        assert mode(path) == wanted, path.relative_to(folder)
        seen += public
    assert seen > 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_web_server_under_another_account_reads_all_that_is_published_and_no_more(folder: Path) -> None:
    for above in folder.parents:
        if "pytest-of" in str(above):
            above.chmod(0o755)
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            files = [Path(at, name) for at, _, names in os.walk(folder / "public") for name in names]
            good = len(files) > 20 and all(path.read_bytes() is not None for path in files)
            for closed in ("instance.toml", "clock", "keys", "data", "staging", "keys/log.key"):
                try:
                    os.close(os.open(folder / closed, os.O_RDONLY))
                    good = False
                except PermissionError:
                    continue
            os._exit(0 if good else 3)
        finally:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_no_process_of_the_server_leaves_an_image_of_its_memory(folder: Path) -> None:
    with serving(folder) as running:
        pids = [running.process.pid, *(each.pid for each in running.workers())]
        assert len(pids) == 3
        for pid in pids:
            assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)


def test_no_holder_leaves_an_image_of_its_memory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limits: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: limits.append((which, limit)))
    monkeypatch.setattr(sys, "argv", ["undersigned", "sign", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "sign" in capsys.readouterr().out.lower()
    assert limits == [(resource.RLIMIT_CORE, (0, 0))]


@pytest.mark.parametrize("after", [0.4, 0.7, 1.0])
def test_an_instance_whose_making_was_interrupted_is_none(tmp_path: Path, after: float) -> None:
    there = tmp_path / "instance"
    process = made(there, 0o022)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = made(there, 0o022)
    said = again.communicate(timeout=60)[0].decode()
    assert "Traceback" not in said
    if again.returncode == 0 or "already" in said:
        instances.use(there)
        # Genesis and receipt key; the digests of the client's files come after the settings, or else when it is served.
        assert open_instance(there).ledger.registry().size in {2, 3}
        instances.close()
    else:
        assert again.returncode == 2
        assert "Delete the folder" in said
        assert not (there / "instance.toml").exists()
