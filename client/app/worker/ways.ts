/** Ways of joining, as the Worker knows them: how evidence is spelled, and what is sent. Each page has its own part. */

import { Refused } from "../../src/errors.ts";
import type { Client } from "../../src/holder/client.ts";
import { typedCode } from "../../src/protocol/enrolment.ts";
import { typedAddress, typedMailedCode } from "../../src/protocol/mailbox.ts";
import type { Draft, Evidence } from "../rpc.ts";
import type { Service } from "./service.ts";

/** A way of joining. */
export interface Way {
  /** What was typed, in its one spelling; what is empty stays so. Throws `Malformed`. */
  spell(evidence: Evidence): Evidence;
  /** Join. Throws as `Client.enrol`. */
  join(client: Client, draft: Draft, service: Service): Promise<unknown>;
}

const code: Way = {
  spell: ({ code: typed = "" }) => (typed === "" ? {} : { code: typedCode(typed) }),
  join: (client, { organisation, evidence, roleFamily, standing }) =>
    client.enrol(organisation, evidence["code"] ?? "", { roleFamily, standing }),
};

/** What is brought as it is: the evidence is in its spelling, or the server says what is wrong. */
const plain = (method: string): Way => ({
  spell: (evidence) => evidence,
  join: (client, { organisation, evidence, roleFamily, standing }) =>
    client.enrol(organisation, { method, evidence }, { roleFamily, standing }),
});

const email: Way = {
  ...plain("email"),
  spell: ({ address: typed = "", code: digits = "" }) => ({
    ...(typed === "" ? {} : { address: typedAddress(typed) }),
    ...(digits === "" ? {} : { code: typedMailedCode(digits) }),
  }),
};

/** What was brought back never leaves the Worker but to the issuer, and is not kept. */
const oidc: Way = {
  spell: () => ({}),
  join: (client, { organisation, roleFamily, standing }, service) =>
    client.enrol(organisation, service.signedIn(organisation), { roleFamily, standing }),
};

const WAYS: ReadonlyMap<string, Way> = new Map([["code", code], ["email", email], ["oidc", oidc], ["vouch", plain("vouch")]]);

/** The way of a name. Throws `Refused` for one that is unknown here. */
export function wayOf(method: string): Way {
  const way = WAYS.get(method);
  if (way === undefined) throw new Refused("other-method", "This page does not know this way of joining. Load it again.");
  return way;
}
