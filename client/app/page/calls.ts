/** The page's side of its Worker: one question at a time has an answer, an error, and progress on the way. */

import { fromRecord } from "../../src/errors.ts";
import { fetched, notStarted, trusted } from "../files.ts";
import type { Answer, Arguments, File, Message, Progress, Verb } from "../rpc.ts";

/** The Worker's script and its part, put in when this script is built. */
declare const WORKER: File & { readonly more: File };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly progress: (what: Progress, done: number | undefined) => void;
}

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
    const worker = new Worker(trusted(await fetched(WORKER)), { type: "module", name: "undersigned" });
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener("message", () => resolve(), { once: true });
      worker.addEventListener("error", (event) => reject(notStarted(event)), { once: true });
    });
    worker.postMessage({ more: WORKER.more });
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
