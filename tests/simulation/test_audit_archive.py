"""An archive holds all that an audit needs, the program too, and says what the original says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.auditing import audited
from support.published import OPEN, Published, honest, issued, small
from undersigned.auditor.archive import archive
from undersigned.auditor.source import FolderSource
from undersigned.errors import Conflict, Refused, Withheld
from undersigned.protocol.entry import Redacted

#: What the archived program may not need.
SERVER = ("ledger", "letters", "issuer", "storage", "web", "cli", "config.py", "bootstrap.py")


def archived(published: Published, folder: Path, steps: tuple[int, ...] = ()) -> Path:
    source = FolderSource(published.write(folder / "published", steps=steps))
    archive(source, folder / "archive", lambda *_: None)
    return folder / "archive"


def program(archive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with nothing of this project on its path but the archived program."""
    command = [sys.executable, "-P", *arguments]
    environment = os.environ | {"PYTHONPATH": str(archive / "program"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=archive, env=environment, capture_output=True, text=True, check=False)


def test_an_audit_of_the_archive_says_what_one_of_the_original_says(tmp_path: Path) -> None:
    copy = archived(honest(), tmp_path, steps=(11, 40))
    original, again = audited(tmp_path / "published"), audited(copy)
    assert again.passed
    assert (again.letters, again.heads.log.note) == (original.letters, original.heads.log.note)


def test_the_archive_counts_again_with_the_program_that_is_in_it(tmp_path: Path) -> None:
    copy = archived(small(), tmp_path)
    where = program(copy, "-c", "import undersigned; print(undersigned.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(copy / "program")
    assert not any((copy / "program" / "undersigned" / name).exists() for name in SERVER)
    done = program(copy, "-m", "undersigned.auditor", ".")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("DEMONSTRATION")
    assert done.stdout.splitlines()[-1] == "Everything holds."


def test_the_archived_program_fails_what_fails_and_names_a_mistake(tmp_path: Path) -> None:
    copy = archived(small(), tmp_path)
    path = copy / "log/tile/entries/000.p/12"
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    failed = program(copy, "-m", "undersigned.auditor", ".")
    assert failed.returncode == 1
    assert "log, entry 11" in failed.stdout
    for arguments in ((), ("one", "two"), ("nowhere",)):
        mistaken = program(copy, "-m", "undersigned.auditor", *arguments)
        assert mistaken.returncode == 2
        assert len(mistaken.stderr.splitlines()) == 1


def test_a_long_log_is_copied_with_all_its_bundles(tmp_path: Path) -> None:
    published = small()
    published.log += [issued("alpha.example", 10 + 10 * at) for at in range(600)]
    copy = archived(published, tmp_path, steps=(12, 300))
    assert audited(copy).passed
    names = {path.name for path in (copy / "log/tile/entries").rglob("*") if path.is_file()}
    assert names == {"000", "001", str(len(published.log) - 512)}


def test_documents_that_were_taken_down_are_not_in_it(tmp_path: Path) -> None:
    published = honest()
    published.registry.append(Redacted(OPEN.digest, "rights", "A photograph.").encoded)
    copy = archived(published, tmp_path)
    assert not (copy / "documents" / OPEN.digest).exists()
    assert audited(copy).passed


def test_what_is_not_whole_is_not_archived(tmp_path: Path) -> None:
    published = small()
    source = FolderSource(published.write(tmp_path / "published"))
    (tmp_path / "there").mkdir()
    with pytest.raises(Conflict):
        archive(source, tmp_path / "there", lambda *_: None)
    bundle = tmp_path / "published/log/tile/entries/000.p/12"
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(Refused):
        archive(source, tmp_path / "archive", lambda *_: None)
    bundle.unlink()
    with pytest.raises(Withheld):
        archive(source, tmp_path / "archive", lambda *_: None)
    assert not (tmp_path / "archive").exists()
