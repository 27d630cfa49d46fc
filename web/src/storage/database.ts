// The least of IndexedDB that the page needs: one store of values by name, and to be gone for good.

const STORE = 'values';

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser could not read its storage'));
  });
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

async function within<T>(
  name: string,
  mode: IDBTransactionMode,
  durability: IDBTransactionDurability,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open(name);
  try {
    const transaction = database.transaction(STORE, mode, { durability });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser could not store it'));
    });
    const result = await settled(act(transaction.objectStore(STORE)));
    await done;
    return result;
  } finally {
    database.close();
  }
}

/** A value, or `undefined`. */
export function get(database: string, name: string): Promise<unknown> {
  return within<unknown>(database, 'readonly', 'default', (store) => store.get(name));
}

/** Stores a value; resolves when it is on disk, so that not even a loss of power loses it. */
export async function put(database: string, name: string, value: unknown): Promise<void> {
  await within(database, 'readwrite', 'strict', (store) => store.put(value, name));
}

/** Removes a database and everything in it; resolves when it is gone. */
export async function destroy(database: string): Promise<void> {
  const request = indexedDB.deleteDatabase(database);
  await new Promise<void>((resolve, reject) => {
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error('the browser could not clear its storage'));
    // Another tab still reads; the deletion follows when it has ended, and `onsuccess` with it.
    request.onblocked = () => undefined;
  });
}
