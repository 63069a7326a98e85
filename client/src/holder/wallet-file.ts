/**
 * The holder's file, as Python's `wallet_file` writes it: one saved by either opens in the other.
 *
 * Canonical JSON. Scrypt (RFC 7914) makes the key, ChaCha20-Poly1305 (RFC 8439) seals the wallet, and every field of
 * the header is authenticated with it. Whoever has an encrypted file gets guesses at the passphrase, some tenths of a
 * second and up to 128 MiB of memory each.
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import type { Rng } from "../bbs/octets.ts";
import { Malformed, Refused } from "../errors.ts";
import {
  b64u, canonical, fields, integer, isObject, type JsonObject, octets, parseCanonical, utf8,
} from "../values/index.ts";
import { MAX_WALLET, Wallet } from "./wallet.ts";

/** Version of the sealed form; a reader knows this one only. */
export const FORMAT = "undersigned-pass/1";
export const CIPHER = "chacha20-poly1305";
/** Scrypt's cost as a power of two: 15 to 17, that is 32 to 128 MiB. */
export const LEAST_COST = 15;
export const USUAL_COST = 17;
export const MOST_COST = 17;
const BLOCK = 8;
const SALT = 16;
const NONCE = 12;
const KEY = 32;
/** Base64 takes a third more, the header some hundred octets. */
export const MAX_FILE = Math.floor((MAX_WALLET * 4) / 3) + 4096;

/** How to encrypt: a source of randomness, Scrypt's cost as a power of two; `progress` hears of parts done, 0 to 1. */
export interface Seal {
  readonly passphrase: string;
  readonly rng: Rng;
  readonly cost?: number;
  readonly progress?: (part: number) => void;
}

async function keyOf(
  passphrase: string,
  salt: Uint8Array,
  cost: number,
  progress?: (part: number) => void,
): Promise<Uint8Array> {
  const options = { N: 2 ** cost, r: BLOCK, p: 1, dkLen: KEY };
  return scryptAsync(utf8(passphrase), salt, progress === undefined ? options : { ...options, onProgress: progress });
}

/** Octets of the encrypted file; salt and nonce are fresh each time. */
export async function seal(wallet: Wallet, how: Seal): Promise<Uint8Array> {
  const salt = how.rng(SALT);
  const nonce = how.rng(NONCE);
  const cost = integer(how.cost ?? USUAL_COST, { least: LEAST_COST, most: MOST_COST, what: "Scrypt's cost" });
  const head: JsonObject = { cipher: CIPHER, cost, format: FORMAT, nonce: b64u(nonce), salt: b64u(salt) };
  const key = await keyOf(how.passphrase, salt, cost, how.progress);
  const sealed = chacha20poly1305(key, nonce, canonical(head)).encrypt(wallet.encoded());
  return canonical({ ...head, sealed: b64u(sealed) });
}

/** Whether a file's octets are encrypted, by its form. Throws `Malformed`. */
export function isSealed(data: Uint8Array): boolean {
  const value = parseCanonical(data, MAX_FILE);
  return isObject(value) && "sealed" in value;
}

/**
 * Read an encrypted file.
 *
 * Throws `Malformed`; `Refused` when the passphrase is another or the file was changed: nothing tells which.
 */
export async function unseal(
  data: Uint8Array,
  passphrase: string,
  progress?: (part: number) => void,
): Promise<Wallet> {
  const names = ["cipher", "cost", "format", "nonce", "salt", "sealed"] as const;
  const { sealed, ...head } = fields(parseCanonical(data, MAX_FILE), names, "The encrypted pass");
  const body = octets(sealed, undefined, "The sealed part of the pass");
  if (head.format !== FORMAT || head.cipher !== CIPHER) {
    const words = "This pass was written by another version, in a form that is unknown here.";
    throw new Malformed("unknown-format", words);
  }
  const cost = integer(head.cost, { least: LEAST_COST, most: MOST_COST, what: "Scrypt's cost" });
  const salt = octets(head.salt, SALT, "The salt");
  const nonce = octets(head.nonce, NONCE, "The nonce");
  const key = await keyOf(passphrase, salt, cost, progress);
  let opened: Uint8Array;
  try {
    opened = chacha20poly1305(key, nonce, canonical(head)).decrypt(body);
  } catch (error) {
    const words = "The passphrase is not the one of this pass, or the file was changed. Try again.";
    throw new Refused("wrong-passphrase", words, error);
  }
  return Wallet.parse(opened);
}
