/**
 * Merkle trees of RFC 6962, section 2.1 (RFC 9162, section 2.1) over SHA-256.
 *
 * `merkle-proof` has the proofs.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "../values/octets.ts";

/** Octets of a hash. */
export const HASH = 32;
export const EMPTY_ROOT = /* @__PURE__ */ sha256(new Uint8Array());

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Hash of an entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, entry));
}

/** Hash of two neighbours. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE, left, right));
}

/** Root over all leaf hashes; `EMPTY_ROOT` for none. */
export function root(leafHashes: readonly Uint8Array[]): Uint8Array {
  let row = leafHashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const left = row[at];
      const right = row[at + 1];
      // An odd one out moves up unhashed: that is the ragged right edge of RFC 6962.
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
    }
    row = above;
  }
  return row[0] ?? EMPTY_ROOT;
}
