/** What is asked of the Worker more rarely: getting a pass back, looking into the log, files and passphrases. */

import type { Rng } from "../../src/bbs/octets.ts";
import { Malformed, Refused, Unavailable, UndersignedError, Withheld } from "../../src/errors.ts";
import { ownLog } from "../../src/holder/afterwards.ts";
import { phraseEntropy } from "../../src/holder/phrase.ts";
import { checkReceipt } from "../../src/holder/receipts.ts";
import { cancel, replace, restore as restorePasses } from "../../src/holder/recovery.ts";
import { Wallet } from "../../src/holder/wallet.ts";
import { isSealed, keyFor, NONCE, SALT, SealKey, sealWith, unseal, unsealWith } from "../../src/holder/wallet-file.ts";
import { JSON_TYPE, parseAnswer } from "../../src/holder/transport.ts";
import { invitation, invitationOf, vouch } from "../../src/holder/vouching.ts";
import { encodeMailRequest, MAIL_LANGUAGES } from "../../src/protocol/mail-request.ts";
import { typedAddress } from "../../src/protocol/mailbox.ts";
import { parseChallenge, solve } from "../../src/protocol/work.ts";
import { b64u, isList, isObject, same } from "../../src/values/index.ts";
import type { Action, Draft, Goal, MoreVerb, OfferView, Unstopped, VerdictView, View } from "../rpc.ts";
import type { Key } from "./keeper.ts";
import { answer, leave, providers } from "./account.ts";
import { rarerWays, signedIn } from "./rarer-ways.ts";
import type { Handlers, Say, Service } from "./service.ts";
import { learnWays } from "./ways.ts";

/** Scrypt's cost as a power of two: usual, and for small devices. */
const COSTS = [17, 15] as const;

/** Handlers by verb. */
export function verbs(service: Service): Handlers<MoreVerb> {
  learnWays(rarerWays);
  return {
    renew: (say, ...asked) => service.alone(say, () => renew(service, say, ...asked)),
    moved: (say, goal) => service.alone(say, () => moved(service, say, goal)),
    offers: (say, goal) => offers(service, say, goal),
    mail: (say, draft, language) => service.alone(say, () => mail(service, say, draft, language)),
    providers: (say, ...asked) => providers(service, say, ...asked),
    leave: (say, draft, language) => service.alone(say, () => leave(service, say, draft, language)),
    answer: (say, given) => service.alone(say, () => answer(service, given)),
    invitation: (say, organisation, issuer) => service.alone(say, async () =>
      b64u(await invitation(await service.client(say), organisation, issuer || undefined))),
    vouch: (say, typed, organisation, goal) => service.alone(say, async () => {
      const point = invitationOf(typed);
      const client = await service.client(say);
      say("proving");
      try {
        return await service.going(client, organisation, goal, (_, issuer) => vouch(client, point, organisation, issuer));
      } finally {
        await service.keeper.write({});
      }
    }),
    askReplacement: (say, draft) => service.alone(say, () => askReplacement(service, say, draft)),
    cancelReplacement: (say, ...asked) => service.alone(say, () => cancelReplacement(service, say, ...asked)),
    restore: (say, ...typed) => service.alone(say, () => restore(service, say, ...typed)),
    check: (say, slug, action) => service.alone(say, () => check(service, say, slug, action)),
    receipt: (say, slug) => service.alone(say, async () => (await service.receipts(say, slug)).at(-1)?.octets ?? null),
    forgetReceipts: (say, slug) => service.alone(say, () => forget(service, say, slug)),
    save: (say, passphrase) => service.alone(say, () => save(service, say, passphrase)),
    bring: (say, octets, passphrase) => service.alone(say, () => bring(service, say, octets, passphrase)),
    protect: (say, passphrase) => service.alone(say, async () => {
      const { keeper, around } = service;
      service.evidence = { ...service.evidence, ...keeper.notes.draft?.evidence };
      await keeper.protect(passphrase === null ? null : keyOf(await derived(passphrase, around.rng, heard(say)), around.rng));
      return service.view();
    }),
    unlock: (say, passphrase) => service.alone(say, () => unlock(service, say, passphrase)),
  };
}

// ── ways of joining ──

const MAX_OFFERS = 1 << 18;
const MAX_CHALLENGE = 4096;

async function offers(service: Service, say: Say, goal: Goal): Promise<readonly OfferView[]> {
  const way = await service.to(say, goal);
  const { organisations } = parseAnswer(await way.get("api/issuer/ways", MAX_OFFERS), ["organisations"]);
  if (!isObject(organisations)) throw new Malformed("bad-answer", "The list of ways of joining is not as it should be.");
  return Object.entries(organisations).flatMap(([organisation, ways]) =>
    (isList(ways) ? ways : []).filter(isObject).map((each) => ({
      organisation,
      method: String(each["method"]),
      domains: isList(each["domains"]) ? each["domains"].map(String) : [],
      employer: each["employer"] === true,
    })),
  );
}

/** Ask for a mail: the work is done here, and only then the address leaves the device. */
async function mail(service: Service, say: Say, draft: Draft, language: string): Promise<null> {
  const { organisation, evidence } = draft;
  const address = typedAddress(evidence["address"] ?? "");
  return service.going(await service.client(say), organisation, draft, async (client, issuer) => {
    const way = await client.way(issuer);
    const challenge = parseChallenge(await way.get("api/issuer/challenge", MAX_CHALLENGE));
    say("work");
    const work = solve(challenge, (tried) => say("work", tried / challenge.most));
    const wanted = MAIL_LANGUAGES.includes(language) ? language : "en";
    const request = encodeMailRequest({ organisation, address, language: wanted, work });
    say("sending");
    await way.post("api/issuer/mails", request, JSON_TYPE);
    return null;
  });
}

/** Get passes for the letter's quarter where there is one of another, at the addresses that the person saw. */
async function renew(service: Service, say: Say, slug: string, goals: readonly Goal[]): Promise<View> {
  const { client, letter } = await service.found(say, slug);
  const asked = new Map(letter.organisations.map((each) => [each.organisation, each.issuers]));
  say("joining");
  for (const held of client.wallet.at(client.address)) {
    const goal = goals.find(({ issuer }) => issuer === held.issuer);
    const wanted = asked.get(held.organisation)?.includes(held.issuer) === true && !held.credentials.has(letter.epoch);
    if (goal !== undefined && wanted) await service.going(client, held.organisation, goal, () => client.renew(held));
  }
  return service.view();
}

/** The person says that an issuer moved to the address that they saw. */
async function moved(service: Service, say: Say, { issuer, at }: Goal): Promise<View> {
  const client = await service.client(say);
  client.wallet.agree(client.address, issuer, at);
  return service.view();
}

/** Do something at each of several issuers; one that answers is enough. Throws the last refusal where none does. */
async function each(goals: readonly Goal[], work: (goal: Goal) => Promise<unknown>): Promise<void> {
  let refused: unknown;
  let answered = 0;
  for (const goal of goals) {
    try {
      await work(goal);
      answered += 1;
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      refused = error;
    }
  }
  if (answered === 0) throw refused;
}

// ── passphrases ──

function heard(say: Say): (part: number) => void {
  return (part) => say("passphrase", part);
}

/** A key from a passphrase; where memory is short, a cheaper one. Throws `Unavailable` where it is too short for any. */
async function derived(passphrase: string, rng: Rng, progress: (part: number) => void): Promise<SealKey> {
  for (const cost of COSTS) {
    try {
      return await SealKey.derive(passphrase, rng(SALT), cost, progress);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new Unavailable("too-little-memory", "This device has too little free memory for that.");
}

function keyOf(key: SealKey, rng: Rng): Key {
  return {
    seal: (wallet) => sealWith(wallet, key, rng(NONCE)),
    open: (octets) => unsealWith(octets, key),
    encrypt: (nonce, head, data) => key.encrypt(nonce, head, data),
    decrypt: (nonce, head, data) => key.decrypt(nonce, head, data),
  };
}

async function unlock(service: Service, say: Say, passphrase: string): Promise<View> {
  const { around, keeper } = service;
  const sealed = keeper.waiting;
  if (sealed !== null) keeper.unlock(sealed, keyOf(await keyFor(sealed, passphrase, heard(say)), around.rng));
  return service.view();
}

// ── getting a pass back ──

async function askReplacement(service: Service, say: Say, draft: Draft): Promise<string> {
  service.requireWords();
  const client = await service.client(say);
  say("joining");
  const { organisation, evidence, method, roleFamily, standing } = draft;
  const ready = await service.going(client, organisation, draft, async (_, issuer) => {
    const shown = method === "oidc" ? signedIn(service, draft) : { method, evidence };
    return replace(client, organisation, shown, { roleFamily, standing, issuer });
  });
  await service.joined();
  return ready;
}

/**
 * Stop a replacement at each of several issuers. What does not answer, or was left out, has not stopped it.
 *
 * Throws the refusal where one alone was to be asked, and `nothing-waits` where nobody asked anywhere.
 */
async function cancelReplacement(
  service: Service, say: Say, organisation: string, goals: readonly Goal[],
): Promise<readonly Unstopped[]> {
  const client = await service.client(say);
  const held = client.wallet.at(client.address).filter((each) => each.organisation === organisation).map(({ issuer }) => issuer);
  const failed: Unstopped[] = [];
  const refusals: UndersignedError[] = [];
  const asked: string[] = [];
  for (const goal of goals) {
    const issuer = goal.issuer || (await client.issuer(organisation));
    asked.push(issuer);
    try {
      await service.going(client, organisation, goal, () => cancel(client, organisation, { issuer }));
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      refusals.push(error);
      if (error.code !== "nothing-waits") failed.push({ issuer, problem: error.record() });
    }
  }
  for (const issuer of held.filter((each) => !asked.includes(each))) {
    failed.push({ issuer, problem: new Refused("left-out", `Nothing was asked of ${issuer}.`).record() });
  }
  if (asked.length === 0 && held.length === 0) throw new Withheld("no-pass", "There is no pass of this place of work here.");
  const [refusal] = refusals;
  const alone = asked.length === 1 && failed.length <= 1 && failed.every(({ issuer }) => issuer === asked[0]);
  const nowhere = failed.length === 0 && refusals.length === asked.length;
  if (refusal !== undefined && (alone || nowhere)) throw refusal;
  return failed;
}

async function restore(
  service: Service, say: Say, phrase: string, organisation: string, goals: readonly Goal[], roleFamily: string, standing: string,
): Promise<View> {
  const { keeper } = service;
  const entropy = phraseEntropy(phrase);
  const wallet = keeper.stored && same(entropy, keeper.wallet.entropy) ? keeper.wallet : new Wallet(entropy);
  keeper.refuseOther(wallet);
  const client = await service.client(say, wallet);
  say("joining");
  await each(goals, (goal) => service.going(client, organisation, goal, (_, issuer) =>
    restorePasses(client, organisation, { roleFamily, standing, issuer })));
  await keeper.adopt(wallet, { words: "checked", draft: null });
  return service.view();
}

async function check(service: Service, say: Say, slug: string, action: Action): Promise<VerdictView> {
  const { client } = await service.found(say, slug);
  const view = await client.registry({ fresh: true });
  const letter = await view.letter(slug);
  say("log");
  const log = await ownLog(client, slug);
  const kept = await service.receipts(say, slug);
  const place = service.keeper.wallet.at(service.around.address).map((each) => each.organisation);
  const asked = letter.organisations.map((each) => each.organisation).filter((each) => place.includes(each));
  const digests = asked.map((each) => client.act(view, letter, action, each).digest);
  const receipt = kept.find((each) => digests.includes(each.promise.act));
  if (receipt !== undefined) {
    const other = kept.find((each) => each.promise.act !== receipt.promise.act);
    const known = { now: service.around.now(), log };
    const verdict = await checkReceipt(
      receipt.octets, view, client.policy, other === undefined ? known : { ...known, withdrawal: other.promise.act },
    );
    const terms = await view.latestTerms(letter.digest);
    const due = verdict.promise.deadline > terms.closes ? verdict.promise.deadline : terms.closes;
    return outcome(verdict.state, verdict.found, due);
  }
  for (const digest of digests) {
    const found = await log.find(digest);
    if (found !== null) return outcome("counted", found, null);
  }
  return outcome("unknown", null, null);
}

async function forget(service: Service, say: Say, slug: string): Promise<View> {
  const gone = (await service.receipts(say, slug)).map((each) => each.octets);
  const { wallet } = service.keeper;
  wallet.receipts = wallet.receipts.filter((each) => !gone.some((octets) => same(octets, each.receipt)));
  await service.keeper.write({});
  return service.view();
}

// ── keeping ──

async function save(service: Service, say: Say, passphrase: string): Promise<Uint8Array> {
  const { rng } = service.around;
  const key = await derived(passphrase, rng, heard(say));
  return sealWith(service.keeper.wallet, key, rng(NONCE));
}

async function bring(service: Service, say: Say, octets: Uint8Array, passphrase: string): Promise<View> {
  const brought = await parsed(say, octets, passphrase);
  const { keeper } = service;
  keeper.refuseOther(brought);
  const mine = keeper.wallet;
  if (keeper.stored && same(mine.entropy, brought.entropy)) {
    mine.add(brought);
    await keeper.write({ draft: null });
  } else await keeper.adopt(brought, { words: "checked", draft: null });
  return service.view();
}

async function parsed(say: Say, octets: Uint8Array, passphrase: string): Promise<Wallet> {
  try {
    return isSealed(octets) ? await unseal(octets, passphrase, heard(say)) : Wallet.parse(octets);
  } catch (error) {
    if (error instanceof Malformed && error.code !== "unknown-format") {
      throw new Malformed("not-a-pass", "This file is not a pass.", error);
    }
    throw error;
  }
}

interface FoundAct {
  readonly index: number | bigint;
  readonly proof: { encode(): Uint8Array };
}

function outcome(state: string, found: FoundAct | null, deadline: string | null): VerdictView {
  return { state, index: found === null ? null : Number(found.index), deadline, proof: found === null ? null : found.proof.encode() };
}
