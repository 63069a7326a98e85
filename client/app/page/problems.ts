/**
 * Errors in words: what happened, then what to do.
 *
 * By the error's code, so that they are translated; where a code has no sentence here, the words it came with are
 * shown, which are English.
 */

import { UndersignedError } from "../../src/errors.ts";
import { shown, t } from "./texts.ts";

/** A sentence, and whether it is in English whatever language is spoken. */
export interface Told {
  readonly words: string;
  readonly english: boolean;
}

/** Sentences by the codes of errors. */
export type Sentences = Readonly<Record<string, () => string>>;

/** What is said where an answer is none. */
export const noSense = (): string =>
  t("What came back makes no sense. Perhaps the network you are in answered instead of the server. Nothing is lost. Try again later, or in another network.");

const REACHING: Sentences = {
  "no-answer": () =>
    t("The server did not answer, or you are offline. Nothing is lost: all of it is kept on this device. Try again later."),
  "too-slow": () => t("The server is too slow. Nothing is lost: all of it is kept on this device. Try again later."),
  "not-started": () => t("A part of this page did not load. Load the page again."),
  busy: () => t("The server is busy. Try again in a few seconds."),
  "too-many-requests": () => t("More people are here than this server can take. Try again in a while."),
  "bad-answer": noSense, "answer-too-long": noSense,
  redirect: () => t("The server sent you to another address. Nothing was sent there. Tell others."),
};

const HERE: Sentences = {
  "not-kept": () => t("Your browser did not keep this. Its storage may be full or switched off. Save your pass as a file."),
  "changed-elsewhere": () => t("Another tab changed your pass meanwhile. Nothing was written over it. Try again."),
  "burn-failed": () =>
    t("Your browser did not delete your pass. Close all other tabs of this page and try again, or clear the site's data."),
};

/** A map: a server may name an error like what every object has, `constructor`. */
const sentences = new Map<string, () => string>(Object.entries({ ...REACHING, ...HERE }));

/** Learn what a part of this page says of errors that only it meets, or that are rare. */
export function learnProblems(more: Sentences): void {
  for (const [code, sentence] of Object.entries(more)) sentences.set(code, sentence);
}

/** Whether there is a sentence for an error. */
export function knows(error: unknown): boolean {
  return !(error instanceof UndersignedError) || sentences.has(error.code);
}

/** What to say about an error. */
export function told(error: unknown): Told {
  if (!(error instanceof UndersignedError)) {
    return { words: t("Something unforeseen went wrong here. Load the page again: nothing is lost."), english: false };
  }
  const sentence = sentences.get(error.code);
  return sentence === undefined ? { words: shown(error.words), english: true } : { words: sentence(), english: false };
}

/** Whether nobody knows if what was sent arrived: no answer came, or one by somebody else. */
export function uncertain(error: unknown): boolean {
  return error instanceof UndersignedError && (error.family === "unavailable" || error.code === "bad-answer");
}
