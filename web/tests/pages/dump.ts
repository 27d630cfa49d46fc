// All that a page can have stored in the browser.

import type { Page } from 'playwright-core';

/** Everything that a page can have stored, as text; keys that cannot be read stand as `[CryptoKey]`. */
export async function everything(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const wait = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('unreadable'));
      });
    const shown = (value: unknown): unknown => {
      if (value instanceof CryptoKey) {
        return `[CryptoKey extractable=${String(value.extractable)}]`;
      }
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
        const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer);
        return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      }
      if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shown(entry)]));
      }
      return value;
    };
    const databases: Record<string, unknown> = {};
    for (const { name } of await indexedDB.databases()) {
      const database = await wait(indexedDB.open(name ?? ''));
      for (const store of Array.from(database.objectStoreNames)) {
        const object = database.transaction(store).objectStore(store);
        const [keys, values] = [await wait(object.getAllKeys()), await wait(object.getAll() as IDBRequest<unknown[]>)];
        keys.forEach((key, index) => {
          databases[`${name ?? ''}/${store}/${key as string}`] = shown(values[index]);
        });
      }
      database.close();
    }
    const files: string[] = [];
    const root = (await navigator.storage.getDirectory()) as unknown as { keys(): AsyncIterable<string> };
    for await (const name of root.keys()) {
      files.push(name);
    }
    return JSON.stringify({
      databases,
      files,
      local: Object.fromEntries(Object.entries(localStorage)),
      session: Object.fromEntries(Object.entries(sessionStorage)),
      caches: await caches.keys(),
      cookies: document.cookie,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      history: history.state as unknown,
      name: window.name,
    });
  });
}
