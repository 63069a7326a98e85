/**
 * Joining by an account elsewhere: what the device hands to the issuer (`docs/protocol.md`, section 3, "Accounts").
 *
 * The account's provider (OpenID Connect) gives the device a code, which is worth something only together with the
 * verifier that the device made before (PKCE, RFC 7636). State, salt and verifier are made and kept on the device; the
 * issuer keeps nothing from one visit to the next.
 *
 * The nonce that the provider signs names the issuer and the words for which somebody signed in, as a hash: nobody else
 * who gets hold of the evidence can use it, at no other issuer and for no other words.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { POINT } from "../bbs/ciphersuite.ts";
import { i2osp } from "../bbs/octets.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { b64u, concat, fields, type Json, octets, text, utf8 } from "../values/index.ts";

/** Octets of state, salt and verifier. */
export const SECRET = 32;
/** What the hash that is the nonce begins with. */
const NONCE_TAG = `${PROFILE}/account-nonce`;
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
/** What no provider's address may say already: the device says it, or it would put another question in its place. */
const SAID: readonly string[] = [
  "claims", "client_id", "code_challenge", "code_challenge_method", "hd", "nonce", "redirect_uri", "request",
  "request_uri", "response_mode", "response_type", "scope", "state",
];
const LONGEST = 2000;
/** Scheme, host, port, and what follows, without what does not stand in an address. */
const ADDRESS = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?((?:[/?][!$-;=?-[\]_a-z~]*)?)$/i;

/** Evidence of an account. */
export interface AccountEvidence {
  readonly code: string;
  readonly redirect: string;
  readonly salt: string;
  readonly verifier: string;
}

/** What somebody signs in for: with these words, by their commitment's point (48 octets), at this issuer. */
export interface Joining {
  readonly issuer: string;
  readonly point: Uint8Array;
}

/** The nonce for the provider; `salt` is 32 random octets, base64url. Throws `Malformed`. */
export function nonceFor({ issuer, point }: Joining, salt: string): string {
  const name = utf8(issuer);
  const opening = octets(salt, SECRET, "The salt");
  const words = octets(b64u(point), POINT, "The point");
  return b64u(sha256(concat(utf8(NONCE_TAG), i2osp(name.length, 2), name, words, opening)));
}

/** Check the evidence of an account. Throws `Malformed`. */
export function accountEvidence(value: Json): AccountEvidence {
  const got = fields(value, ["code", "redirect", "salt", "verifier"], "The evidence");
  const code = text(got.code, { limit: MAX_CODE, what: "The code of the provider" });
  if (!CODE.test(code) || code.endsWith("\n")) {
    throw new Malformed("bad-account-code", "The code of the provider is not in printable ASCII.");
  }
  const secret = (name: "salt" | "verifier"): string => b64u(octets(got[name], SECRET, `The ${name}`));
  const salt = secret("salt");
  const verifier = secret("verifier");
  return { code, redirect: redirectAddress(got.redirect), salt, verifier };
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

/**
 * Check where a provider lets people sign in: on its own host, with no word there that would be the device's.
 *
 * Else whoever names the address could send people on to the provider with a nonce of their own. Throws `Malformed`.
 */
export function signsInAt(address: string, provider: string): void {
  const at = address.indexOf("?");
  const names = (at < 0 ? "" : address.slice(at + 1)).split(/[&;]/).map((each) => each.replace(/=.*$/, ""));
  if (hostAt(address) !== hostAt(provider) || names.some((name) => name.includes("%") || SAID.includes(name))) {
    const words = "The address to sign in at is not the provider's, or says too much.";
    throw new Malformed("bad-provider", words);
  }
}
