"""What the public folder and the staging folder promise to the sequencer."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.ledgers import tick
from undersigned.errors import Malformed, Unavailable, Withheld
from undersigned.ledger.store import Bundle, Documents, Staging, TileStore, seconds
from undersigned.values import sha256_hex

BUNDLE = Bundle(seconds(tick(3)), {"tile/0/000.p/2": b"x" * 64, "tile/entries/000.p/2": b"", "tile/0/x001/000": b"\n{"})


@pytest.fixture(autouse=True)
def _private_by_default() -> Iterator[None]:
    """The server's umask."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "staging")


@pytest.fixture
def store(tmp_path: Path, staging: Staging) -> TileStore:
    return TileStore(tmp_path / "public" / "log", staging)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_of_a_round_are_read_again_and_all_bear_its_tick(tmp_path: Path, store: TileStore) -> None:
    for path, data in BUNDLE.files.items():
        store.write(path, data, BUNDLE.mtime)
    store.sync(BUNDLE)
    store.publish(b"checkpoint", BUNDLE.mtime)
    assert {path: store.read(path) for path in BUNDLE.files} == BUNDLE.files
    assert store.checkpoint() == b"checkpoint"
    written = [tmp_path / "public" / "log", *(tmp_path / "public" / "log").rglob("*")]
    assert len(written) > len(BUNDLE.files) + 4
    assert {path.stat().st_mtime_ns for path in written} == {seconds(tick(3)) * 10**9}


def test_what_is_public_may_be_read_by_others_and_what_is_staged_by_nobody(
    tmp_path: Path, store: TileStore, staging: Staging
) -> None:
    store.write("tile/0/000", b"x", 0)
    name = staging.stage("log", BUNDLE)
    assert (tmp_path / "public/log/tile/0/000").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "public/log/tile/0").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "staging").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "staging" / name).stat().st_mode & 0o777 == 0o600


def test_what_is_not_there_is_withheld(store: TileStore) -> None:
    with pytest.raises(Withheld):
        store.read("tile/0/000")
    assert store.checkpoint() is None
    store.write("tile/0/000", b"x", 0)
    with pytest.raises(Withheld):
        store.read("tile/0/000/001")


def test_staged_files_come_back_as_they_were(staging: Staging) -> None:
    assert staging.staged(staging.stage("log", BUNDLE)) == BUNDLE


def test_staged_files_that_are_damaged_or_gone_are_not_used(tmp_path: Path, staging: Staging) -> None:
    name = staging.stage("log", BUNDLE)
    path = tmp_path / "staging" / name
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:-1] + b"}", whole + b"x"):
        path.write_bytes(damaged)
        with pytest.raises(Unavailable, match="damaged"):
            staging.staged(name)
    path.unlink()
    with pytest.raises(Unavailable, match="not on this machine"):
        staging.staged(name)


def test_sweeping_leaves_nothing_but_what_is_named(tmp_path: Path, staging: Staging) -> None:
    kept, other = staging.stage("log", BUNDLE), staging.stage("registry", BUNDLE)
    (tmp_path / "staging" / "0123.new").write_bytes(b"half")
    with staging.alone():
        staging.sweep({kept})
        assert names(tmp_path / "staging") == sorted([kept, "lock"])
        staging.sweep(set())
    assert names(tmp_path / "staging") == ["lock"]
    assert other != kept


def test_one_at_a_time_is_alone(tmp_path: Path, staging: Staging) -> None:
    entered = threading.Event()

    def other() -> None:
        with Staging(tmp_path / "staging").alone():
            entered.set()

    thread = threading.Thread(target=other)
    with staging.alone():
        thread.start()
        assert not entered.wait(0.1)
    thread.join()
    assert entered.is_set()


def test_documents_are_read_by_their_digest_until_they_are_taken_down(tmp_path: Path, staging: Staging) -> None:
    documents = Documents(tmp_path / "public" / "documents", staging)
    texts = {sha256_hex(text): text for text in (b"one", b"two")}
    documents.write(texts, seconds(tick(2)))
    one, two = texts
    assert [documents.read(name) for name in texts] == [b"one", b"two"]
    documents.remove({one, sha256_hex(b"never there")})
    with pytest.raises(Withheld):
        documents.read(one)
    assert documents.read(two) == b"two"
    folder = tmp_path / "public" / "documents"
    assert {path.stat().st_mtime_ns for path in (folder, *folder.iterdir())} == {seconds(tick(2)) * 10**9}


def test_document_that_was_changed_on_disk_is_not_shown(tmp_path: Path, staging: Staging) -> None:
    documents = Documents(tmp_path / "documents", staging)
    name = sha256_hex(b"one")
    documents.write({name: b"one"}, 0)
    (tmp_path / "documents" / name).write_bytes(b"One")
    with pytest.raises(Unavailable):
        documents.read(name)
    with pytest.raises(Malformed):
        documents.read("../documents/" + name)
