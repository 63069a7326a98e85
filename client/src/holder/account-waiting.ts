/**
 * A question to a provider of accounts while its answer is awaited: encrypted with the pass where the pass is.
 *
 * Unencrypted it is the question's canonical JSON. Encrypted: a header in canonical JSON, a line end, and the sealed
 * question, under the key that seals the pass. Trust: whoever has it, and the provider's answer, can join in its place.
 */

import { Malformed, Refused } from "../errors.ts";
import { b64u, canonical, concat, fields, octets, parseCanonical, utf8 } from "../values/index.ts";
import { encodeQuestion, parseQuestion, type Question } from "./account.ts";

/** Version of the sealed form. */
const FORMAT = "undersigned-question/1";
const NONCE = 12;
const LINE_END = 10;

/** What encrypts: the key of the pass (`SealKey`). */
export interface Sealing {
  encrypt(nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array;
  decrypt(nonce: Uint8Array, head: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Octets to keep; `nonce` has 12 octets and is never used twice with one key. */
export function keptQuestion(question: Question, seal: { key: Sealing; nonce: Uint8Array } | null): Uint8Array {
  const whole = encodeQuestion(question);
  if (seal === null) return whole;
  const head = canonical({ format: FORMAT, nonce: b64u(seal.nonce) });
  return concat(head, utf8("\n"), seal.key.encrypt(seal.nonce, head, whole));
}

/** Whether a kept question is encrypted: canonical JSON has no line end of its own. */
export function isQuestionSealed(data: Uint8Array): boolean {
  return data.includes(LINE_END);
}

/** Read what was kept. Throws `Malformed`; `Refused` where it is encrypted with another key, or with one at all. */
export function waitingQuestion(data: Uint8Array, key: Sealing | null): Question {
  const end = data.indexOf(LINE_END);
  if (end < 0) return parseQuestion(data);
  const head = data.subarray(0, end);
  const got = fields(parseCanonical(head), ["format", "nonce"], "The kept question");
  if (got.format !== FORMAT) {
    throw new Malformed("unknown-format", "This was kept by another version, in a form that is unknown here.");
  }
  const nonce = octets(got.nonce, NONCE, "The nonce");
  const sealed = new Refused("question-sealed", "You began to sign in with another pass. Sign in anew.");
  if (key === null) throw sealed;
  let whole: Uint8Array;
  try {
    whole = key.decrypt(nonce, head, data.subarray(end + 1));
  } catch {
    throw sealed;
  }
  return parseQuestion(whole);
}
