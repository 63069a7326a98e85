/**
 * Presentations: proofs that an act comes from a member (`docs/protocol.md`, sections 2 to 4).
 *
 * Only `verify` and `verifyBatch` make a `VerifiedAct`; whoever counts an act asks for one, so a forgotten check is a
 * type error. What is checked, in this order:
 *
 * 1. the context, epoch, organisation, issuers and disclosed attributes are those that the context accepts;
 * 2. for every issuer in the context's order, a key of exactly this issuer, organisation and epoch exists;
 * 3. every proof holds under its key, for the act's own octets, the disclosed messages and one pseudonym.
 */

import type { Rng } from "../bbs/octets.ts";
import { prove, type Statement, Verifier } from "../bbs/proof.ts";
import { pseudonym } from "../bbs/pseudonym.ts";
import { Refused, UndersignedError } from "../errors.ts";
import { same, utf8 } from "../values/index.ts";
import { type Act, SignedAct } from "./act.ts";
import { type Credential, header, messages, METHOD, texts } from "./credential.ts";
import { blind, nymSecrets } from "./derivation.ts";

/** What a context accepts from members of one organisation. */
export interface Accepts {
  readonly issuers: readonly string[];
  readonly disclosed: ReadonlySet<number>;
}

/** What a context accepts: exactly one epoch, and per organisation an ordered set of issuers. Plain data. */
export interface ContextRule {
  readonly context: string;
  readonly kind: string;
  readonly epoch: string;
  readonly organisations: ReadonlyMap<string, Accepts>;
}

/** Step 1. Throws `Refused` with the reason. */
export function checkRule(rule: ContextRule, act: Act): void {
  if (act.context !== rule.context || act.kind !== rule.kind) {
    throw new Refused("other-context", "This was made for another text than the one that is open here.");
  }
  if (act.epoch !== rule.epoch) {
    throw new Refused("other-epoch", `Only passes of the quarter ${rule.epoch} count here.`);
  }
  const accepts = rule.organisations.get(act.organisation);
  if (accepts === undefined) {
    throw new Refused("other-organisation", "Members of this organisation are not asked here.");
  }
  if (act.issuers.join() !== accepts.issuers.join()) {
    throw new Refused("other-issuers", issuersAsked(accepts.issuers));
  }
  const shown = [...act.disclosed.keys()];
  if (shown.length !== accepts.disclosed.size || !shown.every((index) => accepts.disclosed.has(index))) {
    throw new Refused("other-disclosure", "Other attributes have to be shown here, no more and no fewer.");
  }
  if (act.kind === "vouch" && act.disclosed.get(METHOD) === "vouch") {
    throw new Refused("vouched-for", "Who was vouched for cannot vouch for others.");
  }
}

/** Whose passes are required, in words; nobody's stands for keys that came too late. */
function issuersAsked(issuers: readonly string[]): string {
  const [one, ...others] = issuers;
  if (one === undefined) return "Another set of issuers is required here.";
  if (!others.length) return `A proof of a pass from ${one} is required here, and no other.`;
  return `A proof of a pass from each of ${issuers.join(" and ")} is required here, in this order.`;
}

/** Name of a key in maps: no part of it can hold a space. */
export function keyName(issuer: string, organisation: string, epoch: string): string {
  return `${issuer} ${organisation} ${epoch}`;
}

/** Verifiers that a ring keeps. Rounds come organisation by organisation, so few are in use at a time. */
const VERIFIERS = 32;

/** Verifiers of issuers' keys, the newest kept; `keys` maps `keyName` to a public key of 96 octets. */
export class KeyRing {
  private readonly keys: ReadonlyMap<string, Uint8Array>;
  private readonly verifiers = new Map<string, Verifier>();

  constructor(keys: ReadonlyMap<string, Uint8Array>) {
    this.keys = keys;
  }

  /** Step 2. Throws `Refused` when there is no such key. */
  verifier(issuer: string, organisation: string, epoch: string): Verifier {
    const name = keyName(issuer, organisation, epoch);
    let found = this.verifiers.get(name);
    if (found === undefined) {
      const key = this.keys.get(name);
      if (key === undefined) {
        const words = "No key of this issuer is published for this organisation and quarter.";
        throw new Refused("unknown-issuer-key", words);
      }
      found = new Verifier(key, header(issuer));
    }
    // The one used last stands last, the first one goes.
    this.verifiers.delete(name);
    this.verifiers.set(name, found);
    const [oldest] = this.verifiers.keys();
    if (this.verifiers.size > VERIFIERS && oldest !== undefined) this.verifiers.delete(oldest);
    return found;
  }
}

const evidence = Symbol("verified");

/** An act whose proofs hold. */
export interface VerifiedAct {
  readonly signed: SignedAct;
  readonly [evidence]: true;
}

function statements(signed: SignedAct, keys: KeyRing): (readonly [Verifier, Statement])[] {
  const { act } = signed;
  const disclosed = new Map([...act.disclosed].map(([index, value]) => [index, utf8(value)]));
  const pairs = act.presentations.flatMap((each) => act.issuers.map((issuer) => [each, issuer] as const));
  return pairs.map(([[context, nym], issuer], at) => {
    const verifier = keys.verifier(issuer, act.organisation, act.epoch);
    const proof = signed.proofs[at] ?? new Uint8Array();
    return [verifier, { contextId: utf8(context), ph: act.encoded, disclosed, pseudonym: nym, proof }];
  });
}

/** Check one act, all three steps. Throws `Refused` or `Malformed` with the reason. */
export function verify(signed: SignedAct, rule: ContextRule, keys: KeyRing): VerifiedAct {
  checkRule(rule, signed.act);
  for (const [verifier, statement] of statements(signed, keys)) verifier.verify(statement);
  return { signed, [evidence]: true };
}

/**
 * Check many acts, their pairings merged; one bad act takes no other with it.
 *
 * `rules` is by context. Returns, for each act in its place, the evidence or the reason.
 */
export function verifyBatch(
  acts: readonly SignedAct[],
  rules: ReadonlyMap<string, ContextRule>,
  keys: KeyRing,
  rng: Rng,
): (VerifiedAct | UndersignedError)[] {
  const work = new Map<Verifier, { readonly places: number[]; readonly statements: Statement[] }>();
  const outcome = acts.map((signed, place): VerifiedAct | UndersignedError => {
    try {
      const rule = rules.get(signed.act.context);
      if (rule === undefined) {
        throw new Refused("other-context", "This was made for another text than those that are open here.");
      }
      checkRule(rule, signed.act);
      for (const [verifier, statement] of statements(signed, keys)) {
        const items = work.get(verifier) ?? { places: [], statements: [] };
        work.set(verifier, items);
        items.places.push(place);
        items.statements.push(statement);
      }
    } catch (error) {
      if (error instanceof UndersignedError) return error;
      throw error;
    }
    return { signed, [evidence]: true };
  });
  for (const [verifier, items] of work) {
    for (const [index, reason] of verifier.verifyBatch(items.statements, rng)) {
      const place = items.places[index];
      if (place !== undefined) outcome[place] = reason;
    }
  }
  return outcome;
}

/** What a holder proves with: `keys` maps issuer names to public keys of 96 octets, `seed` has 64 octets. */
export interface Holding {
  readonly credentials: readonly Credential[];
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly seed: Uint8Array;
}

/**
 * Make the proofs of an act from those of the holder's credentials that fit it, in the act's order of issuers.
 *
 * The act's pseudonyms must be those of the seed, as `pseudonymOf` gives them.
 * Throws `Refused` when a credential is missing or does not fit the act.
 */
export function present(act: Act, holding: Holding, rng: Rng): SignedAct {
  const secrets = nymSecrets(holding.seed);
  const proofs: Uint8Array[] = [];
  for (const [context, nym] of act.presentations) {
    if (!same(pseudonym(utf8(context), secrets), nym)) {
      throw new Refused("other-pseudonym", "The act is not made for the words on this device.");
    }
    for (const issuer of act.issuers) proofs.push(proofOf(act, context, issuer, secrets, holding, rng));
  }
  return new SignedAct(act, proofs);
}

function proofOf(
  act: Act,
  context: string,
  issuer: string,
  secrets: readonly bigint[],
  { credentials, keys, seed }: Holding,
  rng: Rng,
): Uint8Array {
  const held = credentials.find(
    ({ issuer: name, attributes: said }) =>
      name === issuer && said.organisation === act.organisation && said.epoch === act.epoch,
  );
  const publicKey = keys.get(issuer);
  if (held === undefined || publicKey === undefined) {
    throw new Refused("credential-missing", `This device holds no pass from ${issuer} for this.`);
  }
  const said = texts(held.attributes);
  if ([...act.disclosed].some(([index, value]) => said[index] !== value)) {
    throw new Refused("credential-differs", "The pass on this device says something else than this needs.");
  }
  const of = {
    publicKey,
    signature: held.signature,
    header: header(issuer),
    messages: messages(held.attributes),
    secrets,
    blind: blind(seed, issuer),
  };
  return prove(of, { ph: act.encoded, disclosed: [...act.disclosed.keys()], contextId: utf8(context) }, rng);
}

/** The pseudonym (48 octets) that the holder of this seed has in a context. */
export function pseudonymOf(context: string, seed: Uint8Array): Uint8Array {
  return pseudonym(utf8(context), nymSecrets(seed));
}
