/**
 * The checkpoints of the last check that held, by the name of the registry that signed them, in this browser.
 *
 * By name and not by address: so a mirror, an archive and the server itself are held to the same past. Whoever can
 * change this storage can make it forget; they cannot make a log look as if it had grown out of what is in it.
 */

export const DATABASE = "undersigned-check";
const STORE = "states";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return settled(request);
}

async function within<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    return await settled(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** What is remembered of a registry, null where nothing is or the browser keeps nothing. */
export async function recall(origin: string): Promise<Uint8Array | null> {
  try {
    // Asking would make the database: a browser in which nothing was ever remembered stays empty.
    const known = await (indexedDB as { databases?: () => Promise<IDBDatabaseInfo[]> }).databases?.();
    if (known !== undefined && !known.some(({ name }) => name === DATABASE)) return null;
    const found: unknown = await within("readonly", (store) => store.get(origin));
    return found instanceof Uint8Array ? found : null;
  } catch {
    return null;
  }
}

/** Remember; false where the browser keeps nothing. */
export async function remember(origin: string, state: Uint8Array): Promise<boolean> {
  try {
    await within("readwrite", (store) => store.put(state, origin));
    return true;
  } catch {
    return false;
  }
}

/** Forget all registries; the database goes with them. */
export async function forget(): Promise<void> {
  await settled(indexedDB.deleteDatabase(DATABASE));
}
