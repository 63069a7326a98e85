/** The log of acts, read whole: nothing looks up a pseudonym, so no server learns whose act was looked for. */

import { Refused, Withheld } from "../errors.ts";
import { parseSignedAct } from "../protocol/act-reading.ts";
import { parseLogEntry } from "../protocol/entry.ts";
import { VerifierKey } from "../tlog/note.ts";
import { Policy } from "../tlog/policy.ts";
import { TlogProof, verify as verifyProof } from "../tlog/proof.ts";
import { bundles, type File, readBundle } from "../tlog/tile.ts";
import { Rebuilder, TileReader } from "../tlog/tile-tree.ts";
import { contains, same, utf8 } from "../values/index.ts";
import { MAX_BUNDLE, MAX_CHECKPOINT, refuseForked, refuseShrunk, type RegistryView, unsigned } from "./registry.ts";
import type { Transport } from "./transport.ts";

/** How an entry that is not an act begins, or goes on: acts have no field of this name. */
const ENTRY = /* @__PURE__ */ utf8('"entry":"');

/**
 * The policy for the log that genesis names: the pinned witnesses and quorum, and this log's key.
 *
 * Where the pinned policy names logs of this origin itself, it stays as it is.
 */
export function logPolicy(policy: Policy, log: VerifierKey): Policy {
  if (policy.logs.some((each) => each.key.name === log.name)) return policy;
  return new Policy([{ key: log, url: undefined }], policy.witnesses, policy.groups, policy.quorum);
}

/** One's own act in the log: its index, its entry, and the proof that was verified. */
export interface Found {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly proof: TlogProof;
}

/**
 * A log that was read whole and checked against its signed checkpoint.
 *
 * Keeps its tiles, the acts that were wanted by digest, and which (context, organisation) had their last round.
 */
export class LogView {
  readonly checkpoint: Uint8Array;
  readonly policy: Policy;
  readonly key: VerifierKey;
  private readonly acts = new Map<string, readonly [index: number, entry: Uint8Array]>();
  private readonly ended = new Set<string>();
  private readonly files = new Map<string, Uint8Array>();

  constructor(checkpoint: Uint8Array, policy: Policy, key: VerifierKey) {
    this.checkpoint = checkpoint;
    this.policy = policy;
    this.key = key;
  }

  /** Whether an organisation had its last round in a context. */
  hasEnded(context: string, organisation: string): boolean {
    return this.ended.has(`${context} ${organisation}`);
  }

  /**
   * The act with this digest, its proof made and verified, or null where it is not in the log.
   *
   * Throws `Refused` when the proof does not hold.
   */
  async find(digest: string): Promise<Found | null> {
    const place = this.acts.get(digest);
    if (place === undefined) return null;
    const [index, entry] = place;
    const tiles = new TileReader(unsigned(this.checkpoint).size, async (path) => this.file(path));
    const proof = new TlogProof(BigInt(index), await tiles.inclusionProof(BigInt(index)), this.checkpoint);
    verifyProof(proof, entry, this.key.name, this.key, this.policy);
    return { index, entry, proof };
  }

  private file(path: string): Uint8Array {
    const found = this.files.get(path);
    if (found === undefined) throw new Withheld("no-file", `The log has no ${path}.`);
    return found;
  }

  /** The reader's own: keep an entry, if it is wanted. */
  take(index: number, entry: Uint8Array, wanted: (entry: Uint8Array) => boolean): void {
    if (contains(entry, ENTRY)) {
      const parsed = parseLogEntry(entry);
      if (parsed.entry === "round" && parsed.final) this.ended.add(`${parsed.context} ${parsed.organisation}`);
    } else if (wanted(entry)) {
      this.acts.set(parseSignedAct(entry).act.digest, [index, entry]);
    }
  }

  /** The reader's own: keep tiles. */
  keep(files: readonly File[]): void {
    for (const [path, octets] of files) this.files.set(path, octets);
  }
}

/** What of a log is wanted, and what was seen of it before. */
export interface Reading {
  /** The last signed checkpoint of the log that was checked. */
  readonly seen?: Uint8Array | null;
  /** Which acts to keep, by their entries. */
  readonly wanted?: (entry: Uint8Array) => boolean;
}

/**
 * Read and check the whole log that a registry names; keep the acts whose entries are `wanted`.
 *
 * Throws `Refused`, `Equivocation`, `Malformed`; `Withheld` and `Unavailable` when something is not served.
 */
export async function readLog(
  transport: Transport,
  registry: RegistryView,
  policy: Policy,
  { seen = null, wanted = () => true }: Reading = {},
): Promise<LogView> {
  const { genesis } = registry.registry;
  if (genesis === undefined) throw new TypeError("a registry that was replayed has its first entry");
  const key = VerifierKey.parse(genesis.log);
  const believed = logPolicy(policy, key);
  const signed = await transport.get("log/checkpoint", MAX_CHECKPOINT);
  const head = believed.check(signed, key.name);
  if (seen !== null) refuseShrunk(seen, signed);
  const view = new LogView(signed, believed, key);
  const tree = new Rebuilder();
  const pause = seen === null ? 0 : Number(unsigned(seen).size);
  const compare = (): void => {
    if (seen !== null && tree.size === pause) refuseForked(seen, signed, tree.root());
  };
  compare();
  for (const path of bundles(head.size)) {
    const entries = await readBundle(path, (name) => transport.get(`log/${name}`, MAX_BUNDLE));
    entries.forEach((entry, at) => view.take(tree.size + at, entry, wanted));
    const before = Math.max(0, Math.min(pause - tree.size, entries.length));
    view.keep(tree.feed(entries.slice(0, before)));
    if (before) compare();
    view.keep(tree.feed(entries.slice(before)));
  }
  view.keep(tree.partial());
  if (!same(tree.root(), head.root)) {
    throw new Refused("log-root", "The log's entries are not those that its keeper signed.");
  }
  return view;
}
