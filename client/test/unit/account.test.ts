/** Joining by an account elsewhere: what a device keeps of its question, and how the answer comes back to it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft } from "../../app/rpc.ts";
import { isFor } from "../../app/worker/ways.ts";
import {
  answered, ask, encodeQuestion, hostOf, parseProvider, parseQuestion, providerOf, waysOf,
} from "../../src/holder/account.ts";
import { handedOver, handover } from "../../src/holder/account-back.ts";
import { isQuestionSealed, keptQuestion, waitingQuestion } from "../../src/holder/account-waiting.ts";
import { SealKey } from "../../src/holder/wallet-file.ts";
import { canonical, contains, utf8 } from "../../src/values/index.ts";
import { draws } from "../support/draws.ts";
import { codeOf, refuses } from "../support/refusals.ts";

const SAID = {
  authorization: "https://id.union.example/auth", client_id: "letters", employer: false, fragment: true,
  hosted_domain: null, method: "oidc", names_itself: true, port: null, provider: "https://id.union.example",
  scope: "openid",
};
const PAGE = "https://letters.example/sign/callback/";
const provider = parseProvider(SAID);
const joining = { issuer: "union.example", point: new Uint8Array(48).fill(7) };
const question = ask(provider, joining, PAGE, draws("account/test"), { fragment: true });
const answer = (state = question.state): string =>
  `code=abc&state=${state}&iss=${encodeURIComponent(provider.address)}`;
const key = (passphrase: string): Promise<SealKey> => SealKey.derive(passphrase, new Uint8Array(16), 15);
const nonce = new Uint8Array(12).fill(7);

test("an organisation's provider is found in what the instance says of all", () => {
  const said = canonical({ organisations: { "example.com": [{ method: "code" }, SAID], "example.org": [{ method: "code" }] } });
  assert.deepEqual(providerOf(said, "example.com"), provider);
  assert.equal(hostOf(provider), "id.union.example");
  assert.deepEqual([...waysOf(said, "example.com").keys()], ["code", "oidc"]);
  refuses("other-method", () => providerOf(said, "example.org"));
  refuses("other-method", () => providerOf(said, "example.net"));
  for (const bad of [{ organisations: [] }, { organisations: { "example.com": {} } }, { organisations: { "example.com": [7] } }]) {
    refuses("bad-list", () => waysOf(canonical(bad), "example.com"));
  }
  refuses("bad-method", () => waysOf(canonical({ organisations: { "example.com": [{ method: "fax" }] } }), "example.com"));
});

test("state, salt and verifier are of their own each time, and the address holds no verifier", () => {
  const other = ask(provider, joining, PAGE, draws("account/other"), { fragment: true });
  const secrets = [question, other].flatMap(({ state, salt, verifier }) => [state, salt, verifier]);
  assert.equal(new Set(secrets).size, 6);
  assert.ok(!question.address.includes(question.verifier) && !question.address.includes(question.salt));
  assert.ok(question.address.includes("response_mode=fragment"));
  assert.ok(!ask({ ...provider, fragment: false }, joining, PAGE, draws("x"), { fragment: true }).address.includes("response_mode"));
});

test("an answer to another question is no answer to this one", () => {
  const other = ask(provider, joining, PAGE, draws("account/other"));
  assert.equal(answered(question, answer()).evidence["verifier"], question.verifier);
  refuses("other-state", () => answered(question, answer(other.state)));
  refuses("other-state", () => answered(question, answer("")));
  refuses("other-state", () => answered(question, answer(`${question.state}=`)));
});

test("what is kept without a passphrase is the question, in one spelling", () => {
  const kept = keptQuestion(question, null);
  assert.deepEqual(waitingQuestion(kept, null), question);
  assert.equal(isQuestionSealed(kept), false);
  assert.ok(contains(kept, utf8(question.verifier)), "else the next test would show nothing");
  for (const name of ["salt", "state", "verifier", "provider", "redirect", "names_itself", "address"]) {
    const { [name]: _, ...rest } = JSON.parse(new TextDecoder().decode(encodeQuestion(question)));
    refuses("field-missing", () => parseQuestion(canonical(rest)));
  }
});

test("what is kept beside a protected pass holds nothing of the question", async () => {
  const kept = keptQuestion(question, { key: await key("four words of mine"), nonce });
  assert.equal(isQuestionSealed(kept), true);
  for (const secret of [question.state, question.salt, question.verifier, "union", "letters", "callback"]) {
    assert.equal(contains(kept, utf8(secret)), false, secret);
  }
  assert.deepEqual(waitingQuestion(kept, await key("four words of mine")), question);
  refuses("question-sealed", () => waitingQuestion(kept, null));
  const wrong = await key("four other words");
  refuses("question-sealed", () => waitingQuestion(kept, wrong));
});

test("every octet of a sealed question counts", async () => {
  const own = await key("four words of mine");
  const kept = keptQuestion(question, { key: own, nonce });
  for (let at = 0; at < kept.length; at += 7) {
    const changed = kept.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.notEqual(codeOf(() => waitingQuestion(changed, own)), null, String(at));
  }
});

test("the answer is handed over after a “#”, wherever the provider put it", () => {
  const given = answer();
  for (const fragment of [handover(`?${given}`, ""), handover("", `#${given}`)]) {
    assert.equal(handedOver(`#${fragment}`), given);
    assert.equal(answered(question, handedOver(`#${fragment}`) ?? "").method, "oidc");
  }
  assert.equal(handover("", ""), null);
  assert.equal(handover("?", "#"), null);
  assert.equal(handover(`?x=${"a".repeat(8192)}`, ""), null);
  for (const fragment of ["", "#", "#leave", "#de/leave", "#back", "#Back?code=x"]) assert.equal(handedOver(fragment), null);
});

test("what a provider sent back is for one place of work, and one issuer at one address", () => {
  const draft: Draft = {
    mode: "join", slug: "leave", screen: "join", organisation: "example.com", issuer: "union.example", at: "https://union.example",
    method: "oidc", evidence: {}, roleFamily: "undeclared", standing: "undeclared",
  };
  assert.ok(isFor(draft, { ...draft, slug: "rest", mode: "replace" }));
  for (const other of [{ organisation: "example.org" }, { issuer: "guild.example" }, { issuer: "" }, { at: "https://guild.example" }, { at: "" }]) {
    assert.ok(!isFor(draft, { ...draft, ...other }), JSON.stringify(other));
  }
});
