/**
 * Step 4: others who stand by a letter, supporters and shown names (`docs/protocol.md`, section 5).
 *
 * No presentation stands behind either, so neither is in a count. What can be checked is that everybody is told the
 * same, that numbers move by tens and ticks only, and that the names shown are those that the registry binds, no other
 * ones.
 */

import { UndersignedError, Withheld } from "../errors.ts";
import type { NamesShown } from "../protocol/entry.ts";
import { type NameList, namesMatch, parseNames } from "../protocol/names.ts";
import { commas } from "../values/index.ts";
import type { Findings } from "./findings.ts";
import type { Source } from "./source.ts";

/** Compare the names shown under a letter with its newest `names` entry; `index` is that entry's or the letter's. */
export async function checkNames(
  source: Source,
  slug: string,
  entry: NamesShown | null,
  index: number,
  findings: Findings,
): Promise<void> {
  const fail = (code: string, words: string): void => findings.fail(4, "registry", index, code, words);
  let shown: NameList;
  try {
    shown = parseNames(await source.read(`letters/${slug}/names.json`));
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    if (!(error instanceof Withheld)) {
      findings.error(4, "registry", index, error);
    } else if (entry?.count) {
      findings.remark(
        `The names shown under “${slug}” are not here, so whether they are those that the registry binds cannot be ` +
          "checked here.",
      );
    }
    return;
  }
  if (entry === null) {
    fail("names-unbound", `Names are shown under “${slug}”, but the registry binds none.`);
  } else if (shown.number > entry.number) {
    fail(
      "names-newer",
      `The names shown under “${slug}” are list ${commas(shown.number)}, and the registry read here ends with list ` +
        `${commas(entry.number)}. If they were renewed just now, another audit finds them equal.`,
    );
  } else if (!namesMatch(shown, entry)) {
    fail(
      "names-differ",
      `The names shown under “${slug}” are not those of list ${commas(entry.number)}, which the registry binds: one ` +
        "was added, changed, kept or left out.",
    );
  }
}
