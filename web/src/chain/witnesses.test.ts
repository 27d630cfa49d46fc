import { describe, expect, test } from 'vitest';

import type { Hex } from '../encoding/hex';
import type { Manifest } from './node';
import { compare, MAX_LAG, NodesDisagree, type Testimony } from './witnesses';

const hex = (byte: string): Hex => `0x${byte.repeat(32)}`;
const genesis = hex('01');

const manifest: Manifest = {
  encoded: '0xaa',
  hash: hex('02'),
  title: 'T',
  districts: [],
  registrars: [],
  trustees: [],
  threshold: 2,
  quorum: 1,
  registration: { start: 1, end: 2 },
  voting: { start: 3, end: 4 },
  revote: 'forbidden',
  relayDelay: 1,
};

const says = (url: string, changes: Partial<Testimony> = {}): Testimony => ({
  url,
  finalised: { number: 100, hash: hex('03') },
  genesis,
  phase: 'voting',
  manifest,
  electionKey: hex('04'),
  version: { spec: 1, transaction: 1 },
  ...changes,
});

function disagreement(heard: readonly Testimony[]): unknown {
  try {
    compare({ election: 0, genesis }, heard, []);
  } catch (error) {
    return error instanceof NodesDisagree ? error.disagreement : error;
  }
  return null;
}

describe('nodes that agree', () => {
  test('are believed at the block that all of them have', () => {
    const heard = [says('a'), says('b', { finalised: { number: 98, hash: hex('05') } })];
    const election = compare({ election: 0, genesis }, heard, [{ url: 'c', reason: 'down' }]);
    expect(election).toMatchObject({ block: { number: 98 }, heard: ['a', 'b'], silent: [{ url: 'c' }] });
  });

  test('may know the key one block apart', () => {
    const heard = [says('a', { electionKey: null }), says('b')];
    expect(compare({ election: 0, genesis }, heard, []).electionKey).toBe(hex('04'));
  });
});

describe('a node that lies', () => {
  test('about the key is named', () => {
    const found = disagreement([says('a'), says('b', { electionKey: hex('0e') }), says('c')]);
    expect(found).toEqual({ kind: 'differs', what: 'electionKey', urls: ['b'] });
  });

  test('about the manifest is named, and of two both are', () => {
    const liar = says('b', { manifest: { ...manifest, encoded: '0xbb' } });
    expect(disagreement([says('a'), liar, says('c')])).toEqual({ kind: 'differs', what: 'manifest', urls: ['b'] });
    expect(disagreement([says('a'), liar])).toEqual({ kind: 'differs', what: 'manifest', urls: ['a', 'b'] });
  });

  test('about the runtime, for which ballots would be signed, is named', () => {
    const found = disagreement([says('a'), says('b'), says('c', { version: { spec: 2, transaction: 1 } })]);
    expect(found).toEqual({ kind: 'differs', what: 'version', urls: ['c'] });
  });

  test('by being of another chain is named', () => {
    expect(disagreement([says('a'), says('b', { genesis: hex('06') })])).toEqual({ kind: 'otherChain', url: 'b' });
  });
});

test('a node that is far behind is not heard', () => {
  const late = says('b', { finalised: { number: 100 - MAX_LAG - 1, hash: hex('05') }, electionKey: null });
  const election = compare({ election: 0, genesis }, [says('a'), late], []);
  expect(election.heard).toEqual(['a']);
  expect(election.silent).toEqual([{ url: 'b', reason: `${MAX_LAG + 1} blocks behind` }]);
});

test('where nobody answers there is nothing to vote on', () => {
  expect(disagreement([])).toEqual({ kind: 'nobody', silent: [] });
});
