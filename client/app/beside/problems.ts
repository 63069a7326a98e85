/** Errors that somebody meets who stands by a letter, in words. */

import { noSense, type Sentences } from "../page/problems.ts";
import { t } from "../page/texts.ts";

const unanswered = (): string =>
  t("The server did not answer, or you are offline. Perhaps it took what you sent. Send it again: nothing counts twice.");

const unread = (): string => t("The server did not answer, or you are offline. Nothing was sent. Try again later.");

/** Before anything is sent. */
export const loading: Sentences = { "no-answer": unread, "too-slow": unread };

const noLine = (): string =>
  t("A name is one line of at most 100 characters with a letter in it, and what you say of yourself one of at most 140. Compare both.");

const notNow = (): string =>
  t("The part of this server that keeps addresses apart is not as it should be. Nothing was sent or stored. Tell whoever runs this server.");

const mailAway = (): string => t("The server cannot send mail now. Nothing was sent or stored. Try again in a few minutes.");

const workAgain = (): string =>
  t("What your device worked out for the server came too late or was used before. Nothing was sent. Try again.");

export const problems: Sentences = {
  "no-answer": unanswered, "too-slow": unanswered,
  "bad-address": () => t("An address is like anna.smith@example.com. Compare yours."),
  "address-plus": () => t("Write your address without the plus sign and what follows it, up to the @. Mail reaches you there too."),
  "address-at-work": () =>
    t("This address is at a place of work that the letter is about, and your employer would see the mail. Take one of your own. If you work there, you can sign instead, and nobody is told."),
  "bad-mailed-code": () => t("A mailed code is eight digits. Compare it with the mail."),
  "mailed-code-wrong": () =>
    t("This code does not fit this address, this letter and what you want to do. A code works in the hour in which it was sent and in the next. Compare both with the mail, or have another one sent."),
  "too-many-tries": () =>
    t("Codes were tried for this address ten times within an hour. Wait an hour, then have another one sent."),
  "bad-name": noLine, "too-long": noLine, "text-control": noLine, "not-text": noLine,
  "names-full": () => t("No more names fit under this letter. Yours is not shown."),
  "not-offered": () => t("This site does not offer that. Nothing was sent or stored."),
  "unknown-letter": () => t("There is no letter of this name here. Compare the address with the one you were given."),
  "letter-closed": () => t("This letter is closed. Nobody can be added or withdrawn any more."),
  "letter-redacted": () => t("The text of this letter was taken down. Nobody can be added any more."),
  "mail-away": mailAway, "no-password": mailAway,
  "keeper-away": () =>
    t(
      "The part of this server that keeps addresses apart does not answer. Nothing was sent or stored. " +
        "Try again in a few minutes.",
    ),
  "keeper-full": () => t("Too many people are here at once. Try again in an hour."),
  "no-key": notNow, "key-lost": notNow, "key-damaged": notNow,
  "work-expired": workAgain, "work-foreign": workAgain, "work-spent": workAgain, "work-wrong": workAgain,
  "other-work": noSense, "work-unsolved": noSense,
};
