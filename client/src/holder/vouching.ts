/**
 * Vouching on the holder's side (`docs/protocol.md`, section 3, "Vouching"): invitations, and the act that vouches.
 *
 * An invitation is the commitment point of who wants to join, 48 octets as base64url. It tells nothing of its owner, and
 * whoever has it can do no more than vouch for it.
 */

import { POINT } from "../bbs/ciphersuite.ts";
import { decode } from "../bbs/curve.ts";
import { Conflict, Malformed, Refused, UndersignedError, Withheld } from "../errors.ts";
import { Act } from "../protocol/act.ts";
import { invitationContext, VOUCH_SLOTS, vouchContext } from "../protocol/context.ts";
import { type Credential, EPOCH, METHOD, ORGANISATION } from "../protocol/credential.ts";
import { keyName, present, pseudonymOf } from "../protocol/presentation.ts";
import type { Registry } from "../protocol/registry.ts";
import { b64u, octets, words } from "../values/index.ts";
import { methodsOf } from "./admission.ts";
import type { Client } from "./client.ts";
import { ACT, parseAnswer } from "./transport.ts";
import type { Membership, Wallet } from "./wallet.ts";

export const VOUCHING = "vouch";

/** Read an invitation as somebody typed or scanned it: spaces do not matter. Throws `Malformed`. */
export function invitationOf(typed: string): Uint8Array {
  try {
    const point = octets(words(typed).join(""), POINT, "The invitation");
    decode(point, "The invitation");
    return point;
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    throw new Malformed("bad-invitation", "This is no invitation, or a letter of it is wrong. Compare it.");
  }
}

/**
 * The newest quarter for which a member holds a pass that may vouch.
 *
 * Throws `Refused` where the organisation does not admit by vouching, or the member was vouched for.
 */
export function vouchingQuarter(registry: Registry, held: Membership): string {
  if (held.method === VOUCHING) throw new Refused("vouched-for", "Who was vouched for cannot vouch for others.");
  for (const epoch of [...held.credentials.keys()].sort().reverse()) {
    const key = registry.issuerKeys.get(keyName(held.issuer, held.organisation, epoch));
    if (key?.methods.includes(VOUCHING)) return epoch;
  }
  throw new Refused("no-vouching", `Members of ${held.organisation} do not join by vouching.`);
}

/** The contexts of the slots that this device has not used in a quarter. */
export function freeSlots(wallet: Wallet, organisation: string, epoch: string): string[] {
  const every = Array.from({ length: VOUCH_SLOTS }, (_, place) => vouchContext(organisation, epoch, place + 1));
  return every.filter((slot) => !wallet.vouches.has(slot));
}

/** The act by which a member vouches for an invitation. */
export function vouchAct(wallet: Wallet, held: Credential, slot: string, point: Uint8Array): Act {
  const { organisation, epoch, method } = held.attributes;
  const other = invitationContext(point);
  return new Act({
    kind: VOUCHING,
    action: VOUCHING,
    context: slot,
    organisation,
    epoch,
    disclosed: new Map([[ORGANISATION, organisation], [EPOCH, epoch], [METHOD, method]]),
    issuers: [held.issuer],
    pseudonym: pseudonymOf(slot, wallet.seed),
    sequence: 0,
    payload: { context: other, pseudonym: b64u(pseudonymOf(other, wallet.seed)) },
  });
}

/** The one membership that vouches: of several issuers one that admits by vouching. Throws `Withheld`, `Refused`. */
export function vouchingMember(
  registry: Registry, held: readonly Membership[], organisation?: string, issuer?: string,
): Membership {
  const here = held.filter((each) =>
    (organisation ?? each.organisation) === each.organisation && (issuer ?? each.issuer) === each.issuer &&
    each.credentials.size);
  const admits = here.filter((each) => [...each.credentials.keys()].some((epoch) =>
    registry.issuerKeys.get(keyName(each.issuer, each.organisation, epoch))?.methods.includes(VOUCHING)));
  const found = admits.length ? admits : here.slice(0, 1);
  const [first, second] = found;
  if (first === undefined) throw new Withheld("no-pass", "You hold no pass here. Only members can vouch.");
  const names = [...new Set(found.map((each) => each.organisation))].sort();
  if (names.length > 1) {
    throw new Refused("several-organisations", `You hold passes of ${names.join(" and ")}. Say where both of you work.`);
  }
  if (second !== undefined) {
    const called = found.map((each) => each.issuer).join(" and ");
    const words = `You hold passes from ${called}. Say for which of them the invitation is.`;
    throw new Refused("several-issuers", words);
  }
  return first;
}

/** The refusal of a sixth vouch in a quarter. */
export function noneLeft(): Conflict {
  return new Conflict(
    "no-vouch-left", `You have vouched ${VOUCH_SLOTS} times this quarter. Ask another member to vouch.`,
  );
}

// ── asking and vouching ──

/** What two members need to vouch for the client's holder (48 octets). Throws `Refused`, and as `Client.registry`. */
export async function invitation(client: Client, organisation: string, issuer?: string): Promise<Uint8Array> {
  const { registry } = await client.registry();
  const by = await client.joined(organisation, issuer);
  if (!methodsOf(registry, by, organisation).includes(VOUCHING)) {
    throw new Refused("no-vouching", `Members of ${organisation} do not join by vouching.`);
  }
  return client.point(by);
}

/**
 * Vouch for an invitation, at the issuer that it was made for; return how many vouches are left this quarter.
 *
 * Throws `Conflict` when all are used, or this member vouched for this person before; `Refused`, `Withheld`.
 */
export async function vouch(
  client: Client, point: Uint8Array, organisation?: string, issuer?: string,
): Promise<number> {
  const view = await client.registry();
  const { registry } = view;
  const held = vouchingMember(registry, client.wallet.at(client.address), organisation, issuer);
  const quarter = vouchingQuarter(registry, held);
  const credential = held.credentials.get(quarter);
  for (const slot of credential === undefined ? [] : freeSlots(client.wallet, held.organisation, quarter)) {
    const act = vouchAct(client.wallet, credential as Credential, slot, point);
    const key = view.issuerKey(held.issuer, held.organisation, quarter, client.wallet.identities).public_key;
    const holding = {
      credentials: [credential as Credential], keys: new Map([[held.issuer, key]]), seed: client.wallet.seed,
    };
    const signed = present(act, holding, client.rng);
    try {
      parseAnswer(await client.post("api/acts", signed.padded(), ACT, held.issuer), ["repeated"]);
    } catch (error) {
      if (!(error instanceof Conflict) || error.code !== "slot-used") throw error;
      // Used from a device that this one does not know of.
      client.wallet.vouches.add(slot);
      continue;
    }
    client.wallet.vouches.add(slot);
    return freeSlots(client.wallet, held.organisation, quarter).length;
  }
  throw noneLeft();
}
