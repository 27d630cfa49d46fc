import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { concat, u32 } from '../../../tools/second-verifier/src/bytes';
import { list } from '../../../tools/second-verifier/src/scale';
import { BALLOTS_PER_PAGE } from '../chain/state/decode';
import { keys } from '../chain/state/keys';
import type { Witness } from '../chain/witness';
import { fromHex, type Hex } from '../encoding/hex';
import type { Delivery, Progress } from '../flow/state';
import { Courier, type Means } from './courier';
import { LOOK_MS, LOOKS_AFTER_PROOF, NEWS_MS } from './policy';

const tracker: Hex = `0x${'0a'.repeat(32)}`;
const CLOSING = 1_000;
const delivery: Delivery = {
  election: 0,
  genesis: '0x00',
  district: 1,
  extrinsic: '0x01',
  tracker,
  account: '0x02',
  castAt: 0,
  castAfterBlock: 38,
  ballotsBefore: 0,
};

/** A node whose proofs are what the test says, and that counts. */
class FakeWitness {
  has = false;
  /** Ballots of others, before this one. */
  others = 0;
  silent = false;
  contradiction: Error | null = null;
  finalised = 39;
  looks = 0;
  submissions = 0;
  private readonly listeners = new Set<() => void>();

  constructor(readonly url: string) {}

  tell(): void {
    this.listeners.forEach((listener) => listener());
  }

  get heard(): number {
    return this.listeners.size;
  }

  private prove(wanted: readonly Hex[]): Promise<object> {
    if (this.silent) {
      return Promise.reject(new Error('away'));
    }
    const isCount = wanted[0] === keys.ballotCount(0);
    this.looks += isCount ? 1 : 0;
    const value = isCount ? u32(this.others + (this.has ? 1 : 0)) : this.page(wanted[0] ?? '0x');
    return Promise.resolve({ values: new Map(wanted.map((key) => [key, value])), nodes: [] });
  }

  private page(key: Hex): Uint8Array {
    const record = (of: Uint8Array) => concat(new Uint8Array(32), of, u32(1), u32(40), Uint8Array.of(0));
    const isLast = key === keys.ballotPage(0, this.others / BALLOTS_PER_PAGE);
    return list(isLast ? [record(fromHex(tracker))] : Array.from({ length: BALLOTS_PER_PAGE }, () => record(new Uint8Array(32))));
  }

  asWitness(): Witness {
    const standing = () => ({ block: { number: this.finalised }, evidence: { handovers: [] } });
    const contradiction = () => this.contradiction;
    return {
      url: this.url,
      get standing() {
        return standing();
      },
      get contradiction() {
        return contradiction();
      },
      prove: (wanted: readonly Hex[]) => this.prove(wanted),
      node: {
        url: this.url,
        submit: () => {
          this.submissions += 1;
          return Promise.resolve({ kind: 'accepted' });
        },
      },
      onNews: (listener: () => void) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    } as unknown as Witness;
  }
}

let nodes: FakeWitness[];
let progress: Progress[];
let refused: (number | null)[];
let collected: (readonly string[])[];
let proves: boolean;

/** A courier over no relays, or over one that takes everything. */
function courier(relayed = false): Courier {
  const means: Means = {
    nodes: nodes.map((node) => node.asWitness()),
    relays: relayed ? [{ url: 'http://relay', publicKey: '0x00' }] : [],
    hops: relayed ? 1 : 0,
    relayDelay: 0,
    closing: CLOSING,
    booth: { seal: () => Promise.resolve(new Uint8Array(1)) },
  };
  return new Courier(delivery, means, {
    progress: (now) => progress.push(now),
    refused: (code) => refused.push(code),
    proven: (receipts) => {
      collected.push(receipts);
      return Promise.resolve(proves);
    },
  });
}

let running: Courier;
const start = (castAt: number | null, relayed = false) => {
  running = courier(relayed);
  running.start(castAt);
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 202 })));
  nodes = [new FakeWitness('a'), new FakeWitness('b')];
  [progress, refused, collected, proves] = [[], [], [], true];
});
afterEach(() => {
  running.end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const all = (count: (node: FakeWitness) => number) => nodes.reduce((sum, node) => sum + count(node), 0);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a ballot that was just cast is handed over before anybody is asked for anything', async () => {
  start(39);
  await pass(0);
  expect(all((node) => node.submissions)).toBe(1);
  expect(all((node) => node.looks)).toBe(0);
});

test('a ballot that was cast earlier is looked for first', async () => {
  nodes.forEach((node) => Object.assign(node, { has: true, finalised: 41 }));
  start(null);
  await pass(0);
  expect(all((node) => node.submissions)).toBe(0);
  expect(progress.at(-1)?.confirmed).toEqual(['a', 'b']);
  expect(collected.map((receipts) => receipts.length)).toEqual([2]);
});

test('news of a final block is followed by a look at once, and by one only', async () => {
  start(39);
  await pass(0);
  nodes.forEach((node) => node.tell());
  nodes.forEach((node) => node.tell());
  await pass(NEWS_MS);
  expect(nodes.map((node) => node.looks)).toEqual([1, 1]);
  await pass(LOOK_MS - 1);
  expect(nodes.map((node) => node.looks)).toEqual([1, 1]);
  await pass(1);
  expect(nodes.map((node) => node.looks)).toEqual([2, 2]);
});

test('looking goes on after the proof, so that nobody sees when it came, but not for ever', async () => {
  nodes.forEach((node) => Object.assign(node, { has: true, finalised: 41 }));
  start(null);
  await pass((LOOKS_AFTER_PROOF.least - 1) * LOOK_MS);
  expect(nodes.map((node) => node.looks)).toEqual([LOOKS_AFTER_PROOF.least, LOOKS_AFTER_PROOF.least]);
  expect(collected).toHaveLength(1);
  await pass(2 * LOOKS_AFTER_PROOF.most * LOOK_MS);
  expect(nodes[0]?.looks).toBeLessThanOrEqual(LOOKS_AFTER_PROOF.most);
  expect(all((node) => node.heard)).toBe(0);
});

test('a node that says after the proof what is not signed is named', async () => {
  nodes.forEach((node) => Object.assign(node, { has: true, finalised: 41 }));
  start(null);
  await pass(0);
  expect(progress.at(-1)?.refuted).toEqual([]);
  Object.assign(nodes[1] ?? {}, { contradiction: new Error('unsigned') });
  await pass(LOOK_MS);
  expect(progress.at(-1)).toMatchObject({ confirmed: ['a', 'b'], refuted: ['b'] });
});

test('a receipt that does not prove itself is put together again', async () => {
  nodes.forEach((node) => Object.assign(node, { has: true, finalised: 41 }));
  proves = false;
  start(null);
  await pass(0);
  proves = true;
  await pass(LOOK_MS);
  expect(collected.map((receipts) => receipts.length)).toEqual([2, 2]);
  expect(refused).toEqual([]);
});

test('shortly before closing, by a proven block, the ballot goes to a node as well', async () => {
  start(39, true);
  await pass(0);
  Object.assign(nodes[0] ?? {}, { finalised: CLOSING - 11 });
  await pass(2 * LOOK_MS);
  expect(all((node) => node.submissions)).toBe(0);
  Object.assign(nodes[0] ?? {}, { finalised: CLOSING - 10 });
  await pass(LOOK_MS);
  expect(all((node) => node.submissions)).toBe(1);
});

test('a ballot that comes back late is not given up before everything is read', async () => {
  nodes.forEach((node) => Object.assign(node, { has: true, others: 40 * BALLOTS_PER_PAGE, finalised: CLOSING + 10 }));
  start(null, true);
  await pass(2 * NEWS_MS);
  expect([refused, collected.map((receipts) => receipts.length)]).toEqual([[], [2]]);
  expect(all((node) => node.submissions)).toBe(0);
});

test('where nodes fall silent, or go back, what was proven stays', async () => {
  nodes.forEach((node) => Object.assign(node, { finalised: CLOSING + 9 }));
  start(null, true);
  await pass(0);
  expect(all((node) => node.submissions)).toBe(1);
  nodes.forEach((node) => Object.assign(node, { silent: true }));
  await pass(LOOK_MS);
  expect(progress.at(-1)).toMatchObject({ looked: 0, asked: [], lastResort: true });
  expect(refused).toEqual([]);
  nodes.forEach((node) => Object.assign(node, { silent: false, finalised: CLOSING + 10 }));
  await pass(LOOK_MS);
  expect(refused).toEqual([4]);
});
