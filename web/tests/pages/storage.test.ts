// What is left on the device. Before casting: everything, encrypted under a key that nobody gets out of
// the browser. After: the signed ballot and the receipt, and nothing that opens a ballot (attack 5).

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium as engine, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { browser, fillIn, LAUNCH, screen, Stage, toBallot, toSealed } from './stage';
import { everything } from './dump';
import { vault } from './vault';

let chromium: Browser;
let stage: Stage;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
afterEach(() => stage.close());

/** The values within the booth's secrets: key, blindings, signatures. */
function values(secrets: string): string[] {
  return (secrets.match(/[0-9a-f]{64,}/g) ?? []).map((value) => value.slice(0, 64));
}

async function sealed(page: Page): Promise<void> {
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
}

test('after casting only the signed ballot and the receipt are left', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  await sealed(page);
  const before = await everything(page);
  const { secrets, plain, exported } = await vault(page);
  expect(exported).toBe(false);
  expect(before).toContain('[CryptoKey extractable=false]');
  // The vault has what a reload needs, and shows nothing of it.
  const hidden = values(secrets);
  expect(hidden.length).toBeGreaterThanOrEqual(3);
  expect(plain).toContain('"selections":[[false,false,true,false]');
  for (const value of hidden) {
    expect(before).not.toContain(value);
  }
  expect(before).not.toContain('selections');

  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  await page.getByText(/Handed over to/).waitFor();
  const delivering = JSON.parse(await everything(page)) as { databases: Record<string, unknown> };
  expect(Object.keys(delivering.databases)).toEqual(['psephos-delivery/values/delivery']);

  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  const after = await everything(page);
  const left = JSON.parse(after) as { databases: Record<string, Record<string, unknown>>; [kind: string]: unknown };
  expect(Object.keys(left.databases)).toEqual(['psephos-delivery/values/delivery', 'psephos-delivery/values/receipt']);
  expect(Object.keys(left.databases['psephos-delivery/values/delivery'] ?? {}).sort()).toEqual([
    'account',
    'ballotsBefore',
    'castAfterBlock',
    'castAt',
    'district',
    'election',
    'extrinsic',
    'genesis',
    'tracker',
  ]);
  expect(left).toMatchObject({
    files: [],
    local: { 'psephos-language': 'en' },
    session: {},
    caches: [],
    cookies: '',
    workers: 0,
    history: { psephosStep: 'final' },
    name: '',
  });
  // Signatures are part of what was cast; key and blindings are not.
  const { seed, blinded } = JSON.parse(secrets) as { seed: string; blinded: Record<string, string> };
  for (const secret of [seed, ...Object.values(blinded)]) {
    expect(after).not.toContain(secret.slice(2));
  }
  // The dump sees what is there.
  expect(after).toContain(stage.chain.ballots[0]?.tracker);

  await page.getByRole('button', { name: 'Remove everything from this device' }).click();
  await screen(page, 'Nothing of your vote is left on this device.');
  expect((JSON.parse(await everything(page)) as { databases: object }).databases).toEqual({});
});

test('a crash between casting and emptying the vault leaves no key either', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  await sealed(page);
  const kept = await vault(page);
  // The page dies at the worst moment: what was cast is on disk, the vault is not empty yet.
  await page.evaluate(() => {
    indexedDB.deleteDatabase = () => {
      throw new Error('the page has died');
    };
  });
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.waitForTimeout(500);
  expect(await everything(page)).toContain('psephos-vault');
  await page.reload();
  await screen(page, 'Your ballot is on its way');
  const after = await everything(page);
  expect(after).not.toContain('psephos-vault');
  const { seed } = JSON.parse(kept.secrets) as { seed: string };
  expect(after).not.toContain(seed.slice(2));
});

/** All files of a browser's profile, as bytes. */
async function onDisk(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.alloc(0)))));
}

test('no secret is ever on disk in the clear, not even before casting', async () => {
  stage = await Stage.open(chromium);
  const folder = await mkdtemp(join(tmpdir(), 'psephos-profile-'));
  let context: BrowserContext | null = null;
  try {
    context = await engine.launchPersistentContext(folder, { ...LAUNCH, locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(stage.site.server.url);
    await sealed(page);
    const { secrets } = await vault(page);
    const before = await onDisk(folder);
    // The profile holds what was written, such as the databases' names.
    expect(before.includes('psephos-vault') || before.includes(Buffer.from('psephos-vault', 'utf16le').swap16())).toBe(true);
    await page.getByRole('button', { name: 'Cast this ballot' }).click();
    await screen(page, 'Your ballot is on its way');
    await context.close();
    const after = await onDisk(folder);
    // Signatures are part of what was cast, so they are looked for before only.
    const [own = secrets] = secrets.split('"signatures"');
    for (const [disk, hidden] of [[before, values(secrets)], [after, values(own)]] as const) {
      expect(hidden.length).toBeGreaterThanOrEqual(2);
      for (const value of hidden) {
        const forms = [Buffer.from(value), Buffer.from(value, 'hex'), Buffer.from(value, 'utf16le')];
        expect(forms.some((form) => disk.includes(form))).toBe(false);
      }
    }
  } finally {
    await context?.close();
    await rm(folder, { recursive: true, force: true });
  }
});
