/** What the page may ask of the Worker: everything that touches the pass, the log or the server. */

import { Conflict, Malformed, UndersignedError, Withheld } from "../../src/errors.ts";
import { methodsOf } from "../../src/holder/admission.ts";
import { Client, type Intent } from "../../src/holder/client.ts";
import { pairs, phraseEntropy } from "../../src/holder/phrase.ts";
import { checkReceipt } from "../../src/holder/receipts.ts";
import type { RegistryView } from "../../src/holder/registry.ts";
import { type Fetch, FetchTransport, parseAnswer, type Transport } from "../../src/holder/transport.ts";
import { Wallet } from "../../src/holder/wallet.ts";
import { isSealed, sealWith, unseal } from "../../src/holder/wallet-file.ts";
import { METHOD } from "../../src/protocol/credential.ts";
import { typedCode } from "../../src/protocol/enrolment.ts";
import type { Letter } from "../../src/protocol/letter.ts";
import { openReceipt, type Receipt } from "../../src/protocol/receipt.ts";
import { VerifierKey } from "../../src/tlog/note.ts";
import { logOnly } from "../../src/tlog/policy.ts";
import { fromUtf8, isList, isObject, same, strip, words as split } from "../../src/values/index.ts";
import type {
  Action, Answer, Arguments, BurnView, Draft, FamilyView, InstanceView, LetterView, Progress, Sending, SentView, Standing,
  Verb, VerdictView, View,
} from "../rpc.ts";
import { derived, Keeper } from "./keeper.ts";

const MAX_KEY = 1000;
const MAX_LIST = 1 << 18;
const NONCE = 12;
/** Answers to an act that say nothing of whether it was taken: it may be sent again. */
const NO_SENSE: readonly string[] = ["bad-answer", "answer-too-long", "receipt-differs", "receipt-deadline"];

export type Say = (what: Progress, done?: number) => void;
type Handler<V extends Verb> = (say: Say, ...args: Arguments<V>) => Promise<Answer<V>>;

/** What a verb works with: where the instance is, randomness, the time, and the pass. */
export interface Surroundings {
  readonly address: string;
  readonly fetch: Fetch;
  readonly rng: (length: number) => Uint8Array;
  /** A full hour in UTC. */
  readonly now: () => string;
  readonly told: (event: "changed" | "burned") => void;
}

/** The transport, with a word to the person, and a note on the device, before anything is sent. */
class Watched implements Transport {
  private readonly inner: Transport;
  before: (() => Promise<void>) | null = null;

  constructor(inner: Transport) {
    this.inner = inner;
  }

  get(path: string, limit: number): Promise<Uint8Array> {
    return this.inner.get(path, limit);
  }

  async post(path: string, body: Uint8Array, contentType: string): Promise<Uint8Array> {
    await this.before?.();
    return this.inner.post(path, body, contentType);
  }
}

/** Receipts of a letter on this device. */
interface Mine {
  readonly octets: Uint8Array;
  readonly promise: Receipt;
}

export class Service {
  private readonly around: Surroundings;
  private readonly keeper: Keeper;
  private readonly way: Watched;
  private known: Client | null = null;
  /** A code that was typed beside a protected pass: in memory alone. */
  private code = "";

  constructor(around: Surroundings) {
    this.around = around;
    this.keeper = new Keeper(around.rng, around.told);
    this.way = new Watched(new FetchTransport(around.address, around.fetch));
  }

  /** Handlers by verb. */
  readonly verbs: { readonly [V in Verb]: Handler<V> } = {
    open: (say) => this.alone(say, async () => this.view()),
    instance: (say) => this.alone(say, () => this.instance(say)),
    letter: (say, slug) => this.alone(say, () => this.letter(say, slug)),
    families: () => this.families(),
    draft: (say, draft) => this.alone(say, () => this.note(draft)),
    words: (say) => this.alone(say, () => this.words(say)),
    compare: (say, places, typed) => this.alone(say, async () => this.compare(places, typed)),
    noteWords: (say, words) => this.alone(say, async () => {
      await this.keeper.write({ words }, "notes alone");
      return this.view();
    }),
    join: (say, draft) => this.alone(say, () => this.join(say, draft)),
    askReplacement: (say, draft) => this.alone(say, () => this.askReplacement(say, draft)),
    cancelReplacement: (say, organisation) => this.alone(say, async () => {
      await (await this.client(say)).cancel(organisation);
      return null;
    }),
    renew: (say, slug) => this.alone(say, () => this.renew(say, slug)),
    restore: (say, ...typed) => this.alone(say, () => this.restore(say, ...typed)),
    send: (say, sending) => this.alone(say, () => this.send(say, sending)),
    check: (say, slug, action) => this.alone(say, () => this.check(say, slug, action)),
    receipt: (say, slug) => this.alone(say, async () => (await this.receipts(say, slug)).at(-1)?.octets ?? null),
    forgetReceipts: (say, slug) => this.alone(say, () => this.forget(say, slug)),
    save: (say, passphrase) => this.alone(say, () => this.save(say, passphrase)),
    bring: (say, octets, passphrase) => this.alone(say, () => this.bring(say, octets, passphrase)),
    protect: (say, passphrase) => this.alone(say, async () => {
      await this.keeper.protect(passphrase, (part) => say("passphrase", part));
      return this.view();
    }),
    unlock: (say, passphrase) => this.alone(say, async () => {
      await this.keeper.unlock(passphrase, (part) => say("passphrase", part));
      return this.view();
    }),
    burn: (say) => this.burn(say),
  };

  private alone<T>(say: Say, work: () => Promise<T>): Promise<T> {
    return this.keeper.alone(work, () => say("waiting"));
  }

  // ── what there is ──

  private view(): View {
    const { keeper } = this;
    const { words, sending } = keeper.notes;
    const kept = keeper.notes.draft;
    const draft = kept !== null && kept.code === "" ? { ...kept, code: this.code } : kept;
    const passes = keeper.locked ? [] : keeper.wallet.at(this.around.address);
    return {
      keeps: keeper.keeps,
      pass: keeper.locked ? "locked" : keeper.stored ? "open" : "none",
      sealed: keeper.sealed,
      words: keeper.stored ? words : null,
      memberships: passes.map(({ organisation, issuer, roleFamily, standing, credentials }) => ({
        organisation, issuer, roleFamily, standing, epochs: [...credentials.keys()].sort(),
      })),
      receipts: keeper.locked ? 0 : keeper.wallet.receipts.length,
      draft,
      sending,
    };
  }

  /** The client of the present wallet; on the first visit the key that the instance shows is trusted from then on. */
  private async client(say: Say, wallet: Wallet = this.keeper.wallet): Promise<Client> {
    const { address, rng } = this.around;
    if (this.known?.wallet !== wallet) say("registry");
    if (!wallet.pins.has(address)) {
      const shown = VerifierKey.parse(strip(fromUtf8(await this.way.get("registry.vkey", MAX_KEY))));
      wallet.trust(address, logOnly(shown.encode()));
    }
    if (this.known?.wallet !== wallet) this.known = new Client({ address, wallet, rng, transport: this.way });
    return this.known;
  }

  private async instance(say: Say): Promise<InstanceView> {
    const { registry } = await (await this.client(say)).registry();
    const organisations = [...registry.issuerKeys.values()].map((key) => key.organisation);
    return {
      name: registry.genesis?.name ?? "",
      demo: registry.genesis?.demo ?? false,
      organisations: [...new Set(organisations)].sort(),
      letters: [...registry.letters.values()].filter((each) => !registry.closed.has(each.digest)).map((each) => each.slug),
    };
  }

  private async found(say: Say, slug: string): Promise<{ client: Client; view: RegistryView; letter: Letter }> {
    const client = await this.client(say);
    let view = await client.registry();
    // It may have been opened since the registry was read.
    if (!view.registry.letters.has(slug)) view = await client.registry({ fresh: true });
    return { client, view, letter: await view.letter(slug) };
  }

  private async letter(say: Say, slug: string): Promise<LetterView> {
    const { client, view, letter } = await this.found(say, slug);
    const { registry } = view;
    const terms = await view.latestTerms(letter.digest);
    const passes = new Map(this.keeper.wallet.at(this.around.address).map((each) => [each.organisation, each]));
    const mine = letter.organisations.map((each) => each.organisation).filter((each) => passes.has(each));
    const ready = mine.filter((each) => passes.get(each)?.credentials.has(letter.epoch) === true);
    const promises = mine.length === 0 ? [] : (await this.receipts(say, slug)).map((each) => each.promise);
    const standing = this.standing(client, view, letter, ready, mine, promises);
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
      organisations: letter.organisations.map(({ organisation, issuers }) => ({
        organisation,
        code: issuers.some((issuer) => methodsOf(registry, issuer, organisation).includes("code")),
      })),
      showsMethod: [...view.rule(letter).organisations.values()].some((each) => each.disclosed.has(METHOD)),
      standing,
      mine: ready,
      deadline: last === undefined ? null : last > terms.closes ? last : terms.closes,
    };
  }

  private standing(
    client: Client, view: RegistryView, letter: Letter, ready: readonly string[], mine: readonly string[], promises: readonly Receipt[],
  ): Standing {
    const acts = new Set(promises.map((each) => each.act));
    const did = (action: Action): boolean => mine.some((each) => acts.has(client.act(view, letter, action, each).digest));
    if (acts.size > 0 && did("withdraw")) return "withdrawn";
    if (acts.size > 0 && did("sign")) return "signed";
    if (ready.length > 0) return "ready";
    return mine.length > 0 ? "renew" : "none";
  }

  /** Receipts of a letter, those of withdrawals last. */
  private async receipts(say: Say, slug: string): Promise<Mine[]> {
    const { view, letter } = await this.found(say, slug);
    const here = this.keeper.wallet.receipts.filter((each) => each.address === this.around.address);
    return here.flatMap(({ receipt }) => {
      const promise = openReceipt(receipt, view.registry.receiptKeys);
      return promise.context === letter.context ? [{ octets: receipt, promise }] : [];
    });
  }

  private async families(): Promise<readonly FamilyView[]> {
    const { families } = parseAnswer(await this.way.get("api/issuer/role-families", MAX_LIST), ["families", "version"]);
    if (!isList(families)) throw new Malformed("bad-answer", "The list of kinds of work is not as it should be.");
    return families.filter(isObject).map((each) => ({
      code: String(each["code"]), label: String(each["label"]), sector: String(each["sector"]),
    }));
  }

  // ── joining ──

  private async note(draft: Draft | null): Promise<View> {
    const spelled = draft !== null && draft.code !== "" ? { ...draft, code: typedCode(draft.code) } : draft;
    // A protected pass keeps no code beside it that could be read without the passphrase.
    this.code = spelled?.code ?? "";
    const kept = spelled !== null && this.keeper.sealed ? { ...spelled, code: "" } : spelled;
    await this.keeper.write({ draft: kept }, "notes alone");
    return this.view();
  }

  private async words(say: Say): Promise<readonly (readonly [string, string])[]> {
    const { keeper } = this;
    if (!keeper.stored) {
      say("words");
      await keeper.write({ words: "shown" });
    }
    return pairs(keeper.wallet.phrase);
  }

  private compare(places: readonly number[], typed: readonly string[]): readonly boolean[] {
    const right = pairs(this.keeper.wallet.phrase);
    return places.map((place, at) => split((typed[at] ?? "").normalize("NFKD").toLowerCase()).join(" ") === right[place]?.join(" "));
  }

  /** Join. The words are on the device before anything is sent. */
  private async join(say: Say, draft: Draft): Promise<View> {
    this.requireWords();
    const client = await this.client(say);
    await client.registry({ fresh: true });
    say("joining");
    await client.enrol(draft.organisation, draft.code, { roleFamily: draft.roleFamily, standing: draft.standing });
    await this.done();
    return this.view();
  }

  /** Joining is over: nothing of it is kept. */
  private async done(): Promise<void> {
    this.code = "";
    await this.keeper.write({ draft: null });
  }

  private requireWords(): void {
    if (!this.keeper.stored || this.keeper.notes.words === null) {
      throw new Withheld("no-words", "Look at your words first, so that no code is spent for words that nobody has.");
    }
  }

  private async askReplacement(say: Say, draft: Draft): Promise<string> {
    this.requireWords();
    const client = await this.client(say);
    say("joining");
    const ready = await client.replace(draft.organisation, draft.code, { roleFamily: draft.roleFamily, standing: draft.standing });
    await this.done();
    return ready;
  }

  private async renew(say: Say, slug: string): Promise<View> {
    const { client, letter } = await this.found(say, slug);
    const asked = new Map(letter.organisations.map((each) => [each.organisation, each.issuers]));
    say("joining");
    for (const each of this.keeper.wallet.at(this.around.address)) {
      const wanted = asked.get(each.organisation)?.includes(each.issuer) === true && !each.credentials.has(letter.epoch);
      if (wanted) await client.renew(each);
    }
    return this.view();
  }

  private async restore(say: Say, phrase: string, organisation: string, roleFamily: string, standing: string): Promise<View> {
    const { keeper } = this;
    const entropy = phraseEntropy(phrase);
    const wallet = keeper.stored && same(entropy, keeper.wallet.entropy) ? keeper.wallet : new Wallet(entropy);
    keeper.refuseOther(wallet);
    const client = await this.client(say, wallet);
    say("joining");
    await client.restore(organisation, { roleFamily, standing });
    await keeper.adopt(wallet, { words: "checked", draft: null });
    return this.view();
  }

  // ── acts ──

  /** Send an act. That it was sent is written down first, and taken back once its receipt is here. */
  private async send(say: Say, sending: Sending): Promise<SentView> {
    const { keeper, way } = this;
    const client = await this.client(say);
    const intent = await this.intent(client, sending);
    way.before = async () => {
      await keeper.write({ sending }, "notes alone");
      say("sending");
    };
    say("proving");
    try {
      const { receipt, promise, repeated } = await client.submit(intent);
      keeper.wallet.keep(this.around.address, receipt);
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
  private async intent(client: Client, { slug, action, organisation }: Sending): Promise<Intent> {
    try {
      await client.registry({ fresh: true });
      return await client.prepare(slug, action, organisation);
    } catch (error) {
      const ended = !(error instanceof UndersignedError && error.family === "unavailable");
      if (ended && this.keeper.notes.sending !== null) await this.keeper.write({ sending: null }, "notes alone");
      throw error;
    }
  }

  private async check(say: Say, slug: string, action: Action): Promise<VerdictView> {
    const { client } = await this.found(say, slug);
    const view = await client.registry({ fresh: true });
    const letter = await view.letter(slug);
    say("log");
    const log = await client.log(slug);
    const kept = await this.receipts(say, slug);
    const place = this.keeper.wallet.at(this.around.address).map((each) => each.organisation);
    const asked = letter.organisations.map((each) => each.organisation).filter((each) => place.includes(each));
    const digests = asked.map((each) => client.act(view, letter, action, each).digest);
    const receipt = kept.find((each) => digests.includes(each.promise.act));
    if (receipt !== undefined) {
      const other = kept.find((each) => each.promise.act !== receipt.promise.act);
      const known = { now: this.around.now(), log };
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

  private async forget(say: Say, slug: string): Promise<View> {
    const gone = (await this.receipts(say, slug)).map((each) => each.octets);
    const { wallet } = this.keeper;
    wallet.receipts = wallet.receipts.filter((each) => !gone.some((octets) => same(octets, each.receipt)));
    await this.keeper.write({});
    return this.view();
  }

  // ── keeping ──

  private async save(say: Say, passphrase: string): Promise<Uint8Array> {
    const { rng } = this.around;
    const key = await derived(passphrase, rng, (part) => say("passphrase", part));
    return sealWith(this.keeper.wallet, key, rng(NONCE));
  }

  private async bring(say: Say, octets: Uint8Array, passphrase: string): Promise<View> {
    const brought = await this.parsed(say, octets, passphrase);
    const { keeper } = this;
    keeper.refuseOther(brought);
    const mine = keeper.wallet;
    if (keeper.stored && same(mine.entropy, brought.entropy)) {
      for (const each of brought.memberships) mine.hold(each);
      for (const each of brought.receipts) mine.keep(each.address, each.receipt);
      await keeper.write({ draft: null });
    } else await keeper.adopt(brought, { words: "checked", draft: null });
    return this.view();
  }

  private async parsed(say: Say, octets: Uint8Array, passphrase: string): Promise<Wallet> {
    try {
      return isSealed(octets) ? await unseal(octets, passphrase, (part) => say("passphrase", part)) : Wallet.parse(octets);
    } catch (error) {
      if (error instanceof Malformed && error.code !== "unknown-format") {
        throw new Malformed("not-a-pass", "This file is not a pass.", error);
      }
      throw error;
    }
  }

  private async burn(say: Say): Promise<BurnView> {
    say("burning");
    this.known = null;
    const left = await this.keeper.burn(() => say("waiting"));
    if (this.keeper.stored) throw new Conflict("burn-failed", "Something is still there.");
    return { left };
  }
}

/** Whether nobody knows if an act was taken. */
function unsure(error: unknown): boolean {
  return error instanceof UndersignedError && (error.family === "unavailable" || NO_SENSE.includes(error.code));
}

interface FoundAct {
  readonly index: number | bigint;
  readonly proof: { encode(): Uint8Array };
}

function outcome(state: string, found: FoundAct | null, deadline: string | null): VerdictView {
  return { state, index: found === null ? null : Number(found.index), deadline, proof: found === null ? null : found.proof.encode() };
}
