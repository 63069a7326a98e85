/** One check, from its start to its result: it can pause, go on and be stopped. */

import { audit, type Audited, type PartName } from "../../src/auditor/audit.ts";
import { WorkerPool } from "../../src/auditor/parallel.ts";
import type { Source } from "../../src/auditor/source.ts";
import { parseState, type State } from "../../src/auditor/state.ts";
import { UndersignedError } from "../../src/errors.ts";
import type { Policy } from "../../src/tlog/policy.ts";
import { recall } from "./memory.ts";
import type { Crew } from "./workers.ts";

/** What to check, and with what. */
export interface What {
  readonly source: Source;
  readonly policy: Policy | null;
  readonly workers: number;
}

/** How far a check is: entries of a log that are checked, of all. */
export interface Far {
  readonly part: PartName;
  readonly done: number;
  readonly total: number;
}

/** A check's result, and the name of the registry that it was of. */
export interface Done extends Audited {
  readonly origin: string;
  readonly remembered: boolean;
}

/** Thrown where somebody stopped the check. */
export class Stopped extends Error {}

/** A check. */
export class Run {
  private readonly what: What;
  private readonly crew: Crew;
  private readonly told: (far: Far) => void;
  private far: Far = { part: "registry", done: 0, total: 0 };
  private stopped = false;
  private open: (() => void) | null = null;
  private gate: Promise<void> = Promise.resolve();

  /** `told` hears of every step forward. */
  constructor(what: What, crew: Crew, told: (far: Far) => void) {
    this.what = what;
    this.crew = crew;
    this.told = told;
  }

  /** Whether it rests. */
  get paused(): boolean {
    return this.open !== null;
  }

  /** Rest: what is under way in the Workers is finished, nothing more is begun. */
  pause(): void {
    if (this.open !== null) return;
    this.gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  /** Go on. */
  resume(): void {
    this.open?.();
    this.open = null;
  }

  /** End it without a result. */
  stop(): void {
    this.stopped = true;
    this.resume();
  }

  /** Check. Throws what `audit` throws, and `Stopped`. */
  async go(): Promise<Done> {
    const { source, policy, workers } = this.what;
    let remembers = false;
    const state = async (origin: string): Promise<State | null> => {
      const found = await remembered(origin);
      remembers = found !== null;
      return found;
    };
    const pool = new WorkerPool(await this.crew.take(workers));
    try {
      const clock = (): number => performance.now();
      const audited = await audit(source, { pool, policy, state, again: true, clock, progress: this.progress() });
      return { ...audited, origin: audited.report.checkpoints.registry.origin, remembered: remembers };
    } finally {
      pool.close();
    }
  }

  private progress() {
    return {
      begin: (part: PartName, total: number): void => this.tell({ part, done: 0, total }),
      advance: (number: number): void => this.tell({ ...this.far, done: this.far.done + number }),
      gate: async (): Promise<void> => {
        await this.gate;
        if (this.stopped) throw new Stopped();
      },
    };
  }

  private tell(far: Far): void {
    this.far = far;
    this.told(far);
  }
}

async function remembered(origin: string): Promise<State | null> {
  const octets = await recall(origin);
  try {
    return octets === null ? null : parseState(octets);
  } catch (error) {
    if (error instanceof UndersignedError) return null;
    throw error;
  }
}
