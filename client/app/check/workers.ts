/** The Workers of a check: one script from this page's own address, compared with its digest before it is started. */

import { Unavailable } from "../../src/errors.ts";

/** Where the Workers' script is and what it has to be, put in when this script is built. */
declare const WORKER: { readonly path: string; readonly integrity: string };

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): {
    createScriptURL(address: string): string;
  };
}

/** As many Workers as anybody's processor has use for. */
export const MOST_WORKERS = 64;

let address: string | undefined;

/** The one address from which a script may be started, also where the browser asks for a promise of that. */
function trusted(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const rules = { createScriptURL: () => WORKER.path };
  address ??= types === undefined ? WORKER.path : types.createPolicy("undersigned", rules).createScriptURL(WORKER.path);
  return address;
}

/** How many Workers this device has processors for; browsers may say fewer than there are. */
export function usual(): number {
  const { hardwareConcurrency } = navigator as { hardwareConcurrency?: number };
  return Math.min(MOST_WORKERS, Math.max(1, hardwareConcurrency ?? 1));
}

/** Start so many Workers. Throws `Unavailable` when their script is not there, or not the one this page was built with. */
export async function start(count: number): Promise<Worker[]> {
  try {
    // Browsers do not compare a Worker's script with a digest by themselves.
    const answer = await fetch(WORKER.path, { integrity: WORKER.integrity, credentials: "omit", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    await answer.arrayBuffer();
    return Array.from({ length: count }, () => new Worker(trusted(), { type: "module", name: "undersigned-check" }));
  } catch (error) {
    throw new Unavailable("not-started", "A part of this page did not load. Load the page again.", error);
  }
}
