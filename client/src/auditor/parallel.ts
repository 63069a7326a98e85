/**
 * Reading and verifying in several Workers, or here.
 *
 * A Worker's script is `serve(self, randomness)`; a page gives its Workers to a `WorkerPool`. Portions lie in one queue,
 * from which whoever is free takes the next; each has a number, which its answer has to bear. Parts come back in the
 * order of the log. Only a few per Worker are under way, so memory does not grow with the log.
 */

import type { Rng } from "../bbs/octets.ts";
import { Unavailable } from "../errors.ts";
import { Reader, type Rules, type Seen } from "./reading.ts";
import type { Chunk } from "./tree.ts";

/** Portions under way per Worker, those that are done and wait for one before them among them. */
const AHEAD = 3;
/** Portions that a Worker has at a time: the one that it works on, and one so that it need not ask. */
const HELD = 2;
/** Entries that are given to a Worker at once: small, so that a pause and the progress bar come soon. */
export const PORTION = 32;
/** Entries of the smallest portions, at the end of a log: fewer would cost more pairings than they save in waiting. */
export const LEAST_PORTION = 8;

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

type ToWorker = { readonly rules: Rules } | { readonly number: number; readonly portion: Portion };
type FromWorker = { readonly number: number; readonly seen: readonly Seen[] } | { readonly broken: string };

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

/**
 * Answer a page's portions, in a Worker.
 *
 * `begin` comes before any answer: what it throws is the only one that is given.
 */
export function serve(scope: ScopeLike, rng: Rng, begin: () => void = () => undefined): void {
  let reader: Reader | undefined;
  try {
    begin();
  } catch (error) {
    // To each portion: whoever asks may have come later than this.
    const broken = String(error);
    scope.addEventListener("message", () => scope.postMessage({ broken } satisfies FromWorker));
    return;
  }
  scope.addEventListener("message", ({ data }) => {
    if ("rules" in data) {
      reader = new Reader(data.rules, rng);
      return;
    }
    try {
      if (reader === undefined) throw new TypeError("not started");
      const seen = reader.read(data.portion.entries, data.portion.proofsFrom);
      scope.postMessage({ number: data.number, seen } satisfies FromWorker);
    } catch (error) {
      scope.postMessage({ broken: String(error) } satisfies FromWorker);
    }
  });
}

interface Asked {
  readonly number: number;
  readonly portion: Portion;
  readonly resolve: (seen: readonly Seen[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A Worker, and what it was asked and has not answered, the oldest first. */
interface Hand {
  readonly worker: WorkerLike;
  readonly asked: Asked[];
}

/**
 * Several Workers; each answers what it is asked, once and in order.
 *
 * Any other answer ends all: taken for another portion's, it would leave entries that nobody looked at.
 */
export class WorkerPool implements Pool {
  private readonly hands: readonly Hand[];
  private readonly queue: Asked[] = [];
  private portions = 0;
  private dead: Unavailable | undefined;

  constructor(workers: readonly WorkerLike[]) {
    this.hands = workers.map((worker) => ({ worker, asked: [] }));
    for (const hand of this.hands) {
      const { worker } = hand;
      worker.addEventListener("message", ({ data }) => this.hear(hand, data));
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
      if (this.dead !== undefined || this.hands.length === 0) {
        reject(this.dead ?? gone("no Workers"));
        return;
      }
      this.queue.push({ number: this.portions, portion, resolve, reject });
      this.portions += 1;
      this.deal();
    });
  }

  /** Give what waits to those who have least to do. */
  private deal(): void {
    for (let held = 0; held < HELD; held += 1) {
      for (const { worker, asked } of this.hands) {
        if (asked.length > held) continue;
        const next = this.queue.shift();
        if (next === undefined) return;
        asked.push(next);
        worker.postMessage({ number: next.number, portion: next.portion } satisfies ToWorker);
      }
    }
  }

  private hear({ asked }: Hand, data: FromWorker): void {
    if (this.dead !== undefined) return;
    const [oldest] = asked;
    if (!("seen" in data)) {
      this.die(data.broken);
    } else if (oldest === undefined || data.number !== oldest.number) {
      this.die(`answer ${data.number} to ${oldest?.number ?? "no question"}`);
    } else {
      asked.shift();
      oldest.resolve(data.seen);
      this.deal();
    }
  }

  private die(why: string): void {
    this.dead ??= gone(why);
    for (const each of [...this.hands.flatMap(({ asked }) => asked.splice(0)), ...this.queue.splice(0)]) {
      each.reject(this.dead);
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
 * Entries of the next portion, where `left` entries are still to be read: smaller towards the end, so that none waits
 * long for the last one of another. One alone waits for nobody.
 */
export function portionOf(left: number, workers: number): number {
  if (workers === 1) return PORTION;
  return Math.min(PORTION, Math.max(LEAST_PORTION, Math.ceil(left / (2 * workers))));
}

/**
 * Read all chunks of a log of `size` entries, verifying presentations from entry `proofsFrom` on; parts come in their
 * order.
 *
 * Throws `Unavailable` when a Worker dies.
 */
export async function* readAll(
  chunks: AsyncIterable<Chunk>,
  pool: Pool,
  proofsFrom: number,
  size: number,
): AsyncGenerator<Part, void> {
  const waiting: Promise<Part>[] = [];
  const most = pool.workers * AHEAD;
  for await (const { first, width, entries } of chunks) {
    if (entries === null) {
      waiting.push(Promise.resolve({ first, width, seen: null }));
      continue;
    }
    for (let at = 0, end = 0; at < entries.length; at = end) {
      end = at + portionOf(size - first - at, pool.workers);
      const some = entries.slice(at, end);
      const from = first + at;
      const portion = { entries: some, proofsFrom: Math.max(0, proofsFrom - from) };
      const part = pool.read(portion).then((seen) => {
        // An entry that nobody looked at would be missing in every step after this one.
        if (seen.length !== some.length) throw gone(`${seen.length} answers for ${some.length} entries`);
        return { first: from, width: some.length, seen };
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
