/** What seals a pass: Scrypt (RFC 7914) and ChaCha20-Poly1305 (RFC 8439). Apart, since few visits to a page need it. */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";

/** Scrypt's block size; it runs in one lane. */
const BLOCK = 8;
const KEY = 32;

/** A key of 32 octets from a passphrase; `progress` hears of parts done, 0 to 1. */
export function stretch(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: number,
  progress: (part: number) => void,
): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N: 2 ** cost, r: BLOCK, p: 1, dkLen: KEY, onProgress: progress });
}

/** Encrypt; `head` is authenticated with it. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonce, head).encrypt(data);
}

/** Decrypt. Throws where key, head or data are others. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonce, head).decrypt(data);
}
