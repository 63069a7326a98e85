/**
 * What became of a promise: whether the act behind a receipt is counted (section 5, “Receipt”).
 *
 * Anyone with the receipt can check it; no secret is needed.
 */

import { Withheld } from "../errors.ts";
import { parseContext } from "../protocol/context.ts";
import { openReceipt, type Receipt } from "../protocol/receipt.ts";
import type { Policy } from "../tlog/policy.ts";
import { commas, contains, utf8 } from "../values/index.ts";
import { type Found, type LogView, readLog } from "./log.ts";
import type { RegistryView } from "./registry.ts";

/** `missing` is the one state in which the receipt proves that something was dropped. */
export type State = "counted" | "waiting" | "goal-missed" | "cancelled" | "late" | "missing";

/** The state of a promise, in a code and in words; `found` where the act is in the log. */
export interface Verdict {
  readonly state: State;
  readonly words: string;
  readonly promise: Receipt;
  readonly found: Found | null;
}

/** What is known beside the receipt. */
export interface Known {
  /** A full hour in UTC. */
  readonly now: string;
  /** A log that was read before. */
  readonly log?: LogView;
  /**
   * The digest of the holder's withdrawal, or of the signature where the receipt is for the withdrawal, where the
   * holder knows that both were sent: then both may rightly be absent.
   */
  readonly withdrawal?: string;
}

/** Say what became of the act that a receipt promises. Throws `Refused` for a receipt of elsewhere; as `readLog`. */
export async function checkReceipt(
  receipt: Uint8Array,
  registry: RegistryView,
  policy: Policy,
  known: Known,
): Promise<Verdict> {
  const promise = openReceipt(receipt, registry.registry.receiptKeys);
  const context = utf8(promise.context);
  const wanted = (entry: Uint8Array): boolean => contains(entry, context);
  const log = known.log ?? (await readLog(registry.transport, registry, policy, { wanted }));
  const found = await log.find(promise.act);
  if (found !== null) {
    const words = `Counted: it is entry ${commas(found.index)} of the public log.`;
    return { state: "counted", words, promise, found };
  }
  const closed = registry.registry.closed.get(parseContext(promise.context)[1]);
  if (closed?.outcome === "goal-missed") {
    const words = "The letter missed its goal. Nothing was published and everything was erased.";
    return { state: "goal-missed", words, promise, found };
  }
  if (closed === undefined && !log.hasEnded(promise.context, promise.organisation)) {
    return open(promise, await deadline(promise, registry), known.now);
  }
  if (known.withdrawal !== undefined && (await log.find(known.withdrawal)) === null) {
    const words = "Signature and withdrawal met before a count. So neither was ever published.";
    return { state: "cancelled", words, promise, found };
  }
  const words =
    "Missing: the last count is published and this is not in it. Unless you signed and withdrew before a count, this " +
    "receipt proves that it was dropped. Keep it, and show it to a journalist with a copy of the log.";
  return { state: "missing", words, promise, found };
}

function open(promise: Receipt, due: string, now: string): Verdict {
  const day = `${due.slice(0, 10)}, ${due.slice(11, 16)} UTC`;
  if (now <= due) {
    const words = `Not counted yet, and not due before ${day}. Check again then.`;
    return { state: "waiting", words, promise, found: null };
  }
  const words = `Not counted yet, though it was due on ${day}: the last count is not published. Keep the receipt.`;
  return { state: "late", words, promise, found: null };
}

/** When the act is due: a later closing by the newest terms moves the promise with it. */
async function deadline(promise: Receipt, registry: RegistryView): Promise<string> {
  const letter = parseContext(promise.context)[1];
  if (!registry.registry.slugs.has(letter) || registry.registry.redacted.has(letter)) return promise.deadline;
  try {
    const { closes } = await registry.latestTerms(letter);
    return closes > promise.deadline ? closes : promise.deadline;
  } catch (error) {
    // Terms that were taken down, all of them, take no promise back.
    if (error instanceof Withheld) return promise.deadline;
    throw error;
  }
}
