/**
 * The phrase: 24 English words of BIP-39, no passphrase, from which all secrets are derived (section 3).
 *
 * Whoever has these words can see what was signed with them.
 */

import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { Malformed } from "../errors.ts";
import { words as split } from "../values/index.ts";

export const WORDS = 24;
/** Octets of entropy behind 24 words; the remaining 8 of their 264 bits are a checksum. */
export const ENTROPY = 32;
/** Letters that decide in this list, as BIP-39 has it. */
const DECIDING = 4;
const FAR = 3;

/** The phrase of 32 random octets: 24 words, one space between them. Throws `Malformed` for another length. */
export function newPhrase(entropy: Uint8Array): string {
  if (entropy.length !== ENTROPY) {
    throw new Malformed("bad-entropy", `The words are made from ${ENTROPY} octets, not ${entropy.length}.`);
  }
  return entropyToMnemonic(entropy, wordlist);
}

/**
 * What a person typed as a phrase in its one spelling; capitals and extra spaces do not matter.
 *
 * Throws `Malformed` naming the wrong word and its place, or saying that a word is wrong or misplaced.
 */
export function checkPhrase(typed: string): string {
  const words = split(typed.normalize("NFKD").toLowerCase());
  words.forEach((word, at) => {
    if (wordlist.includes(word)) return;
    const sentence = `Word ${at + 1}, “${shown(word)}”, is not one of the words.${guess(word)}`;
    throw new Malformed("unknown-word", sentence);
  });
  if (words.length !== WORDS) {
    const sentence = `There are ${WORDS} words, in twelve pairs; these are ${words.length}.`;
    throw new Malformed("word-count", sentence);
  }
  const phrase = words.join(" ");
  try {
    mnemonicToEntropy(phrase, wordlist);
  } catch (error) {
    const sentence = "Each of these is one of the words, but one is wrong or in another place. Compare them again.";
    throw new Malformed("wrong-words", sentence, error);
  }
  return phrase;
}

/** The 32 octets behind a phrase. Throws `Malformed`. */
export function phraseEntropy(phrase: string): Uint8Array {
  return mnemonicToEntropy(checkPhrase(phrase), wordlist);
}

/** The 64-octet seed of a phrase (BIP-39, empty passphrase). Throws `Malformed`. */
export function phraseSeed(phrase: string): Uint8Array {
  return mnemonicToSeedSync(checkPhrase(phrase), "");
}

/** The words as twelve pairs, for showing and for asking back. Throws `Malformed`. */
export function pairs(phrase: string): (readonly [string, string])[] {
  const words = checkPhrase(phrase).split(" ");
  return Array.from({ length: WORDS / 2 }, (_, at) => [words[2 * at] ?? "", words[2 * at + 1] ?? ""]);
}

function shown(word: string): string {
  return word.slice(0, 20).replace(/[\p{C}\p{Z}]/gu, "?");
}

/** A word that may have been meant: four letters decide in this list, else the most similar one. */
function guess(word: string): string {
  const start = word.slice(0, DECIDING);
  let near = word.length >= DECIDING ? wordlist.find((each) => each.startsWith(start)) : undefined;
  let least = FAR;
  for (const each of near === undefined ? wordlist : []) {
    const away = distance(word.slice(0, 20), each);
    if (away < least) [near, least] = [each, away];
  }
  return near === undefined ? "" : ` Is it “${near}”?`;
}

/** How many letters have to be added, left out or changed. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  [...left].forEach((letter, place) => {
    const next = [place + 1];
    [...right].forEach((other, at) => {
      const changed = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    });
    row = next;
  });
  return row[right.length] ?? FAR;
}
