/** Padded standard base64 (RFC 4648, section 4), in its one spelling. */

import { Malformed, UndersignedError } from "../errors.ts";
import { b64u, octets as fromBase64url } from "../values/octets.ts";

/** Padded standard base64. */
export function encode64(octets: Uint8Array): string {
  const bare = b64u(octets).replace(/-/g, "+").replace(/_/g, "/");
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
}

/**
 * Octets of padded standard base64 in its one spelling, `length` of them where given.
 *
 * Throws `Malformed` for foreign characters, missing padding, set trailing bits, another length.
 */
export function decode64(text: string, length?: number, what = "A value"): Uint8Array {
  let out: Uint8Array;
  try {
    if (/[-_]/.test(text)) throw new Malformed("bad-base64", "foreign characters");
    out = fromBase64url(text.replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_"));
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    throw new Malformed("bad-base64", `${what} is not base64.`, error);
  }
  if (encode64(out) !== text) {
    throw new Malformed("bad-base64", `${what} is not in the one allowed spelling of base64.`);
  }
  if (length !== undefined && out.length !== length) {
    throw new Malformed("bad-length", `${what} has ${out.length} octets instead of ${length}.`);
  }
  return out;
}
