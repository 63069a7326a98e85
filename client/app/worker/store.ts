/**
 * What lies in this browser: one IndexedDB database with one store of three records.
 *
 * `pass` holds octets as the command line keeps them in a file (canonical JSON, or sealed with a passphrase); `draft`
 * how far joining has come; `sending` an act without a receipt; `asking` a question to a provider of accounts while its
 * answer is awaited, sealed where the pass is. A number rises with every change, so that two tabs
 * never write over each other.
 *
 * Trust: whoever can read this browser's storage reads an unsealed pass, and with it what was signed.
 */

import { Conflict, Unavailable } from "../../src/errors.ts";
import { DATABASE as CHECKED } from "../check/memory.ts";
import type { Draft, Sending } from "../rpc.ts";

export const DATABASE = "undersigned";
const STORE = "kept";
const STATE = "state";

/** What waits while somebody signs in elsewhere: how far joining had come, and the question (`holder/account-waiting`). */
export interface Asking {
  readonly draft: Draft;
  readonly language: string;
  readonly question: Uint8Array;
}

/** All that is kept, read and written whole. */
export interface Kept {
  readonly generation: number;
  readonly pass: Uint8Array | null;
  readonly words: "shown" | "checked" | "skipped" | null;
  readonly draft: Draft | null;
  readonly sending: Sending | null;
  readonly asking: Asking | null;
}

export const NOTHING: Kept = { generation: 0, pass: null, words: null, draft: null, sending: null, asking: null };

const changedElsewhere = (): Conflict =>
  new Conflict("changed-elsewhere", "Another tab changed your pass meanwhile. Nothing was written over it.");

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no reason given"));
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
}

/** The database where there is one; looking makes none, so that nothing lies here before somebody begins. */
async function existing(): Promise<IDBDatabase | null> {
  const request = indexedDB.open(DATABASE, 1);
  let absent = false;
  request.onupgradeneeded = () => {
    absent = true;
    request.transaction?.abort();
  };
  try {
    return await asked(request);
  } catch (error) {
    if (absent) return null;
    throw error;
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asked(request);
}

/** The store of this browser; in memory alone where the browser has none to give. */
export class Store {
  private memory: Kept = NOTHING;
  private inMemory = false;

  /** Whether what is written outlives this page. */
  get keeps(): boolean {
    return !this.inMemory;
  }

  /** Read everything. */
  async read(): Promise<Kept> {
    if (this.inMemory) return this.memory;
    let database: IDBDatabase | null;
    try {
      database = await existing();
    } catch {
      this.inMemory = true;
      return this.memory;
    }
    if (database === null) return NOTHING;
    try {
      const found = (await asked(database.transaction(STORE).objectStore(STORE).get(STATE))) as Kept | undefined;
      return found ?? NOTHING;
    } finally {
      database.close();
    }
  }

  /**
   * Write everything in the place of what was read; returns what is now kept.
   *
   * Throws `Conflict` where somebody else wrote meanwhile, `Unavailable` where the browser refuses.
   */
  async write(before: Kept, after: Omit<Kept, "generation">): Promise<Kept> {
    const next: Kept = { ...after, generation: before.generation + 1 };
    if (this.inMemory) {
      this.memory = next;
      return next;
    }
    const database = await opened();
    try {
      const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(STORE);
      const done = finished(transaction);
      const found = (await asked(store.get(STATE))) as Kept | undefined;
      if ((found?.generation ?? 0) !== before.generation) {
        transaction.abort();
        await done.catch(() => undefined);
        throw changedElsewhere();
      }
      store.put(next, STATE);
      await done;
    } catch (error) {
      if (error instanceof Conflict) throw error;
      throw new Unavailable("not-kept", "Your browser did not keep this. Its storage may be full or switched off.", error);
    } finally {
      database.close();
    }
    return next;
  }

  /**
   * Write noise over what is kept, delete the database, and look whether it is gone; returns what was found left.
   *
   * What the checking page remembers goes too: nothing of this address is left. Where the noise cannot be written, as
   * on a full disk, all is deleted the same.
   */
  async burn(noise: (length: number) => Uint8Array): Promise<string[]> {
    this.memory = NOTHING;
    if (this.inMemory) return [];
    const before = await this.read();
    if (before.pass !== null) {
      await this.write(before, { ...NOTHING, pass: noise(before.pass.length) }).catch(() => undefined);
    }
    try {
      for (const name of [DATABASE, CHECKED]) await asked(indexedDB.deleteDatabase(name));
    } catch (error) {
      throw new Unavailable("burn-failed", "Your browser did not delete your pass.", error);
    }
    return this.leftovers();
  }

  private async leftovers(): Promise<string[]> {
    if (typeof indexedDB.databases === "function") {
      return (await indexedDB.databases()).flatMap((each) => (each.name === undefined ? [] : [each.name]));
    }
    const again = await existing();
    again?.close();
    return again === null ? [] : [DATABASE];
  }
}
