/** What the page and its Worker say to each other. */

import type { ErrorRecord } from "../../src/errors.ts";
import type { Said } from "../../src/holder/beside.ts";
import type { Purpose } from "../../src/protocol/beside.ts";

/** Have a code mailed, or confirm an address with it; `said` where a name is to be shown. As it was typed. */
export type Asked =
  | { readonly verb: "ask"; readonly letter: string; readonly purpose: Purpose; readonly address: string; readonly language: string }
  | {
      readonly verb: "confirm"; readonly letter: string; readonly purpose: Purpose; readonly address: string;
      readonly code: string; readonly said: Said | null;
    };

export type Message =
  | { readonly id: number; readonly progress: "work" | "sending"; readonly done?: number }
  | { readonly id: number; readonly error: ErrorRecord | null };
