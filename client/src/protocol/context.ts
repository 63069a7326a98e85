/**
 * Contexts: what a pseudonym is bound to (`docs/protocol.md`, section 4).
 *
 * A `context_id` is `undersigned/1/<kind>/<digest>`. One character changed in a letter makes another digest, so
 * another context, so another pseudonym.
 */

import { POINT } from "../bbs/ciphersuite.ts";
import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { b64u, canonical, digest, domain, epoch, integer, sha256Hex } from "../values/index.ts";

/** Every kind of context, and so of act, that the profile names. `invitation` is the second context of a vouch. */
export const KINDS: readonly string[] = [
  "letter", "role", "incident", "proposal", "tally", "discussion", "vouch", "invitation",
];

export const VOUCH_SLOTS = 5;

/**
 * The `context_id` of a subject whose canonical octets have this SHA-256 (hex).
 *
 * Throws `Malformed` for an unknown kind or a digest that is not one.
 */
export function contextId(kind: string, subjectDigest: string): string {
  if (!KINDS.includes(kind)) {
    throw new Malformed("unknown-kind", `There is no kind of act named “${kind.slice(0, 40)}”.`);
  }
  return `${PROFILE}/${kind}/${digest(subjectDigest)}`;
}

/** Kind and digest of a `context_id`. Throws `Malformed`. */
export function parseContext(value: unknown): readonly [kind: string, digest: string] {
  const parts = typeof value === "string" ? value.split("/") : [];
  const [first, second, kind, subject] = parts;
  if (parts.length === 4 && `${first}/${second}` === PROFILE && kind !== undefined && KINDS.includes(kind)) {
    return [kind, digest(subject)];
  }
  throw new Malformed("bad-context", "A context is written undersigned/1/<kind>/<64 hex digits>.");
}

/** Context of a member's vouching slot, 1 to 5, in an epoch of an organisation. */
export function vouchContext(organisation: string, quarter: string, slot: number): string {
  const subject = {
    epoch: epoch(quarter),
    i: integer(slot, { least: 1, most: VOUCH_SLOTS, what: "The slot" }),
    organisation: domain(organisation),
  };
  return contextId("vouch", sha256Hex(canonical(subject)));
}

/**
 * Context of an invitation; its subject is the invited person's commitment point (48 octets) as base64url text.
 *
 * Throws `Malformed` for another length.
 */
export function invitationContext(commitment: Uint8Array): string {
  if (commitment.length !== POINT) {
    throw new Malformed("bad-length", `A commitment point has ${POINT} octets, not ${commitment.length}.`);
  }
  return contextId("invitation", sha256Hex(canonical(b64u(commitment))));
}
