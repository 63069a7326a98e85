/** The Worker: takes one question after the other from its page, and answers each. */

import { instance } from "../../src/holder/address.ts";
import { UndersignedError } from "../../src/errors.ts";
import { fetched } from "../files.ts";
import type { File, MainVerb, Message, MoreVerb, Progress, Request, Told } from "../rpc.ts";
import { type Handlers, Service } from "./service.ts";
import { verbs } from "./verbs.ts";
import { knows } from "./ways.ts";

interface Scope {
  readonly location: { readonly origin: string };
  postMessage(message: Message): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request | Told>) => void): void;
}

const scope = globalThis as unknown as Scope;

const service = new Service({
  address: instance(scope.location.origin),
  fetch: (address, options) => fetch(address, options),
  rng: (length) => crypto.getRandomValues(new Uint8Array(length)),
  now: () => `${new Date().toISOString().slice(0, 13)}:00:00Z`,
  told: (event) => scope.postMessage({ event }),
});
const main: Handlers<MainVerb> = verbs(service);
let part: File | null = null;
let more: Handlers<MoreVerb> | null = null;

/** The handlers of rarer verbs. Throws `Unavailable` where they cannot be had, for instance offline. */
async function rarer(say: (progress: Progress) => void): Promise<Handlers<MoreVerb>> {
  if (more !== null) return more;
  if (part === null) throw new Error("asked before anything was told");
  say("part");
  const { path } = await fetched(part);
  const loaded = (await import(path)) as typeof import("./more.ts");
  return (more = loaded.verbs(service));
}

async function answer({ id, verb, args }: Request): Promise<void> {
  const say = (progress: Progress, done?: number): void =>
    scope.postMessage(done === undefined ? { id, progress } : { id, progress, done });
  try {
    const [draft] = args as readonly [{ readonly method?: string } | null | undefined];
    // Rarer ways of joining are known to what is loaded.
    if ((verb === "draft" || verb === "join") && draft?.method && !knows(draft.method)) await rarer(say);
    const handlers: Partial<Handlers<MainVerb | MoreVerb>> = verb in main ? main : await rarer(say);
    const handler = handlers[verb] as (say: unknown, ...args: readonly unknown[]) => Promise<unknown>;
    scope.postMessage({ id, answer: await handler(say, ...args) });
  } catch (error) {
    const unforeseen = { family: "unavailable", code: "unforeseen", words: String(error) } as const;
    scope.postMessage({ id, error: error instanceof UndersignedError ? error.record() : unforeseen });
  }
}

scope.addEventListener("message", ({ data }) => {
  if ("more" in data) part = data.more;
  else void answer(data);
});
scope.postMessage({ event: "ready" });
