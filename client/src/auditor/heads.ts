/**
 * Step 1: both checkpoints, the logs' signatures and the quorum of witnesses (`docs/protocol.md`, section 6).
 *
 * One policy file names both logs, each with a `log` line; its quorum holds for both. Without a policy the keys beside
 * the logs are taken: then the server itself said whom to believe.
 */

import { Malformed, UndersignedError } from "../errors.ts";
import { Checkpoint } from "../tlog/checkpoint.ts";
import { Note, VerifierKey } from "../tlog/note.ts";
import { logOnly, Policy } from "../tlog/policy.ts";
import { same } from "../values/index.ts";
import type { Findings, LogName } from "./findings.ts";
import type { Source } from "./source.ts";

/** How often the two checkpoints are read again when the log grew in between. */
const TRIES = 5;

/** A log's checkpoint; `key` is the verifier key that signed it, null where none did: then nothing is believed. */
export interface Head {
  readonly log: LogName;
  readonly note: Uint8Array;
  readonly checkpoint: Checkpoint;
  readonly key: string | null;
  readonly witnesses: readonly string[];
}

/** Both checkpoints, of one moment. */
export interface Heads {
  readonly registry: Head;
  readonly log: Head;
}

/** Read a policy for an audit. Throws `Malformed`, also when it names no log. */
export function parsePolicy(text: string): Policy {
  const policy = Policy.parse(text);
  if (!policy.logs.length) {
    const words = "The policy names no log: it needs a “log” line for the registry and one for the log.";
    throw new Malformed("policy-logs", words);
  }
  return policy;
}

/**
 * Step 1.
 *
 * Throws `Withheld` or `Unavailable` where there is no checkpoint, `Malformed` where it cannot even be read.
 */
export async function readHeads(source: Source, policy: Policy | null, findings: Findings): Promise<Heads> {
  const notes = await readNotes(source);
  const registry = await readHead(source, "registry", notes.registry, policy, findings);
  const log = await readHead(source, "log", notes.log, policy, findings);
  if (registry.checkpoint.origin === log.checkpoint.origin || (registry.key && registry.key === log.key)) {
    const words = "Registry and log bear the same name or key: they are two logs.";
    findings.fail(1, "log", null, "same-log", words);
  }
  return { registry, log };
}

/** Both checkpoints of one moment: rounds speak of letters, and closings of rounds, that are there before. */
async function readNotes(source: Source): Promise<Record<LogName, Uint8Array>> {
  let log = await source.read("log/checkpoint");
  for (let tries = 1; ; tries += 1) {
    const registry = await source.read("registry/checkpoint");
    const again = await source.read("log/checkpoint");
    if (same(again, log) || tries === TRIES) return { registry, log: again };
    log = again;
  }
}

async function readHead(
  source: Source,
  log: LogName,
  octets: Uint8Array,
  policy: Policy | null,
  findings: Findings,
): Promise<Head> {
  const note = Note.parse(octets);
  const checkpoint = Checkpoint.parse(note.text);
  const { origin } = checkpoint;
  try {
    const used = policy ?? Policy.parse(logOnly(await servedKey(source, log)));
    used.check(octets, origin);
    const [key] = note.verified(used.logs.map((each) => each.key).filter((each) => each.name === origin));
    const witnesses = [...used.witnessed(octets).keys()];
    return { log, note: octets, checkpoint, key: key?.encode() ?? null, witnesses };
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    findings.error(1, log, null, error);
    return { log, note: octets, checkpoint, key: null, witnesses: [] };
  }
}

/** The verifier key that the server shows beside a log. Throws `Malformed`, `Withheld`. */
export async function servedKey(source: Source, log: LogName): Promise<string> {
  const octets = await source.read(`${log}.vkey`);
  if (octets.some((octet) => octet > 127)) throw new Malformed("vkey", `${log}.vkey is not a verifier key.`);
  return VerifierKey.parse(new TextDecoder().decode(octets).replace(/\n$/, "")).encode();
}
