/** Randomness of our vectors, which is none: SHAKE-256 of a label (`vectors/README.md`). */

import { shake256 } from "@noble/hashes/sha3.js";
import type { Rng } from "../../src/bbs/octets.ts";
import { concat, fromHex, utf8 } from "../../src/values/index.ts";

export function octetsOf(label: string, length: number): Uint8Array {
  return shake256(utf8(`undersigned/1 vectors/${label}`), { dkLen: length });
}

/** Call number i, from 0, gives `octetsOf(label + "/" + i, length)`. */
export function draws(label: string): Rng {
  let calls = 0;
  return (length) => {
    const out = octetsOf(`${label}/${calls}`, length);
    calls += 1;
    return out;
  };
}

/** Octets written as runs: `7b00 80 00*12`. */
export function runs(text: string): Uint8Array {
  return concat(
    ...text.split(" ").filter((part) => part !== "").map((part) => {
      const [octets = "", times = "1"] = part.split("*");
      return fromHex(octets.repeat(Number(times)));
    }),
  );
}
