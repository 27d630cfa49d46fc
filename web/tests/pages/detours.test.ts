// What does not go straight: wrong codes, expired sessions, reloads, second tabs, the back button.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { browser, CODE, enterCode, fillIn, picture, screen, signIn, Stage, toBallot, toSealed } from './stage';
import { keptAt, reloadAt } from './vault';

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

test('a ballot that was checked cannot be cast, and a new one can', async () => {
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  const first = await page.locator('[data-hash]').getAttribute('data-hash');
  await page.getByRole('button', { name: 'Check this ballot' }).click();
  await screen(page, 'Check with a second device');
  await page.getByRole('img', { name: 'Square code with the data of the opened ballot' }).waitFor();
  await picture(page, 'desktop-7-challenged');
  expect(await page.getByRole('button', { name: 'Cast this ballot' }).count()).toBe(0);
  // The code that the second device has to show is still in view.
  expect(await page.locator('[data-hash]').getAttribute('data-hash')).toBe(first);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the file', exact: true }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('opened-ballot.txt');
  await page.getByRole('button', { name: 'Make a new ballot' }).click();
  await screen(page, 'Your ballot');
  // The selections are still there, and may be changed.
  expect(await page.getByRole('radio', { name: '李雪梅' }).isChecked()).toBe(true);
  await toSealed(page);
  const second = await page.locator('[data-hash]').getAttribute('data-hash');
  expect(second).not.toBe(first);
  expect(await page.getByText('1 ballot checked on this device so far').count()).toBe(1);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  expect(stage.registrars[0]?.signed).toHaveLength(1);
});

test('wrong data and a wrong code are told, and nothing is lost', async () => {
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await screen(page, 'Sign in');
  await page.getByLabel('Identity number').fill('nobody');
  await page.getByLabel('Date of birth').fill('1990-01-01');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('No voter with these data is on the roll').waitFor();
  expect(await page.getByLabel('Identity number').inputValue()).toBe('nobody');
  await signIn(page);
  await enterCode(page, '000000');
  await page.getByText('That is not the code').waitFor();
  await picture(page, 'desktop-3-wrong-code');
  await page.getByLabel('Code from the message').fill(CODE.replace(/(...)/, '$1 '));
  await page.getByRole('button', { name: 'Open the ballot' }).click();
  await screen(page, 'Your ballot');
});

test('too many wrong codes have to be waited out, and another code be sent', async () => {
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await signIn(page);
  await enterCode(page, '000000');
  await page.getByText('That is not the code').waitFor();
  for (const code of ['000001', '000002']) {
    await page.getByLabel('Code from the message').fill(code);
    await page.getByRole('button', { name: 'Open the ballot' }).click();
    await page.getByRole('button', { name: 'Open the ballot' }).and(page.locator(':not([aria-disabled])')).waitFor();
  }
  await page.getByText('Too many wrong codes').waitFor();
  await page.getByText('Try again in 60 seconds').waitFor();
  await page.getByRole('button', { name: 'Send another code' }).click();
  await page.getByLabel('Code from the message').fill(CODE);
  await page.getByRole('button', { name: 'Open the ballot' }).click();
  await screen(page, 'Your ballot');
  expect(stage.registrars[0]?.codesSent).toBe(2);
});

test('an expired session leaves no selections, and costs no right to vote', async () => {
  const [registrar] = stage.registrars;
  if (registrar === undefined) {
    throw new Error('there is a registrar');
  }
  registrar.sessionMs = 4_000;
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await screen(page, 'Sign in');
  await page.getByText('The time is over').waitFor();
  await picture(page, 'desktop-2-expired');
  registrar.sessionMs = 900_000;
  await signIn(page);
  await enterCode(page, CODE);
  await screen(page, 'Your ballot');
  expect(await page.getByRole('radio', { name: '李雪梅' }).isChecked()).toBe(false);
  expect(await page.getByRole('checkbox', { name: 'Emre' }).isChecked()).toBe(false);
  await fillIn(page);
  await toSealed(page);
});

test('what was selected is gone from the disk where nobody comes back in time', async () => {
  const [registrar] = stage.registrars;
  if (registrar === undefined) {
    throw new Error('there is a registrar');
  }
  registrar.sessionMs = 15_000;
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await keptAt(page, 'ballot', 4);
  await page.goto('about:blank');
  await page.waitForTimeout(registrar.sessionMs);
  await page.goto(stage.site.server.url);
  await screen(page, 'Sign in');
  await page.getByText('The time is over').waitFor();
  await keptAt(page, 'signIn', 0);
});

test('who leaves the device in the middle leaves no selections, and finds the right to vote again', async () => {
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await page.getByRole('button', { name: 'Leave this device' }).click();
  await screen(page, 'What is being decided');
  // Nothing was asked of a registrar yet, so nothing is kept.
  await page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  await page.getByRole('button', { name: 'Leave this device' }).click();
  await screen(page, 'What is being decided');
  await reloadAt(page, 'overview', 0);
  await screen(page, 'What is being decided');
  await toBallot(page);
  expect(await page.getByRole('radio', { name: '李雪梅' }).isChecked()).toBe(false);
  await fillIn(page);
  await toSealed(page);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  expect(stage.registrars[0]?.signed).toHaveLength(1);
});

test('a reload on any screen before casting loses nothing, and asks for one signature only', async () => {
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Vote now' }).click();
  await signIn(page);
  await screen(page, 'One-time code');
  await reloadAt(page, 'code', 0);
  await enterCode(page, CODE);
  await screen(page, 'Your ballot');
  await fillIn(page);
  await reloadAt(page, 'ballot', 4);
  await screen(page, 'Your ballot');
  await page.getByText('Welcome back').waitFor();
  expect(await page.getByRole('radio', { name: '李雪梅' }).isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Review' }).click();
  await screen(page, 'Is this what you want?');
  await reloadAt(page, 'review', 4);
  await screen(page, 'Is this what you want?');
  // In the middle of the registrar's recording.
  const [registrar] = stage.registrars;
  if (registrar !== undefined) {
    registrar.recording = 3;
  }
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Preparing your ballot');
  await page.waitForTimeout(1_000);
  await reloadAt(page, 'recording', 4);
  await screen(page, 'Is this what you want?');
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
  await reloadAt(page, 'sealed', 4);
  await screen(page, 'Is this what you want?');
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  await page.reload();
  await screen(page, 'Your ballot is on its way');
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await page.reload();
  await screen(page, 'Your ballot is in the box');
  expect(registrar?.signed).toHaveLength(1);
  expect(stage.chain.ballots).toHaveLength(1);
});

test('a lost connection loses nothing', async () => {
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await page.getByRole('button', { name: 'Review' }).click();
  const [registrar] = stage.registrars;
  if (registrar !== undefined) {
    registrar.down = true;
  }
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await page.getByText('The registrar cannot be reached').waitFor({ timeout: 40_000 });
  await screen(page, 'Is this what you want?');
  if (registrar !== undefined) {
    registrar.down = false;
  }
  await page.getByRole('button', { name: 'Encrypt my ballot' }).click();
  await screen(page, 'Check it or cast it');
});

test('a second tab waits, or takes over and finds everything', async () => {
  const context = await stage.context();
  const first = await context.newPage();
  await first.goto(stage.site.server.url);
  await toBallot(first);
  await fillIn(first);
  await keptAt(first, 'ballot', 4);
  const second = await context.newPage();
  await second.goto(stage.site.server.url);
  await screen(second, 'The vote is open in another tab');
  await second.getByRole('button', { name: 'Continue in this tab' }).click();
  await screen(second, 'Your ballot');
  expect(await second.getByRole('radio', { name: '李雪梅' }).isChecked()).toBe(true);
  await screen(first, 'The vote went on in another tab');
  await toSealed(second);
  await second.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(second, 'Your ballot is on its way');
  await first.getByRole('button', { name: 'Continue in this tab' }).click();
  await screen(first, 'Your ballot is on its way');
});

test('the back button leads to the ballot before casting, and nowhere after', async () => {
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await page.goBack();
  await page.waitForTimeout(300);
  await screen(page, 'Your ballot');
  await page.getByRole('button', { name: 'Review' }).click();
  await screen(page, 'Is this what you want?');
  await page.goBack();
  await screen(page, 'Your ballot');
  await toSealed(page);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  await page.goBack();
  await page.waitForTimeout(300);
  await screen(page, 'Your ballot is on its way');
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await page.goBack();
  await page.waitForTimeout(300);
  await screen(page, 'Your ballot is in the box');
});

test('a slow machine misses nothing: neither that another tab has the vote, nor a screen to go back to', async () => {
  const context = await stage.context();
  // What the page leaves for after the first picture runs two seconds later.
  await context.addInitScript(() => {
    const [later, frame] = [window.setTimeout.bind(window), window.requestAnimationFrame.bind(window)];
    const slow = (ms: number | undefined) => (ms === undefined || ms < 200 ? 2_000 : ms);
    Object.assign(window, {
      setTimeout: (handler: TimerHandler, ms?: number, ...rest: unknown[]) => later(handler, slow(ms), ...rest),
      requestAnimationFrame: (callback: FrameRequestCallback) => later(() => frame(callback), 2_000),
    });
  });
  const first = await context.newPage();
  await first.goto(stage.site.server.url);
  await toBallot(first);
  await fillIn(first);
  await first.getByRole('button', { name: 'Review' }).click();
  await screen(first, 'Is this what you want?');
  await first.goBack();
  await screen(first, 'Your ballot');
  const second = await context.newPage();
  await second.goto(stage.site.server.url);
  await screen(second, 'The vote is open in another tab');
});
