/**
 * Canonical JSON (RFC 8785), restricted further (`docs/protocol.md`, section 4).
 *
 * No floats, integers below 2^53, text in NFC with LF line ends and no lone surrogates. The platform's own parser
 * forgets duplicate keys, so this module has one; it reads any JSON and then compares with the canonical form.
 */

import { Malformed } from "../errors.ts";
import { commas, text } from "./text.ts";
import { fromUtf8, same, utf8 } from "./octets.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** Without a prototype, so that no key means anything. */
export interface JsonObject {
  readonly [key: string]: Json;
}

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
export const MAX_DEPTH = 16;
/** Octets of the longest log entry (tlog-tiles length prefix of 16 bits). */
export const MAX_ENTRY = 65_535;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};
const WORDS: readonly (readonly [string, null | boolean | undefined])[] = [
  ["true", true], ["false", false], ["null", null], ["NaN", undefined], ["Infinity", undefined], ["-Infinity", undefined],
];

const tooDeep = (): Malformed => new Malformed("json-depth", `JSON is nested deeper than ${MAX_DEPTH} levels.`);
const noJson = (cause?: unknown): Malformed => new Malformed("json-syntax", "This is not JSON in UTF-8.", cause);
const tooLarge = (): Malformed => new Malformed("json-integer", "A number in the JSON is 2^53 or larger.");
const noFloat = (literal: string): Malformed =>
  new Malformed("json-float", `Numbers are whole here, not ${literal.slice(0, 20)}.`);

// ── reading ──

class Parser {
  private readonly source: string;
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  whole(): Json {
    const value = this.value(0);
    this.space();
    if (this.at !== this.source.length) throw noJson();
    return value;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match !== null) this.at = pattern.lastIndex;
    return match;
  }

  private space(): void {
    this.take(SPACE);
  }

  private next(symbol: string): boolean {
    this.space();
    if (this.source[this.at] !== symbol) return false;
    this.at += 1;
    return true;
  }

  private value(depth: number): Json {
    if (this.next("{")) return this.object(depth);
    if (this.next("[")) return this.array(depth);
    if (this.next('"')) return this.string();
    for (const [word, value] of WORDS) {
      if (this.source.startsWith(word, this.at)) {
        this.at += word.length;
        if (value === undefined) throw noFloat(word);
        return value;
      }
    }
    return this.number();
  }

  private number(): number {
    const match = this.take(NUMBER);
    if (match === null) throw noJson();
    const literal = match[0];
    if (match[1] !== undefined || match[2] !== undefined) throw noFloat(literal);
    if (literal.length > String(-MAX_INTEGER).length) throw tooLarge();
    return Number(literal);
  }

  private string(): string {
    let out = "";
    for (;;) {
      out += this.take(PLAIN)?.[0] ?? "";
      const symbol = this.source[this.at];
      this.at += 1;
      if (symbol === '"') return out;
      if (symbol !== "\\") throw noJson();
      out += this.escape();
    }
  }

  private escape(): string {
    const symbol = this.source[this.at] ?? "";
    this.at += 1;
    if (symbol !== "u") {
      const plain = ESCAPES[symbol];
      if (plain === undefined) throw noJson();
      return plain;
    }
    const digits = this.source.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw noJson();
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private array(depth: number): Json[] {
    if (depth > MAX_DEPTH) throw tooDeep();
    const out: Json[] = [];
    if (this.next("]")) return out;
    do out.push(this.value(depth + 1));
    while (this.next(","));
    if (!this.next("]")) throw noJson();
    return out;
  }

  private object(depth: number): JsonObject {
    if (depth > MAX_DEPTH) throw tooDeep();
    const out = Object.create(null) as Record<string, Json>;
    let twice = false;
    if (this.next("}")) return out;
    do {
      if (!this.next('"')) throw noJson();
      const key = this.string();
      if (!this.next(":")) throw noJson();
      twice ||= key in out;
      out[key] = this.value(depth + 1);
    } while (this.next(","));
    if (!this.next("}")) throw noJson();
    if (twice) throw new Malformed("json-duplicate-key", "A key stands twice in the same JSON object.");
    return out;
  }
}

/** Any JSON text as values. Throws `Malformed` for duplicate keys, floats, huge integers and what is not JSON. */
export function parseJson(octets: Uint8Array): Json {
  let source: string;
  try {
    source = fromUtf8(octets);
  } catch (error) {
    throw noJson(error);
  }
  return new Parser(source).whole();
}

// ── writing ──

/** Whether a value is an array; unlike the platform's own test it keeps `readonly`. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function scalar(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value !== "number" || (Number.isFinite(value) && !Number.isInteger(value))) {
    throw new Malformed("json-type", `JSON cannot hold a ${typeof value === "number" ? "float" : typeof value} here.`);
  }
  if (!Number.isSafeInteger(value)) throw tooLarge();
  return value === 0 ? "0" : String(value);
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw tooDeep();
  if (typeof value === "string") return JSON.stringify(text(value));
  if (isList(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if (!isObject(value)) return scalar(value);
  // RFC 8785 sorts keys by their UTF-16 code units, as `sort` does.
  const keys = Object.keys(value).sort();
  const members = keys.map((key) => {
    text(key, { what: "A key of the JSON" });
    return `${JSON.stringify(key)}:${write(value[key], depth + 1)}`;
  });
  return `{${members.join(",")}}`;
}

/** RFC 8785 octets of a value; refuses floats, large integers and text that is not NFC. Throws `Malformed`. */
export function canonical(value: Json): Uint8Array {
  return utf8(write(value, 0));
}

/**
 * Parse JSON and refuse every spelling but the canonical one.
 *
 * Throws `Malformed` when `octets` is longer than `limit`, is not UTF-8 JSON, has a duplicate key, a float or a large
 * integer, or differs from its canonical form.
 */
export function parseCanonical(octets: Uint8Array, limit: number = MAX_ENTRY): Json {
  if (octets.length > limit) throw new Malformed("too-long", `The text is longer than ${commas(limit)} octets.`);
  const value = parseJson(octets);
  if (!same(canonical(value), octets)) {
    throw new Malformed("json-not-canonical", "The JSON is not in its canonical form (RFC 8785).");
  }
  return value;
}

/** `value` as an object that has exactly the keys `names`. Throws `Malformed` naming the first other one. */
export function fields<const N extends string>(
  value: unknown,
  names: readonly N[],
  what: string,
): { readonly [K in N]: Json } {
  if (!isObject(value)) throw new Malformed("not-an-object", `${what} is not a JSON object.`);
  for (const name of names) {
    if (!Object.prototype.hasOwnProperty.call(value, name)) {
      throw new Malformed("field-missing", `${what} lacks the field “${name}”.`);
    }
  }
  const known: readonly string[] = names;
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new Malformed("field-unknown", `${what} has a field “${name.slice(0, 40)}” that it should not have.`);
    }
  }
  return value as { readonly [K in N]: Json };
}
