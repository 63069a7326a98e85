/**
 * Sentences for people, by the English one (gettext, domain `undersigned`).
 *
 * `client/extract.mjs` finds every `t("…")`: the sentence is a literal, placeholders are named, `{name}`. A catalogue
 * is fetched only where somebody reads in that language, and checked against the digest in this script.
 */

import type { File } from "../rpc.ts";

/** Catalogues by language. */
export type Catalogues = Readonly<Record<string, File>>;

/** Those of this script, put in when it is built; parts of it have their own. */
declare const CATALOGUES: Catalogues;

export type Values = Readonly<Record<string, string | number>>;

const RIGHT_TO_LEFT = /^(?:ar|fa|he|ur)(?:-|$)/;

let catalogue: Readonly<Record<string, string>> = {};
let spoken = "en";

/** Languages of the interface, each by its own name; English first. */
export function languages(): readonly string[] {
  return ["en", ...Object.keys(CATALOGUES)];
}

/** The language that is shown now. */
export function language(): string {
  return spoken;
}

/** What a language calls itself. */
export function ownName(tag: string): string {
  try {
    const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return name === undefined ? tag : name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
  } catch {
    return tag;
  }
}

/** The first language of `wished` that there is, else English. */
export function best(wished: readonly string[]): string {
  for (const each of wished) {
    const plain = each.toLowerCase().split("-")[0] ?? "";
    const found = languages().find((tag) => tag.toLowerCase() === each.toLowerCase() || tag === plain);
    if (found !== undefined) return found;
  }
  return "en";
}

/** Speak another language from now on; where its catalogue cannot be had, English. */
export async function speak(tag: string): Promise<void> {
  spoken = "en";
  catalogue = {};
  if (await read(CATALOGUES[tag])) spoken = tag;
  document.documentElement.lang = spoken;
  document.documentElement.dir = RIGHT_TO_LEFT.test(spoken) ? "rtl" : "ltr";
}

/** Learn the sentences of a part of this page, in the language that is spoken. */
export async function learn(catalogues: Catalogues): Promise<void> {
  await read(catalogues[spoken]);
}

async function read(wanted: File | undefined): Promise<boolean> {
  if (wanted === undefined) return false;
  try {
    const answer = await fetch(wanted.path, { integrity: wanted.integrity, credentials: "omit", redirect: "error" });
    if (!answer.ok) return false;
    catalogue = { ...catalogue, ...((await answer.json()) as Record<string, string>) };
    return true;
  } catch {
    // English is better than nothing.
    return false;
  }
}

/** A sentence in the language that is spoken, its placeholders filled. */
export function t(sentence: string, values: Values = {}): string {
  return fill(catalogue[sentence] ?? sentence, values);
}

/** Fill placeholders; what has no value stays, for `rich`. */
export function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{([a-z]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/**
 * Text by others as it is read here: what turns the direction of writing, or hides, shows its number instead.
 *
 * Left are line ends, tabs, and the two joiners without which some scripts cannot be written.
 */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (symbol) =>
    "\n\t\u200c\u200d".includes(symbol) ? symbol : `<U+${(symbol.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

/** A day, `2026-12-03` or a full hour of it in UTC, as people write it; its parts stay on one line. */
export function day(tick: string): string {
  const date = new Date(`${tick.slice(0, 10)}T00:00:00Z`);
  const format = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(locale(), format).format(date).replace(/ /g, "\u00a0");
}

/** The months of a quarter, `2026Q4`, from the first to the last. */
export function quarter(epoch: string): string {
  const [year, part] = epoch.split("Q").map(Number);
  if (year === undefined || part === undefined) return epoch;
  const format = new Intl.DateTimeFormat(locale(), { month: "long", year: "numeric", timeZone: "UTC" });
  const [first, last] = [new Date(Date.UTC(year, 3 * part - 3)), new Date(Date.UTC(year, 3 * part - 1))];
  return format.formatRange(first, last);
}

/** A whole number with the separators of the language. */
export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** Names in a row, with the language's “or”. */
export function either(names: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: "disjunction" }).format(names);
}

/** English dates have the day first, as in a letter from this house. */
function locale(): string {
  return spoken === "en" ? "en-GB" : spoken;
}
