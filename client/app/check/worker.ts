/** A Worker that reads entries and verifies presentations for the checking page. It asks no server for anything. */

import { prepare, PROFILE } from "../../src/bbs/generators.ts";
import { proveSound } from "../../src/auditor/known.ts";
import { type ScopeLike, serve } from "../../src/auditor/parallel.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

serve(globalThis as unknown as ScopeLike, random, () => {
  // While somebody still chooses what to check, or the page reads checkpoints and registry.
  prepare(PROFILE);
  proveSound(random);
});
