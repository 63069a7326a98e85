/**
 * Step 4, of issuers' keys: whether each issuer signed its own.
 *
 * Whoever keeps the registry enters the keys, and could enter one of their own under another issuer's name. Where
 * entries bear the issuer's signature, it holds and is by one key an issuer (`protocol/registry`). Whether that one is
 * the issuer's is known only to who has it from the issuer: the command compares it.
 */

import type { IssuedCorrected, IssuerKey } from "../protocol/entry.ts";
import { commas } from "../values/index.ts";
import { type Findings, quoted } from "./findings.ts";

const keysIn = (number: number): string => `${commas(number)} ${number === 1 ? "key" : "keys"}`;

/** Say which issuers did not sign keys that stand in their names. */
export function checkIdentities(keys: Iterable<IssuerKey>, findings: Findings): void {
  const all = [...keys];
  for (const issuer of [...new Set(all.map((each) => each.issuer))].sort()) {
    const own = all.filter((each) => each.issuer === issuer);
    const unsigned = own.filter((each) => each.identity === undefined).length;
    if (!unsigned) continue;
    findings.remark(
      `${issuer}: ${commas(unsigned)} of ${keysIn(own.length)} in the registry not signed by the issuer itself. ` +
      "Whoever keeps the registry could have entered them in its name; ask the issuer.",
    );
  }
}

/** Say every number of members that an issuer took back. */
export function tellCorrections(corrections: Iterable<IssuedCorrected>, findings: Findings): void {
  for (const { issuer, organisation, epoch, tick, was, at_most: atMost, reason } of corrections) {
    findings.remark(
      `${issuer} took back its number of members of ${organisation} in ${epoch} on ${tick.slice(0, 10)}: not ` +
      `${commas(was)} but at most ${commas(atMost)} (${quoted(reason)}).`,
    );
  }
}
