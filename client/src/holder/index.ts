/**
 * The holder: everything that happens on a person's own device (`docs/protocol.md`, section 3).
 *
 * Reads what an instance publishes and believes none of it before it is checked.
 */

export { instance, letterAddress } from "./address.ts";
export { check, findProof, ownLog } from "./afterwards.ts";
export { type Action, Client, disclosures, type Intent, type Said, type Sent, type Surroundings } from "./client.ts";
export type { Reach } from "./issuers.ts";
export { type Found, type LogView, readLog } from "./log.ts";
export { checkPhrase, newPhrase, pairs, phraseEntropy, phraseSeed } from "./phrase.ts";
export { cancel, replace, restore } from "./recovery.ts";
export { checkReceipt, type Known, type State, type Verdict } from "./receipts.ts";
export { Equivocation, readRegistry, type RegistryView } from "./registry.ts";
export { type Fetch, FetchTransport, type Transport } from "./transport.ts";
export { invitation, invitationOf, vouch } from "./vouching.ts";
export { type Membership, Wallet } from "./wallet.ts";
export * from "./wallet-file.ts";
