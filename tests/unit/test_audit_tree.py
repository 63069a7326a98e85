"""Steps 2 and 3 on logs of many bundles, whatever their entries say."""

import json
from pathlib import Path

import pytest

from support.published import key, octets, write_log
from undersigned.auditor.findings import Findings
from undersigned.auditor.heads import Head
from undersigned.auditor.source import FolderSource
from undersigned.auditor.state import Earlier
from undersigned.auditor.tree import Chunk, Tree
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint
from undersigned.tlog.note import SigningKey

SIZE = 700
KEY = key("log")


def entries(size: int = SIZE) -> list[bytes]:
    return [json.dumps({"entry": at, "fill": "." * (at % 40)}).encode() for at in range(size)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log(tmp_path / "log", KEY, entries(), (100, 256, 300))
    return tmp_path


def head_of(folder: Path, signer: SigningKey = KEY) -> Head:
    note = (folder / "log" / "checkpoint").read_bytes()
    return Head("log", note, open_checkpoint(note, signer.name, signer.verifier), signer.vkey)


def read(folder: Path, earlier: Earlier | None = None) -> tuple[list[Chunk], set[tuple[int, int | None, str]]]:
    findings = Findings()
    chunks = list(Tree(head_of(folder), FolderSource(folder), findings, earlier).chunks())
    return chunks, {(each.step, each.entry, each.code) for each in findings.kept}


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_right_log_is_read_whole_and_in_order(folder: Path) -> None:
    chunks, failures = read(folder)
    assert failures == set()
    assert [each.first for each in chunks] == [0, 256, 512]
    assert [entry for each in chunks for entry in each.entries or ()] == entries()


@pytest.mark.parametrize("entry", [0, 5, 255, 256, 511, 512, 699])
def test_an_altered_entry_is_named(folder: Path, entry: int) -> None:
    width = "" if entry < 512 else f".p/{SIZE - 512}"
    path = folder / "log" / f"tile/entries/{entry // 256:03}{width}"
    before = sum(2 + len(each) for each in entries()[entry // 256 * 256 : entry])
    flip(path, before + 2 + 9)
    assert read(folder)[1] == {(2, entry, "entry-tile"), (2, None, "root")}


@pytest.mark.parametrize("entry", [0, 100, 255])
@pytest.mark.parametrize("octet", [0, 1])
def test_an_altered_length_is_named_and_the_rest_is_read(folder: Path, entry: int, octet: int) -> None:
    before = sum(2 + len(each) for each in entries()[:entry])
    flip(folder / "log/tile/entries/000", before + octet)
    chunks, failures = read(folder)
    assert failures == {(2, entry, "bundle")}, "the tile still has the right hashes, so the root holds"
    assert [each.entries is None for each in chunks] == [True, False, False]
    assert chunks[0].width == 256


@pytest.mark.parametrize("entry", [0, 255, 256, 699])
def test_an_altered_tile_is_named_by_its_entry(folder: Path, entry: int) -> None:
    width = "" if entry < 512 else f".p/{SIZE - 512}"
    flip(folder / "log" / f"tile/0/{entry // 256:03}{width}", entry % 256 * 32)
    assert read(folder)[1] == {(2, entry, "entry-tile")}


def test_an_altered_tile_above_is_named(folder: Path) -> None:
    flip(folder / "log/tile/1/000.p/2", 40)
    assert read(folder)[1] == {(2, None, "tile")}


@pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188"])
def test_a_missing_file_fails(folder: Path, path: str) -> None:
    (folder / "log" / path).unlink()
    assert "no-file" in {code for _, _, code in read(folder)[1]}


def test_bundle_and_tile_unreadable_together_end_the_reading(folder: Path) -> None:
    flip(folder / "log/tile/entries/001", 0)
    (folder / "log/tile/0/001").write_bytes(b"")
    chunks, failures = read(folder)
    assert failures == {(2, 256, "bundle")}
    assert len(chunks) == 1


def test_partial_files_may_be_gone_where_full_ones_are_there(tmp_path: Path) -> None:
    write_log(tmp_path / "log", KEY, entries(600))
    note = (tmp_path / "log/checkpoint").read_bytes()
    write_log(tmp_path / "log", KEY, entries(1100), (600,))
    (tmp_path / "log/checkpoint").write_bytes(note)
    for name in ("tile/entries/002.p/88", "tile/0/002.p/88"):
        (tmp_path / "log" / name).unlink()
    chunks, failures = read(tmp_path)
    assert failures == set()
    assert sum(len(each.entries or ()) for each in chunks) == 600


def test_an_empty_log_is_a_log(tmp_path: Path) -> None:
    write_log(tmp_path / "log", KEY, [])
    assert read(tmp_path) == ([], set())


# ── step 3 ──


def earlier_of(size: int, tmp_path: Path, signer: SigningKey = KEY, salt: bytes = b"") -> Earlier:
    place = tmp_path / "earlier"
    write_log(place / "log", signer, [each + salt for each in entries(size)])
    head = head_of(place, signer)
    return Earlier(head.note.decode(), signer.vkey, head.checkpoint)


@pytest.mark.parametrize("size", [0, 1, 100, 255, 256, 257, 512, 699, 700])
def test_a_log_that_grew_agrees_with_an_earlier_audit(folder: Path, tmp_path: Path, size: int) -> None:
    assert read(folder, earlier_of(size, tmp_path))[1] == set()


@pytest.mark.parametrize("size", [1, 100, 255, 256, 257, 512, 699, 700])
def test_a_log_that_was_rewritten_does_not(folder: Path, tmp_path: Path, size: int) -> None:
    assert read(folder, earlier_of(size, tmp_path, salt=b"x"))[1] == {(3, None, "log-rewritten")}


def test_a_log_that_was_cut_does_not(folder: Path, tmp_path: Path) -> None:
    assert read(folder, earlier_of(701, tmp_path))[1] == {(3, None, "log-shorter")}


def test_a_log_under_another_key_or_name_does_not(folder: Path, tmp_path: Path) -> None:
    for other in (key("log", "another"), SigningKey("other.example/log", octets("seed"))):
        assert (3, None, "other-log") in read(folder, earlier_of(700, tmp_path / other.name, other))[1]


def test_a_size_beyond_all_bounds_ends_at_the_first_missing_bundle(folder: Path) -> None:
    findings = Findings()
    head = Head("log", b"", Checkpoint(KEY.name, 2**62, octets("root")), KEY.vkey)
    chunks = list(Tree(head, FolderSource(folder), findings, None).chunks())
    assert len(chunks) == 2
    assert findings.total == 1
