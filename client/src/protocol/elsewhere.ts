/**
 * Where issuers on other machines are reached: `issuers.json` beside the pages (`docs/protocol.md`, section 3).
 *
 * It is no more than a hint: nobody signs it. Whoever sends a code there looks first whether the registry names the
 * issuer.
 */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { canonical, domain, fields, isList, type Json, parseCanonical, same } from "../values/index.ts";

/** Path under an instance's address. */
export const ISSUERS = "issuers.json";
const LONGEST = 300;
const ADDRESS = /^(?:https?:\/\/[a-z0-9.-]+(?::[1-9][0-9]{0,4})?|http:\/\/\[::1\](?::[1-9][0-9]{0,4})?)$/;

function addressOf(value: Json): string {
  if (typeof value !== "string" || value.length > LONGEST || !ADDRESS.test(value)) {
    const words = "The address of an issuer is like https://issuer.example, without a path.";
    throw new Malformed("bad-url", words);
  }
  return value;
}

/** Addresses by the issuer's name. Throws `Malformed`. */
export function parseIssuers(data: Uint8Array): ReadonlyMap<string, string> {
  const got = fields(parseCanonical(data), ["issuers", "profile"], "The list of issuers");
  if (!isList(got.issuers)) throw new Malformed("bad-list", "The list of issuers is none.");
  const listed = got.issuers.map((each) => fields(each, ["name", "url"], "An issuer"));
  const found = new Map(listed.map(({ name, url }) => [domain(name), addressOf(url)]));
  const issuers = [...found.keys()].sort().map((name) => ({ name, url: found.get(name) ?? "" }));
  if (!same(canonical({ issuers, profile: PROFILE }), data)) {
    throw new Malformed("issuers-spelling", "The list of issuers is not in its one allowed spelling.");
  }
  return found;
}
