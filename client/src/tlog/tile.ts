/**
 * Tiles and entry bundles (C2SP tlog-tiles): a log as immutable files.
 *
 * A tile of level l holds up to 256 hashes, each the root over 256^l entries; a bundle holds up to 256 entries, each
 * after its length in two octets. A full file bears no width in its name, a partial one `.p/<width>`. Reading goes
 * through `read(path)`, which throws `Withheld` where there is no file. A client appends to no log.
 */

import { Malformed, Withheld } from "../errors.ts";
import { MAX_ENTRY } from "../values/json.ts";
import { concat } from "../values/octets.ts";
import { commas } from "../values/text.ts";
import { MAX_SIZE } from "./checkpoint.ts";
import { HASH } from "./merkle.ts";

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** Octets of a full tile. */
export const TILE_SIZE = TILE_WIDTH * HASH;
export const MAX_LEVEL = 63;
/** Characters of the longest path. */
const MAX_PATH = 64;
const PREFIX = 2;
const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** Gives the file at a path, throws `Withheld` where there is none. */
export type Read = (path: string) => Promise<Uint8Array>;
/** Path and octets. */
export type File = readonly [path: string, octets: Uint8Array];

// ── paths ──

/** Which tile, or with `level` null which entry bundle, and how wide. */
export class TilePath {
  readonly level: number | null;
  readonly index: bigint;
  readonly width: number;

  constructor(level: number | null, index: bigint | number, width = TILE_WIDTH) {
    this.level = level;
    this.index = BigInt(index);
    this.width = width;
    if (level !== null && !(level >= 0 && level <= MAX_LEVEL)) {
      throw new Malformed("tile-path", `The level of a tile is from 0 to ${MAX_LEVEL}.`);
    }
    if (this.index < 0n || this.index > MAX_SIZE) {
      throw new Malformed("tile-path", "The number of a tile is from 0 to 2^63 - 1.");
    }
    if (!(width >= 1 && width <= TILE_WIDTH)) {
      throw new Malformed("tile-path", `A tile is 1 to ${TILE_WIDTH} wide.`);
    }
  }

  /** The path below the log's prefix. */
  toString(): string {
    let head = this.index;
    const groups: string[] = [];
    do {
      const group = String(head % 1000n).padStart(3, "0");
      groups.unshift(groups.length ? `x${group}` : group);
      head /= 1000n;
    } while (head);
    const kind = this.level === null ? "entries" : String(this.level);
    return `tile/${kind}/${groups.join("/")}${this.width === TILE_WIDTH ? "" : `.p/${this.width}`}`;
  }

  /** Read a path in its one spelling. Throws `Malformed`. */
  static parse(path: string): TilePath {
    const match = path.length <= MAX_PATH ? PATH.exec(path) : null;
    if (match === null) throw new Malformed("tile-path", "This is not the path of a tile or of an entry bundle.");
    const [, kind = "", index = "", width] = match;
    const out = new TilePath(
      kind === "entries" ? null : Number(kind),
      BigInt(index.replace(/[x/]/g, "")),
      width === undefined ? TILE_WIDTH : Number(width),
    );
    if (String(out) !== path) {
      throw new Malformed("tile-path", "The path of the tile is not in its one allowed spelling.");
    }
    return out;
  }

  /** The path of the full file of the same number. */
  full(): TilePath {
    return new TilePath(this.level, this.index);
  }
}

/** Paths of the entry bundles of a log of `size`, in order, from the one that holds entry `first`. */
export function* bundles(size: bigint, first = 0n): Generator<TilePath> {
  const width = BigInt(TILE_WIDTH);
  for (let start = (first / width) * width; start < size; start += width) {
    const left = size - start;
    yield new TilePath(null, start / width, left < width ? Number(left) : TILE_WIDTH);
  }
}

// ── bundles and tiles ──

/** Octets of an entry bundle of 1 to 256 entries of at most 65,535 octets. Throws `Malformed`. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE_WIDTH) {
    throw new Malformed("bundle-width", `A bundle holds 1 to ${TILE_WIDTH} entries.`);
  }
  return concat(
    ...entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY) {
        throw new Malformed("too-long", `An entry is longer than ${commas(MAX_ENTRY)} octets.`);
      }
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry];
    }),
  );
}

/** The `count` entries of a bundle, which holds nothing else. Throws `Malformed`. */
export function parseBundle(octets: Uint8Array, count: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < octets.length && entries.length < count) {
    const start = at + PREFIX;
    at = start + (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0));
    entries.push(octets.slice(start, at));
  }
  // One comparison for all: a cut prefix or entry moves `at` beyond the end.
  if (at !== octets.length || entries.length !== count) {
    throw new Malformed("bundle", `The bundle does not hold exactly ${count} whole entries.`);
  }
  return entries;
}

// ── reading ──

/**
 * Entries of a bundle.
 *
 * Where the partial file is gone, the full one is read and cut, as `TileReader.tile` does. Throws `Malformed`, and
 * what `read` throws.
 */
export async function readBundle(path: TilePath, read: Read): Promise<Uint8Array[]> {
  const [octets, width] = await readEither(path, read);
  return parseBundle(octets, width).slice(0, path.width);
}

/** Octets of a file and its width: the full one where the partial one is gone, as tlog-tiles allows. */
export async function readEither(path: TilePath, read: Read): Promise<readonly [Uint8Array, number]> {
  try {
    return [await read(String(path)), path.width];
  } catch (error) {
    if (!(error instanceof Withheld) || path.width === TILE_WIDTH) throw error;
    return [await read(String(path.full())), TILE_WIDTH];
  }
}
