/**
 * What an issuer signs of itself (`docs/protocol.md`, section 3): a line of canonical JSON under its long-term key.
 */

import { PROFILE } from "../profile.ts";
import { VerifierKey } from "../tlog/note.ts";
import { b64u, canonical, fromUtf8, type JsonObject } from "../values/index.ts";
import type { IssuerKey } from "./entry.ts";

function textOf(statement: string, record: JsonObject): string {
  return `${fromUtf8(canonical({ ...record, profile: PROFILE, statement }))}\n`;
}

/** “This is my public key for this organisation and epoch, and by these ways I admit”: what is signed of an entry. */
export function keyStatement(entry: IssuerKey): string {
  const { epoch, issuer, methods, organisation, public_key: key } = entry;
  return textOf("issuer-key", { epoch, issuer, methods, organisation, public_key: b64u(key) });
}

/**
 * Check the signature in an issuer's entry, where there is one: by the key beside it, which anybody may have made.
 *
 * Throws `Refused`.
 */
export function checkKey(entry: IssuerKey): void {
  if (entry.identity !== undefined && entry.signature !== undefined) {
    VerifierKey.parse(entry.identity).check(keyStatement(entry), entry.signature);
  }
}
