/**
 * Joining by an account elsewhere, on the person's own device (section 3, "Accounts").
 *
 * The device reads from the instance where people sign in, makes state, salt and verifier, and builds the address to
 * open. What comes back is taken once, and only if it answers what was asked here: by its state, and by the provider's
 * name where the provider says it (RFC 9207). The instance hears of it only afterwards.
 */

import type { Rng } from "../bbs/octets.ts";
import { Malformed, Refused } from "../errors.ts";
import {
  accountEvidence, challenge, hostAt, type Joining, MAX_PORT, nonceFor, redirectAddress, SECRET, signsInAt, web,
} from "../protocol/account.ts";
import { method } from "../protocol/credential.ts";
import {
  b64u, canonical, domain, fields, integer, isList, isObject, type Json, type JsonObject, octets, parseCanonical,
  text,
} from "../values/index.ts";
import { LONGEST } from "./account-back.ts";
import type { Shown } from "./admission.ts";

/** Where an instance says how people join, and the longest answer. */
export const WAYS = "api/issuer/ways";
export const MAX_WAYS = 1 << 18;
const SHORT = 2000;
const MOST_PARAMETERS = 100;
const NAMES = [
  "authorization", "client_id", "employer", "fragment", "hosted_domain", "method", "names_itself", "port", "provider",
  "scope",
] as const;
const FILLED = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/**
 * What an instance says of the accounts by which members of an organisation join.
 *
 * `address` names the provider, `authorization` is where people sign in, `clientId` the instance's name there.
 * `employer` says that the employer runs it. `fragment` tells that the provider can answer after a “#”, which no server
 * sees; `namesItself` that it says its name in the answer; `port` is the one that the command line has to use.
 */
export interface Provider {
  readonly address: string;
  readonly authorization: string;
  readonly clientId: string;
  readonly scope: string;
  readonly employer: boolean;
  readonly fragment: boolean;
  readonly hostedDomain: string | null;
  readonly namesItself: boolean;
  readonly port: number | null;
}

/** Read one way of an instance's answer. Throws `Malformed`. */
export function parseProvider(value: Json): Provider {
  const got = fields(value, NAMES, "The way of joining");
  const flag = (name: "employer" | "fragment" | "names_itself"): boolean => {
    const found = got[name];
    if (typeof found === "boolean") return found;
    throw new Malformed("bad-flag", `“${name}” of the way of joining is neither true nor false.`);
  };
  const { hosted_domain: hosted, port } = got;
  const address = web(got.provider);
  const authorization = web(got.authorization);
  signsInAt(authorization, address);
  return {
    address,
    authorization,
    clientId: filled(got.client_id, "The client"),
    scope: filled(got.scope, "The scope"),
    employer: flag("employer"),
    fragment: flag("fragment"),
    hostedDomain: hosted === null ? null : domain(hosted),
    namesItself: flag("names_itself"),
    port: port === null ? null : integer(port, { least: 1, most: MAX_PORT, what: "The port" }),
  };
}

/** The provider's host, for people. */
export function hostOf(provider: Provider): string {
  return hostAt(provider.authorization);
}

/** What an instance says of an organisation's ways of joining, by way. Throws `Malformed`. */
export function waysOf(answer: Uint8Array, organisation: string): ReadonlyMap<string, JsonObject> {
  const { organisations } = fields(parseCanonical(answer, MAX_WAYS), ["organisations"], "The answer about joining");
  const listed = isObject(organisations) ? (organisations[organisation] ?? []) : null;
  if (listed === null || !isList(listed) || !listed.every(isObject)) {
    throw new Malformed("bad-list", "The ways of joining are not lists.");
  }
  return new Map(listed.map((each) => [method(each["method"]), each]));
}

/**
 * The provider of the accounts by which members of an organisation join.
 *
 * Throws `Malformed`; `Refused` where they do not join by account.
 */
export function providerOf(answer: Uint8Array, organisation: string): Provider {
  const found = waysOf(answer, organisation).get("oidc");
  if (found === undefined) {
    throw new Refused("other-method", `Members of ${organisation} do not join by an account elsewhere.`);
  }
  return parseProvider(found);
}

function filled(value: unknown, what: string): string {
  const checked = text(value, { limit: SHORT, what });
  if (!FILLED.test(checked) || checked.endsWith("\n")) {
    throw new Malformed("bad-text", `${what} is empty or holds what it should not.`);
  }
  return checked;
}

// ── asking ──

/**
 * A question to a provider that waits for its answer; all of it but `address` stays on the device.
 *
 * `address` is what to open; state, salt and verifier are 32 random octets each, base64url.
 */
export interface Question {
  readonly address: string;
  readonly provider: string;
  readonly redirect: string;
  readonly state: string;
  readonly salt: string;
  readonly verifier: string;
  readonly namesItself: boolean;
}

/** The same percent-encoding everywhere: all but the unreserved characters of RFC 3986. */
const quoted = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * A question whose answer is good for `joining` alone.
 *
 * `back` is where the answer comes to, `fragment` asks for it after a “#”. Draws 96 octets in three calls: state, salt,
 * verifier. Throws `Malformed`.
 */
export function ask(
  provider: Provider, joining: Joining, back: string, rng: Rng, { fragment = false } = {},
): Question {
  const state = b64u(rng(SECRET));
  const salt = b64u(rng(SECRET));
  const verifier = b64u(rng(SECRET));
  const redirect = redirectAddress(back);
  const asked: (readonly [string, string])[] = [
    ["response_type", "code"], ["client_id", provider.clientId], ["redirect_uri", redirect], ["scope", provider.scope],
    ["state", state], ["nonce", nonceFor(joining, salt)], ["code_challenge", challenge(verifier)], ["code_challenge_method", "S256"],
  ];
  if (fragment && provider.fragment) asked.push(["response_mode", "fragment"]);
  if (provider.hostedDomain !== null) asked.push(["hd", provider.hostedDomain]);
  const query = asked.map(([name, value]) => `${name}=${quoted(value)}`).join("&");
  const address = `${provider.authorization}${provider.authorization.includes("?") ? "&" : "?"}${query}`;
  const { address: name, namesItself } = provider;
  return { address, provider: name, redirect, state, salt, verifier, namesItself };
}

/**
 * Turn what came back, without its “?” or “#”, into evidence.
 *
 * 1. every parameter that means something is there once at most; 2. the state is the one that was sent; 3. the provider
 * is the one that was asked, where it says so; 4. it is not a refusal; 5. there is a code.
 *
 * Throws `Malformed`, `Refused`, with words for the person.
 */
export function answered(question: Question, query: string): Shown {
  const got = parameters(query);
  if (got.get("state") !== question.state) {
    throw new Refused("other-state", "This does not answer what was asked here. Nothing was sent. Sign in anew.");
  }
  if ((got.get("iss") ?? (question.namesItself ? "" : question.provider)) !== question.provider) {
    const words =
      "Another provider answered than the one that was asked. Nothing was sent. Sign in anew, and tell others.";
    throw new Refused("other-provider", words);
  }
  const error = got.get("error");
  if (error !== undefined) throw declined(error);
  const code = got.get("code");
  if (code === undefined) {
    throw new Malformed("no-account-code", "The provider sent nothing to join with. Sign in anew.");
  }
  const { redirect, salt, verifier } = question;
  return { method: "oidc", evidence: { ...accountEvidence({ code, redirect, salt, verifier }) } };
}

const unreadable = (cause?: unknown): Malformed =>
  new Malformed("bad-return", "What the provider sent back cannot be read. Sign in anew.", cause);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replace(/\+/g, " "));
  } catch (error) {
    throw unreadable(error);
  }
}

/** Parameters that mean something, each once at most. */
function parameters(query: string): ReadonlyMap<string, string> {
  const parts = query.split("&").filter((part) => part !== "");
  if (query.length > LONGEST || !/^[\x00-\x7f]*$/.test(query) || parts.length > MOST_PARAMETERS) throw unreadable();
  const out = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf("=");
    const name = decoded(at < 0 ? part : part.slice(0, at));
    const value = decoded(at < 0 ? "" : part.slice(at + 1));
    if (!["code", "error", "iss", "state"].includes(name)) continue;
    if (out.has(name)) throw new Malformed("bad-return", "The provider's answer says something twice. Sign in anew.");
    out.set(name, value);
  }
  return out;
}

function declined(error: string): Refused {
  if (error === "access_denied") {
    const words = "You did not sign in, or this account may not. Nothing was sent.";
    return new Refused("account-declined", words);
  }
  const told = /^[A-Za-z0-9_]{1,40}$/.test(error) ? error : "without a reason";
  return new Refused("account-declined", `The provider did not sign you in (${told}). Nothing was sent.`);
}

// ── waiting for the answer ──

/** What is kept of a question while the person is elsewhere: canonical JSON, as secret as the pass. */
export function encodeQuestion(of: Question): Uint8Array {
  const { address, provider, redirect, state, salt, verifier, namesItself } = of;
  return canonical({ address, names_itself: namesItself, provider, redirect, salt, state, verifier });
}

/** Read what `encodeQuestion` wrote. Throws `Malformed`. */
export function parseQuestion(data: Uint8Array): Question {
  const names = ["address", "names_itself", "provider", "redirect", "salt", "state", "verifier"] as const;
  const got = fields(parseCanonical(data), names, "The question to the provider");
  const secret = (name: "salt" | "state" | "verifier"): string => b64u(octets(got[name], SECRET, `The ${name}`));
  if (typeof got.names_itself !== "boolean") {
    throw new Malformed("bad-flag", "“names_itself” of the question is neither true nor false.");
  }
  return {
    address: text(got.address, { what: "The address" }), provider: web(got.provider),
    redirect: redirectAddress(got.redirect), state: secret("state"), salt: secret("salt"),
    verifier: secret("verifier"), namesItself: got.names_itself,
  };
}
