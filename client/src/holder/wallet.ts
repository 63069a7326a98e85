/**
 * What a holder keeps: the phrase, what was seen of each instance, and the passes (section 3).
 *
 * In memory only; `wallet-file` makes the octets that are kept. Whoever reads it can sign in the person's name and see
 * what was signed.
 */

import { Malformed, Refused, Withheld } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { parseContext } from "../protocol/context.ts";
import {
  type Credential, credentialRecord, method, parseCredential, standing,
} from "../protocol/credential.ts";
import { VerifierKey } from "../tlog/note.ts";
import { Policy } from "../tlog/policy.ts";
import {
  b64u,
  canonical,
  codeWord,
  domain,
  fields,
  fromUtf8,
  isList,
  isObject,
  type Json,
  type JsonObject,
  octets,
  parseCanonical,
  same,
  text,
  utf8,
} from "../values/index.ts";
import { instance } from "./address.ts";
import { ENTROPY, newPhrase, phraseEntropy, phraseSeed } from "./phrase.ts";

/** Octets of the longest wallet. */
export const MAX_WALLET = 4 << 20;
const NOTE = 1 << 19;
/** What stands behind the head of a sealed wallet. */
export const LINE_END = 10;

/** Whether a wallet's octets are sealed (`wallet-file`): canonical JSON has no line end of its own. */
export function isSealed(data: Uint8Array): boolean {
  return data.includes(LINE_END);
}

/**
 * What is believed of an instance: its policy, the newest signed checkpoints that were seen, its issuers' addresses.
 *
 * A log that is ever served without what was in these checkpoints is refused. `issuers` are addresses by the issuer's
 * name, each from when the person agreed to it; where there are none, as in older passes, nothing stands for them.
 */
export interface Pin {
  readonly policy: string;
  readonly registry: Uint8Array | null;
  readonly log: Uint8Array | null;
  readonly issuers: ReadonlyMap<string, string>;
}

const textOf = (value: Uint8Array | null): string | null => (value === null ? null : fromUtf8(value));

function noteOf(value: Json, what: string): Uint8Array {
  return utf8(text(value, { limit: NOTE, what }));
}

function pinRecord({ policy, registry, log, issuers }: Pin): JsonObject {
  const named = issuers.size > 0 && { issuers: Object.fromEntries(issuers) };
  return { log: textOf(log), policy, registry: textOf(registry), ...named };
}

function parseNamed(value: Json | undefined): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw new Malformed("not-an-object", "The issuers in the pass are not an object.");
  return new Map(Object.entries(value).map(([name, at]) => [domain(name), instance(at)]));
}

function parsePin(value: Json): Pin {
  const { issuers, ...rest } = isObject(value) ? value : {};
  const got = fields(isObject(value) ? rest : value, ["log", "policy", "registry"], "A pin");
  const policy = text(got.policy, { what: "The policy" });
  Policy.parse(policy);
  const seen = (note: Json): Uint8Array | null => (note === null ? null : noteOf(note, "A checkpoint"));
  return { policy, registry: seen(got.registry), log: seen(got.log), issuers: parseNamed(issuers) };
}

/** What an issuer admitted the person to, on one instance, and the credentials for it by epoch. */
export interface Membership {
  readonly address: string;
  readonly issuer: string;
  readonly organisation: string;
  readonly roleFamily: string;
  readonly standing: string;
  readonly method: string;
  readonly credentials: ReadonlyMap<string, Credential>;
}

function nameOf(of: { readonly address: string; readonly issuer: string; readonly organisation: string }): string {
  // A space sorts before everything that can stand in these names, so this is the order of the three.
  return `${of.address} ${of.issuer} ${of.organisation}`;
}

function membershipRecord(of: Membership): JsonObject {
  const quarters = [...of.credentials.keys()].sort();
  return {
    address: of.address,
    credentials: quarters.flatMap((quarter) => {
      const held = of.credentials.get(quarter);
      return held === undefined ? [] : [credentialRecord(held)];
    }),
    issuer: of.issuer,
    method: of.method,
    organisation: of.organisation,
    role_family: of.roleFamily,
    standing: of.standing,
  };
}

function list(value: Json): readonly Json[] {
  if (!isList(value)) throw new Malformed("bad-list", "A list is expected in the pass.");
  return value;
}

function parseMembership(value: Json): Membership {
  const names = ["address", "credentials", "issuer", "method", "organisation", "role_family", "standing"] as const;
  const got = fields(value, names, "A membership");
  const held = list(got.credentials).map(parseCredential);
  return {
    address: instance(got.address),
    issuer: domain(got.issuer),
    organisation: domain(got.organisation),
    roleFamily: codeWord(got.role_family),
    standing: standing(got.standing),
    method: method(got.method),
    credentials: new Map(held.map((each) => [each.attributes.epoch, each])),
  };
}

/** A receipt as the server signed it, and where it is from. */
export interface KeptReceipt {
  readonly address: string;
  readonly receipt: Uint8Array;
}

function parseKept(value: Json): KeptReceipt {
  const got = fields(value, ["address", "receipt"], "A receipt");
  return { address: instance(got.address), receipt: noteOf(got.receipt, "A receipt") };
}

function identitiesOf(value: Json): [string, string][] {
  if (!isObject(value)) throw new Malformed("not-an-object", "The issuers in the pass are not an object.");
  return Object.entries(value).map(([issuer, key]) => {
    const identity = text(key, { what: "An issuer's key" });
    if (VerifierKey.parse(identity).name !== domain(issuer)) {
      throw new Malformed("other-name", "An issuer's own key bears the issuer's name.");
    }
    return [issuer, identity];
  });
}

function slotOf(value: Json): string {
  const [kind] = parseContext(value);
  if (kind !== "vouch") throw new Malformed("bad-context", "A used vouch in the pass is none.");
  return String(value);
}

/**
 * One phrase and everything that was done with it; `entropy` has 32 octets.
 *
 * `vouches` are the contexts of vouching slots that were used; for whom is not kept. `identities` are the long-term keys
 * of issuers, by name, as they were when one first admitted the person.
 */
export class Wallet {
  readonly entropy: Uint8Array;
  readonly pins = new Map<string, Pin>();
  receipts: readonly KeptReceipt[] = [];
  readonly vouches = new Set<string>();
  readonly identities = new Map<string, string>();
  private readonly held = new Map<string, Membership>();
  private derived: Uint8Array | undefined;

  constructor(entropy: Uint8Array) {
    this.entropy = entropy;
  }

  /** An empty wallet for a phrase. Throws `Malformed`. */
  static of(phrase: string): Wallet {
    return new Wallet(phraseEntropy(phrase));
  }

  /** The 24 words. */
  get phrase(): string {
    return newPhrase(this.entropy);
  }

  /** The 64 octets from which all secrets are derived; takes some milliseconds, so it is kept. */
  get seed(): Uint8Array {
    this.derived ??= phraseSeed(this.phrase);
    return this.derived;
  }

  /** What is believed of an instance. Throws `Withheld` where nothing is. */
  pin(address: string): Pin {
    const found = this.pins.get(address);
    if (found === undefined) throw new Withheld("no-pass", `There is no pass for ${address} here. Join first.`);
    return found;
  }

  /** Believe an instance under a policy from now on. Throws `Malformed`; `Refused` when another is believed. */
  trust(address: string, policy: string): void {
    Policy.parse(policy);
    const found = this.pins.get(address);
    if (found !== undefined && found.policy !== policy) {
      const words = `For ${address} this device already trusts other keys. They do not change.`;
      throw new Refused("other-policy", words);
    }
    this.pins.set(address, found ?? { policy, registry: null, log: null, issuers: new Map() });
  }

  /** Remember signed checkpoints that were checked. Throws `Withheld` where nothing is pinned. */
  saw(address: string, seen: { readonly registry?: Uint8Array; readonly log?: Uint8Array }): void {
    this.pins.set(address, { ...this.pin(address), ...seen });
  }

  /** Remember where an issuer of an instance is, to which the person agreed. Throws as `saw`. */
  agree(address: string, issuer: string, at: string): void {
    const pin = this.pin(address);
    this.pins.set(address, { ...pin, issuers: new Map([...pin.issuers, [issuer, at]]) });
  }

  /** The one membership of this name, if any. */
  membership(address: string, issuer: string, organisation: string): Membership | undefined {
    return this.held.get(nameOf({ address, issuer, organisation }));
  }

  /** Keep a membership; credentials of other epochs that it had stay. */
  hold(membership: Membership): Membership {
    const before = this.held.get(nameOf(membership))?.credentials ?? new Map<string, Credential>();
    const kept = { ...membership, credentials: new Map([...before, ...membership.credentials]) };
    this.held.set(nameOf(membership), kept);
    return kept;
  }

  /** Remember an issuer's long-term key, the first one; none where it signed nothing. */
  know(issuer: string, identity: string | undefined): void {
    if (identity !== undefined && !this.identities.has(issuer)) this.identities.set(issuer, identity);
  }

  /**
   * Add what another pass of the same words holds: memberships, and with them what protects them, receipts, used slots.
   *
   * What is believed here of an instance or an issuer stays.
   */
  add(other: Wallet): void {
    for (const [issuer, identity] of other.identities) this.know(issuer, identity);
    for (const [address, pin] of other.pins) {
      const own = this.pins.get(address) ?? pin;
      this.pins.set(address, { ...own, issuers: new Map([...pin.issuers, ...own.issuers]) });
    }
    for (const each of other.memberships) this.hold(each);
    for (const each of other.receipts) this.keep(each.address, each.receipt);
    for (const each of other.vouches) this.vouches.add(each);
  }

  /** Keep a receipt, once. */
  keep(address: string, receipt: Uint8Array): void {
    if (!this.receipts.some((kept) => kept.address === address && same(kept.receipt, receipt))) {
      this.receipts = [...this.receipts, { address, receipt }];
    }
  }

  /** All memberships, in order of address, issuer and organisation. */
  get memberships(): readonly Membership[] {
    const names = [...this.held.keys()].sort();
    return names.flatMap((name) => this.held.get(name) ?? []);
  }

  /** The memberships of an instance, in order of organisation and issuer. */
  at(address: string): Membership[] {
    const order = (of: Membership): string => `${of.organisation} ${of.issuer}`;
    return this.memberships
      .filter((each) => each.address === address)
      .sort((left, right) => (order(left) < order(right) ? -1 : 1));
  }

  /** Canonical octets, unencrypted. */
  encoded(): Uint8Array {
    return canonical({
      entropy: b64u(this.entropy),
      ...(this.identities.size ? { identities: Object.fromEntries(this.identities) } : {}),
      instances: Object.fromEntries([...this.pins].map(([address, pin]) => [address, pinRecord(pin)])),
      memberships: this.memberships.map(membershipRecord),
      profile: PROFILE,
      receipts: this.receipts.map(({ address, receipt }) => ({ address, receipt: fromUtf8(receipt) })),
      vouches: [...this.vouches].sort(),
    });
  }

  /** Read what `encoded` wrote. Throws `Malformed`. */
  static parse(data: Uint8Array): Wallet {
    const names = ["entropy", "instances", "memberships", "profile", "receipts", "vouches"] as const;
    const value = parseCanonical(data, MAX_WALLET);
    const more = isObject(value) && "identities" in value ? (["identities"] as const) : [];
    const got = fields(value, [...names, ...more], "The pass");
    if (got.profile !== PROFILE) {
      throw new Malformed("unknown-profile", `The pass is not of profile ${PROFILE}.`);
    }
    if (!isObject(got.instances)) {
      throw new Malformed("not-an-object", "The instances in the pass are not an object.");
    }
    const memberships = list(got.memberships).map(parseMembership);
    const wallet = new Wallet(octets(got.entropy, ENTROPY, "The words"));
    for (const [address, pin] of Object.entries(got.instances)) wallet.pins.set(instance(address), parsePin(pin));
    for (const each of memberships) wallet.hold(each);
    wallet.receipts = list(got.receipts).map(parseKept);
    for (const each of list(got.vouches)) wallet.vouches.add(slotOf(each));
    for (const [issuer, key] of identitiesOf(got.identities ?? {})) wallet.identities.set(issuer, key);
    if (!same(wallet.encoded(), data)) {
      throw new Malformed("wallet-spelling", "The pass is not in its one allowed spelling.");
    }
    return wallet;
  }
}
