/**
 * The list of names shown under a letter (`docs/protocol.md`, section 5, "Names").
 *
 * The list lies outside the logs. The registry binds it: a name with its line and a salt gives a salted hash, and the
 * sorted hashes give the digest that the newest `names` entry bears.
 */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import {
  canonical, digest, fields, integer, isList, type Json, octets, parseCanonical, sha256Hex, text, tick, b64u, words,
} from "../values/index.ts";
import type { NamesShown } from "./entry.ts";

/** Octets of a salt. */
const SALT = 32;
/** Names under one letter. */
export const MAX_NAMES = 10_000;
/** Octets of the longest list. */
export const MAX_LIST = 1 << 24;
/** Characters of the longest name, and of the longest line under it. */
export const MAX_NAME = 100;
export const MAX_LINE = 140;
const BILLION = 10 ** 9;
/** What turns the direction of writing or hides, but the two joiners without which some scripts cannot be written. */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Letters that are written as nothing. */
const FILLERS = /[\u115f\u1160\u3164\uffa0]/;
const SEEN = /[\p{L}\p{N}]/u;
/** Marks on one letter: a tower of them would cover the lines above and below. */
const TOWER = /[\p{Mn}\p{Me}]{5}/u;

function plain(value: Json, limit: number, what: string): string {
  const checked = text(value, { limit, what });
  const readable = SEEN.test(checked) && ![HIDDEN, FILLERS, TOWER].some((each) => each.test(checked));
  if (checked !== words(checked).join(" ") || !readable) {
    throw new Malformed("bad-name", `${what} is one line of ordinary characters with a letter in it, without space around it.`);
  }
  return checked;
}

/** Check a name: one line of at most 100 characters. Throws `Malformed`. */
export const checkName = (value: Json): string => plain(value, MAX_NAME, "The name");

/** Check what stands under a name: nothing, or one line of at most 140 characters. Throws `Malformed`. */
export const checkLine = (value: Json): string | null =>
  value === null ? null : plain(value, MAX_LINE, "The line under the name");

/** A name, what the person says of themselves in a line, and the salt (32 octets) of its hash. */
export interface ShownName {
  readonly name: string;
  readonly line: string | null;
  readonly salt: Uint8Array;
}

/** `names.json`: the list number `number` of a letter, as of a tick; names are in the order of their hashes. */
export interface NameList {
  readonly letter: string;
  readonly number: number;
  readonly asOf: string;
  readonly names: readonly ShownName[];
  readonly hashes: readonly string[];
  /** The digest that the registry's entry bears. */
  readonly digest: string;
}

function parseName(value: Json): ShownName {
  const got = fields(value, ["line", "name", "salt"], "A name of the list");
  return { name: checkName(got.name), line: checkLine(got.line), salt: octets(got.salt, SALT, "A salt") };
}

function hashOf(letter: string, { line, name, salt }: ShownName): string {
  return sha256Hex(canonical({ letter, line, name, salt: b64u(salt) }));
}

/** Read canonical octets. Throws `Malformed`. */
export function parseNames(data: Uint8Array): NameList {
  const value = parseCanonical(data, MAX_LIST);
  const got = fields(value, ["as_of", "letter", "names", "number", "profile"], "The list of names");
  if (got.profile !== PROFILE) {
    throw new Malformed("unknown-profile", `The list of names is not of profile ${PROFILE}.`);
  }
  if (!isList(got.names) || got.names.length > MAX_NAMES) {
    throw new Malformed("bad-list", "The names are a list of at most 10,000.");
  }
  const letter = digest(got.letter);
  const names = got.names.map(parseName);
  const hashes = names.map((each) => hashOf(letter, each));
  if (hashes.some((hash, at) => at > 0 && (hashes[at - 1] ?? "") >= hash)) {
    throw new Malformed("bad-order", "The names are not in the order of their hashes, each once.");
  }
  return {
    letter,
    number: integer(got.number, { least: 1, most: BILLION, what: "The number of the list" }),
    asOf: tick(got.as_of),
    names,
    hashes,
    digest: sha256Hex(canonical({ letter, names: hashes })),
  };
}

/** Whether this is the list that an entry of the registry is about, name for name. */
export function namesMatch(list: NameList, entry: NamesShown): boolean {
  return (
    list.letter === entry.letter && list.number === entry.number && list.asOf === entry.tick &&
    list.names.length === entry.count && list.digest === entry.digest
  );
}
