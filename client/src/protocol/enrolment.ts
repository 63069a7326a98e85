/**
 * Messages between a holder and an issuer (`docs/protocol.md`, section 3).
 *
 * All are canonical JSON. The commitment (368 octets, with its proof of knowledge) is checked before anything is looked
 * up, so that nobody learns from an answer whether a subject is known.
 */

import { COMMITMENT, POINT } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import {
  b64u,
  canonical,
  codeWord,
  domain,
  fields,
  isList,
  type Json,
  octets,
  parseCanonical,
  words,
} from "../values/index.ts";
import { accountEvidence } from "./account.ts";
import { type Credential, credentialRecord, method, parseCredential, standing } from "./credential.ts";
import { address, mailedCode } from "./mailbox.ts";
import { type Solution, solutionOf, solutionRecord } from "./work.ts";

export const MAX_MESSAGE = 8192;
const MAX_ISSUANCE = 1 << 16;
/** Crockford's base 32: no I, L, O, U. */
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const CODE_LENGTH = 16;
/** Languages of mails, those of the pages. */
export const MAIL_LANGUAGES = ["en", "de", "es", "fr"];
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

function evidenceOf(way: string, value: Json): Evidence {
  if (way === "code") return { code: code(fields(value, ["code"], "The evidence").code) };
  if (way === "oidc") return { ...accountEvidence(value) };
  if (way === "email") {
    const shown = fields(value, ["address", "code"], "The evidence");
    return { address: address(shown.address), code: mailedCode(shown.code) };
  }
  return { invitation: b64u(octets(fields(value, ["invitation"], "The evidence").invitation, POINT, "The invitation")) };
}

const commitmentOf = (value: Json): Uint8Array => octets(value, COMMITMENT, "The commitment");

/** Read a message with exactly these fields beside its profile. Throws `Malformed`. */
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

/** Knowing the secrets behind the commitment (368 octets) is enough to stop a replacement that somebody asked for. */
export interface Cancellation {
  readonly organisation: string;
  readonly commitment: Uint8Array;
}

/** Ask for credentials again, or of later epochs: knowing the secrets behind the commitment is enough. */
export interface Renewal extends Cancellation {
  readonly roleFamily: string;
  readonly standing: string;
}

/** Ask to be admitted, or to be admitted anew after a lost phrase: evidence, commitment, attributes. */
export interface Admission extends Renewal {
  readonly method: string;
  readonly evidence: Evidence;
}

/** Canonical octets of an admission. */
export function encodeAdmission(of: Admission): Uint8Array {
  return canonical({
    commitment: b64u(of.commitment),
    evidence: of.evidence,
    method: of.method,
    organisation: of.organisation,
    profile: PROFILE,
    role_family: of.roleFamily,
    standing: of.standing,
  });
}

/** Read the canonical octets of an admission. Throws `Malformed`. */
export function parseAdmission(data: Uint8Array): Admission {
  const names = ["commitment", "evidence", "method", "organisation", "role_family", "standing"] as const;
  const got = message(data, names);
  const way = method(got.method);
  return {
    organisation: domain(got.organisation),
    method: way,
    evidence: evidenceOf(way, got.evidence),
    commitment: commitmentOf(got.commitment),
    roleFamily: codeWord(got.role_family),
    standing: standing(got.standing),
  };
}

/** Canonical octets of a renewal. */
export function encodeRenewal(of: Renewal): Uint8Array {
  return canonical({
    commitment: b64u(of.commitment),
    organisation: of.organisation,
    profile: PROFILE,
    role_family: of.roleFamily,
    standing: of.standing,
  });
}

/** Read the canonical octets of a renewal. Throws `Malformed`. */
export function parseRenewal(data: Uint8Array): Renewal {
  const got = message(data, ["commitment", "organisation", "role_family", "standing"]);
  return {
    organisation: domain(got.organisation),
    commitment: commitmentOf(got.commitment),
    roleFamily: codeWord(got.role_family),
    standing: standing(got.standing),
  };
}

/** Canonical octets of a cancellation. */
export function encodeCancellation(of: Cancellation): Uint8Array {
  return canonical({ commitment: b64u(of.commitment), organisation: of.organisation, profile: PROFILE });
}

/** Read the canonical octets of a cancellation. Throws `Malformed`. */
export function parseCancellation(data: Uint8Array): Cancellation {
  const got = message(data, ["commitment", "organisation"]);
  return { organisation: domain(got.organisation), commitment: commitmentOf(got.commitment) };
}

/** Ask for a code by mail, in one of `MAIL_LANGUAGES`, with a proof of work against floods. */
export interface MailRequest {
  readonly organisation: string;
  readonly address: string;
  readonly language: string;
  readonly work: Solution;
}

/** Check the language of a mail. Throws `Malformed`. */
export function mailLanguage(value: Json): string {
  if (typeof value !== "string" || !MAIL_LANGUAGES.includes(value)) {
    throw new Malformed("bad-mail-language", `A mail is written in one of ${MAIL_LANGUAGES.join(", ")}.`);
  }
  return value;
}

/** Canonical octets of a request for a mail. */
export function encodeMailRequest(of: MailRequest): Uint8Array {
  const { address, language, organisation } = of;
  return canonical({ address, language, organisation, profile: PROFILE, work: solutionRecord(of.work) });
}

/** Read the canonical octets of a request for a mail. Throws `Malformed`. */
export function parseMailRequest(data: Uint8Array): MailRequest {
  const got = message(data, ["address", "language", "organisation", "work"]);
  return {
    organisation: domain(got.organisation),
    address: address(got.address),
    language: mailLanguage(got.language),
    work: solutionOf(got.work),
  };
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
