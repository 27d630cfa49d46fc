// An election that is watched while every node but one lies: through a light client the page shows the truth,
// and through nodes it finds every lie before it shows it.

import { fileURLToPath } from 'node:url';
import { type Browser, chromium, devices, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { address, readAccount } from '../../src/observe/account';
import { keys } from '../../src/chain/state/keys';
import { en } from '../../src/observe/texts/en';
import { Site } from '../pages/fakes/site';
import { figure } from '../pages/observe-stage';
import { LAUNCH, picture } from '../pages/stage';
import { LyingProxy } from './lying-proxy';
import { ask, Observation } from './observation';

const PAGES = fileURLToPath(new URL('../../dist', import.meta.url));
const ELECTION = 1;
/** From the election's creation to its result, on a busy machine. */
const RESULT_PATIENCE = 600_000;

interface Counts {
  readonly district: number;
  readonly participating: number;
  readonly issued: number;
  readonly cast: number;
}

let observation: Observation;
let browser: Browser;
/** The page with one honest node among liars, and the page with liars alone. */
let sites: { mixed: Site; liars: Site };
let liars: { signatures: LyingProxy; ballots: LyingProxy; result: LyingProxy };
/** What the liars put in place of values of the state, once there are any. */
const values = new Map<string, string>();
let learning: ReturnType<typeof setInterval>;

/** Changes the byte at a place of a value in hexadecimal. */
function changedAt(value: string, at: number): string {
  const byte = Number.parseInt(value.slice(2 * at, 2 * at + 2), 16) ^ 1;
  return value.slice(0, 2 * at) + byte.toString(16).padStart(2, '0') + value.slice(2 * at + 2);
}

/** The liars know the true values, and what to put in their place. */
async function learn(): Promise<void> {
  for (const [name, key, at] of [
    ['ballots', keys.ballotPage(ELECTION, 0), 3],
    // Block, number of districts, district, ballots, outcome, contests, contest, counts: the first count.
    ['result', keys.result(ELECTION), 4 + 1 + 4 + 4 + 1 + 1 + 4 + 1],
  ] as const) {
    const value = await ask<string | null>(observation.rpcPort, 'state_getStorage', [key]).catch(() => null);
    if (value !== null) {
      values.set(`${name} ${value.slice(2)}`, changedAt(value.slice(2), at));
    }
  }
}

/** Puts what was learnt of a value in its place. */
const lieAbout = (name: string) => (said: string) =>
  [...values].reduce((text, [key, lie]) => (key.startsWith(`${name} `) ? text.replaceAll(key.slice(name.length + 1), lie) : text), said);

/** Changes a byte in the middle of every justification. */
const lieAboutSignatures = (said: string) =>
  said.replace(/("result":"0x[0-9a-f]{200})([0-9a-f]{2})/, (_, before: string, byte: string) => before + (byte === '00' ? '01' : '00'));

/** Serves the pages with these nodes. */
async function serve(nodes: readonly string[]): Promise<Site> {
  const site = new Site(PAGES);
  await site.server.start();
  const genesis = await ask<string>(observation.rpcPort, 'chain_getBlockHash', [0]);
  const services = { registrars: [], relays: [], hops: 0 };
  site.configuration = { election: ELECTION, genesis, nodes, ...services, chain_spec: './chain-spec.json' };
  site.files.set('/chain-spec.json', await observation.specification());
  site.peers = [observation.peerUrl];
  return site;
}

beforeAll(async () => {
  observation = await Observation.open();
  liars = {
    signatures: await LyingProxy.open(observation.url, lieAboutSignatures),
    ballots: await LyingProxy.open(observation.url, lieAbout('ballots')),
    result: await LyingProxy.open(observation.url, lieAbout('result')),
  };
  learning = setInterval(() => void learn(), 250);
  sites = {
    mixed: await serve([liars.signatures.url, liars.ballots.url, liars.result.url, observation.url]),
    liars: await serve([liars.signatures.url, liars.ballots.url]),
  };
  browser = await chromium.launch(LAUNCH);
});

afterAll(async () => {
  clearInterval(learning);
  await browser.close();
  await Promise.all(Object.values(sites).map((site) => site.server.stop()));
  await Promise.all(Object.values(liars).map((liar) => liar.close()));
  await observation.close();
});

/** The votes that the page shows, by district, contest and option. */
async function votes(page: Page): Promise<Record<string, number>> {
  const rows = await page.locator('[data-district] [data-contest] tr[data-option]').evaluateAll((all) =>
    all.map((row) => {
      const of = (name: string) => row.closest(`[data-${name}]`)?.getAttribute(`data-${name}`) ?? '';
      return [`${of('district')}/${of('contest')}/${of('option')}`, Number(row.querySelector('[data-votes]')?.getAttribute('data-votes'))];
    }),
  );
  return Object.fromEntries(rows) as Record<string, number>;
}

/** All figures of a district's row are those that the node gives. */
async function compareCounts(page: Page): Promise<void> {
  for (const counts of await ask<Counts[]>(observation.rpcPort, 'election_counts', [ELECTION])) {
    const cells = await page.locator(`tr[data-district="${counts.district}"] td`).allInnerTexts();
    expect(cells.slice(0, 3).map(Number)).toEqual([counts.participating, counts.issued, counts.cast]);
  }
}

test('the page verifies a result with every node but one lying', async () => {
  const light = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  const complaints: string[] = [];
  light.on('pageerror', (error) => complaints.push(error.message));
  await light.goto(`${sites.mixed.server.url}/observe.html`);
  await light.locator('[data-source=light][data-live]').waitFor({ timeout: RESULT_PATIENCE });
  const began = Date.now();
  await light.locator('[data-verified=yes]').waitFor({ timeout: RESULT_PATIENCE });

  const nodes = await (await browser.newContext({ ...devices['Pixel 5'], locale: 'en-GB' })).newPage();
  nodes.on('pageerror', (error) => complaints.push(error.message));
  await nodes.goto(`${sites.mixed.server.url}/observe.html?source=node`);
  // Signatures are changed from the start: the first node is left before a figure is shown.
  await nodes.getByText(en.source.lies(liars.signatures.url)).waitFor({ timeout: RESULT_PATIENCE });
  const deceived = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await deceived.goto(`${sites.liars.server.url}/observe.html?source=node`);

  await light.locator('[data-tracker]').first().waitFor({ timeout: RESULT_PATIENCE });
  await picture(light, 'real-observe-voting');
  await nodes.getByText(en.source.lies(liars.ballots.url)).waitFor({ timeout: RESULT_PATIENCE });
  expect(liars.ballots.lied).toBe(true);
  await showsNothing(deceived);

  await light.locator('[data-result=proven]').waitFor({ timeout: RESULT_PATIENCE });
  await picture(light, 'real-observe-result');
  const shownLight = await votes(light);
  await nodes.locator('[data-result=proven]').waitFor({ timeout: RESULT_PATIENCE });
  await nodes.getByText(en.source.lies(liars.result.url)).waitFor({ timeout: RESULT_PATIENCE });
  expect(liars.result.lied).toBe(true);
  await nodes.getByText(en.source.readingNode(observation.url)).waitFor();
  // The page was blank after the lie, and shows the result again.
  await nodes.locator('[data-result=proven]').waitFor({ timeout: RESULT_PATIENCE });
  await picture(nodes, 'real-observe-liars-telephone');
  const shownNodes = await votes(nodes);
  process.stdout.write(`result on the page ${((Date.now() - began) / 1_000).toFixed(0)} s after the first figure\n`);

  const results = await observation.end();
  const counted = results.districts.flatMap(({ id, ballots, contests }) =>
    ballots === 0 ? [] : contests.flatMap((contest) => contest.counts.map((count, option) => [`${id}/${contest.id}/${option}`, count] as const)),
  );
  expect(counted.length).toBeGreaterThan(5);
  expect(shownLight).toEqual(Object.fromEntries(counted));
  expect(shownNodes).toEqual(Object.fromEntries(counted));
  await compareCounts(light);
  const ballots = await ask<number>(observation.rpcPort, 'election_ballotCount', [ELECTION]);
  expect(await figure(light, 'cast')).toBe(String(ballots));
  expect(complaints).toEqual([]);

  await lookUpBallot(light);
});

interface Indexed {
  readonly index: number;
  readonly record: { readonly account: string; readonly tracker: string; readonly block: number };
}

/** A ballot is found by all that it is known by. */
async function lookUpBallot(page: Page): Promise<void> {
  const { index, record } = await ask<Indexed>(observation.rpcPort, 'election_ballotByIndex', [ELECTION, 5]);
  const part = page.locator('section[aria-labelledby=look-up]');
  const account = readAccount(record.account);
  for (const [subject, text] of [
    [en.lookUp.tracker, record.tracker],
    [en.lookUp.account, account === null ? '' : address(account)],
    [en.lookUp.index, String(index)],
  ] as const) {
    await part.getByLabel(subject, { exact: true }).first().check();
    await part.locator('input[name=look-up]').fill(text);
    await part.getByRole('button', { name: en.lookUp.go, exact: true }).click();
    const found = part.locator(`tr[data-tracker="${record.tracker}"]`);
    await found.waitFor({ timeout: 30_000 });
    expect((await found.locator('> *').allInnerTexts())[4]).toBe(String(record.block));
    await part.locator('input[name=look-up]').fill('');
  }
}

/** Where every node lies no figure is shown. */
async function showsNothing(page: Page): Promise<void> {
  await page.getByText(en.source.exhausted).waitFor({ timeout: RESULT_PATIENCE });
  await page.getByText(en.source.lies(liars.signatures.url)).waitFor();
  await page.getByText(en.source.lies(liars.ballots.url)).waitFor();
  expect(await page.locator('[data-figure]').count()).toBe(0);
  expect(await page.locator('[data-verified=yes]').count()).toBe(0);
  await page.close();
}
