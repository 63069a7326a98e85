/**
 * Letter documents, which never change, and terms, which are dated (`docs/protocol.md`, section 4).
 *
 * A client reads them and writes none, but what it reads it writes again and compares.
 */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { VerifierKey } from "../tlog/note.ts";
import {
  ascending,
  codeWord,
  day,
  digest,
  domain,
  epoch,
  fields,
  integer,
  isList,
  type Json,
  language,
  parseCanonical,
  sha256Hex,
  slug,
  strip,
  text,
  tick,
} from "../values/index.ts";
import { contextId } from "./context.ts";

/** Octets of the longest letter document: all its languages together. */
export const MAX_DOCUMENT = 1 << 20;
export const MAX_ORGANISATIONS = 200;
export const MAX_LANGUAGES = 40;
export const MAX_DEMANDS = 40;
export const MAX_BODY = 40_000;
/** Fewer people than this, or an unknown number, and an organisation is refused: too few to hide among. */
export const LEAST_WORKFORCE = 40;
export const LEAST_ROUND = 10;
const BILLION = 10 ** 9;

function list(value: Json, least: number, most: number, what: string): readonly Json[] {
  if (!isList(value) || value.length < least || value.length > most) {
    throw new Malformed("bad-list", `${what}: a list of ${least} to ${most} is expected.`);
  }
  return value;
}

function filled(value: Json, limit: number, what: string): string {
  const checked = text(value, { limit, what });
  if (checked === "" || checked !== strip(checked)) {
    throw new Malformed("bad-text", `${what} is empty or has space around it.`);
  }
  return checked;
}

function inOrder(names: readonly string[], what: string): void {
  if (!ascending(names)) throw new Malformed("bad-order", `${what} are not in alphabetical order, each once.`);
}

function optional<T>(check: (value: Json) => T, value: Json): T | null {
  return value === null ? null : check(value);
}

/** The letter in one language; demands are in the same order in every language. */
export interface Text {
  readonly language: string;
  readonly title: string;
  readonly body: string;
  readonly demands: readonly string[];
}

function parseText(value: Json): Text {
  const got = fields(value, ["body", "demands", "language", "title"], "A text of the letter");
  return {
    language: language(got.language),
    title: filled(got.title, 200, "The title"),
    body: filled(got.body, MAX_BODY, "The letter's text"),
    demands: list(got.demands, 0, MAX_DEMANDS, "The demands").map((each) => filled(each, 1000, "A demand")),
  };
}

/** Whose members are asked, and which issuers must all vouch for each of them, in this order. */
export interface Organisation {
  readonly organisation: string;
  readonly issuers: readonly string[];
}

function parseOrganisation(value: Json): Organisation {
  const got = fields(value, ["issuers", "organisation"], "An organisation of the letter");
  const issuers = list(got.issuers, 1, 4, "The issuers").map(domain);
  if (new Set(issuers).size !== issuers.length) throw new Malformed("bad-issuers", "An issuer is named twice.");
  return { organisation: domain(got.organisation), issuers };
}

/** A body that recounts what is held back before a release; `key` is a verifier key of signed notes. */
export interface Recounter {
  readonly name: string;
  readonly key: string;
}

function parseRecounter(value: Json): Recounter {
  const got = fields(value, ["key", "name"], "A recounter");
  const key = VerifierKey.parse(text(got.key, { limit: 400, what: "A recounter's key" }));
  return { name: filled(got.name, 200, "A recounter's name"), key: key.encode() };
}

/** A letter document: what a signature is a signature of. */
export interface Letter {
  readonly slug: string;
  readonly addressee: string;
  readonly epoch: string;
  readonly goal: number | null;
  readonly organisations: readonly Organisation[];
  readonly texts: readonly Text[];
  readonly taxonomy: string;
  readonly recounters: readonly Recounter[];
  readonly continues: string | null;
  /** SHA-256 of the canonical octets, in hex. */
  readonly digest: string;
  /** The context in which the letter is signed. */
  readonly context: string;
}

const LETTER = [
  "slug", "addressee", "epoch", "goal", "organisations", "texts", "taxonomy", "recounters", "continues", "profile",
] as const;

/** Read the canonical octets of a letter document. Throws `Malformed`. */
export function parseLetter(data: Uint8Array): Letter {
  const got = fields(parseCanonical(data, MAX_DOCUMENT), LETTER, "The letter");
  if (got.profile !== PROFILE) {
    throw new Malformed("unknown-profile", `The letter is not of profile ${PROFILE}.`);
  }
  const organisations = list(got.organisations, 1, MAX_ORGANISATIONS, "The organisations").map(parseOrganisation);
  const texts = list(got.texts, 1, MAX_LANGUAGES, "The texts").map(parseText);
  const recounters = list(got.recounters, 0, 20, "The recounters").map(parseRecounter);
  inOrder(organisations.map((each) => each.organisation), "The organisations");
  inOrder(recounters.map((each) => each.name), "The recounters");
  const languages = new Set(texts.map((each) => each.language));
  const counts = new Set(texts.map((each) => each.demands.length));
  if (languages.size !== texts.length || counts.size !== 1) {
    const words = "A language stands twice, or the languages differ in the number of demands.";
    throw new Malformed("bad-texts", words);
  }
  const ownDigest = sha256Hex(data);
  return {
    slug: slug(got.slug),
    addressee: filled(got.addressee, 200, "The addressee"),
    epoch: epoch(got.epoch),
    goal: optional((value) => integer(value, { least: LEAST_ROUND, most: BILLION, what: "The goal" }), got.goal),
    organisations,
    texts,
    taxonomy: codeWord(got.taxonomy),
    recounters,
    continues: optional(digest, got.continues),
    digest: ownDigest,
    context: contextId("letter", ownDigest),
  };
}

/** A lower bound of how many people work at an organisation, with its date and source. */
export interface Workforce {
  readonly organisation: string;
  readonly atLeast: number;
  readonly asOf: string;
  readonly source: string;
}

function parseWorkforce(value: Json): Workforce {
  const got = fields(value, ["as_of", "at_least", "organisation", "source"], "A workforce figure");
  return {
    organisation: domain(got.organisation),
    atLeast: integer(got.at_least, { least: 1, most: BILLION, what: "The workforce" }),
    asOf: day(got.as_of),
    source: filled(got.source, 500, "The source of the workforce figure"),
  };
}

/** A dated correction that stands above what it corrects. */
export interface Erratum {
  readonly dated: string;
  readonly text: string;
}

function parseErratum(value: Json): Erratum {
  const got = fields(value, ["dated", "text"], "An erratum");
  return { dated: day(got.dated), text: filled(got.text, 2000, "The erratum") };
}

/**
 * What may change about a letter, in numbered and dated versions: logged, never signed.
 *
 * `closes` is a full hour in UTC and moves later only; errata are only added.
 */
export interface Terms {
  readonly letter: string;
  readonly number: number;
  readonly dated: string;
  readonly closes: string;
  readonly workforce: readonly Workforce[];
  readonly errata: readonly Erratum[];
  /** SHA-256 of the canonical octets, in hex. */
  readonly digest: string;
}

const TERMS = ["letter", "number", "dated", "closes", "workforce", "errata", "profile"] as const;

/** Read the canonical octets of terms. Throws `Malformed`. */
export function parseTerms(data: Uint8Array): Terms {
  const got = fields(parseCanonical(data, MAX_DOCUMENT), TERMS, "The terms");
  if (got.profile !== PROFILE) {
    throw new Malformed("unknown-profile", `The terms are not of profile ${PROFILE}.`);
  }
  const workforce = list(got.workforce, 0, MAX_ORGANISATIONS, "The workforce figures").map(parseWorkforce);
  inOrder(workforce.map((each) => each.organisation), "The workforce figures");
  return {
    letter: digest(got.letter),
    number: integer(got.number, { least: 1, most: 10_000, what: "The number of the terms" }),
    dated: day(got.dated),
    closes: tick(got.closes),
    workforce,
    errata: list(got.errata, 0, 200, "The errata").map(parseErratum),
    digest: sha256Hex(data),
  };
}

/** Check that `terms` may replace `earlier`. Throws `Malformed` naming what may not change. */
export function follows(terms: Terms, earlier: Terms): void {
  if (terms.letter !== earlier.letter || terms.number !== earlier.number + 1) {
    throw new Malformed("terms-order", "Terms are numbered one by one, each letter for itself.");
  }
  keeps(terms, earlier);
}

/**
 * Check what holds between any two terms of a letter, also where those in between were taken down.
 *
 * Throws `Malformed` naming what may not change.
 */
export function keeps(terms: Terms, earlier: Terms): void {
  if (terms.closes < earlier.closes || terms.dated < earlier.dated) {
    throw new Malformed("terms-earlier", "Closing can only be moved later, and dates do not run backwards.");
  }
  const kept = earlier.errata.every((erratum, at) => {
    const now = terms.errata[at];
    return now !== undefined && now.dated === erratum.dated && now.text === erratum.text;
  });
  if (!kept) throw new Malformed("terms-errata", "Errata stay as they are; new ones are added at the end.");
}
