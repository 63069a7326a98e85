/**
 * Steps 5 and 8: the rounds in their order, and how many members there can be (`docs/protocol.md`, section 6).
 *
 * Checked of every round: its letter is in the registry and asks this organisation; as many acts follow as its head
 * says, of this context and organisation, ascending by pseudonym; at least ten, unless it is the last one; its tick is
 * later than that of the round before, never falls along the log, and is not before the date of the letter's first
 * terms; the last round is at or after the closing, all others before it; nothing follows a last round, all last rounds
 * of a letter bear one tick, and a closed letter has one for each organisation that it asks; nothing is published of a
 * letter that missed its goal; the rounds of the first tick of a letter with a goal bring that many signatures. Acts
 * stand in rounds only.
 *
 * Registry and log are two logs: which of two entries came first across them is not written anywhere. That a round
 * comes after its letter's opening, and none after its end, is checked by ticks, final rounds and the letter's closing
 * instead.
 */

import { METHOD } from "../protocol/credential.ts";
import type { Issued, IssuedCorrected, Round } from "../protocol/entry.ts";
import { LEAST_ROUND, LEAST_WORKFORCE } from "../protocol/letter.ts";
import { keyName } from "../protocol/presentation.ts";
import { commas, compare } from "../values/index.ts";
import type { Findings } from "./findings.ts";
import type { ActSeen, Seen } from "./reading.ts";
import type { LetterSeen, Register } from "./registry.ts";

/** The count of one organisation under one letter, from its rounds. */
export interface Line {
  epoch: string;
  issuers: readonly string[];
  signed: number;
  withdrawn: number;
  vouched: number;
  tick: string;
  final: boolean;
}

/** A line before its first round. */
export function newLine(): Line {
  return { epoch: "", issuers: [], signed: 0, withdrawn: 0, vouched: 0, tick: "", final: false };
}

/** What the rounds of one letter have shown so far; `first` is the signatures of its first tick. */
interface ContextSeen {
  readonly firstPlace: number;
  readonly firstTick: string;
  first: number;
  lastTick: string;
  lastPlace: number;
  finalTick: string;
  epoch: string;
  readonly lines: Map<string, Line>;
}

/** A round that is being read: its head, where it stands, and what of it has come. */
interface Open {
  readonly place: number;
  readonly head: Round;
  came: number;
  last: Uint8Array;
}

const later = (left: string, right: string): string => (left > right ? left : right);

/** Takes the log's entries one after the other; memory grows with letters and organisations, not with acts. */
export class Rounds {
  readonly contexts = new Map<string, ContextSeen>();
  /** By `keyName`. */
  readonly issued = new Map<string, number>();
  acts = 0;
  rounds = 0;
  private readonly fallen = new Map<string, number>();
  private readonly register: Register;
  private readonly findings: Findings;
  private open: Open | undefined;
  private tick = "";
  private lost = false;

  constructor(register: Register, findings: Findings) {
    this.register = register;
    this.findings = findings;
  }

  private fail(step: number, place: number, code: string, words: string): void {
    this.findings.fail(step, "log", place, code, words);
  }

  /** Take the entry at index `place`. */
  take(place: number, seen: Seen): void {
    switch (seen.entry) {
      case "round":
        this.end(place);
        this.begin(place, seen);
        break;
      case "issued":
        this.end(place);
        this.takeIssued(place, seen);
        break;
      case "act":
        this.act(place, seen);
        break;
      case "unread":
        this.findings.error(4, "log", place, seen.error);
        if (this.open !== undefined && this.open.came < this.open.head.count) this.open.came += 1;
        break;
    }
  }

  /** Go on behind entries that cannot be read: what follows may belong to a round whose head was among them. */
  skip(): void {
    this.open = undefined;
    this.lost = true;
  }

  /** Look at what can be said only after the last entry. */
  finish(size: number): void {
    this.end(size);
    for (const [context, letter] of this.register.letters) {
      const seen = this.contexts.get(context);
      if (seen !== undefined) this.atTheEnd(letter, seen);
      this.checkBeside(letter, seen);
      if (letter.outcome === "closed") this.allEnded(letter, seen);
      else if (letter.outcome === null) this.overdue(letter, seen);
    }
    for (const [key, listed] of this.register.registry.corrections) {
      for (const each of listed.slice(this.fallen.get(key) ?? 0)) this.followed(each);
    }
  }

  // ── a round ──

  private begin(place: number, head: Round): void {
    this.open = { place, head, came: 0, last: new Uint8Array() };
    this.lost = false;
    this.rounds += 1;
    const letter = this.register.letters.get(head.context);
    if (letter === undefined) {
      this.fail(5, place, "unknown-letter", "The round is for a letter that is not in the registry.");
    } else {
      this.checkLetter(place, head, letter);
      this.checkDates(place, head, letter);
    }
    if (head.count < LEAST_ROUND && !head.final) {
      const words = `The round has ${head.count} acts: fewer than ${LEAST_ROUND}, and is not the last.`;
      this.fail(5, place, "small-round", words);
    }
    const seen = this.contexts.get(head.context) ?? {
      firstPlace: place, firstTick: head.tick, first: 0, lastTick: "", lastPlace: 0, finalTick: "", epoch: "",
      lines: new Map<string, Line>(),
    };
    this.contexts.set(head.context, seen);
    const line = seen.lines.get(head.organisation) ?? newLine();
    seen.lines.set(head.organisation, line);
    this.checkOrder(place, head, seen, line);
    this.tick = later(this.tick, head.tick);
    seen.lastTick = later(seen.lastTick, head.tick);
    seen.lastPlace = place;
    line.tick = later(line.tick, head.tick);
    line.final ||= head.final;
  }

  private checkLetter(place: number, head: Round, letter: LetterSeen): void {
    if (letter.outcome === "goal-missed") {
      this.fail(5, place, "goal-missed", "The letter missed its goal: nothing of it may be published.");
    }
    if (letter.rule !== null && !letter.rule.organisations.has(head.organisation)) {
      this.fail(5, place, "other-organisation", `The letter does not ask members of ${head.organisation}.`);
    }
    if (letter.first !== null && head.tick.slice(0, 10) < letter.first.dated) {
      const words = `The round is at ${head.tick}, before the letter's terms of ${letter.first.dated}.`;
      this.fail(5, place, "before-opening", words);
    }
  }

  private checkDates(place: number, head: Round, letter: LetterSeen): void {
    const { known, latest, document } = letter;
    if (known === null) return;
    const figure = known.workforce.find((each) => each.organisation === head.organisation);
    if (document === null && (figure?.atLeast ?? 0) < LEAST_WORKFORCE) {
      const words = `${head.organisation}: fewer than ${LEAST_WORKFORCE} people, or an unknown number, work there.`;
      this.fail(5, place, "too-small", words);
    }
    // Closing moves later only: terms that were taken down since say no earlier one.
    const { closes } = known;
    if (head.final && head.tick < closes) {
      const words = `The last round is at ${head.tick}, but the letter closes at ${closes}.`;
      this.fail(5, place, "final-early", words);
    }
    if (latest !== null && !head.final && head.tick >= closes) {
      this.fail(5, place, "after-close", `The round is at ${head.tick}, but the letter closes at ${closes}.`);
    }
  }

  private checkOrder(place: number, head: Round, seen: ContextSeen, line: Line): void {
    if (line.final) {
      this.fail(5, place, "after-final", `The last round of ${head.organisation} was before this one.`);
    }
    if (line.tick && head.tick <= line.tick) {
      const words = `The round's tick ${head.tick} is not later than ${line.tick}, that of the round before.`;
      this.fail(5, place, "tick-order", words);
    } else if (head.tick < this.tick) {
      const words = `The round's tick ${head.tick} is earlier than ${this.tick}, written before it.`;
      this.fail(5, place, "tick-falls", words);
    }
    if (!head.final) return;
    if (seen.finalTick && head.tick !== seen.finalTick) {
      const words = "The last rounds of a letter's organisations are at different ticks.";
      this.fail(5, place, "final-ticks", words);
    }
    seen.finalTick ||= head.tick;
  }

  /** Close the round that is being read, if any. */
  private end(place: number): void {
    const done = this.open;
    this.open = undefined;
    this.lost = false;
    if (done === undefined) return;
    if (done.came !== done.head.count) {
      const words =
        `The round says that ${commas(done.head.count)} acts follow; there are ${commas(done.came)} before entry ` +
        `${commas(place)}.`;
      this.fail(5, done.place, "round-count", words);
    }
    this.checkIssued(done);
  }

  // ── an act ──

  private act(place: number, act: ActSeen): void {
    this.acts += 1;
    if (act.error !== null) this.findings.error(6, "log", place, act.error);
    const now = this.open;
    if (now === undefined || now.came >= now.head.count) {
      if (!this.lost) this.fail(5, place, "act-outside", "The act stands in no round.");
      return;
    }
    now.came += 1;
    if (act.context !== now.head.context || act.organisation !== now.head.organisation) {
      this.fail(5, place, "other-round", "The act is of another letter or organisation than its round.");
      return;
    }
    if (compare(act.pseudonym, now.last) <= 0) {
      const words = "The acts of the round are not in ascending order of their pseudonyms, each once.";
      this.fail(5, place, "unsorted", words);
    }
    now.last = act.pseudonym;
    this.count(place, act);
  }

  private count(place: number, act: ActSeen): void {
    const seen = this.contexts.get(act.context);
    const line = seen?.lines.get(act.organisation);
    if (seen === undefined || line === undefined) return;
    if (!line.epoch) {
      line.epoch = act.epoch;
      line.issuers = act.issuers;
      seen.epoch ||= act.epoch;
    }
    if (act.epoch !== seen.epoch || act.issuers.join() !== line.issuers.join()) {
      const words = "The act names another quarter or other issuers than those before it.";
      this.fail(6, place, "other-issuers", words);
    } else if (act.error === null && !this.asAsked(act)) {
      // Seen without a proof: where an earlier audit could not read the letter.
      const words = "The act names another quarter, other issuers or other attributes than the letter asks for.";
      this.fail(6, place, "other-issuers", words);
    }
    const signs = act.action === "sign";
    line.signed += signs ? 1 : 0;
    line.withdrawn += signs ? 0 : 1;
    if (act.method === "vouch") line.vouched += signs ? 1 : -1;
    if (line.tick === seen.firstTick) seen.first += signs ? 1 : -1;
  }

  private asAsked(act: ActSeen): boolean {
    const rule = this.register.letters.get(act.context)?.rule;
    const accepts = rule?.organisations.get(act.organisation);
    if (!rule || accepts === undefined) return true;
    const shows = (act.method !== null) === accepts.disclosed.has(METHOD);
    return shows && act.epoch === rule.epoch && act.issuers.join() === accepts.issuers.join();
  }

  // ── what is known at the end ──

  private atTheEnd(letter: LetterSeen, seen: ContextSeen): void {
    const goal = letter.document?.goal ?? null;
    if (goal !== null && seen.first < goal) {
      const words =
        `“${letter.slug}” had a goal of ${commas(goal)}; its first rounds publish ${commas(seen.first)} signatures.`;
      this.fail(5, seen.firstPlace, "before-goal", words);
    }
    if (seen.finalTick && seen.lastTick > seen.finalTick) {
      const words = `A round of “${letter.slug}” is later than its last rounds, which are at ${seen.finalTick}.`;
      this.fail(5, seen.lastPlace, "after-final", words);
    }
  }

  /** Who never ends a letter never has to publish what waits: told, no failure, since a crash may lie between. */
  private overdue({ slug, rule, latest }: LetterSeen, seen: ContextSeen | undefined): void {
    const asked = [...(rule?.organisations.keys() ?? [])];
    const ended = asked.length > 0 && asked.every((name) => seen?.lines.get(name)?.final);
    if (latest !== null && latest.closes <= this.tick && !ended) {
      this.findings.remark(
        `“${slug}” was to close at ${latest.closes}. The log goes on to ${this.tick} without an end of it: what was sent ` +
          "last may be kept back.",
      );
    }
  }

  /** A letter that ended has a last round, be it empty, of everyone asked: none is kept back unnoticed. */
  private allEnded(letter: LetterSeen, seen: ContextSeen | undefined): void {
    const lines = seen?.lines ?? new Map<string, Line>();
    const names = new Set([...(letter.rule?.organisations.keys() ?? []), ...lines.keys()]);
    const still = [...names].sort().filter((name) => !lines.get(name)?.final);
    if (!still.length && lines.size) return;
    const words = `“${letter.slug}” is closed, but there is no last round of ${still.join(", ") || "anyone"}.`;
    if (seen !== undefined) this.fail(5, seen.lastPlace, "no-final", words);
    else this.findings.fail(5, "registry", letter.index, "no-final", words);
  }

  /** Of a letter with a goal, supporters and names are told of as late as signatures; of one that missed it, never. */
  private checkBeside({ slug, beside, document, outcome }: LetterSeen, seen: ContextSeen | undefined): void {
    if (beside === null) return;
    const [index, tick] = beside;
    const sealed = document !== null && document.goal !== null;
    if (outcome === "goal-missed" || (sealed && (seen === undefined || tick < seen.firstTick))) {
      const words = `Supporters or names of “${slug}” were published before its goal was reached.`;
      this.findings.fail(5, "registry", index, "before-goal", words);
    }
  }

  // ── step 8 ──

  private takeIssued(place: number, entry: Issued): void {
    const key = keyName(entry.issuer, entry.organisation, entry.epoch);
    if (!this.register.keyPlaces.has(key)) {
      const words = `The registry has no key of ${entry.issuer} for ${entry.organisation} and ${entry.epoch}.`;
      this.fail(8, place, "unknown-issuer-key", words);
    }
    const before = this.issued.get(key) ?? 0;
    this.issued.set(key, entry.at_most);
    if (entry.at_most < before) this.fall(place, key, entry, before);
  }

  /** A number falls from and to what its issuer said, once for each correction and in their order. */
  private fall(place: number, key: string, entry: Issued, before: number): void {
    const used = this.fallen.get(key) ?? 0;
    const next = this.register.registry.corrections.get(key)?.[used];
    if (next === undefined || next.was !== before || next.at_most !== entry.at_most) {
      const words = `At most ${commas(entry.at_most)} members after at most ${commas(before)}: the number falls.`;
      this.fail(8, place, "issued-falls", words);
      return;
    }
    this.fallen.set(key, used + 1);
    for (const [, line] of this.lines(entry)) this.covers(place, entry, line);
  }

  /**
   * A correction that the log did not follow binds it all the same: no later round, and no more signatures.
   *
   * Registry and log are two logs: between entering a correction in one and following it in the other, it stands so.
   */
  private followed(correction: IssuedCorrected): void {
    const { issuer, organisation, tick, was } = correction;
    for (const [seen, line] of this.lines(correction)) {
      if (line.tick > tick) {
        const words =
          `${issuer} took back ${commas(was)} as its number of members of ${organisation}, but a later round, at ` +
          `${line.tick}, stands without a smaller one.`;
        this.fail(8, seen.lastPlace, "issued-uncorrected", words);
      }
      this.covers(seen.lastPlace, correction, line);
    }
  }

  /** The counts of one issuer, organisation and epoch, under all letters. */
  private *lines({ issuer, organisation, epoch }: Issued | IssuedCorrected): Generator<[ContextSeen, Line]> {
    for (const seen of this.contexts.values()) {
      const line = seen.lines.get(organisation);
      if (line?.epoch === epoch && line.issuers.includes(issuer)) yield [seen, line];
    }
  }

  /** A corrected number covers all who signed, under letters of which no other round may come, too. */
  private covers(place: number, { issuer, organisation, at_most: atMost }: Issued | IssuedCorrected, line: Line): void {
    if (line.signed > atMost) {
      const words = `${commas(line.signed)} members of ${organisation} signed, but ${issuer} corrected its number to `;
      this.fail(8, place, "issued-exceeded", `${words}${commas(atMost)}.`);
    }
  }

  /** After a round: as many members as signatories at least, by every issuer's word, written before the round. */
  private checkIssued({ head, place }: Open): void {
    const line = this.contexts.get(head.context)?.lines.get(head.organisation);
    for (const issuer of line?.issuers ?? []) {
      const known = this.issued.get(keyName(issuer, head.organisation, line?.epoch ?? ""));
      const signed = line?.signed ?? 0;
      if (known === undefined) {
        const words = `${issuer} has not said before this round how many members of ${head.organisation} it admitted.`;
        this.fail(8, place, "issued-missing", words);
      } else if (signed > known) {
        const words =
          `${commas(signed)} members of ${head.organisation} signed, but ${issuer} admitted at most ${commas(known)}.`;
        this.fail(8, place, "issued-exceeded", words);
      }
    }
  }
}
