/**
 * Tiles and entry bundles (C2SP tlog-tiles): a log as immutable files.
 *
 * A tile of level l holds up to 256 hashes, each the root over 256^l entries; a bundle holds up to 256 entries, each
 * after its length in two octets. A full file bears no width in its name, a partial one `.p/<width>`. Reading goes
 * through `read(path)`, which throws `Withheld` where there is no file. A client appends to no log.
 */

import { Malformed, Refused, Withheld } from "../errors.ts";
import { MAX_ENTRY } from "../values/json.ts";
import { concat } from "../values/octets.ts";
import { commas } from "../values/text.ts";
import { MAX_SIZE } from "./checkpoint.ts";
import { consistencyRanges, EMPTY_ROOT, HASH, inclusionRanges, leafHash, rangeHash, root } from "./merkle.ts";

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** Octets of a full tile. */
export const TILE_SIZE = TILE_WIDTH * HASH;
export const MAX_LEVEL = 63;
/** Tiles that a `TileReader` keeps, at most 8 KiB each. */
const KEPT_TILES = 256;
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

/** The tile's octets, `width` hashes. Throws `Malformed`. */
export function parseTile(octets: Uint8Array, width: number): Uint8Array {
  if (octets.length !== width * HASH) {
    const words = `The tile has ${commas(octets.length)} octets instead of ${commas(width * HASH)}.`;
    throw new Malformed("tile", words);
  }
  return octets;
}

/** The hashes that stand in octets, one after the other. */
export function hashes(octets: Uint8Array): Uint8Array[] {
  return Array.from({ length: octets.length / HASH }, (_, at) => octets.slice(at * HASH, (at + 1) * HASH));
}

// ── recomputing ──

/** Makes every tile and the root from the entries in order, keeping one row of hashes per level. */
export class Rebuilder {
  /** Entries taken so far. */
  size = 0;
  private readonly rows: Uint8Array[][] = [];

  /** Take the next entries; return the tiles, of all levels, that became full. */
  feed(entries: readonly Uint8Array[]): File[] {
    return this.feedHashes(entries.map(leafHash));
  }

  /** Take the next entries by their leaf hashes; otherwise as `feed`. */
  feedHashes(leafHashes: readonly Uint8Array[]): File[] {
    const files: File[] = [];
    for (const hash of leafHashes) {
      this.row(0).push(hash);
      this.size += 1;
      if (this.size % TILE_WIDTH === 0) files.push(...this.complete());
    }
    return files;
  }

  private row(level: number): Uint8Array[] {
    const found = this.rows[level] ?? [];
    this.rows[level] = found;
    return found;
  }

  /** Tiles that end with the entry just taken; each hands its root to the level above. */
  private complete(): File[] {
    const files: File[] = [];
    for (let level = 0; this.row(level).length === TILE_WIDTH; level += 1) {
      const row = this.row(level);
      const index = Math.floor(this.size / TILE_WIDTH ** (level + 1)) - 1;
      files.push([String(new TilePath(level, index)), concat(...row)]);
      this.row(level + 1).push(root(row));
      this.rows[level] = [];
    }
    return files;
  }

  /** Partial tiles at this size. */
  partial(): File[] {
    return this.rows.flatMap((row, level): File[] => {
      if (!row.length) return [];
      const index = Math.floor(this.size / TILE_WIDTH ** (level + 1));
      return [[String(new TilePath(level, index, row.length)), concat(...row)]];
    });
  }

  /** Root over everything taken so far. */
  root(): Uint8Array {
    let ragged: Uint8Array[] = [];
    for (const row of this.rows) {
      // What is not yet a whole hash of this level hangs at its right edge.
      const units = [...row, ...ragged];
      ragged = units.length ? [root(units)] : [];
    }
    return ragged[0] ?? EMPTY_ROOT;
  }
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

/**
 * Hashes and proofs of a log of `size` entries from its tiles.
 *
 * It believes the tiles: whoever calls compares `root()` with a checkpoint, or verifies proofs.
 */
export class TileReader {
  readonly size: bigint;
  private readonly read: Read;
  private readonly kept = new Map<string, Uint8Array>();

  constructor(size: bigint | number, read: Read) {
    this.size = BigInt(size);
    this.read = read;
  }

  /** Octets of a tile as wide as it is at this size. Throws `Malformed`, and what `read` throws. */
  async tile(level: number, index: bigint): Promise<Uint8Array> {
    const name = `${level}/${index}`;
    const kept = this.kept.get(name);
    if (kept !== undefined) return kept;
    const left = (this.size >> BigInt(TILE_HEIGHT * level)) - index * BigInt(TILE_WIDTH);
    const path = new TilePath(level, index, left < BigInt(TILE_WIDTH) ? Number(left) : TILE_WIDTH);
    const [octets, width] = await readEither(path, this.read);
    const out = parseTile(octets, width).slice(0, path.width * HASH);
    if (this.kept.size >= KEPT_TILES) this.kept.clear();
    this.kept.set(name, out);
    return out;
  }

  /**
   * Hash of the complete subtree of 2^height entries that begins at index · 2^height.
   *
   * Throws `Refused` when it does not lie within the log; as `tile`.
   */
  readonly node = async (height: number, index: bigint): Promise<Uint8Array> => {
    if (height < 0 || index < 0n || (index + 1n) << BigInt(height) > this.size) {
      throw new Refused("tile-node", "There is no such complete subtree in this log.");
    }
    const within = height % TILE_HEIGHT;
    const first = index << BigInt(within);
    const octets = await this.tile((height - within) / TILE_HEIGHT, first / BigInt(TILE_WIDTH));
    const at = Number(first % BigInt(TILE_WIDTH)) * HASH;
    return root(hashes(octets.subarray(at, at + (HASH << within))));
  };

  /** Root of the log. Throws as `tile`. */
  root(): Promise<Uint8Array> {
    return rangeHash(0n, this.size, this.node);
  }

  /** Hashes that show entry `index` in the log, leaf's sibling first. Throws as `node`. */
  async inclusionProof(index: bigint): Promise<Uint8Array[]> {
    return this.all(inclusionRanges(index, this.size));
  }

  /** Hashes that show that the log grew out of its first `oldSize` entries. Throws as `node`. */
  async consistencyProof(oldSize: bigint): Promise<Uint8Array[]> {
    return this.all(consistencyRanges(oldSize, this.size));
  }

  private async all(ranges: readonly (readonly [bigint, bigint])[]): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    for (const [first, end] of ranges) out.push(await rangeHash(first, end, this.node));
    return out;
  }
}

