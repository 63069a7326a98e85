/** Messages to an issuer as they are read (`docs/protocol.md`, section 3): a device only writes them. */

import { verifyCommitment } from "../bbs/blind.ts";
import { COMMITMENT, POINT } from "../bbs/ciphersuite.ts";
import { REPRESENTATION, verifyRepresentation } from "../bbs/representation.ts";
import { Malformed } from "../errors.ts";
import { b64u, codeWord, domain, fields, type Json, octets, text } from "../values/index.ts";
import { accountEvidence } from "./account.ts";
import { method, standing } from "./credential.ts";
import { type Admission, type Cancellation, code, type Evidence, message, type Renewal } from "./enrolment.ts";
import {
  type AskedFor, type Bound, NONCE, PROOF_DST, type Request, statementOf, type Wish,
} from "./enrolment-request.ts";
import { address, mailedCode } from "./mailbox.ts";

function evidenceOf(way: string, value: Json): Evidence {
  if (way === "code") return { code: code(fields(value, ["code"], "The evidence").code) };
  if (way === "oidc") return { ...accountEvidence(value) };
  if (way === "email") {
    const shown = fields(value, ["address", "code"], "The evidence");
    return { address: address(shown.address), code: mailedCode(shown.code) };
  }
  return { invitation: b64u(octets(fields(value, ["invitation"], "The evidence").invitation, POINT, "The invitation")) };
}

/** Characters of the longest address that is asked. */
const MAX_ORIGIN = 300;
const ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?$/;
const ENVELOPE = ["action", "commitment", "issuer", "nonce", "origin", "proof"] as const;

function requestOf<const N extends string, W extends Wish>(
  data: Uint8Array,
  names: readonly N[],
  actions: readonly AskedFor[],
  wishOf: (got: { readonly [K in N]: Json }) => W,
): Request<W> {
  const got = message<N | typeof ENVELOPE[number]>(data, [...ENVELOPE, ...names]);
  const action = actions.find((each) => each === got.action);
  if (action === undefined) {
    const sentence = `Here one can ${actions.join(" or ")}. This is for something else.`;
    throw new Malformed("other-action", sentence);
  }
  const commitment = octets(got.commitment, COMMITMENT, "The commitment");
  const proof = octets(got.proof, REPRESENTATION, "The proof");
  return { action, wish: wishOf(got), bound: boundOf(got), commitment, proof };
}

function boundOf(got: { readonly issuer: Json; readonly nonce: Json; readonly origin: Json }): Bound {
  const origin = text(got.origin, { limit: MAX_ORIGIN, what: "The address that is asked" });
  if (!ORIGIN.test(origin)) {
    const sentence = "The address that is asked is like https://issuer.example, without a path.";
    throw new Malformed("bad-origin", sentence);
  }
  return { issuer: domain(got.issuer), origin, nonce: octets(got.nonce, NONCE, "The nonce") };
}

/** Read the canonical octets of an admission or replacement. Throws `Malformed`. */
export function parseAdmission(data: Uint8Array): Request<Admission> {
  const names = ["evidence", "method", "organisation", "role_family", "standing"] as const;
  return requestOf(data, names, ["join", "replace"], (got) => {
    const way = method(got.method);
    return {
      organisation: domain(got.organisation),
      method: way,
      evidence: evidenceOf(way, got.evidence),
      roleFamily: codeWord(got.role_family),
      standing: standing(got.standing),
    };
  });
}

/** Read the canonical octets of a renewal. Throws `Malformed`. */
export function parseRenewal(data: Uint8Array): Request<Renewal> {
  return requestOf(data, ["organisation", "role_family", "standing"], ["renew"], (got) => ({
    organisation: domain(got.organisation),
    roleFamily: codeWord(got.role_family),
    standing: standing(got.standing),
  }));
}

/** Read the canonical octets of a cancellation. Throws `Malformed`. */
export function parseCancellation(data: Uint8Array): Request<Cancellation> {
  return requestOf(data, ["organisation"], ["cancel"], (got) => ({ organisation: domain(got.organisation) }));
}

/**
 * The commitment's point, 48 octets, of a request, both its proofs checked; for whom and when is not looked at.
 *
 * Throws `Malformed` for encodings, `Refused` where one does not hold.
 */
export function verifyRequest(request: Request): Uint8Array {
  const point = verifyCommitment(request.commitment);
  verifyRepresentation(point, request.proof, { message: statementOf(request), dst: PROOF_DST });
  return point;
}
