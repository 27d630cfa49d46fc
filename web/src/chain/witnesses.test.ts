// What the page believes of an election is what nodes prove, whatever else they say.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { FakeNode } from '../../tests/pages/fakes/chain';
import { DISTRICTS, ELECTION_KEY, VOTING } from '../../tests/pages/fakes/election';
import { FakeNetwork } from '../../tests/pages/fakes/network';
import type { Hex } from '../encoding/hex';
import type { Paper } from './state/decode';
import { compare, type Disagreement, type Election, MAX_LAG, NodesDisagree, type Testimony, type Witnesses } from './witnesses';

const hex = (byte: string): Hex => `0x${byte.repeat(32)}`;
const genesis = hex('01');

const manifest: Paper = {
  encoded: '0xaa',
  hash: hex('02'),
  title: 'T',
  districts: [],
  registrars: [],
  trustees: [],
  threshold: 2,
  quorum: 1,
  registration: { start: 1, end: 2 },
  voting: { start: 3, end: 400 },
  revote: false,
  minimumBallots: 1,
  relayDelay: 1,
};

const says = (url: string, changes: Partial<Testimony> = {}): Testimony => ({
  url,
  block: { number: 100, hash: hex('03') },
  manifest,
  electionKey: hex('04'),
  ending: null,
  ballots: 7,
  version: { spec: 1, transaction: 1 },
  ...changes,
});

const behind = (by: number): Partial<Testimony> => ({ block: { number: 100 - by, hash: hex('05') }, ballots: 6, electionKey: null });

async function disagreement(work: () => unknown): Promise<Disagreement | null> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NodesDisagree) {
      return error.disagreement;
    }
    throw error;
  }
  return null;
}

const comparing = (...heard: readonly Testimony[]) => disagreement(() => compare({ election: 0, genesis }, heard, []));

describe('of what is proven', () => {
  test('the highest block counts, and those just behind say the same', () => {
    const election = compare({ election: 0, genesis }, [says('a', behind(2)), says('b')], [{ url: 'c', reason: 'down' }]);
    expect(election).toMatchObject({ block: { number: 100 }, ballots: 7, electionKey: hex('04'), phase: 'voting' });
    expect(election).toMatchObject({ heard: ['a', 'b'], silent: [{ url: 'c', reason: 'down' }] });
  });

  test('nodes far behind are behind, however many they are', () => {
    const late = behind(MAX_LAG + 1);
    const election = compare({ election: 0, genesis }, [says('a'), says('b', late), says('c', late)], []);
    expect(election.block.number).toBe(100);
    expect(election.heard).toEqual(['a']);
    expect(election.silent.map(({ url, reason }) => `${url} ${reason}`)).toEqual(['b 11 blocks behind', 'c 11 blocks behind']);
  });

  test('an ending is one', () => {
    const over = says('a', { ending: { kind: 'cancelled', why: 'consortium', text: 'flood' } });
    expect(compare({ election: 0, genesis }, [over], []).phase).toBe('cancelled');
  });

  test('two keys or two manifests stop everything, since validators have signed both', async () => {
    const key = await comparing(says('a'), says('b', { electionKey: hex('0e') }), says('c'));
    expect(key).toEqual({ kind: 'differs', what: 'electionKey', urls: ['b'] });
    const paper = await comparing(says('a'), says('b', { manifest: { ...manifest, encoded: '0xbb' } }));
    expect(paper).toEqual({ kind: 'differs', what: 'manifest', urls: ['a', 'b'] });
  });

  test('an election that is not there yet for a node that is behind is there', async () => {
    expect(await comparing(says('a'), says('b', { ...behind(3), manifest: null }))).toBeNull();
    expect(await comparing(says('a', { manifest: null }))).toEqual({ kind: 'unknownElection', url: 'a' });
  });

  test('where nobody proves anything there is nothing to vote on', async () => {
    expect(await comparing()).toEqual({ kind: 'nobody', silent: [] });
  });
});

test('the runtime’s version has no proof: a node that names another is named', async () => {
  const other = { version: { spec: 2, transaction: 1 } };
  expect(await comparing(says('a'), says('b'), says('c', other))).toEqual({ kind: 'differs', what: 'version', urls: ['c'] });
  // Unless it is of a time before an upgrade.
  expect(await comparing(says('a'), says('c', { ...other, ...behind(MAX_LAG + 1) }))).toBeNull();
});

describe('nodes of a chain', () => {
  let network: FakeNetwork;
  let witnesses: Witnesses;

  beforeEach(async () => {
    network = await FakeNetwork.start();
  });

  afterEach(async () => {
    witnesses.close();
    await network.stop();
  });

  /** What is made of three nodes of which one, in the middle, behaves so. */
  function ask(manner: FakeNode['manner'] = 'honest', urls = network.urls): Promise<Election> {
    network.nodes[1].manner = manner;
    witnesses = network.witnesses(urls);
    return witnesses.election();
  }

  const liar = () => network.nodes[1].url;

  test('prove everything that a voter relies upon', async () => {
    network.chain.castOthers(70);
    network.chain.height += 1;
    const election = await ask();
    expect(election).toMatchObject({ electionKey: ELECTION_KEY, phase: 'voting', ballots: 70, silent: [] });
    expect(election.manifest).toMatchObject({ title: network.chain.election.title, relayDelay: 20, quorum: 1, voting: VOTING.voting });
    expect(election.manifest.districts).toMatchObject(DISTRICTS.map(({ id, name }) => ({ id, name })));
  });

  test('with other texts beside the right bytes are not read: only the bytes are', async () => {
    const { manifest: paper } = await ask('otherTexts', [liar()]);
    expect(paper.districts.map(({ contests }) => contests.map(({ options }) => options))).toEqual(
      DISTRICTS.map(({ contests }) => contests.map(({ options }) => options)),
    );
    expect(network.nodes.flatMap((node) => node.questions).filter((question) => question.includes('"election_'))).toEqual([]);
  });

  test.each(['otherManifest', 'otherKey', 'ahead'] as const)('of which one is %s are not gone on with, and it is named', async (manner) => {
    const found = await disagreement(() => ask(manner));
    expect(found).toMatchObject({ kind: 'unproven', urls: [liar()] });
  });

  test.each(['otherManifest', 'otherKey', 'ahead'] as const)('that are all %s are not believed either', async (manner) => {
    const found = await disagreement(() => ask(manner, [liar()]));
    expect(found).toMatchObject({ kind: 'unproven', urls: [liar()] });
  });

  test('of which one lies are gone on with by whoever has cast already', async () => {
    await disagreement(() => ask('otherKey'));
    expect(await witnesses.election(true)).toMatchObject({ electionKey: ELECTION_KEY, silent: [{ url: liar() }] });
  });

  test('of which one claims a later block make none of the others late', async () => {
    await disagreement(() => ask('ahead'));
    const standing = witnesses.nodes.map((witness) => witness.standing?.block.number ?? null);
    expect(standing[1]).toBeNull();
    expect(standing.filter((number) => number !== null && number <= network.chain.height)).toHaveLength(2);
  });

  test('of which one is late are believed at the later block', async () => {
    network.nodes[1].manner = 'late';
    network.chain.height += MAX_LAG + 2;
    witnesses = network.witnesses();
    const election = await witnesses.election();
    expect(election.heard).not.toContain(liar());
    expect(election.silent.map(({ url }) => url)).toEqual([liar()]);
  });

  test('of another chain, or of another runtime, are named', async () => {
    expect(await disagreement(() => ask('otherChain'))).toEqual({ kind: 'otherChain', url: liar() });
    witnesses.close();
    expect(await disagreement(() => ask('otherVersion'))).toEqual({ kind: 'differs', what: 'version', urls: [liar()] });
  });

  test('of which one is away are heard without it', async () => {
    await network.nodes[1].stop();
    const election = await ask();
    expect(election.heard).toHaveLength(2);
    expect(election.silent.map(({ url }) => url)).toEqual([liar()]);
  });
});
