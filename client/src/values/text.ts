/** Scalar values of the wire formats, each with exactly one spelling (`docs/protocol.md`, section 4). */

import { Malformed } from "../errors.ts";

const MAX_TEXT = 65_535;
const DIGEST = /^[0-9a-f]{64}$/;
const EPOCH = /^[0-9]{4}Q[1-4]$/;
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;
const CODE_WORD = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const TICK = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00Z$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Z]{2})?$/;
/** Control characters but LF and TAB, and lone surrogates. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/u;
/** What Python calls white space; the platform's own set differs in U+FEFF. */
const SPACES = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`^[${SPACES}]+`, "u");
const TRAILING = new RegExp(`[${SPACES}]+$`, "u");
const RUNS = new RegExp(`[${SPACES}]+`, "u");
const ANY_SPACE = new RegExp(`[${SPACES}]`, "u");

/** A whole number with commas between thousands, as sentences have it. */
export function commas(value: number | bigint): string {
  return String(value).replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
}

/** How many characters (code points) a text has. */
export function characters(value: string): number {
  let count = value.length;
  for (let at = 0; at < value.length - 1; at += 1) {
    const unit = value.charCodeAt(at);
    const next = value.charCodeAt(at + 1);
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) count -= 1;
  }
  return count;
}

/** Text without white space around it. */
export function strip(value: string): string {
  return value.replace(LEADING, "").replace(TRAILING, "");
}

/** The words of a text: what stands between white space. */
export function words(value: string): string[] {
  return value.split(RUNS).filter((word) => word !== "");
}

/** Whether there is white space in a text. */
export function spaced(value: string): boolean {
  return ANY_SPACE.test(value);
}

/** Whether a text stands before another in the order of code points; the platform's own order is of UTF-16 units. */
function before(left: string, right: string): boolean {
  const points = [...right];
  const own = [...left];
  const at = own.findIndex((point, place) => point !== points[place]);
  return at < 0 ? own.length < points.length : (own[at]?.codePointAt(0) ?? 0) < (points[at]?.codePointAt(0) ?? 0);
}

/** Whether names stand in the order of code points, each once. */
export function ascending(names: readonly string[]): boolean {
  return names.every((name, at) => at === 0 || before(names[at - 1] ?? "", name));
}

/**
 * Text in NFC, line ends LF, no lone surrogates, no control characters but LF and TAB; `limit` in characters.
 *
 * Throws `Malformed`.
 */
export function text(value: unknown, { limit = MAX_TEXT, what = "The text" } = {}): string {
  if (typeof value !== "string") throw new Malformed("not-text", `${what} is not text.`);
  if (value.length > limit && characters(value) > limit) {
    throw new Malformed("too-long", `${what} is longer than ${commas(limit)} characters.`);
  }
  if (CONTROL.test(value)) {
    throw new Malformed("text-control", `${what} holds a control character or half a surrogate pair.`);
  }
  if (value.normalize("NFC") !== value) {
    throw new Malformed("text-not-nfc", `${what} is not in Unicode normal form NFC.`);
  }
  return value;
}

function matching(pattern: RegExp, value: unknown, limit: number, code: string, sentence: string): string {
  if (typeof value !== "string" || value.length > limit || !pattern.test(value)) throw new Malformed(code, sentence);
  return value;
}

/** Lower-case words joined by hyphens, at most 80 characters: a letter's name in addresses. */
export function slug(value: unknown): string {
  return matching(SLUG, value, 80, "bad-slug", "A short name is lower-case letters, digits and single hyphens.");
}

/** A domain-like identifier of an organisation or issuer, lower case, at most 253 characters. */
export function domain(value: unknown): string {
  return matching(DOMAIN, value, 253, "bad-domain", "A name like “example.com” is expected, in lower case.");
}

/** A quarter, `2026Q4`. */
export function epoch(value: unknown): string {
  return matching(EPOCH, value, 6, "bad-epoch", "A quarter is written like 2026Q4.");
}

/** A code of the taxonomy or of a closed list: lower-case words joined by hyphens, at most 40. */
export function codeWord(value: unknown): string {
  return matching(CODE_WORD, value, 40, "bad-code-word", "A code is lower-case words joined by hyphens.");
}

/** A full hour in UTC, `2026-12-03T00:00:00Z`: no time finer than this is ever written down. */
export function tick(value: unknown): string {
  const checked = matching(TICK, value, 20, "bad-tick", "A full hour is written like 2026-12-03T00:00:00Z.");
  calendar(checked.slice(0, 10));
  if (checked.slice(11, 13) > "23") throw new Malformed("bad-tick", "There is no such hour.");
  return checked;
}

/** A date, `2026-12-03`. */
export function day(value: unknown): string {
  return calendar(matching(DAY, value, 10, "bad-day", "A date is written like 2026-12-03."));
}

function calendar(value: string): string {
  const [year = 0, month = 0, date = 0] = value.split("-").map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (year < 1 || date < 1 || date > days) throw new Malformed("bad-day", "There is no such day.");
  return value;
}

/** A language tag, `en` or `de-AT`. */
export function language(value: unknown): string {
  return matching(LANGUAGE, value, 6, "bad-language", "A language is written like “en” or “de-AT”.");
}

/** SHA-256 in lower-case hex, 64 digits. */
export function digest(value: unknown): string {
  return matching(DIGEST, value, 64, "bad-digest", "A digest is 64 lower-case hex digits.");
}

/** A whole number within bounds; `true` is not 1. */
export function integer(
  value: unknown,
  { least = 0, most = Number.MAX_SAFE_INTEGER, what = "The number" } = {},
): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new Malformed("bad-integer", `${what} is not a whole number from ${commas(least)} to ${commas(most)}.`);
  }
  return value;
}
