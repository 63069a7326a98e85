/**
 * Step 3's memory: the checkpoints of an earlier audit that held, as the text of a file of the auditor's own.
 *
 * Whoever can change this file can make the next audit believe that proofs were checked which were not; they cannot
 * make it accept a log that does not grow out of the checkpoints in the file. The checkpoints are kept signed: two that
 * contradict each other are proof that the server showed two logs. Python writes and reads the same.
 */

import { Malformed, UndersignedError } from "../errors.ts";
import { PROFILE } from "../profile.ts";
import { Checkpoint } from "../tlog/checkpoint.ts";
import { Note, VerifierKey } from "../tlog/note.ts";
import { fields, fromUtf8, type Json, parseJson, text, utf8 } from "../values/index.ts";
import type { LogName } from "./findings.ts";
import type { Heads } from "./heads.ts";

export const FORMAT = "undersigned-audit-state/1";
const MAX = 1 << 21;

/** One log as an earlier audit saw it and found it right. */
export interface Earlier {
  readonly note: string;
  readonly key: string;
  readonly checkpoint: Checkpoint;
}

/** Both logs as an earlier audit saw them. */
export type State = Readonly<Record<LogName, Earlier>>;

function parseEarlier(value: Json): Earlier {
  const got = fields(value, ["checkpoint", "key"], "A log in the state file");
  const key = text(got.key, { what: "The key in the state file" });
  const kept = text(got.checkpoint, { limit: MAX, what: "The checkpoint in the state file" });
  const note = Note.parse(utf8(kept));
  if (!note.verified([VerifierKey.parse(key)]).length) {
    const words = "A checkpoint in the state file is not signed by the key beside it.";
    throw new Malformed("state-unsigned", words);
  }
  return { note: kept, key, checkpoint: Checkpoint.parse(note.text) };
}

/** Read what an earlier audit left. Throws `Malformed` when it is not what an audit writes. */
export function parseState(octets: Uint8Array): State {
  try {
    const got = fields(parseJson(octets), ["format", "log", "profile", "registry"], "The state file");
    if (got.format !== FORMAT || got.profile !== PROFILE) {
      throw new Malformed("bad-state", "it was written by another version");
    }
    return { registry: parseEarlier(got.registry), log: parseEarlier(got.log) };
  } catch (error) {
    if (!(error instanceof UndersignedError)) throw error;
    const words = `The state of an earlier audit is of no use: ${error.words} Remove it to begin anew.`;
    throw new Malformed("bad-state", words, error);
  }
}

/** What to keep of an audit that held. */
export function encodeState({ registry, log }: Heads): Uint8Array {
  const record = ({ note, key }: Heads["log"]) => ({ checkpoint: fromUtf8(note), key });
  const value = { format: FORMAT, profile: PROFILE, registry: record(registry), log: record(log) };
  return utf8(`${JSON.stringify(value, null, 1)}\n`);
}
