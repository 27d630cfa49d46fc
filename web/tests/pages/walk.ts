// A whole vote in any language, stopping on every screen.

import type { Page } from 'playwright-core';

import { type Catalogue, catalogues, type Language } from '../../src/locale/locale';
import { CODE, screen, type Stage, VOTER } from './stage';

/** Called on every screen with its name. */
export type Stop = (name: string) => Promise<void>;

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

async function signIn(page: Page, texts: Catalogue, stop: Stop): Promise<void> {
  await screen(page, texts.signIn.title);
  await page.getByLabel(texts.signIn.identity).waitFor();
  await stop('2-sign-in');
  await page.getByLabel(texts.signIn.identity).fill(VOTER.identity);
  await page.getByLabel(texts.signIn.birthDate).fill(VOTER.birthDate);
  await click(page, texts.signIn.submit);
  await screen(page, texts.code.title);
  await click(page, texts.code.send);
  await page.getByLabel(texts.code.label).waitFor();
  await stop('3-code');
  await page.getByLabel(texts.code.label).fill(CODE);
  await click(page, texts.code.submit);
}

async function fillIn(page: Page, texts: Catalogue, stop: Stop): Promise<void> {
  await screen(page, texts.ballot.title);
  await stop('4-ballot-empty');
  await page.getByRole('radio', { name: '李雪梅' }).check();
  for (const name of ['Ada', 'Chiara', 'Emre']) {
    await page.getByRole('checkbox', { name }).check();
  }
  await page.getByRole('radio', { name: 'No · Нет' }).check();
  await stop('4-ballot');
  await click(page, texts.ballot.review);
  await screen(page, texts.review.title);
  await stop('5-review');
}

async function encrypt(page: Page, texts: Catalogue, stop: Stop): Promise<void> {
  await click(page, texts.review.encrypt);
  await screen(page, texts.recording.title);
  await stop('6-recording');
  await screen(page, texts.sealed.title);
  await stop('7-sealed');
  await click(page, texts.sealed.check);
  await screen(page, texts.challenged.title);
  await stop('7-challenged');
  await click(page, texts.challenged.anew);
  await click(page, texts.ballot.review);
  await click(page, texts.review.encrypt);
  await screen(page, texts.sealed.title);
}

/** Votes: checks one ballot, casts another, and looks at the receipt. */
export async function walk(page: Page, stage: Stage, language: Language, stop: Stop): Promise<void> {
  const texts = catalogues[language];
  await screen(page, texts.overview.title);
  await page.getByText(texts.overview.heard(3, 3)).waitFor();
  await stop('1-overview');
  await click(page, texts.overview.vote);
  await signIn(page, texts, stop);
  await fillIn(page, texts, stop);
  await encrypt(page, texts, stop);
  await click(page, texts.sealed.cast);
  await screen(page, texts.delivering.title);
  await page.getByText('→').waitFor();
  await stop('8-delivering');
  await stage.deliver(page);
  await screen(page, texts.final.title);
  await stop('9-final');
  await page.getByRole('link', { name: texts.final.check }).click();
  await page.getByText(texts.receipt.included).waitFor();
  await stop('10-receipt');
}
