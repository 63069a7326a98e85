/**
 * Generators of G1 that nobody knows a relation between (core draft, create_generators), and the domain made of them.
 *
 * A signed sum has one slot per scalar. In the blind interfaces the order is: signer messages, the blind, committed
 * messages, nym secrets.
 */

import { concat, hex, utf8 } from "../values/octets.ts";
import { type Interface, N_MESSAGES, N_SECRETS, P1, PSEUDONYMOUS } from "./ciphersuite.ts";
import { Base, decode, encode, hashToPoint, type Point, remember } from "./curve.ts";
import { expandMessage, hashToScalar, i2osp } from "./octets.ts";

const made = new Map<string, { state: Uint8Array; readonly bases: Base[] }>();
const laidOut = new Map<string, Generators>();

/** `count` generators of an interface, the first being Q_1. They never change, so they are kept. */
export function createGenerators(apiId: Uint8Array, count: number): readonly Base[] {
  const seedDst = concat(apiId, utf8("SIG_GENERATOR_SEED_"));
  const name = hex(apiId);
  const kept = made.get(name) ?? {
    state: expandMessage(concat(apiId, utf8("MESSAGE_GENERATOR_SEED")), seedDst, 48),
    bases: [],
  };
  made.set(name, kept);
  while (kept.bases.length < count) {
    kept.state = expandMessage(concat(kept.state, i2osp(kept.bases.length + 1)), seedDst, 48);
    kept.bases.push(new Base(remember(hashToPoint(kept.state, concat(apiId, utf8("SIG_GENERATOR_DST_"))))));
  }
  return kept.bases.slice(0, count);
}

/** How many scalars are signed under an interface: signer messages, committed messages, nym secrets. */
export interface Layout {
  readonly of: Interface;
  readonly messages: number;
  readonly committed: number;
  readonly secrets: number;
}

/** Six signer messages and eight secrets, with pseudonyms. */
export const PROFILE: Layout = { of: PSEUDONYMOUS, messages: N_MESSAGES, committed: 0, secrets: N_SECRETS };

/** Scalars in the signed sum. */
export function slotsOf(layout: Layout): number {
  return layout.messages + layout.of.blinded + layout.committed + layout.secrets;
}

/** Whether a slot holds a message: the blind and the nym secrets are never disclosed. */
export function mayDisclose(layout: Layout, index: number): boolean {
  const first = layout.messages + layout.of.blinded;
  return (index >= 0 && index < layout.messages) || (index >= first && index < first + layout.committed);
}

/** The points of one layout: P1, Q_1 and one base per slot; `octets` is Q_1 and the slots, encoded. */
export interface Generators {
  readonly p1: Point;
  readonly q1: Base;
  readonly slots: readonly Base[];
  readonly octets: Uint8Array;
}

/** The generators of a layout. */
export function generators(layout: Layout): Generators {
  const { of, messages, committed, secrets } = layout;
  const name = [hex(of.apiId), messages, committed, secrets].join("/");
  const kept = laidOut.get(name);
  if (kept !== undefined) return kept;
  const [q1, ...slots] = createGenerators(of.apiId, messages + 1);
  if (q1 === undefined) throw new RangeError("an interface has at least one generator");
  if (of.blinded) slots.push(...createGenerators(of.blindApiId, 1 + committed + secrets));
  const octets = concat(...[q1, ...slots].map((base) => encode(base.point)));
  const out = { p1: decode(P1, "P1"), q1, slots, octets };
  laidOut.set(name, out);
  return out;
}

/** Make what every verification under a layout needs, ahead of the first. */
export function prepare(layout: Layout): void {
  const { q1, slots } = generators(layout);
  for (const base of [q1, ...slots]) base.table();
}

/**
 * The scalar that binds key, generators and header (core draft, calculate_domain; the fixtures include Q_2).
 *
 * `octets` are those of `Generators`; `header` is the application's: the nym interface appends the number of secrets.
 */
export function domain(publicKey: Uint8Array, layout: Layout, octets: Uint8Array, header: Uint8Array): bigint {
  const full = layout.secrets ? concat(header, i2osp(layout.secrets)) : header;
  const body = concat(publicKey, i2osp(slotsOf(layout)), octets, layout.of.apiId, i2osp(full.length), full);
  return hashToScalar(body, layout.of.hashDst);
}
