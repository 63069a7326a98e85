/**
 * Step 7: per context one signature a pseudonym, and at most one withdrawal after it (`docs/protocol.md`, section 6).
 *
 * Acts are compared with all before them of the same pseudonym, so some hundred octets an act are kept: enough for
 * some hundred thousand in a browser.
 */

import { b64u } from "../values/index.ts";
import type { Findings } from "./findings.ts";
import type { ActSeen } from "./reading.ts";

/** What of a member was seen in a context; `shown` is what the signature put into the count. */
interface Member {
  shown: string | null;
  withdrawn: boolean;
}

/** Takes every act in the order of the log, and judges each at once. */
export class Uniqueness {
  private readonly findings: Findings;
  private readonly contexts = new Map<string, Map<string, Member>>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** Take the act at index `place` of the log. */
  take(place: number, act: ActSeen): void {
    const members = this.contexts.get(act.context) ?? new Map<string, Member>();
    this.contexts.set(act.context, members);
    const nym = b64u(act.pseudonym);
    const member = members.get(nym) ?? { shown: null, withdrawn: false };
    members.set(nym, member);
    // What the withdrawal takes out of the count is what the signature put in: organisation and way of joining.
    const shown = `${act.organisation} ${act.method ?? ""}`;
    if (act.action === "sign") {
      if (member.shown !== null) {
        this.fail(place, "signed-twice", "This member signed before, under the same pseudonym.");
      }
      member.shown ??= shown;
      return;
    }
    if (member.shown === null) {
      this.fail(place, "nothing-to-withdraw", "The withdrawal has no signature before it.");
    } else if (member.withdrawn) {
      this.fail(place, "withdrawn-twice", "This member withdrew before, under the same pseudonym.");
    } else if (shown !== member.shown) {
      const words = "The withdrawal names another organisation or way of joining than its signature.";
      this.fail(place, "withdrawn-elsewhere", words);
    }
    member.withdrawn = true;
  }

  private fail(place: number, code: string, words: string): void {
    this.findings.fail(7, "log", place, code, words);
  }
}
