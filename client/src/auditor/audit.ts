/**
 * An audit, from the first step to the last (`docs/protocol.md`, section 6).
 *
 * 1. Read both checkpoints; check the logs' signatures and the policy's quorum of witnesses.
 * 2. Read all entry bundles; recompute every tile and the root; compare all.
 * 3. Check that both logs grew out of an earlier audit's checkpoints, where kept. What that audit verified is hashed,
 *    parsed and counted again; its presentations are not verified again.
 * 4. Parse every entry in its one spelling; one letter per slug, one key per issuer, organisation and epoch, each before
 *    its use; documents, names that are shown, and the files of the signing and checking page, as the registry names
 *    them.
 * 5. Rounds: sorted, at least ten, ticks rising, final once and last, nothing before the goal.
 * 6. Verify every presentation.
 * 7. Uniqueness per context; withdrawals.
 * 8. Never more signatories than members that the issuers say they admitted.
 * 9. Releases: this version knows none. An entry of a kind that it does not know fails in step 4.
 * 10. Count again, per letter and organisation.
 *
 * It does not stop at a failure if it can go on. Steps 2 to 8 go through the log once, together. The files and pages of
 * step 4 are read while the log's presentations are verified: they are many and small, and nothing there needs them.
 */

import type { Policy } from "../tlog/policy.ts";
import { commas } from "../values/index.ts";
import { Findings } from "./findings.ts";
import { checkClient } from "./client.ts";
import { type Heads, readHeads } from "./heads.ts";
import { type Pool, readAll } from "./parallel.ts";
import { rulesOf } from "./reading.ts";
import { readRegister, type Register } from "./registry.ts";
import { countLetters, makeReport, type Report } from "./report.ts";
import { Rounds } from "./rounds.ts";
import type { Source } from "./source.ts";
import { encodeState, type State } from "./state.ts";
import { type Chunk, Tree } from "./tree.ts";
import { Uniqueness } from "./uniqueness.ts";

/** The parts of an audit that take time. */
export type PartName = "registry" | "log";

/** Where an audit says how far it is, and asks whether to go on. */
export interface Progress {
  /** A part begins; it has `total` entries to look at. */
  begin(part: PartName, total: number): void;
  /** So many more of them are done. */
  advance(number: number): void;
  /** Awaited before each step on: pauses while it is not resolved, ends the audit where it throws. */
  gate(): Promise<void>;
}

/** Progress that nobody looks at. */
export const SILENT: Progress = {
  begin: () => undefined,
  advance: () => undefined,
  gate: () => Promise.resolve(),
};

/** How to audit. */
export interface Options {
  readonly pool: Pool;
  /** Null takes the keys that the server shows. */
  readonly policy?: Policy | null;
  /** What an earlier audit found right; or who remembers it, by the name of the registry that is audited. */
  readonly state?: State | null | ((origin: string) => Promise<State | null>);
  /** Verify again what that audit verified: its checkpoints serve step 3 alone. */
  readonly again?: boolean;
  readonly progress?: Progress;
  /** Milliseconds, from whenever. */
  readonly clock?: () => number;
}

/** A report, and what to keep for the next audit: null where not everything held. */
export interface Audited {
  readonly report: Report;
  readonly state: Uint8Array | null;
}

/**
 * Audit what `source` publishes, in the ten steps of this module.
 *
 * Throws `Withheld`, `Unavailable` or `Malformed` only where there is nothing to audit (no readable checkpoint), or
 * where a Worker died. All else is in the report.
 */
export async function audit(source: Source, options: Options): Promise<Audited> {
  return new Audit(source, options).run();
}

class Audit {
  private readonly source: Source;
  private readonly options: Options;
  private readonly progress: Progress;
  private readonly findings = new Findings();
  private readonly checked = new Map<number, string>();
  private verified = 0;
  /** Why the audit ended before its end. */
  private ended: { readonly error: unknown } | null = null;
  private earlier: State | null = null;

  constructor(source: Source, options: Options) {
    this.source = source;
    this.options = options;
    this.progress = options.progress ?? SILENT;
  }

  async run(): Promise<Audited> {
    const clock = this.options.clock ?? (() => 0);
    const started = clock();
    // 1. Checkpoints.
    const heads = await readHeads(this.source, this.options.policy ?? null, this.findings);
    const { state = null } = this.options;
    // By the checkpoint that is audited, read once: a server could give another name to whoever asks before.
    this.earlier = typeof state === "function" ? await state(heads.registry.checkpoint.origin) : state;
    this.sayHeads(heads);
    // 2, 3, 4. The registry and its documents.
    const register = await readRegister(this.chunks(heads, "registry", this.findings), this.source, heads, this.findings);
    // 4. Files and pages, beside 2 to 8, the log; the count follows from it.
    const [beside, inLog] = [new Findings(), new Findings()];
    const reading = checkClient(this.gated(), register.client, register.registry.letters.keys(), beside);
    // It is awaited behind the log; until then a failure is nobody's yet.
    reading.catch(() => undefined);
    const rounds = await this.log(heads, register, inLog);
    const served = await reading;
    // What ended it may look like a file that cannot be read.
    if (this.ended !== null) throw this.ended.error;
    // In this order, whatever was read first.
    this.findings.take(beside);
    this.findings.take(inLog);
    this.say(heads, register, rounds, served);
    // 9. An entry of a release would be of an unknown kind, which fails in step 4.
    this.checked.set(9, "0 releases");
    // 10. The count.
    const letters = countLetters(register, rounds);
    const net = letters.reduce((sum, each) => sum + each.net, 0);
    this.checked.set(10, `${commas(net)} signatures under ${count(letters.length, "letter")}`);
    const how = {
      source: this.source.place,
      trust: this.options.policy ? "policy" : "server",
      workers: this.options.pool.workers,
      seconds: Math.round(clock() - started) / 1000,
      resumed: this.proofsFrom || null,
      verified: this.verified,
    } as const;
    const report = makeReport(how, heads, register, rounds, this.findings, this.checked, letters);
    return { report, state: report.passed ? encodeState(heads) : null };
  }

  // ── reading ──

  /** Steps 2 and 3 of one log. */
  private async *chunks(heads: Heads, part: PartName, findings: Findings): AsyncGenerator<Chunk, void> {
    const head = heads[part];
    this.progress.begin(part, Number(head.checkpoint.size));
    for await (const chunk of new Tree(head, this.source, findings, this.earlier?.[part]).chunks()) {
      await this.progress.gate();
      yield chunk;
      if (part === "registry") this.progress.advance(chunk.width);
    }
  }

  /** The source, read from only while the audit goes on. */
  private gated(): Source {
    const { source: { place } } = this;
    const read = async (path: string): Promise<Uint8Array> => {
      await this.progress.gate().catch((error: unknown) => {
        this.ended ??= { error };
      });
      if (this.ended !== null) throw this.ended.error;
      return this.source.read(path);
    };
    return { place, read };
  }

  /** Index of the first entry whose presentation no earlier audit verified. */
  private get proofsFrom(): number {
    return this.options.again === true ? 0 : Number(this.earlier?.log.checkpoint.size ?? 0n);
  }

  /** Steps 2 to 8 of the log. */
  private async log(heads: Heads, register: Register, findings: Findings): Promise<Rounds> {
    try {
      return await this.entries(heads, register, findings);
    } catch (error) {
      this.ended ??= { error };
      throw error;
    }
  }

  private async entries(heads: Heads, register: Register, findings: Findings): Promise<Rounds> {
    const rounds = new Rounds(register, findings);
    const unique = new Uniqueness(findings);
    const { pool } = this.options;
    const size = Number(heads.log.checkpoint.size);
    pool.start(rulesOf(register));
    // Every entry once, in order.
    for await (const { first, width, seen } of readAll(this.chunks(heads, "log", findings), pool, this.proofsFrom, size)) {
      await this.progress.gate();
      if (seen === null) rounds.skip();
      (seen ?? []).forEach((each, at) => {
        rounds.take(first + at, each);
        if (each.entry !== "act") return;
        unique.take(first + at, each);
        if (first + at >= this.proofsFrom) this.verified += 1;
      });
      this.progress.advance(width);
    }
    rounds.finish(size);
    return rounds;
  }

  // ── saying ──

  private sayHeads({ registry: { checkpoint: registry, ...first }, log: { checkpoint: log, ...second } }: Heads): void {
    const witnesses = [...new Set([...first.witnesses, ...second.witnesses])].sort();
    const seen = witnesses.length ? `cosigned by ${witnesses.join(", ")}` : "no witness asked for";
    this.checked.set(
      1,
      `${registry.origin} (${commas(registry.size)} entries) and ${log.origin} (${commas(log.size)} entries), ${seen}`,
    );
    this.checked.set(2, `${commas(registry.size + log.size)} entries`);
    const { earlier: state, options: { policy = null } } = this;
    const before = (name: PartName): string => commas(state?.[name].checkpoint.size ?? 0n);
    const kept = `${before("registry")} and ${before("log")} entries were audited before`;
    this.checked.set(3, state === null ? "none given" : kept);
    if (policy === null) {
      this.findings.remark(
        "The logs' keys were taken from the audited server itself (trust on first use). With --policy you say which " +
          "keys and witnesses to believe.",
      );
    }
  }

  private say(heads: Heads, { registry, letters }: Register, rounds: Rounds, served: number): void {
    this.checked.set(
      4,
      `${count(Number(heads.registry.checkpoint.size), "entry", "entries")} of the registry, ` +
        `${count(letters.size, "letter")}, ${count(registry.issuerKeys.size, "issuer key")}, ` +
        `${count(registry.redacted.size, "document")} taken down, ${count(served, "file")} of the page`,
    );
    this.checked.set(5, count(rounds.rounds, "round"));
    const from = this.proofsFrom;
    const earlier = from ? `; ${commas(from)} entries were verified by an earlier audit` : "";
    this.checked.set(6, `${commas(this.verified)} verified (noble)${earlier}`);
    this.checked.set(7, count(rounds.acts, "act"));
    this.checked.set(8, `${count(rounds.issued.size, "number")} of members admitted`);
    for (const { organisation, methods } of registry.issuerKeys.values()) {
      if (methods.length < 2) continue;
      this.findings.remark(
        `${organisation} admits in several ways (${methods.join(", ")}): a person admitted by two of them can count ` +
          "twice.",
      );
    }
  }
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${commas(number)} ${number === 1 ? one : many}`;
}
