// The pages with the real cryptography in its worker, against fakes: a registrar that makes real blind
// signatures, and a chain that reads real ballots and signs for what it records.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { everything } from './dump';
import { browser, fillIn, picture, screen, Stage, toBallot, toSealed } from './stage';
import { reloadAt, vault } from './vault';

/** In what is kept the seed stands after the genesis hash, the election's number and the manifest's hash. */
const SEED_AT = 2 * (32 + 4 + 32);
const SEED_DIGITS = 64;

let chromium: Browser;
let stage: Stage;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
beforeEach(async () => {
  stage = await Stage.open(chromium, { standIn: 'nothing', schedule: { quorum: 2 } });
});
afterEach(async () => {
  const { complaints } = stage;
  await stage.close();
  expect(complaints).toEqual([]);
});

test('a ballot is checked, another one cast, and the key to it is gone', async () => {
  const page = await stage.visit();
  await toBallot(page, 2);
  await fillIn(page);
  await toSealed(page);
  const checked = await page.locator('[data-hash]').getAttribute('data-hash');
  await page.getByRole('button', { name: 'Check this ballot' }).click();
  await screen(page, 'Check with a second device');
  await picture(page, 'cryptography-challenged');
  await page.getByRole('button', { name: 'Make a new ballot' }).click();
  await toSealed(page);
  expect(await page.locator('[data-hash]').getAttribute('data-hash')).not.toBe(checked);

  const { secrets } = await vault(page);
  const digits = /[0-9a-f]+$/.exec(secrets)?.[0] ?? '';
  const seed = digits.slice(SEED_AT, SEED_AT + SEED_DIGITS);
  expect(seed).toHaveLength(SEED_DIGITS);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText(/Handed over to/).waitFor();
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');

  expect(stage.chain.ballots).toHaveLength(1);
  expect(stage.relays.flatMap((relay) => relay.held).map((envelope) => envelope.length)).toEqual([16_384]);
  const left = await everything(page);
  const { databases } = JSON.parse(left) as { databases: object };
  expect(Object.keys(databases)).toEqual(['psephos-delivery/values/delivery', 'psephos-delivery/values/receipt']);
  expect(left).not.toContain(seed);
  expect(left).toContain(stage.chain.ballots[0]?.tracker);
});

test('a reload at any time finds key, blindings and signatures', async () => {
  const page = await stage.visit();
  await toBallot(page, 2);
  await fillIn(page);
  await toSealed(page);
  const first = await page.locator('[data-hash]').getAttribute('data-hash');
  await reloadAt(page, 'sealed', 4);
  await screen(page, 'Is this what you want?');
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
  // Encrypted anew, with new randomness.
  expect(await page.locator('[data-hash]').getAttribute('data-hash')).not.toBe(first);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText(/Handed over to/).waitFor();
  await page.reload();
  await screen(page, 'Your ballot is on its way');
  await page.getByText(/Handed over to/).waitFor();
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  expect(stage.registrars.map((registrar) => registrar.signed.length)).toEqual([1, 1]);
});

test('a registrar whose signature is not valid is told, and may be asked again', async () => {
  const [, second] = stage.registrars;
  if (second === undefined) {
    throw new Error('there are two registrars');
  }
  second.lies = true;
  const page = await stage.visit();
  await toBallot(page, 2);
  await fillIn(page);
  await page.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await page.getByText('Something went wrong that this page did not expect').waitFor({ timeout: 30_000 });
  await screen(page, 'Is this what you want?');
  second.lies = false;
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
});
