/**
 * Standing by a letter without signing it: an address is confirmed, and counted, or a name is shown with it.
 *
 * Nothing of it touches a pass: whoever signed and shows a name does the two as two people would.
 */

import {
  type Confirmation, encodeCodeRequest, encodeConfirmation, encodeNameGiven, type Purpose,
} from "../protocol/beside.ts";
import { mailLanguage, MAIL_LANGUAGES } from "../protocol/mail-request.ts";
import { typedAddress, typedMailedCode } from "../protocol/mailbox.ts";
import { checkLine, checkName } from "../protocol/names.ts";
import { MAX_SOLUTION, parseChallenge, solve } from "../protocol/work.ts";
import { words } from "../values/index.ts";
import { JSON_TYPE, type Transport } from "./transport.ts";

const PATHS: Readonly<Record<Purpose, string>> = {
  support: "api/supporters",
  unsupport: "api/supporters/withdrawals",
  show: "api/names",
  unshow: "api/names/withdrawals",
};

/** What is heard while a code is asked for: the work, with the part of it that is done, and the sending. */
export type Heard = (what: "work" | "sending", done?: number) => void;

/** A name, and what the person says of themselves. */
export interface Said {
  readonly name: string;
  readonly line: string | null;
}

/** What a person typed as their name and as a line under it, with single spaces, in NFC. Throws `Malformed`. */
export function typedName(name: string, line: string): Said {
  const [one, other] = [name, line].map((each) => words(each.normalize("NFC")).join(" ")) as [string, string];
  return { name: checkName(one), line: checkLine(other === "" ? null : other) };
}

/** Somebody who stands by a letter (short name) of the instance that `transport` reaches. */
export class Bystander {
  private readonly transport: Transport;
  private readonly letter: string;

  constructor(transport: Transport, letter: string) {
    this.transport = transport;
    this.letter = letter;
  }

  /**
   * Ask for a code by mail, after some seconds of work. The answer does not tell whether a mail was sent.
   *
   * A mail is in English where there is none in `language`. Throws `Malformed` before anything is sent; the server's
   * errors; `Unavailable` for work that cannot be done.
   */
  async ask(purpose: Purpose, typed: string, language: string, told: Heard = () => undefined): Promise<void> {
    const address = typedAddress(typed);
    const challenge = parseChallenge(await this.transport.get("api/supporters/challenge", MAX_SOLUTION));
    told("work");
    const work = solve(challenge, (tried) => told("work", tried / challenge.most));
    const wanted = mailLanguage(MAIL_LANGUAGES.includes(language) ? language : "en");
    told("sending");
    const asked = { letter: this.letter, purpose, address, language: wanted, work };
    await this.transport.post("api/supporters/mails", encodeCodeRequest(asked), JSON_TYPE);
  }

  /** Be counted, be counted no more, or take a name away. Throws `Malformed` before anything is sent; the server's errors. */
  async confirm(purpose: Purpose, address: string, code: string): Promise<void> {
    await this.transport.post(PATHS[purpose], encodeConfirmation(this.given(address, code)), JSON_TYPE);
  }

  /** Show a name from the next count on. Throws as `confirm`. */
  async show(address: string, code: string, said: Said): Promise<void> {
    await this.transport.post(PATHS.show, encodeNameGiven({ ...this.given(address, code), ...said }), JSON_TYPE);
  }

  private given(address: string, code: string): Confirmation {
    return { letter: this.letter, address: typedAddress(address), code: typedMailedCode(code) };
  }
}
