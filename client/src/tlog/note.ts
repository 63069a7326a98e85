/**
 * Signed notes (C2SP signed-note): text, a blank line, and one signature line per key.
 *
 * A note is believed only where a known key signed it: `Note.verified` says which keys did. Lines of unknown keys and
 * of unknown signature types are kept and ignored, so that others can stand beside.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Malformed, Refused } from "../errors.ts";
import { concat, fromUtf8, hex, same, utf8 } from "../values/octets.ts";
import { commas, spaced } from "../values/text.ts";
import { decode64, encode64 } from "./base64.ts";

/** Signature type of an Ed25519 signature over the text. */
export const ED25519 = 0x01;
export const KEY_ID = 4;
export const SEED = 32;
export const PUBLIC_KEY = 32;
export const SIGNATURE = 64;
/** Signature lines a note may have. The specification asks for at least 16. */
export const MAX_SIGNATURES = 64;
/** Octets of the longest note: room for `MAX_SIGNATURES` post-quantum signatures. */
export const MAX_NOTE = 512 * 1024;
export const MAX_NAME = 255;

/**
 * y-coordinates, little-endian, of the points of small order on edwards25519, in every spelling: under such a key a
 * signature that nobody made holds for many texts or for all, so it would bind nobody.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

const DASH = "— ";
const CONTROL = /[\u0000-\u001f]/;
const CONTROL_BUT_LF = /[\u0000-\u0009\u000b-\u001f]/;
const LONE = /[\ud800-\udfff]/u;

// ── names and verifier keys ──

/** The name of a key: 1 to 255 octets, no space, no plus, no control character. Throws `Malformed`. */
export function keyName(name: string): string {
  if (name === "" || name.includes("+") || spaced(name) || CONTROL.test(name)) {
    const words = "The name of a key is empty or holds a space, a plus or a control character.";
    throw new Malformed("key-name", words);
  }
  if (LONE.test(name)) throw new Malformed("key-name", "The name of a key is not UTF-8.");
  if (utf8(name).length > MAX_NAME) {
    throw new Malformed("key-name", `The name of a key is longer than ${MAX_NAME} octets.`);
  }
  return name;
}

/** The key ID of signed-note: 4 octets of a hash over name, type and public key. */
export function keyId(name: string, algorithm: number, key: Uint8Array): Uint8Array {
  return sha256(concat(utf8(`${name}\n`), Uint8Array.of(algorithm), key)).slice(0, KEY_ID);
}

/** What can check one kind of signature line. */
export interface Verifying {
  readonly name: string;
  /** Key ID, 4 octets. */
  readonly keyId: Uint8Array;
  /** Throws `Refused` unless `signature` (without the key ID) is this key's over `text`. */
  check(text: string, signature: Uint8Array): void;
}

/** The text form of a verifier key, `name+hex key ID+base64(type || key)`. */
export function encodeVkey(name: string, algorithm: number, key: Uint8Array): string {
  return `${name}+${hex(keyId(name, algorithm, key))}+${encode64(concat(Uint8Array.of(algorithm), key))}`;
}

/**
 * Name and public key (32 octets) of a verifier key of the signature type `algorithm`.
 *
 * Throws `Malformed` where the spelling, the type, the length or the key ID is not right.
 */
export function parseVkey(vkey: string, algorithm: number): readonly [string, Uint8Array] {
  const [first, second, ...rest] = vkey.split("+");
  if (first === undefined || second === undefined || !rest.length) {
    throw new Malformed("vkey", "A verifier key is written name+identifier+key.");
  }
  const name = keyName(first);
  const material = decode64(rest.join("+"), undefined, "A verifier key");
  if (material[0] !== algorithm) {
    const type = `0x${algorithm.toString(16).padStart(2, "0")}`;
    throw new Malformed("vkey-type", `The verifier key “${name}” is not of the signature type ${type}.`);
  }
  const key = ed25519Key(material.slice(1));
  if (encodeVkey(name, algorithm, key) !== vkey) {
    throw new Malformed("vkey", `The identifier in the verifier key “${name}” does not belong to the key.`);
  }
  return [name, key];
}

/** An Ed25519 public key: 32 octets, not a point of small order. Throws `Malformed`. */
export function ed25519Key(key: Uint8Array): Uint8Array {
  if (key.length !== PUBLIC_KEY) {
    throw new Malformed("bad-length", `A verifier key has ${key.length} octets instead of ${PUBLIC_KEY}.`);
  }
  const y = key.slice();
  y[PUBLIC_KEY - 1] = (y[PUBLIC_KEY - 1] ?? 0) & 0x7f;
  if (SMALL_ORDER.has(hex(y))) {
    throw new Malformed("vkey-small-order", "A verifier key is one under which anybody can sign.");
  }
  return key;
}

/** Throws `Refused` unless `signature` (64 octets) over `message` is by `key`. */
export function checkEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array, name: string): void {
  let holds = false;
  try {
    // As RFC 8032 has it, so that no signature holds here and not elsewhere.
    holds = ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    // Another length, or no point at all.
  }
  if (!holds) throw new Refused("note-signature", `The signature of “${name}” does not hold.`);
}

/** An Ed25519 key (type 0x01) that signs notes; `key` has 32 octets. */
export class VerifierKey implements Verifying {
  readonly name: string;
  readonly key: Uint8Array;
  readonly keyId: Uint8Array;

  constructor(name: string, key: Uint8Array) {
    this.name = keyName(name);
    this.key = ed25519Key(key);
    this.keyId = keyId(name, ED25519, key);
  }

  /** Read `name+hex key ID+base64`. Throws `Malformed`. */
  static parse(vkey: string): VerifierKey {
    return new VerifierKey(...parseVkey(vkey, ED25519));
  }

  /** The text form, which `parse` reads. */
  encode(): string {
    return encodeVkey(this.name, ED25519, this.key);
  }

  check(text: string, signature: Uint8Array): void {
    checkEd25519(this.key, utf8(text), signature, this.name);
  }
}

// ── notes ──

/** One signature line: name, key ID (4 octets) and the octets of the signature. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

function line({ name, keyId: id, signature }: NoteSignature): string {
  return `${DASH}${name} ${encode64(concat(id, signature))}\n`;
}

function parseLine(text: string): NoteSignature {
  const space = text.indexOf(" ", DASH.length);
  if (!text.startsWith(DASH) || space < 0) {
    throw new Malformed("note-line", "A signature line is a dash, a name and base64.");
  }
  const octets = decode64(text.slice(space + 1), undefined, "A signature");
  if (octets.length <= KEY_ID) throw new Malformed("note-line", "A signature line holds no signature.");
  const name = keyName(text.slice(DASH.length, space));
  return { name, keyId: octets.slice(0, KEY_ID), signature: octets.slice(KEY_ID) };
}

/** The text of a note: ends with a line end, no other control character below U+0020. Throws `Malformed`. */
export function noteText(text: string): string {
  if (!text.endsWith("\n") || CONTROL_BUT_LF.test(text)) {
    const words = "The text of a note ends with a line end and holds no other control character.";
    throw new Malformed("note-text", words);
  }
  if (LONE.test(text)) throw new Malformed("note-text", "The text of a note is not UTF-8.");
  return text;
}

/** A signed note: `text` ends with a line end; at least one signature. */
export class Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];

  constructor(text: string, signatures: readonly NoteSignature[]) {
    this.text = text;
    this.signatures = signatures;
  }

  /**
   * Read a note and refuse every spelling but the one that `encode` writes.
   *
   * This checks no signature. Throws `Malformed`.
   */
  static parse(octets: Uint8Array): Note {
    if (octets.length > MAX_NOTE) {
      throw new Malformed("too-long", `The note is longer than ${commas(MAX_NOTE)} octets.`);
    }
    let whole: string;
    try {
      whole = fromUtf8(octets);
    } catch (error) {
      throw new Malformed("note-utf8", "The note is not UTF-8.", error);
    }
    // Of all blank lines the last one separates.
    const blank = whole.lastIndexOf("\n\n");
    const rest = whole.slice(blank + 2);
    const lines = rest.slice(0, -1).split("\n");
    if (blank < 0 || !rest.endsWith("\n") || lines.length > MAX_SIGNATURES) {
      throw new Malformed("note-lines", `A note has 1 to ${MAX_SIGNATURES} signature lines after a blank line.`);
    }
    const note = new Note(noteText(whole.slice(0, blank + 1)), lines.map(parseLine));
    if (!same(note.encode(), octets)) {
      throw new Malformed("note-spelling", "The note is not in its one allowed spelling.");
    }
    return note;
  }

  /** The octets of the note. */
  encode(): Uint8Array {
    return utf8(`${this.text}\n${this.signatures.map(line).join("")}`);
  }

  /** This note with more signature lines, for instance of witnesses. */
  beside(signatures: readonly NoteSignature[]): Note {
    return new Note(this.text, [...this.signatures, ...signatures]);
  }

  /** The signature lines that bear this key's name and key ID, unchecked. */
  of(key: Verifying): NoteSignature[] {
    return this.signatures.filter((each) => each.name === key.name && same(each.keyId, key.keyId));
  }

  /** Those of `keys` that signed. Throws `Refused` when a line bears a key's name and ID and does not hold. */
  verified<K extends Verifying>(keys: Iterable<K>): K[] {
    return Array.from(keys).filter((key) => {
      const lines = this.of(key);
      for (const each of lines) key.check(this.text, each.signature);
      return lines.length > 0;
    });
  }
}

// ── signing ──

/** An Ed25519 key that signs notes, from a secret `seed` of 32 octets: for tests, no client signs notes. */
export class SigningKey {
  readonly name: string;
  readonly verifier: VerifierKey;
  private readonly seed: Uint8Array;

  constructor(name: string, seed: Uint8Array) {
    if (seed.length !== SEED) throw new Malformed("bad-length", `The seed of a signing key has ${SEED} octets.`);
    this.name = name;
    this.seed = seed;
    this.verifier = new VerifierKey(name, ed25519.getPublicKey(seed));
  }

  /** The public half in text form. */
  get vkey(): string {
    return this.verifier.encode();
  }

  /** Sign the text of a note. Throws `Malformed` where it is no such text. */
  sign(text: string): NoteSignature {
    const signature = ed25519.sign(utf8(noteText(text)), this.seed);
    return { name: this.name, keyId: this.verifier.keyId, signature };
  }
}

/** Octets of a note that `keys` sign, in their order. Throws `Malformed`. */
export function sign(text: string, keys: readonly SigningKey[]): Uint8Array {
  if (!keys.length) throw new Malformed("note-lines", "A note has at least one signature.");
  return new Note(text, keys.map((key) => key.sign(text))).encode();
}
