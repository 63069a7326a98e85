/**
 * Several issuers for one letter, as a holder sees them (`docs/protocol.md`, section 3, “Co-issuers”).
 *
 * One phrase serves all of them: the commitment point differs by issuer, the pseudonym is the same. An issuer may be on
 * another machine than the letters. Where, the instance says without a signature: it could name itself, or another
 * address. So nothing is sent before the person agreed to an address, which is kept from then on, and none goes where the
 * instance says something else later. Only a pass under the registry's key for that name is kept.
 */

import { Refused, Withheld } from "../errors.ts";
import type { Act } from "../protocol/act.ts";
import { type Credential, METHOD } from "../protocol/credential.ts";
import { ISSUERS, parseIssuers } from "../protocol/elsewhere.ts";
import { instance } from "./address.ts";
import type { Transport } from "./transport.ts";
import type { Wallet } from "./wallet.ts";

/** Octets of the longest list of issuers. */
const MAX_ISSUERS = 1 << 16;

/** The way to an address as `address.instance` returns it. */
export type Reach = (address: string) => Transport;

/**
 * Addresses of issuers that are not at `here`, the instance's own, by name.
 *
 * Throws `Malformed`; `Refused` for one to which an encrypted instance may not send anybody.
 */
export async function elsewhere(transport: Transport, here: string): Promise<ReadonlyMap<string, string>> {
  let listed: ReadonlyMap<string, string>;
  try {
    listed = parseIssuers(await transport.get(ISSUERS, MAX_ISSUERS));
  } catch (error) {
    if (error instanceof Withheld) return new Map();
    throw error;
  }
  const found = [...listed].map(([name, address]) => [name, instance(address)] as const);
  for (const [name, address] of found) {
    // Only what runs on this machine itself, like a demonstration, may send anybody to another port of it.
    if (onThisMachine(address) && !onThisMachine(here)) {
      const words = `The server says that ${name} is on your own machine. Nothing was sent.`;
      throw new Refused("issuer-address", words);
    }
  }
  return new Map(found.filter(([, address]) => address !== here));
}

/**
 * The address of an issuer to which the person agreed; `said` is the one that the instance at `here` says.
 *
 * Throws `Refused` where they agreed to none yet, or to another one; `Withheld` where nothing is pinned.
 */
export function agreed(wallet: Wallet, here: string, issuer: string, said: string): string {
  const kept = wallet.pin(here).issuers.get(issuer);
  if (kept === said) return kept;
  const words = kept === undefined
    ? `${issuer} is at ${said}, says ${here}. You have not agreed to that, so nothing was sent.`
    : `You know ${issuer} at ${kept}, but ${here} now says ${said}. Nothing was sent.`;
  throw new Refused(kept === undefined ? "issuer-unseen" : "issuer-moved", words);
}

/** Whether an address is on the person's own machine: by its name, or unencrypted, as no other is but onion services. */
function onThisMachine(address: string): boolean {
  const named = /^https?:\/\/(?:(?:.+\.)?localhost|127(?:\.[0-9]+){3}|0\.0\.0\.0)(?::|$)/;
  return named.test(address) || (address.startsWith("http://") && !/\.onion(?::|$)/.test(address));
}

/**
 * The passes that an act needs, in its order of issuers.
 *
 * Throws `Withheld`, naming every issuer of whom one is missing; `Refused` where they differ in what the act shows.
 */
export function passes(wallet: Wallet, address: string, act: Act): readonly Credential[] {
  const { organisation, epoch, issuers } = act;
  const held = issuers.map((issuer) => wallet.membership(address, issuer, organisation));
  const found = held.flatMap((each) => each?.credentials.get(epoch) ?? []);
  if (found.length < issuers.length) {
    const missing = issuers.filter((_, at) => !held[at]?.credentials.has(epoch));
    const never = missing.filter((issuer) => wallet.membership(address, issuer, organisation) === undefined);
    const several = issuers.length > 1 ? `This letter asks for a pass from each of ${issuers.join(" and ")}. ` : "";
    const how = never.length ? `Join at ${never.join(" and at ")}, with the same words.` : "Get it anew.";
    const words = `${several}You hold no pass from ${missing.join(" and ")} for ${organisation} in ${epoch}. ${how}`;
    throw new Withheld("no-pass", words);
  }
  const said = act.disclosed.get(METHOD);
  if (said !== undefined && found.some((each) => each.attributes.method !== said)) {
    throw new Refused("methods-differ", "Your passes from several issuers say different ways of joining.");
  }
  return found;
}
