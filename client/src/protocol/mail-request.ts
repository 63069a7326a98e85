/** A request for a code by mail (`docs/protocol.md`, section 3, "By mail"): sent by a device, read by an issuer. */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { canonical, domain, type Json } from "../values/index.ts";
import { message } from "./enrolment.ts";
import { address } from "./mailbox.ts";
import { type Solution, solutionOf, solutionRecord } from "./work.ts";

/** Languages of mails, those of the pages. */
export const MAIL_LANGUAGES = ["en", "de", "es", "fr"];

/** Ask for a code by mail, in one of `MAIL_LANGUAGES`, with a proof of work against floods. */
export interface MailRequest {
  readonly organisation: string;
  readonly address: string;
  readonly language: string;
  readonly work: Solution;
}

/** Check the language of a mail. Throws `Malformed`. */
export function mailLanguage(value: Json): string {
  if (typeof value !== "string" || !MAIL_LANGUAGES.includes(value)) {
    throw new Malformed("bad-mail-language", `A mail is written in one of ${MAIL_LANGUAGES.join(", ")}.`);
  }
  return value;
}

/** Canonical octets of a request for a mail. */
export function encodeMailRequest(of: MailRequest): Uint8Array {
  const { address, language, organisation } = of;
  return canonical({ address, language, organisation, profile: PROFILE, work: solutionRecord(of.work) });
}

/** Read the canonical octets of a request for a mail. Throws `Malformed`. */
export function parseMailRequest(data: Uint8Array): MailRequest {
  const got = message(data, ["address", "language", "organisation", "work"]);
  return {
    organisation: domain(got.organisation),
    address: address(got.address),
    language: mailLanguage(got.language),
    work: solutionOf(got.work),
  };
}
