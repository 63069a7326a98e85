/**
 * Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them must agree.
 *
 * People write this file, so blank lines, comments and runs of spaces and tabs are allowed as in the specification;
 * `Policy.text` writes the plain form. Only Ed25519 keys are understood: logs of signature type 0x01, witnesses of
 * type 0x04.
 */

import { Malformed, Refused } from "../errors.ts";
import { same } from "../values/octets.ts";
import { characters, commas } from "../values/text.ts";
import { type Checkpoint, readSigned } from "./checkpoint.ts";
import { CosignatureVerifierKey } from "./cosignature.ts";
import { Note, VerifierKey } from "./note.ts";

/** Octets of the longest policy. */
export const MAX_POLICY = 64 * 1024;
/** Lines of each kind at most. */
export const MAX_LINES = 256;
export const NONE = "none";

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const BLANKS = /[ \t]+/;
const COUNT = /^[1-9][0-9]{0,3}$/;

/** A log that is trusted to sign; its key's name is its origin. */
export interface Log {
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** A witness that may cosign. */
export interface Witness {
  readonly key: CosignatureVerifierKey;
  readonly url: string | undefined;
}

/** At least `needed` of the `members` (names of witnesses and groups) must have agreed. */
export interface Group {
  readonly needed: number;
  readonly members: readonly string[];
}

function line(...items: readonly (string | undefined)[]): string {
  return `${items.filter((item) => item !== undefined).join(" ")}\n`;
}

/** The policy that trusts one log and asks for no witness. */
export function logOnly(vkey: string): string {
  return line("log", vkey) + line("quorum", NONE);
}

/** A set of logs, named witnesses and groups in their order, and the name that must agree. */
export class Policy {
  readonly logs: readonly Log[];
  readonly witnesses: ReadonlyMap<string, Witness>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly quorum: string;

  constructor(
    logs: readonly Log[],
    witnesses: ReadonlyMap<string, Witness> = new Map(),
    groups: ReadonlyMap<string, Group> = new Map(),
    quorum: string = NONE,
  ) {
    this.logs = logs;
    this.witnesses = witnesses;
    this.groups = groups;
    this.quorum = quorum;
  }

  /** Read a policy. Throws `Malformed` naming the line. */
  static parse(text: string): Policy {
    if (text.length > MAX_POLICY && characters(text) > MAX_POLICY) {
      throw new Malformed("too-long", `The policy is longer than ${commas(MAX_POLICY)} characters.`);
    }
    if (CONTROL.test(text)) {
      throw new Malformed("policy-control", "The policy holds a control character other than tab and line end.");
    }
    if (!text.endsWith("\n")) {
      throw new Malformed("policy-line", "The last line of the policy has no line end.");
    }
    const reader = new Reader();
    text.slice(0, -1).split("\n").forEach((each, at) => {
      try {
        reader.line(each);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        throw new Malformed(error.code, `Line ${at + 1} of the policy: ${error.words}`, error);
      }
    });
    if (reader.quorum === undefined) throw new Malformed("policy-quorum", "The policy has no quorum line.");
    return new Policy(reader.logs, reader.witnesses, reader.groups, reader.quorum);
  }

  /** The policy in its plain form, which `parse` reads. */
  text(): string {
    return [
      ...this.logs.map((log) => line("log", log.key.encode(), log.url)),
      ...[...this.witnesses].map(([name, { key, url }]) => line("witness", name, key.encode(), url)),
      ...[...this.groups].map(([name, { needed, members }]) => line("group", name, String(needed), ...members)),
      line("quorum", this.quorum),
    ].join("");
  }

  /**
   * The checkpoint of the log `origin`, believed under this policy.
   *
   * Where the policy names no log at all, `key` is the log's, known from elsewhere. Throws `Malformed`; `Refused` when
   * the log's signature or the quorum is missing, or when a known log's or witness's signature does not hold.
   */
  check(checkpoint: Uint8Array, origin: string, key?: VerifierKey): Checkpoint {
    const note = Note.parse(checkpoint);
    const named = this.logs.length || key === undefined ? this.logs.map((log) => log.key) : [key];
    if (!note.verified(named.filter((each) => each.name === origin)).length) {
      const words = `No log that the policy knows as “${origin}” signed the checkpoint.`;
      throw new Refused("policy-log", words);
    }
    const agreed = new Set(this.agreed(note).keys());
    for (const [name, group] of this.groups) {
      if (group.members.filter((member) => agreed.has(member)).length >= group.needed) agreed.add(name);
    }
    if (this.quorum !== NONE && !agreed.has(this.quorum)) {
      throw new Refused("policy-quorum", "Not enough witnesses cosigned the checkpoint.");
    }
    return readSigned(note, origin);
  }

  /**
   * The witnesses that cosigned, by name, with the POSIX time in seconds of each.
   *
   * Throws `Malformed`; `Refused` when a known witness's cosignature does not hold.
   */
  witnessed(checkpoint: Uint8Array): ReadonlyMap<string, bigint> {
    return this.agreed(Note.parse(checkpoint));
  }

  /** Latest time of each witness that cosigned; a bad cosignature of any throws. */
  private agreed(note: Note): Map<string, bigint> {
    const out = new Map<string, bigint>();
    for (const [name, { key }] of this.witnesses) {
      const times = note.of(key).map((each) => key.timestamp(note.text, each.signature));
      if (times.length) out.set(name, times.reduce((latest, time) => (time > latest ? time : latest)));
    }
    return out;
  }
}

/** What the lines of a policy have defined so far. */
class Reader {
  readonly logs: Log[] = [];
  readonly witnesses = new Map<string, Witness>();
  readonly groups = new Map<string, Group>();
  quorum: string | undefined;
  private readonly members = new Set<string>();

  line(text: string): void {
    const [keyword = "", ...items] = text.replace(/^[ \t]+|[ \t]+$/g, "").split(BLANKS);
    if (keyword === "" || keyword.startsWith("#")) return;
    if (keyword === "log") this.log(items);
    else if (keyword === "witness") this.witness(items);
    else if (keyword === "group") this.group(items);
    else if (keyword === "quorum") this.setQuorum(items);
    else throw new Malformed("policy-line", "a line begins with log, witness, group or quorum.");
  }

  private log(items: readonly string[]): void {
    const [vkey, url] = items;
    if (vkey === undefined || items.length > 2) throw written("log <vkey> [<url>]");
    const log = { key: VerifierKey.parse(vkey), url };
    if (this.logs.some((other) => same(other.key.key, log.key.key))) {
      throw new Malformed("policy-duplicate", "this log stands in the policy already.");
    }
    room(this.logs.length);
    this.logs.push(log);
  }

  private witness(items: readonly string[]): void {
    const [name, vkey, url] = items;
    if (name === undefined || vkey === undefined || items.length > 3) throw written("witness <name> <vkey> [<url>]");
    const witness = { key: CosignatureVerifierKey.parse(vkey), url };
    this.fresh(name);
    if ([...this.witnesses.values()].some((other) => same(other.key.key, witness.key.key))) {
      throw new Malformed("policy-duplicate", "this witness stands in the policy already.");
    }
    room(this.witnesses.size);
    this.witnesses.set(name, witness);
  }

  private group(items: readonly string[]): void {
    const [name, count, ...members] = items;
    if (name === undefined || count === undefined || !members.length) {
      throw new Malformed("policy-line", "a group is written group <name> <number> <name>…");
    }
    this.fresh(name);
    for (const member of members) {
      this.known(member);
      // Once in all groups: so a witness can count in one way only.
      if (this.members.has(member)) {
        throw new Malformed("policy-duplicate", `“${member.slice(0, 80)}” is in a group already.`);
      }
      this.members.add(member);
    }
    room(this.groups.size);
    this.groups.set(name, { needed: needed(count, members.length), members });
  }

  private setQuorum(items: readonly string[]): void {
    const [name] = items;
    if (name === undefined || items.length !== 1 || this.quorum !== undefined) {
      throw new Malformed("policy-quorum", "there is one quorum line, written quorum <name>.");
    }
    if (name !== NONE) this.known(name);
    this.quorum = name;
  }

  private fresh(name: string): void {
    if (name === NONE || this.witnesses.has(name) || this.groups.has(name)) {
      throw new Malformed("policy-duplicate", `the name “${name.slice(0, 80)}” is taken.`);
    }
  }

  private known(name: string): void {
    if (!this.witnesses.has(name) && !this.groups.has(name)) {
      throw new Malformed("policy-name", `“${name.slice(0, 80)}” is not defined on a line before.`);
    }
  }
}

function written(form: string): Malformed {
  return new Malformed("policy-line", `this line is written ${form}.`);
}

/** How many members must agree. */
function needed(count: string, members: number): number {
  if (count === "any") return 1;
  if (count === "all") return members;
  if (!COUNT.test(count) || Number(count) > members) {
    const words = `a group of ${members} needs all, any or a number from 1 to ${members}.`;
    throw new Malformed("policy-count", words);
  }
  return Number(count);
}

function room(lines: number): void {
  if (lines >= MAX_LINES) throw new Malformed("policy-lines", `a policy has at most ${MAX_LINES} lines of a kind.`);
}
