"""Every parser of the log's formats: what it takes it writes back; the rest it refuses, in words."""

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.tlog import KEY, ORIGIN, Damage, damaged, damages, refused_or_canonical, refuses, seed
from undersigned.errors import Malformed, Refused
from undersigned.tlog import merkle, tile
from undersigned.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey, CosignatureVerifierKey, message
from undersigned.tlog.note import Note, NoteSignature, SigningKey, VerifierKey, public_key, sign, sign_ed25519
from undersigned.tlog.proof import TlogProof

hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(1, 2**63 - 1)
lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30)
texts = st.lists(lines | st.just(""), max_size=4).map(lambda some: "".join(f"{line}\n" for line in some) or "\n")
names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=30).map(
    lambda name: name.replace("+", "-")
)
signatures = st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
notes = st.builds(Note, texts, st.lists(signatures, min_size=1, max_size=4).map(tuple))
checkpoints = st.builds(Checkpoint, lines, sizes, hashes, st.lists(lines, max_size=2).map(tuple))
signed = st.builds(
    lambda size, root: sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY), st.integers(1, 10**6), hashes
)
proofs = st.builds(
    TlogProof,
    st.integers(0, 2**63 - 2),
    st.lists(hashes, max_size=5),
    signed,
    st.none() | st.binary(min_size=1, max_size=20),
)
paths = st.builds(
    tile.TilePath,
    st.none() | st.integers(0, 63),
    st.integers(0, 10**7) | st.integers(0, 2**63 - 1),
    st.integers(1, 256),
)


def rewrite_note(octets: bytes) -> bytes:
    return Note.parse(octets).encode()


def rewrite_checkpoint(octets: bytes) -> bytes:
    return Checkpoint.parse(octets.decode("utf-8", "surrogateescape")).text().encode()


def rewrite_vkey(octets: bytes) -> bytes:
    return VerifierKey.parse(octets.decode("utf-8", "surrogateescape")).encode().encode()


def rewrite_witness_vkey(octets: bytes) -> bytes:
    return CosignatureVerifierKey.parse(octets.decode("utf-8", "surrogateescape")).encode().encode()


def rewrite_path(octets: bytes) -> bytes:
    return str(tile.TilePath.parse(octets.decode("utf-8", "surrogateescape"))).encode()


def rewrite_proof(octets: bytes) -> bytes:
    return TlogProof.parse(octets).encode()


def rewrite_bundle(octets: bytes) -> bytes:
    return tile.encode_bundle(tile.parse_bundle(octets, 3))


PARSERS = {
    "note": rewrite_note,
    "checkpoint": rewrite_checkpoint,
    "vkey": rewrite_vkey,
    "witness vkey": rewrite_witness_vkey,
    "path": rewrite_path,
    "proof": rewrite_proof,
    "bundle": rewrite_bundle,
}


@given(st.sampled_from(sorted(PARSERS)), st.binary(max_size=200))
@example("note", b"\n\n\n")
@example("note", b"\n\n\xe2\x80\x94 a AAAAAAA=\n")
@example("bundle", b"\x00")
@example("bundle", b"\x00\x00\x00\x00\x00\x00\x00")
@example("vkey", b"a+00000000+")
@example("path", b"tile/0/x000/001")
def test_any_octets_are_refused_in_words_or_read_back(parser: str, octets: bytes) -> None:
    refused_or_canonical(octets, PARSERS[parser])


@given(notes, damages)
def test_notes(note: Note, damage: Damage) -> None:
    octets = note.encode()
    assert Note.parse(octets) == note
    refused_or_canonical(damaged(octets, damage), rewrite_note)


@given(checkpoints, damages)
def test_checkpoints(checkpoint: Checkpoint, damage: Damage) -> None:
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    refused_or_canonical(damaged(checkpoint.text().encode(), damage), rewrite_checkpoint)


@given(names, st.binary(min_size=32, max_size=32).map(public_key), damages)
def test_verifier_keys(name: str, public: bytes, damage: Damage) -> None:
    log, witness = VerifierKey(name, public), CosignatureVerifierKey(name, public)
    assert VerifierKey.parse(log.encode()) == log
    assert CosignatureVerifierKey.parse(witness.encode()) == witness
    assert log.key_id != witness.key_id
    refused_or_canonical(damaged(log.encode().encode(), damage), rewrite_vkey)
    refused_or_canonical(damaged(witness.encode().encode(), damage), rewrite_witness_vkey)
    with pytest.raises(Malformed, match="signature type"):
        VerifierKey.parse(witness.encode())


@given(paths, damages)
def test_paths(path: tile.TilePath, damage: Damage) -> None:
    assert tile.TilePath.parse(str(path)) == path
    refused_or_canonical(damaged(str(path).encode(), damage), rewrite_path)


@given(proofs, damages)
def test_proofs(proof: TlogProof, damage: Damage) -> None:
    assert TlogProof.parse(proof.encode()) == proof
    refused_or_canonical(damaged(proof.encode(), damage), rewrite_proof)


@given(st.lists(st.binary(max_size=40), min_size=3, max_size=3), damages)
def test_bundles(some: list[bytes], damage: Damage) -> None:
    octets = tile.encode_bundle(some)
    assert tile.parse_bundle(octets, 3) == some
    refused_or_canonical(damaged(octets, damage), rewrite_bundle)
    for count in (0, 2, 4):
        refuses(partial(tile.parse_bundle, count=count), octets, "bundle")


@given(signed, damages)
def test_a_damaged_signed_checkpoint_is_never_believed(octets: bytes, damage: Damage) -> None:
    other = damaged(octets, damage)
    if other == octets:
        open_checkpoint(octets, ORIGIN, KEY.verifier)
        return
    with pytest.raises((Malformed, Refused)):
        open_checkpoint(other, ORIGIN, KEY.verifier)


@given(hashes, st.integers(0, 2**63 - 1), checkpoints)
def test_a_cosignature_holds_for_its_text_and_time_only(secret: bytes, time: int, checkpoint: Checkpoint) -> None:
    key = CosignatureKey("witness.example", secret)
    text = checkpoint.text()
    line = key.sign(text, time)
    assert NoteSignature.parse(line.line()) == line
    assert key.verifier.timestamp(text, line.signature) == time
    other = (time ^ 1).to_bytes(8, "big") + line.signature[8:]
    for wrong in (other, line.signature[:-1], line.signature + b"\0", b"\xff" + line.signature[1:], b""):
        with pytest.raises(Refused):
            key.verifier.check(text, wrong)
    with pytest.raises(Refused):
        key.verifier.check(text + "more\n", line.signature)
    with pytest.raises(Refused):
        VerifierKey(key.name, key.verifier.public).check(text, line.signature[8:])


def test_a_cosignature_of_a_time_beyond_2_63_is_refused_though_well_signed() -> None:
    time, text = 2**63, "text\n"
    signature = time.to_bytes(8, "big") + sign_ed25519(seed("w"), message(text, time))
    refuses(partial(CosignatureKey("witness.example", seed("w")).verifier.check, text), signature, "note-signature")


# ── spellings, by name ──

ROOT = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"log\n015\n{ROOT}\n", "bad-decimal"),
        (f"log\n+15\n{ROOT}\n", "bad-decimal"),
        (f"log\n-1\n{ROOT}\n", "bad-decimal"),
        (f"log\n 15\n{ROOT}\n", "bad-decimal"),
        (f"log\n١٥\n{ROOT}\n", "bad-decimal"),
        (f"log\n\n{ROOT}\n", "bad-decimal"),
        (f"log\n{2**63}\n{ROOT}\n", "bad-decimal"),
        (f"log\n15\n{ROOT[:-1]}\n", "bad-base64"),
        (f"log\n15\n{ROOT.replace('s=', 't=')}\n", "bad-base64"),
        (f"log\n15\n{ROOT} \n", "bad-base64"),
        ("log\n15\nAAAA\n", "bad-length"),
        ("log\n15\n\n", "bad-length"),
        (f"log\n0\n{ROOT}\n", "checkpoint-empty"),
        (f"\n15\n{ROOT}\n", "checkpoint-lines"),
        (f"log\n15\n{ROOT}\n\n", "checkpoint-lines"),
        (f"log\n15\n{ROOT}\n\nmore\n", "checkpoint-lines"),
        ("log\n15\n", "checkpoint-lines"),
        (f"log\n15\n{ROOT}", "note-text"),
        (f"log\r\n15\r\n{ROOT}\r\n", "note-text"),
        ("", "note-text"),
    ],
)
def test_another_spelling_of_a_checkpoint_is_refused(text: str, code: str) -> None:
    refuses(Checkpoint.parse, text, code)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (tile.TilePath(0, 0), "tile/0/000"),
        (tile.TilePath(0, 999, 255), "tile/0/999.p/255"),
        (tile.TilePath(1, 1000, 1), "tile/1/x001/000.p/1"),
        (tile.TilePath(63, 1_234_067), "tile/63/x001/x234/067"),
        (tile.TilePath(None, 1_234_067, 17), "tile/entries/x001/x234/067.p/17"),
    ],
)
def test_the_path_of_a_tile(path: tile.TilePath, text: str) -> None:
    assert str(path) == text
    assert tile.TilePath.parse(text) == path
    if path.level is None:
        assert tile.entries_path(path.index, path.width) == text
    else:
        assert tile.tile_path(path.level, path.index, path.width) == text


@pytest.mark.parametrize(
    "path",
    [
        "tile/00/000",
        "tile/64/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/data/000",
        "checkpoint",
        "tile/0/" + "x001/" * 9 + "000",
    ],
)
def test_another_path_is_refused(path: str) -> None:
    refuses(tile.TilePath.parse, path, "tile-path")


def proof_text(head: str) -> bytes:
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 3, merkle.leaf_hash(b"")), KEY)
    return head.encode() + b"\n" + checkpoint


MAGIC = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (f"{MAGIC}index 01\n{ROOT}\n", "bad-decimal"),
        (f"{MAGIC}index {2**63 - 1}\n", "bad-decimal"),
        (f"{MAGIC}index 1 \n", "bad-decimal"),
        (f"{MAGIC}index 1\n{ROOT[:-1]}\n", "bad-base64"),
        (f"{MAGIC}index 1\nAAAA\n", "bad-length"),
        (f"{MAGIC}index 1\n" + f"{ROOT}\n" * 64, "proof-hashes"),
        (f"{MAGIC}index 1\nextra AAAA\n", "bad-base64"),
        (f"{MAGIC}extra \nindex 1\n", "proof-syntax"),
        (f"{MAGIC}extra AAB=\nindex 1\n", "bad-base64"),
        (f"{MAGIC}extra AAAA\nextra AAAA\nindex 1\n", "proof-syntax"),
        (f"{MAGIC}", "proof-syntax"),
        ("c2sp.org/tlog-proof@v2\nindex 1\n", "proof-syntax"),
        (f"{MAGIC}index 1\n\n", "bad-decimal"),
        (f"{MAGIC}index 1\r\n", "bad-decimal"),
    ],
)
def test_another_spelling_of_a_proof_is_refused(head: str, code: str) -> None:
    refuses(TlogProof.parse, proof_text(head), code)


def test_the_proof_without_faults_is_read() -> None:
    # The frame of the cases above is right, so each is refused for its own fault.
    assert TlogProof.parse(proof_text(f"{MAGIC}extra AAAA\nindex 1\n{ROOT}\n")).extra == bytes(3)


def test_a_proof_is_written_as_the_specification_shows() -> None:
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 3, merkle.leaf_hash(b"")), KEY)
    octets = TlogProof(1, [bytes(32)], checkpoint, b"more").encode()
    assert octets == (
        b"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 1\n"
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + checkpoint
    )


# ── what signing refuses ──


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x1fb", "x" * 256, "\udc80"])
def test_no_key_bears_such_a_name(name: str) -> None:
    for make in (SigningKey, VerifierKey, CosignatureKey, CosignatureVerifierKey):
        with pytest.raises(Malformed) as caught:
            make(name, bytes(32))
        assert caught.value.code == "key-name"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_have_32_octets(length: int) -> None:
    for make in (SigningKey, VerifierKey, CosignatureKey, CosignatureVerifierKey):
        with pytest.raises(Malformed) as caught:
            make("log.example", bytes(length))
        assert caught.value.code == "bad-length"


@pytest.mark.parametrize("text", ["", "no line end", "tab\t\n", "\udc80\n", "cr\r\n"])
def test_such_a_text_is_not_signed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        sign(text, [KEY])
    assert caught.value.code == "note-text"
    with pytest.raises(Malformed):
        CosignatureKey("witness.example", seed("w")).sign(text, 0)


def test_a_note_without_keys_is_not_made() -> None:
    with pytest.raises(Malformed):
        sign("text\n", [])


@pytest.mark.parametrize("time", [-1, 2**63])
def test_no_cosignature_has_such_a_time(time: int) -> None:
    with pytest.raises(Malformed):
        CosignatureKey("witness.example", seed("w")).sign("text\n", time)


def test_a_checkpoint_is_signed_and_opened_under_its_own_name_only() -> None:
    checkpoint = Checkpoint("other.example", 0, merkle.EMPTY_ROOT)
    refuses(partial(sign_checkpoint, key=KEY), checkpoint, "checkpoint-origin")
    # The key signs another log's checkpoint all the same: whoever opens it notices.
    stray = sign(checkpoint.text(), [KEY])
    refuses(partial(open_checkpoint, origin=ORIGIN, key=KEY.verifier), stray, "checkpoint-origin")
    other = SigningKey(ORIGIN, seed("another"))
    mine = sign_checkpoint(Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT), KEY)
    refuses(partial(open_checkpoint, origin=ORIGIN, key=other.verifier), mine, "checkpoint-unsigned")


def test_no_bundle_is_empty_too_wide_or_holds_too_long_an_entry() -> None:
    assert tile.parse_bundle(tile.encode_bundle([b"", b"x" * 65_535]), 2) == [b"", b"x" * 65_535]
    for some, code in (([], "bundle-width"), ([b""] * 257, "bundle-width"), ([b"x" * 65_536], "too-long")):
        refuses(tile.encode_bundle, some, code)
