/**
 * Entries of the two logs that are not acts (`docs/protocol.md`, section 5).
 *
 * Each is canonical JSON of at most 65,535 octets with its kind in the field `entry`. An entry of the log without that
 * field is an act.
 */

import { PUBLIC_KEY } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { SIGNATURE, VerifierKey } from "../tlog/note.ts";
import {
  ascending,
  codeWord,
  digest,
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
  slug,
  text,
  tick,
} from "../values/index.ts";
import { parseContext } from "./context.ts";
import { method } from "./credential.ts";

/** Reasons for which a document may be taken down by law or duty. */
export const REDACTIONS = ["court-order", "law", "personal-data", "rights"] as const;
export const OUTCOMES = ["closed", "goal-missed"] as const;
const BILLION = 10 ** 9;

// ── fields ──

function flag(value: Json): boolean {
  if (typeof value !== "boolean") throw new Malformed("bad-flag", "A flag is true or false.");
  return value;
}

function oneOf<const C extends readonly string[]>(allowed: C): (value: Json) => C[number] {
  return (value) => {
    if (typeof value !== "string" || !allowed.includes(value)) {
      throw new Malformed("bad-choice", `One of ${allowed.join(", ")} is expected.`);
    }
    return value;
  };
}

function methods(value: Json): string[] {
  if (!isList(value) || !value.length) throw new Malformed("bad-methods", "At least one way of joining is named.");
  const checked = value.map(method);
  if (!ascending(checked)) {
    throw new Malformed("bad-methods", "The ways of joining are in alphabetical order, each once.");
  }
  return checked;
}

const issuerSignature = (value: Json): Uint8Array => octets(value, SIGNATURE, "An issuer's signature");

const publicKey = (value: Json): Uint8Array => octets(value, PUBLIC_KEY, "The issuer's public key");

const vkey = (value: Json): string =>
  VerifierKey.parse(text(value, { limit: 400, what: "A verifier key" })).encode();

function context(value: Json): string {
  const [kind, subject] = parseContext(value);
  return `${PROFILE}/${kind}/${subject}`;
}

function files(value: Json): ReadonlyMap<string, string> {
  if (!isObject(value) || !Object.keys(value).length) {
    throw new Malformed("bad-files", "Served files are an object of path and digest.");
  }
  const paths = Object.keys(value).sort();
  return new Map(paths.map((path) => [text(path, { limit: 200, what: "A path" }), digest(value[path])]));
}

const count = (least: number) => (value: Json): number =>
  integer(value, { least, most: BILLION, what: "The count" });

function tens(value: Json): number {
  const checked = integer(value, { most: BILLION, what: "The number of members" });
  if (checked % 10) {
    throw new Malformed("bad-tens", "The number of members is rounded up to the next ten.");
  }
  return checked;
}

function atLeast(value: Json): number {
  const checked = integer(value, { most: BILLION, what: "The number of supporters" });
  if (checked % 10) {
    throw new Malformed("bad-tens", "The number of supporters is rounded down to a ten.");
  }
  return checked;
}

const reason = (value: Json): string => text(value, { limit: 1000, what: "The reason" });
const perhapsReason = (value: Json): string | null => (value === null ? null : reason(value));

// ── kinds ──

/** Reads an entry of one kind from its JSON value. */
function kindOf<const K extends string, C extends Readonly<Record<string, (value: Json) => unknown>>>(kind: K, checks: C) {
  return (value: Json): { readonly entry: K } & { readonly [N in keyof C]: ReturnType<C[N]> } => {
    const names = Object.keys(checks);
    const got = fields(value, ["entry", ...names], `The entry “${kind}”`) as Readonly<Record<string, Json>>;
    const out = names.map((name) => [name, checks[name]?.(got[name] ?? null)]);
    return { entry: kind, ...Object.fromEntries(out) };
  };
}

/** The registry's first entry: whose logs these are, under which keys, and whether all is a demonstration. */
const genesis = /* @__PURE__ */ kindOf("genesis", {
  demo: flag, log: vkey, name: domain, profile: oneOf([PROFILE]), registry: vkey,
});
const ISSUER_KEY = { epoch, issuer: domain, methods, organisation: domain, public_key: publicKey } as const;
const OWN = { identity: vkey, signature: issuerSignature } as const;

/** An issuer's own long-term verifier key and its signature (64 octets), where an entry has them. */
interface Own {
  readonly issuer: string;
  readonly identity?: string;
  readonly signature?: Uint8Array;
}

type Fields<C extends Readonly<Record<string, (value: Json) => unknown>>> = { readonly [N in keyof C]: ReturnType<C[N]> };

const ownIn = (value: Json): Partial<typeof OWN> =>
  Object.fromEntries(Object.entries(OWN).filter(([name]) => isObject(value) && name in value));

function withOwn<E extends Own>(found: E): E {
  if ((found.identity === undefined) !== (found.signature === undefined)) {
    throw new Malformed("half-signed", "An issuer's own key and its signature stand together, or neither does.");
  }
  if (found.identity !== undefined && VerifierKey.parse(found.identity).name !== found.issuer) {
    throw new Malformed("other-name", "An issuer's own key bears the issuer's name.");
  }
  return found;
}

/**
 * An issuer's public key for an organisation and epoch, and its ways of admitting people.
 *
 * `identity` is the issuer's own long-term verifier key, and `signature` (64 octets) what it signed: the statement
 * (`statement.ts`) of all the other fields. Entries of earlier versions have neither.
 */
function issuerKey(value: Json): IssuerKey {
  return withOwn(kindOf("issuer-key", { ...ISSUER_KEY, ...ownIn(value) })(value) as IssuerKey);
}
const CORRECTED = {
  at_most: tens, epoch, issuer: domain, organisation: domain, reason, tick, was: tens,
} as const;
/**
 * An issuer takes back a number of members: what it had said, the smaller one that is right, when, and why.
 *
 * `identity` and `signature` as in its keys, of the statement of all the other fields; the registry takes none without.
 */
function issuedCorrected(value: Json): IssuedCorrected {
  const found = withOwn(kindOf("issued-corrected", { ...CORRECTED, ...ownIn(value) })(value) as IssuedCorrected);
  if (found.at_most >= found.was) {
    throw new Malformed("not-smaller", "A correction makes a number smaller. A larger one is simply said.");
  }
  return found;
}
/** A verifier key under which receipts are signed from here on. */
const receiptKey = /* @__PURE__ */ kindOf("receipt-key", { key: vkey });
/** A letter's digest: one per slug for ever. */
const letter = /* @__PURE__ */ kindOf("letter", { digest, slug });
/** The digest of numbered terms of a letter. */
const terms = /* @__PURE__ */ kindOf("terms", { digest, letter: digest, number: count(1) });
/** The end of a letter; `goal-missed` means that nothing was published and its acts were erased. */
const closed = /* @__PURE__ */ kindOf("closed", { letter: digest, outcome: oneOf(OUTCOMES) });
/** SHA-256 digests of the files that are served as the signing and checking client. */
const client = /* @__PURE__ */ kindOf("client", { files });
/** A document that was taken down, and why; its digest stays. */
const redacted = /* @__PURE__ */ kindOf("redacted", { digest, ground: oneOf(REDACTIONS), reason });
/**
 * How many addresses outside a letter's organisations were confirmed for it by a tick, rounded down to a ten.
 *
 * 0 stands for fewer than ten, after a number that was larger. It is the instance's word: no proof stands behind it.
 */
const supporters = /* @__PURE__ */ kindOf("supporters", { at_least: atLeast, letter: digest, tick });
/**
 * The numbered list of names shown under a letter from a tick on: how many, and the digest of their salted hashes.
 *
 * `reason` says why the operator took names off, where that happened.
 */
const names = /* @__PURE__ */ kindOf("names", {
  count: count(0), digest, letter: digest, number: count(1), reason: perhapsReason, tick,
});
/** At most how many people an issuer admitted, rounded up to the next ten. */
const issued = /* @__PURE__ */ kindOf("issued", { at_most: tens, epoch, issuer: domain, organisation: domain });
/** The head of a round: `count` acts of this context and organisation follow it, sorted by pseudonym. */
const round = /* @__PURE__ */ kindOf("round", { context, count: count(0), final: flag, organisation: domain, tick });

export type Genesis = ReturnType<typeof genesis>;
export type IssuerKey = { readonly entry: "issuer-key" } & Fields<typeof ISSUER_KEY> & Own;
export type IssuedCorrected = { readonly entry: "issued-corrected" } & Fields<typeof CORRECTED> & Own;
export type ReceiptKey = ReturnType<typeof receiptKey>;
export type LetterOpened = ReturnType<typeof letter>;
export type TermsSet = ReturnType<typeof terms>;
export type LetterClosed = ReturnType<typeof closed>;
export type ClientFiles = ReturnType<typeof client>;
export type Redacted = ReturnType<typeof redacted>;
export type Supporters = ReturnType<typeof supporters>;
export type NamesShown = ReturnType<typeof names>;
export type Issued = ReturnType<typeof issued>;
export type Round = ReturnType<typeof round>;

export type RegistryEntry =
  | Genesis | IssuerKey | ReceiptKey | LetterOpened | TermsSet | LetterClosed | ClientFiles | Redacted | Supporters
  | NamesShown | IssuedCorrected;

const REGISTRY: ReadonlyMap<unknown, (value: Json) => RegistryEntry> = /* @__PURE__ */ new Map<unknown, (value: Json) => RegistryEntry>([
  ["genesis", genesis], ["issuer-key", issuerKey], ["receipt-key", receiptKey], ["letter", letter], ["terms", terms],
  ["closed", closed], ["client", client], ["redacted", redacted], ["supporters", supporters],
  ["names", names], ["issued-corrected", issuedCorrected],
]);

function entryKind(value: Json): unknown {
  return isObject(value) ? value["entry"] : undefined;
}

/** A kind in a message: the code itself where it is one, a dash where it is not. */
function codeOrDash(value: unknown): string {
  try {
    return codeWord(value);
  } catch {
    return "–";
  }
}

/** Read one entry of the registry. Throws `Malformed`, also for a kind that this profile does not know. */
export function parseRegistryEntry(data: Uint8Array): RegistryEntry {
  const value = parseCanonical(data);
  const kind = entryKind(value);
  const read = REGISTRY.get(kind);
  if (read === undefined) {
    throw new Malformed("unknown-entry", `The registry has an entry of unknown kind “${codeOrDash(kind)}”.`);
  }
  return read(value);
}

/**
 * Read one entry of the log; an act comes back as its JSON value under `act`, for `signedActFromRecord`.
 *
 * Throws `Malformed`.
 */
export function parseLogEntry(data: Uint8Array): Issued | Round | { readonly entry: "act"; readonly act: JsonObject } {
  const value = parseCanonical(data);
  if (isObject(value) && !("entry" in value)) return { entry: "act", act: value };
  const kind = entryKind(value);
  if (kind === "issued") return issued(value);
  if (kind === "round") return round(value);
  throw new Malformed("unknown-entry", `The log has an entry of unknown kind “${codeOrDash(kind)}”.`);
}
