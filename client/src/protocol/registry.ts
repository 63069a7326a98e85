/**
 * The registry as its readers see it (`docs/protocol.md`, sections 3 and 5).
 *
 * Replayed whole from the first entry. Uniqueness is what keeps a server from handing one person a letter or a key of
 * their own: a second letter for a slug, or a second key for an issuer, organisation and epoch, makes the whole
 * registry refused, not just the entry.
 */

import { errorOf, Refused, UndersignedError } from "../errors.ts";
import { commas } from "../values/index.ts";
import {
  type ClientFiles,
  type Genesis,
  type IssuedCorrected,
  type IssuerKey,
  type LetterClosed,
  type LetterOpened,
  type NamesShown,
  parseRegistryEntry,
  type Redacted,
  type RegistryEntry,
  type Supporters,
  type TermsSet,
} from "./entry.ts";
import type { Letter } from "./letter.ts";
import { type Accepts, type ContextRule, keyName } from "./presentation.ts";
import { checkOwn } from "./statement.ts";

/** What the registry's entries say, in order; `size` entries have been read. */
export class Registry {
  size = 0;
  genesis: Genesis | undefined;
  /** By `keyName`. */
  readonly issuerKeys = new Map<string, IssuerKey>();
  /** By `keyName`. */
  readonly corrections = new Map<string, readonly IssuedCorrected[]>();
  /** Long-term keys, by name, of issuers that signed an entry of theirs; all later ones are signed by the same. */
  readonly identities = new Map<string, string>();
  readonly receiptKeys: string[] = [];
  /** By slug. */
  readonly letters = new Map<string, LetterOpened>();
  /** By the letter's digest. */
  readonly slugs = new Map<string, string>();
  /** By the letter's digest. */
  readonly terms = new Map<string, TermsSet[]>();
  readonly closed = new Map<string, LetterClosed>();
  readonly client: ClientFiles[] = [];
  readonly redacted = new Map<string, Redacted>();
  /** The newest of each, by the letter's digest. */
  readonly supporters = new Map<string, Supporters>();
  readonly names = new Map<string, NamesShown>();

  /** Read all entries from the first on. Throws `Malformed` or `Refused`, the sentence naming the entry. */
  static replay(entries: Iterable<Uint8Array>): Registry {
    const registry = new Registry();
    for (const data of entries) registry.add(data);
    return registry;
  }

  /**
   * Read the next entry: either take it, or throw and leave everything as it was.
   *
   * Throws `Malformed` or `Refused`, the sentence naming the entry by its index; the plain error is its cause.
   */
  add(data: Uint8Array): RegistryEntry {
    let entry: RegistryEntry;
    try {
      entry = parseRegistryEntry(data);
      this.take(entry);
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      const words = `Entry ${commas(this.size)} of the registry: ${error.words}`;
      throw errorOf(error.family, error.code, words, error);
    }
    this.size += 1;
    return entry;
  }

  private take(entry: RegistryEntry): void {
    if ((this.size === 0) !== (entry.entry === "genesis")) {
      throw new Refused("genesis-place", "The genesis entry stands first and only there.");
    }
    switch (entry.entry) {
      case "genesis":
        this.genesis = entry;
        break;
      case "issuer-key":
        this.takeKey(entry);
        break;
      case "receipt-key":
        this.receiptKeys.push(entry.key);
        break;
      case "client":
        this.client.push(entry);
        break;
      case "redacted":
        this.takeRedacted(entry);
        break;
      case "letter":
        this.takeLetter(entry);
        break;
      case "terms":
        this.takeTerms(entry);
        break;
      case "closed":
        this.takeClosed(entry);
        break;
      case "supporters":
        this.takeSupporters(entry);
        break;
      case "issued-corrected":
        this.takeCorrection(entry);
        break;
      case "names":
        this.takeNames(entry);
        break;
    }
  }

  private takeKey(entry: IssuerKey): void {
    const name = keyName(entry.issuer, entry.organisation, entry.epoch);
    if (this.issuerKeys.has(name)) {
      throw new Refused("second-issuer-key", "A second key for the same issuer, organisation and quarter.");
    }
    this.checkOwn(entry);
    this.issuerKeys.set(name, entry);
  }

  private takeCorrection(entry: IssuedCorrected): void {
    const name = keyName(entry.issuer, entry.organisation, entry.epoch);
    const key = this.issuerKeys.get(name);
    if (key === undefined) {
      throw new Refused("unknown-issuer-key", "It corrects the number of an issuer whose key is not before it.");
    }
    if (entry.identity === undefined) {
      throw new Refused("unsigned-correction", "A number is taken back by the issuer that said it, and by nobody else.");
    }
    const before = this.corrections.get(name) ?? [];
    const last = before[before.length - 1];
    if (last !== undefined && entry.tick <= last.tick) {
      throw new Refused("corrections-order", "The corrections of a number follow each other in time.");
    }
    if (entry.identity !== key.identity) {
      const words = `${entry.issuer} did not sign this as it signed the key that it is about.`;
      throw new Refused("other-identity", words);
    }
    this.checkOwn(entry);
    this.corrections.set(name, [...before, entry]);
  }

  private checkOwn(entry: IssuerKey | IssuedCorrected): void {
    const known = this.identities.get(entry.issuer);
    if (known !== undefined && entry.identity !== known) {
      throw new Refused("other-identity", `${entry.issuer} signed its earlier keys, but did not sign this.`);
    }
    checkOwn(entry);
    if (entry.identity !== undefined) this.identities.set(entry.issuer, entry.identity);
  }

  private takeLetter(entry: LetterOpened): void {
    if (this.letters.has(entry.slug)) {
      throw new Refused("second-letter", `A second letter with the short name “${entry.slug}”.`);
    }
    if (this.slugs.has(entry.digest)) {
      throw new Refused("second-letter", "The same letter under a second short name.");
    }
    this.letters.set(entry.slug, entry);
    this.slugs.set(entry.digest, entry.slug);
  }

  private requireLetter(letter: string): void {
    if (!this.slugs.has(letter)) {
      throw new Refused("unknown-letter", "It speaks of a letter that is not in the registry before it.");
    }
  }

  private takeTerms(entry: TermsSet): void {
    this.requireLetter(entry.letter);
    const before = this.terms.get(entry.letter) ?? [];
    if (entry.number !== before.length + 1) throw new Refused("terms-order", "Terms are numbered one by one.");
    if (this.closed.has(entry.letter)) {
      throw new Refused("letter-closed", "Terms cannot change after the letter was closed.");
    }
    before.push(entry);
    this.terms.set(entry.letter, before);
  }

  private takeClosed(entry: LetterClosed): void {
    this.requireLetter(entry.letter);
    if (this.closed.has(entry.letter)) throw new Refused("second-close", "A letter closes once.");
    this.closed.set(entry.letter, entry);
  }

  private takeSupporters(entry: Supporters): void {
    this.requireLetter(entry.letter);
    const before = this.supporters.get(entry.letter);
    if (this.closed.has(entry.letter)) {
      throw new Refused("letter-closed", "Supporters cannot be counted after the letter was closed.");
    }
    if (before !== undefined && entry.tick <= before.tick) {
      throw new Refused("supporters-order", "The numbers of supporters follow each other in time.");
    }
    if (entry.at_least === (before?.at_least ?? 0)) {
      throw new Refused("supporters-same", "The number of supporters is the one that was given before.");
    }
    this.supporters.set(entry.letter, entry);
  }

  private takeNames(entry: NamesShown): void {
    this.requireLetter(entry.letter);
    const before = this.names.get(entry.letter);
    if (entry.number !== (before?.number ?? 0) + 1) {
      throw new Refused("names-order", "The lists of names are numbered one by one.");
    }
    if (before !== undefined && entry.tick < before.tick) {
      throw new Refused("names-order", "The lists of names follow each other in time.");
    }
    if (this.closed.has(entry.letter) && entry.count >= (before?.count ?? 0)) {
      throw new Refused("letter-closed", "After the letter was closed, names can only be taken off.");
    }
    this.names.set(entry.letter, entry);
  }

  private takeRedacted(entry: Redacted): void {
    if (this.redacted.has(entry.digest)) throw new Refused("second-redaction", "A document is taken down once.");
    this.redacted.set(entry.digest, entry);
  }

  /** The one letter entry of this slug. Throws `Refused`. */
  letter(slug: string): LetterOpened {
    const found = this.letters.get(slug);
    if (found === undefined) {
      throw new Refused("unknown-letter", `There is no letter with the short name “${slug}” in the registry.`);
    }
    return found;
  }

  /** The one key entry. Throws `Refused`. */
  issuerKey(issuer: string, organisation: string, epoch: string): IssuerKey {
    const found = this.issuerKeys.get(keyName(issuer, organisation, epoch));
    if (found === undefined) {
      const words = `The registry has no key of ${issuer} for ${organisation} and ${epoch}.`;
      throw new Refused("unknown-issuer-key", words);
    }
    return found;
  }

  /** All issuers' public keys, for a `KeyRing`. */
  publicKeys(): Map<string, Uint8Array> {
    return new Map([...this.issuerKeys].map(([name, entry]) => [name, entry.public_key]));
  }
}

/**
 * What the letter's context accepts: where vouching is one of an organisation's ways, `method` is shown too.
 *
 * Throws `Refused` when an issuer's key is missing.
 */
export function letterRule(letter: Letter, registry: Registry): ContextRule {
  const accepts = letter.organisations.map(({ organisation, issuers }): readonly [string, Accepts] => {
    const keys = issuers.map((issuer) => registry.issuerKey(issuer, organisation, letter.epoch));
    return [organisation, { issuers, disclosed: shown(keys.some((key) => key.methods.includes("vouch"))) }];
  });
  const { context, epoch } = letter;
  return { context, kind: "letter", epoch, organisations: new Map(accepts) };
}

/** What a letter's acts disclose: organisation and epoch, and the way of joining where members may vouch. */
export function shown(vouching: boolean): ReadonlySet<number> {
  return new Set(vouching ? [0, 1, 4] : [0, 1]);
}
