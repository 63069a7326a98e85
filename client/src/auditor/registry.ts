/**
 * Step 4: the registry, replayed whole, and the documents beside it (`docs/protocol.md`, sections 3, 5 and 6).
 *
 * Where a document was taken down, what it said is not known: the audit says so, and holds the log to one epoch and
 * one set of issuers all the same. The client's files are read apart (`client.ts`).
 */

import { decodeKey } from "../bbs/curve.ts";
import { UndersignedError, Withheld } from "../errors.ts";
import { contextId } from "../protocol/context.ts";
import type { Genesis, NamesShown, RegistryEntry, Supporters, TermsSet } from "../protocol/entry.ts";
import { keeps, LEAST_WORKFORCE, type Letter, parseLetter, parseTerms, type Terms } from "../protocol/letter.ts";
import { type ContextRule, keyName } from "../protocol/presentation.ts";
import { letterRule, Registry } from "../protocol/registry.ts";
import { commas, sha256Hex } from "../values/index.ts";
import type { ClientEntry } from "./client.ts";
import { type Findings, quoted } from "./findings.ts";
import type { Heads } from "./heads.ts";
import { checkIdentities, tellCorrections } from "./identities.ts";
import type { Source } from "./source.ts";
import { checkNames } from "./standing.ts";
import type { Chunk } from "./tree.ts";

/**
 * A letter as the registry and its documents say: `document` is null where it was taken down or is missing.
 *
 * Of `versions` numbered terms, `first` and `latest` are kept, null where they cannot be read, and `known`, the newest
 * that can be read. `rule` is null where it is not known. `beside` is index and tick of the first entry that tells of
 * supporters or names, `names` the index of the newest one that binds names.
 */
export interface LetterSeen {
  readonly index: number;
  readonly slug: string;
  readonly digest: string;
  readonly context: string;
  document: Letter | null;
  versions: number;
  first: Terms | null;
  latest: Terms | null;
  known: Terms | null;
  rule: ContextRule | null;
  outcome: "closed" | "goal-missed" | null;
  beside: readonly [number, string] | null;
  names: number | null;
}

/** What the registry says: all that the steps after this one need. */
export interface Register {
  readonly registry: Registry;
  /** By context. */
  readonly letters: ReadonlyMap<string, LetterSeen>;
  /** Where each issuer key stands, by `keyName`. */
  readonly keyPlaces: ReadonlyMap<string, number>;
  readonly demo: boolean;
  /** The newest `client` entry, null where there is none. */
  readonly client: ClientEntry | null;
}

/** A letter with its first title alone: texts are long, and no step needs them. */
function withoutTexts(letter: Letter): Letter {
  return { ...letter, texts: letter.texts.slice(0, 1).map((text) => ({ ...text, body: "", demands: [] })) };
}

/** Step 4, for the registry. */
export async function readRegister(
  chunks: AsyncIterable<Chunk>,
  source: Source,
  heads: Heads,
  findings: Findings,
): Promise<Register> {
  const reader = new Reader(source, heads, findings);
  for await (const chunk of chunks) reader.chunk(chunk);
  return reader.finished();
}

class Reader {
  private readonly source: Source;
  private readonly heads: Heads;
  private readonly findings: Findings;
  private readonly registry = new Registry();
  private readonly letters = new Map<string, LetterSeen>();
  private readonly terms: (readonly [number, TermsSet])[] = [];
  private readonly keys = new Map<string, number>();
  private client: ClientEntry | null = null;

  constructor(source: Source, heads: Heads, findings: Findings) {
    this.source = source;
    this.heads = heads;
    this.findings = findings;
  }

  private fail(entry: number | null, code: string, words: string): void {
    this.findings.fail(4, "registry", entry, code, words);
  }

  private error(entry: number, error: unknown): void {
    if (!(error instanceof UndersignedError)) throw error;
    this.findings.error(4, "registry", entry, error);
  }

  // ── entries ──

  /** Take the next entries; those that cannot be read were reported with the tree. */
  chunk({ first, width, entries }: Chunk): void {
    if (entries === null) this.registry.size += width;
    entries?.forEach((octets, at) => {
      try {
        this.look(first + at, this.registry.add(octets));
      } catch (error) {
        // The registry's own sentence names the entry; here that stands beside it.
        this.error(first + at, error instanceof UndersignedError && error.cause instanceof UndersignedError ? error.cause : error);
      }
      this.registry.size = first + at + 1;
    });
  }

  private look(index: number, entry: RegistryEntry): void {
    if (entry.entry === "genesis") {
      this.genesis(entry);
    } else if (entry.entry === "issuer-key") {
      this.keys.set(keyName(entry.issuer, entry.organisation, entry.epoch), index);
      decodeKey(entry.public_key);
    } else if (entry.entry === "letter") {
      const context = contextId("letter", entry.digest);
      const { slug, digest } = entry;
      this.letters.set(context, {
        index, slug, digest, context, document: null, versions: 0, first: null, latest: null, known: null, rule: null,
        outcome: null, beside: null, names: null,
      });
    } else if (entry.entry === "terms") {
      this.terms.push([index, entry]);
    } else if (entry.entry === "client") {
      this.client = { index, files: entry.files };
    } else if (entry.entry === "supporters" || entry.entry === "names") {
      this.beside(index, entry);
    }
  }

  private beside(index: number, entry: Supporters | NamesShown): void {
    const seen = this.letters.get(contextId("letter", entry.letter));
    if (seen === undefined) return;
    seen.beside ??= [index, entry.tick];
    if (entry.entry === "names") seen.names = index;
  }

  private genesis(entry: Genesis): void {
    for (const [head, key] of [[this.heads.registry, entry.registry], [this.heads.log, entry.log]] as const) {
      if (head.key !== null && head.key !== key) {
        this.fail(0, "genesis-key", `The genesis entry names another key for the ${head.log}.`);
      }
    }
  }

  // ── documents ──

  /** Read the documents of what the entries name, and make the rules. */
  async finished(): Promise<Register> {
    const { genesis } = this.registry;
    if (genesis === undefined) {
      this.fail(null, "no-genesis", "The registry has no genesis entry: it says nothing of whose it is.");
    }
    const byDigest = new Map([...this.letters.values()].map((seen) => [seen.digest, seen]));
    for (const seen of this.letters.values()) await this.letter(seen);
    for (const [index, entry] of this.terms) {
      const seen = byDigest.get(entry.letter);
      if (seen !== undefined) await this.takeTerms(index, entry, seen);
    }
    for (const seen of this.letters.values()) {
      seen.outcome = this.registry.closed.get(seen.digest)?.outcome ?? null;
      if (seen.outcome === "goal-missed" && seen.document !== null && seen.document.goal === null) {
        this.fail(seen.index, "no-goal", `“${seen.slug}” ended as having missed its goal, but it had none.`);
      }
      if (!seen.versions) {
        this.fail(seen.index, "no-terms", `The letter “${seen.slug}” has no terms, so no end.`);
      }
      const names = this.registry.names.get(seen.digest) ?? null;
      await checkNames(this.source, seen.slug, names, seen.names ?? seen.index, this.findings);
    }
    checkIdentities(this.registry.issuerKeys.values(), this.findings);
    tellCorrections([...this.registry.corrections.values()].flat(), this.findings);
    const demo = genesis?.demo ?? false;
    return { registry: this.registry, letters: this.letters, keyPlaces: this.keys, demo, client: this.client };
  }

  /** Read one document; null where it is not there or not right. */
  private async document<D>(index: number, digest: string, parse: (octets: Uint8Array) => D): Promise<D | null> {
    let octets: Uint8Array;
    try {
      octets = await this.source.read(`documents/${digest}`);
    } catch (error) {
      if (error instanceof Withheld) this.missing(index, digest);
      else this.error(index, error);
      return null;
    }
    if (sha256Hex(octets) !== digest) {
      const words = `The document ${digest} is not the one that the registry names.`;
      this.fail(index, "document-altered", words);
      return null;
    }
    try {
      return parse(octets);
    } catch (error) {
      this.error(index, error);
      return null;
    }
  }

  private missing(index: number, digest: string): void {
    const redacted = this.registry.redacted.get(digest);
    if (redacted === undefined) {
      this.fail(index, "document-missing", `The document ${digest} is missing, and no entry says why.`);
    } else {
      const words = `The document ${digest} was taken down (${redacted.ground}: ${quoted(redacted.reason)}).`;
      this.findings.remark(words);
    }
  }

  private async letter(seen: LetterSeen): Promise<void> {
    const letter = await this.document(seen.index, seen.digest, parseLetter);
    if (letter === null) {
      this.findings.remark(
        `The text of “${seen.slug}” is not there: its epoch and issuers are taken from its acts, and whether it had ` +
          "a goal and whom it asked cannot be checked.",
      );
      return;
    }
    seen.document = withoutTexts(letter);
    if (letter.slug !== seen.slug) {
      const words = `The entry calls the letter “${seen.slug}”, its document “${letter.slug}”.`;
      this.fail(seen.index, "other-slug", words);
    }
    for (const { organisation, issuers } of letter.organisations) {
      for (const issuer of issuers) {
        const place = this.keys.get(keyName(issuer, organisation, letter.epoch)) ?? seen.index;
        if (place < seen.index) continue;
        const words = `No key of ${issuer} for ${organisation} and ${letter.epoch} stands before the letter.`;
        this.fail(seen.index, "key-after-use", words);
      }
    }
    this.continued(seen.index, letter.continues);
    try {
      // Of the whole letter: its context is the digest of all its texts.
      seen.rule = letterRule(letter, this.registry);
    } catch (error) {
      this.error(seen.index, error);
    }
  }

  private continued(index: number, digest: string | null): void {
    if (digest === null) return;
    const earlier = this.letters.get(contextId("letter", digest));
    if (earlier !== undefined && earlier.index < index) return;
    this.fail(index, "unknown-letter", "The letter continues one that is not in the registry before it.");
  }

  private async takeTerms(index: number, entry: TermsSet, seen: LetterSeen): Promise<void> {
    const terms = await this.document(index, entry.digest, parseTerms);
    const before = seen.known;
    seen.versions += 1;
    seen.latest = terms;
    if (terms === null) return;
    if (seen.versions === 1) seen.first = terms;
    seen.known = terms;
    if (terms.letter !== entry.letter || terms.number !== entry.number) {
      const words = "The terms are for another letter, or numbered otherwise, than the entry says.";
      this.fail(index, "other-terms", words);
    }
    if (before !== null) {
      try {
        // Not `follows`: terms in between may have been taken down, and the numbers are compared above.
        keeps(terms, before);
      } catch (error) {
        this.error(index, error);
      }
      this.compareWorkforce(seen.slug, before, terms);
    }
    if (seen.document !== null) this.largeEnough(index, terms, seen.document);
  }

  /** A smaller denominator makes the same count look larger: it is allowed, and said. */
  private compareWorkforce(slug: string, before: Terms, after: Terms): void {
    const figures = new Map(before.workforce.map((each) => [each.organisation, each.atLeast]));
    for (const { organisation, atLeast } of after.workforce) {
      const was = figures.get(organisation) ?? 0;
      if (atLeast >= was) continue;
      this.findings.remark(
        `“${slug}”: terms ${commas(after.number)} lower how many work at ${organisation} from ${commas(was)} to ` +
          `${commas(atLeast)}.`,
      );
    }
  }

  /** Where fewer than forty people work, or nobody says how many, a count would point at them. */
  private largeEnough(index: number, terms: Terms, letter: Letter): void {
    const known = new Map(terms.workforce.map((each) => [each.organisation, each.atLeast]));
    for (const { organisation } of letter.organisations) {
      if ((known.get(organisation) ?? 0) >= LEAST_WORKFORCE) continue;
      const words = `${organisation}: fewer than ${LEAST_WORKFORCE} people, or an unknown number, work there.`;
      this.fail(index, "too-small", words);
    }
  }
}
