/** A Worker that reads entries and verifies presentations for the checking page. It asks no server for anything. */

import { prepare, PROFILE } from "../../src/bbs/generators.ts";
import { type ScopeLike, serve } from "../../src/auditor/parallel.ts";

serve(globalThis as unknown as ScopeLike, (length) => crypto.getRandomValues(new Uint8Array(length)));
// While the page reads checkpoints and registry.
prepare(PROFILE);
