/** What the parties send each other and write down: profile `undersigned/1`, formats only. */

export { Act, MAX_WIRE, PADDED, SignedAct } from "./act.ts";
export { parseAct, parsePadded, parseSignedAct, signedActFromRecord } from "./act-reading.ts";
export * from "./beside.ts";
export { contextId, parseContext } from "./context.ts";
export { ATTRIBUTES, type Attributes, type Credential, messages, METHOD, parseCredential, texts } from "./credential.ts";
export { blind, nymSecrets } from "./derivation.ts";
export * from "./enrolment.ts";
export * from "./enrolment-reading.ts";
export * from "./enrolment-request.ts";
export { type Issued, type IssuerKey, parseLogEntry, parseRegistryEntry, type RegistryEntry, type Round } from "./entry.ts";
export { LEAST_ROUND, LEAST_WORKFORCE, type Letter, parseLetter, parseTerms, type Terms } from "./letter.ts";
export { checkLine, checkName, MAX_LINE, MAX_NAME, type NameList, parseNames } from "./names.ts";
export { type ContextRule, keyName, KeyRing, present, pseudonymOf, verify, verifyBatch } from "./presentation.ts";
export * from "./mail-request.ts";
export * from "./mailbox.ts";
export { openReceipt, parseReceipt, type Receipt, receiptText } from "./receipt.ts";
export { letterRule, Registry } from "./registry.ts";
export * from "./work.ts";
