"""The log that Tessera wrote, sizes 0 to 15: made again byte for byte, checkpoints and all."""

import base64
from pathlib import Path

import pytest

from support.paths import shared_vectors
from support.tlog import MemoryLog
from undersigned.errors import Refused
from undersigned.tlog import merkle, tile
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from undersigned.tlog.note import Note, SigningKey, VerifierKey

ORIGIN = "example.com/log/testdata"
#: The test keys with which Tessera's own testdata is built and signed; public, and of no other use.
PRIVATE = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
PUBLIC = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIZES = range(16)
LAST = 15


@pytest.fixture(name="folder")
def _folder() -> Path:
    return shared_vectors("tlog/tessera") / "log"


@pytest.fixture(name="key")
def _key() -> SigningKey:
    *_, name, _, material = PRIVATE.split("+", 4)
    return SigningKey(name, base64.b64decode(material)[1:])


def their_entries(folder: Path) -> list[bytes]:
    return tile.parse_bundle((folder / tile.entries_path(0, LAST)).read_bytes(), LAST)


def their_files(folder: Path, size: int) -> dict[str, bytes]:
    """All tiles and bundles that a log of `size` has been through, one entry at a time."""
    paths = [str(p.relative_to(folder)) for p in (folder / "tile").rglob("*") if p.is_file()]
    return {p: (folder / p).read_bytes() for p in paths if tile.TilePath.parse(p).width <= size}


def test_the_key_is_the_one_that_the_checkpoints_name(key: SigningKey) -> None:
    assert key.vkey == PUBLIC
    assert VerifierKey.parse(PUBLIC) == key.verifier
    assert key.verifier.key_id.hex() == "33d7b496"


def test_every_tile_and_bundle_is_made_again(folder: Path) -> None:
    log = MemoryLog()
    for entry in their_entries(folder):
        log.append([entry])
        assert log.files == their_files(folder, log.size)
    assert len(log.files) == 2 * LAST


@pytest.mark.parametrize("size", SIZES)
def test_the_checkpoint_is_made_and_signed_again(folder: Path, key: SigningKey, size: int) -> None:
    log = MemoryLog()
    log.append(their_entries(folder)[:size])
    theirs = (folder / f"checkpoint.{size}").read_bytes()
    assert sign_checkpoint(Checkpoint(ORIGIN, log.size, log.root), key) == theirs


def test_the_newest_checkpoint_is_that_of_15(folder: Path) -> None:
    assert (folder / "checkpoint").read_bytes() == (folder / "checkpoint.15").read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_the_checkpoint_is_read_and_written_back(folder: Path, size: int) -> None:
    theirs = (folder / f"checkpoint.{size}").read_bytes()
    note = Note.parse(theirs)
    assert note.encode() == theirs
    checkpoint = open_checkpoint(theirs, ORIGIN, VerifierKey.parse(PUBLIC))
    assert (checkpoint.origin, checkpoint.size, checkpoint.text()) == (ORIGIN, size, note.text)


def test_a_checkpoint_under_another_checkpoints_signature_is_refused(folder: Path) -> None:
    text = Note.parse((folder / "checkpoint.14").read_bytes()).text
    signatures = Note.parse((folder / "checkpoint.15").read_bytes()).signatures
    with pytest.raises(Refused):
        open_checkpoint(Note(text, signatures).encode(), ORIGIN, VerifierKey.parse(PUBLIC))


def test_proofs_from_their_tiles_hold_under_their_checkpoints(folder: Path) -> None:
    def read(path: str) -> bytes:
        return (folder / path).read_bytes()

    key = VerifierKey.parse(PUBLIC)
    roots = [open_checkpoint((folder / f"checkpoint.{n}").read_bytes(), ORIGIN, key).root for n in SIZES]
    leaves = [merkle.leaf_hash(e) for e in their_entries(folder)]
    for size in SIZES:
        tiles = tile.TileReader(size, read)
        assert tiles.root() == roots[size]
        for index in range(size):
            merkle.verify_inclusion(index, size, leaves[index], tiles.inclusion_proof(index), roots[size])
        for old in range(size + 1):
            merkle.verify_consistency(old, roots[old], size, roots[size], tiles.consistency_proof(old))
