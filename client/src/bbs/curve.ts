/**
 * The curve BLS12-381 over noble: this module and `tables` are the only ones that know a pairing library.
 *
 * Decoders are strict: canonical, on the curve, in the subgroup, not the identity. What touches a secret goes through
 * `multiply`, whose sequence of point operations does not depend on the scalar; no more than that can be had where
 * the platform's large numbers do not take constant time.
 */

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { Malformed } from "../errors.ts";
import { same } from "../values/octets.ts";
import { POINT, PUBLIC_KEY } from "./ciphersuite.ts";
import { i2osp, requireLength } from "./octets.ts";
import { type Point, ZERO } from "./tables.ts";

export { Base, type Point, total, weighted, ZERO } from "./tables.ts";

const { G1, G2, fields } = bls12_381;
type Lines = ReturnType<typeof bls12_381.utils.calcPairingPrecomputes>;

/** A public key: an element of G2, as the lines of its Miller loop. */
export interface Key {
  readonly lines: Lines;
}

const HALF = (fields.Fp.ORDER - 1n) / 2n;
const COMPRESSED = 0x80;
const IDENTITY = 0x40;
const LARGER = 0x20;

/** Bits of the random weights of a batch: a wrong batch passes with a chance of 2^-128. */
export const WEIGHT_BITS = 128;

let baseLines: Lines | undefined;

// ── encodings ──

/** 48 octets, compressed; the identity too. The point came from this module, so it is not checked again. */
export function encode(point: Point): Uint8Array {
  if (point.is0()) {
    const out = new Uint8Array(POINT);
    out[0] = COMPRESSED | IDENTITY;
    return out;
  }
  const { x, y } = point.toAffine();
  const out = i2osp(x, POINT);
  out[0] = (out[0] ?? 0) | COMPRESSED | (y > HALF ? LARGER : 0);
  return out;
}

/** The point of G1 in 48 octets; `what` names it in the error. Throws `Malformed`. */
export function decode(octets: Uint8Array, what: string): Point {
  requireLength(octets, POINT, what);
  let point: Point;
  try {
    point = G1.Point.fromBytes(octets);
  } catch (error) {
    throw new Malformed("bad-point", `${what} is not a point of the group.`, error);
  }
  if (point.is0() || !same(encode(point), octets)) {
    throw new Malformed("bad-point", `${what} is the identity or not in its one spelling.`);
  }
  return point;
}

/** The public key in 96 octets. Throws `Malformed`. */
export function decodeKey(octets: Uint8Array): Key {
  requireLength(octets, PUBLIC_KEY, "The public key");
  let point: InstanceType<typeof G2.Point>;
  try {
    point = G2.Point.fromBytes(octets);
  } catch (error) {
    throw new Malformed("bad-key", "The public key is not a point of the group.", error);
  }
  if (point.is0() || !same(point.toBytes(), octets)) {
    throw new Malformed("bad-key", "The public key is the identity or not in its one spelling.");
  }
  return { lines: bls12_381.utils.calcPairingPrecomputes(point) };
}

/** hash_to_curve_g1 (RFC 9380, BLS12381G1_XMD:SHA-256_SSWU_RO_). */
export function hashToPoint(message: Uint8Array, dst: Uint8Array): Point {
  const { x, y } = G1.hashToCurve(message, { DST: dst }).toAffine();
  return G1.Point.fromAffine({ x, y });
}

// ── with public values ──

/** Whether e(left, key) = e(right, BP2). */
export function pairingHolds(left: Point, key: Key, right: Point): boolean {
  baseLines ??= bls12_381.utils.calcPairingPrecomputes(G2.Point.BASE);
  const terms: [Lines, bigint, bigint][] = [];
  for (const [lines, point] of [[key.lines, left], [baseLines, right.negate()]] as const) {
    // The identity pairs to one.
    if (point.is0()) continue;
    const { x, y } = point.toAffine();
    terms.push([lines, x, y]);
  }
  const value = fields.Fp12.finalExponentiate(bls12_381.millerLoopBatch(terms));
  return fields.Fp12.eql(value, fields.Fp12.ONE);
}

// ── with secrets ──

/** Bits of the windows of a point's table: making one costs no more than it saves at its second use. */
const WINDOW = 4;

/** Make a table for a point that is multiplied again and again by secrets. It is built at the first use. */
export function remember(point: Point): Point {
  return point.precompute(WINDOW);
}

/** The sum of products, each by a fixed sequence of point operations, and of the points `added` as they are. */
export function multiply(terms: Iterable<readonly [Point, bigint]>, ...added: readonly Point[]): Point {
  let sum = ZERO;
  for (const point of added) sum = sum.add(point);
  for (const [point, scalar] of terms) {
    // Zero is no secret's value: only fixtures without anything committed have a blind of zero.
    if (scalar) sum = sum.add(point.multiply(scalar));
  }
  return sum;
}

/** The 96 octets of the public key for `secret`. */
export function publicKey(secret: bigint): Uint8Array {
  return G2.Point.BASE.multiply(secret).toBytes();
}
