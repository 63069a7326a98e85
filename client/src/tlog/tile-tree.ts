/** A log's tiles, recomputed from its entries, and read for proofs (C2SP tlog-tiles). */

import { Malformed, Refused } from "../errors.ts";
import { concat } from "../values/octets.ts";
import { commas } from "../values/text.ts";
import { EMPTY_ROOT, HASH, leafHash, root } from "./merkle.ts";
import { consistencyRanges, inclusionRanges, rangeHash } from "./merkle-proof.ts";
import { type File, type Read, readEither, TILE_HEIGHT, TILE_WIDTH, TilePath } from "./tile.ts";

/** Tiles that a `TileReader` keeps, at most 8 KiB each. */
const KEPT_TILES = 256;

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

