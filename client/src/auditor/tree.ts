/**
 * Steps 2 and 3: every bundle read, every tile and the root recomputed and compared (`docs/protocol.md`, section 6).
 *
 * Memory does not grow with the log: one bundle and one row of hashes per level are kept.
 */

import { Malformed, UndersignedError } from "../errors.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import { HASH, leafHash } from "../tlog/merkle.ts";
import { bundles, type File, parseBundle, type Read, readEither, TILE_WIDTH, TilePath } from "../tlog/tile.ts";
import { hashes, Rebuilder, TileReader } from "../tlog/tile-tree.ts";
import { commas, same } from "../values/index.ts";
import type { Findings } from "./findings.ts";
import type { Head } from "./heads.ts";
import { type Source, within } from "./source.ts";
import type { Earlier } from "./state.ts";

/** Consecutive entries from index `first` on; `entries` is null where `width` entries cannot be read. */
export interface Chunk {
  readonly first: number;
  readonly width: number;
  readonly entries: readonly Uint8Array[] | null;
}

/** Reads one log from its first entry to the size in its checkpoint, once. */
export class Tree {
  private readonly head: Head;
  private readonly read: Read;
  private readonly findings: Findings;
  private readonly tree = new Rebuilder();
  private readonly earlier: Checkpoint | undefined;
  private damaged = false;

  constructor(head: Head, source: Source, findings: Findings, earlier: Earlier | undefined) {
    this.head = head;
    this.read = within(source, head.log);
    this.findings = findings;
    this.earlier = earlier?.checkpoint;
    if (earlier !== undefined) this.sameLog(earlier);
  }

  /** All entries in order, a bundle at a time, comparing tiles on the way and the root at the end. */
  async *chunks(): AsyncGenerator<Chunk, void> {
    this.compareEarlier();
    for (const path of bundles(this.head.checkpoint.size)) {
      const chunk = await this.chunk(path);
      if (chunk === null) return;
      yield chunk;
    }
    for (const file of this.tree.partial()) await this.compare(file);
    if (!same(this.tree.root(), this.head.checkpoint.root)) {
      this.fail(null, "root", "The entries do not make the root that the checkpoint promises.");
    }
  }

  private fail(entry: number | null, code: string, words: string): void {
    this.damaged = true;
    this.findings.fail(2, this.head.log, entry, code, words);
  }

  // ── bundles ──

  /** Read one bundle and put it into the tree; null where the log breaks off. */
  private async chunk(path: TilePath): Promise<Chunk | null> {
    const first = Number(path.index) * TILE_WIDTH;
    let octets: Uint8Array;
    let width: number;
    try {
      [octets, width] = await readEither(path, this.read);
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      this.fail(first, error.code, `The entries from here on cannot be read: ${error.words}`);
      return null;
    }
    let entries: Uint8Array[];
    try {
      entries = parseBundle(octets, width).slice(0, path.width);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return this.unreadable(path, octets, error);
    }
    await this.feed(entries.map(leafHash));
    return { first, width: path.width, entries };
  }

  /** Name the entry at which a bundle stops making sense; go on with the hashes of the tile, if it has them. */
  private async unreadable(path: TilePath, octets: Uint8Array, error: Malformed): Promise<Chunk | null> {
    const first = Number(path.index) * TILE_WIDTH;
    let row: Uint8Array[];
    try {
      row = hashes(await new TileReader(this.head.checkpoint.size, this.read).tile(0, path.index));
    } catch (other) {
      if (!(other instanceof UndersignedError)) throw other;
      this.fail(first, error.code, error.words);
      return null;
    }
    this.fail(first + whole(octets, row), error.code, `${error.words} It stops making sense here.`);
    await this.feed(row);
    return { first, width: path.width, entries: null };
  }

  // ── tiles ──

  private async feed(leaves: readonly Uint8Array[]): Promise<void> {
    const earlier = Number(this.earlier?.size ?? 0n);
    const cut = earlier - this.tree.size;
    if (cut > 0 && cut < leaves.length) {
      await this.feed(leaves.slice(0, cut));
      await this.feed(leaves.slice(cut));
      return;
    }
    for (const file of this.tree.feedHashes(leaves)) await this.compare(file);
    if (this.tree.size === earlier) this.compareEarlier();
  }

  /** Compare one recomputed tile with the one that is published. */
  private async compare([name, octets]: File): Promise<void> {
    const path = TilePath.parse(name);
    let found: Uint8Array;
    try {
      const [served, width] = await readEither(path, this.read);
      // Of a full tile in place of a partial one, its beginning; every other file is compared whole.
      found = width === path.width ? served : served.subarray(0, octets.length);
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      this.fail(null, error.code, `The tile ${name} cannot be read: ${error.words}`);
      return;
    }
    if (same(found, octets)) return;
    if (path.level === 0) this.nameEntries(path, octets, found);
    // Above a damaged entry all tiles differ: the entry is named already.
    else if (!this.damaged) this.fail(null, "tile", `The tile ${name} is not what the entries make.`);
  }

  private nameEntries(path: TilePath, octets: Uint8Array, found: Uint8Array): void {
    const last = Number(this.head.checkpoint.size) - 1;
    for (let at = 0; at < Math.max(octets.length, found.length); at += HASH) {
      if (same(octets.subarray(at, at + HASH), found.subarray(at, at + HASH))) continue;
      const entry = Math.min(Number(path.index) * TILE_WIDTH + at / HASH, last);
      this.fail(entry, "entry-tile", "This entry is not the one that the tree of hashes was made from.");
    }
  }

  // ── step 3 ──

  private sameLog(earlier: Earlier): void {
    const { log, checkpoint, key } = this.head;
    const before = earlier.checkpoint;
    if (checkpoint.origin !== before.origin || (key !== null && key !== earlier.key)) {
      const words = `An earlier audit read “${before.origin}” under another key or name.`;
      this.findings.fail(3, log, null, "other-log", words);
    }
    if (checkpoint.size < before.size) {
      const words =
        `The log had ${commas(before.size)} entries at an earlier audit and has ${commas(checkpoint.size)} now.`;
      this.findings.fail(3, log, null, "log-shorter", words);
    }
  }

  /** Compare the root, when the tree has the size of an earlier audit, with the one seen then. */
  private compareEarlier(): void {
    const before = this.earlier;
    if (before !== undefined && Number(before.size) === this.tree.size && !same(before.root, this.tree.root())) {
      const words =
        `The first ${commas(before.size)} entries are not those of an earlier audit. Keep both signed checkpoints.`;
      this.findings.fail(3, this.head.log, null, "log-rewritten", words);
    }
  }
}

/** How many entries of a damaged bundle are still those that the hashes stand for. */
function whole(octets: Uint8Array, row: readonly Uint8Array[]): number {
  let at = 0;
  for (let good = 0; ; good += 1) {
    const end = at + 2 + (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0));
    const hash = row[good];
    if (good >= row.length - 1 || hash === undefined || !same(leafHash(octets.slice(at + 2, end)), hash)) return good;
    at = end;
  }
}
