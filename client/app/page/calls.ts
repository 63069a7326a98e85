/** The page's side of its Worker: one question at a time has an answer, an error, and progress on the way. */

import { fromRecord, Unavailable } from "../../src/errors.ts";
import type { Answer, Arguments, Message, Progress, Verb } from "../rpc.ts";

/** Where the Worker's script is and what it has to be, put in when this script is built. */
declare const WORKER: { readonly path: string; readonly integrity: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly progress: (what: Progress, done: number | undefined) => void;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): {
    createScriptURL(address: string): string;
  };
}

/** The one address from which a script may be started, also where the browser asks for a promise of that. */
function trusted(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return WORKER.path;
  return types.createPolicy("undersigned", { createScriptURL: () => WORKER.path }).createScriptURL(WORKER.path);
}

const notStarted = (cause?: unknown): Unavailable =>
  new Unavailable("not-started", "A part of this page did not load. Load the page again.", cause);

/** The Worker of this page. */
export class Calls {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  private constructor(worker: Worker, told: (event: "changed" | "burned") => void) {
    this.worker = worker;
    worker.addEventListener("message", (event: MessageEvent<Message>) => {
      const message = event.data;
      if ("event" in message) {
        if (message.event !== "ready") told(message.event);
      } else this.take(message);
    });
    worker.addEventListener("error", () => this.fail());
  }

  /** Start the Worker; its script is compared with its digest first, which browsers do not do by themselves. */
  static async start(told: (event: "changed" | "burned") => void): Promise<Calls> {
    let worker: Worker;
    try {
      const answer = await fetch(WORKER.path, { integrity: WORKER.integrity, credentials: "omit", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      await answer.arrayBuffer();
      worker = new Worker(trusted(), { type: "module", name: "undersigned" });
    } catch (error) {
      throw notStarted(error);
    }
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener("message", () => resolve(), { once: true });
      worker.addEventListener("error", (event) => reject(notStarted(event)), { once: true });
    });
    return new Calls(worker, told);
  }

  /** Ask the Worker for something. Throws the Worker's error, in its family. */
  ask<V extends Verb>(
    verb: V,
    args: Arguments<V>,
    progress: (what: Progress, done: number | undefined) => void = () => undefined,
  ): Promise<Answer<V>> {
    const id = this.next;
    this.next += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, progress });
      this.worker.postMessage({ id, verb, args });
    });
  }

  private take(message: Exclude<Message, { event: unknown }>): void {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if ("progress" in message) {
      waiting.progress(message.progress, message.done);
      return;
    }
    this.waiting.delete(message.id);
    if ("error" in message) waiting.reject(fromRecord(message.error));
    else waiting.resolve(message.answer);
  }

  private fail(): void {
    for (const each of this.waiting.values()) each.reject(notStarted());
    this.waiting.clear();
  }
}
