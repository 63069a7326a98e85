/** Who is checked gives other answers than before, other folders than the one meant, names that mean something. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Run } from "../../app/check/run.ts";
import { Crew } from "../../app/check/workers.ts";
import { told } from "../../app/page/problems.ts";
import { NOTHING, Store } from "../../app/worker/store.ts";
import { ArchiveSource, type Source } from "../../src/auditor/source.ts";
import { encodeState } from "../../src/auditor/state.ts";
import { command } from "../../src/auditor/words.ts";
import { errorOf, Malformed, Unavailable, Withheld } from "../../src/errors.ts";
import { Checkpoint, signCheckpoint } from "../../src/tlog/checkpoint.ts";
import { EMPTY_ROOT } from "../../src/tlog/merkle.ts";
import { SigningKey } from "../../src/tlog/note.ts";
import { fromUtf8, utf8 } from "../../src/values/index.ts";
import type { Any } from "../support/files.ts";

// ── what is remembered ──

const key = (name: string, seed: number): SigningKey => new SigningKey(name, new Uint8Array(32).fill(seed));
const REGISTRY = key("real.example/registry", 1);
const LOG = key("real.example/log", 2);
const DECOY = key("decoy.example/registry", 3);
const grown = new Uint8Array(32).fill(9);

const head = (of: SigningKey, size = 0, root = EMPTY_ROOT): Uint8Array => signCheckpoint(new Checkpoint(of.name, size, root), of);

/** Answers under another name to whoever asks for the registry before the log. */
class TwoFaced implements Source {
  readonly place = "https://real.example";
  private begun = false;

  async read(path: string): Promise<Uint8Array> {
    if (path === "log/checkpoint") {
      this.begun = true;
      return head(LOG);
    }
    const registry = this.begun ? REGISTRY : DECOY;
    if (path === "registry/checkpoint") return head(registry);
    if (path === "registry.vkey") return utf8(`${registry.vkey}\n`);
    if (path === "log.vkey") return utf8(`${LOG.vkey}\n`);
    throw new Withheld("no-file", path);
  }
}

/** A database request that succeeds. */
function request(result: unknown): Any {
  return { result, addEventListener: (kind: string, listener: () => void) => kind === "success" && queueMicrotask(listener) };
}

/** What a page has around it: a database with these records, Workers that are never asked. */
function browser(records: ReadonlyMap<string, Uint8Array>): void {
  const store = { get: (name: string) => request(records.get(name)) };
  const database = { transaction: () => ({ objectStore: () => store }), close: () => undefined };
  const indexedDB = { databases: async () => [{ name: "undersigned-check" }], open: () => request(database) };
  class Worker {
    addEventListener(): void {}
    postMessage(): void {}
    terminate(): void {}
  }
  Object.assign(globalThis, { indexedDB, Worker, WORKER: { path: "/client/w.0123456789abcdef.js", integrity: "" }, fetch: async () => new Response("") });
}

test("what is remembered of a registry is compared also where another name was shown first", async () => {
  const earlier = (of: SigningKey) => ({ note: head(of, 3, grown), key: of.vkey });
  const state = encodeState({ registry: earlier(REGISTRY), log: earlier(LOG) } as Any);
  browser(new Map([[REGISTRY.name, state]]));
  const { report, origin, remembered } = await new Run({ source: new TwoFaced(), policy: null, workers: 1 }, new Crew(), () => undefined).go();
  assert.equal(origin, REGISTRY.name);
  assert.equal(remembered, true);
  const found = report.failures.filter((each) => each.step === 3).map((each) => `${each.log} ${each.code}`);
  assert.deepEqual(found.sort(), ["log log-shorter", "registry log-shorter"]);
});

// ── folders ──

const file = (words: string) => ({ size: words.length, arrayBuffer: async () => utf8(words).slice().buffer });

test("of archives within each other the outermost is read, in whatever order they come, and it is named", async () => {
  const inner = ["copy/old/registry/checkpoint", file("good")] as const;
  const outer = ["copy/registry/checkpoint", file("bad")] as const;
  for (const order of [[inner, outer], [outer, inner]]) {
    const source = new ArchiveSource("copy", new Map(order));
    assert.equal(fromUtf8(await source.read("registry/checkpoint")), "bad");
    assert.equal(source.place, "copy");
  }
  assert.equal(new ArchiveSource("copy", new Map([["copy/notes.txt", file("")], inner])).place, "copy/old");
});

test("of two archives side by side none is read", () => {
  const both = ["one", "two"].map((name) => [`${name}/registry/checkpoint`, file("r")] as const);
  assert.throws(() => new ArchiveSource("one", new Map(both)), (error) => error instanceof Malformed && error.code === "two-archives");
});

test("a file that is gone when it is read is a failure of the archive, not of the page", async () => {
  const gone = { size: 1, arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) };
  const source = new ArchiveSource("copy", new Map([["registry/checkpoint", gone]]));
  await assert.rejects(source.read("registry/checkpoint"), (error) => error instanceof Unavailable && error.code === "unreadable");
});

// ── words of others ──

test("an address that a shell would take for more is not in the command to copy", () => {
  assert.equal(command({ source: "https://real.example:8443/a-b/~c" }), "uvx undersigned audit https://real.example:8443/a-b/~c");
  for (const end of ["/;curl$IFS-d@x", "/$(id)", "/&id", "/|id", "/'", "/a\nid", "/`id`"]) {
    assert.equal(command({ source: `https://real.example${end}` }), "uvx undersigned audit ADDRESS");
  }
  for (const name of ["copy", "https", "http;id"]) assert.equal(command({ source: name }), "uvx undersigned audit FOLDER");
});

test("an error that the server names like what every object has is said in its words, nothing hidden in them", () => {
  for (const code of ["constructor", "valueof", "toString", "__proto__"]) {
    assert.deepEqual(told(errorOf("refused", code, "No.\u202e")), { words: "No.<U+202E>", english: true });
  }
});

// ── burning ──

/** A database request in the other way of listening. */
function asked(result: unknown): Any {
  const out: Any = { result };
  queueMicrotask(() => out.onsuccess?.());
  return out;
}

test("where nothing can be written any more, burning deletes all the same, what was checked too", async () => {
  const gone: string[] = [];
  const full = (): never => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const store = { get: () => asked({ ...NOTHING, generation: 3, pass: utf8("secret") }), put: full };
  const database = { transaction: () => ({ objectStore: () => store }), close: () => undefined };
  const deleteDatabase = (name: string): Any => {
    gone.push(name);
    return asked(undefined);
  };
  Object.assign(globalThis, { indexedDB: { open: () => asked(database), deleteDatabase, databases: async () => [] } });
  assert.deepEqual(await new Store().burn((length) => new Uint8Array(length)), []);
  assert.deepEqual(gone, ["undersigned", "undersigned-check"]);
});
