// People vote in a browser with everything real behind the pages, while parts of it die; the result is
// theirs. One election: the tests are its moments, in this order.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, devices, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { en } from '../../src/locale/en';
import { LAUNCH, picture, screen } from '../pages/stage';
import {
  castToFinal,
  castToRelays,
  CHAIN_PATIENCE,
  chainScreen,
  checkReceipt,
  click,
  come,
  encrypt,
  enterCode,
  identify,
  requestCode,
  select,
  stillSelected,
} from './acts';
import { PollingPlace, type Voter } from './polling-place';

const PAGES = fileURLToPath(new URL('../../dist', import.meta.url));
/** Ten minutes: eight until the relays hold nothing any more, two until voting closes. */
const VOTING_BLOCKS = '200';
/** So long that every ballot is with the relays when they are killed, and when voting is about to close. */
const RELAY_DELAY = '600';
/** Registration is three minutes, on a busy machine more. */
const OPENING_PATIENCE = 420_000;
/** The whole vote. */
const VOTING_PATIENCE = 660_000;
/** A registrar sends a voter one code a minute. */
const CODE_MS = 61_000;
/** A minute more than a ballot session lasts. */
const SESSION = '16:00';
/** From ten blocks before closing until ten after, when a page gives up, and finality. */
const AFTER_CLOSING = 75_000;

let place: PollingPlace;
let browser: Browser;
/** Whose ballots are in the box, by district. */
const cast: number[] = [];

beforeAll(async () => {
  place = await PollingPlace.open(PAGES, ['--voting-blocks', VOTING_BLOCKS, '--relay-delay', RELAY_DELAY]);
  browser = await chromium.launch(LAUNCH);
});
afterAll(async () => {
  await browser.close();
  await place.close();
});

function context(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  return browser.newContext({ locale: 'en-GB', ...options });
}

function voter(number: number): Voter {
  const found = place.opened.voters[number];
  if (found === undefined) {
    throw new Error(`there is no voter ${number}`);
  }
  return found;
}

/** From the door to the encrypted ballot. */
async function prepare(who: Voter): Promise<Page> {
  const page = await (await context()).newPage();
  await come(page, place, CHAIN_PATIENCE);
  await identify(page, place, who);
  await select(page);
  await encrypt(page);
  return page;
}

let desktop: Page;
let telephone: Page;
let prompt: Page;
let lastMinute: Page;
let late: BrowserContext;

test('a wrong code, the back button and a second tab lose nothing, an expired session the selections', async () => {
  const who = voter(0);
  const profile = await context();
  const first = await profile.newPage();
  await come(first, place, OPENING_PATIENCE);
  const code = await requestCode(first, place, who);
  await enterCode(first, code === '000000' ? '000001' : '000000');
  await first.getByText(en.problems.wrong_code).waitFor();
  await picture(first, 'real-wrong-code');
  await enterCode(first, code);
  await enterCode(first, await requestCode(first, place, who));
  const asked = Date.now();
  await screen(first, en.ballot.title);
  await select(first);
  await first.goBack();
  await stillSelected(first);
  await click(first, en.ballot.review);
  await screen(first, en.review.title);
  await first.goBack();
  await stillSelected(first);

  desktop = await profile.newPage();
  await desktop.clock.install();
  await desktop.goto(place.opened.page);
  await screen(desktop, en.tabs.title);
  await picture(desktop, 'real-second-tab');
  await click(desktop, en.tabs.takeOver);
  await stillSelected(desktop);
  await screen(first, en.tabs.lostTitle);
  await first.close();

  await desktop.clock.fastForward(SESSION);
  await screen(desktop, en.signIn.title);
  await desktop.getByText(en.problems.session_expired).waitFor();
  await picture(desktop, 'real-expired');
  await pause(Math.max(0, CODE_MS - (Date.now() - asked)));
  await identify(desktop, place, who);
  // What was chosen has gone with the session: somebody else may sit here now.
  await screen(desktop, en.ballot.title);
  await select(desktop);
  await encrypt(desktop);
});

test('relays that are killed while they hold a ballot lose nothing', async () => {
  await castToRelays(desktop);
  await place.disturbRelays('kill');
  await picture(desktop, 'real-delivering');
  await place.disturbRelays('start');
  await screen(desktop, en.delivering.title);
  cast.push(voter(0).district);
});

test('a ballot is checked and another one cast, and a validator dies while it is delivered', async () => {
  telephone = await (await context(devices['Pixel 5'])).newPage();
  await come(telephone, place, CHAIN_PATIENCE);
  await identify(telephone, place, voter(2));
  await select(telephone);
  await encrypt(telephone);
  await click(telephone, en.sealed.check);
  await screen(telephone, en.challenged.title);
  await click(telephone, en.challenged.anew);
  await encrypt(telephone);
  await castToRelays(telephone);
  await place.disturb('kill', 'validator', 2);
  await pause(10_000);
  await picture(telephone, 'real-telephone-delivering');
  await place.disturb('start', 'validator', 2);
  cast.push(voter(2).district);
});

test('before voting closes the relays pass on everything that they hold', async () => {
  const [one, two, three] = [voter(1), voter(3), voter(4)];
  const [lost] = await Promise.all([
    prepare(three),
    prepare(one).then((page) => (prompt = page)),
    prepare(two).then((page) => (lastMinute = page)),
  ]);
  // Somebody's network fails in the moment of casting, and they close the page. A request that still waits for
  // its answer then would be let through.
  await lost.route('**/v1/envelopes', (route) => route.abort());
  const failed = lost.waitForEvent('requestfailed', (request) => request.url().endsWith('/v1/envelopes'));
  await click(lost, en.sealed.cast);
  await screen(lost, en.delivering.title);
  await failed;
  late = lost.context();
  await lost.close();
  for (const [page, name] of [
    [desktop, 'real'],
    [telephone, 'real-telephone'],
  ] as const) {
    await chainScreen(page, en.final.title, VOTING_PATIENCE);
    // It came over the relays, and once.
    expect(await page.getByText(en.delivering.lastResort).count()).toBe(0);
    await picture(page, `${name}-final`);
    await checkReceipt(page);
    await picture(page, `${name}-receipt`);
  }
});

test('a ballot that nobody holds up is final within seconds', async () => {
  const seconds = await castToFinal(prompt);
  process.stdout.write(`cast to final, two relays without delay: ${seconds.toFixed(1)} s\n`);
  cast.push(voter(1).district);
});

test('without any relay a ballot goes to a node at last; one that nobody could send is said to be lost', async () => {
  await place.disturbRelays('kill');
  await click(lastMinute, en.sealed.cast);
  await screen(lastMinute, en.delivering.title);
  await lastMinute.getByText(en.delivering.lastResort).waitFor({ timeout: VOTING_PATIENCE });
  await picture(lastMinute, 'real-last-resort');
  await chainScreen(lastMinute, en.final.title);
  cast.push(voter(3).district);

  const again = await late.newPage();
  await pause(AFTER_CLOSING);
  await again.goto(place.opened.page);
  await again.getByText(en.problems.missed).waitFor({ timeout: CHAIN_PATIENCE });
  await picture(again, 'real-missed');
});

test('the result is what was cast', async () => {
  const words = await place.end();
  expect(words.trimEnd().endsWith('AUDIT OK')).toBe(true);
  const results = JSON.parse(await readFile(join(place.opened.out, 'results.json'), 'utf8')) as {
    districts: { id: number; ballots: number; contests: { counts: number[] }[] }[];
  };
  expect(cast).toHaveLength(4);
  for (const district of results.districts) {
    const ballots = cast.filter((id) => id === district.id).length;
    expect(district.ballots).toBe(ballots);
    for (const { counts } of district.contests) {
      expect(counts).toEqual(counts.map((_, option) => (option === 0 ? ballots : 0)));
    }
  }
});
