// What voters do on the pages, with real parts behind them.

import { expect } from 'vitest';
import type { Page } from 'playwright-core';

import { en } from '../../src/locale/en';
import { screen } from '../pages/stage';
import type { PollingPlace, Voter } from './polling-place';

/** Recording an issue takes finality, and so does a delivery; on a busy machine both take their time. */
export const CHAIN_PATIENCE = 180_000;

/** Waits for a screen that only comes when the chain has gone on. */
export async function chainScreen(page: Page, title: string, patience = CHAIN_PATIENCE): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor({ timeout: patience });
}

export async function click(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click({ timeout: CHAIN_PATIENCE });
}

/** Opens the page; voting must be about to begin. */
export async function come(page: Page, place: PollingPlace, patience: number): Promise<void> {
  await page.goto(place.opened.page);
  await page.getByRole('button', { name: en.overview.vote }).click({ timeout: patience });
}

/** Signs in at the registrar whose turn it is; resolves with the code that was sent. */
export async function requestCode(page: Page, place: PollingPlace, voter: Voter): Promise<string> {
  await screen(page, en.signIn.title);
  await page.getByLabel(en.signIn.identity).fill(voter.identity);
  await page.getByLabel(en.signIn.birthDate).fill(voter.birth_date);
  await click(page, en.signIn.submit);
  await screen(page, en.code.title);
  await click(page, en.code.send);
  return place.code(voter);
}

export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel(en.code.label).fill(code);
  await click(page, en.code.submit);
}

/** Signs in and enters the code, once for each registrar of the quorum. */
export async function identify(page: Page, place: PollingPlace, voter: Voter): Promise<void> {
  for (let registrar = 0; registrar < place.opened.registrars.length; registrar += 1) {
    await enterCode(page, await requestCode(page, place, voter));
  }
  await screen(page, en.ballot.title);
}

/** Selects the first option of every contest. */
export async function select(page: Page): Promise<void> {
  const contests = page.locator('fieldset');
  for (let contest = 0; contest < (await contests.count()); contest += 1) {
    await options(page, contest).first().check();
  }
}

function options(page: Page, contest: number) {
  const one = page.locator('fieldset').nth(contest);
  return one.getByRole('radio').or(one.getByRole('checkbox'));
}

/** The ballot is as `select` has left it. */
export async function stillSelected(page: Page): Promise<void> {
  await screen(page, en.ballot.title);
  const contests = await page.locator('fieldset').count();
  expect(contests).toBeGreaterThan(0);
  for (let contest = 0; contest < contests; contest += 1) {
    expect(await options(page, contest).first().isChecked()).toBe(true);
  }
}

/** From the filled ballot to the encrypted one. */
export async function encrypt(page: Page): Promise<void> {
  await click(page, en.ballot.review);
  await click(page, en.review.encrypt);
  await chainScreen(page, en.sealed.title);
}

/** Casts, and waits until a relay has the ballot. */
export async function castToRelays(page: Page): Promise<void> {
  await click(page, en.sealed.cast);
  await screen(page, en.delivering.title);
  await page.getByText(/^Handed over to/).waitFor({ timeout: CHAIN_PATIENCE });
}

/** Casts; resolves with the seconds until the page said that the ballot is final. */
export async function castToFinal(page: Page): Promise<number> {
  const begun = Date.now();
  await click(page, en.sealed.cast);
  await chainScreen(page, en.final.title);
  return (Date.now() - begun) / 1000;
}

export async function checkReceipt(page: Page): Promise<void> {
  await page.getByRole('link', { name: en.final.check }).click();
  await page.getByText(en.receipt.included).waitFor({ timeout: CHAIN_PATIENCE });
}
