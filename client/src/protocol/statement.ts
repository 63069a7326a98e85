/**
 * What an issuer signs of itself (`docs/protocol.md`, section 3): a line of canonical JSON under its long-term key.
 */

import { PROFILE } from "../profile.ts";
import { VerifierKey } from "../tlog/note.ts";
import { b64u, canonical, fromUtf8, type JsonObject } from "../values/index.ts";
import type { IssuedCorrected, IssuerKey } from "./entry.ts";

function textOf(statement: string, record: JsonObject): string {
  return `${fromUtf8(canonical({ ...record, profile: PROFILE, statement }))}\n`;
}

/** “This is my public key for this organisation and epoch, and by these ways I admit”: what is signed of an entry. */
export function keyStatement(entry: IssuerKey): string {
  const { epoch, issuer, methods, organisation, public_key: key } = entry;
  return textOf("issuer-key", { epoch, issuer, methods, organisation, public_key: b64u(key) });
}

/** “The number of members that I had said was too large; this one is right, because”: what is signed of an entry. */
export function correction(entry: IssuedCorrected): string {
  const { at_most: atMost, epoch, issuer, organisation, reason, tick, was } = entry;
  return textOf("correction", { at_most: atMost, epoch, issuer, organisation, reason, tick, was });
}

/**
 * Check the signature in an issuer's entry, where there is one: by the key beside it, which anybody may have made.
 *
 * Throws `Refused`.
 */
export function checkOwn(entry: IssuerKey | IssuedCorrected): void {
  if (entry.identity !== undefined && entry.signature !== undefined) {
    const text = entry.entry === "issuer-key" ? keyStatement(entry) : correction(entry);
    VerifierKey.parse(entry.identity).check(text, entry.signature);
  }
}
