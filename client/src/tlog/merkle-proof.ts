/**
 * Proofs of inclusion and consistency in Merkle trees (RFC 6962, section 2.1).
 *
 * A proof is a list of hashes, each the root over a range of entries; which ranges follows from the numbers alone
 * (`inclusionRanges`, `consistencyRanges`), so prover and verifier read one list.
 */

import { Malformed, Refused } from "../errors.ts";
import { same } from "../values/octets.ts";
import { commas } from "../values/text.ts";
import { EMPTY_ROOT, HASH, nodeHash, root } from "./merkle.ts";

/** A half-open range of entries: first and end. */
export type Range = readonly [bigint, bigint];
/** Height and index of a complete subtree (2^height entries from index · 2^height) to its hash. */
export type NodeReader = (height: number, index: bigint) => Promise<Uint8Array>;

// ── which ranges a proof speaks of ──

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** Where RFC 6962 cuts a range of at least two: after the largest power of two below its length. */
function split(first: bigint, end: bigint): bigint {
  return first + (1n << BigInt(bitLength(end - first - 1n) - 1));
}

/**
 * Ranges whose roots prove that entry `index` stands in a log of `size`, leaf's sibling first.
 *
 * Throws `Refused` when there is no such entry.
 */
export function inclusionRanges(index: bigint, size: bigint): Range[] {
  if (index < 0n || index >= size) {
    const words = `A log of ${commas(size)} entries has no entry ${commas(index)}.`;
    throw new Refused("inclusion-index", words);
  }
  let [first, end] = [0n, size];
  const ranges: Range[] = [];
  while (end - first > 1n) {
    const middle = split(first, end);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([first, middle]);
      first = middle;
    }
  }
  return ranges.reverse();
}

/**
 * Ranges whose roots prove that a log of `oldSize` grew into one of `newSize`.
 *
 * The first range ends at `oldSize` unless the old log is a complete subtree, whose root both sides know. Throws
 * `Refused` when `oldSize` is the larger.
 */
export function consistencyRanges(oldSize: bigint, newSize: bigint): Range[] {
  if (oldSize < 0n || oldSize > newSize) {
    const words = `A log of ${commas(oldSize)} entries cannot grow into one of ${commas(newSize)}.`;
    throw new Refused("consistency-sizes", words);
  }
  if (oldSize === 0n) return [];
  let [first, end] = [0n, newSize];
  const ranges: Range[] = [];
  while (end !== oldSize) {
    const middle = split(first, end);
    if (oldSize <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([first, middle]);
      first = middle;
    }
  }
  if (first > 0n) ranges.push([first, end]);
  return ranges.reverse();
}

/**
 * Root over the range of a proof, or over a whole log, from complete subtrees.
 *
 * `first` is a multiple of the largest power of two that is not above the length.
 */
export async function rangeHash(first: bigint, end: bigint, node: NodeReader): Promise<Uint8Array> {
  let out: Uint8Array | undefined;
  let rest = end;
  // Complete subtrees from the smallest, at the ragged right, to the largest.
  while (rest > first) {
    const height = Math.min(bitLength(rest & -rest), bitLength(rest - first)) - 1;
    rest -= 1n << BigInt(height);
    const part = await node(height, rest >> BigInt(height));
    out = out === undefined ? part : nodeHash(part, out);
  }
  return out ?? EMPTY_ROOT;
}

// ── proofs ──

function rooted(leafHashes: readonly Uint8Array[], ranges: readonly Range[]): Uint8Array[] {
  return ranges.map(([first, end]) => root(leafHashes.slice(Number(first), Number(end))));
}

/** Inclusion proof of entry `index` (RFC 6962, section 2.1.1) over leaf hashes in memory. Throws `Refused`. */
export function inclusionPath(index: bigint, leafHashes: readonly Uint8Array[]): Uint8Array[] {
  return rooted(leafHashes, inclusionRanges(index, BigInt(leafHashes.length)));
}

/** Consistency proof from `oldSize` (RFC 6962, section 2.1.2) over leaf hashes in memory. Throws `Refused`. */
export function consistencyPath(oldSize: bigint, leafHashes: readonly Uint8Array[]): Uint8Array[] {
  return rooted(leafHashes, consistencyRanges(oldSize, BigInt(leafHashes.length)));
}

function checkHashes(...hashes: readonly Uint8Array[]): void {
  if (hashes.some((hash) => hash.length !== HASH)) {
    throw new Malformed("bad-length", `A hash in a proof does not have ${HASH} octets.`);
  }
}

/** An inclusion proof: the leaf hash `leaf` at `index` of the log of `size` with this `root`. */
export interface Inclusion {
  readonly index: bigint;
  readonly size: bigint;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Check an inclusion proof. Throws `Malformed` for a hash that is not 32 octets; `Refused` when it does not hold. */
export function verifyInclusion(proof: Inclusion): void {
  checkHashes(...proof.path, proof.leaf, proof.root);
  const ranges = inclusionRanges(proof.index, proof.size);
  if (proof.path.length !== ranges.length) {
    const words = `The proof has ${proof.path.length} hashes instead of ${ranges.length}.`;
    throw new Refused("inclusion-length", words);
  }
  const made = proof.path.reduce((out, sibling, at) => {
    const [first] = ranges[at] ?? [0n];
    return first > proof.index ? nodeHash(out, sibling) : nodeHash(sibling, out);
  }, proof.leaf);
  if (!same(made, proof.root)) {
    throw new Refused("inclusion-root", `The proof does not show entry ${commas(proof.index)} in this log.`);
  }
}

/** A consistency proof: the log of `oldSize` with `oldRoot` grew into that of `newSize` with `newRoot`. */
export interface Consistency {
  readonly oldSize: bigint;
  readonly oldRoot: Uint8Array;
  readonly newSize: bigint;
  readonly newRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/**
 * Check a consistency proof.
 *
 * From size 0 the proof is empty, as tlog-witness has it; between equal sizes it is empty and the roots are compared,
 * nothing else. Throws `Malformed` for a hash that is not 32 octets; `Refused` when the proof does not hold.
 */
export function verifyConsistency(proof: Consistency): void {
  const { oldSize, oldRoot, newSize, newRoot, path } = proof;
  checkHashes(...path, ...(oldSize === newSize ? [] : [oldRoot, newRoot]));
  const ranges = consistencyRanges(oldSize, newSize);
  if (path.length !== ranges.length) {
    throw new Refused("consistency-length", `The proof has ${path.length} hashes instead of ${ranges.length}.`);
  }
  const [before, after] = oldSize === 0n
    ? [EMPTY_ROOT, newSize === 0n ? EMPTY_ROOT : newRoot]
    : grow(oldSize, oldRoot, ranges, path);
  if (!same(before, oldRoot) || !same(after, newRoot)) {
    const words = `The log of ${commas(newSize)} entries did not grow out of that of ${commas(oldSize)}.`;
    throw new Refused("consistency-root", words);
  }
}

/** Old and new root as the hashes of a consistency proof make them. */
function grow(
  oldSize: bigint,
  oldRoot: Uint8Array,
  ranges: readonly Range[],
  path: readonly Uint8Array[],
): [Uint8Array, Uint8Array] {
  let at = 0n;
  let before = oldRoot;
  let start = 0;
  const [lowest] = ranges;
  if (lowest !== undefined && lowest[1] === oldSize) {
    [at] = lowest;
    before = path[0] ?? oldRoot;
    start = 1;
  }
  let after = before;
  for (let step = start; step < path.length; step += 1) {
    const other = path[step];
    const range = ranges[step];
    if (other === undefined || range === undefined) continue;
    if (range[0] > at) {
      after = nodeHash(after, other);
    } else {
      before = nodeHash(other, before);
      after = nodeHash(other, after);
    }
  }
  return [before, after];
}
