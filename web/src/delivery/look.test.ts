import { expect, test } from 'vitest';

import type { BallotRecord } from '../chain/node';
import { findings, type Word } from './look';

const tracker = `0x${'0a'.repeat(32)}` as const;
const record: BallotRecord = { index: 3, account: '5abc', tracker, district: 1, block: 40 };

function word(url: string, finalised: number | null, found: BallotRecord | null): Word {
  return { url, finalised: finalised === null ? null : { number: finalised, hash: '0x00' }, record: found };
}

test('a node that withholds a ballot which others have is named', () => {
  const found = findings([word('a', 41, record), word('b', 41, record), word('c', 41, null)], tracker);
  expect(found).toMatchObject({ confirmed: ['a', 'b'], denying: ['c'], block: 41, record });
});

test('a node that shows another ballot under the tracker is named', () => {
  const changed = { ...record, account: '5other' };
  const found = findings([word('a', 41, record), word('b', 41, record), word('c', 41, changed)], tracker);
  expect(found.denying).toEqual(['c']);
});

test('a node that is behind, or silent, denies nothing', () => {
  const found = findings([word('a', 41, record), word('b', 39, null), word('c', null, null)], tracker);
  expect(found).toMatchObject({ asked: ['a', 'b'], confirmed: ['a'], denying: [], behind: ['b'] });
});

test('an answer about another tracker, or from the future, confirms nothing', () => {
  const other = { ...record, tracker: `0x${'0b'.repeat(32)}` as const };
  expect(findings([word('a', 41, other)], tracker).confirmed).toEqual([]);
  expect(findings([word('a', 39, record)], tracker).confirmed).toEqual([]);
});

test('where no node answers nothing is known', () => {
  expect(findings([word('a', null, null)], tracker)).toEqual({
    asked: [],
    confirmed: [],
    denying: [],
    behind: [],
    record: null,
    block: 0,
  });
});
