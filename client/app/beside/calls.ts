/** The page's side of its Worker, which is started when something is first sent. */

import { fromRecord } from "../../src/errors.ts";
import { fetched, notStarted, trusted } from "../files.ts";
import type { File, Progress } from "../rpc.ts";
import type { Asked, Message } from "./wire.ts";

/** The Worker's script, put in when this script is built. */
declare const WORKER: File;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  readonly progress: (what: Progress, done?: number) => void;
}

/** The Worker of this page. */
export class Calls {
  private worker: Promise<Worker> | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;

  /** Ask the Worker for something. Throws the Worker's error, in its family; `Unavailable` where it cannot be had. */
  async ask(asked: Asked, progress: (what: Progress, done?: number) => void): Promise<void> {
    this.worker ??= this.started();
    let worker: Worker;
    try {
      worker = await this.worker;
    } catch (error) {
      this.worker = null;
      throw error;
    }
    const id = (this.next += 1);
    await new Promise<void>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, progress });
      worker.postMessage({ id, asked });
    });
  }

  private async started(): Promise<Worker> {
    const worker = new Worker(trusted(await fetched(WORKER)), { type: "module", name: "undersigned-beside" });
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener("message", () => resolve(), { once: true });
      worker.addEventListener("error", (event) => reject(notStarted(event)), { once: true });
    });
    worker.addEventListener("message", (event: MessageEvent<Message>) => this.take(event.data));
    worker.addEventListener("error", () => this.fail());
    return worker;
  }

  private take(message: Message): void {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if ("progress" in message) {
      waiting.progress(message.progress, message.done);
      return;
    }
    this.waiting.delete(message.id);
    if (message.error === null) waiting.resolve();
    else waiting.reject(fromRecord(message.error));
  }

  private fail(): void {
    for (const each of this.waiting.values()) each.reject(notStarted());
    this.waiting.clear();
  }
}
