/** What all verbs work with: the pass of this browser, the client of its words, the way to the server. */

import { Refused, Withheld } from "../../src/errors.ts";
import { methodsOf, type Shown } from "../../src/holder/admission.ts";
import { Client } from "../../src/holder/client.ts";
import type { RegistryView } from "../../src/holder/registry.ts";
import { type Fetch, FetchTransport, type Transport, WHOLE } from "../../src/holder/transport.ts";
import type { Wallet } from "../../src/holder/wallet.ts";
import type { Letter } from "../../src/protocol/letter.ts";
import { openReceipt, type Receipt } from "../../src/protocol/receipt.ts";
import type { Registry } from "../../src/protocol/registry.ts";
import { VerifierKey } from "../../src/tlog/note.ts";
import { logOnly } from "../../src/tlog/policy.ts";
import { fromUtf8, strip } from "../../src/values/index.ts";
import type { Answer, Arguments, Evidence, Goal, IssuerView, Progress, Verb, View, Workplace } from "../rpc.ts";
import { Keeper } from "./keeper.ts";
import { isFor } from "./ways.ts";

const MAX_KEY = 1000;
/** Where drafts go that another version of this page kept. */
const HERE: Goal = { issuer: "", at: "" };

export type Say = (what: Progress, done?: number) => void;
export type Handler<V extends Verb> = (say: Say, ...args: Arguments<V>) => Promise<Answer<V>>;
export type Handlers<V extends Verb> = { readonly [each in V]: Handler<each> };

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
export interface Mine {
  readonly octets: Uint8Array;
  readonly promise: Receipt;
}

export class Service {
  readonly around: Surroundings;
  readonly keeper: Keeper;
  readonly way: Watched;
  /** What was typed to join with, beside a protected pass: in memory alone. */
  evidence: Evidence = {};
  /** What a provider sent back for members of an organisation: in memory alone, since it is good for a minute. */
  account: (Goal & { readonly organisation: string; readonly host: string; readonly shown: Shown }) | null = null;
  private known: Client | null = null;
  /** The address, not this page's own, to which the person agreed for what is done now. */
  private agreed = "";

  constructor(around: Surroundings) {
    this.around = around;
    this.keeper = new Keeper(around.rng, around.told);
    this.way = new Watched(new FetchTransport(around.address, around.fetch));
  }

  /** Do something while no other tab does. */
  alone<T>(say: Say, work: () => Promise<T>): Promise<T> {
    return this.keeper.alone(work, () => say("waiting"));
  }

  /** What lies on this device. */
  view(): View {
    const { keeper } = this;
    const { words, sending, asking } = keeper.notes;
    const kept = keeper.notes.draft;
    const draft = kept === null ? null : { ...HERE, ...kept, evidence: { ...this.evidence, ...kept.evidence } };
    const passes = keeper.locked ? [] : keeper.wallet.at(this.around.address);
    return {
      keeps: keeper.keeps,
      pass: keeper.locked ? "locked" : keeper.stored ? "open" : "none",
      sealed: keeper.sealed,
      words: keeper.stored ? words : null,
      memberships: passes.map(({ organisation, issuer, roleFamily, standing, method, credentials }) => ({
        organisation, issuer, roleFamily, standing, method, epochs: [...credentials.keys()].sort(),
      })),
      receipts: keeper.locked ? 0 : keeper.wallet.receipts.length,
      draft,
      sending,
      asking: asking && { slug: asking.draft.slug, language: asking.language },
      account: draft !== null && this.account !== null && isFor(this.account, draft) ? this.account.host : null,
    };
  }

  /** The client of the present wallet; on the first visit the key that the instance shows is trusted from then on. */
  async client(say: Say, wallet: Wallet = this.keeper.wallet): Promise<Client> {
    const { address, rng } = this.around;
    if (this.known?.wallet !== wallet) say("registry");
    if (!wallet.pins.has(address)) {
      const shown = VerifierKey.parse(strip(fromUtf8(await this.way.get("registry.vkey", MAX_KEY))));
      wallet.trust(address, logOnly(shown.encode()));
    }
    if (this.known?.wallet !== wallet) {
      this.known = new Client({ address, wallet, rng, transport: this.way, reach: (there) => this.reach(there) });
    }
    return this.known;
  }

  // ── issuers at other addresses ──

  private reach(address: string): Transport {
    if (address !== this.agreed) throw new Refused("issuer-elsewhere", `Nobody agreed to go to ${address}.`);
    return this.far(address);
  }

  private far(address: string): Transport {
    return new FetchTransport(address, this.around.fetch, WHOLE, "issuer-away");
  }

  /**
   * Do something at an issuer, for which the client may go to the address that the person saw, and to no other; it is
   * remembered. Throws `Refused` where the issuer is at another address, by what the server says or by what is kept.
   */
  async going<T>(client: Client, organisation: string, { issuer, at }: Goal, work: (client: Client, issuer: string) => Promise<T>): Promise<T> {
    const by = issuer || (await client.issuer(organisation));
    const there = at || client.address;
    if ((await client.said(by)) !== there) throw moved(by);
    if (client.kept(by) === undefined) client.wallet.agree(client.address, by, there);
    this.agreed = there;
    try {
      return await work(client, by);
    } finally {
      this.agreed = "";
    }
  }

  /** The way to what an issuer says to everybody, where the person saw that it is. Throws `Refused` where it moved. */
  async to(say: Say, { issuer, at }: Goal): Promise<Transport> {
    if (issuer === "") return this.way;
    const client = await this.client(say);
    if ((await client.said(issuer)) !== at) throw moved(issuer);
    (await client.registry()).meets(issuer, client.wallet.identities);
    return at === this.around.address ? this.way : this.far(at);
  }

  /** Forget the client of the present wallet, and what was brought to join with it. */
  forget(): void {
    this.known = null;
    this.evidence = {};
    this.account = null;
  }

  /** A letter, and the registry that names it. */
  async found(say: Say, slug: string): Promise<{ client: Client; view: RegistryView; letter: Letter }> {
    const client = await this.client(say);
    let view = await client.registry();
    // It may have been opened since the registry was read.
    if (!view.registry.letters.has(slug)) view = await client.registry({ fresh: true });
    return { client, view, letter: await view.letter(slug) };
  }

  /** Receipts of a letter, those of withdrawals last. */
  async receipts(say: Say, slug: string): Promise<Mine[]> {
    const { view, letter } = await this.found(say, slug);
    const here = this.keeper.wallet.receipts.filter((each) => each.address === this.around.address);
    return here.flatMap(({ receipt }) => {
      const promise = openReceipt(receipt, view.registry.receiptKeys);
      return promise.context === letter.context ? [{ octets: receipt, promise }] : [];
    });
  }

  // ── joining ──

  /** Throws `Withheld` where nobody has seen the words yet. */
  requireWords(): void {
    if (!this.keeper.stored || this.keeper.notes.words === null) {
      throw new Withheld("no-words", "Look at your words first, so that no code is spent for words that nobody has.");
    }
  }

  /** Joining is over: nothing of it is kept. */
  async joined(): Promise<void> {
    this.evidence = {};
    await this.keeper.write({ draft: null });
  }
}

const moved = (issuer: string): Refused =>
  new Refused("issuer-moved", `${issuer} is at another address than you saw. Nothing was sent.`);

/** An organisation with its issuers, and the ways of joining by them; `epoch` is the quarter that is wanted, if one is. */
export async function workplace(
  client: Client, registry: Registry, organisation: string, names: readonly string[], epoch = "",
): Promise<Workplace> {
  const issuers = await Promise.all(names.map(async (name): Promise<IssuerView> => {
    const held = client.wallet.membership(client.address, name, organisation)?.credentials;
    return {
      name, address: await client.said(name), kept: client.kept(name) ?? null, methods: methodsOf(registry, name, organisation),
      pass: held === undefined ? "none" : held.has(epoch) ? "held" : "older",
    };
  }));
  return {
    organisation,
    methods: [...new Set(issuers.flatMap(({ methods }) => methods))].sort(),
    issuers,
    apart: issuers.length > 1 || issuers.some(({ address, kept }) => address !== client.address || (kept ?? address) !== address),
  };
}
