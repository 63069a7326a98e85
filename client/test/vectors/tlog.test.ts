/** RFC 6962 proofs of transparency-dev/merkle, and the log that Tessera wrote, sizes 0 to 15. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Malformed, Refused, Withheld } from "../../src/errors.ts";
import { Checkpoint, openCheckpoint, signCheckpoint } from "../../src/tlog/checkpoint.ts";
import { decode64 } from "../../src/tlog/base64.ts";
import { EMPTY_ROOT, leafHash, root } from "../../src/tlog/merkle.ts";
import { consistencyPath, inclusionPath, verifyConsistency, verifyInclusion } from "../../src/tlog/merkle-proof.ts";
import { Note, SigningKey, VerifierKey } from "../../src/tlog/note.ts";
import { logOnly, Policy } from "../../src/tlog/policy.ts";
import { TlogProof, verify } from "../../src/tlog/proof.ts";
import { bundles, encodeBundle, parseBundle, readBundle, TilePath } from "../../src/tlog/tile.ts";
import { Rebuilder, TileReader } from "../../src/tlog/tile-tree.ts";
import { hex, utf8 } from "../../src/values/index.ts";
import { absent, type Any, SHARED, walk } from "../support/files.ts";
import { codeOf, refuses } from "../support/refusals.ts";

const skip = absent("tlog");
const MERKLE = join(SHARED, "tlog", "merkle");
const TESSERA = join(SHARED, "tlog", "tessera", "log");
const ORIGIN = "example.com/log/testdata";
/** The test keys with which Tessera's own testdata is signed; public, and of no other use. */
const SECRET = "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";
const PUBLIC = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const LAST = 15;
const SIZES = Array.from({ length: LAST + 1 }, (_, at) => at);

/** Sizes go beyond 2^53, so numbers are read as they are written. */
function cases(kind: string): Any[] {
  return walk(join(MERKLE, kind)).map((path) => {
    const text = readFileSync(join(MERKLE, kind, path), "utf8");
    return { path, ...JSON.parse(text.replace(/("(?:leafIdx|treeSize|size1|size2)":\s*)([0-9]+)/g, '$1"$2"')) };
  });
}

const octets = (text: string | null): Uint8Array => (text ? decode64(text) : new Uint8Array());

function holds(action: () => void): boolean {
  try {
    action();
  } catch (error) {
    if (error instanceof Malformed || error instanceof Refused) return false;
    throw error;
  }
  return true;
}

test("inclusion proofs", { skip }, () => {
  const all = cases("inclusion");
  assert.equal(all.length, 98);
  for (const each of all) {
    const path = (each.proof ?? []).map(octets);
    const proof = {
      index: BigInt(each.leafIdx), size: BigInt(each.treeSize), leaf: octets(each.leafHash), path, root: octets(each.root),
    };
    assert.equal(holds(() => verifyInclusion(proof)), !each.wantErr, each.path);
  }
});

test("consistency proofs", { skip }, () => {
  const all = cases("consistency");
  assert.equal(all.length, 98);
  for (const each of all) {
    const proof = {
      oldSize: BigInt(each.size1), oldRoot: octets(each.root1), newSize: BigInt(each.size2), newRoot: octets(each.root2),
      path: (each.proof ?? []).map(octets),
    };
    assert.equal(holds(() => verifyConsistency(proof)), !each.wantErr, each.path);
  }
  const one = leafHash(utf8("one"));
  verifyConsistency({ oldSize: 0n, oldRoot: EMPTY_ROOT, newSize: 1n, newRoot: one, path: [] });
  refuses("consistency-root", () => {
    verifyConsistency({ oldSize: 0n, oldRoot: one, newSize: 1n, newRoot: one, path: [] });
  });
});

test("proofs over every size and place", () => {
  const leaves = Array.from({ length: 33 }, (_, at) => leafHash(Uint8Array.of(at)));
  for (let size = 1; size <= leaves.length; size += 1) {
    const some = leaves.slice(0, size);
    const newRoot = root(some);
    some.forEach((leaf, at) => {
      verifyInclusion({ index: BigInt(at), size: BigInt(size), leaf, path: inclusionPath(BigInt(at), some), root: newRoot });
    });
    for (let old = 0; old <= size; old += 1) {
      const path = consistencyPath(BigInt(old), some);
      const oldRoot = root(some.slice(0, old));
      verifyConsistency({ oldSize: BigInt(old), oldRoot, newSize: BigInt(size), newRoot, path });
    }
  }
});

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(join(TESSERA, path)));
const read = async (path: string): Promise<Uint8Array> => {
  try {
    return file(path);
  } catch (error) {
    throw new Withheld("no-file", path, error);
  }
};

test("Tessera's tiles, checkpoints and proofs", { skip }, async () => {
  const entries = parseBundle(file(String(new TilePath(null, 0, LAST))), LAST);
  const key = new SigningKey(ORIGIN, decode64(SECRET).slice(1));
  const verifier = VerifierKey.parse(PUBLIC);
  assert.equal(key.vkey, PUBLIC);
  const roots: Uint8Array[] = [];
  for (const size of SIZES) {
    const tree = new Rebuilder();
    tree.feed(entries.slice(0, size));
    const theirs = file(`checkpoint.${size}`);
    assert.equal(hex(signCheckpoint(new Checkpoint(ORIGIN, size, tree.root()), key)), hex(theirs));
    assert.equal(hex(Note.parse(theirs).encode()), hex(theirs));
    const checkpoint = openCheckpoint(theirs, ORIGIN, verifier);
    assert.equal(hex(checkpoint.root), hex(tree.root()));
    roots.push(checkpoint.root);
    for (const [path, octets] of tree.partial()) assert.equal(hex(octets), hex(file(path)), path);
    for (const path of bundles(BigInt(size))) {
      assert.equal(hex(encodeBundle(entries.slice(0, size))), hex(file(String(path))));
      assert.equal((await readBundle(path, read)).length, size);
    }
    const tiles = new TileReader(size, read);
    assert.equal(hex(await tiles.root()), hex(checkpoint.root));
    for (let index = 0; index < size; index += 1) {
      const hashes = await tiles.inclusionProof(BigInt(index));
      const proof = TlogProof.parse(new TlogProof(BigInt(index), hashes, theirs).encode());
      verify(proof, entries[index] ?? new Uint8Array(), ORIGIN, verifier, Policy.parse(logOnly(PUBLIC)));
      refuses("inclusion-root", () => verify(proof, utf8("another entry"), ORIGIN, verifier));
    }
    for (let old = 0; old < size; old += 1) {
      const path = await tiles.consistencyProof(BigInt(old));
      const oldRoot = roots[old] ?? EMPTY_ROOT;
      verifyConsistency({ oldSize: BigInt(old), oldRoot, newSize: BigInt(size), newRoot: checkpoint.root, path });
    }
  }
  const other = new Note(Note.parse(file("checkpoint.14")).text, Note.parse(file("checkpoint.15")).signatures);
  refuses("note-signature", () => openCheckpoint(other.encode(), ORIGIN, verifier));
});

test("paths of tiles", () => {
  for (const path of ["tile/0/000", "tile/0/x001/234.p/17", "tile/entries/x001/x234/067", "tile/63/999.p/255"]) {
    assert.equal(String(TilePath.parse(path)), path);
  }
  for (const path of [
    "tile/0/0", "tile/00/000", "tile/64/000", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256",
    "tile/0/000.p/07", "/tile/0/000", "tile/0/000\n", "tile/0/1234", "tile/entries/x001", "tile/0/000.p/257",
  ]) {
    assert.equal(codeOf(() => TilePath.parse(path)), "tile-path", path);
  }
  const largest = String(new TilePath(0, 2n ** 63n - 1n));
  assert.equal(TilePath.parse(largest).index, 2n ** 63n - 1n);
});

test("a tree of several levels is the tree over all its leaves", () => {
  const count = 256 * 3 + 17;
  const leaves = Array.from({ length: count }, (_, at) => leafHash(Uint8Array.of(at >> 8, at & 255)));
  const tree = new Rebuilder();
  const full = [...tree.feedHashes(leaves.slice(0, 300)), ...tree.feedHashes(leaves.slice(300))];
  assert.deepEqual(full.map(([path]) => path), ["tile/0/000", "tile/0/001", "tile/0/002"]);
  assert.deepEqual(tree.partial().map(([path]) => path), ["tile/0/003.p/17", "tile/1/000.p/3"]);
  assert.equal(hex(tree.root()), hex(root(leaves)));
});
