/**
 * The holder's file, as Python's `wallet_file` writes it: one saved by either opens in the other.
 *
 * Unencrypted: the wallet's canonical JSON. Encrypted: a header in canonical JSON, a line end, and the sealed wallet.
 * Scrypt (RFC 7914) makes the key, ChaCha20-Poly1305 (RFC 8439) seals, the header is authenticated. Whoever has an
 * encrypted file gets guesses at the passphrase, some tenths of a second and up to 128 MiB of memory each.
 */

import type { Rng } from "../bbs/octets.ts";
import { Malformed, Refused, Unavailable } from "../errors.ts";
import { b64u, canonical, concat, fields, integer, octets, parseCanonical, utf8 } from "../values/index.ts";
import { LINE_END, MAX_WALLET, Wallet } from "./wallet.ts";

export { isSealed } from "./wallet.ts";

/** Version of the sealed form; a reader knows this one only. */
export const FORMAT = "undersigned-pass/1";
export const CIPHER = "chacha20-poly1305";
/** Scrypt's cost as a power of two: 15 to 17, that is 32 to 128 MiB. */
export const LEAST_COST = 15;
export const USUAL_COST = 17;
export const MOST_COST = 17;
export const SALT = 16;
export const NONCE = 12;
/** The header takes some hundred octets. */
export const MAX_HEAD = 4096;
export const MAX_FILE = MAX_WALLET + MAX_HEAD;

export type Heard = (part: number) => void;

type Sealing = typeof import("./sealing.ts");

/** Ciphers are loaded when first asked for. Throws `Unavailable` where they cannot be had, for instance offline. */
async function sealing(): Promise<Sealing> {
  try {
    return await import("./sealing.ts");
  } catch (error) {
    throw new Unavailable("not-started", "A part of this page did not load. Load the page again.", error);
  }
}

/** A key made of a passphrase: slow to make, so that it may be kept in memory and used for many sealings. */
export class SealKey {
  readonly salt: Uint8Array;
  readonly cost: number;
  private readonly octets: Uint8Array;
  private readonly sealing: Sealing;

  private constructor(salt: Uint8Array, cost: number, octets: Uint8Array, using: Sealing) {
    this.salt = salt;
    this.cost = cost;
    this.octets = octets;
    this.sealing = using;
  }

  /**
   * Make the key of a passphrase; `progress` hears of parts done, 0 to 1.
   *
   * Throws `Malformed`, `Unavailable`, and the platform's `RangeError` where there is too little memory.
   */
  static async derive(passphrase: string, salt: Uint8Array, cost: number, progress?: Heard): Promise<SealKey> {
    const checked = integer(cost, { least: LEAST_COST, most: MOST_COST, what: "Scrypt's cost" });
    const using = await sealing();
    const octets = await using.stretch(utf8(passphrase), salt, checked, progress ?? (() => undefined));
    return new SealKey(salt, checked, octets, using);
  }

  /** Encrypt; `head` is authenticated with it. */
  encrypt(nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array {
    return this.sealing.encrypt(this.octets, nonce, head, data);
  }

  /** Decrypt. Throws where passphrase, head or data are others. */
  decrypt(nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array {
    return this.sealing.decrypt(this.octets, nonce, head, data);
  }
}

/** How to encrypt: a source of randomness, Scrypt's cost as a power of two; `progress` hears of parts done, 0 to 1. */
export interface Seal {
  readonly passphrase: string;
  readonly rng: Rng;
  readonly cost?: number;
  readonly progress?: Heard;
}

/** Octets of the encrypted file; salt and nonce are fresh each time. */
export async function seal(wallet: Wallet, how: Seal): Promise<Uint8Array> {
  const salt = how.rng(SALT);
  const nonce = how.rng(NONCE);
  return sealWith(wallet, await SealKey.derive(how.passphrase, salt, how.cost ?? USUAL_COST, how.progress), nonce);
}

/** The same with a key that is there; `nonce` has 12 octets and is never used twice with one key. */
export function sealWith(wallet: Wallet, key: SealKey, nonce: Uint8Array): Uint8Array {
  const { cost, salt } = key;
  const head = canonical({ cipher: CIPHER, cost, format: FORMAT, nonce: b64u(nonce), salt: b64u(salt) });
  return concat(head, utf8("\n"), key.encrypt(nonce, head, wallet.encoded()));
}

/**
 * Read an encrypted file.
 *
 * Throws `Malformed`; `Refused` when the passphrase is another or the file was changed: nothing tells which.
 */
export async function unseal(data: Uint8Array, passphrase: string, progress?: Heard): Promise<Wallet> {
  return unsealWith(data, await keyFor(data, passphrase, progress));
}

/** The key that a passphrase makes for a file, right or wrong. Throws as `unseal`. */
export async function keyFor(data: Uint8Array, passphrase: string, progress?: Heard): Promise<SealKey> {
  const { salt, cost } = parseHead(data);
  return SealKey.derive(passphrase, salt, cost, progress);
}

/** Read an encrypted file with a key that is there. Throws as `unseal`. */
export function unsealWith(data: Uint8Array, key: SealKey): Wallet {
  const { head, nonce, body } = parseHead(data);
  let opened: Uint8Array;
  try {
    opened = key.decrypt(nonce, head, body);
  } catch (error) {
    const words = "The passphrase is not the one of this pass, or the file was changed. Try again.";
    throw new Refused("wrong-passphrase", words, error);
  }
  return Wallet.parse(opened);
}

function parseHead(data: Uint8Array) {
  const end = data.indexOf(LINE_END);
  const head = data.subarray(0, end < 0 ? data.length : end);
  const names = ["cipher", "cost", "format", "nonce", "salt"] as const;
  const got = fields(parseCanonical(head), names, "The encrypted pass");
  if (got.format !== FORMAT || got.cipher !== CIPHER) {
    const words = "This pass was written by another version, in a form that is unknown here.";
    throw new Malformed("unknown-format", words);
  }
  return {
    head,
    cost: integer(got.cost, { least: LEAST_COST, most: MOST_COST, what: "Scrypt's cost" }),
    salt: octets(got.salt, SALT, "The salt"),
    nonce: octets(got.nonce, NONCE, "The nonce"),
    body: data.subarray(head.length + 1),
  };
}
