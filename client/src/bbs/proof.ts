/**
 * Presentation proofs (core draft, ProofGen and ProofVerify; nym draft, with a pseudonym).
 *
 * A proof shows, without showing the signature, that the holder has one over the disclosed messages, and that the
 * pseudonym comes from the signed secrets. Octets: Abar, Bbar, D, then the responses e^, r1^, r3^ and one for each
 * hidden slot, then the challenge.
 *
 * Whoever forges a credential without the issuer's key can still pass the challenge: only the pairing finds it.
 * Nothing here is accepted before the pairing is checked.
 */

import { Malformed, Refused, UndersignedError } from "../errors.ts";
import { concat, hex } from "../values/octets.ts";
import { type Held, messageSlots } from "./blind.ts";
import { POINT, proofOctets, R, SCALAR } from "./ciphersuite.ts";
import {
  Base,
  decode,
  decodeKey,
  encode,
  type Key,
  multiply,
  pairingHolds,
  type Point,
  total,
  WEIGHT_BITS,
  weighted,
} from "./curve.ts";
import { domain, type Generators, generators, type Layout, mayDisclose, PROFILE, slotsOf } from "./generators.ts";
import {
  draw,
  hashToScalar,
  i2osp,
  invert,
  messageScalars,
  modR,
  parseScalars,
  randomScalars,
  requireLength,
  type Rng,
  scalarsOctets,
  toNumber,
} from "./octets.ts";
import { base as baseOf, evaluate, pseudonym } from "./pseudonym.ts";
import { parse as parseSignature, signedSum } from "./signature.ts";

/** Octets of a random weight in a batch. */
const WEIGHT = WEIGHT_BITS / 8;
/** Sets of disclosed messages whose fixed part a verifier remembers. */
const REMEMBERED = 8;
const IDENTITY = 0xc0;

/** What a presentation claims: the disclosed messages by index, ascending, and a pseudonym in a context. */
export interface Statement {
  readonly contextId: Uint8Array;
  /** Bound by the proof (the presentation header). */
  readonly ph: Uint8Array;
  readonly disclosed: ReadonlyMap<number, Uint8Array>;
  readonly pseudonym: Uint8Array;
  readonly proof: Uint8Array;
}

/** What is to be shown of a credential, and where. */
export interface Showing {
  readonly ph: Uint8Array;
  /** Indexes of slots, ascending. */
  readonly disclosed: readonly number[];
  readonly contextId: Uint8Array;
}

/** The slots that stay hidden, ascending. Throws `Malformed` unless `disclosed` ascends and all are messages. */
function hiddenOf(layout: Layout, disclosed: readonly number[]): number[] {
  if (disclosed.some((index, at) => at > 0 && index <= (disclosed[at - 1] ?? 0))) {
    throw new Malformed("index-order", "The indexes of disclosed messages are not strictly ascending.");
  }
  if (!disclosed.every((index) => mayDisclose(layout, index))) {
    const words = "An index of a disclosed message is not one of the credential's messages.";
    throw new Malformed("index-reserved", words);
  }
  return Array.from({ length: slotsOf(layout) }, (_, index) => index).filter((index) => !disclosed.includes(index));
}

/**
 * The challenge over everything public: disclosed scalars, points in the draft's order, the domain, `tail`.
 *
 * `points` are Abar, Bbar, D, T1, T2 and with a pseudonym also it and Ut; `tail` is the presentation header and with
 * a pseudonym also the context, each with its length before it. The fixtures leave OP out.
 */
function challengeOf(
  layout: Layout,
  disclosed: ReadonlyMap<number, bigint>,
  points: readonly Uint8Array[],
  bound: bigint,
  tail: readonly Uint8Array[],
): bigint {
  const parts = [i2osp(disclosed.size)];
  for (const [index, scalar] of disclosed) parts.push(i2osp(index), i2osp(scalar, SCALAR));
  parts.push(...points, i2osp(bound, SCALAR));
  for (const octets of tail) parts.push(i2osp(octets.length), octets);
  return hashToScalar(concat(...parts), layout.of.hashDst);
}

function pointOf(points: Generators, index: number): Base {
  const base = points.slots[index];
  if (base === undefined) throw new RangeError("there is no such slot");
  return base;
}

/**
 * The proof that goes with `pseudonym(contextId, secrets)`, binding `ph`; 272 octets and 32 for each hidden slot.
 *
 * It does not check the signature: `verifySignature` does, once, when the credential arrives. All products are made
 * as with secrets. `rng` is asked once.
 * Throws `Malformed` for encodings, counts and indexes.
 */
export function prove(held: Held, shown: Showing, rng: Rng, layout: Layout = PROFILE): Uint8Array {
  const hidden = hiddenOf(layout, shown.disclosed);
  const points = generators(layout);
  const [a, e] = parseSignature(held.signature);
  const scalars = messageSlots(layout, held);
  const bound = domain(held.publicKey, layout, points.octets, held.header);
  const [r1 = 0n, r2 = 0n, eTilde = 0n, r1Tilde = 0n, r3Tilde = 0n, ...tilde] = randomScalars(5 + hidden.length, rng);

  const d = multiply([[signedSum(points, scalars, bound), r2]]);
  const abar = multiply([[a, (r1 * r2) % R]]);
  const bbar = multiply([[d, r1], [abar, R - e]]);
  const t1 = multiply([[abar, eTilde], [d, r1Tilde]]);
  const slots = hidden.map((index, at) => [pointOf(points, index).point, tilde[at] ?? 0n] as const);
  const t2 = multiply([[d, r3Tilde], ...slots]);
  const traces = [abar, bbar, d, t1, t2].map(encode);
  const tail = [shown.ph];
  if (layout.secrets) {
    const value = evaluate(shown.contextId, tilde.slice(-layout.secrets));
    const ut = multiply([[baseOf(shown.contextId).point, value]]);
    traces.push(pseudonym(shown.contextId, held.secrets), encode(ut));
    tail.push(shown.contextId);
  }

  const disclosed = new Map(shown.disclosed.map((index) => [index, scalars[index] ?? 0n]));
  const c = challengeOf(layout, disclosed, traces, bound, tail);
  const responses = hidden.map((index, at) => modR((tilde[at] ?? 0n) + (scalars[index] ?? 0n) * c));
  const fixed = [modR(eTilde + e * c), modR(r1Tilde - r1 * c), modR(r3Tilde - invert(r2) * c)];
  return concat(...traces.slice(0, 3), scalarsOctets(...fixed, ...responses, c));
}

/** A presentation whose challenge holds; its pairing is still to be checked. */
interface Challenged {
  readonly index: number;
  readonly abar: Point;
  readonly bbar: Point;
  readonly weight: bigint;
}

const forged = (): Refused =>
  new Refused("proof-forged", "The credential behind this proof was not issued with this issuer's key.");

/**
 * Checks presentations of one issuer key under one header; keep it, it remembers what comes again.
 *
 * `header` is the application's. Making one throws `Malformed` for the key.
 */
export class Verifier {
  private readonly key: Key;
  private readonly layout: Layout;
  private readonly points: Generators;
  private readonly bound: bigint;
  private readonly start: Point;
  private readonly bases = new Map<string, Base>();

  constructor(publicKey: Uint8Array, header: Uint8Array, layout: Layout = PROFILE) {
    this.key = decodeKey(publicKey);
    this.layout = layout;
    this.points = generators(layout);
    this.bound = domain(publicKey, layout, this.points.octets, header);
    this.start = total([[this.points.q1, this.bound]], []).add(this.points.p1);
  }

  /**
   * Check one presentation: its encoding, its challenge, its pairing.
   *
   * Throws `Malformed` for encodings, lengths and indexes; `Refused` when the proof does not hold.
   */
  verify(statement: Statement): void {
    const [abar, bbar] = this.challenged(statement);
    if (!pairingHolds(abar, this.key, bbar)) throw forged();
  }

  /**
   * Check many presentations at once: the index and reason of each that does not hold, ascending.
   *
   * The pairings are merged under random weights of 128 bits, one draw of `rng`, made after all statements are
   * there; when the merged pairing fails, halves are tried until the culprits are found.
   */
  verifyBatch(statements: readonly Statement[], rng: Rng): Map<number, UndersignedError> {
    const wrong = new Map<number, UndersignedError>();
    const good: (readonly [number, Point, Point])[] = [];
    statements.forEach((statement, index) => {
      try {
        good.push([index, ...this.challenged(statement)]);
      } catch (error) {
        if (!(error instanceof UndersignedError)) throw error;
        wrong.set(index, error);
      }
    });
    const drawn = draw(WEIGHT * good.length, rng);
    const items = good.map(([index, abar, bbar], at): Challenged => {
      return { index, abar, bbar, weight: toNumber(drawn.subarray(at * WEIGHT, (at + 1) * WEIGHT)) };
    });
    for (const index of this.culprits(items)) wrong.set(index, forged());
    return new Map([...wrong].sort(([left], [right]) => left - right));
  }

  private culprits(items: readonly Challenged[]): number[] {
    const [only] = items;
    if (only === undefined) return [];
    if (items.length === 1) return pairingHolds(only.abar, this.key, only.bbar) ? [] : [only.index];
    const weights = items.map((item) => item.weight);
    const left = weighted(items.map((item) => item.abar), weights);
    const right = weighted(items.map((item) => item.bbar), weights);
    if (pairingHolds(left, this.key, right)) return [];
    const half = items.length >> 1;
    return [...this.culprits(items.slice(0, half)), ...this.culprits(items.slice(half))];
  }

  /** Abar and Bbar of a presentation whose challenge holds. */
  private challenged(statement: Statement): readonly [Point, Point] {
    const { layout, points } = this;
    const hidden = hiddenOf(layout, [...statement.disclosed.keys()]);
    const { proof } = statement;
    requireLength(proof, proofOctets(hidden.length), "The proof");
    const encoded = [0, 1, 2].map((at) => proof.subarray(at * POINT, (at + 1) * POINT)) as [
      Uint8Array, Uint8Array, Uint8Array,
    ];
    const [abar, bbar, d] = encoded.map((octets) => decode(octets, "A point of the proof")) as [Point, Point, Point];
    const [eHat = 0n, r1Hat = 0n, r3Hat = 0n, ...responses] = parseScalars(proof.subarray(3 * POINT));
    const c = responses.pop() ?? 0n;
    const messages = messageScalars(statement.disclosed.values(), layout.of);
    const disclosed = new Map([...statement.disclosed.keys()].map((index, at) => [index, messages[at] ?? 0n]));

    const t1 = total([], [[bbar, c], [abar, eHat], [d, r1Hat]]);
    const slots = hidden.map((index, at) => [pointOf(points, index), responses[at] ?? 0n] as const);
    const t2 = total([[this.fixedPart(disclosed), c], ...slots], [[d, r3Hat]]);
    const traces = [...encoded, encode(t1), encode(t2)];
    const tail = [statement.ph];
    if (layout.secrets) {
      traces.push(statement.pseudonym, this.pseudonymTrace(statement, responses.slice(-layout.secrets), c));
      tail.push(statement.contextId);
    }
    if (challengeOf(layout, disclosed, traces, this.bound, tail) !== c) {
      throw new Refused("proof-challenge", "The proof does not belong to this act.");
    }
    return [abar, bbar];
  }

  /** Ut, encoded: OP times the responses' polynomial, less the pseudonym times the challenge. */
  private pseudonymTrace(statement: Statement, responses: readonly bigint[], c: bigint): Uint8Array {
    const point = decode(statement.pseudonym, "The pseudonym");
    const value = evaluate(statement.contextId, responses);
    const trace = encode(total([[baseOf(statement.contextId), value]], [[point, R - c]]));
    if (trace[0] === IDENTITY) {
      throw new Refused("proof-challenge", "The proof does not belong to this pseudonym.");
    }
    return trace;
  }

  /** P1 + Q_1·domain + the disclosed slots: the same for all presentations under one letter. */
  private fixedPart(disclosed: ReadonlyMap<number, bigint>): Base {
    const name = hex(concat(...[...disclosed].map(([index, scalar]) => concat(i2osp(index), i2osp(scalar, SCALAR)))));
    let base = this.bases.get(name);
    if (base === undefined) {
      const terms = [...disclosed].map(([index, scalar]) => [pointOf(this.points, index), scalar] as const);
      base = new Base(total(terms, []).add(this.start));
      const [oldest] = this.bases.keys();
      if (this.bases.size >= REMEMBERED && oldest !== undefined) this.bases.delete(oldest);
      this.bases.set(name, base);
    }
    return base;
  }
}
