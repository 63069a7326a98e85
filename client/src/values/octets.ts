/** Octets and their spellings: UTF-8, hex, unpadded base64url. */

import { sha256 } from "@noble/hashes/sha2.js";
import { Malformed } from "../errors.ts";

const ENCODER = new TextEncoder();
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PLACES = new Map([...ALPHABET].map((symbol, place) => [symbol, place]));

/** UTF-8 octets of text without lone surrogates. */
export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Text of UTF-8 octets, a byte order mark kept; throws a `TypeError` where they are not UTF-8. */
export function fromUtf8(octets: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
}

/** Several octet strings, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether two octet strings are the same. For public values: it stops at the first difference. */
export function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, at) => octet === right[at]);
}

/** Below zero, zero or above: octet strings in order, a beginning before what it begins. */
export function compare(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference) return difference;
  }
  return left.length - right.length;
}

/** Whether `inner` stands somewhere in `outer`. */
export function contains(outer: Uint8Array, inner: Uint8Array): boolean {
  const first = inner[0];
  if (first === undefined) return true;
  for (let at = outer.indexOf(first); at >= 0; at = outer.indexOf(first, at + 1)) {
    if (same(outer.subarray(at, at + inner.length), inner)) return true;
  }
  return false;
}

/** Lower-case hex. */
export function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Octets of hex, an even number of digits. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Unpadded base64url (RFC 4648, section 5). */
export function b64u(octets: Uint8Array): string {
  let out = "";
  for (let at = 0; at < octets.length; at += 3) {
    const group = ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);
    const symbols = Math.min(4, octets.length - at + 1);
    for (let place = 0; place < symbols; place += 1) out += ALPHABET[(group >> (18 - 6 * place)) & 63];
  }
  return out;
}

function decodeBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const symbol of text) {
    const place = PLACES.get(symbol);
    if (place === undefined) return null;
    held = ((held << 6) | place) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at] = (held >> bits) & 255;
      at += 1;
    }
  }
  return out;
}

/**
 * Octets of unpadded base64url, `length` of them where given.
 *
 * Throws `Malformed` for padding, foreign characters, set trailing bits or another length.
 */
export function octets(value: unknown, length?: number, what = "A value"): Uint8Array {
  if (typeof value !== "string") throw new Malformed("not-text", `${what} is not text.`);
  const out = decodeBase64url(value);
  if (out === null) throw new Malformed("bad-base64url", `${what} is not unpadded base64url.`);
  if (b64u(out) !== value) {
    throw new Malformed("bad-base64url", `${what} is not in the one allowed spelling of base64url.`);
  }
  if (length !== undefined && out.length !== length) {
    throw new Malformed("bad-length", `${what} has ${out.length} octets instead of ${length}.`);
  }
  return out;
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array): string {
  return hex(sha256(data));
}
