"""`undersigned monitor` as cron runs it, against the real server."""

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import instances
from support.instances import HERE, enrol, fresh, letter, opened, sign, turn
from support.serving import Server, free_port, serving
from undersigned.bootstrap import Instance
from undersigned.protocol.letter import Letter
from undersigned.values import sha256_hex
from undersigned.web.client_files import publish_client

FILES = {"sign/index.html": b"<!doctype html>\n<p>Sign</p>\n", "client/sign.0123.js": b"one();\n"}


@dataclass
class There:
    instance: Instance
    letter: Letter
    server: Server

    @property
    def public(self) -> Path:
        return self.instance.config.public


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    home = tmp_path_factory.mktemp("monitored")
    instance = fresh(home / "instance")
    of = opened(instance, letter())
    for path, data in FILES.items():
        (home / "client" / path).parent.mkdir(parents=True, exist_ok=True)
        (home / "client" / path).write_bytes(data)
    digests = {path: sha256_hex(data) for path, data in FILES.items()}
    (home / "client" / "manifest.json").write_text(json.dumps({"files": digests}))
    publish_client(instance, home / "client")
    sign(instance, enrol(instance, 12), of)
    turn(instance, "2026-12-02T00:00:00Z")
    with serving(instance.config.directory) as server:
        # The server's own start may have logged another client, where one is installed.
        publish_client(instance, home / "client")
        yield There(instance, of, server)
    instances.close()


def monitor(*arguments: object) -> tuple[int, list[str], str]:
    command = [sys.executable, "-m", "undersigned", "monitor", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_it_is_silent_while_all_is_well(there: There, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert monitor(there.server.url, "--state", state) == (0, [], "")
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    before = state.read_bytes()
    assert monitor(there.server.url, "--state", state) == (0, [], "")
    assert state.read_bytes() == before
    sign(there.instance, enrol(there.instance, 10), there.letter)
    turn(there.instance, "2026-12-03T00:00:00Z")
    assert monitor(there.server.url, "--state", state) == (0, [], "")
    assert state.read_bytes() != before
    assert monitor(there.server.url) == (0, [], "")


def test_altered_script_is_a_sentence_and_1(there: There, tmp_path: Path) -> None:
    assert monitor(there.server.url, "--state", tmp_path / "state")[0] == 0
    script = there.public / "client" / "sign.0123.js"
    script.write_bytes(b"steal();\n")
    try:
        code, said, trouble = monitor(there.server.url, "--state", tmp_path / "state")
    finally:
        script.write_bytes(FILES["client/sign.0123.js"])
    assert code == 1
    assert len(said) == 1
    assert said[0].startswith(f"{there.server.url}: registry, entry ")
    assert "client/sign.0123.js" in said[0]
    assert trouble == ""
    assert monitor(there.server.url, "--state", tmp_path / "state")[0] == 0


def test_a_split_view_is_told_and_kept(there: There, tmp_path: Path) -> None:
    """Whoever has the keys shows one log to some and another to others: two instances from one folder."""
    state = tmp_path / "state"
    copied = tmp_path / "instance"
    shutil.copytree(there.instance.config.directory, copied)
    for instance, people in ((there.instance, 10), (None, 11)):
        other = instance or _use(copied)
        sign(other, enrol(other, people, HERE), there.letter)
        turn(other, "2026-12-04T00:00:00Z")
    _use(there.instance.config.directory)
    assert monitor(there.server.url, "--state", state)[0] == 0
    with serving(copied) as twin:
        # The same address for whoever is shown the other one: here the state does not name the address.
        code, said, _ = monitor(twin.url, "--state", state)
    assert code == 1
    assert any("are not those of an earlier audit" in each for each in said)
    kept = json.loads(state.read_bytes())["contradictions"]
    assert [each["log"] for each in kept] == ["log"]
    assert kept[0]["seen"] == (there.public / "log/checkpoint").read_text()
    assert kept[0]["shown"] == (copied / "public/log/checkpoint").read_text()
    code, said, _ = monitor(there.server.url, "--state", state)
    assert code == 1
    told = "At an earlier look two signed checkpoints contradicted each other; they are in the state file."
    # The twin's registry may be longer, by the client that its own start logged.
    assert said[-1] == f"{there.server.url}: {told}"


def _use(directory: Path) -> Instance:
    from undersigned.bootstrap import open_instance  # noqa: PLC0415 - models need Django set up first

    instances.close()
    instances.use(directory)
    return open_instance(directory)


def test_a_mistake_or_a_network_that_fails_is_2(there: There, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    state = tmp_path / "state"
    assert monitor(there.server.url, "--state", state)[0] == 0
    kept = state.read_bytes()
    for arguments in ((nowhere, "--state", state), ("nonsense",), (there.server.url, "--state", tmp_path)):
        code, said, trouble = monitor(*arguments)
        assert (code, said) == (2, []), arguments
        assert len(trouble.splitlines()) == 1
    assert state.read_bytes() == kept
    state.write_text("{}")
    assert monitor(there.server.url, "--state", state)[0] == 2
