"""Two verifiers that are not ours read our log: `dnsid.c2sp_tlog` and sigstore-python."""

import base64
import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dnsid import c2sp_tlog as dnsid
from dnsid.c2sp_tlog.stream_source import ScanStreamSource
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore.errors import VerificationError
from sigstore_models.common import v1 as common_v1
from sigstore_models.rekor import v1 as rekor_v1

from support.tlog import KEY, ORIGIN, MemoryLog, entries, seed
from undersigned.tlog import merkle, tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.note import Note, SigningKey
from undersigned.tlog.policy import log_only
from undersigned.tlog.proof import TlogProof

SIZES = [1, 2, 3, 7, 100, 255, 256, 257, 600]
NOW = 1_800_000_000
WITNESSES = [CosignatureKey(f"w{i}.example", seed(f"witness {i}")) for i in range(3)]
POLICY = (
    f"log {KEY.vkey}\n"
    + "".join(f"witness w{i} {key.vkey}\n" for i, key in enumerate(WITNESSES))
    + "group two 2 w0 w1 w2\nquorum two\n"
)


def log_of(size: int) -> MemoryLog:
    log = MemoryLog()
    log.append(entries(size))
    return log


def cosigned(log: MemoryLog, count: int) -> bytes:
    note = Note.parse(log.checkpoint())
    return note.beside([key.sign(note.text, NOW) for key in WITNESSES[:count]]).encode()


def indexes(size: int) -> list[int]:
    return sorted({0, 1, size // 2, size - 2, size - 1} & {*range(size)})


# ── dnsid.c2sp_tlog ──


def enforce(policy: str) -> Callable[[dnsid.Checkpoint], None]:
    def check(checkpoint: dnsid.Checkpoint) -> None:
        rules = dnsid.parse_c2sp_policy_file(policy)
        dnsid.enforce_checkpoint_policy(checkpoint, ORIGIN, rules, "testnet", NOW * 1000)

    return check


@pytest.mark.parametrize("size", SIZES)
def test_dnsid_scans_the_whole_log(size: int) -> None:
    log = log_of(size)
    files = {f"https://log.example/{path}": octets for path, octets in log.files.items()}
    files["https://log.example/checkpoint"] = cosigned(log, 2)
    stream = ScanStreamSource(files.__getitem__, enforce(POLICY)).load("https://log.example")
    assert [entry.data for entry in stream.entries] == log.entries
    assert (stream.checkpoint.origin, stream.checkpoint.tree_size) == (ORIGIN, size)
    assert dnsid.merkle_root_from_entries([entry.data for entry in stream.entries]) == stream.checkpoint.root_hash


def test_dnsid_finds_every_tile_where_it_looks() -> None:
    for index in (0, 1, 255, 999, 1000, 1_234_067):
        for width in (1, 255, 256):
            partial = None if width == 256 else width
            assert dnsid.tile_path("", 3, index, partial) == "/" + tile.tile_path(3, index, width)
            assert dnsid.entry_bundle_path("", index, partial) == "/" + tile.entries_path(index, width)


def test_dnsid_writes_the_same_bundles() -> None:
    log = log_of(600)
    for path in tile.bundles(600):
        some = dnsid.parse_entry_bundle(log.files[str(path)])
        assert some == log.entries[path.index * 256 :][: path.width]
        assert dnsid.encode_entry_bundle(some) == log.files[str(path)]


@pytest.mark.parametrize("size", SIZES)
def test_dnsid_makes_the_hashes_of_our_tiles(size: int) -> None:
    log = log_of(size)
    row = [dnsid.leaf_hash(entry) for entry in log.entries]
    for level in range(2):
        for first in range(0, len(row), 256):
            part = row[first : first + 256]
            assert log.files[tile.tile_path(level, first // 256, len(part))] == b"".join(part)
        row = [merkle.root(row[i : i + 256]) for i in range(0, len(row) - 255, 256)]
    if size >= 256:
        assert row == []
        assert log.files["tile/1/000.p/" + str(size // 256)][:32] == dnsid.merkle_root_from_entries(log.entries[:256])


@pytest.mark.parametrize("size", SIZES)
def test_dnsid_verifies_inclusion_from_our_tiles(size: int) -> None:
    log = log_of(size)
    tiles = log.tiles()
    for index in indexes(size):
        path = tiles.inclusion_proof(index)
        assert dnsid.verify_inclusion(log.entries[index], index, size, log.root, path)
        assert not dnsid.verify_inclusion(b"another", index, size, log.root, path)


@pytest.mark.parametrize("size", SIZES)
def test_dnsid_verifies_consistency_from_our_tiles(size: int) -> None:
    log = log_of(size)
    tiles = log.tiles()
    for old in sorted({0, size, *indexes(size), *(s for s in SIZES if s <= size)}):
        root = merkle.root([merkle.leaf_hash(e) for e in log.entries[:old]])
        path = tiles.consistency_proof(old)
        assert dnsid.verify_consistency(old, size, root, log.root, path)
        assert not dnsid.verify_consistency(old, size, bytes(32), log.root, path)


def test_dnsid_reads_our_checkpoint_and_keys() -> None:
    log = log_of(3)
    checkpoint = dnsid.parse_checkpoint(cosigned(log, 1).decode())
    assert (checkpoint.origin, checkpoint.tree_size, checkpoint.root_hash) == (ORIGIN, 3, log.root)
    key = dnsid.parse_signed_note_verifier_key(KEY.vkey)
    assert dnsid.verify_checkpoint_signature(checkpoint, key)
    witness = dnsid.parse_signed_note_verifier_key(WITNESSES[0].vkey)
    assert dnsid.verified_cosignature_timestamp(checkpoint, witness) == NOW
    stranger = dnsid.parse_signed_note_verifier_key(SigningKey(ORIGIN, seed("stranger")).vkey)
    assert not dnsid.verify_checkpoint_signature(checkpoint, stranger)
    absent = dnsid.parse_signed_note_verifier_key(WITNESSES[1].vkey)
    assert dnsid.verified_cosignature_timestamp(checkpoint, absent) is None
    larger = dataclasses.replace(checkpoint, signed_text=checkpoint.signed_text.replace("\n3\n", "\n4\n"))
    assert not dnsid.verify_checkpoint_signature(larger, key)


@pytest.mark.parametrize(("policy", "cosignatures"), [(log_only(KEY.vkey), 0), (POLICY, 2), (POLICY, 3)])
def test_dnsid_verifies_our_offline_proofs(policy: str, cosignatures: int) -> None:
    log = log_of(600)
    rules = dnsid.parse_c2sp_policy_file(policy)
    for index in indexes(600):
        proof = TlogProof(index, log.tiles().inclusion_proof(index), cosigned(log, cosignatures), b"extra")
        text = proof.encode().decode()
        read = dnsid.verify_c2sp_tlog_proof(log.entries[index], text, rules, ORIGIN, now_ms=NOW * 1000)
        assert (read.index, read.hashes, read.extra) == (index, list(proof.hashes), ["ZXh0cmE="])
        with pytest.raises(dnsid.C2spTlogVerificationError):
            dnsid.verify_c2sp_tlog_proof(b"another", text, rules, ORIGIN, now_ms=NOW * 1000)


def test_dnsid_misses_a_witness_too() -> None:
    log = log_of(3)
    proof = TlogProof(0, log.tiles().inclusion_proof(0), cosigned(log, 1)).encode().decode()
    with pytest.raises(dnsid.C2spTlogVerificationError, match="quorum"):
        dnsid.verify_c2sp_tlog_proof(log.entries[0], proof, dnsid.parse_c2sp_policy_file(POLICY), ORIGIN)


# ── sigstore-python ──


def rekor_entry(log: MemoryLog, index: int, checkpoint: bytes, entry: bytes | None = None) -> Any:
    """Entry of our log in the shape in which sigstore-python verifies one of Rekor."""
    proof = rekor_v1.InclusionProof.from_dict(
        {
            "logIndex": str(index),
            "treeSize": str(log.size),
            "rootHash": base64.b64encode(log.root),
            "hashes": [base64.b64encode(h) for h in log.tiles().inclusion_proof(index)],
            "checkpoint": rekor_v1.Checkpoint(envelope=checkpoint.decode()),
        }
    )
    body = log.entries[index] if entry is None else entry
    log_id = SimpleNamespace(key_id=KEY.verifier.key_id)
    return SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=body, log_id=log_id))


def keyring(key: SigningKey) -> RekorKeyring:
    public = Ed25519PublicKey.from_public_bytes(key.verifier.public)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    details = common_v1.PublicKeyDetails.PKIX_ED25519
    return RekorKeyring(Keyring([common_v1.PublicKey(raw_bytes=base64.b64encode(der), key_details=details)]))


@pytest.mark.parametrize("size", SIZES)
def test_sigstore_verifies_inclusion_from_our_tiles(size: int) -> None:
    log = log_of(size)
    for index in indexes(size):
        verify_merkle_inclusion(rekor_entry(log, index, log.checkpoint()))
        with pytest.raises(VerificationError):
            verify_merkle_inclusion(rekor_entry(log, index, log.checkpoint(), b"another"))


def test_sigstore_verifies_our_checkpoint() -> None:
    log = log_of(600)
    verify_checkpoint(keyring(KEY), rekor_entry(log, 0, log.checkpoint()))
    verify_checkpoint(keyring(KEY), rekor_entry(log, 0, cosigned(log, 3)))
    with pytest.raises(VerificationError, match="signature"):
        verify_checkpoint(keyring(SigningKey(ORIGIN, seed("stranger"))), rekor_entry(log, 0, log.checkpoint()))
    other = sign_checkpoint(Checkpoint(ORIGIN, 600, merkle.leaf_hash(b"")), KEY)
    with pytest.raises(VerificationError):
        verify_checkpoint(keyring(KEY), rekor_entry(log, 0, other))
