import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { BallotRecord, Node } from '../chain/node';
import type { Delivery, Progress } from '../flow/state';
import { Courier, type Means } from './courier';
import { LOOK_MS, MAX_LOOKS_AFTER_PROOF, NEWS_MS } from './policy';

const tracker = `0x${'0a'.repeat(32)}` as const;
const record: BallotRecord = { index: 0, account: '5abc', tracker, district: 1, block: 40 };
const delivery: Delivery = {
  election: 0,
  genesis: '0x00',
  district: 1,
  extrinsic: '0x01',
  tracker,
  account: '0x02',
  castAt: 0,
  castAfterBlock: 38,
};

/** A node that says what the test has it say, and counts. */
class FakeNode {
  record: BallotRecord | null = null;
  finalised = 39;
  looks = 0;
  submissions = 0;
  followed = 0;
  private readonly listeners = new Set<() => void>();

  constructor(readonly url: string) {}

  tell(): void {
    this.listeners.forEach((listener) => listener());
  }

  get heard(): number {
    return this.listeners.size;
  }

  asNode(): Node {
    return {
      url: this.url,
      finalised: () => Promise.resolve({ number: this.finalised, hash: '0x00' }),
      ballotByTracker: () => {
        this.looks += 1;
        return Promise.resolve(this.record);
      },
      submit: () => {
        this.submissions += 1;
        return Promise.resolve({ kind: 'accepted' });
      },
      followFinality: () => {
        this.followed += 1;
        return Promise.resolve();
      },
      onNews: (listener: () => void) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    } as unknown as Node;
  }
}

let nodes: FakeNode[];
let progress: Progress[];
let courier: Courier;

beforeEach(() => {
  vi.useFakeTimers();
  nodes = [new FakeNode('a'), new FakeNode('b')];
  progress = [];
  const means: Means = {
    nodes: nodes.map((node) => node.asNode()),
    relays: [],
    hops: 0,
    relayDelay: 0,
    closing: 1_000,
    booth: { seal: () => Promise.reject(new Error('there are no relays')) },
  };
  courier = new Courier(delivery, means, {
    progress: (now) => progress.push(now),
    refused: () => expect.unreachable(),
    proven: () => Promise.resolve(true),
  });
});
afterEach(() => {
  courier.end();
  vi.useRealTimers();
});

const all = (count: (node: FakeNode) => number) => nodes.reduce((sum, node) => sum + count(node), 0);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a ballot that was just cast is handed over before anybody is asked for it', async () => {
  courier.start(39);
  await pass(0);
  expect(all((node) => node.submissions)).toBe(1);
  expect(all((node) => node.looks)).toBe(0);
});

test('a ballot that was cast earlier is looked for first', async () => {
  nodes.forEach((node) => Object.assign(node, { record, finalised: 41 }));
  courier.start(null);
  await pass(0);
  expect(all((node) => node.submissions)).toBe(0);
  expect(progress.at(-1)?.confirmed).toEqual(['a', 'b']);
  expect(all((node) => node.heard)).toBe(0);
});

test('news of a final block is followed by a look at once, and by one only', async () => {
  courier.start(39);
  await pass(0);
  nodes.forEach((node) => node.tell());
  nodes.forEach((node) => node.tell());
  await pass(NEWS_MS);
  expect(nodes.map((node) => node.looks)).toEqual([1, 1]);
  await pass(LOOK_MS - 1);
  expect(nodes.map((node) => node.looks)).toEqual([1, 1]);
  await pass(1);
  expect(nodes.map((node) => node.looks)).toEqual([2, 2]);
  // Every round sees to it that the nodes go on telling.
  expect(nodes.map((node) => node.followed)).toEqual([3, 3]);
});

test('a node that lags when the ballot is proven is asked until it shows or denies it', async () => {
  const [first, second] = nodes;
  if (first === undefined || second === undefined) {
    throw new Error('there are two nodes');
  }
  Object.assign(first, { record, finalised: 40 });
  courier.start(null);
  await pass(0);
  expect(progress.at(-1)).toMatchObject({ confirmed: ['a'], denying: [] });
  second.finalised = 40;
  await pass(LOOK_MS);
  expect(progress.at(-1)).toMatchObject({ confirmed: ['a'], denying: ['b'] });
  const { looks } = second;
  await pass(10 * LOOK_MS);
  expect(second.looks).toBe(looks);
});

test('a node that never catches up is not asked for ever', async () => {
  Object.assign(nodes[0] ?? {}, { record, finalised: 40 });
  courier.start(null);
  await pass(100 * LOOK_MS);
  expect(nodes[1]?.looks).toBe(MAX_LOOKS_AFTER_PROOF);
});
