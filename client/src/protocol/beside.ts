/**
 * Messages of people who stand by a letter without signing it (`docs/protocol.md`, section 5, "Others").
 *
 * All are canonical JSON. A code is asked for with a purpose and fits that purpose and letter alone, so that nobody is
 * talked into a code that then does something else.
 */

import { Malformed } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { canonical, type Json, slug } from "../values/index.ts";
import { message } from "./enrolment.ts";
import { mailLanguage } from "./mail-request.ts";
import { address, mailedCode } from "./mailbox.ts";
import { checkLine, checkName } from "./names.ts";
import { type Solution, solutionOf, solutionRecord } from "./work.ts";

/** What a code can be for: to be counted, to be counted no more, to show a name, to take it away. */
export const PURPOSES = ["support", "unsupport", "show", "unshow"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Check what a code is for. Throws `Malformed`. */
export function purpose(value: Json): Purpose {
  const found = PURPOSES.find((each) => each === value);
  if (found === undefined) throw new Malformed("bad-purpose", `A code is for one of ${PURPOSES.join(", ")}.`);
  return found;
}

/** Ask for a code by mail, for a letter (by short name) and a purpose, with a proof of work against floods. */
export interface CodeRequest {
  readonly letter: string;
  readonly purpose: Purpose;
  readonly address: string;
  readonly language: string;
  readonly work: Solution;
}

/** Canonical octets of a request for a code. */
export function encodeCodeRequest(of: CodeRequest): Uint8Array {
  const { address: to, language, letter, purpose: end } = of;
  return canonical({ address: to, language, letter, profile: PROFILE, purpose: end, work: solutionRecord(of.work) });
}

/** Read the canonical octets of a request for a code. Throws `Malformed`. */
export function parseCodeRequest(data: Uint8Array): CodeRequest {
  const got = message(data, ["address", "language", "letter", "purpose", "work"]);
  return {
    letter: slug(got.letter),
    purpose: purpose(got.purpose),
    address: address(got.address),
    language: mailLanguage(got.language),
    work: solutionOf(got.work),
  };
}

/** An address with the code that was mailed to it: to be counted under a letter, or what takes back. */
export interface Confirmation {
  readonly letter: string;
  readonly address: string;
  readonly code: string;
}

/** Canonical octets of a confirmation. */
export function encodeConfirmation({ address: of, code, letter }: Confirmation): Uint8Array {
  return canonical({ address: of, code, letter, profile: PROFILE });
}

/** Read the canonical octets of a confirmation. Throws `Malformed`. */
export function parseConfirmation(data: Uint8Array): Confirmation {
  const got = message(data, ["address", "code", "letter"]);
  return { letter: slug(got.letter), address: address(got.address), code: mailedCode(got.code) };
}

/** A name to be shown under a letter, with what the person says of themselves, and a confirmed address. */
export interface NameGiven extends Confirmation {
  readonly name: string;
  readonly line: string | null;
}

/** Canonical octets of a name that is given. */
export function encodeNameGiven({ address: of, code, letter, line, name }: NameGiven): Uint8Array {
  return canonical({ address: of, code, letter, line, name, profile: PROFILE });
}

/** Read the canonical octets of a name that is given. Throws `Malformed`. */
export function parseNameGiven(data: Uint8Array): NameGiven {
  const got = message(data, ["address", "code", "letter", "line", "name"]);
  return {
    letter: slug(got.letter),
    address: address(got.address),
    code: mailedCode(got.code),
    name: checkName(got.name),
    line: checkLine(got.line),
  };
}
