/** Where vectors lie, and their quirks. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expandMessage, type Rng } from "../../src/bbs/octets.ts";
import { concat, fromHex, utf8 } from "../../src/values/index.ts";

/** Root of the checkout: `npm test` runs in `client/`. */
export const ROOT = join(process.cwd(), "..");
export const SHARED = join(ROOT, "..", "shared", "vectors");
export const OURS = join(ROOT, "vectors");

// deno-lint-ignore no-explicit-any
export type Any = any;

/** Why the vectors made by others cannot be run, or false. */
export const absent = (name: string): string | false => {
  if (existsSync(join(SHARED, name))) return false;
  if (process.env["CI"]) throw new Error(`CI has to have ../shared/vectors/${name}`);
  return `vectors made by others are absent: put them at ../shared/vectors/${name}`;
};

export function readJson(...path: string[]): Any {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

export function walk(folder: string, under = ""): string[] {
  if (!existsSync(join(folder, under))) return [];
  return readdirSync(join(folder, under), { withFileTypes: true })
    .flatMap((item) => (item.isDirectory() ? walk(folder, join(under, item.name)) : [join(under, item.name)]))
    .sort();
}

/** A fixture of one of the BBS drafts. */
export const fixture = (draft: string, name: string): Any =>
  readJson(SHARED, "bbs", draft, "bls12-381-sha-256", `${name}.json`);

/** Names of all fixtures of a draft. */
export const fixtures = (draft: string): string[] =>
  walk(join(SHARED, "bbs", draft, "bls12-381-sha-256")).map((path) => path.replace(/\.json$/, ""));

/** Hex; an absent value is empty. Two fixtures carry a stray `s` after the last digit. */
export const octets = (text: string | null | undefined): Uint8Array => fromHex((text ?? "").replace(/s$/, ""));
export const octetsList = (texts: string[] | null | undefined): Uint8Array[] => (texts ?? []).map(octets);
/** Hex of a scalar; some have 63 digits, an absent one is 0. */
export const scalar = (text: string | null | undefined): bigint => BigInt(`0x${text || "0"}`);

/** The drafts' mocked randomness; `skip` octets are drawn before ours. */
export function mock(seed: Uint8Array, dst: Uint8Array, skip = 0): Rng {
  return (length) => expandMessage(seed, dst, skip + length).slice(skip);
}

export const mockOf = (parameters: Any, step: string, skip = 0): Rng =>
  mock(utf8(parameters.SEED), utf8(parameters[step].DST), skip);

export { concat };
