/** What a holder looks up after sending: the own acts in the log, and what became of a receipt's promise. */

import { pseudonymOf } from "../protocol/presentation.ts";
import { openReceipt, type Receipt } from "../protocol/receipt.ts";
import { b64u, contains, utf8 } from "../values/index.ts";
import type { Action, Client } from "./client.ts";
import { type Found, type LogView, readLog } from "./log.ts";
import { checkReceipt, type Verdict } from "./receipts.ts";
import { believed, type RegistryView } from "./registry.ts";

/**
 * The log with the holder's own acts under a letter, read whole; remember how long it was.
 *
 * Throws as `readLog`; `Equivocation` when it is not the one seen before.
 */
export async function ownLog(client: Client, slug: string): Promise<LogView> {
  const view = await client.registry();
  const letter = await view.letter(slug);
  return read(client, view, b64u(pseudonymOf(letter.context, client.wallet.seed)));
}

/** The log, read whole, with the acts in which `words` stand. */
async function read(client: Client, view: RegistryView, words: string): Promise<LogView> {
  const { address, wallet } = client;
  const octets = utf8(words);
  const { log: seen } = wallet.pin(address);
  const log = await readLog(client.transport, view, client.policy, { seen, wanted: (entry) => contains(entry, octets) });
  wallet.saw(address, { log: believed(log.checkpoint, log.policy) });
  return log;
}

/**
 * The own act with its proof, made here and verified, or null while it is not in the log.
 *
 * `log` is one that was read before. Throws as `ownLog` and `Client.act`.
 */
export async function findProof(
  client: Client, slug: string, action: Action = "sign", organisation?: string, log?: LogView,
): Promise<Found | null> {
  const view = await client.registry();
  const { digest } = client.act(view, await view.letter(slug), action, organisation);
  return (log ?? (await ownLog(client, slug))).find(digest);
}

/**
 * What became of the act that a receipt promises; `now` is a full hour in UTC.
 *
 * Throws as `checkReceipt`; `Equivocation` when the log is not the one seen before.
 */
export async function check(client: Client, receipt: Uint8Array, now: string): Promise<Verdict> {
  const view = await client.registry();
  const promise = openReceipt(receipt, view.registry.receiptKeys);
  const log = await read(client, view, promise.context);
  const withdrawal = counterpart(client, promise, view);
  return checkReceipt(receipt, view, client.policy, withdrawal === undefined ? { now, log } : { now, log, withdrawal });
}

/** The digest of the withdrawal that belongs to a signature, or the other way round, where both were sent. */
function counterpart(client: Client, promise: Receipt, view: RegistryView): string | undefined {
  return client.wallet.receipts
    .filter((each) => each.address === client.address)
    .map((each) => openReceipt(each.receipt, view.registry.receiptKeys))
    .filter((other) => other.context === promise.context && other.organisation === promise.organisation)
    .find((other) => other.act !== promise.act)?.act;
}
