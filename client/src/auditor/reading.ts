/**
 * Steps 4 and 6 for the log: entries parsed, presentations verified (`docs/protocol.md`, section 6).
 *
 * This is what Workers do: it needs no other entry than those that it is given, so that any number of them work side
 * by side. What depends on order is `rounds` and `uniqueness`. Everything that comes in or goes out is plain data.
 */

import type { Rng } from "../bbs/octets.ts";
import { type ErrorRecord, Malformed, UndersignedError } from "../errors.ts";
import { MAX_WIRE, SignedAct } from "../protocol/act.ts";
import { signedActFromRecord } from "../protocol/act-reading.ts";
import { METHOD } from "../protocol/credential.ts";
import { type Issued, parseLogEntry, type Round } from "../protocol/entry.ts";
import { type Accepts, type ContextRule, keyName, KeyRing, verifyBatch } from "../protocol/presentation.ts";
import { shown } from "../protocol/registry.ts";
import { commas } from "../values/index.ts";
import type { Register } from "./registry.ts";

/** What the steps after the proof need of an act; `error` is why its presentation does not hold. */
export interface ActSeen {
  readonly entry: "act";
  readonly context: string;
  readonly organisation: string;
  readonly epoch: string;
  readonly issuers: readonly string[];
  readonly action: string;
  readonly pseudonym: Uint8Array;
  readonly method: string | null;
  readonly error: ErrorRecord | null;
}

/** An entry that is not in the one spelling of a known kind. */
export interface Unread {
  readonly entry: "unread";
  readonly error: ErrorRecord;
}

export type Seen = Issued | Round | ActSeen | Unread;

/**
 * All that a Worker must know: what contexts accept, and the issuers' keys, both by their names.
 *
 * `untold` are contexts of letters that were taken down, each with the keys that stood in the registry before it.
 */
export interface Rules {
  readonly contexts: ReadonlyMap<string, ContextRule>;
  readonly untold: ReadonlyMap<string, ReadonlySet<string>>;
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly methods: ReadonlyMap<string, readonly string[]>;
}

/** What the Workers must know of a register. */
export function rulesOf({ registry, letters, keyPlaces }: Register): Rules {
  const contexts = new Map<string, ContextRule>();
  const untold = new Map<string, ReadonlySet<string>>();
  for (const [context, { rule, index }] of letters) {
    const before = [...keyPlaces].filter(([, place]) => place < index).map(([name]) => name);
    if (rule === null) untold.set(context, new Set(before));
    else contexts.set(context, rule);
  }
  const methods = new Map([...registry.issuerKeys].map(([name, entry]) => [name, entry.methods]));
  return { contexts, untold, keys: registry.publicKeys(), methods };
}

/** Parses entries and verifies presentations; keeps tables, so one per Worker. */
export class Reader {
  private readonly rules: Rules;
  private readonly rng: Rng;
  private readonly keys: KeyRing;

  /** `rng` weighs the pairings of a batch. */
  constructor(rules: Rules, rng: Rng) {
    this.rules = rules;
    this.rng = rng;
    this.keys = new KeyRing(rules.keys);
  }

  /** What each entry is; presentations are verified from place `proofsFrom` of the list on. */
  read(entries: readonly Uint8Array[], proofsFrom: number): Seen[] {
    const parsed = entries.map(parse);
    const acts = parsed.flatMap((each, at) => (each instanceof SignedAct && at >= proofsFrom ? [{ each, at }] : []));
    const outcome = this.verify(acts.map(({ each }) => each));
    const errors = new Map(acts.map(({ at }, place) => [at, outcome[place] ?? null]));
    return parsed.map((each, at) => (each instanceof SignedAct ? seen(each, errors.get(at) ?? null) : each));
  }

  private verify(acts: readonly SignedAct[]): (ErrorRecord | null)[] {
    const rules = new Map([...this.rules.contexts, ...this.derived(acts)]);
    const outcome = verifyBatch(acts, rules, this.keys, this.rng);
    return outcome.map((each) => (each instanceof UndersignedError ? each.record() : null));
  }

  /** Rules of letters that were taken down, each from its first acts here: all others have to agree. */
  private derived(acts: readonly SignedAct[]): Map<string, ContextRule> {
    const rules = new Map<string, ContextRule>();
    for (const { act } of acts) {
      const before = this.rules.untold.get(act.context);
      if (before === undefined) continue;
      const rule = rules.get(act.context);
      if (rule?.organisations.has(act.organisation)) continue;
      const epoch = rule?.epoch ?? act.epoch;
      const accepts = this.accepts(before, act.epoch, act.organisation, act.issuers);
      const organisations = new Map([...(rule?.organisations ?? []), [act.organisation, accepts] as const]);
      rules.set(act.context, { context: act.context, kind: "letter", epoch, organisations });
    }
    return rules;
  }

  private accepts(
    before: ReadonlySet<string>,
    epoch: string,
    organisation: string,
    issuers: readonly string[],
  ): Accepts {
    const names = issuers.map((issuer) => keyName(issuer, organisation, epoch));
    const vouching = names.some((name) => this.rules.methods.get(name)?.includes("vouch"));
    // A set of issuers that no act can name stands for keys that were not there before the letter.
    return { issuers: names.every((name) => before.has(name)) ? issuers : [], disclosed: shown(vouching) };
  }
}

function parse(octets: Uint8Array): Issued | Round | SignedAct | Unread {
  try {
    const value = parseLogEntry(octets);
    if (value.entry !== "act") return value;
    if (octets.length > MAX_WIRE) {
      throw new Malformed("too-long", `The act is longer than ${commas(MAX_WIRE)} octets.`);
    }
    return signedActFromRecord(value.act);
  } catch (error) {
    if (error instanceof UndersignedError) return { entry: "unread", error: error.record() };
    throw error;
  }
}

function seen({ act }: SignedAct, error: ErrorRecord | null): ActSeen {
  return {
    entry: "act",
    context: act.context,
    organisation: act.organisation,
    epoch: act.epoch,
    issuers: act.issuers,
    action: act.action,
    pseudonym: act.pseudonym,
    method: act.disclosed.get(METHOD) ?? null,
    error,
  };
}
