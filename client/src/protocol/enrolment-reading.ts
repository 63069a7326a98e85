/** Messages to an issuer as they are read (`docs/protocol.md`, section 3): a device only writes them. */

import { COMMITMENT, POINT } from "../bbs/ciphersuite.ts";
import { b64u, codeWord, domain, fields, type Json, octets } from "../values/index.ts";
import { accountEvidence } from "./account.ts";
import { method, standing } from "./credential.ts";
import { type Admission, type Cancellation, code, type Evidence, message, type Renewal } from "./enrolment.ts";
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

const commitmentOf = (value: Json): Uint8Array => octets(value, COMMITMENT, "The commitment");

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

/** Read the canonical octets of a cancellation. Throws `Malformed`. */
export function parseCancellation(data: Uint8Array): Cancellation {
  const got = message(data, ["commitment", "organisation"]);
  return { organisation: domain(got.organisation), commitment: commitmentOf(got.commitment) };
}
