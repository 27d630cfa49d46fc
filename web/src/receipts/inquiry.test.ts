import { expect, test } from 'vitest';

import type { BallotRecord } from '../chain/node';
import type { Word } from '../delivery/look';
import { compareWords, contradicted } from './inquiry';

const tracker = `0x${'0a'.repeat(32)}` as const;
const record: BallotRecord = { index: 0, account: '5a', tracker, district: 1, block: 40 };

function word(url: string, finalised: number | null, found: BallotRecord | null): Word {
  return { url, finalised: finalised === null ? null : { number: finalised, hash: '0x00' }, record: found };
}

const proven = { kind: 'included', election: 0, tracker, block: 40, account: '5a' } as const;
const says = (words: Word[]) => compareWords(words, tracker, proven).nodes.map((node) => node.says);

test('nodes that withhold or change a proven ballot are named, even if they are the majority', () => {
  const liars = [word('b', 50, null), word('c', 50, { ...record, block: 41 }), word('d', 50, { ...record, account: '5b' })];
  const words = [word('a', 50, record), ...liars];
  expect(says(words)).toEqual(['has', 'denies', 'differs', 'differs']);
  expect(contradicted(compareWords(words, tracker, proven))).toBe(true);
});

test('a single node that denies a proven ballot is contradicted by the proof', () => {
  expect(contradicted(compareWords([word('a', 50, null)], tracker, null))).toBe(false);
  expect(contradicted(compareWords([word('a', 50, null)], tracker, proven))).toBe(true);
});

test('a node that is behind or silent is not accused', () => {
  expect(says([word('a', 39, null), word('b', null, null)])).toEqual(['silent', 'silent']);
});

test('without a proof, what most nodes say is the reference', () => {
  const words = [word('a', 50, record), word('b', 50, record), word('c', 50, { ...record, account: '5b' })];
  const outcome = compareWords(words, tracker, null);
  expect(outcome.nodes.map((node) => node.says)).toEqual(['has', 'has', 'differs']);
  expect(outcome.block).toBe(40);
  expect(contradicted(outcome)).toBe(true);
});

test('a tracker that nobody knows is in no block', () => {
  const outcome = compareWords([word('a', 50, null), word('b', 50, null)], tracker, null);
  expect(outcome.block).toBeNull();
  expect(contradicted(outcome)).toBe(false);
});
