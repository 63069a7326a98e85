/** Rarer ways of joining, as the Worker knows them: by mail, by an account elsewhere, by two members who vouch. */

import { Refused } from "../../src/errors.ts";
import type { Shown } from "../../src/holder/admission.ts";
import { typedAddress, typedMailedCode } from "../../src/protocol/mailbox.ts";
import type { Draft } from "../rpc.ts";
import type { Service } from "./service.ts";
import { isFor, said, type Way } from "./ways.ts";

/** What is brought as it is: the evidence is in its spelling, or the server says what is wrong. */
const plain = (method: string): Way => ({
  spell: (evidence) => evidence,
  join: (client, draft) => client.enrol(draft.organisation, { method, evidence: draft.evidence }, said(draft)),
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
  join: (client, draft, service) => client.enrol(draft.organisation, signedIn(service, draft), said(draft)),
};

/** What a provider sent back for this organisation and issuer and no other, once. Throws `Refused` where there is nothing. */
export function signedIn(service: Service, draft: Draft): Shown {
  const { account } = service;
  service.account = null;
  if (account !== null && isFor(account, draft)) return account.shown;
  throw new Refused("not-signed-in", "Sign in first, then join.");
}

export const rarerWays: Readonly<Record<string, Way>> = { email, oidc, vouch: plain("vouch") };
