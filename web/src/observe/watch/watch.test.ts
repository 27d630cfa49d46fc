// What the page makes of what it has read.

import { describe, expect, test } from 'vitest';

import { slotOf } from '../../../../tools/second-verifier/src/header';
import { ObservedChain, validators } from '../../../tests/pages/fakes/observed-chain';
import type { Hex } from '../../encoding/hex';
import { toHex } from '../../encoding/hex';
import { address, readAccount } from '../account';
import { blockOf, type Source } from '../../chain/source';
import type { BallotRecord, Paper } from '../../chain/state/decode';
import { phaseAt } from '../../chain/state/phase';
import { BallotBook, minutesOfStep, missingPages } from './ballots';
import { nextPhaseAt, sumShares } from './figures';
import { readQuery } from './look-up';
import { missedTurns, timeOf, ValidatorWatch, WINDOW } from './validators';

const paper: Paper = {
  encoded: '0x',
  hash: '0x00',
  title: 'T',
  districts: [
    { id: 1, name: 'A', contests: [] },
    { id: 2, name: 'B', contests: [] },
  ],
  trustees: ['X', 'Y', 'Z'],
  threshold: 2,
  registrars: [],
  quorum: 1,
  registration: { start: 10, end: 20 },
  voting: { start: 30, end: 40 },
  revote: false,
  minimumBallots: 1,
  relayDelay: 0,
};

const record = (block: number, district = 1): BallotRecord => ({
  account: `0x${'01'.repeat(32)}`,
  tracker: `0x${'02'.repeat(32)}`,
  district,
  block,
  supersedes: null,
});

describe('phases', () => {
  test('follow from the block number, the first of the next included', () => {
    const at = [9, 10, 19, 20, 29, 30, 39, 40, 4_000].map((block) => phaseAt(block, paper, null));
    expect(at).toEqual([
      'announced',
      'registration',
      'registration',
      'waiting',
      'waiting',
      'voting',
      'voting',
      'tallying',
      'tallying',
    ]);
  });

  test('unless the election has ended', () => {
    expect(phaseAt(35, paper, { kind: 'cancelled', why: 'consortium', text: 'flood' })).toBe('cancelled');
    expect(phaseAt(45, paper, { kind: 'published' })).toBe('published');
  });

  test('the next is known until somebody has to work for it', () => {
    const phases = ['announced', 'registration', 'waiting', 'voting', 'tallying', 'published', 'cancelled'] as const;
    expect(phases.map((phase) => nextPhaseAt(phase, paper))).toEqual([10, 20, 30, 40, null, null, null]);
  });

  test('times count from the newest block', () => {
    expect(timeOf(110, { number: 100, time: 1_000_000 })).toBe(1_030_000);
    expect(timeOf(90, { number: 100, time: 1_000_000 })).toBe(970_000);
  });
});

describe('ballots', () => {
  test('pages are read newest first, and a page again when more came', () => {
    expect(missingPages(0, new Map())).toEqual([]);
    expect(missingPages(130, new Map())).toEqual([2, 1, 0]);
    expect(missingPages(130, new Map([[2, 2], [1, 64]]))).toEqual([0]);
    expect(missingPages(131, new Map([[2, 2], [1, 64], [0, 64]]))).toEqual([2]);
  });

  test('of more ballots than a browser should read, the newest are', () => {
    const pages = missingPages(64 * 5_000, new Map());
    expect([pages.length, pages[0], pages.at(-1)]).toEqual([4_096, 4_999, 904]);
  });

  test('are counted once, in their step and district', () => {
    const book = new BallotBook(1, { ...paper, voting: { start: 0, end: 7_200 } });
    book.take(0, [record(0), record(1_199, 2)]);
    book.take(0, [record(0), record(1_199, 2), record(1_200)]);
    const view = book.view();
    expect(view.minutes).toBe(60);
    expect(view.steps.map(({ total }) => total)).toEqual([2, 1, 0, 0, 0, 0]);
    expect(view.steps[0]?.byDistrict).toEqual(new Map([[1, 1], [2, 1]]));
    expect(view.newest.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect([view.counted, view.of]).toEqual([3, 3]);
  });

  test('the newest stay the newest when older ones are read later', () => {
    const book = new BallotBook(1, paper);
    book.take(1, [record(35)]);
    book.take(0, Array.from({ length: 64 }, () => record(31)));
    expect(book.view().newest[0]?.index).toBe(64);
    expect(book.view().newest.length).toBe(12);
  });

  test('steps are hours, or shorter where voting is', () => {
    const minutes = (blocks: number) => minutesOfStep({ start: 0, end: blocks });
    expect([40, 800, 801, 3_599, 3_600, 100_000].map(minutes)).toEqual([1, 1, 5, 5, 60, 60]);
  });
});

describe('trustees', () => {
  test('shares are summed up by trustee', () => {
    const shares = sumShares(paper, [1, 2], (district, trustee) => {
      if (trustee === 1) {
        return { accepted: 50 + district, invalid: 0 };
      }
      return trustee === 2 && district === 1 ? { accepted: null, invalid: 2 } : null;
    });
    expect(shares.map(({ accepted, invalid, of, last }) => [accepted, invalid, of, last])).toEqual([
      [2, 0, 2, 52],
      [0, 2, 2, null],
      [0, 0, 2, null],
    ]);
  });
});

/** Reads a chain as it is. */
function sourceOf(chain: ObservedChain): Source {
  const source: Pick<Source, 'header' | 'read'> = {
    header: (hash) => Promise.resolve(chain.find(hash)?.header ?? chain.last.header),
    read: (keys, at) => Promise.resolve(new Map(keys.map((key) => [key, chain.find(at.hash)?.state.get(key) ?? null]))),
  };
  return source as Source;
}

const signer = (chain: ObservedChain, place: number): Hex => toHex(chain.validators[place]?.grandpa ?? new Uint8Array());

describe('validators', () => {
  test('the turns between two blocks are those that passed', () => {
    expect(missedTurns(10, 11, 3)).toEqual([]);
    expect(missedTurns(10, 14, 3)).toEqual([2, 0, 1]);
    expect(missedTurns(10, 10_000, 3).length).toBe(60);
  });

  test('who made blocks is read from their slots, and gaps are filled from the headers', async () => {
    const chain = new ObservedChain(3);
    [0, 0, 1, 0, 0].forEach((passed) => chain.seal(passed));
    const watch = new ValidatorWatch();
    const source = sourceOf(chain);
    await watch.follow(source, blockOf(chain.blocks[2]?.header ?? chain.last.header));
    await watch.follow(source, blockOf(chain.last.header));
    watch.sign({ number: 5, hash: chain.last.hash, signers: [signer(chain, 0), signer(chain, 2)] });
    const view = watch.view();
    expect(view.blocks.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    const authors = view.blocks.map(({ author }) => author);
    const [a, b] = [authors[0] ?? 0, authors[1] ?? 0];
    // One slot was left empty before block 3.
    expect(authors).toEqual([a, b, (b + 2) % 3, (b + 3) % 3, (b + 4) % 3]);
    expect(view.validators.map(({ missed }) => missed)).toEqual([0, 1, 2].map((place) => (place === (b + 1) % 3 ? 1 : 0)));
    expect(view.validators.map(({ signed }) => signed)).toEqual([1, 0, 1]);
    expect(view.signatures).toBe(1);
  });

  test('who makes blocks changes with the block that says so, and who has left stays for as long as its blocks', async () => {
    const all = validators(4);
    const chain = new ObservedChain(3);
    const watch = new ValidatorWatch();
    const source = sourceOf(chain);
    chain.seal();
    chain.handOver(all.slice(1));
    Array.from({ length: 3 }, () => chain.seal());
    const last = blockOf(chain.last.header);
    await watch.follow(source, last);
    // Everybody signs the block that hands over but the fourth, and everybody the last one but the first.
    watch.sign({ number: 2, hash: chain.last.hash, signers: all.slice(0, 3).map(({ grandpa }) => toHex(grandpa)) });
    watch.sign({ number: 5, hash: chain.last.hash, signers: all.map(({ grandpa }) => toHex(grandpa)) });
    const view = watch.view();
    expect(view.validators.map(({ key }) => key)).toEqual([1, 2, 3, 0].map((place) => toHex(all[place]?.aura ?? new Uint8Array())));
    expect(view.validators.map(({ left }) => left)).toEqual([false, false, false, true]);
    expect(view.validators.map(({ signed, signable }) => [signed, signable])).toEqual([[2, 2], [2, 2], [1, 1], [1, 1]]);
    const slots = chain.blocks.slice(1).map(({ header }) => Number(slotOf(header)));
    const sets = [0, 0, 1, 1, 1];
    const places = [[3, 0, 1], [0, 1, 2]];
    expect(view.blocks.map(({ author }) => author)).toEqual(slots.map((slot, at) => places[sets[at] ?? 0]?.[slot % 3]));
    expect(view.validators.map(({ missed }) => missed)).toEqual([0, 0, 0, 0]);
  });

  test('those who take over while they are watched are known from then on', async () => {
    const all = validators(4);
    const chain = new ObservedChain(3);
    const watch = new ValidatorWatch();
    const source = sourceOf(chain);
    const follow = async () => watch.follow(source, blockOf(chain.last.header));
    chain.seal();
    await follow();
    chain.handOver(all);
    await follow();
    expect(watch.view().validators.length).toBe(4);
    Array.from({ length: WINDOW + 1 }, () => chain.seal());
    chain.handOver(all.slice(0, 3));
    await follow();
    expect(watch.view().validators.map(({ left }) => left)).toEqual([false, false, false, true]);
    Array.from({ length: WINDOW }, () => chain.seal());
    await follow();
    expect(watch.view().validators.length).toBe(3);
  });
});

describe('questions', () => {
  const tracker = '5A'.repeat(32);

  test('are read as people write them', () => {
    expect(readQuery('tracker', ` ${tracker.slice(0, 8)} ${tracker.slice(8)}`)).toEqual({
      subject: 'tracker',
      tracker: `0x${'5a'.repeat(32)}`,
    });
    expect(readQuery('index', '17')).toEqual({ subject: 'index', index: 17 });
    expect(readQuery('voter', '18446744073709551615')).toEqual({ subject: 'voter', voter: 2n ** 64n - 1n });
  });

  test('that cannot be any are none', () => {
    expect(readQuery('tracker', tracker.slice(2))).toBeNull();
    expect(readQuery('index', '-1')).toBeNull();
    expect(readQuery('index', '4294967296')).toBeNull();
    expect(readQuery('voter', '18446744073709551616')).toBeNull();
    expect(readQuery('account', 'abc')).toBeNull();
  });
});

describe('accounts', () => {
  // Alice's, known to everybody who has used Substrate.
  const hex = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';
  const text = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';

  test('have an address with a checksum', () => {
    expect(address(hex)).toBe(text);
    expect(readAccount(text)).toBe(hex);
    expect(readAccount(hex)).toBe(hex);
    expect(readAccount(text.replace('G', 'H'))).toBeNull();
    expect(readAccount(`${text}0`)).toBeNull();
  });
});
