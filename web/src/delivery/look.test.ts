// A ballot is looked for as everybody looks for theirs, in what nodes prove.

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { FakeChain, FakeNode } from '../../tests/pages/fakes/chain';
import { VOTING } from '../../tests/pages/fakes/election';
import { ELECTION } from '../../tests/pages/fakes/observed-election';
import { provideWebSocket } from '../../tests/pages/fakes/websocket';
import { keys } from '../chain/state/keys';
import { Witness } from '../chain/witness';
import type { Hex } from '../encoding/hex';
import { findings, Search, type Word } from './look';

const found = { record: { account: '0x01', tracker: '0x02', district: 1, block: 40, supersedes: null }, receipt: 'r' } as const;

const word = (url: string, changes: Partial<Word> = {}): Word => ({
  url,
  block: 41,
  complete: true,
  found: null,
  refuted: false,
  ...changes,
});

describe('findings', () => {
  test('name who proves the ballot, who answers, and who lied', () => {
    const words = [word('a', { found }), word('b', { block: 39 }), word('c', { block: null, refuted: true }), word('d', { block: null })];
    expect(findings(words)).toEqual({ asked: ['a', 'b'], confirmed: ['a'], refuted: ['c'], receipts: ['r'], block: 41, more: false });
  });

  test('where no node answers there are none', () => {
    const nothing = { asked: [], confirmed: [], refuted: [], receipts: [], block: 0, more: false };
    expect(findings([word('a', { block: null, complete: false })])).toEqual(nothing);
  });

  test('say when nobody has read everything', () => {
    expect(findings([word('a', { complete: false })]).more).toBe(true);
    expect(findings([word('a', { complete: false }), word('b')]).more).toBe(false);
  });
});

describe('a search', () => {
  let chain: FakeChain;
  let node: FakeNode;
  let witness: Witness;

  beforeAll(provideWebSocket);

  beforeEach(async () => {
    chain = new FakeChain(VOTING, 3_600_000);
    node = new FakeNode(chain);
    await node.start();
    witness = new Witness(node.url, chain.genesis);
    await witness.heard(5_000);
  });

  afterEach(async () => {
    witness.close();
    chain.close();
    await node.stop();
  });

  /** Makes the block, and waits until the page has heard of it. */
  async function block(ballots: number): Promise<void> {
    chain.castOthers(ballots);
    chain.height += 1;
    while (witness.standing?.block.number !== chain.height) {
      await new Promise<void>((resolve) => {
        const end = witness.onNews(() => {
          end();
          resolve();
        });
      });
    }
  }

  const tracker = (index: number): Hex => chain.ballots[index]?.tracker ?? '0x';
  const search = (of: Hex, ballotsBefore: number) => new Search(witness, { election: ELECTION, tracker: of, ballotsBefore });
  const ABSENT: Hex = `0x${'0d'.repeat(32)}`;

  /** The keys that a look asked proofs for. */
  async function asked(work: () => Promise<unknown>): Promise<string[]> {
    node.questions.length = 0;
    await work();
    return node.questions
      .map((question) => JSON.parse(question) as { method: string; params: string[][] })
      .filter(({ method }) => method === 'state_getReadProof')
      .flatMap(({ params }) => params[0] ?? []);
  }

  test('finds the ballot among what was appended since it was cast, over pages', async () => {
    await block(60);
    await block(100);
    const looking = search(tracker(130), 60);
    const { found: ballot, ...rest } = await looking.look();
    expect(rest).toEqual({ url: node.url, block: chain.height, complete: true, refuted: false });
    expect(ballot?.record).toMatchObject({ tracker: tracker(130), block: chain.height });
    expect(JSON.parse(ballot?.receipt ?? '')).toMatchObject({
      format: 'psephos/receipt/2',
      election: ELECTION,
      tracker: tracker(130),
      index: 130,
      justification: chain.observed.last.justification,
    });
  });

  test('does not look among the ballots that were there before', async () => {
    await block(60);
    expect((await search(tracker(3), 60).look()).found).toBeNull();
  });

  test('reads the number of ballots, and pages only where there are more', async () => {
    await block(130);
    const looking = search(ABSENT, 130);
    expect(await asked(() => looking.look())).toEqual([keys.ballotCount(ELECTION)]);
    await block(1);
    const third = keys.ballotPage(ELECTION, 2);
    expect(await asked(() => looking.look())).toEqual([keys.ballotCount(ELECTION), third]);
    expect(await asked(() => looking.look())).toEqual([keys.ballotCount(ELECTION)]);
  });

  test('asks the same whether it finds its ballot or not, and names neither tracker nor account', async () => {
    await block(70);
    const [mine, others] = [search(tracker(65), 60), search(ABSENT, 60)];
    const questions: string[] = [];
    for (const more of [0, 5, 0, 60]) {
      await block(more);
      const one = await asked(() => mine.look());
      questions.push(...node.questions);
      expect(await asked(() => others.look())).toEqual(one);
    }
    expect((await mine.look()).found?.record.tracker).toBe(tracker(65));
    const said = questions.join();
    expect(said).not.toContain(tracker(65).slice(2));
    expect(said).not.toContain(chain.ballots[65]?.account.slice(2) ?? '');
    expect(said).not.toContain('election_');
  });

  test('reads on with the next look where there is much', async () => {
    await block(1_200);
    const looking = search(tracker(1_190), 0);
    expect(await asked(() => looking.look())).toHaveLength(1 + 16);
    expect((await looking.look()).complete).toBe(true);
    expect((await looking.look()).found?.record.tracker).toBe(tracker(1_190));
  });

  test.each(['withholds', 'changes'] as const)('at a node that %s ballots believes nothing, and remembers it', async (manner) => {
    await block(3);
    node.manner = manner;
    const looking = search(tracker(1), 0);
    expect(await looking.look()).toEqual({ url: node.url, block: null, complete: false, found: null, refuted: true });
    node.manner = 'honest';
    expect(await looking.look()).toMatchObject({ found: { record: { tracker: tracker(1) } }, refuted: true });
  });

  test('at a node that claims later blocks stays at those that are signed', async () => {
    await block(1);
    const { height } = chain;
    node.manner = 'ahead';
    const news = new Promise<void>((resolve) => void witness.onNews(resolve));
    chain.height += 1;
    await news;
    expect(await search(tracker(0), 0).look()).toMatchObject({ block: height, refuted: true });
  });
});
