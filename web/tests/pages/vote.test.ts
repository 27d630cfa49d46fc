// A voter's way through the pages, at both sizes and in both languages.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { browser, fillIn, picture, screen, type SIZES, Stage, toBallot } from './stage';

let chromium: Browser;
let stage: Stage;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
beforeEach(async () => {
  stage = await Stage.open(chromium);
});
afterEach(async () => {
  const { complaints } = stage;
  await stage.close();
  expect(complaints).toEqual([]);
});

async function vote(page: Page, size: keyof typeof SIZES): Promise<void> {
  await screen(page, 'What is being decided');
  await picture(page, `${size}-1-overview`);
  await page.getByRole('button', { name: 'Vote now' }).click();
  await screen(page, 'Sign in');
  await picture(page, `${size}-2-sign-in`);
  await page.goBack();
  await screen(page, 'What is being decided');
  await toBallot(page);
  await picture(page, `${size}-4-ballot-empty`);
  await fillIn(page);
  await picture(page, `${size}-4-ballot`);
  await page.getByRole('button', { name: 'Review' }).click();
  await screen(page, 'Is this what you want?');
  await picture(page, `${size}-5-review`);
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Preparing your ballot');
  await picture(page, `${size}-6-recording`);
  await screen(page, 'Check it or cast it');
  await picture(page, `${size}-7-sealed`);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  await page.getByText(/Handed over to/).waitFor();
  await picture(page, `${size}-8-delivering`);
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await picture(page, `${size}-9-final`);
}

describe.each(['desktop', 'telephone'] as const)('at the size of a %s', (size) => {
  test('a voter votes and gets a receipt', async () => {
    const page = await stage.visit(size);
    await vote(page, size);
    expect(stage.chain.ballots).toHaveLength(1);
    expect(stage.registrars[0]?.signed).toHaveLength(1);
    expect(stage.relays.flatMap((relay) => relay.held)).toHaveLength(1);
    // Nothing but this machine's own services.
    expect([...stage.hosts].every((host) => host.startsWith('127.0.0.1:'))).toBe(true);
    await page.getByRole('link', { name: 'Check the receipt now' }).click();
    await page.getByText('The receipt is genuine').waitFor();
    expect(await page.getByText('has the same ballot in the same block').count()).toBe(3);
    await picture(page, `${size}-10-receipt`);
  });
});
