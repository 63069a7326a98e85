/**
 * Messages between a holder and an issuer (`docs/protocol.md`, section 3).
 *
 * All are canonical JSON. A request brings a commitment and a proof that is good for this request alone: this action, at
 * this issuer and address, at this time. Both are checked before anything is looked up, so that nobody learns from an
 * answer whether a subject is known. What only an issuer reads stands in `enrolment-reading`.
 */

import { commit } from "../bbs/blind.ts";
import type { Rng } from "../bbs/octets.ts";
import { proveRepresentation } from "../bbs/representation.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import {
  b64u, canonical, fields, isList, type Json, octets, parseCanonical, utf8, words,
} from "../values/index.ts";
import { type Credential, credentialRecord, parseCredential } from "./credential.ts";

export const MAX_MESSAGE = 8192;
const MAX_ISSUANCE = 1 << 16;
/** What an issuer can be asked. Restoring is renewing on another device. */
export type AskedFor = "join" | "renew" | "replace" | "cancel";
/** Where a holder gets a nonce, octets of one, and of the longest answer. */
export const NONCES = "api/issuer/nonce";
export const NONCE = 32;
export const MAX_NONCE = 256;
/** Tag of the proofs of requests; it is no tag of the drafts. */
export const PROOF_DST = utf8(`${PROFILE}/request`);
/** Crockford's base 32: no I, L, O, U. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const CODE_LENGTH = 16;
const GROUP = 4;
const LOOKALIKES: Readonly<Record<string, string>> = { I: "1", L: "1", O: "0" };

// ── codes ──

/** Sixteen symbols (80 bits) in four groups: `7K3M-9QXA-…`. */
export function formatCode(symbols: string): string {
  const groups: string[] = [];
  for (let at = 0; at < CODE_LENGTH; at += GROUP) groups.push(symbols.slice(at, at + GROUP));
  return groups.join("-");
}

/** A code in its one spelling: four groups of four, upper case, hyphens. Throws `Malformed`. */
export function code(value: unknown): string {
  const symbols = typeof value === "string" ? value.replace(/-/g, "") : "";
  const known = [...symbols].every((symbol) => ALPHABET.includes(symbol));
  if (symbols.length !== CODE_LENGTH || !known || formatCode(symbols) !== value) {
    const sentence = "A code is four groups of four letters or digits, like 7K3M-9QXA-2B4C-D5EF.";
    throw new Malformed("bad-code", sentence);
  }
  return formatCode(symbols);
}

/**
 * What a person typed, in the one spelling: spaces and case do not matter, O is 0, I and L are 1.
 *
 * Throws `Malformed`.
 */
export function typedCode(typed: string): string {
  const upper = words(typed).join("").replace(/-/g, "").toUpperCase();
  const symbols = upper.replace(/[ILO]/g, (symbol) => LOOKALIKES[symbol] ?? symbol);
  return code(symbols.length === CODE_LENGTH ? formatCode(symbols) : symbols);
}

// ── asking ──

export type Evidence = Readonly<Record<string, string>>;

/** The fields of a message of this profile. Throws `Malformed`. */
export function message<const N extends string>(
  data: Uint8Array,
  names: readonly N[],
  limit = MAX_MESSAGE,
): { readonly [K in N | "profile"]: Json } {
  const all: readonly (N | "profile")[] = [...names, "profile"];
  const got: { readonly [K in N | "profile"]: Json } = fields(parseCanonical(data, limit), all, "The message");
  const profile: Json = got["profile"];
  if (profile !== PROFILE) {
    throw new Malformed("unknown-profile", `The message is not of profile ${PROFILE}.`);
  }
  return got;
}

/** Stop a replacement that somebody asked for: only who knows the old secrets can. */
export interface Cancellation {
  readonly organisation: string;
}

/**
 * Ask for credentials again, or of later epochs: knowing the secrets behind the commitment is enough.
 *
 * On a new device it is the same message: why somebody asks again is not the issuer's to know.
 */
export interface Renewal extends Cancellation {
  readonly roleFamily: string;
  readonly standing: string;
}

/** Ask to be admitted, or to be admitted anew after a lost phrase: evidence and attributes. */
export interface Admission extends Renewal {
  readonly method: string;
  readonly evidence: Evidence;
}

export type Wish = Admission | Renewal | Cancellation;

/** The JSON value of what is asked, without what all requests have. */
function wishRecord(of: Wish): { [name: string]: Json } {
  return {
    organisation: of.organisation,
    ...("roleFamily" in of ? { role_family: of.roleFamily, standing: of.standing } : {}),
    ...("method" in of ? { evidence: { ...of.evidence }, method: of.method } : {}),
  };
}

// ── what is asked, with its proof ──

/**
 * What a request is good for: one issuer, at one of its addresses, for an hour or two.
 *
 * `nonce` (32 octets) is what the issuer gives to whoever asks; `origin` is where the request is sent, like
 * `https://issuer.example`.
 */
export interface Bound {
  readonly issuer: string;
  readonly origin: string;
  readonly nonce: Uint8Array;
}

/** What a holder proves to know: the nym secrets, and the blind of one issuer. */
export interface Keys {
  readonly secrets: readonly bigint[];
  readonly blind: bigint;
}

/**
 * What somebody asks an issuer, with the commitment (368 octets) and the proof (320) that they ask exactly this.
 *
 * The proof covers every other field, so no request can be made into another one.
 */
export interface Request<W extends Wish = Wish> {
  readonly action: AskedFor;
  readonly wish: W;
  readonly bound: Bound;
  readonly commitment: Uint8Array;
  readonly proof: Uint8Array;
}

function record({ action, wish, bound, commitment }: Omit<Request, "proof">): { [name: string]: Json } {
  return {
    action,
    commitment: b64u(commitment),
    issuer: bound.issuer,
    nonce: b64u(bound.nonce),
    origin: bound.origin,
    profile: PROFILE,
    ...wishRecord(wish),
  };
}

/** What a request's proof is made for: the canonical octets without it. */
export function statementOf(request: Omit<Request, "proof">): Uint8Array {
  return canonical(record(request));
}

/** Make a request. `rng` is asked twice. Throws `Malformed` for secrets outside 1..r-1. */
export function proveRequest<W extends Wish>(
  action: AskedFor, wish: W, bound: Bound, keys: Keys, rng: Rng,
): Request<W> {
  const unproved = { action, wish, bound, commitment: commit(keys.secrets, keys.blind, rng) };
  const said = { message: statementOf(unproved), dst: PROOF_DST };
  return { ...unproved, proof: proveRepresentation(keys.secrets, keys.blind, said, rng) };
}

/** Canonical octets of a request. */
export function encodeRequest(request: Request): Uint8Array {
  return canonical({ ...record(request), proof: b64u(request.proof) });
}

/** Read an issuer's answer to whoever asks for a nonce. Throws `Malformed`. */
export function nonceOf(data: Uint8Array): Uint8Array {
  return octets(message(data, ["nonce"], MAX_NONCE).nonce, NONCE, "The nonce");
}

/** Canonical octets of the issuer's answer: one credential an epoch, in order of epochs. */
export function encodeIssuance(credentials: readonly Credential[]): Uint8Array {
  return canonical({ credentials: credentials.map(credentialRecord), profile: PROFILE });
}

/** Read the canonical octets of the issuer's answer. Throws `Malformed`. */
export function parseIssuance(data: Uint8Array): Credential[] {
  const got = message(data, ["credentials"], MAX_ISSUANCE);
  if (!isList(got.credentials)) throw new Malformed("bad-list", "The credentials are not a list.");
  return got.credentials.map(parseCredential);
}
