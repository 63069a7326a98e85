/** What this page says of a letter: its title and whom it asks, from the instance's public files. */

import { Malformed, UndersignedError } from "../../src/errors.ts";
import { FetchTransport } from "../../src/holder/transport.ts";
import { isList, isObject, type Json, parseJson, sha256Hex } from "../../src/values/index.ts";

const MAX_COUNT = 1 << 20;
const MAX_DOCUMENT = 1 << 20;

/** A letter; `title` is null where its text was taken down. */
export interface Letter {
  readonly slug: string;
  readonly ended: boolean;
  readonly title: { readonly language: string; readonly text: string } | null;
  readonly organisations: readonly string[];
}

/** Read a letter in a language. Null where there is none of this name; throws where it cannot be read. */
export async function letterOf(slug: string, language: string): Promise<Letter | null> {
  const transport = new FetchTransport(location.origin, (address, options) => fetch(address, options));
  const found = await there(transport, `letters/${slug}/count.json`, MAX_COUNT);
  if (found === null) return null;
  const count = parseJson(found);
  if (!isObject(count)) throw new Malformed("bad-answer", "The letter's figures are not as they should be.");
  const ended = count["state"] === "closed" || count["state"] === "missed";
  const digest = String(count["digest"]);
  const document = /^[0-9a-f]{64}$/.test(digest) ? await there(transport, `documents/${digest}`, MAX_DOCUMENT) : null;
  if (document === null) return { slug, ended, title: null, organisations: [] };
  // Its form was checked when it was opened; here it only has to be the one that the figures are about.
  const letter = parseJson(document);
  if (sha256Hex(document) !== digest || !isObject(letter)) {
    throw new Malformed("bad-answer", "The letter is another one than its figures are about.");
  }
  const texts = named(letter["texts"], "language", "title");
  const text = texts.find(([tag]) => tag.split("-")[0] === language) ?? texts[0];
  const title = text === undefined ? null : { language: text[0], text: text[1] };
  return { slug, ended, title, organisations: named(letter["organisations"], "organisation", "organisation").map(([each]) => each) };
}

/** Two texts of each object of a list. */
function named(value: Json | undefined, one: string, other: string): (readonly [string, string])[] {
  return (isList(value) ? value : []).filter(isObject).map((each) => [String(each[one]), String(each[other])] as const);
}

async function there(transport: FetchTransport, path: string, limit: number): Promise<Uint8Array | null> {
  try {
    return await transport.get(path, limit);
  } catch (error) {
    if (error instanceof UndersignedError && error.family === "withheld") return null;
    throw error;
  }
}
