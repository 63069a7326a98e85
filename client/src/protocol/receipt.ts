/**
 * Receipts: a signed promise that an act will be in the log (`docs/protocol.md`, section 5).
 *
 * A signed note under a receipt key of the registry. The same act gets the same receipt again. Keeping one is
 * optional: it proves the act to whoever finds it.
 */

import { Malformed, Refused } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { Note, VerifierKey } from "../tlog/note.ts";
import { digest, domain, tick } from "../values/index.ts";
import { parseContext } from "./context.ts";

/**
 * The promise: the act with this SHA-256 is counted by `deadline`, a full hour in UTC.
 *
 * A later closing that the registry logged before the deadline moves the deadline with it. Nothing is promised where
 * the letter has a goal and misses it, nor for a signature that its own withdrawal cancels before its round.
 */
export interface Receipt {
  readonly context: string;
  readonly organisation: string;
  readonly act: string;
  readonly deadline: string;
}

/** The note's text: five lines. */
export function receiptText(of: Receipt): string {
  return `${PROFILE}/receipt\n${of.context}\n${of.organisation}\n${of.act}\n${of.deadline}\n`;
}

/** Read a note's text. Throws `Malformed`. */
export function parseReceipt(text: string): Receipt {
  const lines = text.split("\n");
  const [first, context = "", organisation, act, deadline, end] = lines;
  if (lines.length !== 6 || first !== `${PROFILE}/receipt` || end !== "") {
    throw new Malformed("bad-receipt", "This is not a receipt of this system.");
  }
  parseContext(context);
  return { context, organisation: domain(organisation), act: digest(act), deadline: tick(deadline) };
}

/**
 * Read a signed receipt and check its signature under one of the registry's receipt keys.
 *
 * Throws `Malformed`, or `Refused` when none of the keys signed it.
 */
export function openReceipt(data: Uint8Array, keys: readonly string[]): Receipt {
  const note = Note.parse(data);
  if (!note.verified(keys.map((key) => VerifierKey.parse(key))).length) {
    throw new Refused("receipt-unsigned", "The receipt is not signed by a receipt key of this registry.");
  }
  return parseReceipt(note.text);
}
