// The second device: a ballot that was opened on the first is computed again by the real cryptography,
// on a page that asks nobody.

import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { inspect } from './accessibility';
import { everything } from './dump';
import { browser, fillIn, picture, screen, type SIZES, Stage, toBallot, toSealed } from './stage';

/** The first contest's selections in SCALE: its four options, of which 李雪梅's is the third. */
const CHOSEN = '0C1000000100';
/** The same contest with the second option selected. */
const LIE = '0C1000010000';
const LIED_ABOUT = 'Борис Седов';

let chromium: Browser;
let stage: Stage;
/** What the first device handed over, and the code that it had shown before. */
let opened: string;
let commitment: string | null;

beforeAll(async () => {
  chromium = await browser();
  stage = await Stage.open(chromium, { standIn: 'nothing' });
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  commitment = await page.locator('[data-hash]').getAttribute('data-hash');
  await page.getByRole('button', { name: 'Check this ballot' }).click();
  await screen(page, 'Check with a second device');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the file', exact: true }).click(),
  ]);
  opened = await readFile(await file.path(), 'utf8');
});

afterAll(async () => {
  const { complaints } = stage;
  await stage.close();
  await chromium.close();
  expect(complaints).toEqual([]);
});

interface Visit {
  readonly page: Page;
  /** All that the page asked for. */
  readonly asked: string[];
}

/** The second device: a browser of its own. */
async function secondDevice(size: keyof typeof SIZES = 'telephone', locale = 'en-GB'): Promise<Visit> {
  const page = await (await stage.context(size, locale)).newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
  page.on('websocket', (socket) => asked.push(`WebSocket ${socket.url()}`));
  await page.goto(`${stage.site.server.url}/check.html`);
  return { page, asked };
}

async function compute(page: Page, text: string): Promise<void> {
  await page.getByLabel('Scan the square code and paste its text').fill(text);
  await page.getByRole('button', { name: 'Compute again' }).click();
}

/** The code and the selections that the page shows. */
async function shown(page: Page): Promise<{ code: string | null; selections: string[] }> {
  const code = page.getByRole('group', { name: 'The ballot has this code' });
  await code.waitFor();
  return { code: await code.getAttribute('data-hash'), selections: await page.locator('.choice li').allTextContents() };
}

test('it shows the code that the first device showed, and what was chosen', async () => {
  const { page } = await secondDevice();
  await compute(page, opened);
  expect(await shown(page)).toEqual({ code: commitment, selections: ['李雪梅', 'Chiara', 'Emre', 'No · Нет'] });
  await page.getByText(stage.chain.election.title).waitFor();
  const manifest = page.getByRole('group', { name: 'Fingerprint of the ballot paper' });
  expect(await manifest.getAttribute('data-hash')).toBe(`0x${Buffer.from(stage.chain.election.hash).toString('hex')}`);
});

test('a file does as well as a text', async () => {
  const { page } = await secondDevice('desktop');
  const content = { name: 'opened-ballot.txt', mimeType: 'text/plain', buffer: Buffer.from(opened) };
  await page.getByLabel('or open the file').setInputFiles(content);
  expect((await shown(page)).code).toBe(commitment);
});

test('a file that cannot be read, or is far too long, is said to be so, and another one does', async () => {
  const { page } = await secondDevice('desktop');
  const file = page.getByLabel('or open the file');
  const content = { name: 'opened-ballot.txt', mimeType: 'text/plain', buffer: Buffer.from(opened) };
  await file.setInputFiles({ ...content, buffer: Buffer.alloc(8 * 1024 * 1024 + 1, 'A') });
  await page.getByText('This file cannot be read').waitFor();
  // As where a stick was pulled out in between.
  await page.evaluate(() => {
    File.prototype.text = () => {
      Reflect.deleteProperty(File.prototype, 'text');
      return Promise.reject(new DOMException('gone', 'NotReadableError'));
    };
  });
  await file.setInputFiles(content);
  await page.getByText('This file cannot be read').waitFor();
  await picture(page, 'desktop-check-unreadable');
  await file.setInputFiles(content);
  expect((await shown(page)).code).toBe(commitment);
  expect(await page.getByText('This file cannot be read').count()).toBe(0);
});

test('a first device that lies about a selection is found out by the code', async () => {
  const at = opened.lastIndexOf(CHOSEN);
  expect(at).toBeGreaterThan(0);
  const { page } = await secondDevice();
  await compute(page, opened.slice(0, at) + LIE + opened.slice(at + LIE.length));
  const { code, selections } = await shown(page);
  expect(selections[0]).toBe(LIED_ABOUT);
  expect(code).not.toBe(commitment);
});

test('what is no opened ballot is refused with the reason, and the page goes on', async () => {
  const { page } = await secondDevice();
  for (const nothing of ['hello', opened.slice(1), opened.slice(0, -2), `${opened}00`]) {
    await compute(page, nothing);
    await page.getByText('this is no opened ballot').waitFor();
    expect(await page.getByText('The ballot has this code').count()).toBe(0);
  }
  await compute(page, opened);
  expect((await shown(page)).code).toBe(commitment);
  expect(await page.getByText('This cannot be checked').count()).toBe(0);
});

test('it asks for its own files and nothing else, and keeps nothing', async () => {
  const { page, asked } = await secondDevice();
  await compute(page, opened);
  await shown(page);
  const own = `GET ${stage.site.server.url}/`;
  const paths = asked.map((request) => request.replace(own, ''));
  expect(paths.filter((path) => !/^(check\.html|assets\/[\w.-]+)$/.test(path))).toEqual([]);
  expect(paths.some((path) => path.endsWith('.wasm'))).toBe(true);
  const left = await everything(page);
  expect(left).not.toContain('PSEPHOS-CHECK');
  expect(left).not.toContain(commitment);
});

test.each([
  ['desktop', 'en'],
  ['telephone', 'en'],
  ['desktop', 'ru'],
  ['telephone', 'ru'],
] as [keyof typeof SIZES, 'en' | 'ru'][])('at the size of a %s, in the language %s', async (size, language) => {
  const { page } = await secondDevice(size, language === 'en' ? 'en-GB' : 'ru-RU');
  await screen(page, language === 'en' ? 'Check a ballot' : 'Проверка бюллетеня');
  await inspect(page, 'before');
  await page.locator('textarea').fill(opened);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.choice').first().waitFor();
  await inspect(page, 'after');
  await picture(page, `${size}-${language}-check`);
});
