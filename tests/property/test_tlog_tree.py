"""Trees and tiles against the definition in RFC 6962, written down as plainly as it stands there."""

import hashlib
import random
import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.tlog import KEY, ORIGIN, MemoryLog, entries, seed
from undersigned.errors import Malformed, Refused, Withheld
from undersigned.tlog import merkle, tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.note import Note, SigningKey
from undersigned.tlog.policy import Policy
from undersigned.tlog.proof import TlogProof, verify

EDGES = [1, 2, 3, 255, 256, 257, 511, 512, 513]
sizes = st.integers(1, 70) | st.sampled_from([255, 256, 257, 300])


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(old: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if known else [naive_root(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if old <= k:
        return [*naive_proof(old, leaves[:k], known=known), naive_root(leaves[k:])]
    return [*naive_proof(old - k, leaves[k:], known=False), naive_root(leaves[:k])]


def leaf_hashes(count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % i).digest() for i in range(count)]


LEAVES = leaf_hashes(600)


def naive_tiles(size: int, leaves: Sequence[bytes]) -> dict[str, bytes]:
    """Every tile of a log of `size`, from the formula in tlog-tiles."""
    out = {}
    row = list(leaves[:size])
    level = 0
    while row:
        for index in range(0, len(row), 256):
            part = row[index : index + 256]
            out[tile.tile_path(level, index // 256, len(part))] = b"".join(part)
        row = [naive_root(row[i : i + 256]) for i in range(0, len(row) - 255, 256)]
        level += 1
    return out


# ── merkle ──


@given(sizes)
def test_the_root_is_that_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert merkle.root(leaves) == frontier.root() == naive_root(leaves)
    again = merkle.Frontier(frontier.size, frontier.hashes)
    again.append(LEAVES[size])
    assert again.root() == naive_root(LEAVES[: size + 1])


def test_the_root_of_nothing() -> None:
    assert merkle.root([]) == merkle.Frontier().root() == tile.Rebuilder().root() == naive_root([])
    assert MemoryLog().tiles().root() == naive_root([])


@given(st.data(), sizes)
def test_inclusion_proofs_are_those_of_the_definition(data: st.DataObject, size: int) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, leaves)
    assert path == naive_path(index, leaves)
    merkle.verify_inclusion(index, size, leaves[index], path, naive_root(leaves))


@given(st.data(), sizes)
def test_consistency_proofs_are_those_of_the_definition(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(1, size))
    path = merkle.consistency_path(old, LEAVES[:size])
    assert path == naive_proof(old, LEAVES[:size])
    merkle.verify_consistency(old, naive_root(LEAVES[:old]), size, naive_root(LEAVES[:size]), path)


flips = st.tuples(st.integers(0, 31), st.integers(1, 255))


def flipped(octets: bytes, flip: tuple[int, int]) -> bytes:
    at, mask = flip
    return octets[:at] + bytes([octets[at] ^ mask]) + octets[at + 1 :]


@given(st.data(), st.integers(2, 70), flips)
def test_an_inclusion_proof_with_one_thing_changed_is_refused(
    data: st.DataObject, size: int, flip: tuple[int, int]
) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    path, root = merkle.inclusion_path(index, leaves), merkle.root(leaves)
    at = data.draw(st.integers(0, len(path) - 1))
    other = data.draw(st.integers(0, 70).filter(lambda i: i != index))
    wrong = [
        (other, size, leaves[index], path, root),
        (index, size, flipped(leaves[index], flip), path, root),
        (index, size, leaves[index], path, flipped(root, flip)),
        (index, size, leaves[index], [*path[:at], flipped(path[at], flip), *path[at + 1 :]], root),
        (index, size, leaves[index], path[:at] + path[at + 1 :], root),
        (index, size, leaves[index], [*path, root], root),
        (index, size, leaves[index], [*path[:-1], path[-1][:-1]], root),
        (-1, size, leaves[index], path, root),
    ]
    for case in wrong:
        with pytest.raises((Refused, Malformed)):
            merkle.verify_inclusion(*case)


@given(st.data(), st.integers(2, 70), flips)
def test_a_consistency_proof_with_one_thing_changed_is_refused(
    data: st.DataObject, size: int, flip: tuple[int, int]
) -> None:
    old = data.draw(st.integers(1, size - 1))
    path = merkle.consistency_path(old, LEAVES[:size])
    before, after = merkle.root(LEAVES[:old]), merkle.root(LEAVES[:size])
    at = data.draw(st.integers(0, len(path) - 1))
    wrong = [
        (old, flipped(before, flip), size, after, path),
        (old, before, size, flipped(after, flip), path),
        (old, before, size, after, [*path[:at], flipped(path[at], flip), *path[at + 1 :]]),
        (old, before, size, after, path[:at] + path[at + 1 :]),
        (old, before, size, after, [*path, after]),
        (size + 1, before, size, after, path),
        (0, before, size, after, []),
        (size, before, size, after, []),
        (-1, before, size, after, path),
    ]
    for case in wrong:
        with pytest.raises((Refused, Malformed)):
            merkle.verify_consistency(*case)


@pytest.mark.parametrize(("size", "hashes"), [(1, 0), (0, 1), (3, 1), (-1, 0)])
def test_a_frontier_has_a_hash_per_bit(size: int, hashes: int) -> None:
    with pytest.raises(Malformed):
        merkle.Frontier(size, [bytes(32)] * hashes)


# ── tiles ──


def check_whole(log: MemoryLog) -> None:
    """Root, tiles and bundles are those of the definition at this size."""
    leaves = [merkle.leaf_hash(e) for e in log.entries]
    assert log.root == merkle.root(leaves) == log.tiles().root()
    expected = naive_tiles(log.size, leaves)
    for path in tile.bundles(log.size):
        first = path.index * 256
        expected[str(path)] = tile.encode_bundle(log.entries[first : first + path.width])
    assert {path: log.files[path] for path in expected} == expected


@pytest.mark.parametrize("size", EDGES)
def test_appended_at_once_the_files_are_those_of_the_definition(size: int) -> None:
    log = MemoryLog()
    log.append(entries(size))
    check_whole(log)
    assert len(log.files) == len(naive_tiles(size, LEAVES)) + (size + 255) // 256


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, 100, 254, 255, 256, 257, 512]) | st.integers(0, 300), max_size=6))
@example([255, 1, 1, 254, 1])
@example([256, 256])
@example([1, 513])
def test_appended_in_chunks_the_files_are_those_of_one_append(chunks: list[int]) -> None:
    log, at_once = MemoryLog(), MemoryLog()
    for chunk in chunks:
        log.append(entries(chunk, log.size))
    at_once.append(entries(log.size))
    check_whole(log)
    assert {path: log.files[path] for path in at_once.files} == at_once.files
    # What else lies there are partial files of sizes in between.
    assert all(".p/" in path for path in log.files.keys() - at_once.files.keys())


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537])
def test_a_large_log_grown_in_random_chunks(size: int) -> None:
    dice = random.Random(size)
    log = MemoryLog()
    some = [b"%d" % i for i in range(size)]
    while log.size < size:
        step = min(size - log.size, dice.choice([1, 255, 256, 257, dice.randrange(20_000)]))
        log.append(some[log.size : log.size + step])
    check_whole(log)
    assert ("tile/1/000" in log.files) == (size >= 65_536)
    assert ("tile/2/000.p/1" in log.files) == (size >= 65_536)
    tiles = log.tiles()
    for index in [0, size - 1, dice.randrange(size)]:
        leaf = merkle.leaf_hash(some[index])
        assert tiles.leaf(index) == leaf
        merkle.verify_inclusion(index, size, leaf, tiles.inclusion_proof(index), log.root)


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (255, {"tile/0/000.p/255", "tile/entries/000.p/255"}),
        (256, {"tile/0/000", "tile/1/000.p/1", "tile/entries/000"}),
        (257, {"tile/0/000", "tile/1/000.p/1", "tile/0/001.p/1", "tile/entries/000", "tile/entries/001.p/1"}),
    ],
)
def test_the_names_of_the_files(size: int, paths: set[str]) -> None:
    log = MemoryLog()
    log.append(entries(size))
    assert set(log.files) == paths


def test_the_example_of_the_specification() -> None:
    # 273 full tiles of level 0, one of 112; one full of level 1, one of 17; one of level 2 of 1.
    tree = tile.Rebuilder()
    full = [path for path, _ in tree.feed_hashes(LEAVES[:100] * 700)]
    assert len([p for p in full if p.startswith("tile/0/")]) == 273
    assert [p for p in full if not p.startswith("tile/0/")] == ["tile/1/000"]
    assert [p for p, _ in tree.partial()] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]


def test_ten_thousand_entries_are_appended_in_well_under_a_second() -> None:
    log, some = MemoryLog(), [b"%01500d" % i for i in range(10_000)]
    before = time.process_time()
    log.append(some)
    assert time.process_time() - before < 1
    assert log.root == merkle.root([merkle.leaf_hash(e) for e in some])


def test_appending_nothing_makes_nothing() -> None:
    log = MemoryLog()
    log.append(entries(300))
    assert log.append([]) == tile.Appended(300, log.root, {}, log.root)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=4), st.integers(0, 700))
def test_the_rebuilder_makes_every_file_and_goes_on_where_it_stopped(chunks: list[int], stop: int) -> None:
    some = entries(sum(chunks))
    log = MemoryLog()
    log.append(some)
    tree = tile.Rebuilder()
    files: dict[str, bytes] = {}
    for chunk in chunks:
        files.update(tree.feed(some[tree.size : tree.size + chunk]))
    files.update(tree.partial())
    assert files == {p: o for p, o in log.files.items() if "entries" not in p}
    assert (tree.size, tree.root()) == (log.size, log.root)
    stop = min(stop, log.size)
    early = MemoryLog()
    early.append(some[:stop])
    again = tile.Rebuilder.resume(stop, early.read)
    assert again.root() == early.root
    later = dict(again.feed(some[stop:]))
    later.update(again.partial(since=stop))
    assert later.items() <= log.files.items()
    assert again.root() == log.root


def test_the_rebuilder_keeps_one_row_per_level() -> None:
    tree = tile.Rebuilder()
    for _ in range(66_000 // 600):
        tree.feed_hashes(LEAVES)
    kept = [len(tree.edge(level)) for level in range(4)]
    assert kept == [32 * (tree.size % 256), 32 * (tree.size // 256 % 256), 32, 0]


@settings(deadline=None)
@given(st.data(), st.sampled_from([*EDGES, 700]))
def test_proofs_read_from_tiles(data: st.DataObject, size: int) -> None:
    log = MemoryLog()
    log.append(entries(size))
    leaves = [merkle.leaf_hash(e) for e in log.entries]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    tiles = log.tiles()
    assert tiles.inclusion_proof(index) == merkle.inclusion_path(index, leaves)
    assert tiles.consistency_proof(old) == merkle.consistency_path(old, leaves)
    merkle.verify_consistency(old, merkle.root(leaves[:old]), size, log.root, tiles.consistency_proof(old))


@given(st.integers(0, 10), st.integers(0, 700))
def test_the_node_of_a_tile(height: int, index: int) -> None:
    tiles, leaves = LARGE.tiles(), [merkle.leaf_hash(e) for e in LARGE.entries]
    first, end = index << height, (index + 1) << height
    if end > LARGE.size:
        with pytest.raises(Refused):
            tiles.node(height, index)
    else:
        assert tiles.node(height, index) == merkle.root(leaves[first:end])


LARGE = MemoryLog()
LARGE.append(entries(700))


def test_where_a_partial_file_is_gone_the_full_one_serves() -> None:
    log = MemoryLog()
    log.append(entries(300))
    root = log.root
    log.append(entries(300, 300))
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):
        del log.files[path]
    old = tile.TileReader(300, log.read)
    assert old.root() == root
    assert tile.Rebuilder.resume(300, log.read).root() == root
    assert tile.read_bundle(tile.TilePath(None, 1, 44), log.read) == log.entries[256:300]
    del log.files["tile/0/001"]
    del log.files["tile/entries/001"]
    with pytest.raises(Withheld):
        tile.TileReader(300, log.read).root()
    with pytest.raises(Withheld):
        tile.read_bundle(tile.TilePath(None, 1, 44), log.read)


@given(st.data(), st.sampled_from([0, 1]), flips)
def test_a_changed_file_of_the_right_edge_is_noticed(data: st.DataObject, cut: int, flip: tuple[int, int]) -> None:
    log = MemoryLog()
    log.append(entries(600))
    path = data.draw(st.sampled_from(sorted(path for path in log.files if ".p/" in path)))
    octets = log.files[path]
    at = data.draw(st.integers(1, len(octets) - 32))
    log.files[path] = octets[cut:at] + flipped(octets[at:], flip)
    try:
        appended = tile.append(600, log.read, entries(1, 600))
    except (Malformed, Refused):
        return
    # Nothing stands beside the upper tiles to compare them with: they show in the root before.
    assert appended.old_root != log.root
    assert path == "tile/1/000.p/2"


# ── offline proofs ──


@settings(deadline=None)
@given(st.integers(0, 699), st.integers(0, 699))
def test_an_offline_proof_shows_its_entry_only(index: int, other: int) -> None:
    proof = TlogProof(index, LARGE.tiles().inclusion_proof(index), LARGE.checkpoint(), b"extra")
    proof = TlogProof.parse(proof.encode())
    held = verify(proof, LARGE.entries[index], ORIGIN, KEY.verifier)
    assert (held.size, held.root) == (700, LARGE.root)
    if other != index:
        with pytest.raises(Refused):
            verify(proof, LARGE.entries[other], ORIGIN, KEY.verifier)
        moved = TlogProof(other, proof.hashes, proof.checkpoint)
        with pytest.raises(Refused):
            verify(moved, LARGE.entries[index], ORIGIN, KEY.verifier)
    elsewhere = sign_checkpoint(Checkpoint(ORIGIN, 701, LARGE.root), KEY)
    with pytest.raises(Refused):
        verify(TlogProof(index, proof.hashes[1:], elsewhere), LARGE.entries[index], ORIGIN, KEY.verifier)


def test_an_offline_proof_answers_to_the_policy_as_well() -> None:
    witness = CosignatureKey("witness.example", seed("witness"))
    policy = Policy.parse(f"log {KEY.vkey}\nwitness w {witness.vkey}\nquorum w\n")
    note = Note.parse(LARGE.checkpoint())
    path, entry = LARGE.tiles().inclusion_proof(5), LARGE.entries[5]
    alone = TlogProof(5, path, note.encode())
    with pytest.raises(Refused, match="witnesses"):
        verify(alone, entry, ORIGIN, KEY.verifier, policy)
    cosigned = TlogProof(5, path, note.beside([witness.sign(note.text, 1)]).encode())
    assert verify(cosigned, entry, ORIGIN, KEY.verifier, policy).size == 700
    # The key is asked for even where the policy would do with another log's.
    other = SigningKey(ORIGIN, seed("other"))
    with pytest.raises(Refused, match="not signed"):
        verify(cosigned, entry, ORIGIN, other.verifier, policy)
