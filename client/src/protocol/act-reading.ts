/**
 * Acts as they are read: which kinds there are, and what acts of each may do, disclose and carry (section 4).
 *
 * An act that parses is well formed, nothing more: `presentation` checks its proofs.
 */

import { proofSize, PSEUDONYM } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import {
  commas, domain, epoch, fields, integer, isList, isObject, type Json, octets, parseCanonical, same, strip, text,
} from "../values/index.ts";
import { Act, MARK, MAX_WIRE, PADDED, type Payload, SignedAct } from "./act.ts";
import { parseContext } from "./context.ts";
import { attribute, EPOCH, METHOD, ORGANISATION, ROLE_FAMILY, STANDING } from "./credential.ts";

export const MAX_ISSUERS = 4;
export const MAX_SEQUENCE = 10_000;
export const MAX_BALLOT = 1024;
export const MAX_STATEMENT = 500;
export const MAX_TITLE = 80;

export const FIELDS = [
  "action", "context", "disclosed", "epoch", "issuers", "kind",
  "organisation", "payload", "profile", "pseudonym", "sequence",
] as const;

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

// ── acts ──

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
