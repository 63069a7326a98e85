/**
 * Signing in elsewhere, from the Worker's side: a question is kept while its answer is awaited, and answered once.
 *
 * A question is bound to the draft that asked it: what comes back is for that organisation and that issuer, whatever
 * another tab did.
 */

import { Refused, UndersignedError } from "../../src/errors.ts";
import { answered, ask, hostOf, MAX_WAYS, parseProvider, type Provider, WAYS, waysOf } from "../../src/holder/account.ts";
import { keptQuestion, waitingQuestion } from "../../src/holder/account-waiting.ts";
import type { Shown } from "../../src/holder/admission.ts";
import { NONCE } from "../../src/holder/wallet-file.ts";
import { hostAt, PAGE } from "../../src/protocol/account.ts";
import type { Draft, Goal, ProviderView, View } from "../rpc.ts";
import type { Say, Service } from "./service.ts";

/** What comes with these is no answer to the question, so the question goes on waiting. */
const NO_ANSWER: readonly string[] = ["bad-return", "other-state"];

/** The providers that were shown, by issuer and organisation, so that nobody is sent to another one than they read. */
const shownHere = new Map<string, Provider>();
const named = ({ at }: Goal, organisation: string): string => `${at} ${organisation}`;

/** What there is to know of these organisations' providers; of those that have none, nothing. */
export async function providers(
  service: Service, say: Say, goal: Goal, organisations: readonly string[],
): Promise<readonly ProviderView[]> {
  const told = await (await service.to(say, goal)).get(WAYS, MAX_WAYS);
  return organisations.flatMap((organisation) => {
    const found = waysOf(told, organisation).get("oidc");
    if (found === undefined) return [];
    const provider = parseProvider(found);
    shownHere.set(named(goal, organisation), provider);
    return [{ organisation, host: hostOf(provider), employer: provider.employer }];
  });
}

/** Ask: the question is on the device before anybody leaves. An older one, of another tab, is forgotten. */
export async function leave(service: Service, say: Say, draft: Draft, language: string): Promise<string> {
  service.requireWords();
  const { around, keeper } = service;
  const provider = shownHere.get(named(draft, draft.organisation));
  if (provider === undefined) throw new Refused("not-shown", "Look first at where you sign in.");
  if (!keeper.keeps) throw new Refused("keeps-nothing", "This browser keeps nothing, so you could not come back.");
  const client = await service.client(say);
  const issuer = draft.issuer || (await client.issuer(draft.organisation));
  const joining = { issuer, point: client.point(issuer) };
  const question = ask(provider, joining, `${around.address}${PAGE}`, around.rng, { fragment: true });
  const seal = keeper.sealing && { key: keeper.sealing, nonce: around.rng(NONCE) };
  service.account = null;
  const bare = { ...draft, evidence: {} };
  const asking = { draft: bare, language, question: keptQuestion(question, seal) };
  await keeper.write({ draft: bare, asking }, "notes alone");
  return question.address;
}

/** Take an answer. What is none leaves the question as it is; everything else ends it. */
export async function answer(service: Service, given: string): Promise<View> {
  const { keeper } = service;
  const { asking } = keeper.notes;
  if (asking === null) throw new Refused("not-asked", "This browser did not ask, or has its answer already. Nothing was sent.");
  const { draft } = asking;
  let found: { readonly host: string; readonly shown: Shown };
  try {
    const question = waitingQuestion(asking.question, keeper.sealing);
    found = { host: hostAt(question.address), shown: answered(question, given) };
  } catch (error) {
    const open = error instanceof UndersignedError && NO_ANSWER.includes(error.code);
    if (!open) await keeper.write({ draft, asking: null }, "notes alone");
    throw error;
  }
  await keeper.write({ draft, asking: null }, "notes alone");
  const { organisation, issuer = "", at = "" } = draft;
  service.account = { organisation, issuer, at, ...found };
  return service.view();
}
