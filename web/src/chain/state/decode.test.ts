import { expect, test } from 'vitest';

import { concat, littleEndian, u32 } from '../../../../tools/second-verifier/src/bytes';
import { byteList, list } from '../../../../tools/second-verifier/src/scale';
import { ObservedChain } from '../../../tests/pages/fakes/observed-chain';
import { ELECTION, ObservedElection } from '../../../tests/pages/fakes/observed-election';
import { fromHex, toHex } from '../../encoding/hex';
import { decode } from './decode';
import { keys } from './keys';

const text = (value: string) => byteList(new TextEncoder().encode(value));

test('a manifest keeps the names that people know', () => {
  const { election } = new ObservedElection(new ObservedChain());
  const paper = decode.paper(election.encoded);
  expect(paper).toMatchObject({
    encoded: toHex(election.encoded),
    hash: toHex(election.hash),
    title: election.title,
    threshold: 2,
    trustees: ['North Observatory', 'Faculty of Law', 'Old Town Parish'],
    registrars: ['City Registry', 'Court Registry'],
    voting: { start: 2, end: 1_202 },
    revote: false,
    relayDelay: 20,
  });
  expect(paper.districts.map(({ name, contests }) => [name, contests.length])).toEqual([
    ['Harbour · Гавань', 3],
    ['Old Town · 老城', 1],
  ]);
  expect(paper.districts[0]?.contests[0]?.options[2]).toBe('李雪梅');
  expect(paper.districts[0]?.contests[1]).toMatchObject({ id: 2, min: 2, max: 3, blankAllowed: true });
});

test('values of another shape are refused, whole', () => {
  expect(() => decode.count(concat(u32(1), Uint8Array.of(0)))).toThrow('1 bytes are left over');
  expect(() => decode.count(Uint8Array.of(1, 0))).toThrow('the bytes end too early');
  expect(() => decode.ending(Uint8Array.of(2))).toThrow('ending 2 is unknown');
  expect(() => decode.tally(Uint8Array.of(3))).toThrow('a tally of an unknown kind');
  expect(() => decode.voter(new Uint8Array(15).fill(2))).toThrow('2 is no truth value');
});

test('endings say why', () => {
  expect(decode.ending(Uint8Array.of(0))).toEqual({ kind: 'published' });
  expect(decode.ending(concat(Uint8Array.of(1, 0), text('flood')))).toEqual({ kind: 'cancelled', why: 'consortium', text: 'flood' });
  expect(decode.ending(Uint8Array.of(1, 2))).toEqual({ kind: 'cancelled', why: 'tooFewTrustees', text: null });
  expect(decode.ending(Uint8Array.of(1, 3))).toEqual({ kind: 'cancelled', why: 'codeChanged', text: null });
});

test('trustees whose part is awaited are bits, trustee 1 the lowest', () => {
  expect(decode.awaited(u32(0b101))).toEqual([1, 3]);
  expect(decode.awaited(littleEndian(2 ** 31, 4))).toEqual([32]);
});

test('a settled district is what a result says of it', () => {
  const chain = new ObservedChain();
  const held = new ObservedElection(chain);
  held.cast(2, 1);
  held.settle(2, [[1, 0, 1]]);
  const value = chain.state.get(keys.tally(ELECTION, 2)) ?? new Uint8Array();
  expect(decode.tally(value)).toEqual({
    kind: 'settled',
    result: { district: 2, ballots: 1, outcome: { counted: [{ contest: 1, counts: [1, 0, 1] }] } },
  });
  expect(decode.tally(Uint8Array.of(0))).toEqual({ kind: 'pending' });
  expect(decode.tally(Uint8Array.of(2, 2))).toEqual({ kind: 'failed' });
});

test('records of ballots', () => {
  const bytes = concat(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), u32(3), u32(4), Uint8Array.of(1), u32(5));
  expect(decode.ballots(list([bytes]))).toEqual([
    { account: `0x${'01'.repeat(32)}`, tracker: `0x${'02'.repeat(32)}`, district: 3, block: 4, supersedes: 5 },
  ]);
});

test('dissents are districts, each with the registrars who named it', () => {
  const named = (district: number, registrars: number) => concat(u32(district), Uint8Array.of(registrars));
  expect(decode.dissents(list([named(2, 0b101), named(258, 0b10)]))).toEqual([
    { district: 2, registrars: 0b101 },
    { district: 258, registrars: 0b10 },
  ]);
  const tooMany = Array.from({ length: 9 }, (_, place) => named(place, 1));
  expect(() => decode.dissents(list(tooMany))).toThrow('9 items where at most 8 are allowed');
  expect(() => decode.dissents(concat(list([named(2, 1)]), Uint8Array.of(0)))).toThrow('1 bytes are left over');
});

test('keys are those of the chain', () => {
  // `Grandpa Authorities` and `Aura Authorities`, as every Substrate chain has them.
  expect(keys.grandpa()).toBe('0x5f9cc45b7a00c5899361e1c6099678dc5e0621c4869aa60c02be9adcc98a0d1d');
  expect(keys.aura()).toBe('0x57f8dc2f5ab09467896f47300f0424385e0621c4869aa60c02be9adcc98a0d1d');
  expect(keys.set()).toBe('0x5f9cc45b7a00c5899361e1c6099678dc8a2d09463effcc78a22d75b9cb87dffc');
  expect(keys.handover(258).slice(0, 66)).toBe('0x7d9fe37370ac390779f35763d98106e8e6290e551679a92ebf7299d7ca0932bd');
  const prefix = 2 + 2 * 32;
  expect(keys.handover(258).slice(prefix)).toBe('0201000000000000');
  expect(fromHex(`0x${keys.ballotPage(1, 2).slice(prefix)}`)).toEqual(concat(u32(1), u32(2)));
  expect(keys.voter(1, 7n).slice(prefix + 8)).toMatch(/^[0-9a-f]{16}0700000000000000$/);
  expect(keys.dissents(1, 7n).slice(prefix)).toBe(keys.voter(1, 7n).slice(prefix));
  expect(keys.dissents(1, 7n).slice(0, prefix)).not.toBe(keys.voter(1, 7n).slice(0, prefix));
  expect(keys.byTracker(1, new Uint8Array(32)).length).toBe(prefix + 8 + 32);
});
