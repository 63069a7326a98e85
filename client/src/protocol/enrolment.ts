/**
 * Messages between a holder and an issuer (`docs/protocol.md`, section 3).
 *
 * All are canonical JSON. What is asked stands here; `enrolment-request` proves it, and what only an issuer reads stands
 * in `enrolment-reading`.
 */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { canonical, fields, isList, type Json, parseCanonical, words } from "../values/index.ts";
import { type Credential, credentialRecord, parseCredential } from "./credential.ts";

export const MAX_MESSAGE = 8192;
const MAX_ISSUANCE = 1 << 16;
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
