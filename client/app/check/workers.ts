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

/** Workers that are started before a check is: more would be much for a page that somebody only looks at. */
const MOST_WAITING = 8;

/** Start so many Workers. Throws `Unavailable` when their script is not there, or not the one this page was built with. */
async function start(count: number): Promise<Worker[]> {
  if (count === 0) return [];
  const address = trusted(await fetched(WORKER));
  return Array.from({ length: count }, () => new Worker(address, { type: "module", name: "undersigned-check" }));
}

/**
 * The Workers of a page's next check: they make their tables while somebody still chooses what to check.
 *
 * One that ends while it waits is not given to a check, where nobody would hear of it.
 */
export class Crew {
  private waiting: Promise<readonly Worker[]> = Promise.resolve([]);
  private readonly ended = new Set<Worker>();

  /** Start as many as are usual. What keeps them from it is told to the check, which starts its own. */
  prepare(): void {
    const before = this.waiting;
    this.waiting = before.then(async (idle) => {
      const more = await start(Math.max(0, Math.min(usual(), MOST_WAITING) - idle.length));
      for (const worker of more) worker.addEventListener("error", () => this.ended.add(worker));
      return [...idle, ...more];
    }).catch(() => before);
  }

  /** So many Workers, those that wait first. Throws as `start` does. */
  async take(count: number): Promise<readonly Worker[]> {
    const waiting = this.waiting;
    this.waiting = Promise.resolve([]);
    const sound = (await waiting).filter((worker) => !this.ended.has(worker));
    for (const worker of sound.splice(count)) worker.terminate();
    return [...sound, ...(await start(count - sound.length))];
  }
}
