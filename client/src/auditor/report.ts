/**
 * Step 10: what an audit says, as values and as the JSON object of Python's audits, format `undersigned-audit/1`
 * (`docs/protocol.md`, section 6). What the server wrote is in it as it is: whoever shows it takes care.
 */

import { PROFILE } from "../profile.ts";
import { keyName } from "../protocol/presentation.ts";
import { encode64 } from "../tlog/base64.ts";
import { commas, fromUtf8 } from "../values/index.ts";
import { type Failure, type Findings, STEPS } from "./findings.ts";
import type { Head, Heads } from "./heads.ts";
import type { LetterSeen, Register } from "./registry.ts";
import { newLine, type Rounds } from "./rounds.ts";

export const FORMAT = "undersigned-audit/1";

/** One organisation's part of a letter's count; `vouched` is of `net`. */
export interface OrganisationCount {
  readonly organisation: string;
  readonly signed: number;
  readonly withdrawn: number;
  readonly net: number;
  readonly vouched: number;
  readonly last_tick: string | null;
  readonly final: boolean;
  readonly issuers: readonly string[];
  /** At most how many people each issuer admitted. */
  readonly issued: readonly { readonly issuer: string; readonly at_most: number | null }[];
  /** How many people work there at least, when, and who says so. */
  readonly workforce: { readonly at_least: number; readonly as_of: string; readonly source: string } | null;
}

/**
 * A letter's count, from its rounds alone; `title` is null where the document is gone. `supporters`, the server's word,
 * where `at_least` 0 stands for fewer than ten, and `names` are beside it and in no sum.
 */
export interface LetterCount {
  readonly slug: string;
  readonly title: string | null;
  readonly digest: string;
  readonly goal: number | null;
  readonly closes: string | null;
  readonly outcome: "closed" | "goal-missed" | null;
  readonly signed: number;
  readonly withdrawn: number;
  readonly net: number;
  readonly organisations: readonly OrganisationCount[];
  readonly supporters: { readonly at_least: number; readonly as_of: string } | null;
  readonly names: number;
}

/** One numbered step: what was looked at, and how much of it failed. */
export interface Step {
  readonly number: number;
  readonly title: string;
  readonly passed: boolean;
  readonly failures: number;
  readonly checked: string;
}

/** A checkpoint that was audited. */
export interface AuditedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly witnesses: readonly string[];
  readonly note: string;
}

/** The outcome of one audit, plain data; `passed` only where nothing failed. */
export interface Report {
  readonly format: string;
  readonly profile: string;
  readonly passed: boolean;
  /** Every presentation was verified, now or (`resumed`) by an earlier audit: here always. */
  readonly complete: boolean;
  /** The instance calls itself a demonstration. */
  readonly demo: boolean;
  readonly source: string;
  /** `server` where the keys came from the audited server. */
  readonly trust: "policy" | "server";
  readonly engine: string;
  readonly workers: number;
  readonly seconds: number;
  readonly sample: number | null;
  /** Entries of the log that an earlier audit verified. */
  readonly resumed: number | null;
  /** Presentations verified now. */
  readonly verified: number;
  readonly acts: number;
  readonly rounds: number;
  readonly checkpoints: { readonly registry: AuditedCheckpoint; readonly log: AuditedCheckpoint };
  readonly steps: readonly Step[];
  /** At most fifty a step. */
  readonly failures: readonly Failure[];
  readonly failures_total: number;
  readonly remarks: readonly string[];
  readonly letters: readonly LetterCount[];
  readonly releases: number;
}

/** How an audit was made. */
export interface Circumstances {
  readonly source: string;
  readonly trust: "policy" | "server";
  readonly workers: number;
  readonly seconds: number;
  readonly resumed: number | null;
  readonly verified: number;
}

/** The sentence of the whole: whether everything holds. */
export function verdict(report: Report): string {
  if (report.passed) return "Everything holds.";
  const total = report.failures_total;
  const number = total === 1 ? "One check fails" : `${commas(total)} checks fail`;
  return `${number}. Do not rely on these figures.`;
}

/** Put together what an audit found. */
export function makeReport(
  how: Circumstances,
  heads: Heads,
  register: Register,
  rounds: Rounds,
  findings: Findings,
  checked: ReadonlyMap<number, string>,
  letters: readonly LetterCount[],
): Report {
  const { source, trust, workers, seconds, resumed, verified } = how;
  return {
    format: FORMAT,
    profile: PROFILE,
    passed: findings.total === 0,
    complete: true,
    demo: register.demo,
    source,
    trust,
    engine: "noble",
    workers,
    seconds,
    sample: null,
    resumed,
    verified,
    acts: rounds.acts,
    rounds: rounds.rounds,
    checkpoints: { registry: checkpoint(heads.registry), log: checkpoint(heads.log) },
    steps: STEPS.map(([number, title]) => {
      const failures = findings.count(number);
      return { number, title, passed: !failures, failures, checked: checked.get(number) ?? "not reached" };
    }),
    failures: findings.inOrder(),
    failures_total: findings.total,
    remarks: [...findings.remarks],
    letters,
    releases: 0,
  };
}

function checkpoint({ checkpoint: { origin, size, root }, witnesses, note }: Head): AuditedCheckpoint {
  return { origin, size: Number(size), root: encode64(root), witnesses, note: fromUtf8(note) };
}

/** Step 10: recount every letter from its rounds, in the registry's order. */
export function countLetters(register: Register, rounds: Rounds): LetterCount[] {
  return [...register.letters.values()]
    .sort((left, right) => left.index - right.index)
    .map((seen) => countLetter(seen, rounds, register));
}

function countLetter(seen: LetterSeen, rounds: Rounds, { registry }: Register): LetterCount {
  const said = registry.supporters.get(seen.digest);
  const lines = rounds.contexts.get(seen.context)?.lines ?? new Map();
  const asked = seen.document?.organisations.map((each) => each.organisation) ?? [];
  const names = [...new Set([...asked, ...lines.keys()])].sort();
  const organisations = names.map((name) => countOrganisation(name, seen, rounds));
  const signed = organisations.reduce((sum, each) => sum + each.signed, 0);
  const withdrawn = organisations.reduce((sum, each) => sum + each.withdrawn, 0);
  return {
    slug: seen.slug,
    title: seen.document?.texts[0]?.title ?? null,
    digest: seen.digest,
    goal: seen.document?.goal ?? null,
    closes: seen.latest?.closes ?? null,
    outcome: seen.outcome,
    signed,
    withdrawn,
    net: signed - withdrawn,
    organisations,
    supporters: said === undefined ? null : { at_least: said.at_least, as_of: said.tick },
    names: registry.names.get(seen.digest)?.count ?? 0,
  };
}

function countOrganisation(name: string, seen: LetterSeen, rounds: Rounds): OrganisationCount {
  const line = rounds.contexts.get(seen.context)?.lines.get(name) ?? newLine();
  const asked = seen.document?.organisations.find((each) => each.organisation === name);
  const issuers = line.issuers.length ? line.issuers : (asked?.issuers ?? []);
  const epoch = line.epoch || (seen.document?.epoch ?? "");
  const figure = seen.latest?.workforce.find((each) => each.organisation === name);
  return {
    organisation: name,
    signed: line.signed,
    withdrawn: line.withdrawn,
    net: line.signed - line.withdrawn,
    vouched: line.vouched,
    last_tick: line.tick || null,
    final: line.final,
    issuers,
    issued: issuers.map((issuer) => ({ issuer, at_most: rounds.issued.get(keyName(issuer, name, epoch)) ?? null })),
    workforce: figure === undefined
      ? null
      : { at_least: figure.atLeast, as_of: figure.asOf, source: figure.source },
  };
}
