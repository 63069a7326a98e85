"""The checkers that judge the whole tree: linter, formatter, types."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT


def run(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_the_linter_finds_nothing() -> None:
    done = run("ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_formatter_changes_nothing() -> None:
    done = run("ruff", "format", "--check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_types_hold_everywhere(tmp_path: Path) -> None:
    done = run("mypy", "--cache-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


PLANTED = {
    "linter": ("import os\n", ("ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"))),
    "formatter": (
        "x = {  'a':1 }\n",
        ("ruff", "format", "--check", "--no-cache", "--config", str(ROOT / "pyproject.toml")),
    ),
    "types": ("def one() -> int:\n    return 'one'\n", ("mypy", "--strict")),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_checker_sees_what_is_wrong(name: str, tmp_path: Path) -> None:
    text, words = PLANTED[name]
    planted = tmp_path / "planted.py"
    planted.write_text(text, encoding="utf-8")
    assert run(*words, str(planted), folder=tmp_path).returncode == 1
