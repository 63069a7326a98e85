/**
 * Pseudonyms: one per context and vector of nym secrets (nym draft, CalculatePseudonym).
 *
 * OP = hash_to_curve_g1(context), z = hash_to_scalar(context); the pseudonym is OP times the value at z of the
 * polynomial whose coefficients are the secrets. Whoever lacks the secrets cannot tell whether pseudonyms of two
 * contexts are one person.
 */

import { Malformed } from "../errors.ts";
import { hex } from "../values/octets.ts";
import { NYM_VECTOR_DST, PSEUDONYM_BASE_DST, R } from "./ciphersuite.ts";
import { Base, encode, hashToPoint, multiply } from "./curve.ts";
import { hashToScalar, requireScalars } from "./octets.ts";

/** Contexts whose point is kept: whoever verifies sees few at a time. */
const KEPT = 8;

interface Context {
  readonly base: Base;
  readonly z: bigint;
}

const newest = new Map<string, Context>();

function contextOf(contextId: Uint8Array): Context {
  const name = hex(contextId);
  const found = newest.get(name) ?? {
    base: new Base(hashToPoint(contextId, PSEUDONYM_BASE_DST)),
    z: hashToScalar(contextId, NYM_VECTOR_DST),
  };
  // The one used last stands last, the first one goes.
  newest.delete(name);
  newest.set(name, found);
  const [oldest] = newest.keys();
  if (newest.size > KEPT && oldest !== undefined) newest.delete(oldest);
  return found;
}

/** The point OP of a context. */
export function base(contextId: Uint8Array): Base {
  return contextOf(contextId).base;
}

/** The value at z of the polynomial with these coefficients, the constant one first. */
export function evaluate(contextId: Uint8Array, coefficients: readonly bigint[]): bigint {
  const { z } = contextOf(contextId);
  return coefficients.reduceRight((value, coefficient) => (value * z + coefficient) % R, 0n);
}

/**
 * The pseudonym, 48 octets, of the holder of `secrets` in a context.
 *
 * Throws `Malformed` for no secret or one outside 1..r-1, or when they cancel out, a chance of 2^-255.
 */
export function pseudonym(contextId: Uint8Array, secrets: readonly bigint[]): Uint8Array {
  const value = evaluate(contextId, requireScalars(secrets));
  if (!value) throw new Malformed("bad-secrets", "These secrets have no pseudonym in this context.");
  return encode(multiply([[base(contextId).point, value]]));
}
