// The observers' page: what it shows is what the chain holds, and what a node changes is found out.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { toHex } from '../../src/encoding/hex';
import { address } from '../../src/observe/account';
import { en } from '../../src/observe/texts/en';
import { ru } from '../../src/observe/texts/ru';
import { inspect } from './accessibility';
import { validators } from './fakes/observed-chain';
import { trackerOf } from './fakes/observed-election';
import { figure, ObserveStage, verified } from './observe-stage';
import { browser, picture, SIZES } from './stage';

/** Counts as the fake trustees decrypt them: fixed numbers, which nothing else here follows from. */
const COUNTS = new Map([
  [1, [[70, 41, 88, 17], [90, 31, 77, 64, 112, 8, 55], [140, 76]]],
  [2, [[31, 12, 40]]],
]);

let chromium: Browser;
let stage: ObserveStage;

beforeAll(async () => {
  chromium = await browser();
});
afterAll(() => chromium.close());
afterEach(async () => {
  const { complaints } = stage;
  await stage.close();
  expect(complaints).toEqual([]);
});

/** Ballots over some blocks, more in one district than in the other. */
function castMany(many: number): void {
  for (let at = 0; at < many; at += 1) {
    stage.held.cast(at % 4 === 3 ? 2 : 1, at);
    if (at % 5 === 4) {
      stage.chain.seal(at % 35 === 34 ? 1 : 0);
    }
  }
  stage.chain.seal();
}

/** The page's numbers beside what was put into the chain. */
async function compareFigures(page: Page): Promise<void> {
  const cast = [1, 2].map((district) => stage.held.castIn(district));
  await expect.poll(() => figure(page, 'cast')).toBe(String((cast[0] ?? 0) + (cast[1] ?? 0)));
  expect(await figure(page, 'registered')).toBe('550');
  expect(await figure(page, 'issued')).toBe('400');
  for (const [place, district] of [1, 2].entries()) {
    const cells = await page.locator(`tr[data-district="${district}"] td`).allInnerTexts();
    expect(cells[2]).toBe(String(cast[place]));
  }
}

test('the light client’s figures follow the chain, block by block', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(70);
  const page = await stage.visit();
  await verified(page);
  await page.locator('[data-source=light][data-live]').waitFor();
  await compareFigures(page);
  expect(await page.locator('#phase').innerText()).toBe(en.phase.voting);

  const ballot = stage.held.cast(2, 1_000);
  stage.chain.seal();
  await page.getByText(en.source.signedBy(3, 3)).waitFor();
  await page.locator(`tr[data-tracker="${trackerOf(ballot)}"]`).waitFor();
  const cells = await page.locator(`tr[data-tracker="${trackerOf(ballot)}"] > *`).allInnerTexts();
  expect(cells[0]).toBe('70');
  expect(cells[4]).toBe(String(ballot.block));
  await compareFigures(page);
  await picture(page, 'observe-voting');
  // Nothing but the pages' own server was asked over HTTP.
  expect([...stage.hosts]).toEqual([new URL(stage.site.server.url).host]);
});

test('a node’s figures are the same, and the page says which it reads from', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(30);
  const page = await stage.visit();
  await verified(page);
  await page.getByRole('button', { name: en.source.node, exact: true }).click();
  await page.locator('[data-source=node][data-live]').waitFor();
  await page.getByText(en.source.readingNode(stage.nodes[0]?.url ?? '')).waitFor();
  await compareFigures(page);
  await page.getByRole('button', { name: en.source.light, exact: true }).click();
  await page.locator('[data-source=light][data-live]').waitFor();
});

test('nodes that lie are named and left, one after the other, and the honest one is read', async () => {
  stage = await ObserveStage.open(chromium, { voting: { start: 2, end: 8 } }, 3);
  castMany(20);
  stage.held.freeze();
  const result = stage.held.publish(COUNTS);
  stage.chain.seal();
  const [first, second, honest] = stage.nodes;
  if (first === undefined || second === undefined || honest === undefined) {
    throw new Error('there are three nodes');
  }
  const text = toHex(result).slice(2);
  first.lies = [{ from: text, to: text.replace('58000000', '59000000') }];
  second.lies = [{ from: '"stateRoot":"0x', to: `"stateRoot":"0x${'00'.repeat(32)}","old":"0x` }];
  const page = await stage.visit('desktop', '?source=node');
  await page.getByText(en.source.lies(first.url)).waitFor();
  await page.getByText(en.source.lies(second.url)).waitFor();
  await page.locator('[data-result=proven]').waitFor();
  await page.getByText(en.source.readingNode(honest.url)).waitFor();
  const votes = await page.locator('[data-district="1"] [data-contest="1"] tbody tr').allInnerTexts();
  expect(votes.map((row) => row.split(/\s*\t\s*/).slice(0, 2))).toEqual([
    ['李雪梅', '88'],
    ['Amara Okafor', '70'],
    ['Борис Седов', '41'],
    ['Yannis Παπαδάκης', '17'],
  ]);
  await picture(page, 'observe-liars');
});

test('where every node lies nothing is shown, and the page says so', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(10);
  const tracker = trackerOf(stage.held.cast(1, 99)).slice(2);
  stage.chain.seal();
  stage.nodes.forEach((node) => {
    node.lies = [{ from: tracker, to: '00'.repeat(32) }];
  });
  const page = await stage.visit('desktop', '?source=node');
  await page.getByText(en.source.exhausted).waitFor();
  expect(await page.locator('[data-figure]').count()).toBe(0);
  expect(await page.locator('[data-verified=yes]').count()).toBe(0);
  await inspect(page, 'every node lies');
});

test('a light client that finds another chain is not used, and a node is', async () => {
  stage = await ObserveStage.open(chromium);
  stage.network.lies = [{ from: stage.chain.genesis, to: `0x${'33'.repeat(32)}` }];
  const page = await stage.visit();
  await page.getByText(en.source.lightLies).waitFor();
  await page.locator('[data-source=node][data-live]').waitFor();
});

test('a node that falls silent is left for the next', async () => {
  stage = await ObserveStage.open(chromium);
  const page = await stage.visit('desktop', '?source=node');
  await verified(page);
  await stage.nodes[0]?.stop();
  await page.getByText(en.source.readingNode(stage.nodes[1]?.url ?? '')).waitFor({ timeout: 30_000 });
  stage.chain.seal();
  await verified(page);
});

test('ballots, accounts and voters are looked up', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(10);
  stage.held.voter(77n, 1, true);
  stage.held.voter(78n, 1, false);
  stage.held.dissent(78n, 2, 1);
  stage.chain.seal();
  const page = await stage.visit();
  await verified(page);
  const ballot = stage.held.ballots[3];
  if (ballot === undefined) {
    throw new Error('there are ten ballots');
  }
  const ask = async (subject: string, text: string) => {
    await page.getByLabel(subject, { exact: true }).first().check();
    await page.locator('input[name=look-up]').fill(text);
    await page.getByRole('button', { name: en.lookUp.go, exact: true }).click();
  };
  const part = page.locator('section[aria-labelledby=look-up]');
  for (const [subject, text] of [
    [en.lookUp.tracker, trackerOf(ballot).slice(2)],
    [en.lookUp.account, address(toHex(ballot.account))],
    [en.lookUp.index, '3'],
  ] as const) {
    await ask(subject, text);
    await part.locator(`tr[data-tracker="${trackerOf(ballot)}"]`).waitFor();
    await ask(subject, subject === en.lookUp.account ? address(`0x${'00'.repeat(32)}`) : subject === en.lookUp.index ? '999' : 'ab'.repeat(32));
    await part.getByText('there is no such entry').waitFor();
  }
  await ask(en.lookUp.voter, '77');
  await part.getByText(`${en.lookUp.participating}. ${en.lookUp.wasIssued}.`).waitFor();
  await part.getByText('City Registry, Court Registry').first().waitFor();
  const dissent = part.locator('dt', { hasText: en.lookUp.dissent('Old Town · 老城') });
  expect(await dissent.count()).toBe(0);
  await ask(en.lookUp.voter, '78');
  await dissent.waitFor();
  expect(await dissent.locator('xpath=following-sibling::dd').innerText()).toBe('Court Registry');
  await ask(en.lookUp.tracker, 'xyz');
  await part.getByText(en.lookUp.bad.tracker).waitFor();
});

test('trustees who are late are named, and shares are counted', async () => {
  stage = await ObserveStage.open(chromium);
  stage.held.ceremony('dealing', [2], 1, [3]);
  stage.chain.seal();
  const page = await stage.visit();
  await verified(page);
  const row = (name: string) => page.locator('section[aria-labelledby=trustees] tr', { hasText: name });
  await page.locator('[data-stage=dealing]').waitFor();
  expect(await row('Faculty of Law').innerText()).toContain(en.ceremony.parts.late);
  expect(await row('Old Town Parish').innerText()).toContain(`${en.ceremony.parts.excluded}: ${en.ceremony.faults.silent}`);
  expect(await row('North Observatory').innerText()).toContain(en.ceremony.parts.done);

  stage.held.cast(1, 1);
  stage.held.ceremony('complete');
  stage.held.freeze();
  stage.held.share(1, 1, 40);
  stage.held.share(1, 2, null, 2);
  stage.chain.seal();
  await row('North Observatory').getByText(en.ceremony.sent('1', '1')).waitFor();
  expect(await row('Faculty of Law').innerText()).toContain('2 wrong shares');
});

test('validators who take over are shown, and those who left for as long as their blocks are', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(5);
  const page = await stage.visit();
  await verified(page);
  const names = () => page.locator('tr[data-validator] th').allInnerTexts();
  await expect.poll(names).toEqual([1, 2, 3].map(en.validators.name));
  stage.chain.handOver(validators(4).slice(1));
  stage.chain.seal();
  const [first, second, third, fourth] = [1, 2, 3, 4].map(en.validators.name);
  await expect.poll(names).toEqual([first, second, third, en.validators.left(fourth ?? '')]);
});

test('voting is accessible, on a desk and on a telephone, in both languages', async () => {
  stage = await ObserveStage.open(chromium, { voting: { start: 2, end: 42 } });
  castMany(20);
  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    const page = await stage.visit(size, '', size === 'telephone' ? 'ru-RU' : 'en-GB');
    await verified(page);
    await page.getByText(size === 'telephone' ? ru.table : en.table).click();
    await page.locator('[aria-labelledby=hours] table').waitFor();
    await inspect(page, `voting on a ${size}`);
    await picture(page, `observe-voting-${size}`);
  }
});

test('the result is shown as it is decrypted, and is accessible', async () => {
  stage = await ObserveStage.open(chromium, { voting: { start: 2, end: 8 } });
  castMany(30);
  stage.held.freeze();
  [1, 2].forEach((trustee) => [1, 2].forEach((district) => stage.held.share(district, trustee, 9)));
  stage.held.settle(1, COUNTS.get(1) ?? []);
  stage.chain.seal();
  const page = await stage.visit('desktop');
  await page.getByText(en.result.partly).waitFor();
  await page.getByText(en.result.pending).waitFor();
  stage.held.publish(COUNTS);
  stage.chain.seal();
  await page.locator('[data-result=proven]').waitFor();
  await inspect(page, 'result on a desk');
  await picture(page, 'observe-result-desktop');
  const telephone = await stage.visit('telephone', '', 'ru-RU');
  await telephone.locator('[data-result=proven]').waitFor();
  await inspect(telephone, 'result on a telephone');
  await picture(telephone, 'observe-result-telephone');
});

test('the keyboard reaches everything', async () => {
  stage = await ObserveStage.open(chromium);
  castMany(5);
  const page = await stage.visit();
  await verified(page);
  await page.locator('section[aria-labelledby=validators] table').waitFor();
  const reached = new Set<string>();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.textContent.trim() ?? ''));
  }
  for (const name of [en.source.light, en.source.node, en.source.what, en.table, en.lookUp.go]) {
    expect([...reached], name).toContain(name);
  }
});
