/** What an audit finds: failures by step, and remarks that are no failures. */

import type { ErrorRecord } from "../errors.ts";

export const STEPS: readonly (readonly [number: number, title: string])[] = [
  [1, "Checkpoints: signatures and witnesses"],
  [2, "Every entry, tile and root"],
  [3, "Agreement with an earlier audit"],
  [4, "One letter and one key for everybody; documents"],
  [5, "Rounds: size, order, dates, goal"],
  [6, "Every presentation"],
  [7, "One signature a member; withdrawals"],
  [8, "No more signatories than members admitted"],
  [9, "Releases"],
  [10, "The count"],
];
/** Failures of one step that are kept with their words; all are counted. */
export const KEPT = 50;

/** What a screen shows as nothing or as space although it is a letter or a sign: Braille and Hangul blanks. */
const INVISIBLE = /[\u2800\u115f\u1160\u3164\uffa0\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]/gu;

/** Words without what could begin a line or turn the direction of writing. */
export function oneLine(words: string): string {
  return words.replace(INVISIBLE, " ");
}

/** Words of the server in quotes that they cannot close, with no space to push anything to another line. */
export function quoted(words: string): string {
  return `“${oneLine(words).replace(/[“”„"]/g, "'").split(" ").filter((word) => word !== "").join(" ")}”`;
}

export type LogName = "registry" | "log";

/** One thing that does not hold: in which step, in which log, at which entry (from 0), and why. */
export interface Failure {
  readonly step: number;
  readonly log: LogName;
  readonly entry: number | null;
  readonly code: string;
  readonly words: string;
}

/** Failures of all steps, counted without end and kept to a limit, and remarks, each once. */
export class Findings {
  readonly remarks: string[] = [];
  private readonly kept: Failure[] = [];
  private readonly counts = new Map<number, number>();

  /** Note a failure. */
  fail(step: number, log: LogName, entry: number | null, code: string, words: string): void {
    const count = this.count(step) + 1;
    this.counts.set(step, count);
    if (count <= KEPT) this.kept.push({ step, log, entry, code, words });
  }

  /** Note a failure for which there is an error already. */
  error(step: number, log: LogName, entry: number | null, error: Pick<ErrorRecord, "code" | "words">): void {
    this.fail(step, log, entry, error.code, error.words);
  }

  /** Note something that a reader should know and that is no failure. */
  remark(words: string): void {
    if (!this.remarks.includes(words)) this.remarks.push(words);
  }

  /** Take over what was found apart from this, behind what is here. */
  take(other: Findings): void {
    for (const { step, log, entry, code, words } of other.kept) this.fail(step, log, entry, code, words);
    for (const [step, count] of other.counts) this.counts.set(step, this.count(step) + count - Math.min(count, KEPT));
    for (const words of other.remarks) this.remark(words);
  }

  /** Number of failures of a step. */
  count(step: number): number {
    return this.counts.get(step) ?? 0;
  }

  /** Number of all failures. */
  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The kept failures, by step, then as they were found. */
  inOrder(): Failure[] {
    return [...this.kept].sort((left, right) => left.step - right.step);
  }
}
