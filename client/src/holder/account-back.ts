/** How a provider's answer comes back to the device's own page: after a “#”, which no server is told. */

/** Characters of the longest answer. */
export const LONGEST = 8192;
const BACK = "back?";

/**
 * The fragment by which a provider's answer is handed to the page that keeps the question; null where there is none.
 *
 * `search` and `hash` are those of the address to which the provider sent somebody, with their “?” and “#”.
 */
export function handover(search: string, hash: string): string | null {
  const answer = [search, hash].map((part) => part.slice(1)).find((part) => part !== "");
  return answer === undefined || answer.length > LONGEST ? null : `${BACK}${answer}`;
}

/** The answer that a fragment hands over, as `answered` takes it; null where it hands over none. */
export function handedOver(fragment: string): string | null {
  const given = fragment.replace(/^#/, "");
  return given.startsWith(BACK) ? given.slice(BACK.length) : null;
}
