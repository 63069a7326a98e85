/** Ways of joining, as the Worker knows them: how evidence is spelled, and what is sent. Each page has its own part. */

import { Refused } from "../../src/errors.ts";
import type { Client, Said } from "../../src/holder/client.ts";
import { typedCode } from "../../src/protocol/enrolment.ts";
import type { Draft, Evidence, Goal } from "../rpc.ts";
import type { Service } from "./service.ts";

/** What people say of themselves, and to whom. */
export const said = ({ issuer, roleFamily, standing }: Draft): Said => ({ roleFamily, standing, ...(issuer === "" ? {} : { issuer }) });

/** Whether something was brought for this: a place of work, and an issuer at an address. */
export function isFor(brought: Goal & Pick<Draft, "organisation">, { organisation, issuer, at }: Draft): boolean {
  return brought.organisation === organisation && brought.issuer === issuer && brought.at === at;
}

/** A way of joining. */
export interface Way {
  /** What was typed, in its one spelling; what is empty stays so. Throws `Malformed`. */
  spell(evidence: Evidence): Evidence;
  /** Join. Throws as `Client.enrol`. */
  join(client: Client, draft: Draft, service: Service): Promise<unknown>;
}

const code: Way = {
  spell: ({ code: typed = "" }) => (typed === "" ? {} : { code: typedCode(typed) }),
  join: (client, draft) => client.enrol(draft.organisation, draft.evidence["code"] ?? "", said(draft)),
};

const WAYS = new Map([["code", code]]);

/** Learn ways that are rarer: they are loaded with what else is (`more`). */
export function learnWays(more: Readonly<Record<string, Way>>): void {
  for (const [method, way] of Object.entries(more)) WAYS.set(method, way);
}

/** Whether a way is one of those that are loaded, or was already. */
export const knows = (method: string): boolean => WAYS.has(method);

/** The way of a name. Throws `Refused` for one that is unknown here. */
export function wayOf(method: string): Way {
  const way = WAYS.get(method);
  if (way === undefined) throw new Refused("other-method", "This page does not know this way of joining. Load it again.");
  return way;
}
