/** The project's own vectors, good and bad: the same that Python runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { blindSign, commit, verifyCommitment, verifySignature } from "../../src/bbs/blind.ts";
import { publicKey } from "../../src/bbs/signature.ts";
import * as account from "../../src/holder/account.ts";
import { newPhrase, phraseEntropy, phraseSeed } from "../../src/holder/phrase.ts";
import { parseAct, parsePadded, parseSignedAct } from "../../src/protocol/act-reading.ts";
import { header, messages, parseCredential } from "../../src/protocol/credential.ts";
import { blind, nymSecrets } from "../../src/protocol/derivation.ts";
import { type Joining, nonceFor } from "../../src/protocol/account.ts";
import * as beside from "../../src/protocol/beside.ts";
import * as enrolment from "../../src/protocol/enrolment.ts";
import * as reading from "../../src/protocol/enrolment-reading.ts";
import * as request from "../../src/protocol/enrolment-request.ts";
import * as mailing from "../../src/protocol/mail-request.ts";
import * as mailbox from "../../src/protocol/mailbox.ts";
import * as work from "../../src/protocol/work.ts";
import { parseLogEntry, parseRegistryEntry } from "../../src/protocol/entry.ts";
import { follows, parseLetter, parseTerms } from "../../src/protocol/letter.ts";
import {
  checkRule, type ContextRule, keyName, KeyRing, present, pseudonymOf, verify, verifyBatch,
} from "../../src/protocol/presentation.ts";
import { namesMatch, parseNames } from "../../src/protocol/names.ts";
import { openReceipt, receiptText } from "../../src/protocol/receipt.ts";
import { Registry } from "../../src/protocol/registry.ts";
import { UndersignedError } from "../../src/errors.ts";
import { Note } from "../../src/tlog/note.ts";
import * as values from "../../src/values/index.ts";
import { draws, runs } from "../support/draws.ts";
import { type Any, OURS, readJson, scalar, walk } from "../support/files.ts";
import { codeOf, refuses } from "../support/refusals.ts";

const { fromHex, hex, utf8 } = values;
const FILES = [
  "accounts", "acts-invalid", "acts", "beside", "canonical-json", "derivation", "enrolment", "entries", "issuance", "letters", "names",
  "padding", "receipts", "registry", "scalars", "terms", "work",
];
/** Between servers alone: no client reads them. */
const SERVERS = ["statements"];
const vectors = (name: string): Any => readJson(OURS, `${name}.json`);

test("no file of vectors is left out", () => {
  const found = walk(OURS).filter((path) => path.endsWith(".json")).map((path) => path.replace(/\.json$/, ""));
  assert.deepEqual(found.sort(), [...FILES, ...SERVERS].sort());
});

test("canonical JSON", () => {
  const { good, bad } = vectors("canonical-json");
  for (const { name, value, hex: expected } of good) {
    assert.equal(hex(values.canonical(value)), expected, name);
    assert.deepEqual(JSON.parse(JSON.stringify(values.parseCanonical(fromHex(expected)))), value, name);
  }
  for (const { name, hex: octets, code } of bad) {
    assert.equal(codeOf(() => values.parseCanonical(runs(octets))), code, name);
  }
});

test("scalar values", () => {
  const { scalars, octets, typed_codes } = vectors("scalars");
  const checks: Record<string, (value: unknown) => string> = {
    slug: values.slug, domain: values.domain, epoch: values.epoch, code_word: values.codeWord, tick: values.tick,
    day: values.day, language: values.language, digest: values.digest, code: enrolment.code,
  };
  assert.deepEqual(Object.keys(scalars).sort(), Object.keys(checks).sort());
  for (const [name, { good, bad, code }] of Object.entries<Any>(scalars)) {
    const check = checks[name];
    assert.ok(check);
    for (const value of good) assert.equal(check(value), value);
    for (const value of bad) assert.equal(codeOf(() => check(value)), code, `${name} ${value}`);
  }
  for (const { text, hex: expected } of octets.good) {
    assert.equal(hex(values.octets(text)), expected);
    assert.equal(values.b64u(fromHex(expected)), text);
  }
  for (const text of octets.bad) refuses(octets.code, () => values.octets(text));
  for (const { typed, code } of typed_codes) assert.equal(enrolment.typedCode(typed), code);
});

test("addresses and mailed codes", () => {
  const { addresses, mailed_codes } = vectors("scalars");
  for (const { address } of addresses.good) assert.equal(mailbox.address(address), address);
  for (const { name, value, code } of addresses.bad) assert.equal(codeOf(() => mailbox.address(value)), code, name);
  for (const { typed, address } of addresses.typed) assert.equal(mailbox.typedAddress(typed), address);
  for (const code of mailed_codes.good) assert.equal(mailbox.mailedCode(code), code);
  for (const value of mailed_codes.bad) refuses(mailed_codes.code, () => mailbox.mailedCode(value));
  for (const { typed, code } of mailed_codes.typed) assert.equal(mailbox.typedMailedCode(typed), code);
});

test("derivation", () => {
  const { good, bad } = vectors("derivation");
  for (const each of good) {
    const seed = phraseSeed(each.phrase);
    assert.equal(hex(seed), each.seed);
    assert.equal(newPhrase(phraseEntropy(each.phrase)), each.phrase);
    assert.deepEqual(nymSecrets(seed), each.nym_secrets.map(scalar));
    for (const [issuer, expected] of Object.entries<string>(each.blinds)) {
      assert.equal(blind(seed, issuer), scalar(expected));
      const made = commit(nymSecrets(seed), blind(seed, issuer), draws(`any/${issuer}`));
      assert.equal(hex(made.subarray(0, 48)), each.commitment_points[issuer]);
    }
    for (const [context, nym] of Object.entries(each.pseudonyms)) assert.equal(hex(pseudonymOf(context, seed)), nym);
  }
  for (const { name, seed, issuer, code } of bad) {
    assert.equal(codeOf(() => blind(fromHex(seed), issuer)), code, name);
  }
});

test("issuance", () => {
  const { good, bad_commitments } = vectors("issuance");
  for (const each of good) {
    const seed = fromHex(each.seed);
    const commitment = commit(nymSecrets(seed), blind(seed, each.issuer), draws(each.commitment_draws));
    assert.equal(hex(commitment), each.commitment, each.name);
    assert.equal(hex(verifyCommitment(commitment)), each.commitment_point);
    const secretKey = scalar(each.secret_key);
    assert.equal(hex(publicKey(secretKey)), each.public_key);
    assert.equal(new TextDecoder().decode(header(each.issuer)), each.header);
    const parts = { publicKey: fromHex(each.public_key), header: utf8(each.header), messages: each.messages.map(utf8) };
    const signature = blindSign({ ...parts, secretKey, commitment, fresh: fromHex(each.fresh) });
    assert.equal(hex(signature), each.signature, each.name);
    const held = { ...parts, signature, secrets: nymSecrets(seed), blind: blind(seed, each.issuer) };
    verifySignature(held);
    refuses("signature-invalid", () => verifySignature({ ...held, blind: held.blind + 1n }));
  }
  for (const { name, commitment, code } of bad_commitments) {
    assert.equal(codeOf(() => verifyCommitment(fromHex(commitment))), code, name);
  }
});

const keysOf = (found: Any): KeyRing =>
  new KeyRing(new Map(found.keys.map((each: Any) => [
    keyName(each.issuer, each.organisation, each.epoch), fromHex(each.public_key),
  ])));

const ruleOf = ({ context, kind, epoch, organisations }: Any): ContextRule => ({
  context, kind, epoch,
  organisations: new Map(Object.entries<Any>(organisations).map(([name, { issuers, disclosed }]) => [
    name, { issuers, disclosed: new Set<number>(disclosed) },
  ])),
});

test("acts: the same octets, and what was made holds", () => {
  const found = vectors("acts");
  const keys = keysOf(found);
  for (const each of found.acts) {
    const signed = parseSignedAct(utf8(each.wire));
    assert.equal(new TextDecoder().decode(signed.act.encoded), each.act, each.name);
    assert.equal(signed.act.digest, each.digest);
    const seed = fromHex(each.seed);
    const nyms = signed.act.presentations.map(([context]) => hex(pseudonymOf(context, seed)));
    assert.deepEqual(nyms, each.pseudonyms);
    const publicKeys = found.keys.filter((key: Any) => key.organisation === signed.act.organisation && key.epoch === signed.act.epoch);
    const holding = {
      credentials: each.credentials.map((value: Any) => parseCredential(value)),
      keys: new Map<string, Uint8Array>(publicKeys.map((key: Any) => [key.issuer, fromHex(key.public_key)])),
      seed,
    };
    const made = present(parseAct(JSON.parse(each.act)), holding, draws(each.draws));
    assert.equal(new TextDecoder().decode(made.encoded), each.wire, each.name);
    assert.equal(values.sha256Hex(made.padded()), each.padded_sha256);
    assert.equal(new TextDecoder().decode(parsePadded(made.padded()).encoded), each.wire);
    verify(made, ruleOf(each.rule), keys);
  }
});

const wireOf = (wire: Any): Uint8Array => ("utf8" in wire ? utf8(wire.utf8) : fromHex(wire.hex));

function refusedAt(each: Any, rule: ContextRule, keys: KeyRing): readonly [string, string] {
  let at = "parse";
  try {
    const signed = parseSignedAct(wireOf(each.wire));
    at = "rule";
    checkRule(rule, signed.act);
    for (const issuer of signed.act.issuers) keys.verifier(issuer, signed.act.organisation, signed.act.epoch);
    at = "proof";
    verify(signed, rule, keys);
  } catch (error) {
    if (error instanceof UndersignedError) return [at, error.code];
    throw error;
  }
  return ["accepted", ""];
}

test("acts that must be refused", () => {
  const found = vectors("acts-invalid");
  const keys = keysOf(found);
  const rules = found.rules.map(ruleOf);
  for (const each of found.acts) {
    assert.deepEqual(refusedAt(each, rules[each.rule], keys), [each.at, each.code], each.name);
  }
  // In a batch with a good one, each is refused for the same reason and the good one stands.
  const good = vectors("acts").acts.find((each: Any) => each.name === "letter-sign");
  const same = (each: Any): boolean => JSON.stringify(found.rules[each.rule]) === JSON.stringify(good.rule);
  const bad = found.acts.filter((each: Any) => each.at === "proof" && each.from === "letter-sign" && same(each));
  assert.ok(bad.length > 10);
  const signed = [...bad.map((each: Any) => parseSignedAct(wireOf(each.wire))), parseSignedAct(utf8(good.wire))];
  const rule = ruleOf(good.rule);
  const outcome = verifyBatch(signed, new Map([[rule.context, rule]]), keys, draws("weights"));
  const codes = outcome.map((each) => (each instanceof UndersignedError ? each.code : null));
  assert.deepEqual(codes, [...bad.map((each: Any) => each.code), null]);
});

test("padding", () => {
  const { good, bad } = vectors("padding");
  for (const { octets, wire } of good) {
    assert.equal(new TextDecoder().decode(parsePadded(runs(octets)).encoded), wire);
  }
  for (const { name, octets, code } of bad) {
    assert.equal(codeOf(() => parsePadded(runs(octets))), code, name);
  }
});

test("letters and terms", () => {
  const letters = vectors("letters");
  for (const { text, digest, context } of letters.good) {
    const letter = parseLetter(utf8(text));
    assert.deepEqual([letter.digest, letter.context], [digest, context]);
  }
  for (const { name, text, code } of letters.bad) assert.equal(codeOf(() => parseLetter(utf8(text))), code, name);
  const terms = vectors("terms");
  const parsed = terms.good.map(({ text }: Any) => parseTerms(utf8(text)));
  assert.deepEqual(parsed.map((each: Any) => each.digest), terms.good.map((each: Any) => each.digest));
  follows(parsed[1], parsed[0]);
  for (const { name, text, code } of terms.bad) assert.equal(codeOf(() => parseTerms(utf8(text))), code, name);
  for (const { name, earlier, later, code } of terms.may_not_follow) {
    assert.equal(codeOf(() => follows(parseTerms(utf8(later)), parseTerms(utf8(earlier)))), code, name);
  }
});

test("lists of names", () => {
  const { good, bad, of_another_entry } = vectors("names");
  const entryOf = (text: string): Any => parseRegistryEntry(utf8(text));
  for (const { name, text, digest, entry, hashes } of good) {
    const list = parseNames(utf8(text));
    assert.deepEqual([list.digest, list.hashes], [digest, hashes], name);
    assert.ok(namesMatch(list, entryOf(entry)), name);
  }
  for (const { name, text, code } of bad) assert.equal(codeOf(() => parseNames(utf8(text))), code, name);
  for (const { name, text, entry } of of_another_entry) {
    assert.ok(!namesMatch(parseNames(utf8(text)), entryOf(entry)), name);
  }
});

test("entries and registries", () => {
  const entries = vectors("entries");
  for (const [part, read] of [["registry", parseRegistryEntry], ["log", parseLogEntry]] as const) {
    for (const { name, text } of entries[part].good) {
      assert.equal(read(utf8(text)).entry, JSON.parse(text).entry ?? "act", name);
    }
    for (const { name, text, code } of entries[part].bad) assert.equal(codeOf(() => read(utf8(text))), code, name);
  }
  const registries = vectors("registry");
  for (const each of registries.good) {
    assert.equal(Registry.replay(each.entries.map(utf8)).size, each.entries.length, each.name);
  }
  for (const { name, entries: texts, at, code } of registries.bad) {
    const registry = Registry.replay(texts.slice(0, at).map(utf8));
    assert.equal(codeOf(() => registry.add(utf8(texts[at]))), code, name);
    assert.equal(registry.size, at);
  }
});

test("receipts", () => {
  const { keys, good, bad } = vectors("receipts");
  for (const { note, context, organisation, act, deadline } of good) {
    const receipt = openReceipt(utf8(note), keys);
    assert.deepEqual(receipt, { context, organisation, act, deadline });
    assert.equal(receiptText(receipt), Note.parse(utf8(note)).text);
  }
  for (const { name, note, code } of bad) {
    const octets = typeof note === "string" ? utf8(note) : wireOf(note);
    assert.equal(codeOf(() => openReceipt(octets, keys)), code, name);
  }
});

test("messages between holder and issuer", () => {
  const found = vectors("enrolment");
  const both: Record<string, (data: Uint8Array) => Uint8Array> = {
    admission: (data) => request.encodeRequest(reading.parseAdmission(data)),
    renewal: (data) => request.encodeRequest(reading.parseRenewal(data)),
    cancellation: (data) => request.encodeRequest(reading.parseCancellation(data)),
    mail: (data) => mailing.encodeMailRequest(mailing.parseMailRequest(data)),
    issuance: (data) => enrolment.encodeIssuance(enrolment.parseIssuance(data)),
  };
  for (const [part, again] of Object.entries(both)) {
    for (const { text } of found[part].good) assert.equal(new TextDecoder().decode(again(utf8(text))), text);
    for (const { name, text, code } of found[part].bad) assert.equal(codeOf(() => again(utf8(text))), code, name);
  }
  assert.equal(messages(enrolment.parseIssuance(utf8(found.issuance.good[0].text))[0]!.attributes).length, 6);
});

test("proofs of requests to an issuer", () => {
  const { good, bad, seed: hidden, point, tag } = vectors("enrolment").proofs;
  const parsers: Record<string, (data: Uint8Array) => request.Request> = {
    admission: reading.parseAdmission, renewal: reading.parseRenewal, cancellation: reading.parseCancellation,
  };
  const read = (kind: string, wire: string): request.Request => parsers[kind]!(utf8(wire));
  const seed = fromHex(hidden);
  assert.equal(new TextDecoder().decode(request.PROOF_DST), tag);
  for (const { name, kind, draws: label, statement, text } of good) {
    const asked = read(kind, text);
    assert.equal(hex(reading.verifyRequest(asked)), point, name);
    assert.equal(new TextDecoder().decode(request.statementOf(asked)), statement, name);
    const keys = { secrets: nymSecrets(seed), blind: blind(seed, asked.bound.issuer) };
    const again = request.proveRequest(asked.action, asked.wish, asked.bound, keys, draws(label));
    assert.equal(new TextDecoder().decode(request.encodeRequest(again)), text, name);
  }
  for (const { name, kind, text, code } of bad) {
    assert.equal(codeOf(() => reading.verifyRequest(read(kind, text))), code, name);
  }
});

test("messages of people who stand by a letter", () => {
  const found = vectors("beside");
  const both: Record<string, (data: Uint8Array) => Uint8Array> = {
    mail: (data) => beside.encodeCodeRequest(beside.parseCodeRequest(data)),
    confirmation: (data) => beside.encodeConfirmation(beside.parseConfirmation(data)),
    name: (data) => beside.encodeNameGiven(beside.parseNameGiven(data)),
  };
  assert.deepEqual(Object.keys(both).sort(), Object.keys(found).filter((each) => each !== "profile").sort());
  for (const [part, again] of Object.entries(both)) {
    for (const { name, text } of found[part].good) assert.equal(new TextDecoder().decode(again(utf8(text))), text, name);
    for (const { name, text, code } of found[part].bad) assert.equal(codeOf(() => again(utf8(text))), code, name);
  }
});

test("accounts elsewhere", () => {
  const { joining, nonces, questions, bad_ways, answers } = vectors("accounts");
  const words = ({ issuer, point }: Any): Joining => ({ issuer, point: fromHex(point) });
  for (const each of nonces) assert.equal(nonceFor(words(each), each.salt), each.nonce, each.name);
  const asked = new Map<string, account.Question>(questions.map((each: Any) => [
    each.name, account.ask(account.parseProvider(each.way), words(joining), each.redirect, draws(each.draws), { fragment: each.fragment }),
  ]));
  for (const { name, address, state, salt, nonce, verifier } of questions) {
    const question = asked.get(name)!;
    const { address: built, state: sent, salt: drawn, verifier: kept } = question;
    assert.deepEqual([built, sent, drawn, kept], [address, state, salt, verifier], name);
    assert.ok(address.includes(`&nonce=${nonce}&`), name);
    assert.deepEqual(account.parseQuestion(account.encodeQuestion(question)), question);
  }
  for (const { name, way, code } of bad_ways) assert.equal(codeOf(() => account.parseProvider(way)), code, name);
  for (const { name, question, query, code, evidence } of answers) {
    const taken = (): unknown => account.answered(asked.get(question)!, query);
    if (code !== undefined) assert.equal(codeOf(taken), code, name);
    else assert.deepEqual(JSON.parse(JSON.stringify(taken())), { method: "oidc", evidence }, name);
  }
});

test("proof of work", () => {
  const { good, bad_challenges, bad_solutions } = vectors("work");
  const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
  for (const { challenge, solution } of good) {
    const asked = work.parseChallenge(utf8(challenge));
    assert.equal(text(work.encodeChallenge(asked)), challenge);
    assert.equal(text(work.encodeSolution(work.solve(asked))), solution);
    assert.equal(text(work.encodeSolution(work.parseSolution(utf8(solution)))), solution);
  }
  for (const { name, text: octets, code } of bad_challenges) {
    assert.equal(codeOf(() => work.parseChallenge(utf8(octets))), code, name);
  }
  for (const { name, text: octets, code } of bad_solutions) {
    assert.equal(codeOf(() => work.parseSolution(utf8(octets))), code, name);
  }
  const { challenge } = work.parseSolution(utf8(good[0].solution));
  const hopeless = { ...challenge, prefix: new Uint8Array(16) };
  assert.equal(codeOf(() => work.solve(hopeless)), "work-unsolved");
});
