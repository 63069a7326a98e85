/** BBS signatures with blind issuance and pseudonyms, of the pinned profile. */

export { blindSign, commit, type Held, verifyCommitment, verifySignature } from "./blind.ts";
export { COMMITMENT, N_MESSAGES, N_SECRETS, proofSize, PSEUDONYM, PUBLIC_KEY, SIGNATURE } from "./ciphersuite.ts";
export type { Rng } from "./octets.ts";
export { prove, type Showing, type Statement, Verifier } from "./proof.ts";
export { pseudonym } from "./pseudonym.ts";
export { proveRepresentation, REPRESENTATION, verifyRepresentation } from "./representation.ts";
export { keygen, publicKey } from "./signature.ts";
