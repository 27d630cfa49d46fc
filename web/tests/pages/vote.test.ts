// A voter's way through the pages, at both sizes and in both languages; every screen is looked at by
// axe, and a picture of it is kept.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { inspect, overflow } from './accessibility';
import { browser, picture, type SIZES, Stage } from './stage';
import { walk } from './walk';

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

test.each([
  ['desktop', 'en'],
  ['telephone', 'en'],
  ['desktop', 'ru'],
  ['telephone', 'ru'],
] as [keyof typeof SIZES, 'en' | 'ru'][])('at the size of a %s, in the language %s', async (size, language) => {
  const page = await stage.visit(size, '/', language === 'en' ? 'en-GB' : 'ru-RU');
  await walk(page, stage, language, async (name) => {
    await inspect(page, name);
    await picture(page, `${size}-${language}-${name}`);
  });
  expect(await page.locator('html').getAttribute('lang')).toBe(language);
  expect(stage.chain.ballots).toHaveLength(1);
  expect(stage.registrars[0]?.signed).toHaveLength(1);
  expect(stage.relays.flatMap((relay) => relay.held)).toHaveLength(1);
  // Nothing but this machine's own services was asked for anything.
  expect([...stage.hosts].filter((host) => !host.startsWith('127.0.0.1:') && host !== '')).toEqual([]);
});

test('at 200 % and with letters twice as large nothing is cut off', async () => {
  const context = await chromium.newContext({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  stage.contexts.push(context);
  const page = await context.newPage();
  await page.addInitScript(() => {
    addEventListener('DOMContentLoaded', () => {
      document.documentElement.style.fontSize = '212%';
    });
  });
  await page.goto(stage.site.server.url);
  await walk(page, stage, 'en', async (name) => {
    expect(await overflow(page), name).toBe(0);
    await picture(page, `zoom-${name}`);
  });
});

test('a script from right to left turns the whole layout', async () => {
  const page = await stage.visit();
  await walk(page, stage, 'en', async (name) => {
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    expect(await overflow(page), name).toBe(0);
    if (name === '4-ballot') {
      const box = await page.getByRole('radio', { name: '李雪梅' }).boundingBox();
      expect(box?.x).toBeGreaterThan(640);
      await picture(page, 'rtl-4-ballot');
    }
  });
});

/** Presses Tab until the element with this name has the focus; fails if it never gets there. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      const own = labels.length > 0 ? labels.map((label) => label.textContent).join(' ') : element?.textContent;
      return { name: own?.trim() ?? '', outline: element === null ? '' : getComputedStyle(element).outlineStyle };
    });
    if (focused.name.startsWith(name)) {
      expect(focused.outline, `${name} shows that it has the focus`).not.toBe('none');
      return;
    }
  }
  throw new Error(`Tab never leads to ${name}`);
}

test('a whole vote by keyboard alone, and every screen begins at its title', async () => {
  const page = await stage.visit();
  const press = async (name: string) => {
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  };
  const title = async (name: string) => {
    await page.waitForFunction((expected) => document.activeElement?.textContent === expected, name);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect(await page.title()).toContain(name);
  };
  await title('What is being decided');
  await press('Vote now');
  await title('Sign in');
  await page.getByLabel('Identity number').waitFor();
  await tabTo(page, 'Identity number');
  await page.keyboard.type('AB-1042');
  await tabTo(page, 'Date of birth');
  await page.keyboard.type('03121984');
  await press('Sign in');
  await title('One-time code');
  await press('Send me the code');
  await page.getByLabel('Code from the message').waitFor();
  await tabTo(page, 'Code from the message');
  await page.keyboard.type('483920');
  await page.keyboard.press('Enter');
  await title('Your ballot');
  // A group of radio buttons is one stop; the arrow keys choose within it, beginning at "blank".
  await tabTo(page, 'Leave blank');
  await page.keyboard.press('ArrowUp');
  await tabTo(page, 'Ada');
  await page.keyboard.press('Space');
  await tabTo(page, 'Chiara');
  await page.keyboard.press('Space');
  await tabTo(page, 'Yes · Да');
  await page.keyboard.press('Space');
  await press('Review');
  await title('Is this what you want?');
  expect(await page.getByRole('listitem').filter({ hasText: 'Yannis' }).count()).toBe(1);
  await press('Encrypt my ballot');
  await title('Check it or cast it');
  await press('Cast this ballot');
  await title('Your ballot is on its way');
  await stage.deliver(page);
  await title('Your ballot is in the box');
});

test('the rules of a contest stand before its options, and the limits hold without an error', async () => {
  const page = await stage.visit();
  await walk(page, stage, 'en', async (name) => {
    if (name === '4-ballot-empty') {
      const council = page.getByRole('group', { name: 'Council, two or three seats' });
      const text = (await council.textContent()) ?? '';
      expect(text.indexOf('Select 2 to 3 options. You may also leave it blank.')).toBeGreaterThan(0);
      expect(text.indexOf('Select 2 to 3')).toBeLessThan(text.indexOf('Ada'));
      await page.getByText('“Charter: may the council borrow?” still needs 1 option.').waitFor();
    }
    if (name === '4-ballot') {
      expect(await page.getByRole('checkbox', { name: 'Farida' }).isDisabled()).toBe(true);
      await page.getByRole('checkbox', { name: 'Ada' }).uncheck();
      expect(await page.getByRole('checkbox', { name: 'Farida' }).isDisabled()).toBe(false);
    }
  });
});
