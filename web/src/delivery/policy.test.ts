import { expect, test } from 'vitest';

import { next, patience, RETRY_MS, type Situation } from './policy';

const situation: Situation = {
  now: 1_000_000,
  handedOverAt: null,
  failedAt: null,
  hops: 2,
  meanDelay: 60_000,
  block: 100,
  closing: 1_000,
  lastResort: false,
};

test('a new ballot is handed over at once', () => {
  expect(next(situation)).toBe('handOver');
});

test('it is given three times the mean delay of its relays, then goes another way', () => {
  const wait = patience(2, 60_000);
  expect(wait).toBe(45_000 + 360_000);
  expect(next({ ...situation, handedOverAt: situation.now - wait + 1 })).toBe('wait');
  expect(next({ ...situation, handedOverAt: situation.now - wait })).toBe('handOver');
});

test('a relay that does not take it is not asked in a tight loop', () => {
  expect(next({ ...situation, failedAt: situation.now - 1 })).toBe('wait');
  expect(next({ ...situation, failedAt: situation.now - RETRY_MS })).toBe('handOver');
});

test('shortly before closing it goes to the nodes as well, once', () => {
  const late = { ...situation, handedOverAt: situation.now, block: 990 };
  expect(next({ ...late, block: 989 })).toBe('wait');
  expect(next(late)).toBe('direct');
  expect(next({ ...late, lastResort: true })).toBe('wait');
});

test('without relays there is no last resort to take', () => {
  expect(next({ ...situation, hops: 0, handedOverAt: situation.now, block: 995 })).toBe('wait');
});

test('it is given up only when it can no longer be in a block', () => {
  expect(next({ ...situation, lastResort: true, handedOverAt: situation.now, block: 1_009 })).toBe('wait');
  expect(next({ ...situation, block: 1_010 })).toBe('giveUp');
});
