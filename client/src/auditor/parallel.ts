/**
 * Reading and verifying in several Workers, or here.
 *
 * A Worker's script is one line, `serve(self, randomness)`; a page gives its Workers to a `WorkerPool`. Chunks come
 * back in their order. Only a few per Worker are under way, so memory does not grow with the log.
 */

import type { Rng } from "../bbs/octets.ts";
import { Unavailable } from "../errors.ts";
import { Reader, type Rules, type Seen } from "./reading.ts";
import type { Chunk } from "./tree.ts";

/** Chunks under way per Worker: one that is worked on, and some so that none waits. */
const AHEAD = 3;
/** Entries that are given to a Worker at once: small, so that a pause and the progress bar come soon. */
export const PORTION = 32;

/** A part of a chunk: its entries, and from which of them on presentations are verified. */
export interface Portion {
  readonly entries: readonly Uint8Array[];
  readonly proofsFrom: number;
}

/** Who reads portions. */
export interface Pool {
  readonly workers: number;
  /** Tell what is to be known; once, before the first portion. */
  start(rules: Rules): void;
  /** What each entry is. Throws `Unavailable` when a Worker dies. */
  read(portion: Portion): Promise<readonly Seen[]>;
  /** Let the Workers go. */
  close(): void;
}

/** Everything happens here, after giving way once to whatever else waits. */
export class LocalPool implements Pool {
  readonly workers = 1;
  private readonly rng: Rng;
  private reader: Reader | undefined;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  start(rules: Rules): void {
    this.reader = new Reader(rules, this.rng);
  }

  async read({ entries, proofsFrom }: Portion): Promise<readonly Seen[]> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.reader === undefined) throw gone("not started");
    return this.reader.read(entries, proofsFrom);
  }

  close(): void {
    this.reader = undefined;
  }
}

// ── messages between a page and its Workers ──

type ToWorker = { readonly rules: Rules } | { readonly portion: Portion };
type FromWorker = { readonly seen: readonly Seen[] } | { readonly broken: string };

/** What this module needs of a Worker, seen from its page. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(kind: "message", listener: (event: MessageEvent<FromWorker>) => void): void;
  addEventListener(kind: "error" | "messageerror", listener: () => void): void;
}

/** What this module needs of a Worker's own scope. */
export interface ScopeLike {
  postMessage(message: unknown): void;
  addEventListener(kind: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

/** Answer a page's portions, in a Worker. */
export function serve(scope: ScopeLike, rng: Rng): void {
  let reader: Reader | undefined;
  scope.addEventListener("message", ({ data }) => {
    if ("rules" in data) {
      reader = new Reader(data.rules, rng);
      return;
    }
    try {
      if (reader === undefined) throw new TypeError("not started");
      const seen = reader.read(data.portion.entries, data.portion.proofsFrom);
      scope.postMessage({ seen } satisfies FromWorker);
    } catch (error) {
      scope.postMessage({ broken: String(error) } satisfies FromWorker);
    }
  });
}

interface Asked {
  readonly resolve: (seen: readonly Seen[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Several Workers; each answers in the order in which it is asked. */
export class WorkerPool implements Pool {
  private readonly hands: readonly { readonly worker: WorkerLike; readonly asked: Asked[] }[];
  private dead: Unavailable | undefined;

  constructor(workers: readonly WorkerLike[]) {
    this.hands = workers.map((worker) => ({ worker, asked: [] }));
    for (const { worker, asked } of this.hands) {
      worker.addEventListener("message", ({ data }) => {
        if ("seen" in data) asked.shift()?.resolve(data.seen);
        else this.die(data.broken);
      });
      worker.addEventListener("error", () => this.die("error"));
      worker.addEventListener("messageerror", () => this.die("messageerror"));
    }
  }

  get workers(): number {
    return this.hands.length;
  }

  start(rules: Rules): void {
    for (const { worker } of this.hands) worker.postMessage({ rules } satisfies ToWorker);
  }

  read(portion: Portion): Promise<readonly Seen[]> {
    return new Promise((resolve, reject) => {
      const [free] = [...this.hands].sort((left, right) => left.asked.length - right.asked.length);
      if (this.dead !== undefined || free === undefined) {
        reject(this.dead ?? gone("no Workers"));
        return;
      }
      free.asked.push({ resolve, reject });
      free.worker.postMessage({ portion } satisfies ToWorker);
    });
  }

  private die(why: string): void {
    this.dead ??= gone(why);
    for (const { asked } of this.hands) {
      for (const each of asked.splice(0)) each.reject(this.dead);
    }
  }

  close(): void {
    for (const { worker } of this.hands) worker.terminate();
  }
}

function gone(why: string): Unavailable {
  const words = "A worker of the audit was ended from outside, perhaps for want of memory.";
  return new Unavailable("worker-died", words, why);
}

/** Entries that were read: from index `first` of the log on; `seen` is null where they cannot be read. */
export interface Part {
  readonly first: number;
  readonly width: number;
  readonly seen: readonly Seen[] | null;
}

/**
 * Read all chunks, verifying presentations from entry `proofsFrom` of the log on; parts come in their order.
 *
 * Throws `Unavailable` when a Worker dies.
 */
export async function* readAll(
  chunks: AsyncIterable<Chunk>,
  pool: Pool,
  proofsFrom: number,
): AsyncGenerator<Part, void> {
  const waiting: Promise<Part>[] = [];
  const most = pool.workers * AHEAD;
  for await (const { first, width, entries } of chunks) {
    if (entries === null) {
      waiting.push(Promise.resolve({ first, width, seen: null }));
      continue;
    }
    for (let at = 0; at < entries.length; at += PORTION) {
      const some = entries.slice(at, at + PORTION);
      const portion = { entries: some, proofsFrom: Math.max(0, proofsFrom - first - at) };
      const part = pool.read(portion).then((seen) => {
        // An entry that nobody looked at would be missing in every step after this one.
        if (seen.length !== some.length) throw gone(`${seen.length} answers for ${some.length} entries`);
        return { first: first + at, width: some.length, seen };
      });
      // It is awaited in its turn; until then a failure is nobody's yet.
      part.catch(() => undefined);
      waiting.push(part);
      while (waiting.length > most) yield await shift(waiting);
    }
  }
  while (waiting.length) yield await shift(waiting);
}

function shift<T>(waiting: Promise<T>[]): Promise<T> {
  const first = waiting.shift();
  if (first === undefined) throw new RangeError("nothing waits");
  return first;
}
