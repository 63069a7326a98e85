/**
 * How a holder reaches an instance: through the platform's `fetch`, which is an argument.
 *
 * No cookie, no referrer, no redirect: nothing goes to a host that the person did not name.
 */

import { errorOf, type Family, Malformed, Refused, Unavailable, UndersignedError } from "../errors.ts";
import { codeWord, commas, concat, fields, type Json, parseJson, text } from "../values/index.ts";

/** Octets of an answer to a message, at most. */
export const MAX_ANSWER = 1 << 20;
/** Milliseconds for one whole exchange. */
export const WHOLE = 120_000;

/** Codes of errors after which nobody knows whether a message arrived. */
export const NO_ANSWER: readonly string[] = ["no-answer", "too-slow"];

export const ACT = "application/octet-stream";
export const JSON_TYPE = "application/json";

const PROBLEM = "urn:undersigned:problem:";
const WORDS = 600;
const FAMILIES: Readonly<Record<number, Family>> = {
  400: "malformed", 403: "refused", 404: "withheld", 409: "conflict", 413: "malformed", 415: "malformed",
  422: "malformed", 429: "unavailable", 503: "unavailable",
};

/** Where an instance is. Paths are relative to its address and begin without a slash. */
export interface Transport {
  /**
   * The file at `path`, at most `limit` octets.
   *
   * Throws `Withheld` where there is none; `Refused` or `Unavailable` when the answer is no good.
   */
  get(path: string, limit: number): Promise<Uint8Array>;
  /** Send a message; return the answer. Throws the family and the words of the server's problem document. */
  post(path: string, body: Uint8Array, contentType: string): Promise<Uint8Array>;
}

export type Fetch = (address: string, options: RequestInit) => Promise<Response>;

/** An instance at an address as `address.instance` returns it. */
export class FetchTransport implements Transport {
  private readonly base: string;
  private readonly fetch: Fetch;
  private readonly whole: number;
  private readonly silent: string;

  /** `silent` is the code of the error that no answer came. */
  constructor(base: string, fetch: Fetch, whole: number = WHOLE, silent = "no-answer") {
    this.base = base;
    this.fetch = fetch;
    this.whole = whole;
    this.silent = silent;
  }

  async get(path: string, limit: number): Promise<Uint8Array> {
    // What was signed must be new; tiles and documents never change, but the browser's own cache is a diary.
    return this.exchange(path, { method: "GET" }, limit);
  }

  async post(path: string, body: Uint8Array, contentType: string): Promise<Uint8Array> {
    const sent = { method: "POST", body: body as BodyInit, headers: { "content-type": contentType } };
    return this.exchange(path, sent, MAX_ANSWER);
  }

  private async exchange(path: string, options: RequestInit, limit: number): Promise<Uint8Array> {
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(), this.whole);
    try {
      const answer = await this.fetch(`${this.base}/${path}`, {
        ...options,
        cache: "no-store",
        credentials: "omit",
        redirect: "manual",
        referrerPolicy: "no-referrer",
        signal: clock.signal,
      });
      if (answer.type === "opaqueredirect" || (answer.status >= 300 && answer.status < 400)) {
        const words = `${this.base} sends you to another address. Nothing was sent there. Check the address.`;
        throw new Refused("redirect", words);
      }
      const data = await body(answer, limit, path);
      if (!answer.ok) throw problem(answer.status, data);
      return data;
    } catch (error) {
      if (error instanceof UndersignedError) throw error;
      const why = clock.signal.aborted ? "no answer in time" : "no connection";
      throw new Unavailable(this.silent, `${this.base} does not answer (${why}). Try again later.`, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function body(answer: Response, limit: number, path: string): Promise<Uint8Array> {
  if (answer.body === null) return new Uint8Array();
  const reader = answer.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      const words = `The answer for ${path} is longer than ${commas(limit)} octets. It was not read.`;
      throw new Refused("answer-too-long", words);
    }
    parts.push(value);
  }
}

/** The server's problem document (RFC 9457) as an error of our families, in its words. */
function problem(status: number, data: Uint8Array): UndersignedError {
  const family = FAMILIES[status] ?? "unavailable";
  try {
    const got = JSON.parse(new TextDecoder().decode(data.subarray(0, WORDS * 8))) as Record<string, unknown>;
    const kind = String(got["type"]);
    const words = text(got["title"], { limit: WORDS, what: "The server's answer" });
    const code = codeWord(kind.startsWith(PROBLEM) ? kind.slice(PROBLEM.length) : kind);
    return errorOf(family, code, words.replace(/\n/g, " "));
  } catch {
    return errorOf(family, "bad-answer", `The server answered with the status ${status} and without a reason.`);
  }
}

/** Read an answer that is a JSON object with exactly these fields. Throws `Malformed`. */
export function parseAnswer<const N extends string>(
  data: Uint8Array,
  names: readonly N[],
): { readonly [K in N]: Json } {
  let got: Json;
  try {
    got = parseJson(data);
  } catch (error) {
    throw new Malformed("bad-answer", "The server's answer is not JSON.", error);
  }
  return fields(got, names, "The server's answer");
}
