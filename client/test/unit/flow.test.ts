/** Which screen follows from what lies on a device. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { first, fits, isScreen, SCREENS, step, type ScreenName } from "../../app/page/flow.ts";
import type { Draft, LetterView, View } from "../../app/rpc.ts";

const EMPTY: View = {
  keeps: true, pass: "none", sealed: false, words: null, memberships: [], receipts: 0, draft: null, sending: null,
  asking: null, account: null,
};
const JOINED: View = { ...EMPTY, pass: "open", words: "checked" };
const LETTER: LetterView = {
  slug: "leave", digest: "0".repeat(64), addressee: "", texts: [], epoch: "2026Q4", goal: null, closes: "2026-12-05T00:00:00Z",
  closed: false, errata: [], organisations: [], showsMethod: false, standing: "none", mine: [], deadline: null,
};
const FAR = {
  organisation: "example.com", methods: ["code"], apart: true,
  issuers: [{ name: "union.example", address: "https://union.example", kept: null, methods: ["code"], pass: "none" as const }],
};
const DRAFT: Draft = {
  mode: "join", slug: "leave", screen: "ask", organisation: "", issuer: "", at: "", method: "code", evidence: {}, roleFamily: "undeclared", standing: "undeclared",
};

test("the first screen follows from the pass, the letter and what was begun", () => {
  const cases: readonly (readonly [ScreenName, View, LetterView | null])[] = [
    ["where", EMPTY, LETTER],
    ["pass", EMPTY, null],
    ["unlock", { ...EMPTY, pass: "locked" }, null],
    ["ask", { ...JOINED, draft: DRAFT }, LETTER],
    ["where", { ...JOINED, draft: { ...DRAFT, slug: "another" } }, LETTER],
    ["where", { ...JOINED, draft: { ...DRAFT, screen: "signed" } }, LETTER],
    ["again", JOINED, { ...LETTER, standing: "ready" }],
    ["renew", JOINED, { ...LETTER, standing: "renew" }],
    ["apart", EMPTY, { ...LETTER, standing: "apart", organisations: [FAR] }],
    ["apart", JOINED, { ...LETTER, standing: "apart", organisations: [FAR] }],
    ["again", JOINED, { ...LETTER, standing: "ready", organisations: [FAR] }],
    ["closed", EMPTY, { ...LETTER, standing: "apart", organisations: [FAR], closed: true }],
    ["signed", JOINED, { ...LETTER, standing: "signed" }],
    ["signed", JOINED, { ...LETTER, standing: "signed", closed: true }],
    ["withdrawn", JOINED, { ...LETTER, standing: "withdrawn", closed: true }],
    ["closed", JOINED, { ...LETTER, standing: "ready", closed: true }],
    ["uncertain", { ...JOINED, sending: { slug: "leave", action: "sign", organisation: "" } }, { ...LETTER, standing: "ready" }],
    ["again", { ...JOINED, sending: { slug: "another", action: "sign", organisation: "" } }, { ...LETTER, standing: "ready" }],
  ];
  for (const [screen, view, letter] of cases) assert.equal(first(view, letter), screen);
});

test("the screen to begin with always fits", () => {
  for (const standing of ["none", "apart", "renew", "ready", "signed", "withdrawn"] as const) {
    for (const closed of [false, true]) {
      for (const pass of ["none", "locked", "open"] as const) {
        const view = { ...EMPTY, pass };
        const letter = { ...LETTER, standing, closed, organisations: standing === "apart" ? [FAR] : [] };
        assert.ok(fits(first(view, letter), view, letter), `${standing} ${closed} ${pass}`);
      }
    }
  }
});

test("a locked pass shows nothing but its lock and the way to burn it", () => {
  const view: View = { ...EMPTY, pass: "locked" };
  const shown = SCREENS.filter((screen) => fits(screen, view, { ...LETTER, standing: "signed" }));
  assert.deepEqual([...shown].sort(), ["burn", "unlock"]);
});

test("who has joined does not come back to joining, nor who signed to signing", () => {
  for (const screen of ["where", "way", "words", "ask", "join"] as const) {
    assert.equal(fits(screen, { ...JOINED, draft: DRAFT }, { ...LETTER, standing: "ready" }), false);
  }
  for (const screen of ["letter", "public", "again"] as const) {
    assert.equal(fits(screen, JOINED, { ...LETTER, standing: "ready" }), true);
    assert.equal(fits(screen, JOINED, { ...LETTER, standing: "signed" }), false);
  }
});

test("a signature cannot be withdrawn from a closed letter", () => {
  assert.equal(fits("withdraw", JOINED, { ...LETTER, standing: "signed" }), true);
  assert.equal(fits("withdraw", JOINED, { ...LETTER, standing: "signed", closed: true }), false);
});

test("nobody is sent to words before there is something to join with", () => {
  assert.equal(fits("words", EMPTY, LETTER), false);
  assert.equal(fits("words", { ...EMPTY, draft: DRAFT }, LETTER), true);
});

test("steps count from one to five and never fall", () => {
  const counted = SCREENS.flatMap((screen) => step(screen) ?? []);
  assert.deepEqual([...new Set(counted)], [1, 2, 3, 4, 5]);
  assert.equal(isScreen("where"), true);
  assert.equal(isScreen("constructor"), false);
});

test("who works at a place of issuers elsewhere comes to how to join, from any step, and never to joining here", () => {
  const far = { ...LETTER, standing: "apart", organisations: [FAR] } as const;
  const chosen = { ...JOINED, draft: { ...DRAFT, issuer: "union.example", at: "https://union.example" } };
  assert.equal(first(chosen, far), "ask", "who chose an issuer goes on where they were");
  assert.equal(first({ ...JOINED, draft: DRAFT }, far), "apart", "who chose none chooses first");
  assert.ok(fits("way", chosen, far) && !fits("way", chosen, { ...far, closed: true }));
  assert.ok(!fits("way", { ...chosen, draft: { ...chosen.draft, slug: "another" } }, far));
  assert.ok(fits("apart", EMPTY, { ...LETTER, organisations: [FAR] }), "one place of several");
  assert.ok(!fits("apart", EMPTY, LETTER));
  for (const screen of ["where", "way", "words", "join"] as const) {
    assert.ok(!fits(screen, JOINED, { ...LETTER, standing: "apart", organisations: [FAR] }), screen);
  }
});
