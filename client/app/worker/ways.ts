/** Ways of joining, as the Worker knows them: how evidence is spelled, and what is sent. Each page has its own part. */

import { Refused } from "../../src/errors.ts";
import type { Client } from "../../src/holder/client.ts";
import { typedCode } from "../../src/protocol/enrolment.ts";
import type { Draft, Evidence } from "../rpc.ts";

/** A way of joining. */
export interface Way {
  /** What was typed, in its one spelling; what is empty stays so. Throws `Malformed`. */
  spell(evidence: Evidence): Evidence;
  /** Join. Throws as `Client.enrol`. */
  join(client: Client, draft: Draft): Promise<unknown>;
}

const code: Way = {
  spell: ({ code: typed = "" }) => (typed === "" ? {} : { code: typedCode(typed) }),
  join: (client, { organisation, evidence, roleFamily, standing }) =>
    client.enrol(organisation, evidence["code"] ?? "", { roleFamily, standing }),
};

const WAYS: ReadonlyMap<string, Way> = new Map([["code", code]]);

/** The way of a name. Throws `Refused` for one that is unknown here. */
export function wayOf(method: string): Way {
  const way = WAYS.get(method);
  if (way === undefined) throw new Refused("other-method", "This page does not know this way of joining. Load it again.");
  return way;
}
