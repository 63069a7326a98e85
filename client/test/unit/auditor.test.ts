/** Workers, archives and mirrors: nothing is left out unnoticed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { KNOWN_RULES, knownPortion, proveSound } from "../../src/auditor/known.ts";
import { LocalPool, type Part, type Pool, readAll, serve, WorkerPool } from "../../src/auditor/parallel.ts";
import { Reader, type Rules, type Seen } from "../../src/auditor/reading.ts";
import { ArchiveSource, longest, WebSource } from "../../src/auditor/source.ts";
import type { Chunk } from "../../src/auditor/tree.ts";
import { Unavailable, Withheld } from "../../src/errors.ts";
import { type ContextRule, keyName } from "../../src/protocol/presentation.ts";
import { fromHex, utf8 } from "../../src/values/index.ts";
import { draws } from "../support/draws.ts";
import { type Any, OURS, readJson } from "../support/files.ts";
import { workerOf } from "../support/workers.ts";

const acts = readJson(OURS, "acts.json");
const wires: Uint8Array[] = acts.acts.filter((each: Any) => each.name.startsWith("letter-")).map((each: Any) => utf8(each.wire));

/** What the contexts of the vectors accept: several acts are of one letter, each of another organisation. */
function rules(): Rules {
  const contexts = new Map<string, ContextRule>();
  for (const { rule } of acts.acts) {
    const organisations = new Map(contexts.get(rule.context)?.organisations);
    for (const [name, { issuers, disclosed }] of Object.entries<Any>(rule.organisations)) {
      organisations.set(name, { issuers, disclosed: new Set<number>(disclosed) });
    }
    contexts.set(rule.context, { ...rule, organisations });
  }
  const keys = acts.keys.map((each: Any) => [keyName(each.issuer, each.organisation, each.epoch), fromHex(each.public_key)]);
  return { contexts, untold: new Map(), keys: new Map(keys), methods: new Map() };
}

async function* chunksOf(...all: readonly (readonly Uint8Array[] | null)[]): AsyncGenerator<Chunk, void> {
  let first = 0;
  for (const entries of all) {
    yield { first, width: entries?.length ?? 3, entries };
    first += entries?.length ?? 3;
  }
}

async function collected(pool: Pool, proofsFrom = 0, ...all: readonly (readonly Uint8Array[] | null)[]): Promise<Part[]> {
  const out: Part[] = [];
  const size = all.reduce((sum, entries) => sum + (entries?.length ?? 3), 0);
  for await (const part of readAll(chunksOf(...all), pool, proofsFrom, size)) out.push(part);
  return out;
}

/** What parts say of each entry, by its index: where parts begin and end is nobody's concern. */
function byEntry(parts: readonly Part[]): Map<number, Seen | null> {
  const each = parts.flatMap(({ first, width, seen }) => Array.from({ length: width }, (_, at) => [first + at, seen?.[at] ?? null] as const));
  assert.deepEqual(each.map(([index]) => index), each.map((_, at) => at));
  return new Map(each);
}

const changed = wires.map((wire) => utf8(new TextDecoder().decode(wire).replace('"proofs":["', '"proofs":["A')));
const forged = utf8(new TextDecoder().decode(wires[0]).replace(/"proofs":\["[^"]{4}/, '"proofs":["AAAA'));

test("Workers say what one alone says, in the order of the log", async () => {
  const many = [...wires, forged, ...changed.slice(0, 1), utf8("{}"), ...wires, ...Array.from({ length: 40 }, () => utf8("[]"))];
  const alone = new LocalPool(draws("alone"));
  alone.start(rules());
  const expected = byEntry(await collected(alone, 1, many, null, wires));
  const pool = new WorkerPool([1, 2].map((each) => workerOf((scope) => serve(scope, draws(`worker/${each}`)))));
  pool.start(rules());
  assert.deepEqual(byEntry(await collected(pool, 1, many, null, wires)), expected);
  assert.equal(pool.workers, 2);
  const seen = [...expected.values()];
  assert.equal(seen.length, many.length + 3 + wires.length);
  const errors = seen.flatMap((each, at) => {
    const error = each?.entry === "act" || each?.entry === "unread" ? each.error : null;
    return error === null ? [] : [[at, error.code] as const];
  });
  assert.deepEqual(errors.slice(0, 3).map(([at]) => at), [wires.length, wires.length + 1, wires.length + 2]);
  assert.deepEqual(errors[0]?.[1], "bad-point");
  pool.close();
});

test("a Worker that dies, or answers too little, ends the audit", async () => {
  const dead = workerOf(() => undefined);
  const pool = new WorkerPool([dead]);
  const reading = collected(pool, 0, wires);
  dead.crash();
  await assert.rejects(reading, (error) => error instanceof Unavailable && error.code === "worker-died");
  await assert.rejects(pool.read({ entries: wires, proofsFrom: 0 }), Unavailable);
  const forgetful = new WorkerPool([workerOf((scope) => {
    scope.addEventListener("message", () => scope.postMessage({ seen: [] }));
  })]);
  await assert.rejects(collected(forgetful, 0, wires), (error) => error instanceof Unavailable && error.code === "worker-died");
  // A Worker that was told no rules can say nothing of an act.
  await assert.rejects(collected(new WorkerPool([workerOf((scope) => serve(scope, draws("x")))]), 0, wires), Unavailable);
  await assert.rejects(collected(new LocalPool(draws("x")), 0, wires), Unavailable);
  await assert.rejects(collected(new WorkerPool([]), 0, wires), Unavailable);
});

test("known answers are those of the vectors, and whoever misses one reads nothing", async () => {
  const { entries, codes } = knownPortion(draws("known"));
  const wireOf = (from: Any, name: string): string => {
    const { wire } = from.acts.find((each: Any) => each.name === name);
    return wire.utf8 ?? wire;
  };
  const text = (at: number): string => new TextDecoder().decode(entries[at]);
  const forgedAt = codes.indexOf("proof-forged");
  assert.equal(text(forgedAt), wireOf(readJson(OURS, "acts-invalid.json"), "credential-forged-without-the-issuer-s-key"));
  assert.ok(codes.includes("proof-challenge"));
  codes.forEach((code, at) => code ?? assert.equal(text(at), wireOf(acts, "letter-sign")));
  for (let each = 0; each < 4; each += 1) proveSound(draws(`sound/${each}`));
  // Whoever takes a bad one for good, a good one for bad, or says too little.
  const honest = new Reader(KNOWN_RULES, draws("honest"));
  const error = { family: "refused", code: "proof-forged", words: "" } as const;
  for (const change of [
    (seen: Seen[]) => seen.map((each) => ({ ...each, error: null })),
    (seen: Seen[]) => seen.map((each) => ({ ...each, error })),
    (seen: Seen[]) => seen.slice(0, -1),
    () => [],
  ]) {
    const lying = { read: (some: readonly Uint8Array[], from: number) => change(honest.read(some, from)) as Seen[] };
    assert.throws(() => proveSound(draws("lying"), lying), TypeError);
  }
  const unsound = workerOf((scope) => serve(scope, draws("x"), () => {
    throw new TypeError("the known answer 3 was missed");
  }));
  const pool = new WorkerPool([unsound]);
  pool.start(rules());
  await assert.rejects(collected(pool, 0, wires), (thrown) => thrown instanceof Unavailable && thrown.code === "worker-died");
});

const file = (text: string) => ({ size: text.length, arrayBuffer: async () => utf8(text).buffer as ArrayBuffer });

test("an archive is read below the folder that holds the registry", async () => {
  const files = new Map([["copy/public/registry/checkpoint", file("r")], ["copy/public/log.vkey", file("key")], ["copy/x", file("no")]]);
  const source = new ArchiveSource("copy", files);
  assert.deepEqual(await source.read("log.vkey"), utf8("key"));
  await assert.rejects(source.read("x"), Withheld);
  const large = new ArchiveSource("flat", new Map([["registry/checkpoint", { ...file("r"), size: 1 << 30 }]]));
  await assert.rejects(large.read("registry/checkpoint"), (error) => (error as Any).code === "too-long");
});

test("a mirror is asked again when it is busy, and never followed elsewhere", async () => {
  const answers: (() => Response)[] = [() => new Response("", { status: 503 }), () => { throw new TypeError("gone"); }, () => new Response("root")];
  const pauses: number[] = [];
  const asked: string[] = [];
  const fetch = async (address: string): Promise<Response> => {
    asked.push(address);
    return (answers.shift() ?? (() => new Response("", { status: 503 })))();
  };
  const source = new WebSource("https://mirror.example/copy/", fetch, async (pause) => void pauses.push(pause));
  assert.deepEqual(await source.read("log/checkpoint"), utf8("root"));
  assert.deepEqual(asked, Array.from({ length: 3 }, () => "https://mirror.example/copy/log/checkpoint"));
  assert.deepEqual(pauses, [1000, 2000]);
  await assert.rejects(source.read("log/checkpoint"), (error) => error instanceof Unavailable && error.code === "status");
  answers.push(() => new Response("", { status: 410 }), () => new Response(null, { status: 301 }));
  await assert.rejects(source.read("log/checkpoint"), Withheld);
  await assert.rejects(source.read("log/checkpoint"), (error) => (error as Any).code === "redirect");
  answers.push(() => new Response("k".repeat(longest("log.vkey") + 1)));
  await assert.rejects(source.read("log.vkey"), (error) => (error as Any).code === "too-long");
});
