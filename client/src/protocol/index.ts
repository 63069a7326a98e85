/** What the parties send each other and write down: profile `undersigned/1`, formats only. */

export { Act, MAX_WIRE, PADDED, parseAct, parsePadded, parseSignedAct, SignedAct } from "./act.ts";
export { contextId, parseContext } from "./context.ts";
export { ATTRIBUTES, type Attributes, type Credential, METHOD, messages, texts } from "./credential.ts";
export { blind, nymSecrets } from "./derivation.ts";
export { typedCode } from "./enrolment.ts";
export type { Issued, IssuerKey, RegistryEntry, Round } from "./entry.ts";
export { LEAST_ROUND, LEAST_WORKFORCE, type Letter, parseLetter, parseTerms, type Terms } from "./letter.ts";
export { type ContextRule, KeyRing, keyName, present, pseudonymOf, verify, verifyBatch } from "./presentation.ts";
export { openReceipt, type Receipt } from "./receipt.ts";
export { letterRule, Registry } from "./registry.ts";
