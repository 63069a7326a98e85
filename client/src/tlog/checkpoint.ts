/**
 * Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log.
 *
 * Three lines (origin, size, root) and, discouraged, extension lines, as the text of a signed note. Sizes and indexes
 * go to 2^63 - 1 by the specification, so they are large numbers here.
 */

import { Malformed, Refused } from "../errors.ts";
import { same } from "../values/octets.ts";
import { decode64, encode64 } from "./base64.ts";
import { EMPTY_ROOT, HASH } from "./merkle.ts";
import { Note, noteText, sign, type SigningKey, type VerifierKey } from "./note.ts";

/** Entries of the largest log that any format here can speak of. */
export const MAX_SIZE = 2n ** 63n - 1n;
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

/** A number from 0 to 2^63 - 1 in ASCII digits without leading zeros. Throws `Malformed`. */
export function decimal(text: string, what: string): bigint {
  if (!DECIMAL.test(text) || BigInt(text) > MAX_SIZE) {
    throw new Malformed("bad-decimal", `${what} is not a whole number in plain digits.`);
  }
  return BigInt(text);
}

/** Size and root (32 octets) of the log `origin`, unsigned. */
export class Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly extensions: readonly string[];

  constructor(origin: string, size: bigint | number, root: Uint8Array, extensions: readonly string[] = []) {
    this.origin = origin;
    this.size = BigInt(size);
    this.root = root;
    this.extensions = extensions;
    if (this.size < 0n || this.size > MAX_SIZE) {
      throw new Malformed("bad-decimal", "The size of a log is from 0 to 2^63 - 1.");
    }
    if (root.length !== HASH) {
      throw new Malformed("bad-length", `The root of a log has ${root.length} octets instead of ${HASH}.`);
    }
    if (this.size === 0n && !same(root, EMPTY_ROOT)) {
      throw new Malformed("checkpoint-empty", "An empty log has the hash of nothing as its root.");
    }
    if ([origin, ...extensions].some((each) => each === "" || each.includes("\n"))) {
      throw new Malformed("checkpoint-lines", "A line of a checkpoint is empty or broken in two.");
    }
    noteText(this.text());
  }

  /** The text of the note, which `parse` reads. */
  text(): string {
    return `${[this.origin, String(this.size), encode64(this.root), ...this.extensions].join("\n")}\n`;
  }

  /** Read the text of a note, in its one spelling. Throws `Malformed`. */
  static parse(text: string): Checkpoint {
    const [origin, size, root, ...extensions] = noteText(text).slice(0, -1).split("\n");
    if (origin === undefined || size === undefined || root === undefined) {
      const words = "A checkpoint has an origin, a size and a root, one on each line.";
      throw new Malformed("checkpoint-lines", words);
    }
    const out = new Checkpoint(
      origin,
      decimal(size, "The size in the checkpoint"),
      decode64(root, HASH, "The root in the checkpoint"),
      extensions,
    );
    if (out.text() !== text) {
      throw new Malformed("checkpoint-spelling", "The checkpoint is not in its one allowed spelling.");
    }
    return out;
  }
}

/** Octets of the signed checkpoint: for tests. Throws `Refused` when the key has another name than the log's origin. */
export function signCheckpoint(checkpoint: Checkpoint, key: SigningKey): Uint8Array {
  if (key.name !== checkpoint.origin) {
    const words = `The key “${key.name}” is not the key of the log “${checkpoint.origin}”.`;
    throw new Refused("checkpoint-origin", words);
  }
  return sign(checkpoint.text(), [key]);
}

/**
 * The checkpoint in a note whose signature is already checked, for the log `origin`.
 *
 * Throws `Malformed`; `Refused` when it is the checkpoint of another log.
 */
export function readSigned(note: Note, origin: string): Checkpoint {
  const checkpoint = Checkpoint.parse(note.text);
  if (checkpoint.origin !== origin) {
    const words = `This is a checkpoint of “${checkpoint.origin}”, not of “${origin}”.`;
    throw new Refused("checkpoint-origin", words);
  }
  return checkpoint;
}

/**
 * The checkpoint of the log `origin` that `key` signed.
 *
 * Throws `Malformed`; `Refused` without a valid signature, or for another log.
 */
export function openCheckpoint(octets: Uint8Array, origin: string, key: VerifierKey): Checkpoint {
  const note = Note.parse(octets);
  if (!note.verified([key]).length) {
    throw new Refused("checkpoint-unsigned", `The checkpoint is not signed by “${key.name}”.`);
  }
  return readSigned(note, origin);
}
