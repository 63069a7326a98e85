/**
 * What a holder does: join, sign, withdraw. What is rarer stands beside it: `recovery` gets passes back, `vouching` helps
 * others join, `afterwards` finds the own act in the log. What is for an issuer goes to that issuer, on whichever machine
 * it is, once the person agreed to its address; all else goes to the instance.
 *
 * State (`Wallet`), transport and randomness are arguments. Nothing here stores anything: whoever calls saves the
 * wallet, before joining too, so that no code is spent for words that are lost.
 */

import { commit } from "../bbs/blind.ts";
import { POINT } from "../bbs/ciphersuite.ts";
import type { Rng } from "../bbs/octets.ts";
import { Malformed, Refused, Unavailable, UndersignedError, Withheld } from "../errors.ts";
import { Act } from "../protocol/act.ts";
import { ATTRIBUTES, type Credential, METHOD, UNDECLARED } from "../protocol/credential.ts";
import { blind, nymSecrets } from "../protocol/derivation.ts";
import { type Admission, parseIssuance } from "../protocol/enrolment.ts";
import {
  type AskedFor, encodeRequest, type Keys, MAX_NONCE, nonceOf, NONCES, proveRequest, type Wish,
} from "../protocol/enrolment-request.ts";
import { LEAST_WORKFORCE, type Letter, type Terms } from "../protocol/letter.ts";
import { checkRule, keyName, present, pseudonymOf } from "../protocol/presentation.ts";
import { openReceipt, type Receipt } from "../protocol/receipt.ts";
import { VerifierKey } from "../tlog/note.ts";
import { Policy } from "../tlog/policy.ts";
import { text, utf8 } from "../values/index.ts";
import {
  accept, CALLED, codeShown, type Expected, issuerOf, issuersOf, methodsOf, recognised, type Shown,
} from "./admission.ts";
import { agreed, elsewhere, passes, type Reach } from "./issuers.ts";
import { believed, readRegistry, type RegistryView, signedBy, unsigned } from "./registry.ts";
import { ACT, JSON_TYPE, NO_ANSWER, parseAnswer, type Transport } from "./transport.ts";
import type { Membership, Wallet } from "./wallet.ts";

/** Signing is the first act under a letter, withdrawing the second and last. */
const SEQUENCE = { sign: 0, withdraw: 1 } as const;

export type Action = keyof typeof SEQUENCE;

/** What people say of themselves when they join; `issuer` where several admit members of an organisation. */
export interface Said {
  readonly roleFamily?: string;
  readonly standing?: string;
  readonly issuer?: string;
}

/** An act that is ready to be sent, with what the person should see first. */
export interface Intent {
  readonly letter: Letter;
  readonly terms: Terms;
  readonly act: Act;
  readonly credentials: readonly Credential[];
}

/** What will be public: pairs of attribute and value, all that the act discloses. */
export function disclosures(intent: Intent): (readonly [attribute: string, value: string])[] {
  return [...intent.act.disclosed].map(([index, value]) => [ATTRIBUTES[index] ?? "", value]);
}

/** An act that was accepted: the receipt as signed, what it says, and whether it was there already. */
export interface Sent {
  readonly act: Act;
  readonly receipt: Uint8Array;
  readonly promise: Receipt;
  readonly repeated: boolean;
}

/**
 * Where a client is, what it keeps, how it reaches the instance; `rng` is the platform's source of randomness, `reach`
 * gives the way to issuers elsewhere, where it can.
 */
export interface Surroundings {
  readonly address: string;
  readonly wallet: Wallet;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly reach?: Reach;
}

/** One holder at one instance. */
export class Client {
  readonly address: string;
  readonly wallet: Wallet;
  readonly rng: Rng;
  readonly transport: Transport;
  private readonly reach: Reach | undefined;
  private view: RegistryView | undefined;
  private others: Promise<ReadonlyMap<string, string>> | undefined;

  constructor({ address, wallet, rng, transport, reach }: Surroundings) {
    this.address = address;
    this.wallet = wallet;
    this.rng = rng;
    this.transport = transport;
    this.reach = reach;
  }

  /** The pinned policy of the instance. Throws `Withheld` where nothing is pinned. */
  get policy(): Policy {
    return Policy.parse(this.wallet.pin(this.address).policy);
  }

  // ── the registry ──

  /**
   * The registry, read whole and checked, and remember how long it was; `fresh` reads it anew.
   *
   * Throws as `readRegistry`; `Withheld` where nothing is pinned.
   */
  async registry({ fresh = false } = {}): Promise<RegistryView> {
    const { registry: seen } = this.wallet.pin(this.address);
    const kept = this.view;
    if (kept !== undefined && !fresh && (seen === null || unsigned(kept.checkpoint).size >= unsigned(seen).size)) {
      return kept;
    }
    const view = await readRegistry(this.transport, this.policy, seen);
    if (kept !== undefined) view.rememberFrom(kept);
    this.view = view;
    this.wallet.saw(this.address, { registry: believed(view.checkpoint, this.policy) });
    return view;
  }

  // ── joining ──

  /** Where issuers are that are not at the instance's own address, by name. Throws as `issuers.elsewhere`. */
  elsewhere(): Promise<ReadonlyMap<string, string>> {
    this.others ??= elsewhere(this.transport, this.address).catch((error: unknown) => {
      this.others = undefined;
      throw error;
    });
    return this.others;
  }

  /**
   * The issuer that admits members of an organisation: the named one; of several the only one that is not elsewhere.
   *
   * Throws `Refused`; as `registry`, `elsewhere`.
   */
  async issuer(organisation: string, named?: string): Promise<string> {
    const { registry } = await this.registry();
    const names = issuersOf(registry, organisation);
    if (named === undefined && names.length > 1) {
      const others = await this.elsewhere();
      const [here, ...more] = names.filter((name) => !others.has(name));
      if (here !== undefined && !more.length) return here;
    }
    return issuerOf(registry, organisation, named);
  }

  /** The issuer as `issuer`, where it is the one that this device knows by that name, if any. Throws as `issuer`. */
  async joined(organisation: string, named?: string): Promise<string> {
    const by = await this.issuer(organisation, named);
    (await this.registry()).meets(by, this.wallet.identities);
    return by;
  }

  /** Where an issuer is, as the instance says: nobody signed it. Throws as `elsewhere`. */
  async said(issuer: string): Promise<string> {
    return (await this.elsewhere()).get(issuer) ?? this.address;
  }

  /** Where the person agreed before that an issuer is; undefined where they have not. Throws as `Wallet.pin`. */
  kept(issuer: string): string | undefined {
    return this.wallet.pin(this.address).issuers.get(issuer);
  }

  /**
   * The way to an issuer.
   *
   * Throws `Refused` where nobody agreed to its address, or it is elsewhere and nothing reaches there.
   */
  async way(issuer: string): Promise<Transport> {
    const address = agreed(this.wallet, this.address, issuer, await this.said(issuer));
    if (address === this.address) return this.transport;
    if (this.reach === undefined) {
      throw new Refused("issuer-elsewhere", `${issuer} is at ${address}, which cannot be reached from here.`);
    }
    return this.reach(address);
  }

  /**
   * Join an organisation; return the membership, its credentials checked.
   *
   * `shown` is a one-time code as it was typed, or the evidence of another way.
   * Throws `Conflict`, `Refused` for evidence that does not admit; whatever reading the registry throws.
   */
  async enrol(organisation: string, shown: string | Shown, said: Said = {}): Promise<Membership> {
    const [issuer, admission] = await this.admission(organisation, shown, said);
    const { roleFamily, standing, method } = admission;
    const expected = { issuer, organisation, roleFamily, standing, methods: [method] };
    return this.ask("api/issuer/admissions", "join", admission, expected);
  }

  /** Get the credentials of a membership again, and those of later quarters; no code is needed. Throws as `enrol`. */
  async renew(membership: Membership): Promise<Membership> {
    const { issuer, organisation, roleFamily, standing, method } = membership;
    return this.renewal({ issuer, organisation, roleFamily, standing, methods: [method] });
  }

  /** The message that joins by what is shown, and the issuer it is for: `recovery` sends the same. Throws as `enrol`. */
  async admission(
    organisation: string,
    shown: string | Shown,
    { roleFamily = UNDECLARED, standing = UNDECLARED, issuer }: Said,
  ): Promise<readonly [string, Admission]> {
    const { method, evidence } = typeof shown === "string" ? codeShown(shown) : shown;
    const { registry } = await this.registry();
    const by = await this.joined(organisation, issuer);
    if (!methodsOf(registry, by, organisation).includes(method)) {
      const words = `${by} does not admit members of ${organisation} by ${CALLED[method] ?? method}.`;
      throw new Refused("other-method", words);
    }
    return [by, { organisation, method, evidence, roleFamily, standing }];
  }

  /** Ask for the credentials of somebody who joined before. Throws as `enrol`. */
  async renewal(expected: Expected): Promise<Membership> {
    const { issuer, organisation, roleFamily, standing } = expected;
    (await this.registry()).meets(issuer, this.wallet.identities);
    return this.ask("api/issuer/renewals", "renew", { organisation, roleFamily, standing }, expected);
  }

  /** What the words give for an issuer. */
  keys(issuer: string): Keys {
    const { seed } = this.wallet;
    return { secrets: nymSecrets(seed), blind: blind(seed, issuer) };
  }

  /** The commitment's point (48 octets) by which an issuer knows this holder. */
  point(issuer: string): Uint8Array {
    const { secrets, blind: own } = this.keys(issuer);
    return commit(secrets, own, this.rng).slice(0, POINT);
  }

  /** Ask an issuer for something, with a proof that is good for this alone, there and now; return the answer. */
  async request(path: string, action: AskedFor, wish: Wish, issuer: string): Promise<Uint8Array> {
    const nonce = nonceOf(await (await this.way(issuer)).get(NONCES, MAX_NONCE));
    const origin = await this.said(issuer);
    const request = proveRequest(action, wish, { issuer, origin, nonce }, this.keys(issuer), this.rng);
    return this.post(path, encodeRequest(request), JSON_TYPE, issuer);
  }

  private async ask(path: string, action: AskedFor, wish: Wish, expected: Expected): Promise<Membership> {
    const issued = parseIssuance(await this.request(path, action, wish, expected.issuer));
    const { issuer, organisation, roleFamily, standing } = expected;
    const { issuerKeys } = (await this.registry()).registry;
    const names = issued.map((each) => keyName(issuer, organisation, each.attributes.epoch));
    // A quarter may have begun since the registry was read.
    const view = await this.registry({ fresh: names.some((name) => !issuerKeys.has(name)) });
    const { identities, seed } = this.wallet;
    const credentials = recognised(accept(issued, expected, view.registry, seed), view, identities);
    for (const epoch of credentials.keys()) {
      this.wallet.know(issuer, view.registry.issuerKey(issuer, organisation, epoch).identity);
    }
    const [first] = credentials.values();
    const method = first?.attributes.method ?? "";
    return this.wallet.hold({
      address: this.address, issuer, organisation, roleFamily, standing, method, credentials,
    });
  }

  // ── acts ──

  /** Sign a letter. Throws as `prepare` and `submit`. */
  async sign(slug: string, organisation?: string): Promise<Sent> {
    return this.submit(await this.prepare(slug, "sign", organisation));
  }

  /** Withdraw a signature, which is final. Throws as `prepare` and `submit`. */
  async withdraw(slug: string, organisation?: string): Promise<Sent> {
    return this.submit(await this.prepare(slug, "withdraw", organisation));
  }

  /**
   * An act that would be sent, everything about it checked against the registry.
   *
   * Throws `Refused` when the letter is closed or asks other members, `Withheld` without a pass for it.
   */
  async prepare(slug: string, action: Action, organisation?: string): Promise<Intent> {
    let view = await this.registry();
    // It may have been opened since the registry was read.
    if (!view.registry.letters.has(slug)) view = await this.registry({ fresh: true });
    const letter = await view.letter(slug);
    if (view.registry.closed.has(letter.digest)) {
      const words = "This letter is closed. It can no longer be signed, nor a signature withdrawn.";
      throw new Refused("letter-closed", words);
    }
    const terms = await view.latestTerms(letter.digest);
    const act = this.act(view, letter, action, organisation);
    if (action === "sign") {
      hiddenAmong(terms, act.organisation);
      this.keysFor(view, act);
    }
    return { letter, terms, act, credentials: passes(this.wallet, this.address, act) };
  }

  /**
   * The one act that this holder can make: what it discloses follows from the registry alone.
   *
   * Throws `Refused`, `Withheld` as `prepare`.
   */
  act(view: RegistryView, letter: Letter, action: Action, organisation?: string): Act {
    const rule = view.rule(letter);
    const held = new Set(this.wallet.at(this.address).map((each) => each.organisation));
    const asked = [...held].filter((each) => rule.organisations.has(each));
    const here = asked.filter((each) => organisation === undefined || each === organisation).sort();
    const [name] = here;
    const accepts = rule.organisations.get(name ?? "");
    if (name === undefined || accepts === undefined) {
      throw new Withheld("no-pass", "You hold no pass of an organisation that this letter asks. Join first.");
    }
    if (here.length > 1) {
      const words = `You hold passes of ${here.join(" and ")}. Say which one signs.`;
      throw new Refused("several-organisations", words);
    }
    const disclosed = new Map([[0, name], [1, letter.epoch]]);
    if (accepts.disclosed.has(METHOD)) {
      const first = this.wallet.membership(this.address, accepts.issuers[0] ?? "", name);
      disclosed.set(METHOD, first?.method ?? "code");
    }
    const act = new Act({
      kind: "letter",
      action,
      context: letter.context,
      organisation: name,
      epoch: letter.epoch,
      disclosed,
      issuers: accepts.issuers,
      pseudonym: pseudonymOf(letter.context, this.wallet.seed),
      sequence: SEQUENCE[action],
      payload: null,
    });
    checkRule(rule, act);
    return act;
  }

  /**
   * Send an act, 8,192 octets to one address; check the receipt.
   *
   * May be called again when no answer came: the same act gets the same receipt.
   * Throws `Conflict`, `Refused` as the server says; `Refused` when the receipt is no good.
   */
  async submit(intent: Intent): Promise<Sent> {
    const { act, credentials } = intent;
    const keys = this.keysFor(await this.registry(), act);
    const signed = present(act, { credentials, keys, seed: this.wallet.seed }, this.rng);
    const answer = await this.post("api/acts", signed.padded(), ACT);
    const { receipt, repeated } = parseAnswer(answer, ["receipt", "repeated"]);
    if (typeof repeated !== "boolean") {
      throw new Malformed("bad-answer", "The server's answer is not as it should be. Send it again.");
    }
    const octets = utf8(text(receipt, { what: "The receipt" }));
    const promise = await this.promise(octets, intent, repeated);
    const { receiptKeys } = (await this.registry()).registry;
    return { act, receipt: signedBy(octets, receiptKeys.map((key) => VerifierKey.parse(key))), promise, repeated };
  }

  /** Public keys of an act, by issuer; taking a signature back is nobody's to prevent. */
  private keysFor(view: RegistryView, { action, epoch, issuers, organisation }: Act): Map<string, Uint8Array> {
    const known = action === "sign" ? this.wallet.identities : new Map<string, string>();
    return new Map(
      issuers.map((each) => [each, view.issuerKey(each, organisation, epoch, known).public_key]),
    );
  }

  /** Send a message, to an issuer where one is named; where no answer comes, say what that means. */
  async post(path: string, message: Uint8Array, kind: string, issuer?: string): Promise<Uint8Array> {
    const way = issuer === undefined ? this.transport : await this.way(issuer);
    try {
      return await way.post(path, message, kind);
    } catch (error) {
      if (!(error instanceof Unavailable) || !NO_ANSWER.includes(error.code)) throw error;
      const words =
        `${error.words} Whether it arrived is not certain. Doing the same again is safe: it counts once.`;
      throw new Unavailable(error.code, words, error);
    }
  }

  private async promise(receipt: Uint8Array, intent: Intent, repeated: boolean): Promise<Receipt> {
    try {
      return await this.opened(receipt, intent, await this.registry(), repeated);
    } catch (error) {
      if (!(error instanceof UndersignedError)) throw error;
      // The registry may have a later closing or a new receipt key since it was read.
      return this.opened(receipt, intent, await this.registry({ fresh: true }), repeated);
    }
  }

  private async opened(
    receipt: Uint8Array,
    { act, letter }: Intent,
    view: RegistryView,
    repeated: boolean,
  ): Promise<Receipt> {
    const promise = openReceipt(receipt, view.registry.receiptKeys);
    if (promise.context !== act.context || promise.organisation !== act.organisation || promise.act !== act.digest) {
      const words = "The receipt is for something else than what you sent. Your act may not be counted.";
      throw new Refused("receipt-differs", words);
    }
    const closings = (await view.terms(letter.digest)).map((each) => each.closes);
    // An act that was there before gets its first receipt again, with the closing of that time.
    if (!(repeated ? closings : closings.slice(-1)).includes(promise.deadline)) {
      throw new Refused("receipt-deadline", "The receipt promises another day than the letter's closing.");
    }
    return promise;
  }
}

/** Check that enough people work there to hide among, as every audit does later. Throws `Refused`. */
function hiddenAmong({ workforce }: Terms, organisation: string): void {
  const figure = workforce.find((each) => each.organisation === organisation);
  if ((figure?.atLeast ?? 0) < LEAST_WORKFORCE) {
    const words =
      `Fewer than ${LEAST_WORKFORCE} people work at ${organisation}, or this letter does not say how many. ` +
      "A signature could point at you. Do not sign.";
    throw new Refused("too-small", words);
  }
}
