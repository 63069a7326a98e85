/** Words, transport: what a person or a server can get wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { UndersignedError } from "../../src/errors.ts";
import { elsewhere } from "../../src/holder/issuers.ts";
import { checkPhrase, newPhrase, pairs, phraseEntropy } from "../../src/holder/phrase.ts";
import { FetchTransport, parseAnswer } from "../../src/holder/transport.ts";
import { utf8 } from "../../src/values/index.ts";
import { codeOf } from "../support/refusals.ts";

const PHRASE = newPhrase(Uint8Array.from({ length: 32 }, (_, at) => at * 7));

const wordsOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UndersignedError) return error.words;
    throw error;
  }
  return "";
};

test("no name of one's own machine is an issuer's address, encrypted or not", async () => {
  const listing = (url: string): Uint8Array =>
    utf8(JSON.stringify({ issuers: [{ name: "union.example", url }], profile: "undersigned/1" }));
  const found = (url: string, here: string): Promise<ReadonlyMap<string, string>> =>
    elsewhere({ get: () => Promise.resolve(listing(url)), post: () => Promise.reject(new Error("nothing is sent")) }, here);
  for (const host of ["127.0.0.1:8001", "localhost:8001", "a.localhost", "0.0.0.0"]) {
    await assert.rejects(found(`https://${host}`, "https://letters.example"), { code: "issuer-address" });
  }
  assert.equal((await found("https://union.example", "https://letters.example")).size, 1);
  assert.equal((await found("http://127.0.0.1:8001", "http://127.0.0.1:8000")).size, 1);
});

test("words may be typed in many ways", () => {
  assert.equal(checkPhrase(`  ${PHRASE.toUpperCase().replace(/ /g, "\n ")}\t`), PHRASE);
  assert.equal(phraseEntropy(PHRASE)[1], 7);
  assert.equal(pairs(PHRASE).flat().join(" "), PHRASE);
  assert.equal(pairs(PHRASE).length, 12);
});

test("wrong words are named", () => {
  const words = PHRASE.split(" ");
  const put = (at: number, word: string): string => words.map((old, place) => (place === at ? word : old)).join(" ");
  assert.match(wordsOf(() => checkPhrase(put(2, "abandn"))), /Word 3, “abandn”, is not one of the words. Is it “abandon”\?/);
  assert.match(wordsOf(() => checkPhrase(put(2, "zooo"))), /Is it “zoo”\?/);
  assert.match(wordsOf(() => checkPhrase(put(0, "qqqqqqqqq"))), /is not one of the words\.$/);
  assert.equal(codeOf(() => checkPhrase(words.slice(1).join(" "))), "word-count");
  assert.equal(codeOf(() => checkPhrase([words[1], words[0], ...words.slice(2)].join(" "))), "wrong-words");
  assert.equal(codeOf(() => checkPhrase("")), "word-count");
  assert.equal(codeOf(() => newPhrase(new Uint8Array(31))), "bad-entropy");
});

const answering = (status: number, body: string, headers: Record<string, string> = {}) => {
  const asked: RequestInit[] = [];
  const fetch = async (_: string, options: RequestInit): Promise<Response> => {
    asked.push(options);
    return new Response(body, { status, headers });
  };
  return { transport: new FetchTransport("https://letters.example", fetch), asked };
};

const rejects = (code: string, family: string) => (error: unknown): boolean => {
  assert.ok(error instanceof UndersignedError);
  assert.deepEqual([error.code, error.family], [code, family]);
  return true;
};

test("every request says the same of the person: nothing", async () => {
  const { transport, asked } = answering(200, "file");
  assert.deepEqual(await transport.get("log/checkpoint", 4), utf8("file"));
  await transport.post("api/acts", utf8("act"), "application/octet-stream");
  for (const options of asked) {
    const { cache, credentials, redirect, referrerPolicy } = options;
    assert.deepEqual([cache, credentials, redirect, referrerPolicy], ["no-store", "omit", "manual", "no-referrer"]);
  }
  assert.deepEqual(asked[1]?.headers, { "content-type": "application/octet-stream" });
});

test("answers that are no good", async () => {
  await assert.rejects(answering(200, "longer").transport.get("x", 5), rejects("answer-too-long", "refused"));
  await assert.rejects(answering(302, "").transport.get("x", 5), rejects("redirect", "refused"));
  await assert.rejects(answering(404, "").transport.get("x", 5), rejects("bad-answer", "withheld"));
  await assert.rejects(answering(500, "no").transport.get("x", 5), rejects("bad-answer", "unavailable"));
  const problem = JSON.stringify({ type: "urn:undersigned:problem:code-spent", title: "This code was already used." });
  await assert.rejects(answering(409, problem).transport.post("x", utf8(""), "a/b"), rejects("code-spent", "conflict"));
  const silent = new FetchTransport("https://letters.example", () => Promise.reject(new TypeError("failed to fetch")));
  await assert.rejects(silent.get("x", 5), rejects("no-answer", "unavailable"));
  const slow = (_: string, { signal }: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  await assert.rejects(new FetchTransport("https://letters.example", slow, 5).get("x", 5), rejects("no-answer", "unavailable"));
  assert.equal(codeOf(() => parseAnswer(utf8("{"), ["a"])), "bad-answer");
  assert.equal(codeOf(() => parseAnswer(utf8('{"a":1,"b":2}'), ["a"])), "field-unknown");
});
