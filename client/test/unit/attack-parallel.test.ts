/** Workers that die, lie, answer twice or for another: no entry is left out, or there is no result. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Findings, KEPT } from "../../src/auditor/findings.ts";
import { LEAST_PORTION, PORTION, portionOf, readAll, type ScopeLike, WorkerPool } from "../../src/auditor/parallel.ts";
import type { Seen } from "../../src/auditor/reading.ts";
import type { Chunk } from "../../src/auditor/tree.ts";
import { Unavailable } from "../../src/errors.ts";
import { fromUtf8, utf8 } from "../../src/values/index.ts";
import type { Any } from "../support/files.ts";
import { workerOf } from "../support/workers.ts";

const RULES = { contexts: new Map(), untold: new Map(), keys: new Map(), methods: new Map() };
const WIDTH = 256;

/** What is said of an entry that is nothing: its own text. */
const named = (octets: Uint8Array): Seen => ({
  entry: "unread", error: { family: "malformed", code: fromUtf8(octets), words: "" },
});

async function* logOf(size: number): AsyncGenerator<Chunk, void> {
  for (let first = 0; first < size; first += WIDTH) {
    const width = Math.min(WIDTH, size - first);
    yield { first, width, entries: Array.from({ length: width }, (_, at) => utf8(String(first + at))) };
  }
}

type Asked = { readonly number: number; readonly portion: { readonly entries: readonly Uint8Array[] } };

/** A Worker that says what `answer` makes of a portion, and of how many it was asked before. */
function speaking(answer: (asked: Asked, before: number, say: (message: unknown) => void) => void) {
  return (scope: ScopeLike): void => {
    let before = 0;
    scope.addEventListener("message", ({ data }) => {
      if ("rules" in data) return;
      answer(data as Asked, before, (message) => scope.postMessage(message));
      before += 1;
    });
  };
}

const honest = speaking(({ number, portion }, _, say) => say({ number, seen: portion.entries.map(named) }));

/** All that is said of a log, by index. */
async function read(pool: WorkerPool, size: number): Promise<string[]> {
  const out: string[] = [];
  pool.start(RULES as Any);
  for await (const { first, seen } of readAll(logOf(size), pool, 0, size)) {
    seen?.forEach((each, at) => {
      assert.equal(first + at, out.length);
      out.push((each as Any).error.code);
    });
  }
  return out;
}

const died = (error: unknown): boolean => error instanceof Unavailable && error.code === "worker-died";

// ── nothing twice, nothing never ──

test("every entry is given to one Worker once, whoever is slow, and comes back in its place", async () => {
  for (const size of [0, 1, 31, 33, 256, 257, 1043]) {
    for (const count of [1, 2, 3, 7]) {
      const given: string[] = [];
      const noting = speaking(({ number, portion }, _, say) => {
        given.push(...portion.entries.map(fromUtf8));
        say({ number, seen: portion.entries.map(named) });
      });
      let turn = 0;
      const workers = Array.from({ length: count }, (_, at) => workerOf(noting, () => (at === 0 ? 4 : (turn += 1) % 3)));
      const expected = Array.from({ length: size }, (_, at) => String(at));
      assert.deepEqual(await read(new WorkerPool(workers), size), expected);
      assert.deepEqual(given.sort((left, right) => Number(left) - Number(right)), expected);
    }
  }
});

test("portions are smaller towards the end, where several work, and never too small to be worth it", () => {
  for (const workers of [1, 2, 4, 64]) {
    let last = PORTION;
    for (let left = 2000; left > 0; left -= portionOf(left, workers)) {
      const next = portionOf(left, workers);
      assert.ok(next <= last && next >= LEAST_PORTION);
      if (workers === 1) assert.equal(next, PORTION);
      // At most half of what is left for each: whoever takes the last one does not work on alone for long.
      else if (next > LEAST_PORTION) assert.ok(next - 1 < left / workers / 2);
      last = next;
    }
    assert.equal(last, workers === 1 ? PORTION : LEAST_PORTION);
  }
});

// ── what a Worker may not do ──

const WRONG: Readonly<Record<string, Parameters<typeof speaking>[0]>> = {
  "answers twice": ({ number, portion }, _, say) => {
    say({ number, seen: portion.entries.map(named) });
    say({ number, seen: portion.entries.map(named) });
  },
  "answers for another": ({ number, portion }, before, say) => {
    say({ number: before === 1 ? number + 1 : number, seen: portion.entries.map(named) });
  },
  "answers the first again": (() => {
    let first: Asked | null = null;
    return (asked, _, say) => {
      first ??= asked;
      say({ number: first.number, seen: first.portion.entries.map(named) });
    };
  })(),
  "says nothing of a number": ({ portion }, _, say) => say({ seen: portion.entries.map(named) }),
  "says too little": ({ number, portion }, before, say) => {
    say({ number, seen: portion.entries.slice(before === 1 ? 1 : 0).map(named) });
  },
  "says too much": ({ number, portion }, _, say) => say({ number, seen: [...portion.entries, utf8("more")].map(named) }),
  "gives up": ({ number, portion }, before, say) => {
    say(before === 2 ? { broken: "RangeError" } : { number, seen: portion.entries.map(named) });
  },
};

for (const [name, answer] of Object.entries(WRONG)) {
  test(`a Worker that ${name} is no result, whatever the others say`, async () => {
    await assert.rejects(read(new WorkerPool([workerOf(speaking(answer)), workerOf(honest)]), 1043), died);
  });
}

test("a Worker that dies in the middle of a portion is no result, also of what waited in the queue", async () => {
  for (const kind of ["error", "messageerror"] as const) {
    const mortal = workerOf(speaking(({ number, portion }, before, say) => {
      if (before < 3) say({ number, seen: portion.entries.map(named) });
      else mortal.crash(kind);
    }));
    const pool = new WorkerPool([mortal, workerOf(honest)]);
    await assert.rejects(read(pool, 1043), died);
    await assert.rejects(pool.read({ entries: [], proofsFrom: 0 }), died);
  }
});

test("a Worker that falls silent is no result: the audit waits, and no other's answer stands for it", async () => {
  const silent = workerOf(speaking(({ number, portion }, before, say) => {
    if (before === 0) say({ number, seen: portion.entries.map(named) });
  }));
  const reading = read(new WorkerPool([silent, workerOf(honest)]), 1043).then(() => "a result", () => "an error");
  assert.equal(await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 60, "waits"))]), "waits");
});

// ── findings that were made apart ──

test("what was found apart is put together as if it had been found in one go", () => {
  const [whole, first, second] = [new Findings(), new Findings(), new Findings()];
  for (let at = 0; at < 3 * KEPT; at += 1) {
    for (const findings of [whole, at < KEPT - 7 ? first : second]) {
      findings.fail(at % 2 ? 4 : 6, "log", at, "code", `entry ${at}`);
      findings.remark(`remark ${at % 11}`);
    }
  }
  for (let at = 0; at < 2 * KEPT; at += 1) for (const findings of [whole, second]) findings.fail(5, "log", at, "other", "");
  first.take(second);
  assert.deepEqual(first.inOrder(), whole.inOrder());
  assert.deepEqual(first.remarks, whole.remarks);
  assert.equal(first.total, whole.total);
  assert.deepEqual([4, 5, 6, 7].map((step) => first.count(step)), [75, 100, 75, 0]);
});
