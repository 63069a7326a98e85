/** Octets and scalars: I2OSP, expand_message_xmd (RFC 9380, 5.3.1), hash_to_scalar (core draft), strict scalars. */

import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Malformed, Unavailable } from "../errors.ts";
import { concat, hex } from "../values/octets.ts";
import { type Interface, R, SCALAR } from "./ciphersuite.ts";

/** Gives that many random octets. An argument wherever randomness is needed. */
export type Rng = (length: number) => Uint8Array;

/** Octets that are reduced to one scalar: enough for a bias below 2^-128. */
export const EXPANDED = 48;

/** The whole number in octets, most significant first. */
export function toNumber(octets: Uint8Array): bigint {
  return octets.length ? BigInt(`0x${hex(octets)}`) : 0n;
}

/** `value` as `length` octets, most significant first. */
export function i2osp(value: bigint | number, length = 8): Uint8Array {
  const out = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at -= 1) {
    out[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  if (rest) throw new RangeError("the number does not fit");
  return out;
}

/** The representative of `value` in 0..r-1. */
export function modR(value: bigint): bigint {
  const rest = value % R;
  return rest < 0n ? rest + R : rest;
}

/** 1/value by a power with a fixed exponent, whose course hardly depends on the secret. */
export function invert(value: bigint): bigint {
  let out = 1n;
  let power = value;
  for (let rest = R - 2n; rest; rest >>= 1n) {
    if (rest & 1n) out = (out * power) % R;
    power = (power * power) % R;
  }
  return out;
}

/** `length` uniform octets of `message` under `dst`: expand_message_xmd with SHA-256 (RFC 9380, section 5.3.1). */
export function expandMessage(message: Uint8Array, dst: Uint8Array, length: number): Uint8Array {
  return expand_message_xmd(message, dst, length, sha256);
}

/** The scalar of `message` under `dst` (core draft, hash_to_scalar). */
export function hashToScalar(message: Uint8Array, dst: Uint8Array): bigint {
  return toNumber(expandMessage(message, dst, EXPANDED)) % R;
}

/** The scalars that stand for message octet strings, in order. */
export function messageScalars(messages: Iterable<Uint8Array>, of: Interface): bigint[] {
  return Array.from(messages, (message) => hashToScalar(message, of.mapDst));
}

/**
 * `count` scalars in 1..r-1 from 48 octets of `rng` each, drawn in one call.
 *
 * Throws `Unavailable` when a scalar is zero or the draw too short: the source of randomness is broken.
 */
export function randomScalars(count: number, rng: Rng): bigint[] {
  const drawn = draw(EXPANDED * count, rng);
  const scalars = Array.from(
    { length: count },
    (_, at) => toNumber(drawn.subarray(at * EXPANDED, (at + 1) * EXPANDED)) % R,
  );
  if (scalars.includes(0n)) {
    throw new Unavailable("randomness-broken", "This machine's source of randomness is broken.");
  }
  return scalars;
}

/** `length` random octets. Throws `Unavailable` when there are fewer. */
export function draw(length: number, rng: Rng): Uint8Array {
  const drawn = rng(length);
  if (drawn.length !== length) {
    throw new Unavailable("randomness-broken", "This machine's source of randomness gave too little.");
  }
  return drawn;
}

/** Several scalars, 32 octets each, one after the other. */
export function scalarsOctets(...scalars: readonly bigint[]): Uint8Array {
  return concat(...scalars.map((scalar) => i2osp(scalar, SCALAR)));
}

/**
 * Scalars of 32 octets each, every one in 1..r-1. The caller has checked the length.
 *
 * Throws `Malformed` for zero, and for r or more.
 */
export function parseScalars(octets: Uint8Array): bigint[] {
  const scalars: bigint[] = [];
  for (let at = 0; at < octets.length; at += SCALAR) scalars.push(toNumber(octets.subarray(at, at + SCALAR)));
  return requireScalars(scalars);
}

/** The same scalars, every one in 1..r-1. Throws `Malformed`. */
export function requireScalars(scalars: readonly bigint[]): bigint[] {
  for (const scalar of scalars) {
    if (scalar <= 0n || scalar >= R) {
      throw new Malformed("scalar-out-of-range", "A number in the proof or key is zero or too large.");
    }
  }
  return [...scalars];
}

/** Check that `octets` is `length` octets long. Throws `Malformed` naming `what` and both lengths. */
export function requireLength(octets: Uint8Array, length: number, what: string): void {
  if (octets.length !== length) {
    throw new Malformed("bad-length", `${what} has ${octets.length} octets instead of ${length}.`);
  }
}
