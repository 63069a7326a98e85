/**
 * A request to an issuer with its proof (`docs/protocol.md`, section 3, “What a request is bound to”).
 *
 * It brings a commitment and a proof that is good for this request alone: this action, at this issuer and address, at
 * this time. Both are checked before anything is looked up, so that nobody learns from an answer whether a subject is
 * known.
 */

import { commit } from "../bbs/blind.ts";
import type { Rng } from "../bbs/octets.ts";
import { proveRepresentation } from "../bbs/representation.ts";
import { PROFILE } from "../profile.ts";
import { b64u, canonical, type Json, octets, utf8 } from "../values/index.ts";
import { type Admission, type Cancellation, message, type Renewal } from "./enrolment.ts";

/** What an issuer can be asked. Restoring is renewing on another device. */
export type AskedFor = "join" | "renew" | "replace" | "cancel";
/** Where a holder gets a nonce, octets of one, and of the longest answer. */
export const NONCES = "api/issuer/nonce";
export const NONCE = 32;
export const MAX_NONCE = 256;
/** Tag of the proofs of requests; it is no tag of the drafts. */
export const PROOF_DST = utf8(`${PROFILE}/request`);
export type Wish = Admission | Renewal | Cancellation;

/** The JSON value of what is asked, without what all requests have. */
function wishRecord(of: Wish): { [name: string]: Json } {
  return {
    organisation: of.organisation,
    ...("roleFamily" in of ? { role_family: of.roleFamily, standing: of.standing } : {}),
    ...("method" in of ? { evidence: { ...of.evidence }, method: of.method } : {}),
  };
}

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
