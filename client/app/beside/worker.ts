/** The Worker: does the work that is asked for before a mail, and sends. It knows no pass and keeps nothing. */

import { UndersignedError } from "../../src/errors.ts";
import { instance } from "../../src/holder/address.ts";
import { Bystander } from "../../src/holder/beside.ts";
import { FetchTransport } from "../../src/holder/transport.ts";
import type { Asked, Message } from "./wire.ts";

interface Scope {
  readonly location: { readonly origin: string };
  postMessage(message: Message | "ready"): void;
  addEventListener(type: "message", listener: (event: MessageEvent<{ id: number; asked: Asked }>) => void): void;
}

const scope = globalThis as unknown as Scope;
const transport = new FetchTransport(instance(scope.location.origin), (address, options) => fetch(address, options));

async function work(id: number, asked: Asked): Promise<void> {
  const bystander = new Bystander(transport, asked.letter);
  const say = (progress: "work" | "sending", done?: number): void =>
    scope.postMessage(done === undefined ? { id, progress } : { id, progress, done });
  if (asked.verb === "ask") {
    await bystander.ask(asked.purpose, asked.address, asked.language, say);
    return;
  }
  say("sending");
  const { address, code, purpose, said } = asked;
  if (purpose === "show" && said !== null) await bystander.show(address, code, said);
  else await bystander.confirm(purpose, address, code);
}

async function answer(id: number, asked: Asked): Promise<void> {
  try {
    await work(id, asked);
    scope.postMessage({ id, error: null });
  } catch (error) {
    const unforeseen = { family: "unavailable", code: "unforeseen", words: String(error) } as const;
    scope.postMessage({ id, error: error instanceof UndersignedError ? error.record() : unforeseen });
  }
}

scope.addEventListener("message", ({ data }) => void answer(data.id, data.asked));
scope.postMessage("ready");
