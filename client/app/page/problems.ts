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

type Sentences = Readonly<Record<string, () => string>>;

const noSense = (): string =>
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

const JOINING: Sentences = {
  "bad-code": () => t("A code is four groups of four letters or digits, like 7K3M-9QXA-2B4C-D5EF. Compare yours again."),
  "code-spent": () =>
    t(
      "This code was already used. If you joined on another device, restore your pass with your words. " +
        "If not, ask whoever gave it to you for another.",
    ),
  "code-wrong": () =>
    t("This code is not known for this place of work. Compare it again, or ask whoever gave it to you for another."),
  "words-taken": () => t("These words have joined with another code already. Your pass is there: restore it with your words."),
  "unknown-words": () =>
    t("Nobody joined with these words at this place of work. Compare the words, and the name of where you work."),
  "no-open-epoch": () => t("No letter is open for members of this place of work now. Come back when one is."),
  "no-credentials": () => t("The server sent no pass: no letter is open for you now. Come back when one is."),
  "nobody-joined": () =>
    t("Nobody joined with this code, so there are no lost words to replace. Use it to join instead."),
  "same-words": () => t("These are the words you joined with. Restore your pass with them; nothing has to be replaced."),
  "nothing-waits": () => t("Nobody asked to replace your words. There is nothing to stop."),
  "replacement-asked": () =>
    t("Somebody asked to replace your words with new ones. If it was not you, stop it on the page of your pass."),
  "replacement-waits": () => t("Your new words do not count yet: that takes seven days. Come back then."),
  "next-quarter": () => t("Your new words count for letters that open in the next quarter, not for this one."),
  "credential-unexpected": () =>
    t("The pass that the server sent was thrown away: it was not the one everybody gets, and could have marked you. Tell others."),
};

const keyLost = (): string =>
  t(
    "The part of this server that keeps addresses apart has lost what it needs for where you work. Nobody can join or " +
      "replace lost words by this way until its letters of this quarter are closed. If you joined before, your words " +
      "still work: restore your pass with them.",
  );

const workAgain = (): string =>
  t("What your device worked out for the server came too late or was used before. Nothing was sent. Try again.");

/** Joining by an address or an account. */
const KEEPING_APART: Sentences = {
  "keeper-away": () =>
    t(
      "The part of this server that keeps addresses apart does not answer. Nothing was sent or stored. " +
        "Try again in a few minutes.",
    ),
  "key-lost": keyLost, "key-damaged": keyLost,
  "no-key": () =>
    t("This way of joining is not set up completely. Nothing was sent or stored. Tell whoever runs this server."),
  "keeper-full": () => t("Too many people are here at once. Try again in an hour."),
  "work-expired": workAgain, "work-foreign": workAgain, "work-spent": workAgain, "work-wrong": workAgain,
  "other-work": noSense, "work-unsolved": noSense,
};

const WORDS: Sentences = {
  "word-count": () => t("There are 24 words, in twelve pairs. Compare with what you wrote down."),
  "wrong-words": () =>
    t("Each of these is one of the words, but one is wrong or in another place. Compare with what you wrote down."),
  "other-words": () =>
    t("There is a pass with other words on this device. Save it as a file and burn it here first."),
};

const SIGNING: Sentences = {
  "letter-closed": () => t("This letter is closed. It can no longer be signed, nor a signature withdrawn."),
  "unknown-letter": () => t("There is no letter of this name here. Compare the address with the one you were given."),
  "no-pass": () => t("There is no pass for this on this device. Join first, or restore your pass with your words."),
  withdrawn: () => t("You withdrew your signature from this letter. That is final: it cannot be signed again."),
  "nothing-to-withdraw": () => t("Nothing is signed with this pass under this letter, so there is nothing to withdraw."),
  "document-differs": () => t("The text that the server sent is not the one in the public registry. Do not sign. Tell others."),
  "receipt-differs": () =>
    t("The receipt is for something else than what you sent. You may not be counted. Send it again, and tell others."),
  "receipt-deadline": () => t("The receipt promises another day than the letter's closing. Tell others."),
  "log-shrank": () => t("Entries were removed from the public log, or you are shown one of your own. Do not sign. Tell others."),
  "log-forked": () => t("Entries of the public log were changed, or you are shown one of your own. Do not sign. Tell others."),
  "registry-root": () => t("The registry's entries are not those that its keeper signed. Do not sign. Tell others."),
  "no-terms": () => t("The letter has no terms, so nobody knows when it closes. It cannot be signed yet."),
};

const twice = (): string =>
  t("The public registry is not as it may be: something in it stands there twice, or was made for you alone. Do not sign. Tell others.");

/** What no reader of the registry accepts. */
const REGISTRY: Sentences = {
  "genesis-place": twice, "other-genesis": twice, "second-issuer-key": twice, "second-letter": twice,
  "second-close": twice, "second-redaction": twice, "terms-order": twice, "other-letter": twice, "other-terms": twice,
};

const KEEPING: Sentences = {
  "wrong-passphrase": () => t("The passphrase is not the one of this pass, or the file was changed. Try again."),
  "unknown-format": () => t("This file is not a pass, or was written by another version."),
  "not-a-pass": () => t("This file is not a pass. Choose the file that you saved, its name ends in .pass."),
  "not-kept": () => t("Your browser did not keep this. Its storage may be full or switched off. Save your pass as a file."),
  "changed-elsewhere": () => t("Another tab changed your pass meanwhile. Nothing was written over it. Try again."),
  "burn-failed": () =>
    t("Your browser did not delete your pass. Close all other tabs of this page and try again, or clear the site's data."),
  "too-little-memory": () => t("This device has too little free memory for that. Close other tabs and try again."),
};

/** A map: a server may name an error like what every object has, `constructor`. */
const SENTENCES: ReadonlyMap<string, () => string> = new Map(
  Object.entries<() => string>({ ...REACHING, ...JOINING, ...KEEPING_APART, ...WORDS, ...SIGNING, ...REGISTRY, ...KEEPING }),
);

/** What to say about an error. */
export function told(error: unknown): Told {
  if (!(error instanceof UndersignedError)) {
    return { words: t("Something unforeseen went wrong here. Load the page again: nothing is lost."), english: false };
  }
  const sentence = SENTENCES.get(error.code);
  return sentence === undefined ? { words: shown(error.words), english: true } : { words: sentence(), english: false };
}

/** Whether nobody knows if what was sent arrived: no answer came, or one by somebody else. */
export function uncertain(error: unknown): boolean {
  return error instanceof UndersignedError && (error.family === "unavailable" || error.code === "bad-answer");
}
