/**
 * Sums of products of public points by public scalars: interleaved signed windows that share their doublings.
 *
 * For verifying: how long these functions take depends on the scalars, so no secret may come near them. The curve's
 * endomorphism φ(x, y) = (βx, y) halves the number of doublings: on the group of order r = x⁴ - x² + 1 it is
 * multiplication by -x², so k = k₁·x² + k₀ gives k·P = k₀·P - k₁·φ(P), both below 2^128.
 */

import { bls12_381 } from "@noble/curves/bls12-381.js";

const Curve = bls12_381.G1.Point;
const Field = bls12_381.fields.Fp;

/** An element of G1. */
export type Point = InstanceType<typeof Curve>;
export const ZERO: Point = Curve.ZERO;

/** The parameter of the curve, squared. */
const X_SQUARED = 0xd201000000010000n ** 2n;
const BETA = 0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen;
/** Width of the windows of points that come once, and of points that come again. */
const FREE = 4;
const FIXED = 8;
const HEX_BITS = 4;

/** The odd multiples of a point, and of the image of it that φ gives, negated. */
interface Table {
  readonly width: number;
  readonly own: readonly Point[];
  readonly image: readonly Point[];
}

function multiples(point: Point, width: number): Point[] {
  const twice = point.double();
  const out = [point];
  for (let last = point; out.length < 1 << (width - 2); out.push(last)) last = last.add(twice);
  return out;
}

function image(point: Point): Point {
  return new Curve(Field.mul(point.X, BETA), Field.neg(point.Y), point.Z);
}

function table(point: Point, width: number): Table {
  const own = multiples(point, width);
  return { width, own, image: own.map(image) };
}

/** A public point that is multiplied again and again; it makes its table at the first use. */
export class Base {
  readonly point: Point;
  private made: Table | undefined;

  constructor(point: Point) {
    this.point = point;
  }

  table(): Table {
    this.made ??= table(this.point, FIXED);
    return this.made;
  }
}

function bitsOf(scalar: bigint): number[] {
  const bits: number[] = [];
  const digits = scalar.toString(16);
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    const digit = Number.parseInt(digits[at] ?? "0", 16);
    for (let bit = 0; bit < HEX_BITS; bit += 1) bits.push((digit >> bit) & 1);
  }
  return bits;
}

/** Digits of a scalar by place: odd, between -2^(width-1) and 2^(width-1), or 0. */
function digitsOf(scalar: bigint, width: number): Int16Array {
  const bits = bitsOf(scalar);
  const out = new Int16Array(bits.length + 1);
  let carry = 0;
  let at = 0;
  while (at < bits.length) {
    if (bits[at] === carry) {
      at += 1;
      continue;
    }
    let value = carry;
    for (let bit = 0; bit < width; bit += 1) value += (bits[at + bit] ?? 0) << bit;
    carry = value >> (width - 1);
    out[at] = value - (carry << width);
    at += width;
  }
  if (carry) out[at] = 1;
  return out;
}

interface Stream {
  readonly digits: Int16Array;
  readonly points: readonly Point[];
}

function walk(streams: readonly Stream[]): Point {
  let sum = ZERO;
  const longest = streams.reduce((length, stream) => Math.max(length, stream.digits.length), 0);
  for (let place = longest - 1; place >= 0; place -= 1) {
    sum = sum.double();
    for (const { digits, points } of streams) {
      const digit = digits[place];
      if (!digit) continue;
      const point = points[(Math.abs(digit) - 1) >> 1];
      if (point !== undefined) sum = sum.add(digit < 0 ? point.negate() : point);
    }
  }
  return sum;
}

function push(streams: Stream[], from: Table, scalar: bigint): void {
  const { width, own, image: other } = from;
  streams.push({ digits: digitsOf(scalar % X_SQUARED, width), points: own });
  const high = scalar / X_SQUARED;
  if (high) streams.push({ digits: digitsOf(high, width), points: other });
}

/** The sum of all products, of points that come again (`fixed`) and of points that do not (`free`). */
export function total(
  fixed: Iterable<readonly [Base, bigint]>,
  free: Iterable<readonly [Point, bigint]>,
): Point {
  const streams: Stream[] = [];
  for (const [base, scalar] of fixed) push(streams, base.table(), scalar);
  for (const [point, scalar] of free) push(streams, table(point, FREE), scalar);
  return walk(streams);
}

/** The sum of weight·point for weights below 2^128. */
export function weighted(points: readonly Point[], weights: readonly bigint[]): Point {
  return walk(
    points.map((point, at) => ({ digits: digitsOf(weights[at] ?? 0n, FREE), points: multiples(point, FREE) })),
  );
}
