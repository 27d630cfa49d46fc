// The vault, opened from within the page: the same origin may use its key, though nobody can read it.

import type { Page } from 'playwright-core';

/** What is in the vault. */
export interface Opened {
  readonly secrets: string;
  readonly step: string;
  /** How many options are selected. */
  readonly selected: number;
  /** All of it. */
  readonly plain: string;
  /** Whether the browser hands the key out. */
  readonly exported: boolean;
}

/** What the page's own script could read from the vault: the same origin may use the key. */
export async function vault(page: Page): Promise<Opened> {
  return page.evaluate(async () => {
    const request = indexedDB.open('psephos-vault');
    const database = await new Promise<IDBDatabase>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
    const store = database.transaction('values').objectStore('values');
    const read = <T>(name: string) =>
      new Promise<T>((resolve) => {
        const get = store.get(name);
        get.onsuccess = () => resolve(get.result as T);
      });
    const [key, content] = await Promise.all([
      read<CryptoKey>('key'),
      read<{ nonce: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }>('content'),
    ]);
    database.close();
    const { genesis, election } = (await (await fetch('config.json')).json()) as { genesis: string; election: number };
    const additionalData = new TextEncoder().encode(`${genesis}/${election}`);
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: content.nonce, additionalData }, key, content.sealed);
    const plain = new TextDecoder().decode(opened);
    const exported = await crypto.subtle.exportKey('raw', key).then(
      () => true,
      () => false,
    );
    const { secrets, flow } = JSON.parse(plain) as { secrets: string; flow: { step: string; selections: boolean[][] } };
    return { secrets, step: flow.step, selected: flow.selections.flat().filter(Boolean).length, plain, exported };
  });
}

/** Waits until the vault holds this screen and so many selections: writing takes a few milliseconds. */
export async function keptAt(page: Page, step: string, selected: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await vault(page);
    if (found.step === step && found.selected === selected) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`the vault holds ${found.step} with ${found.selected} selections`);
    }
    await page.waitForTimeout(20);
  }
}

/** Reloads once it is kept. */
export async function reloadAt(page: Page, step: string, selected: number): Promise<void> {
  await keptAt(page, step, selected);
  await page.reload();
}
