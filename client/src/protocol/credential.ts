/**
 * What an issuer signs (`docs/protocol.md`, section 2): six messages under a header.
 *
 * The set of attributes is closed and fixed in order; nothing that could mark one person fits in.
 */

import { SIGNATURE } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { b64u, canonical, codeWord, domain, epoch, fields, isList, type JsonObject, octets, utf8 } from "../values/index.ts";

export const ATTRIBUTES = ["organisation", "epoch", "role_family", "standing", "method", "reserved"] as const;
export const ORGANISATION = 0;
export const EPOCH = 1;
export const ROLE_FAMILY = 2;
export const STANDING = 3;
export const METHOD = 4;
export const RESERVED = 5;
export const STANDINGS: readonly unknown[] = ["non-manager", "manager", "undeclared"];
export const METHODS: readonly unknown[] = ["code", "email", "oidc", "vouch"];
export const UNDECLARED = "undeclared";

/** The application header of all credentials of an issuer: canonical JSON. */
export function header(issuer: string): Uint8Array {
  return canonical({ issuer: domain(issuer), profile: PROFILE });
}

/** A standing: `non-manager`, `manager` or `undeclared`. Throws `Malformed`. */
export function standing(value: unknown): string {
  if (!STANDINGS.includes(value)) {
    throw new Malformed("bad-standing", "A standing is non-manager, manager or undeclared.");
  }
  return String(value);
}

/** A way of joining: `code`, `email`, `oidc` or `vouch`. Throws `Malformed`. */
export function method(value: unknown): string {
  if (!METHODS.includes(value)) {
    throw new Malformed("bad-method", "A way of joining is code, email, oidc or vouch.");
  }
  return String(value);
}

function reserved(value: unknown): string {
  if (value !== "") throw new Malformed("bad-reserved", "The reserved attribute is empty in this profile.");
  return "";
}

const CHECKS = [domain, epoch, codeWord, standing, method, reserved];

/** One of the six messages by its index, checked. Throws `Malformed`. */
export function attribute(index: number, value: unknown): string {
  const check = CHECKS[index];
  if (check === undefined) throw new RangeError("a credential has six messages");
  return check(value);
}

/** The six messages of a credential, as text. */
export interface Attributes {
  readonly organisation: string;
  readonly epoch: string;
  readonly roleFamily: string;
  readonly standing: string;
  readonly method: string;
}

/** The six messages in their order, each checked. Throws `Malformed`. */
export function texts(of: Attributes): string[] {
  const all = [of.organisation, of.epoch, of.roleFamily, of.standing, of.method, ""];
  return all.map((value, index) => attribute(index, value));
}

/** The six messages as UTF-8 octets, in their order. */
export function messages(of: Attributes): Uint8Array[] {
  return texts(of).map(utf8);
}

/** An issuer's signature (80 octets) over `attributes` and the holder's hidden secrets. */
export interface Credential {
  readonly issuer: string;
  readonly attributes: Attributes;
  readonly signature: Uint8Array;
}

/** The JSON value that the issuer sends and the holder keeps. */
export function credentialRecord(of: Credential): JsonObject {
  return { issuer: of.issuer, messages: texts(of.attributes), signature: b64u(of.signature) };
}

/** Read what `credentialRecord` wrote. Throws `Malformed`. */
export function parseCredential(value: unknown): Credential {
  const got = fields(value, ["issuer", "messages", "signature"], "The credential");
  if (!isList(got.messages) || got.messages.length !== ATTRIBUTES.length) {
    throw new Malformed("bad-messages", "A credential has six messages.");
  }
  const [organisation = "", quarter = "", roleFamily = "", said = "", way = ""] = got.messages.map(
    (message, index) => attribute(index, message),
  );
  return {
    issuer: domain(got.issuer),
    attributes: { organisation, epoch: quarter, roleFamily, standing: said, method: way },
    signature: octets(got.signature, SIGNATURE, "The signature"),
  };
}
