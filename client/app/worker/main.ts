/** The Worker: takes one question after the other from its page, and answers each. */

import { instance } from "../../src/holder/address.ts";
import { UndersignedError } from "../../src/errors.ts";
import type { Message, Progress, Request } from "../rpc.ts";
import { Service } from "./verbs.ts";

interface Scope {
  readonly location: { readonly origin: string };
  postMessage(message: Message): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

const scope = globalThis as unknown as Scope;

const service = new Service({
  address: instance(scope.location.origin),
  fetch: (address, options) => fetch(address, options),
  rng: (length) => crypto.getRandomValues(new Uint8Array(length)),
  now: () => `${new Date().toISOString().slice(0, 13)}:00:00Z`,
  told: (event) => scope.postMessage({ event }),
});

async function answer({ id, verb, args }: Request): Promise<void> {
  const say = (progress: Progress, done?: number): void =>
    scope.postMessage(done === undefined ? { id, progress } : { id, progress, done });
  try {
    const handler = service.verbs[verb] as (say: unknown, ...args: readonly unknown[]) => Promise<unknown>;
    scope.postMessage({ id, answer: await handler(say, ...args) });
  } catch (error) {
    const unforeseen = { family: "unavailable", code: "unforeseen", words: String(error) } as const;
    scope.postMessage({ id, error: error instanceof UndersignedError ? error.record() : unforeseen });
  }
}

scope.addEventListener("message", (event) => void answer(event.data));
scope.postMessage({ event: "ready" });
