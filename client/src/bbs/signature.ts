/**
 * Keys and plain signatures (core draft, KeyGen, SkToPk, CoreSign, CoreVerify).
 *
 * A client signs nothing of its own with an issuer's key: `sign` is here for the fixtures and for tests.
 */

import { Malformed, Refused } from "../errors.ts";
import { concat } from "../values/octets.ts";
import { CORE, KEYGEN_DST, POINT, R, SCALAR, SECRET_KEY, SIGNATURE } from "./ciphersuite.ts";
import { decode, decodeKey, encode, type Key, multiply, pairingHolds, type Point } from "./curve.ts";
import { domain, type Generators, generators, type Layout } from "./generators.ts";
import {
  hashToScalar,
  i2osp,
  invert,
  messageScalars,
  modR,
  parseScalars,
  requireLength,
  requireScalars,
  scalarsOctets,
} from "./octets.ts";

export { publicKey } from "./curve.ts";

/**
 * A secret key from at least 32 octets of secret material; `info` separates keys made of the same material.
 *
 * Throws `Malformed` when the material is shorter, or `info` longer than 65,535 octets.
 */
export function keygen(material: Uint8Array, info: Uint8Array = new Uint8Array()): bigint {
  if (material.length < SECRET_KEY || info.length > 0xffff) {
    const words = "A key is made of at least 32 octets, and of at most 65,535 octets beside.";
    throw new Malformed("bad-key-material", words);
  }
  const secret = hashToScalar(concat(material, i2osp(info.length, 2), info), KEYGEN_DST);
  requireScalars([secret]);
  return secret;
}

/** The signature A || e on the signed sum B: A = B·1/(SK+e). Throws `Refused` when SK+e is zero. */
export function finish(secret: bigint, point: Point, e: bigint): Uint8Array {
  const denominator = modR(secret + e);
  if (!denominator || !e) throw new Refused("signature-impossible", "These values cannot be signed together.");
  return concat(encode(multiply([[point, invert(denominator)]])), i2osp(e, SCALAR));
}

/** A and e of a signature of 80 octets. Throws `Malformed`. */
export function parse(octets: Uint8Array): readonly [Point, bigint] {
  requireLength(octets, SIGNATURE, "The signature");
  const point = decode(octets.subarray(0, POINT), "The signature's point");
  const [e = 0n] = parseScalars(octets.subarray(POINT));
  return [point, e];
}

/**
 * Check a signature on the signed sum B: e(A, W) = e(B - A·e, BP2).
 *
 * Throws `Malformed` for its encoding; `Refused` when it does not hold.
 */
export function check(key: Key, octets: Uint8Array, signed: Point): void {
  const [a, e] = parse(octets);
  if (!pairingHolds(a, key, multiply([[a, R - e]], signed))) {
    throw new Refused("signature-invalid", "The signature does not fit the key, the header and the messages.");
  }
}

/** B = P1 + Q_1·domain + the sum of slot·scalar, as with secrets; slots after the last scalar are left out. */
export function signedSum(points: Generators, scalars: readonly bigint[], bound: bigint): Point {
  const terms = points.slots.slice(0, scalars.length).map((base, at) => [base.point, scalars[at] ?? 0n] as const);
  return multiply([[points.q1.point, bound], ...terms], points.p1);
}

function core(key: Uint8Array, header: Uint8Array, messages: readonly Uint8Array[]): [bigint[], bigint, Point] {
  const layout: Layout = { of: CORE, messages: messages.length, committed: 0, secrets: 0 };
  const points = generators(layout);
  const scalars = messageScalars(messages, CORE);
  const bound = domain(key, layout, points.octets, header);
  return [scalars, bound, signedSum(points, scalars, bound)];
}

/** A plain signature over messages that the signer sees, 80 octets (core draft, Sign). */
export function sign(
  secret: bigint,
  key: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
): Uint8Array {
  const [scalars, bound, signed] = core(key, header, messages);
  return finish(secret, signed, hashToScalar(scalarsOctets(secret, ...scalars, bound), CORE.hashDst));
}

/** Check a plain signature (core draft, Verify). Throws `Malformed` for encodings; `Refused` when it does not hold. */
export function verify(
  key: Uint8Array,
  signature: Uint8Array,
  header: Uint8Array,
  messages: readonly Uint8Array[],
): void {
  check(decodeKey(key), signature, core(key, header, messages)[2]);
}
