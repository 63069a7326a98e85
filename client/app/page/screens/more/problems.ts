/** Errors that are rare, in words. Where this part cannot be loaded, they are said in the English that they came with. */

import { noSense, type Sentences } from "../../problems.ts";
import { t } from "../../texts.ts";

const twice = (): string =>
  t("The public registry is not as it may be: something in it stands there twice, or was made for you alone. Do not sign. Tell others.");

const keyLost = (): string =>
  t(
    "The part of this server that keeps addresses apart has lost what it needs for where you work. Nobody can join or " +
      "replace lost words by this way until its letters of this quarter are closed. If you joined before, your words " +
      "still work: restore your pass with them.",
  );

const onAnotherMachine = (): string =>
  t("For this the page would have to go to another machine, where you joined or may join. Nothing was sent. Use the command line.");

const badAddress = (): string =>
  t("The server names an address for those who admit members that is your own machine, or that others can read along. Nothing was sent there. Tell others.");

const otherAddress = (): string =>
  t("Whoever admits you is at another address than the one that this went to. Somebody may be in between. You have not joined. Tell others.");

const workAgain = (): string =>
  t("What your device worked out for the server came too late or was used before. Nothing was sent. Try again.");

export const problems: Sentences = {
  "letter-closed": () => t("This letter is closed. It can no longer be signed, nor a signature withdrawn."),
  "unknown-letter": () => t("There is no letter of this name here. Compare the address with the one you were given."),
  "bad-invitation": () => t("This is no invitation, or a letter of it is wrong. Compare it."),
  "vouched-before": () => t("You have vouched for this person already. Now it takes another member."),
  "vouched-for": () => t("Members of whom others vouched cannot vouch themselves."),
  "no-vouching": () => t("Members of this place of work do not join by vouching."),
  "no-vouch-left": () => t("You have vouched five times this quarter. Ask another member to vouch."),
  // Issuers elsewhere, and several of them.
  "issuer-elsewhere": onAnotherMachine, "issuer-unseen": onAnotherMachine, "several-issuers": onAnotherMachine, "issuer-address": badAddress, "address-unencrypted": badAddress,
  "issuer-away": () =>
    t(
      "Whoever admits you did not answer, or you are offline. Nothing is lost: all of it is kept on this device. Try again later; " +
        "what arrived already counts once.",
    ),
  "issuer-moved": () => t("Whoever admits you is said to be at another address than you know. Nothing was sent. Open the letter again and look."),
  "nonce-old": () => t("What your device sent came too late. Nothing was stored. Try again."),
  "other-origin": otherAddress, "other-issuer": otherAddress,
  // Joining by an address or an account.
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
  // Joining by any way.
  "words-taken": () => t("These words have joined already. Restore your pass with them."),
  "no-open-epoch": () => t("No letter is open for members of this place of work now. Come back when one is."),
  "no-credentials": () => t("The server sent no pass: no letter is open for you now. Come back when one is."),
  "credential-unexpected": () =>
    t("The pass that the server sent was thrown away: it was not the one everybody gets, and could have marked you. Tell others."),
  // Getting a pass back, signing, keeping.
  "unknown-words": () =>
    t("Nobody joined with these words at this place of work. Compare the words, and the name of where you work."),
  "same-words": () => t("These are the words you joined with. Restore your pass with them; nothing has to be replaced."),
  "nothing-waits": () => t("Nobody asked to replace your words. There is nothing to stop."),
  "left-out": () => t("Nothing was asked there."),
  "replacement-asked": () =>
    t("Somebody asked to replace your words with new ones. If it was not you, stop it on the page of your pass."),
  "replacement-waits": () => t("Your new words do not count yet: that takes seven days. Come back then."),
  "next-quarter": () => t("Your new words count for letters that open in the next quarter, not for this one."),
  "word-count": () => t("There are 24 words, in twelve pairs. Compare with what you wrote down."),
  "wrong-words": () =>
    t("Each of these is one of the words, but one is wrong or in another place. Compare with what you wrote down."),
  "other-words": () =>
    t("There is a pass with other words on this device. Save it as a file and burn it here first."),
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
  "wrong-passphrase": () => t("The passphrase is not the one of this pass, or the file was changed. Try again."),
  "unknown-format": () => t("This file is not a pass, or was written by another version."),
  "not-a-pass": () => t("This file is not a pass. Choose the file that you saved, its name ends in .pass."),
  "too-little-memory": () => t("This device has too little free memory for that. Close other tabs and try again."),
  "issuer-differs": () =>
    t("Keys here are not signed by the issuer that this device knows by that name. Do not sign. Tell the issuer."),
  // What no reader of the registry accepts.
  "genesis-place": twice, "other-genesis": twice, "second-issuer-key": twice, "second-letter": twice,
  "second-close": twice, "second-redaction": twice, "terms-order": twice, "other-letter": twice, "other-terms": twice,
  "other-identity": twice, "unsigned-correction": twice, "corrections-order": twice,
};
