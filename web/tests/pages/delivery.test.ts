// What can happen to a ballot on its way, and what lying nodes can do about it: nothing unnoticed.

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import type { Manner } from './fakes/chain';
import { browser, fillIn, type Options, picture, screen, Stage, toBallot, toSealed } from './stage';

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

async function cast(options: Options = {}): Promise<Page> {
  stage = await Stage.open(chromium, options);
  const page = await stage.visit();
  await toBallot(page, options.schedule?.quorum ?? 1);
  await fillIn(page);
  await toSealed(page);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await screen(page, 'Your ballot is on its way');
  return page;
}

const held = () => stage.relays.reduce((sum, relay) => sum + relay.held.length, 0);

test('two registrars make a quorum', async () => {
  await cast({ schedule: { quorum: 2 } });
  expect(stage.registrars.map((registrar) => registrar.signed.length)).toEqual([1, 1]);
});

test('a relay that takes nothing is passed by', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  const [first, second] = stage.relays;
  if (first === undefined || second === undefined) {
    throw new Error('there are relays');
  }
  first.full = true;
  await second.server.stop();
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText(/Handed over to/).waitFor({ timeout: 40_000 });
  expect(stage.relays[2]?.held).toHaveLength(1);
});

test('a relay that loses a ballot loses no vote: it goes another way', async () => {
  // Without a delay the page's patience is its slack alone.
  const page = await cast({ schedule: { relayDelay: 0 } });
  await page.getByText(/Handed over to/).waitFor();
  expect(held()).toBe(1);
  await page.getByText('Handed over 2 times').waitFor({ timeout: 80_000 });
  expect(held()).toBe(2);
  await picture(page, 'desktop-8-again');
  await stage.deliver(page);
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  expect(stage.chain.ballots).toHaveLength(1);
});

test('nodes that restart while delivering are found again', async () => {
  const page = await cast();
  await page.getByText(/Handed over to/).waitFor();
  await Promise.all(stage.nodes.map((node) => node.stop()));
  await page.getByText('No node answers at the moment').waitFor({ timeout: 30_000 });
  await stage.deliver(page);
  await Promise.all(stage.nodes.map((node) => node.start()));
  await screen(page, 'Your ballot is in the box');
});

test('without relays a ballot goes to the nodes', async () => {
  const page = await cast({ relays: 0 });
  await screen(page, 'Your ballot is in the box');
  expect(stage.nodes.filter((node) => node.submitted.length > 0)).toHaveLength(1);
});

test('a ballot that every node refuses is kept and said to be refused', async () => {
  stage = await Stage.open(chromium, { relays: 0 });
  stage.chain.refuse = 18;
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText('The nodes refuse the ballot (reason 18)').waitFor({ timeout: 60_000 });
  await screen(page, 'Your ballot is on its way');
});

test('shortly before closing a ballot with the relays goes to a node as well', async () => {
  const page = await cast({ schedule: { voting: { start: 20, end: 200 } } });
  await page.getByText(/Handed over to/).waitFor();
  stage.chain.height = 192;
  await page.getByText('Voting closes soon, so the ballot was also given').waitFor({ timeout: 20_000 });
  await screen(page, 'Your ballot is in the box');
  // Nothing else than the ballot itself names it to a node.
  const account = stage.chain.ballots[0]?.account.slice(2) ?? '';
  const naming = stage.nodes.flatMap((node) => node.questions).filter((question) => question.includes(account));
  expect(naming.map((question) => (JSON.parse(question) as { method: string }).method)).toEqual(['author_submitExtrinsic']);
});

test('a ballot that has missed the closing block is said to have missed it', async () => {
  const page = await cast({ schedule: { voting: { start: 20, end: 200 } } });
  await page.getByText(/Handed over to/).waitFor();
  stage.chain.refuse = 4;
  stage.chain.height = 195;
  await page.getByText('it came too late and is not counted').waitFor({ timeout: 60_000 });
});

test.each(['withholds', 'changes'] as Manner[])('a node that %s a ballot is named', async (manner) => {
  const page = await cast();
  const [, , liar] = stage.nodes;
  if (liar === undefined) {
    throw new Error('there are three nodes');
  }
  liar.manner = manner;
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await page.getByText(`${liar.url} said what the validators have not signed`).waitFor();
  await picture(page, `desktop-9-node-${manner}`);
  await page.getByRole('link', { name: 'Check the receipt now' }).click();
  await page.getByText('A node contradicts what is signed by the validators').waitFor();
  const line = page.getByRole('listitem').filter({ hasText: liar.url });
  expect(await line.textContent()).toContain('says what the validators have not signed');
  await picture(page, `desktop-10-node-${manner}`);
});

test('a node that claims that voting is over is named, and brings no ballot past the relays', async () => {
  const page = await cast();
  await page.getByText(/Handed over to/).waitFor();
  const [liar] = stage.nodes;
  if (liar === undefined) {
    throw new Error('there are three nodes');
  }
  liar.manner = 'ahead';
  await page.getByText(`${liar.url} said what the validators have not signed`).waitFor();
  await page.waitForTimeout(7_000);
  expect(await page.getByText('Voting closes soon').count()).toBe(0);
  expect(await page.getByText('it came too late').count()).toBe(0);
  expect(stage.nodes.flatMap((node) => node.submitted)).toEqual([]);
  // Nor does it keep a voter who has cast from going on.
  await page.reload();
  await screen(page, 'Your ballot is on its way');
  await page.getByText(`${liar.url} said what the validators have not signed`).waitFor();
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
});

test('no node is told which ballot the page waits for, not even by the receipt or its check', async () => {
  stage = await Stage.open(chromium);
  stage.chain.castOthers(70);
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText(/Handed over to/).waitFor();
  stage.chain.castOthers(70);
  // What is looked at is kept: a reload goes on where the ballot was cast.
  await page.reload();
  await screen(page, 'Your ballot is on its way');
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await page.waitForTimeout(2_000);
  await page.getByRole('link', { name: 'Check the receipt now' }).click();
  await page.getByText('The receipt is genuine').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'has the same ballot in the same block' }).nth(2).waitFor();
  const ballot = stage.chain.ballots.at(-1);
  expect(stage.chain.ballots).toHaveLength(141);
  const questions = stage.nodes.flatMap((node) => node.questions);
  expect(questions.filter((question) => question.includes('state_getReadProof')).length).toBeGreaterThan(10);
  for (const secret of [ballot?.tracker, ballot?.account]) {
    expect(questions.filter((question) => question.includes(secret?.slice(2) ?? ''))).toEqual([]);
  }
});

test.each([
  ['otherKey', 'said what the validators have not signed'],
  ['otherManifest', 'said what the validators have not signed'],
  ['ahead', 'said what the validators have not signed'],
  ['otherVersion', 'The nodes contradict each other about the ballot paper, the key or the program'],
  ['otherChain', 'belongs to another chain'],
] as [Manner, string][])('with a node that is %s nobody votes', async (manner, text) => {
  stage = await Stage.open(chromium);
  const [, liar] = stage.nodes;
  if (liar === undefined) {
    throw new Error('there are three nodes');
  }
  liar.manner = manner;
  const page = await stage.visit();
  await page.getByText(text).waitFor();
  expect(await page.getByText(liar.url).count()).toBeGreaterThan(0);
  expect(await page.getByRole('button', { name: 'Vote now' }).count()).toBe(0);
  await picture(page, `desktop-0-${manner}`);
  liar.manner = 'honest';
  await page.getByRole('button', { name: 'Try again' }).click();
  await screen(page, 'What is being decided');
});

test('a lie that comes before casting is told in the voter’s language, and the ballot stays', async () => {
  stage = await Stage.open(chromium);
  const page = await stage.visit();
  await toBallot(page);
  await fillIn(page);
  await toSealed(page);
  const [, liar] = stage.nodes;
  if (liar === undefined) {
    throw new Error('there are three nodes');
  }
  liar.manner = 'otherKey';
  await page.getByRole('button', { name: 'Cast this ballot' }).click();
  await page.getByText(`${liar.url} said what the validators have not signed`).waitFor();
  await page.getByRole('button', { name: 'Русский' }).click();
  await page.getByText(`${liar.url} сообщает то, чего валидаторы не подписывали`).waitFor();
  liar.manner = 'honest';
  await page.getByRole('button', { name: 'Попробовать ещё раз' }).click();
  await page.getByRole('button', { name: 'English' }).click();
  await screen(page, 'Is this what you want?');
});

test.each(['otherManifest', 'otherKey', 'ahead'] as Manner[])('a single node that is %s is not believed', async (manner) => {
  stage = await Stage.open(chromium, { nodes: 1 });
  Object.assign(stage.nodes[0] ?? {}, { manner });
  const page = await stage.visit();
  await page.getByText('said what the validators have not signed').waitFor();
  expect(await page.getByRole('button', { name: 'Vote now' }).count()).toBe(0);
});

test('other texts beside the right bytes are not shown: the options are read from what is hashed', async () => {
  stage = await Stage.open(chromium, { nodes: 1 });
  Object.assign(stage.nodes[0] ?? {}, { manner: 'otherTexts' });
  const page = await stage.visit();
  await toBallot(page);
  const options = page.getByRole('group', { name: 'Mayor · Мэр' }).getByRole('radio');
  expect(await options.count()).toBe(5);
  await page.getByRole('radio', { name: 'Amara Okafor' }).waitFor();
  expect(await page.getByText('Somebody Else').count()).toBe(0);
});

test('a node that has stopped makes nobody wait, and is said to be behind', async () => {
  stage = await Stage.open(chromium);
  const [, late] = stage.nodes;
  if (late === undefined) {
    throw new Error('there are three nodes');
  }
  late.manner = 'late';
  stage.chain.height += 20;
  const page = await stage.visit();
  await screen(page, 'What is being decided');
  await page.getByText('2 of 3 nodes say the same').waitFor();
  await page.getByText(`${late.url} does not answer, or is far behind`).waitFor();
});

test('a receipt that was changed proves nothing', async () => {
  const page = await cast();
  await stage.deliver(page);
  await screen(page, 'Your ballot is in the box');
  await page.getByRole('link', { name: 'Check the receipt now' }).click();
  await page.getByText('The receipt is genuine').waitFor();
  const area = page.getByLabel('Paste the receipt');
  await area.fill((await area.inputValue()).replace(/"tracker":"0x.{8}/, '"tracker":"0x0d0d0d0d'));
  await page.getByRole('button', { name: 'Check' }).first().click();
  await page.getByText('The receipt proves nothing').waitFor();
  await page.getByLabel('or look for a tracker').fill(`0x${'0'.repeat(64)}`);
  await page.getByRole('button', { name: 'Check' }).last().click();
  await page.getByText('No node that was asked knows this tracker').waitFor();
});
