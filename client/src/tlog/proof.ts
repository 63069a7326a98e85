/** Offline proofs (C2SP tlog-proof, `.tlog-proof` files): an entry's place under a checkpoint. */

import { Malformed } from "../errors.ts";
import { concat, fromUtf8, same, utf8 } from "../values/octets.ts";
import { commas } from "../values/text.ts";
import { decode64, encode64 } from "./base64.ts";
import { Checkpoint, decimal, MAX_SIZE, openCheckpoint } from "./checkpoint.ts";
import { HASH, leafHash } from "./merkle.ts";
import { verifyInclusion } from "./merkle-proof.ts";
import { MAX_NOTE, Note, type VerifierKey } from "./note.ts";
import type { Policy } from "./policy.ts";

export const MAGIC = "c2sp.org/tlog-proof@v1";
/** Hashes of the longest inclusion proof: the bits of the largest size. */
export const MAX_HASHES = 63;
/** Octets of extra data at most, before base64. */
export const MAX_EXTRA = 128 * 1024;
/** Octets of the longest proof. */
export const MAX_PROOF = 2 * MAX_NOTE;

const HEAD = /^c2sp\.org\/tlog-proof@v1\n(?:extra ([^\n]+)\n)?index ([^\n]+)\n((?:[^\n]+\n)*)\n/;

/**
 * Index, inclusion proof (hashes of 32 octets) and signed checkpoint of an entry.
 *
 * `extra` is authenticated by nothing. Nothing is verified before `verify`.
 */
export class TlogProof {
  readonly index: bigint;
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: Uint8Array;
  readonly extra: Uint8Array | undefined;

  constructor(index: bigint, hashes: readonly Uint8Array[], checkpoint: Uint8Array, extra?: Uint8Array) {
    if (index < 0n || index >= MAX_SIZE) {
      throw new Malformed("bad-decimal", "The index of an entry is from 0 to 2^63 - 2.");
    }
    if (hashes.length > MAX_HASHES || hashes.some((hash) => hash.length !== HASH)) {
      throw new Malformed("proof-hashes", `A proof holds at most ${MAX_HASHES} hashes of ${HASH} octets.`);
    }
    if (extra !== undefined && (extra.length < 1 || extra.length > MAX_EXTRA)) {
      const words = `Extra data, where there is any, has 1 to ${commas(MAX_EXTRA)} octets.`;
      throw new Malformed("proof-extra", words);
    }
    Checkpoint.parse(Note.parse(checkpoint).text);
    this.index = index;
    this.hashes = hashes;
    this.checkpoint = checkpoint;
    this.extra = extra;
  }

  /** Octets of the `.tlog-proof` file. */
  encode(): Uint8Array {
    const lines = [
      MAGIC,
      ...(this.extra === undefined ? [] : [`extra ${encode64(this.extra)}`]),
      `index ${this.index}`,
      ...this.hashes.map(encode64),
    ];
    return concat(utf8(`${lines.join("\n")}\n\n`), this.checkpoint);
  }

  /** Read a proof in its one spelling. Throws `Malformed`. */
  static parse(octets: Uint8Array): TlogProof {
    if (octets.length > MAX_PROOF) {
      throw new Malformed("too-long", `The proof is longer than ${commas(MAX_PROOF)} octets.`);
    }
    let text: string;
    try {
      text = fromUtf8(octets);
    } catch (error) {
      throw new Malformed("proof-syntax", "The proof is not UTF-8.", error);
    }
    const head = HEAD.exec(text);
    if (head === null) {
      const words = "This is not a tlog-proof: its first lines are not as they should be.";
      throw new Malformed("proof-syntax", words);
    }
    const [whole, extra, index = "", hashes = ""] = head;
    const proof = new TlogProof(
      decimal(index, "The index in the proof"),
      hashes.split("\n").slice(0, -1).map((each) => decode64(each, HASH, "A hash in the proof")),
      utf8(text.slice(whole.length)),
      extra === undefined ? undefined : decode64(extra, undefined, "The extra data of the proof"),
    );
    if (!same(proof.encode(), octets)) {
      throw new Malformed("proof-spelling", "The proof is not in its one allowed spelling.");
    }
    return proof;
  }
}

/**
 * Check that `entry` stands in the log `origin`; return the checkpoint that shows it.
 *
 * The checkpoint is signed by `key` and, where given, satisfies `policy`. Throws `Malformed`; `Refused` when any of it
 * does not hold.
 */
export function verify(
  proof: TlogProof,
  entry: Uint8Array,
  origin: string,
  key: VerifierKey,
  policy?: Policy,
): Checkpoint {
  const checkpoint = openCheckpoint(proof.checkpoint, origin, key);
  policy?.check(proof.checkpoint, origin, key);
  const { index, hashes: path } = proof;
  verifyInclusion({ index, size: checkpoint.size, leaf: leafHash(entry), path, root: checkpoint.root });
  return checkpoint;
}
