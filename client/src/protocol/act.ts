/**
 * Acts: what a member does, once per context (`docs/protocol.md`, section 4).
 *
 * `Act.encoded` is exactly what the presentations are bound to (`ph`); the wire adds `proofs`. An act that parses is
 * well formed, nothing more: `presentation` checks its proofs.
 */

import { proofSize, PSEUDONYM } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import {
  b64u,
  canonical,
  commas,
  domain,
  epoch,
  fields,
  integer,
  isList,
  isObject,
  type Json,
  type JsonObject,
  octets,
  parseCanonical,
  same,
  sha256Hex,
  strip,
  text,
} from "../values/index.ts";
import { parseContext } from "./context.ts";
import { attribute, EPOCH, METHOD, ORGANISATION, ROLE_FAMILY, STANDING } from "./credential.ts";

/** Octets of every request that carries an act, whatever the act. */
export const PADDED = 8192;
export const MAX_WIRE = PADDED - 1;
export const MAX_ISSUERS = 4;
export const MAX_SEQUENCE = 10_000;
export const MAX_BALLOT = 1024;
export const MAX_STATEMENT = 500;
export const MAX_TITLE = 80;
const MARK = 0x80;

export const FIELDS = [
  "action", "context", "disclosed", "epoch", "issuers", "kind",
  "organisation", "payload", "profile", "pseudonym", "sequence",
] as const;

export type Payload = JsonObject | null;

// ── kinds ──

function nothing(value: unknown): Payload {
  if (value !== null) throw new Malformed("bad-payload", "An act of this kind carries no payload.");
  return null;
}

function title(value: unknown): Payload {
  const got = fields(value, ["title"], "The payload");
  if (!strip(text(got.title, { limit: MAX_TITLE, what: "The title" }))) {
    throw new Malformed("bad-payload", "The title is empty.");
  }
  return got;
}

function ballot(value: unknown): Payload {
  const got = fields(value, ["ballot"], "The payload");
  const { length } = octets(got.ballot, undefined, "The ballot");
  if (length < 1 || length > MAX_BALLOT) {
    throw new Malformed("bad-payload", `A ballot has 1 to ${commas(MAX_BALLOT)} octets.`);
  }
  return got;
}

function statement(value: unknown): Payload {
  const got = fields(value, ["statement"], "The payload");
  if (!strip(text(got.statement, { limit: MAX_STATEMENT, what: "The statement" }))) {
    throw new Malformed("bad-payload", "The statement is empty.");
  }
  return got;
}

function invitation(value: unknown): Payload {
  const got = fields(value, ["context", "pseudonym"], "The payload");
  if (parseContext(got.context)[0] !== "invitation") {
    throw new Malformed("bad-payload", "The second context of a vouch is an invitation.");
  }
  octets(got.pseudonym, PSEUDONYM, "The pseudonym in the invitation's context");
  return got;
}

/** What acts of one kind may do, disclose and carry. */
interface Kind {
  /** Each action, and whether it may be the first one (sequence 0). */
  readonly actions: Readonly<Record<string, boolean>>;
  readonly disclosed: readonly (readonly number[])[];
  /** Whether a higher sequence replaces a lower one. */
  readonly changes: boolean;
  readonly payload: (value: unknown) => Payload;
}

const MEMBER = [ORGANISATION, EPOCH];
const KINDS: Readonly<Record<string, Kind>> = /* @__PURE__ */ Object.freeze({
  letter: { actions: { sign: true, withdraw: false }, disclosed: [MEMBER, [...MEMBER, METHOD]], changes: true, payload: nothing },
  role: { actions: { give: true, withdraw: false }, disclosed: [[...MEMBER, ROLE_FAMILY]], changes: true, payload: title },
  incident: { actions: { corroborate: true, dispute: true }, disclosed: [MEMBER], changes: false, payload: nothing },
  proposal: { actions: { vote: true }, disclosed: [MEMBER, [...MEMBER, STANDING]], changes: true, payload: ballot },
  tally: { actions: { vote: true }, disclosed: [[...MEMBER, ROLE_FAMILY]], changes: true, payload: ballot },
  discussion: { actions: { say: true }, disclosed: [MEMBER], changes: false, payload: statement },
  vouch: { actions: { vouch: true }, disclosed: [[...MEMBER, METHOD]], changes: false, payload: invitation },
});

function own<T>(of: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === "string" && Object.prototype.hasOwnProperty.call(of, name) ? of[name] : undefined;
}

// ── an act ──

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

/** Read and check what `Act.record` wrote. Throws `Malformed`. */
export function parseAct(value: unknown): Act {
  const got = fields(value, FIELDS, "The act");
  if (got.profile !== PROFILE) {
    throw new Malformed("unknown-profile", `The act is not of profile ${PROFILE}.`);
  }
  const kind = own(KINDS, got.kind);
  if (kind === undefined) throw new Malformed("unknown-kind", "There is no such kind of act.");
  const act = new Act({
    kind: got.kind as string,
    action: actionOf(kind, got.action),
    context: got.context as string,
    organisation: domain(got.organisation),
    epoch: epoch(got.epoch),
    disclosed: disclosedOf(kind, got.disclosed),
    issuers: issuersOf(got.issuers),
    pseudonym: octets(got.pseudonym, PSEUDONYM, "The pseudonym"),
    sequence: integer(got.sequence, { most: MAX_SEQUENCE, what: "The sequence" }),
    payload: got.action === "withdraw" ? nothing(got.payload) : kind.payload(got.payload),
  });
  consistent(kind, act);
  return act;
}

function actionOf(kind: Kind, value: Json): string {
  if (own(kind.actions, value) === undefined) {
    throw new Malformed("unknown-action", "There is no such action in acts of this kind.");
  }
  return value as string;
}

function disclosedOf(kind: Kind, value: Json): Map<number, string> {
  const indexes = isObject(value) ? Object.keys(value).sort() : [];
  const shape = indexes.join();
  if (!isObject(value) || !kind.disclosed.some((allowed) => [...allowed].sort().join() === shape)) {
    throw new Malformed("bad-disclosed", "An act of this kind discloses other attributes.");
  }
  return new Map(indexes.map((index) => [Number(index), attribute(Number(index), value[index])]));
}

function issuersOf(value: Json): string[] {
  if (!isList(value) || value.length < 1 || value.length > MAX_ISSUERS) {
    throw new Malformed("bad-issuers", `An act names 1 to ${MAX_ISSUERS} issuers.`);
  }
  const names = value.map(domain);
  if (new Set(names).size !== names.length) throw new Malformed("bad-issuers", "An issuer is named twice.");
  return names;
}

function consistent(kind: Kind, act: Act): void {
  if (parseContext(act.context)[0] !== act.kind) {
    throw new Malformed("bad-context", "The context is of another kind than the act.");
  }
  if (act.disclosed.get(ORGANISATION) !== act.organisation || act.disclosed.get(EPOCH) !== act.epoch) {
    throw new Malformed("bad-disclosed", "Organisation or epoch differ from what is disclosed.");
  }
  const first = own(kind.actions, act.action);
  if ((act.sequence === 0) !== first && !(kind.changes && act.action === "vote")) {
    throw new Malformed("bad-sequence", "The sequence does not fit the action.");
  }
  if (act.action === "withdraw" && act.sequence !== 1) {
    throw new Malformed("bad-sequence", "A withdrawal has sequence 1.");
  }
  if (!kind.changes && act.sequence !== 0) {
    throw new Malformed("bad-sequence", "Acts of this kind cannot be changed.");
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

/** Read the canonical octets of a wire form. Throws `Malformed`. */
export function parseSignedAct(data: Uint8Array): SignedAct {
  return signedActFromRecord(parseCanonical(data, MAX_WIRE));
}

/** Read a wire form whose JSON was parsed, and found canonical, before. Throws `Malformed`. */
export function signedActFromRecord(value: unknown): SignedAct {
  const { proofs, ...rest } = fields(value, [...FIELDS, "proofs"], "The act");
  const act = parseAct(rest);
  const expected = act.presentations.length * act.issuers.length;
  if (!isList(proofs) || proofs.length !== expected) {
    throw new Malformed("bad-proofs", `This act needs ${expected} proofs.`);
  }
  const size = proofSize(act.disclosed.size);
  return new SignedAct(act, proofs.map((proof) => octets(proof, size, "A proof")));
}

/** Read what `SignedAct.padded` wrote. Throws `Malformed`. */
export function parsePadded(data: Uint8Array): SignedAct {
  const mark = data.lastIndexOf(MARK);
  const after = data.subarray(mark + 1);
  if (data.length !== PADDED || mark < 0 || !same(after, new Uint8Array(after.length))) {
    const words = `An act is sent in exactly ${commas(PADDED)} octets: the act, 0x80, then zeros.`;
    throw new Malformed("bad-padding", words);
  }
  return parseSignedAct(data.subarray(0, mark));
}
