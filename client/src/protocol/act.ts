/**
 * Acts: what a member does, once per context (`docs/protocol.md`, section 4).
 *
 * `Act.encoded` is exactly what the presentations are bound to (`ph`); the wire adds `proofs`. `act-reading` parses it.
 */

import { PSEUDONYM } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { b64u, canonical, commas, type JsonObject, octets, sha256Hex } from "../values/index.ts";

/** Octets of every request that carries an act, whatever the act. */
export const PADDED = 8192;
export const MAX_WIRE = PADDED - 1;
export const MARK = 0x80;

export type Payload = JsonObject | null;

/** What an act says. */
export interface ActFields {
  readonly kind: string;
  readonly action: string;
  readonly context: string;
  readonly organisation: string;
  readonly epoch: string;
  /** Indexes of the six messages, ascending, to their text. */
  readonly disclosed: ReadonlyMap<number, string>;
  readonly issuers: readonly string[];
  /** 48 octets. */
  readonly pseudonym: Uint8Array;
  readonly sequence: number;
  readonly payload: Payload;
}

/** One act of one member in one context, without its proofs. */
export class Act implements ActFields {
  readonly kind: string;
  readonly action: string;
  readonly context: string;
  readonly organisation: string;
  readonly epoch: string;
  readonly disclosed: ReadonlyMap<number, string>;
  readonly issuers: readonly string[];
  readonly pseudonym: Uint8Array;
  readonly sequence: number;
  readonly payload: Payload;
  private octets: Uint8Array | undefined;

  constructor(of: ActFields) {
    this.kind = of.kind;
    this.action = of.action;
    this.context = of.context;
    this.organisation = of.organisation;
    this.epoch = of.epoch;
    this.disclosed = of.disclosed;
    this.issuers = of.issuers;
    this.pseudonym = of.pseudonym;
    this.sequence = of.sequence;
    this.payload = of.payload;
  }

  /** The act as a JSON value. */
  record(): JsonObject {
    return {
      action: this.action,
      context: this.context,
      disclosed: Object.fromEntries([...this.disclosed].map(([index, value]) => [String(index), value])),
      epoch: this.epoch,
      issuers: this.issuers,
      kind: this.kind,
      organisation: this.organisation,
      payload: this.payload,
      profile: PROFILE,
      pseudonym: b64u(this.pseudonym),
      sequence: this.sequence,
    };
  }

  /** Canonical octets: the presentation header `ph` of every proof of this act. */
  get encoded(): Uint8Array {
    this.octets ??= canonical(this.record());
    return this.octets;
  }

  /** SHA-256 of the canonical octets, in hex: what a receipt names. */
  get digest(): string {
    return sha256Hex(this.encoded);
  }

  /** Pairs of context and pseudonym that are proved: one, for a vouch two. */
  get presentations(): readonly (readonly [context: string, pseudonym: Uint8Array])[] {
    const first = [this.context, this.pseudonym] as const;
    if (this.kind !== "vouch" || this.payload === null) return [first];
    return [first, [String(this.payload["context"]), octets(this.payload["pseudonym"], PSEUDONYM)]];
  }
}

// ── with proofs ──

/**
 * An act with its proofs as sent and logged: well formed, not verified.
 *
 * `proofs`: one a presentation and issuer, presentations first, each of `proofSize` octets.
 */
export class SignedAct {
  readonly act: Act;
  readonly proofs: readonly Uint8Array[];

  constructor(act: Act, proofs: readonly Uint8Array[]) {
    this.act = act;
    this.proofs = proofs;
  }

  /** Canonical octets of the wire form, which is also the log entry. */
  get encoded(): Uint8Array {
    return canonical({ ...this.act.record(), proofs: this.proofs.map(b64u) });
  }

  /**
   * Wire octets, then 0x80, then zeros: 8,192 octets in all, so that all acts look alike in transit.
   *
   * Throws `Malformed` for an act that is too long, as one of many issuers with very long names can be.
   */
  padded(): Uint8Array {
    const wire = this.encoded;
    if (wire.length > MAX_WIRE) {
      throw new Malformed("too-long", `The act is longer than ${commas(MAX_WIRE)} octets.`);
    }
    const out = new Uint8Array(PADDED);
    out.set(wire);
    out[wire.length] = MARK;
    return out;
  }
}
