// People vote in a browser with everything real behind the pages, and the result is theirs.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, devices, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { en } from '../../src/locale/en';
import { LAUNCH, picture, screen } from '../pages/stage';
import { PollingPlace, type Voter } from './polling-place';

const PAGES = fileURLToPath(new URL('../../dist', import.meta.url));
/** Four minutes. */
const VOTING_BLOCKS = '80';
/** Registration is three minutes, on a busy machine more. */
const OPENING_PATIENCE = 420_000;
/** Recording an issue takes finality, and delivery relays and finality again. */
const CHAIN_PATIENCE = 120_000;

let place: PollingPlace;
let browser: Browser;

beforeAll(async () => {
  place = await PollingPlace.open(PAGES, ['--voting-blocks', VOTING_BLOCKS, '--relay-delay', '0']);
  browser = await chromium.launch(LAUNCH);
});
afterAll(async () => {
  await browser.close();
  await place.close();
});

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click({ timeout: CHAIN_PATIENCE });
}

/** Signs in and enters the code, once for each registrar of the quorum. */
async function identify(page: Page, voter: Voter): Promise<void> {
  for (let registrar = 0; registrar < place.opened.registrars.length; registrar += 1) {
    await screen(page, en.signIn.title);
    await page.getByLabel(en.signIn.identity).fill(voter.identity);
    await page.getByLabel(en.signIn.birthDate).fill(voter.birth_date);
    await click(page, en.signIn.submit);
    await screen(page, en.code.title);
    await click(page, en.code.send);
    await page.getByLabel(en.code.label).fill(await place.code(voter));
    await click(page, en.code.submit);
  }
  await screen(page, en.ballot.title);
}

/** Selects the first option of every contest. */
async function select(page: Page): Promise<void> {
  const contests = page.locator('fieldset');
  for (let contest = 0; contest < (await contests.count()); contest += 1) {
    const [radio, box] = [contests.nth(contest).getByRole('radio'), contests.nth(contest).getByRole('checkbox')];
    await ((await radio.count()) > 0 ? radio : box).first().check();
  }
}

async function encrypt(page: Page): Promise<void> {
  await click(page, en.ballot.review);
  await click(page, en.review.encrypt);
  await page
    .getByRole('heading', { level: 1, name: en.sealed.title, exact: true })
    .waitFor({ timeout: CHAIN_PATIENCE });
}

/** Casts; resolves with the seconds until the page said that the ballot is final. */
async function cast(page: Page): Promise<number> {
  const begun = Date.now();
  await click(page, en.sealed.cast);
  await page
    .getByRole('heading', { level: 1, name: en.final.title, exact: true })
    .waitFor({ timeout: CHAIN_PATIENCE });
  return (Date.now() - begun) / 1000;
}

async function checkReceipt(page: Page): Promise<void> {
  await page.getByRole('link', { name: en.final.check }).click();
  await page.getByText(en.receipt.included).waitFor({ timeout: CHAIN_PATIENCE });
}

function voter(number: number): Voter {
  const found = place.opened.voters[number];
  if (found === undefined) {
    throw new Error(`there is no voter ${number}`);
  }
  return found;
}

test('two people vote, and their votes are the result', async () => {
  const desktop = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await desktop.goto(place.opened.page);
  await desktop.getByRole('button', { name: en.overview.vote }).click({ timeout: OPENING_PATIENCE });
  await identify(desktop, voter(0));
  await select(desktop);
  await encrypt(desktop);
  const first = await cast(desktop);
  await picture(desktop, 'real-final');
  await checkReceipt(desktop);
  await picture(desktop, 'real-receipt');

  const telephone = await (await browser.newContext({ ...devices['Pixel 5'], locale: 'en-GB' })).newPage();
  await telephone.goto(place.opened.page);
  await telephone.getByRole('button', { name: en.overview.vote }).click({ timeout: CHAIN_PATIENCE });
  await identify(telephone, voter(2));
  await select(telephone);
  await encrypt(telephone);
  await click(telephone, en.sealed.check);
  await screen(telephone, en.challenged.title);
  await click(telephone, en.challenged.anew);
  await encrypt(telephone);
  const second = await cast(telephone);
  await picture(telephone, 'real-telephone-final');
  process.stdout.write(`cast to final, two relays without delay: ${first.toFixed(1)} s, ${second.toFixed(1)} s\n`);

  const words = await place.end();
  expect(words.trimEnd().endsWith('AUDIT OK')).toBe(true);
  const results = JSON.parse(await readFile(join(place.opened.out, 'results.json'), 'utf8')) as {
    districts: { id: number; ballots: number; contests: { counts: number[] }[] }[];
  };
  const voted = [voter(0).district, voter(2).district];
  for (const district of results.districts) {
    const ballots = voted.filter((id) => id === district.id).length;
    expect(district.ballots).toBe(ballots);
    for (const { counts } of district.contests) {
      expect(counts).toEqual(counts.map((_, option) => (option === 0 ? ballots : 0)));
    }
  }
});
