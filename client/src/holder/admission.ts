/** What a holder checks before keeping a credential (section 3, “No letter, key or message of one's own”). */

import { verifySignature } from "../bbs/blind.ts";
import { Refused, UndersignedError } from "../errors.ts";
import { type Credential, header, messages } from "../protocol/credential.ts";
import { blind, nymSecrets } from "../protocol/derivation.ts";
import { type Evidence, typedCode } from "../protocol/enrolment.ts";
import type { Registry } from "../protocol/registry.ts";
import type { RegistryView } from "./registry.ts";

/** Ways of joining, as people call them. */
export const CALLED: Readonly<Record<string, string>> = {
  code: "codes", email: "e-mail", oidc: "an account elsewhere", vouch: "vouching",
};

/** What somebody brings to join: a way of joining and its evidence. */
export interface Shown {
  readonly method: string;
  readonly evidence: Evidence;
}

/** A one-time code as it was typed. Throws `Malformed`. */
export function codeShown(typed: string): Shown {
  return { method: "code", evidence: { code: typedCode(typed) } };
}

/** What every credential of an answer has to say; the epoch is for the issuer to choose. */
export interface Expected {
  readonly issuer: string;
  readonly organisation: string;
  readonly roleFamily: string;
  readonly standing: string;
  readonly methods: readonly string[];
}

/** All who admit people to an organisation, by name. */
export function issuersOf(registry: Registry, organisation: string): string[] {
  const keys = [...registry.issuerKeys.values()].filter((each) => each.organisation === organisation);
  return [...new Set(keys.map((each) => each.issuer))].sort();
}

/**
 * Who admits people to an organisation: `issuer`, or the one that the registry names.
 *
 * Throws `Refused` when there is none, or several to choose from.
 */
export function issuerOf(registry: Registry, organisation: string, issuer?: string): string {
  const names = issuersOf(registry, organisation);
  const [first] = names;
  if (first === undefined) {
    throw new Refused("unknown-organisation", `Nobody here admits members of ${organisation}. Check the name.`);
  }
  if (issuer === undefined && names.length > 1) {
    const words = `Several admit members of ${organisation}: name one of ${names.join(", ")}.`;
    throw new Refused("several-issuers", words);
  }
  if (issuer !== undefined && !names.includes(issuer)) {
    throw new Refused("unknown-issuer", `${issuer} does not admit members of ${organisation} here.`);
  }
  return issuer ?? first;
}

/** An issuer's ways of admitting people to an organisation, in any epoch. */
export function methodsOf(registry: Registry, issuer: string, organisation: string): string[] {
  const keys = [...registry.issuerKeys.values()];
  const own = keys.filter((each) => each.issuer === issuer && each.organisation === organisation);
  return [...new Set(own.flatMap((each) => each.methods))].sort();
}

/**
 * An answer's credentials by epoch, each one checked.
 *
 * 1. epochs ascending, each once; the issuer, and exactly the messages that were asked for;
 * 2. the registry has one key for this issuer, organisation and epoch, which admits by this method;
 * 3. the signature holds under that key, over these messages and the secrets of `seed`.
 *
 * Throws `Refused` when any of it does not hold: then nothing of the answer is to be kept.
 */
export function accept(
  held: readonly Credential[],
  expected: Expected,
  registry: Registry,
  seed: Uint8Array,
): Map<string, Credential> {
  if (!held.length) {
    const words = "The issuer sent no pass: no letter is open for you now. Ask again later.";
    throw new Refused("no-credentials", words);
  }
  held.forEach((later, at) => {
    const earlier = held[at - 1];
    if (earlier !== undefined && later.attributes.epoch <= earlier.attributes.epoch) {
      throw unexpected("it holds two passes for one quarter");
    }
  });
  for (const each of held) check(each, expected, registry, seed);
  if (new Set(held.map((each) => each.attributes.method)).size > 1) {
    throw unexpected("its passes differ in how you joined");
  }
  return new Map(held.map((each) => [each.attributes.epoch, each]));
}

/**
 * Those of checked credentials whose keys are signed by the issuer that this device knows by that name.
 *
 * A quarter's key from before the issuer signed its keys is passed over, and its credential with it. `known` are issuers'
 * long-term keys, by name; where none is, all are returned. Throws `Refused` when nothing is left.
 */
export function recognised(
  held: ReadonlyMap<string, Credential>, view: RegistryView, known: ReadonlyMap<string, string>,
): Map<string, Credential> {
  const out = new Map<string, Credential>();
  let differs: Refused | undefined;
  for (const [epoch, each] of held) {
    try {
      view.issuerKey(each.issuer, each.attributes.organisation, epoch, known);
      out.set(epoch, each);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      differs = error;
    }
  }
  if (differs !== undefined && !out.size) throw differs;
  return out;
}

function check(held: Credential, expected: Expected, registry: Registry, seed: Uint8Array): void {
  const { issuer, attributes: got } = held;
  const said: readonly (readonly [string, string, readonly string[]])[] = [
    ["issuer", issuer, [expected.issuer]],
    ["organisation", got.organisation, [expected.organisation]],
    ["kind of work", got.roleFamily, [expected.roleFamily]],
    ["standing", got.standing, [expected.standing]],
    ["way of joining", got.method, expected.methods],
  ];
  for (const [what, value, asked] of said) {
    if (!asked.includes(value)) throw unexpected(`it says “${value}” as ${what}, not “${asked.join(" or ")}”`);
  }
  const key = registry.issuerKey(issuer, got.organisation, got.epoch);
  if (!key.methods.includes(got.method)) {
    throw unexpected(`nobody is admitted by “${got.method}” in ${got.epoch}`);
  }
  try {
    verifySignature({
      publicKey: key.public_key,
      signature: held.signature,
      header: header(issuer),
      messages: messages(got),
      secrets: nymSecrets(seed),
      blind: blind(seed, issuer),
    });
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    throw unexpected("it is not signed with the key in the public registry", error);
  }
}

function unexpected(what: string, cause?: unknown): Refused {
  const words =
    `The issuer's pass was thrown away: ${what}. A pass that nobody else has could mark you. Tell others.`;
  return new Refused("credential-unexpected", words, cause);
}
