// Signing in by a provider, applying and withdrawing, and changing the language on the way.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { browser, CODE, enterCode, picture, screen, signIn, Stage } from './stage';

let chromium: Browser;
let stage: Stage;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
afterEach(async () => {
  const { complaints } = stage;
  await stage.close();
  expect(complaints).toEqual([]);
});

const REGISTRATION = { registration: { start: 1, end: 1_000 }, voting: { start: 2_000, end: 5_000 } };

test('a provider confirms the voter, who comes back to where they were', async () => {
  stage = await Stage.open(chromium);
  stage.registrars.forEach((registrar) => {
    registrar.ways = ['oidc'];
  });
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await page.getByRole('button', { name: 'Sign in with the state’s service' }).click();
  await screen(page, 'One-time code');
  // Neither code nor state stays in the address.
  expect(new URL(page.url()).search).toBe('');
  await enterCode(page, CODE);
  await screen(page, 'Your ballot');
});

test('an answer to a sign-in that this browser did not begin is not taken', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit('desktop', '/?code=confirmed&state=somebody-elses');
  await screen(page, 'What is being decided');
  expect(new URL(page.url()).search).toBe('');
});

test('a provider that answers another sign-in, or lets nobody in, leaves the voter at the sign-in', async () => {
  stage = await Stage.open(chromium);
  const provide = (provides: 'confirms' | 'strays' | 'declines') =>
    stage.registrars.forEach((registrar) => Object.assign(registrar, { ways: ['oidc'], provides }));
  const goThere = () => page.getByRole('button', { name: 'Sign in with the state’s service' }).click();
  provide('strays');
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await goThere();
  await page.waitForURL((url) => url.search === '');
  await page.getByRole('button', { name: 'Sign in with the state’s service' }).waitFor();
  // The registrar was not even asked.
  expect(stage.registrars.map((registrar) => registrar.completions)).toEqual(stage.registrars.map(() => 0));
  provide('declines');
  await goThere();
  await page.getByText('The sign-in service did not confirm who you are. Please try again.').waitFor();
  await screen(page, 'Sign in');
  expect(new URL(page.url()).search).toBe('');
  provide('confirms');
  await goThere();
  await screen(page, 'One-time code');
});

test('a registrar that passes another one’s sign-in on as its own is not given the answer', async () => {
  stage = await Stage.open(chromium, { schedule: { quorum: 2 } });
  const [dishonest, honest] = stage.registrars;
  if (dishonest === undefined || honest === undefined) {
    throw new Error('there are two registrars');
  }
  stage.registrars.forEach((registrar) => {
    registrar.ways = ['oidc'];
  });
  dishonest.passesOn = honest;
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await page.getByRole('button', { name: 'Sign in with the state’s service' }).click();
  await page.getByText('The sign-in service’s answer was for another registrar').waitFor();
  await screen(page, 'Sign in');
  expect(new URL(page.url()).search).toBe('');
  expect(stage.registrars.map((registrar) => registrar.completions)).toEqual(stage.registrars.map(() => 0));
  dishonest.passesOn = null;
  await page.getByRole('button', { name: 'Sign in with the state’s service' }).click();
  await screen(page, 'One-time code');
  await page.getByRole('button', { name: 'Send me the code' }).click();
  // As the manifest calls it, whatever the registrar calls itself.
  await page.getByText('The message must name this registrar: City Registry.').waitFor();
});

test('a voter applies with every registrar of the quorum, withdraws, and leaves nothing', async () => {
  stage = await Stage.open(chromium, { schedule: { ...REGISTRATION, quorum: 2 } });
  const page = await stage.visit();
  await page.getByText('Applications are open').waitFor();
  expect(await page.getByRole('button', { name: 'Vote now' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Apply or withdraw' }).click();
  await signIn(page);
  await screen(page, 'Your application');
  await page.getByText('You have not applied.').waitFor();
  await page.getByRole('button', { name: 'Apply for the electronic vote' }).click();
  await page.getByText('You have applied for the electronic vote.').waitFor();
  await page.getByText('9223372036854775901').waitFor();
  await picture(page, 'desktop-3-application');
  await page.getByRole('button', { name: 'Go to the next registrar' }).click();
  await page.getByText('Court Registry').waitFor();
  await signIn(page);
  await page.getByRole('button', { name: 'Apply for the electronic vote' }).click();
  await page.getByText('You have applied for the electronic vote.').waitFor();
  expect(stage.registrars.map((registrar) => registrar.application)).toEqual(['applied', 'applied']);
  await page.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText('You have withdrawn your application.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await screen(page, 'What is being decided');
  await page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
});

test('between registration and voting there is nothing to do', async () => {
  stage = await Stage.open(chromium, { schedule: { registration: { start: 1, end: 10 }, voting: { start: 2_000, end: 5_000 } } });
  const page = await stage.visit();
  await page.getByText('Applications are closed, voting has not opened yet').waitFor();
  expect(await page.getByRole('button', { name: /Vote now|Apply/ }).count()).toBe(0);
});

test('when voting opens the page says so by itself', async () => {
  stage = await Stage.open(chromium, { schedule: { registration: { start: 1, end: 10 }, voting: { start: 120, end: 5_000 } } });
  const page = await stage.visit();
  await page.getByText('Applications are closed, voting has not opened yet').waitFor();
  await page.getByRole('button', { name: 'Vote now' }).click({ timeout: 30_000 });
  await screen(page, 'Sign in');
});

test('after the closing block nobody is led to a ballot', async () => {
  stage = await Stage.open(chromium, { schedule: { voting: { start: 20, end: 50 } } });
  const page = await stage.visit();
  await page.getByText('Voting has closed').waitFor();
  expect(await page.getByRole('button', { name: 'Vote now' }).count()).toBe(0);
});

test('another language takes nothing away, and is remembered', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await screen(page, 'Sign in');
  await page.getByLabel('Identity number').fill('AB-10');
  await page.getByRole('button', { name: 'Русский' }).click();
  await screen(page, 'Вход');
  expect(await page.getByLabel('Номер документа').inputValue()).toBe('AB-10');
  expect(await page.locator('html').getAttribute('lang')).toBe('ru');
  await page.reload();
  await screen(page, 'Вход');
});

test('a registrar that holds another ballot paper is not used', async () => {
  stage = await Stage.open(chromium);
  const [registrar] = stage.registrars;
  if (registrar !== undefined) {
    registrar.manifestHash = `0x${'0d'.repeat(32)}`;
  }
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await page.getByText('The registrar holds another ballot paper than the chain').waitFor();
});
