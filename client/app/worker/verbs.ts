/** What the page may ask of the Worker until it has signed; what is rarer is loaded when it is first asked for (`more`). */

import { Conflict, Malformed, UndersignedError } from "../../src/errors.ts";
import { issuersOf } from "../../src/holder/admission.ts";
import type { Client, Intent } from "../../src/holder/client.ts";
import { pairs } from "../../src/holder/phrase.ts";
import type { RegistryView } from "../../src/holder/registry.ts";
import { parseAnswer } from "../../src/holder/transport.ts";
import { METHOD } from "../../src/protocol/credential.ts";
import type { Letter } from "../../src/protocol/letter.ts";
import type { Receipt } from "../../src/protocol/receipt.ts";
import { isList, isObject, words as split } from "../../src/values/index.ts";
import type {
  Action, BurnView, Draft, FamilyView, Goal, InstanceView, LetterView, MainVerb, Sending, SentView, Standing, View, Workplace,
} from "../rpc.ts";
import { type Handlers, type Say, type Service, workplace } from "./service.ts";
import { wayOf } from "./ways.ts";

const MAX_LIST = 1 << 18;
/** Answers to an act that say nothing of whether it was taken: it may be sent again. */
const NO_SENSE: readonly string[] = ["bad-answer", "answer-too-long", "receipt-differs", "receipt-deadline"];

/** Handlers by verb. */
export function verbs(service: Service): Handlers<MainVerb> {
  return {
    open: (say) => service.alone(say, async () => service.view()),
    instance: (say) => service.alone(say, () => instance(service, say)),
    letter: (say, slug) => service.alone(say, () => letter(service, say, slug)),
    families: (say, goal) => families(service, say, goal),
    draft: (say, draft) => service.alone(say, () => note(service, draft)),
    words: (say) => service.alone(say, () => words(service, say)),
    compare: (say, places, typed) => service.alone(say, async () => compare(service, places, typed)),
    noteWords: (say, state) => service.alone(say, async () => {
      await service.keeper.write({ words: state }, "notes alone");
      return service.view();
    }),
    join: (say, draft) => service.alone(say, () => join(service, say, draft)),
    send: (say, sending) => service.alone(say, () => send(service, say, sending)),
    burn: (say) => burn(service, say),
  };
}

// ── what there is ──

async function instance(service: Service, say: Say): Promise<InstanceView> {
  const client = await service.client(say);
  const { registry } = await client.registry();
  const names = [...new Set([...registry.issuerKeys.values()].map((key) => key.organisation))].sort();
  return {
    name: registry.genesis?.name ?? "",
    demo: registry.genesis?.demo ?? false,
    organisations: await Promise.all(names.map((name) => workplace(client, registry, name, issuersOf(registry, name)))),
  };
}

async function letter(service: Service, say: Say, slug: string): Promise<LetterView> {
  const { client, view, letter } = await service.found(say, slug);
  const { registry } = view;
  const terms = await view.latestTerms(letter.digest);
  const organisations = await Promise.all(letter.organisations.map(({ organisation, issuers }) =>
    workplace(client, registry, organisation, issuers, letter.epoch)));
  const named = (found: readonly Workplace[]): string[] => found.map((each) => each.organisation);
  const mine = named(organisations.filter(({ issuers }) => issuers.some(({ pass }) => pass !== "none")));
  const ready = named(organisations.filter(({ issuers }) => issuers.every(({ pass }) => pass === "held")));
  const far = named(organisations.filter(({ apart }) => apart));
  const promises = mine.length === 0 ? [] : (await service.receipts(say, slug)).map((each) => each.promise);
  const standing = standingOf(client, view, letter, ready, mine, far, promises);
  const last = promises.map((each) => each.deadline).sort().at(-1);
  return {
    slug,
    digest: letter.digest,
    addressee: letter.addressee,
    texts: letter.texts.map(({ language, title, body, demands }) => ({ language, title, body, demands })),
    epoch: letter.epoch,
    goal: letter.goal,
    closes: terms.closes,
    closed: registry.closed.has(letter.digest),
    errata: terms.errata.map(({ dated, text }) => ({ dated, text })),
    organisations,
    showsMethod: [...view.rule(letter).organisations.values()].some((each) => each.disclosed.has(METHOD)),
    standing,
    mine: ready,
    deadline: last === undefined ? null : last > terms.closes ? last : terms.closes,
  };
}

function standingOf(
  client: Client, view: RegistryView, letter: Letter, ready: readonly string[], mine: readonly string[], far: readonly string[],
  promises: readonly Receipt[],
): Standing {
  const acts = new Set(promises.map((each) => each.act));
  const did = (action: Action): boolean => mine.some((each) => acts.has(client.act(view, letter, action, each).digest));
  if (acts.size > 0 && did("withdraw")) return "withdrawn";
  if (acts.size > 0 && did("sign")) return "signed";
  if (ready.length > 0) return "ready";
  if (far.length === letter.organisations.length || mine.some((each) => far.includes(each))) return "apart";
  return mine.length > 0 ? "renew" : "none";
}

async function families(service: Service, say: Say, goal: Goal): Promise<readonly FamilyView[]> {
  const way = await service.to(say, goal);
  const { families } = parseAnswer(await way.get("api/issuer/role-families", MAX_LIST), ["families", "version"]);
  if (!isList(families)) throw new Malformed("bad-answer", "The list of kinds of work is not as it should be.");
  return families.filter(isObject).map((each) => ({
    code: String(each["code"]), label: String(each["label"]), sector: String(each["sector"]),
  }));
}

// ── joining ──

async function note(service: Service, draft: Draft | null): Promise<View> {
  const spelled = draft === null || draft.method === "" ? draft : { ...draft, evidence: wayOf(draft.method).spell(draft.evidence) };
  // A protected pass keeps nothing beside it that could be read without the passphrase.
  service.evidence = spelled?.evidence ?? {};
  const kept = spelled !== null && service.keeper.sealed ? { ...spelled, evidence: {} } : spelled;
  await service.keeper.write({ draft: kept }, "notes alone");
  return service.view();
}

async function words(service: Service, say: Say): Promise<readonly (readonly [string, string])[]> {
  const { keeper } = service;
  if (!keeper.stored) {
    say("words");
    await keeper.write({ words: "shown" });
  }
  return pairs(keeper.wallet.phrase);
}

function compare({ keeper }: Service, places: readonly number[], typed: readonly string[]): readonly boolean[] {
  const right = pairs(keeper.wallet.phrase);
  return places.map((place, at) => split((typed[at] ?? "").normalize("NFKD").toLowerCase()).join(" ") === right[place]?.join(" "));
}

/** Join. The words are on the device before anything is sent. */
async function join(service: Service, say: Say, draft: Draft): Promise<View> {
  service.requireWords();
  const client = await service.client(say);
  await client.registry({ fresh: true });
  say("joining");
  await service.going(client, draft.organisation, draft, () => wayOf(draft.method).join(client, draft, service));
  await service.joined();
  return service.view();
}

// ── acts ──

/** Send an act. That it was sent is written down first, and taken back once its receipt is here. */
async function send(service: Service, say: Say, sending: Sending): Promise<SentView> {
  const { keeper, way } = service;
  const client = await service.client(say);
  const intent = await intentOf(service, client, sending);
  way.before = async () => {
    await keeper.write({ sending }, "notes alone");
    say("sending");
  };
  say("proving");
  try {
    const { receipt, promise, repeated } = await client.submit(intent);
    keeper.wallet.keep(service.around.address, receipt);
    await keeper.write({ sending: null });
    return { repeated, deadline: promise.deadline };
  } catch (error) {
    if (keeper.notes.sending !== null && !unsure(error)) {
      await keeper.write({ sending: null }, "notes alone");
    }
    throw error;
  } finally {
    way.before = null;
  }
}

/** The act to send, from the registry as it stands now; what it refuses ends an attempt that was under way. */
async function intentOf(service: Service, client: Client, { slug, action, organisation }: Sending): Promise<Intent> {
  try {
    await client.registry({ fresh: true });
    return await client.prepare(slug, action, organisation);
  } catch (error) {
    const ended = !(error instanceof UndersignedError && error.family === "unavailable");
    if (ended && service.keeper.notes.sending !== null) await service.keeper.write({ sending: null }, "notes alone");
    throw error;
  }
}

// ── burning ──

async function burn(service: Service, say: Say): Promise<BurnView> {
  say("burning");
  service.forget();
  const left = await service.keeper.burn(() => say("waiting"));
  if (service.keeper.stored) throw new Conflict("burn-failed", "Something is still there.");
  return { left };
}

/** Whether nobody knows if an act was taken. */
function unsure(error: unknown): boolean {
  return error instanceof UndersignedError && (error.family === "unavailable" || NO_SENSE.includes(error.code));
}
