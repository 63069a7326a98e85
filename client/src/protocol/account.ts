/**
 * Joining by an account elsewhere: what the device hands to the issuer (`docs/protocol.md`, section 3, "Accounts").
 *
 * The account's provider (OpenID Connect) gives the device a code, which is worth something only together with the
 * verifier that the device made before (PKCE, RFC 7636). State, nonce and verifier are made and kept on the device; the
 * issuer keeps nothing from one visit to the next.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { Malformed } from "../errors.ts";
import { b64u, fields, type Json, octets, text, utf8 } from "../values/index.ts";

/** Octets of state, nonce and verifier. */
export const SECRET = 32;
/** Characters of the longest code, and of the longest address. */
const MAX_CODE = 2048;
export const MAX_ADDRESS = 300;
/** Where an instance's own page takes what the provider sends back. */
export const PAGE = "/sign/callback/";

const CODE = /^[\x20-\x7e]+$/;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = `${LABEL}(?:\\.${LABEL})*`;
const PORT = "(?::([1-9][0-9]{0,4}))";
const HERE = new RegExp(`^http://127\\.0\\.0\\.1${PORT}/callback$`);
const PAGES = new RegExp(
  `^(?:https://${HOST}${PORT}?|http://(?:127\\.0\\.0\\.1|localhost)${PORT}?|http://[a-z2-7]{56}\\.onion)${PAGE}$`,
);
export const MAX_PORT = 65_535;
const LONGEST = 2000;
/** Scheme, host, port, and what follows, without what does not stand in an address. */
const ADDRESS = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?((?:[/?][!$-;=?-[\]_a-z~]*)?)$/i;

/** Evidence of an account. */
export interface AccountEvidence {
  readonly code: string;
  readonly nonce: string;
  readonly redirect: string;
  readonly verifier: string;
}

/** Check the evidence of an account. Throws `Malformed`. */
export function accountEvidence(value: Json): AccountEvidence {
  const got = fields(value, ["code", "nonce", "redirect", "verifier"], "The evidence");
  const code = text(got.code, { limit: MAX_CODE, what: "The code of the provider" });
  if (!CODE.test(code) || code.endsWith("\n")) {
    throw new Malformed("bad-account-code", "The code of the provider is not in printable ASCII.");
  }
  const secret = (name: "nonce" | "verifier"): string => b64u(octets(got[name], SECRET, `The ${name}`));
  const nonce = secret("nonce");
  const verifier = secret("verifier");
  return { code, nonce, redirect: redirectAddress(got.redirect), verifier };
}

/**
 * The address to which a provider sends somebody back, in its one spelling: an instance's page, or loopback.
 *
 * Throws `Malformed`.
 */
export function redirectAddress(value: unknown): string {
  const address = text(value, { limit: MAX_ADDRESS, what: "The address to come back to" });
  const found = HERE.exec(address) ?? PAGES.exec(address);
  if (found === null || found.slice(1).some((port) => Number(port ?? 0) > MAX_PORT)) {
    const words = "The address to come back to is neither an instance's page nor on this machine.";
    throw new Malformed("bad-redirect", words);
  }
  return address;
}

/** What is shown of a verifier beforehand: its SHA-256 (PKCE, method S256). */
export function challenge(verifier: string): string {
  return b64u(sha256(utf8(verifier)));
}

// ── providers ──

/** An address of a provider: https, or http on this machine; no fragment. Throws `Malformed`. */
export function web(value: unknown): string {
  const address = text(value, { limit: LONGEST, what: "The provider's address" });
  const [, scheme = "", host = "", port = ""] = ADDRESS.exec(address) ?? [];
  const safe = scheme.toLowerCase() === "https" || ["127.0.0.1", "localhost"].includes(host.toLowerCase());
  if (!host || !safe || Number(port) > MAX_PORT) {
    const words = "The provider's address does not begin with https://, or is not a web address.";
    throw new Malformed("bad-provider", words);
  }
  return address;
}

/** The host of a provider's address, in small letters; empty where it is none. */
export function hostAt(address: string): string {
  return (ADDRESS.exec(address)?.[2] ?? "").toLowerCase();
}
