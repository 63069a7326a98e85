/** Workers of this process. */

import type { ScopeLike, WorkerLike } from "../../src/auditor/parallel.ts";
import type { Any } from "./files.ts";

/** A Worker that ends as a browser says it: with an error, or with a message that cannot be read. */
export type Mortal = WorkerLike & { crash(kind?: "error" | "messageerror"): void };

/** A Worker of this process: what crosses is cloned, as between real ones; `delay` is how many milliseconds it takes. */
export function workerOf(serving: (scope: ScopeLike) => void, delay: () => number = () => 0): Mortal {
  const listeners = new Map<string, ((event: Any) => void)[]>();
  const inside: ((event: Any) => void)[] = [];
  const emit = (kind: string, data?: unknown): void => listeners.get(kind)?.forEach((listen) => listen({ data }));
  // What it says comes in the order in which it is said, however long each takes.
  let said: Promise<unknown> = Promise.resolve();
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, delay()));
  serving({
    postMessage: (message) => {
      const data: unknown = structuredClone(message);
      said = said.then(wait).then(() => emit("message", data));
    },
    addEventListener: (_, listener) => inside.push(listener),
  });
  return {
    postMessage: (message) => setTimeout((data) => inside.forEach((listen) => listen({ data })), 0, structuredClone(message)),
    addEventListener: (kind: string, listener: Any) => listeners.set(kind, [...(listeners.get(kind) ?? []), listener]),
    terminate: () => inside.splice(0),
    crash: (kind = "error") => emit(kind),
  };
}
