import { expect, test } from 'vitest';

import { randomBelow, randomPath } from './path';

const relays = ['a', 'b', 'c', 'd'].map((name) => ({ url: `https://${name}`, publicKey: '0x00' as const }));

test('a path has so many different relays', () => {
  for (let round = 0; round < 100; round += 1) {
    const path = randomPath(relays, 3);
    expect(path).toHaveLength(3);
    expect(new Set(path)).toHaveLength(3);
  }
});

test('every relay comes in every place', () => {
  const seen = new Set<string>();
  for (let round = 0; round < 400; round += 1) {
    randomPath(relays, 2).forEach((relay, place) => seen.add(`${place}${relay.url}`));
  }
  // 8 places; that one is never drawn in 400 rounds has a probability below 10^-48.
  expect(seen).toHaveLength(8);
});

test('an entrance that failed is avoided, but not as a later hop, and not for ever', () => {
  const failed = new Set(['https://a', 'https://b', 'https://c']);
  for (let round = 0; round < 50; round += 1) {
    expect(randomPath(relays, 2, failed)[0]?.url).toBe('https://d');
  }
  expect(randomPath(relays, 2, new Set(relays.map((relay) => relay.url)))).toHaveLength(2);
});

test('without relays there is no path', () => {
  expect(randomPath([], 2)).toEqual([]);
});

test('numbers are below their bound', () => {
  for (let round = 0; round < 200; round += 1) {
    expect(randomBelow(3)).toBeLessThan(3);
  }
  expect(randomBelow(1)).toBe(0);
});
