/**
 * The registry, read whole and checked before any of it is believed (section 3, last part).
 *
 * Whoever could show each person a letter, key or attribute that nobody else has could recognise them by it. So this
 * reads everything, and refuses:
 *
 * 1. a checkpoint that the pinned policy does not accept;
 * 2. entries that do not give the checkpoint's root;
 * 3. a registry that lacks what this device saw of it before (shorter, or another history);
 * 4. a second letter for a slug, a second key for an issuer, organisation and epoch (`protocol/registry`);
 * 5. a first entry that names other keys than the policy's;
 * 6. a document that is not the one whose digest is in the registry;
 * 7. a key to be used in the name of an issuer that this device knows, and that the issuer did not sign.
 */

import { Malformed, Refused, Withheld } from "../errors.ts";
import type { IssuerKey } from "../protocol/entry.ts";
import { keeps, type Letter, MAX_DOCUMENT, parseLetter, parseTerms, type Terms } from "../protocol/letter.ts";
import type { ContextRule } from "../protocol/presentation.ts";
import { letterRule, Registry } from "../protocol/registry.ts";
import { Checkpoint } from "../tlog/checkpoint.ts";
import { leafHash, root } from "../tlog/merkle.ts";
import { Note, type Verifying } from "../tlog/note.ts";
import type { Policy } from "../tlog/policy.ts";
import { bundles, readBundle, TILE_WIDTH } from "../tlog/tile.ts";
import { commas, MAX_ENTRY, same, sha256Hex } from "../values/index.ts";
import type { Transport } from "./transport.ts";

/** Entries of the longest registry that is read. */
export const MAX_ENTRIES = 200_000n;
/** Octets of the longest checkpoint, with all its cosignatures. */
export const MAX_CHECKPOINT = 1 << 15;
/** Octets of the longest entry bundle. */
export const MAX_BUNDLE = TILE_WIDTH * (MAX_ENTRY + 2);

/** An instance signed two checkpoints of a log that contradict each other; both octets prove it. */
export class Equivocation extends Refused {
  readonly checkpoints: readonly [Uint8Array, Uint8Array];

  constructor(code: string, words: string, checkpoints: readonly [Uint8Array, Uint8Array]) {
    super(code, words);
    this.checkpoints = checkpoints;
  }
}

/** Read a checkpoint whose signature was checked before, or will be. Throws `Malformed`. */
export function unsigned(checkpoint: Uint8Array): Checkpoint {
  return Checkpoint.parse(Note.parse(checkpoint).text);
}

/** A note without the signature lines of other keys, which could say anything. Throws `Malformed`. */
export function signedBy(note: Uint8Array, keys: readonly Verifying[]): Uint8Array {
  const whole = Note.parse(note);
  return new Note(whole.text, keys.flatMap((key) => whole.of(key))).encode();
}

/** A checkpoint that a policy accepts, with the signatures for which it was accepted. Throws `Malformed`. */
export function believed(checkpoint: Uint8Array, policy: Policy): Uint8Array {
  const witnesses = [...policy.witnesses.values()].map((each) => each.key);
  return signedBy(checkpoint, [...policy.logs.map((log) => log.key), ...witnesses]);
}

/** Check that a log is still the same and not shorter. Throws `Equivocation`. */
export function refuseShrunk(seen: Uint8Array, now: Uint8Array): void {
  const before = unsigned(seen);
  const after = unsigned(now);
  if (before.origin !== after.origin) {
    const words = `The log ${before.origin} is now called ${after.origin}. Do not sign.`;
    throw new Equivocation("log-renamed", words, [seen, now]);
  }
  if (after.size < before.size) {
    const words =
      `${before.origin} has ${commas(after.size)} entries; this device has seen ${commas(before.size)}. Do not sign, ` +
      "and tell others: entries were removed, or you are shown something of your own.";
    throw new Equivocation("log-shrank", words, [seen, now]);
  }
}

/** Check that the log had the root seen before, when it was as long as then. Throws `Equivocation`. */
export function refuseForked(seen: Uint8Array, now: Uint8Array, rootThen: Uint8Array): void {
  const before = unsigned(seen);
  if (!same(rootThen, before.root)) {
    const words =
      `${before.origin} is not the one that this device has seen before. Do not sign, and tell others: entries were ` +
      "changed, or you are shown something of your own.";
    throw new Equivocation("log-forked", words, [seen, now]);
  }
}

/** The short form of a verifier key: its ID, 8 hexadecimal digits, as it stands in the key itself. */
export function short(identity: string): string {
  return identity.split("+")[1] ?? "";
}

function sameIssuer(issuer: string, known: ReadonlyMap<string, string>, identity: string | undefined): void {
  const expected = known.get(issuer);
  if (expected === undefined || identity === expected) return;
  const by = identity === undefined ? "by nobody" : `by another key (${short(identity)})`;
  const words =
    `A key of ${issuer} here is not signed by the ${issuer} that this device knows (${short(expected)}), but ${by}. ` +
    `Do not sign, and tell ${issuer}: somebody uses its name here, or did where you joined before. Which of the keys is ` +
    "its own, it can say.";
  throw new Refused("issuer-differs", words);
}

/** A registry that was read whole under a policy. Documents are fetched when asked for, checked and kept. */
export class RegistryView {
  readonly registry: Registry;
  /** The signed note. */
  readonly checkpoint: Uint8Array;
  readonly leafHashes: readonly Uint8Array[];
  readonly transport: Transport;
  private readonly documents = new Map<string, Uint8Array>();

  constructor(
    registry: Registry,
    checkpoint: Uint8Array,
    leafHashes: readonly Uint8Array[],
    transport: Transport,
  ) {
    this.registry = registry;
    this.checkpoint = checkpoint;
    this.leafHashes = leafHashes;
    this.transport = transport;
  }

  /**
   * This view for a holder with a policy and a checkpoint of its own: steps 1, 3 and 5.
   *
   * Throws `Refused`, `Equivocation`, `Malformed`.
   */
  checked(policy: Policy, seen: Uint8Array | null): this {
    const { origin } = unsigned(this.checkpoint);
    policy.check(this.checkpoint, origin);
    const named = policy.logs.filter((log) => log.key.name === origin).map((log) => log.key.encode());
    const { genesis } = this.registry;
    if (genesis === undefined || !named.includes(genesis.registry)) {
      const words = "The registry's first entry names another key than the one that signs it.";
      throw new Refused("other-genesis", words);
    }
    if (seen !== null && !same(seen, this.checkpoint)) {
      refuseShrunk(seen, this.checkpoint);
      refuseForked(seen, this.checkpoint, root(this.leafHashes.slice(0, Number(unsigned(seen).size))));
    }
    return this;
  }

  /**
   * Check that an issuer whose long-term key this device knows signed anything here: step 7, before anything.
   *
   * Throws `Refused`.
   */
  meets(issuer: string, known: ReadonlyMap<string, string>): void {
    sameIssuer(issuer, known, this.registry.identities.get(issuer));
  }

  /**
   * The one key entry that is to be used: step 7. `known` are issuers' long-term keys, by name.
   *
   * That the issuer signed another entry of this registry says nothing of this one: it may be a copy. Throws `Refused`.
   */
  issuerKey(issuer: string, organisation: string, epoch: string, known: ReadonlyMap<string, string>): IssuerKey {
    const entry = this.registry.issuerKey(issuer, organisation, epoch);
    sameIssuer(issuer, known, entry.identity);
    return entry;
  }

  /**
   * Take over the documents that an earlier view read: they never change under their digest, and whoever asks for one
   * again, for instance after joining, would say anew which letter it is about.
   */
  rememberFrom(earlier: RegistryView): void {
    for (const [digest, octets] of earlier.documents) this.documents.set(digest, octets);
  }

  /**
   * A document of the registry: step 6.
   *
   * Throws `Withheld` where it was taken down, in the registry's words; `Refused` when it is another one.
   */
  async document(digest: string): Promise<Uint8Array> {
    const gone = this.registry.redacted.get(digest);
    if (gone !== undefined) {
      throw new Withheld("redacted", `This text was taken down (${gone.ground}): ${gone.reason}`);
    }
    const kept = this.documents.get(digest) ?? (await this.transport.get(`documents/${digest}`, MAX_DOCUMENT));
    if (sha256Hex(kept) !== digest) {
      const words = "The text that the server sent is not the one in the public registry. Do not sign. Tell others.";
      throw new Refused("document-differs", words);
    }
    this.documents.set(digest, kept);
    return kept;
  }

  /** The one letter of this slug. Throws `Refused`, `Withheld`, `Malformed`. */
  async letter(slug: string): Promise<Letter> {
    const entry = this.registry.letter(slug);
    const letter = parseLetter(await this.document(entry.digest));
    if (letter.slug !== slug) {
      const words = "The letter under this address calls itself by another name. Do not sign.";
      throw new Refused("other-letter", words);
    }
    return letter;
  }

  /**
   * All terms of a letter that were not taken down, oldest first.
   *
   * Throws `Refused`, `Malformed` when they do not follow each other; `Withheld` where there are none.
   */
  async terms(letter: string): Promise<readonly [Terms, ...Terms[]]> {
    const out: Terms[] = [];
    for (const entry of this.registry.terms.get(letter) ?? []) {
      if (this.registry.redacted.has(entry.digest)) continue;
      const terms = parseTerms(await this.document(entry.digest));
      if (terms.letter !== letter || terms.number !== entry.number) {
        const words = "The terms of this letter are not the ones in the registry. Do not sign.";
        throw new Refused("other-terms", words);
      }
      const before = out[out.length - 1];
      // Not `follows`: terms in between may have been taken down, and the numbers are compared above.
      if (before !== undefined) keeps(terms, before);
      out.push(terms);
    }
    const [first, ...rest] = out;
    if (first === undefined) {
      const words = "The letter has no terms, so nobody knows when it closes. It cannot be signed yet.";
      throw new Withheld("no-terms", words);
    }
    return [first, ...rest];
  }

  /** The terms of a letter that hold now. Throws as `terms`. */
  async latestTerms(letter: string): Promise<Terms> {
    const all = await this.terms(letter);
    return all[all.length - 1] ?? all[0];
  }

  /** What the letter accepts. Throws `Refused` when an issuer's key is missing. */
  rule(letter: Letter): ContextRule {
    return letterRule(letter, this.registry);
  }
}

/**
 * Read and check a whole registry, steps 1 to 5; `seen` is the last signed checkpoint of it that was checked.
 *
 * Throws `Refused`, `Equivocation`, `Malformed`; `Withheld` and `Unavailable` when something is not served.
 */
export async function readRegistry(
  transport: Transport,
  policy: Policy,
  seen: Uint8Array | null = null,
): Promise<RegistryView> {
  const signed = await transport.get("registry/checkpoint", MAX_CHECKPOINT);
  const head = unsigned(signed);
  // Before anything large is read: believed at all, and not shorter than before.
  policy.check(signed, head.origin);
  if (seen !== null) refuseShrunk(seen, signed);
  if (head.size < 1n || head.size > MAX_ENTRIES) {
    const words = `A registry has 1 to ${commas(MAX_ENTRIES)} entries, not ${commas(head.size)}.`;
    throw new Malformed("registry-size", words);
  }
  const entries: Uint8Array[] = [];
  for (const path of bundles(head.size)) {
    entries.push(...(await readBundle(path, (name) => transport.get(`registry/${name}`, MAX_BUNDLE))));
  }
  const leafHashes = entries.map(leafHash);
  if (!same(root(leafHashes), head.root)) {
    const words = "The registry's entries are not those that its keeper signed. Do not sign.";
    throw new Refused("registry-root", words);
  }
  return new RegistryView(Registry.replay(entries), signed, leafHashes, transport).checked(policy, seen);
}
