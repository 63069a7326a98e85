/** Files of script that are loaded later than their page: each is compared with its digest before it is run. */

import { Unavailable } from "../src/errors.ts";
import type { File } from "./rpc.ts";

/** What is said where a file is not there, or is another one. */
export function notStarted(cause?: unknown): Unavailable {
  return new Unavailable("not-started", "A part of this page did not load. Load the page again.", cause);
}

/**
 * A file, once it is known to be there and to be the one that was meant; a browser has it at hand from then on.
 *
 * Browsers compare no Worker's script and no imported module with a digest by themselves, and do not ask again for a
 * module that they could not have once. Throws `Unavailable`.
 */
export async function fetched(file: File): Promise<File> {
  try {
    const answer = await fetch(file.path, { integrity: file.integrity, credentials: "omit", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    await answer.arrayBuffer();
    return file;
  } catch (error) {
    if (navigator.onLine) throw notStarted(error);
    throw new Unavailable("no-answer", "You are offline. Try again later.", error);
  }
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): {
    createScriptURL(address: string): string;
  };
}

const OWN = /^\/client\/[a-z-]+\.[0-9a-f]{16}\.js$/;

let types: { createScriptURL(address: string): string } | undefined;

/** The address of a file from which a script may be started, also where the browser asks for a promise of that. */
export function trusted({ path }: File): string {
  const own = (address: string): string => {
    if (OWN.test(address)) return address;
    throw new TypeError("no script of this page's own");
  };
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  types ??= trustedTypes?.createPolicy("undersigned", { createScriptURL: own }) ?? { createScriptURL: own };
  return types.createScriptURL(path);
}
