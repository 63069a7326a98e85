/**
 * The pass of this browser: opened, changed by one tab at a time, and kept.
 *
 * Before anybody has words the wallet lives in memory alone; from then on every change is written down before its
 * verb answers. A passphrase is never kept: its key is, in the memory of this Worker.
 */

import type { Rng } from "../../src/bbs/octets.ts";
import { Conflict, Withheld } from "../../src/errors.ts";
import type { Sealing } from "../../src/holder/account-waiting.ts";
import { ENTROPY } from "../../src/holder/phrase.ts";
import { isSealed, Wallet } from "../../src/holder/wallet.ts";
import { same } from "../../src/values/index.ts";
import { type Kept, NOTHING, Store } from "./store.ts";

const LOCK = "undersigned";
/** Milliseconds after which a person is told that another tab is at work. */
const PATIENCE = 400;

type Notes = Partial<Omit<Kept, "generation" | "pass">>;

/** A key that seals: from a passphrase, made by what is loaded for it (`more`). */
export interface Key extends Sealing {
  seal(wallet: Wallet): Uint8Array;
  /** Throws `Refused` for what another key sealed. */
  open(octets: Uint8Array): Wallet;
}

export class Keeper {
  private readonly store = new Store();
  private readonly rng: Rng;
  private readonly channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("undersigned") : null;
  private kept: Kept = NOTHING;
  private opened: Wallet | null;
  private key: Key | null = null;
  private written: Uint8Array | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(rng: Rng, told: (event: "changed" | "burned") => void) {
    this.rng = rng;
    this.opened = this.fresh();
    this.channel?.addEventListener("message", (event: MessageEvent<"changed" | "burned">) => told(event.data));
  }

  private fresh(): Wallet {
    return new Wallet(this.rng(ENTROPY));
  }

  // ── what there is ──

  get notes(): Omit<Kept, "generation" | "pass"> {
    return this.kept;
  }

  get keeps(): boolean {
    return this.store.keeps;
  }

  /** Whether words were made, and kept, here. */
  get stored(): boolean {
    return this.kept.pass !== null;
  }

  get sealed(): boolean {
    return this.kept.pass !== null && isSealed(this.kept.pass);
  }

  /** What encrypts that which is kept beside the pass; null where the pass is not sealed. */
  get sealing(): Sealing | null {
    return this.key;
  }

  get locked(): boolean {
    return this.opened === null;
  }

  /** The wallet. Throws `Withheld` while it is locked. */
  get wallet(): Wallet {
    if (this.opened === null) throw new Withheld("locked", "Your pass is protected. Open it with your passphrase first.");
    return this.opened;
  }

  // ── one at a time ──

  /** Do something while no other tab does; what changed in the wallet is kept, also when it fails half-way. */
  async alone<T>(work: () => Promise<T>, waiting: () => void): Promise<T> {
    return this.locking(waiting, async () => {
      await this.read();
      let answer: T;
      try {
        answer = await work();
      } catch (error) {
        await this.keep().catch(() => undefined);
        throw error;
      }
      await this.keep();
      return answer;
    });
  }

  private async locking<T>(waiting: () => void, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(waiting, PATIENCE);
    let begins = false;
    const begun = (): Promise<T> => {
      begins = true;
      clearTimeout(timer);
      return work();
    };
    try {
      if (navigator.locks !== undefined) return (await navigator.locks.request(LOCK, begun)) as T;
    } catch (error) {
      // A browser that is told to keep nothing gives no locks either.
      if (begins) throw error;
    }
    // Without locks the tabs of this browser still cannot write over each other (`Store.write`).
    const turn = this.turn.then(begun, begun);
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Read what another tab may have written. */
  private async read(): Promise<void> {
    const found = await this.store.read();
    if (found.generation === this.kept.generation && found.pass === this.kept.pass) return;
    const before = this.kept;
    this.kept = found;
    if (found.pass === null) {
      if (before.pass !== null) this.opened = this.fresh();
      this.key = null;
      this.written = null;
      return;
    }
    if (before.pass !== null && same(before.pass, found.pass)) return;
    this.take(found.pass);
  }

  private take(pass: Uint8Array): void {
    if (!isSealed(pass)) {
      this.key = null;
      this.opened = Wallet.parse(pass);
      this.written = pass;
      return;
    }
    try {
      this.opened = this.key?.open(pass) ?? null;
    } catch {
      this.opened = null;
    }
    if (this.opened === null) this.key = null;
    else this.written = this.opened.encoded();
  }

  /** Keep the wallet where it changed. */
  private async keep(): Promise<void> {
    if (!this.stored || this.opened === null) return;
    if (this.written === null || !same(this.opened.encoded(), this.written)) await this.write({});
  }

  /** Write wallet and notes down, whether they changed or not. Where joining is over, so is a question that it asked. */
  async write(notes: Notes, pass: "with the pass" | "notes alone" = "with the pass"): Promise<void> {
    const { words, draft, sending, asking } = { ...this.kept, ...(notes.draft === null ? { asking: null } : null), ...notes };
    const octets = pass === "with the pass" ? this.octets() : this.kept.pass;
    this.kept = await this.store.write(this.kept, { pass: octets, words, draft, sending, asking });
    if (pass === "with the pass") this.written = this.wallet.encoded();
    this.channel?.postMessage("changed");
  }

  private octets(): Uint8Array {
    return this.key?.seal(this.wallet) ?? this.wallet.encoded();
  }

  // ── another wallet, another key ──

  /** Keep this wallet from now on. Throws `Conflict` where a pass with other words is of use here. */
  async adopt(wallet: Wallet, notes: Notes): Promise<void> {
    this.refuseOther(wallet);
    this.opened = wallet;
    await this.write(notes);
  }

  /** Throws `Conflict` where a pass with other words is of use here. */
  refuseOther(wallet: Wallet): void {
    const mine = this.wallet;
    if (this.stored && mine.memberships.length > 0 && !same(mine.entropy, wallet.entropy)) {
      throw new Conflict("other-words", "There is a pass with other words on this device.");
    }
  }

  /** The octets that wait for their key; null where nothing is locked. */
  get waiting(): Uint8Array | null {
    return this.locked ? this.kept.pass : null;
  }

  /** Seal with a key from now on, or with none; what lay beside the pass for another key is not kept. */
  async protect(key: Key | null): Promise<void> {
    this.key = key;
    const { draft } = this.kept;
    await this.write({ asking: null, draft: draft && { ...draft, evidence: {} } });
  }

  /** Open what is sealed. Throws `Refused` for another key. */
  unlock(octets: Uint8Array, key: Key): void {
    this.opened = key.open(octets);
    this.key = key;
    this.written = this.opened.encoded();
  }

  /** Delete everything; returns what was found left. */
  async burn(waiting: () => void): Promise<string[]> {
    return this.locking(waiting, async () => {
      const left = await this.store.burn(this.rng);
      this.kept = NOTHING;
      this.key = null;
      this.written = null;
      this.opened = this.fresh();
      this.channel?.postMessage("burned");
      return left;
    });
  }
}
