// What nodes prove about the ballot of a receipt, and about one that only the tracker is known of.

import { afterEach, beforeEach, expect, test } from 'vitest';

import { FakeNetwork } from '../../tests/pages/fakes/network';
import { ELECTION } from '../../tests/pages/fakes/observed-election';
import type { Witnesses } from '../chain/witnesses';
import type { Hex } from '../encoding/hex';
import { contradicted, inquire, lookFor, type Outcome } from './inquiry';
import type { Receipts } from './receipts';

let network: FakeNetwork;
let witnesses: Witnesses;

beforeEach(async () => {
  network = await FakeNetwork.start();
});

afterEach(async () => {
  witnesses.close();
  await network.stop();
});

const ABSENT: Hex = `0x${'0d'.repeat(32)}`;
const ballot = (index: number) => network.chain.ballots[index] ?? { tracker: ABSENT, block: 0 };
const says = ({ nodes: words }: Outcome) => words.map((word) => word.says);

function open(ballots: number): Witnesses['nodes'] {
  network.chain.castOthers(ballots);
  network.chain.height += 1;
  witnesses = network.witnesses();
  return witnesses.nodes;
}

/** Believes a receipt that says so. */
const verified = (index: number): Receipts => ({
  verify: () => Promise.resolve({ kind: 'included', election: ELECTION, ...ballot(index), account: null }),
});

const receiptOf = (index: number) => JSON.stringify({ index });

test('nodes prove the page of a receipt’s ballot, and no other question is asked', async () => {
  const outcome = await inquire(verified(70), open(100), ELECTION, receiptOf(70));
  expect(says(outcome)).toEqual(['has', 'has', 'has']);
  expect(outcome.block).toBe(ballot(70).block);
  expect(contradicted(outcome)).toBe(false);
  const said = network.nodes.flatMap((node) => node.questions).join();
  expect(said).not.toContain(ballot(70).tracker.slice(2));
  expect(said).not.toContain('election_');
});

test('a receipt that proves nothing is not asked about', async () => {
  const refuses: Receipts = { verify: () => Promise.resolve({ kind: 'refused', reason: 'no' }) };
  expect(await inquire(refuses, open(1), ELECTION, receiptOf(0))).toMatchObject({ verdict: { reason: 'no' }, nodes: [] });
});

test.each(['withholds', 'changes', 'ahead'] as const)('a node that %s is named, and the others are believed', async (manner) => {
  network.nodes[1].manner = manner;
  const asked = open(100);
  const outcome = await inquire(verified(70), asked, ELECTION, receiptOf(70));
  expect(says(outcome)).toEqual(['has', 'lies', 'has']);
  expect(contradicted(outcome)).toBe(true);
  const looked = await lookFor(asked, ELECTION, ballot(70).tracker);
  expect(says(looked)).toEqual(['has', 'lies', 'has']);
  expect(looked.block).toBe(ballot(70).block);
});

test('a node that is behind is not accused', async () => {
  network.nodes[2].manner = 'late';
  const outcome = await inquire(verified(3), open(5), ELECTION, receiptOf(3));
  expect(says(outcome)).toEqual(['has', 'has', 'silent']);
  expect(contradicted(outcome)).toBe(false);
});

test('a tracker is searched for here, from the newest ballot to the oldest', async () => {
  const asked = open(1_300);
  expect((await lookFor(asked, ELECTION, ballot(2).tracker)).block).toBe(ballot(2).block);
  const nothing = await lookFor(asked, ELECTION, ABSENT);
  expect(nothing.block).toBeNull();
  expect(says(nothing)).toEqual(['lacks', 'lacks', 'lacks']);
  expect(contradicted(nothing)).toBe(false);
  expect(network.nodes.flatMap((node) => node.questions).join()).not.toContain(ballot(2).tracker.slice(2));
});
