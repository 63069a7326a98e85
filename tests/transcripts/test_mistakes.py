"""What the commands say to somebody who made a mistake: one sentence on what to do, and the exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.published import small

EXAMPLE = """\
slug = "ours"
addressee = "the board"
closes = "2099-01-01T00:00:00Z"
[[organisations]]
name = "example.com"
issuers = ["issuer.example"]
people = 30
as_of = "2026-09-30"
source = "a report"
[[texts]]
language = "en"
title = "Ours"
body = "We work here."
"""


def transcripts() -> list[tuple[str, str]]:
    """Pairs of command and answer from `mistakes.txt`."""
    blocks = (Path(__file__).parent / "mistakes.txt").read_text().strip().split("\n\n")
    pairs = [tuple(block.split("\n")) for block in blocks]
    assert all(len(pair) == 2 and pair[0].startswith("$ undersigned ") for pair in pairs)
    return [(command.removeprefix("$ undersigned "), words) for command, words in pairs]


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "undersigned", *command.split()]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("transcripts")
    (made / "letter.toml").write_text(EXAMPLE)
    (made / "broken.toml").write_text('slug = "broken"\n')
    assert run(made, "init --name a.example --issuer issuer.example --dir here").returncode == 0
    drafted = run(made, "letter new letter.toml --dir here")
    assert drafted.stdout.startswith("Drafted “Ours” as ours, epoch 20"), drafted
    return made


@pytest.mark.parametrize(("command", "words"), transcripts())
def test_a_mistake_is_answered_in_one_sentence(folder: Path, command: str, words: str) -> None:
    done = run(folder, command)
    assert done.stderr == f"{words}\n"
    assert done.returncode == 2
    assert not done.stdout.strip()


def test_an_audit_that_fails_exits_with_one(tmp_path: Path) -> None:
    copy = small().write(tmp_path / "copy")
    assert run(tmp_path, "audit copy --workers 1").returncode == 0
    bundle = max((copy / "log/tile/entries").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    done = run(tmp_path, "audit copy --workers 1")
    assert done.returncode == 1
    assert "Step 2, log, entry" in done.stdout
