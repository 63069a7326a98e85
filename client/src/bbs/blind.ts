/**
 * Blind issuance (blind draft, Commit and BlindSign; nym draft, CommitWithNym and BlindSignWithNym).
 *
 * The holder commits to nym secrets that the issuer never sees and proves to know them; the issuer signs the
 * commitment together with its own messages. `signer_nym_entropy` is 0 in the profile.
 */

import { Malformed, Refused } from "../errors.ts";
import { concat } from "../values/octets.ts";
import { type Interface, N_SECRETS, POINT, PSEUDONYMOUS, R, SCALAR } from "./ciphersuite.ts";
import { decode, decodeKey, encode, multiply, total } from "./curve.ts";
import { domain, generators, type Layout, PROFILE, slotsOf } from "./generators.ts";
import {
  hashToScalar,
  i2osp,
  messageScalars,
  modR,
  parseScalars,
  randomScalars,
  requireLength,
  requireScalars,
  type Rng,
  scalarsOctets,
} from "./octets.ts";
import { check, finish, signedSum } from "./signature.ts";

/** The challenge of a commitment's proof (calculate_blind_challenge): neither count nor points include Q_2. */
function challengeOf(layout: Layout, commitment: Uint8Array, trace: Uint8Array): bigint {
  const count = i2osp(layout.committed + layout.secrets);
  return hashToScalar(concat(count, generators(layout).octets.subarray(POINT), commitment, trace), layout.of.hashDst);
}

/**
 * The commitment C to nym secrets (and messages), with the proof of knowing what is in it.
 *
 * The profile commits to eight secrets and no message: 368 octets. The same secrets and blind give the same C; the
 * proof is fresh. `rng` is asked once, for 48 octets a committed scalar and the blind.
 * Throws `Malformed` for a secret or blind outside 1..r-1.
 */
export function commit(
  secrets: readonly bigint[],
  blind: bigint,
  rng: Rng,
  messages: readonly Uint8Array[] = [],
  of: Interface = PSEUDONYMOUS,
): Uint8Array {
  const layout: Layout = { of, messages: 0, committed: messages.length, secrets: secrets.length };
  const hidden = [...requireScalars([blind]), ...messageScalars(messages, of), ...requireScalars(secrets)];
  const slots = generators(layout).slots.map((base) => base.point);
  const fresh = randomScalars(hidden.length, rng);
  const sum = (scalars: readonly bigint[]): Uint8Array =>
    encode(multiply(slots.map((point, at) => [point, scalars[at] ?? 0n] as const)));
  const commitment = sum(hidden);
  const challenge = challengeOf(layout, commitment, sum(fresh));
  const responses = hidden.map((scalar, at) => modR((fresh[at] ?? 0n) + scalar * challenge));
  return concat(commitment, scalarsOctets(...responses, challenge));
}

/**
 * The point C, 48 octets, of a commitment whose proof of knowledge holds.
 *
 * Throws `Malformed` for its encoding; `Refused` when the proof does not hold.
 */
export function verifyCommitment(
  octets: Uint8Array,
  { secrets = N_SECRETS, messages = 0, of = PSEUDONYMOUS } = {},
): Uint8Array {
  const layout: Layout = { of, messages: 0, committed: messages, secrets };
  requireLength(octets, POINT + SCALAR * (slotsOf(layout) + 1), "The commitment");
  const commitment = octets.slice(0, POINT);
  const point = decode(commitment, "The commitment's point");
  const responses = parseScalars(octets.subarray(POINT));
  const challenge = responses.pop() ?? 0n;
  const fixed = generators(layout).slots.map((base, at) => [base, responses[at] ?? 0n] as const);
  const trace = encode(total(fixed, [[point, R - challenge]]));
  if (challengeOf(layout, commitment, trace) !== challenge) {
    throw new Refused("commitment-proof", "The proof that belongs to the commitment does not hold.");
  }
  return commitment;
}

function counted(layout: Layout, messages: number, committed: number, secrets: number): void {
  if (messages !== layout.messages || committed !== layout.committed || secrets !== layout.secrets) {
    const words = `A credential has ${layout.messages} messages and ${layout.secrets} secrets.`;
    throw new Malformed("bad-count", words);
  }
}

/** What `blindSign` signs, with which key. */
export interface BlindSigning {
  readonly secretKey: bigint;
  readonly publicKey: Uint8Array;
  readonly commitment: Uint8Array;
  readonly header: Uint8Array;
  readonly messages: readonly Uint8Array[];
  /** 32 random octets that go into `e`, empty only to reproduce the drafts' fixtures. */
  readonly fresh: Uint8Array;
}

/**
 * The signature, 80 octets, on the signer's messages and on what a commitment holds; its proof is checked first.
 *
 * No client issues: this is for fixtures and tests. `entropy` is `signer_nym_entropy`, 0 in the profile.
 * Throws `Malformed` for encodings and counts; `Refused` when the commitment's proof does not hold.
 */
export function blindSign(asked: BlindSigning, layout: Layout = PROFILE, entropy = 0n): Uint8Array {
  counted(layout, asked.messages.length, layout.committed, layout.secrets);
  const points = generators(layout);
  const bound = domain(asked.publicKey, layout, points.octets, asked.header);
  let signed = signedSum(points, messageScalars(asked.messages, layout.of), bound);
  const last = points.slots[points.slots.length - 1];
  if (entropy && last !== undefined) signed = multiply([[last.point, entropy]], signed);
  if (asked.commitment.length || layout.secrets) {
    const counts = { secrets: layout.secrets, messages: layout.committed, of: layout.of };
    signed = signed.add(decode(verifyCommitment(asked.commitment, counts), "The commitment's point"));
  }
  const bodies = concat(i2osp(asked.secretKey, SCALAR), encode(signed), asked.fresh);
  return finish(asked.secretKey, signed, hashToScalar(bodies, layout.of.hashDst));
}

/** What a holder knows of a credential. */
export interface Held {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  /** The application's header. */
  readonly header: Uint8Array;
  readonly messages: readonly Uint8Array[];
  readonly secrets: readonly bigint[];
  readonly blind: bigint;
  readonly committed?: readonly Uint8Array[];
}

/**
 * The scalar of every slot, as the holder knows them all.
 *
 * Only fixtures without anything committed have a blind of 0.
 * Throws `Malformed` for a wrong count, and for a secret or blind outside 1..r-1.
 */
export function messageSlots(layout: Layout, held: Held): bigint[] {
  const committed = held.committed ?? [];
  counted(layout, held.messages.length, committed.length, held.secrets.length);
  if (committed.length || held.secrets.length) requireScalars([held.blind]);
  return [
    ...messageScalars(held.messages, layout.of),
    ...(layout.of.blinded ? [held.blind] : []),
    ...messageScalars(committed, layout.of),
    ...requireScalars(held.secrets),
  ];
}

/**
 * Check a credential's signature, as the holder does on receiving it.
 *
 * Throws `Malformed` for encodings and counts; `Refused` when it does not hold.
 */
export function verifySignature(held: Held, layout: Layout = PROFILE): void {
  const points = generators(layout);
  const scalars = messageSlots(layout, held);
  const signed = signedSum(points, scalars, domain(held.publicKey, layout, points.octets, held.header));
  check(decodeKey(held.publicKey), held.signature, signed);
}
