/** The Workers of a check: one script from this page's own address, compared with its digest before it is started. */

import { fetched, trusted } from "../files.ts";
import type { File } from "../rpc.ts";

/** The Workers' script, put in when this script is built. */
declare const WORKER: File;

/** As many Workers as anybody's processor has use for. */
export const MOST_WORKERS = 64;

/** How many Workers this device has processors for; browsers may say fewer than there are. */
export function usual(): number {
  const { hardwareConcurrency } = navigator as { hardwareConcurrency?: number };
  return Math.min(MOST_WORKERS, Math.max(1, hardwareConcurrency ?? 1));
}

/** Start so many Workers. Throws `Unavailable` when their script is not there, or not the one this page was built with. */
export async function start(count: number): Promise<Worker[]> {
  const address = trusted(await fetched(WORKER));
  return Array.from({ length: count }, () => new Worker(address, { type: "module", name: "undersigned-check" }));
}
