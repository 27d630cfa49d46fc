// The bundle: the same from the same source, named by hashes, with a policy and without scripts in the
// page.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { build } from 'vite';

import { sums, SUMS } from '../../build/integrity';
import { browser, pages, Stage } from './stage';

const web = fileURLToPath(new URL('../..', import.meta.url));
let chromium: Browser;
let stage: Stage | null = null;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
afterEach(async () => {
  await stage?.close();
  stage = null;
});

test('two builds are the same, byte for byte', async () => {
  const lists = [];
  for (const name of ['bundle-a', 'bundle-b']) {
    const outDir = join(web, 'output', name);
    await build({ root: web, configFile: join(web, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
    lists.push(await sums(outDir));
    expect(await readFile(join(outDir, SUMS), 'utf8')).toBe(lists.at(-1));
  }
  expect(lists[0]).toBe(lists[1]);
  expect(lists[0]?.split('\n').length).toBeGreaterThan(4);
});

test('pages name what they load by hash, and hold no script of their own', async () => {
  const folder = await pages();
  for (const name of ['index.html', 'receipt.html', 'check.html', 'observe.html']) {
    const html = await readFile(join(folder, name), 'utf8');
    const loaded = [...html.matchAll(/<(?:script|link)\b[^>]*>/g)].map((tag) => tag[0]).filter((tag) => /\.(js|css)"/.test(tag));
    expect(loaded.length).toBeGreaterThanOrEqual(2);
    for (const tag of loaded) {
      const path = /(?:src|href)="\.\/([^"]+)"/.exec(tag)?.[1] ?? '';
      const digest = createHash('sha384').update(await readFile(join(folder, path))).digest('base64');
      expect(tag).toContain(`integrity="sha384-${digest}"`);
    }
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/\son\w+=|javascript:|style="/);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('unsafe-inline');
    expect(html).not.toContain("'unsafe-eval'");
  }
});

test('the page shows the hash of its files, and a file that was changed is named', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  const list = await readFile(join(await pages(), SUMS));
  const summary = page.getByText('This page’s own fingerprint');
  await summary.click();
  const shown = page.locator('footer [data-hash]');
  await shown.waitFor();
  expect(await shown.getAttribute('data-hash')).toBe(createHash('sha256').update(list).digest('hex'));
  const other = await stage.visit();
  await other.route('**/receipt.html', (route) => route.fulfill({ body: 'changed' }));
  await other.getByText('This page’s own fingerprint').click();
  await other.getByText('receipt.html is not the file that the list names').waitFor();
});

test('from every page one gets to the others', async () => {
  stage = await Stage.open(chromium);
  for (const [path, others] of [
    ['/', ['receipt.html', 'observe.html']],
    ['/receipt.html', ['index.html', 'observe.html']],
    ['/observe.html', ['index.html', 'receipt.html']],
    ['/check.html', ['index.html', 'receipt.html', 'observe.html']],
  ] as const) {
    const page = await stage.visit('telephone', path);
    const links = page.locator('footer a');
    await links.first().waitFor();
    expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))).toEqual(
      others.map((other) => `./${other}`),
    );
    await links.last().click();
    await page.waitForURL(`**/${others.at(-1) ?? ''}`);
  }
});

test('a script that was changed does not run', async () => {
  stage = await Stage.open(chromium);
  const page = await (await stage.context()).newPage();
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n/* changed */` });
  });
  await page.goto(stage.site.server.url);
  await page.waitForTimeout(1_000);
  expect(await page.locator('#page').innerHTML()).toBe('');
});
