/**
 * Knowledge of what is in a commitment, shown for one message: a signature with the committed secrets as its key.
 *
 * The proof that the blind draft puts into a commitment says nothing of what it is for, so whoever saw one can send it
 * again. This one holds for its message alone: Schnorr's proof of a representation (Okamoto 1992), made non-interactive
 * by a hash that takes the message in (Fiat-Shamir; a “signature of knowledge”, Camenisch and Stadler 1997). It stands
 * beside the draft's and changes nothing of it: its challenge is hashed under a tag of its own, so neither passes for
 * the other.
 */

import { Malformed, Refused } from "../errors.ts";
import { concat } from "../values/octets.ts";
import { N_SECRETS, POINT, PSEUDONYMOUS, R, SCALAR } from "./ciphersuite.ts";
import { decode, encode, multiply, total } from "./curve.ts";
import { generators, type Layout, slotsOf } from "./generators.ts";
import {
  hashToScalar, i2osp, modR, parseScalars, randomScalars, requireLength, requireScalars, type Rng, scalarsOctets,
} from "./octets.ts";

/** Octets of a proof: a response for the blind and for each of the eight secrets, and the challenge. */
export const REPRESENTATION = SCALAR * (N_SECRETS + 2);
/** The slots of a commitment of the profile: the blind and eight secrets. */
const LAYOUT: Layout = { of: PSEUDONYMOUS, messages: 0, committed: 0, secrets: N_SECRETS };

/** What is proved: a message, under the tag (at most 255 octets) of what messages are. */
export interface Said {
  readonly message: Uint8Array;
  readonly dst: Uint8Array;
}

/** The hash of all that is public. Everything before the message has a fixed length; Q_1 has no part in a commitment. */
function challengeOf(point: Uint8Array, trace: Uint8Array, { message, dst }: Said): bigint {
  const bases = generators(LAYOUT).octets.subarray(POINT);
  return hashToScalar(concat(i2osp(slotsOf(LAYOUT)), bases, point, trace, message), dst);
}

/**
 * The proof, 320 octets, of knowing what is in the commitment to eight secrets under `blind`.
 *
 * `rng` is asked once, for 48 octets a scalar. Throws `Malformed` for a secret or blind outside 1..r-1, or another number
 * of secrets.
 */
export function proveRepresentation(secrets: readonly bigint[], blind: bigint, said: Said, rng: Rng): Uint8Array {
  if (secrets.length !== N_SECRETS) throw new Malformed("bad-count", `A commitment is to ${N_SECRETS} secrets.`);
  const hidden = requireScalars([blind, ...secrets]);
  const slots = generators(LAYOUT).slots.map((base) => base.point);
  const fresh = randomScalars(hidden.length, rng);
  const sum = (scalars: readonly bigint[]): Uint8Array =>
    encode(multiply(slots.map((point, at) => [point, scalars[at] ?? 0n] as const)));
  const challenge = challengeOf(sum(hidden), sum(fresh), said);
  const responses = hidden.map((scalar, at) => modR((fresh[at] ?? 0n) + scalar * challenge));
  return scalarsOctets(...responses, challenge);
}

/**
 * Check a proof for a commitment's point, 48 octets, and a message.
 *
 * Throws `Malformed` for an encoding; `Refused` when it does not hold.
 */
export function verifyRepresentation(point: Uint8Array, proof: Uint8Array, said: Said): void {
  requireLength(proof, REPRESENTATION, "The proof");
  const responses = parseScalars(proof);
  const challenge = responses.pop() ?? 0n;
  const committed = decode(point, "The commitment's point");
  const fixed = generators(LAYOUT).slots.map((base, at) => [base, responses[at] ?? 0n] as const);
  const trace = encode(total(fixed, [[committed, R - challenge]]));
  if (challengeOf(point, trace, said) !== challenge) {
    throw new Refused("request-proof", "The proof that belongs to this request does not hold.");
  }
}
