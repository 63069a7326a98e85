"""`undersigned audit`: what it prints, writes and exits with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from support.published import Published, small
from undersigned.cli.audit import audit
from undersigned.errors import UndersignedError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small().write(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    published: Published = small()
    published.log[4], published.log[5] = published.log[5], published.log[4]
    return published.write(tmp_path_factory.mktemp("broken"))


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(audit)
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_it_exits_with_0_where_everything_holds(folder: Path) -> None:
    result = run(folder, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0].startswith("DEMONSTRATION")
    assert result.output.splitlines()[-1] == "Everything holds."
    assert all(f"{number}. ok" in result.output for number in range(1, 11))


def test_it_exits_with_1_where_something_does_not(broken: Path) -> None:
    result = run(broken)
    assert result.exit_code == 1
    assert "Step 5, log, entry 5: " in result.output
    assert "5. FAILED" in result.output


def test_it_writes_its_result_as_json_either_way(folder: Path, broken: Path, tmp_path: Path) -> None:
    for place, passed in ((folder, True), (broken, False)):
        run(place, "--json", tmp_path / "result.json")
        assert json.loads((tmp_path / "result.json").read_text())["passed"] is passed


def test_it_remembers_only_full_audits_that_held(folder: Path, broken: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    run(broken, "--state", state)
    run(folder, "--state", state, "--sample", 3)
    assert not state.exists()
    run(folder, "--state", state)
    before = state.read_bytes()
    assert "12 entries were audited before" in run(folder, "--state", state).output
    assert run(broken, "--state", state).exit_code == 1
    assert state.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/nowhere"], "no folder"),
        (["{folder}", "--policy", "/nowhere"], "cannot be read"),
        (["{folder}", "--policy", "{folder}/log.vkey"], "policy"),
        (["{folder}", "--state", "{folder}/log/checkpoint"], "Remove it"),
        (["{folder}", "--json", "/nowhere/result.json"], "cannot be written"),
        (["{folder}", "--engine", "abacus"], "engine"),
        (["{folder}/log"], "checkpoint"),
        (["http://127.0.0.1:9/"], "cannot be reached"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    folder: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("undersigned.auditor.source.ATTEMPTS", 1)
    result = run(*(each.format(folder=folder) for each in arguments))
    assert isinstance(result.exception, UndersignedError), result.output
    assert words in result.exception.words


def test_neither_the_command_nor_its_workers_import_the_server() -> None:
    program = (
        "import sys; import undersigned.cli.audit, undersigned.auditor.audit, undersigned.auditor.parallel\n"
        "rooms = ('django', 'ninja', *(f'undersigned.{room}' for room in ('ledger', 'letters', 'issuer', 'storage')))\n"
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
