// An election in the state of an observed chain: a test says what happens, and the state follows.

import { type Bytes, concat, littleEndian, u32 } from '../../../../tools/second-verifier/src/bytes';
import { blake2b256 } from '../../../../tools/second-verifier/src/hashing';
import { byteList, list } from '../../../../tools/second-verifier/src/scale';
import type { Hex } from '../../../src/encoding/hex';
import { toHex } from '../../../src/encoding/hex';
import { keys } from '../../../src/chain/state/keys';
import { DISTRICTS, FakeElection, type Schedule, VOTING } from './election';
import type { ObservedChain } from './observed-chain';

const STAGES = ['registering', 'committing', 'revealing', 'dealing', 'confirming', 'complete'] as const;
const BALLOTS_PER_PAGE = 64;

/** Its number on the chain. */
export const ELECTION = 1;

const some = (value: Bytes): Bytes => concat(Uint8Array.of(1), value);
const NONE = Uint8Array.of(0);

/** A ballot as the register keeps it. */
export interface FakeBallot {
  account: Bytes;
  tracker: Bytes;
  district: number;
  block: number;
}

/** The election. */
export class ObservedElection {
  readonly election: FakeElection;
  readonly ballots: FakeBallot[] = [];

  constructor(
    readonly chain: ObservedChain,
    schedule: Partial<Schedule> = {},
  ) {
    this.election = new FakeElection({ ...VOTING, quorum: 2, registration: { start: 1, end: 2 }, voting: { start: 2, end: 1_202 }, ...schedule });
    chain.state.set(keys.manifest(ELECTION), this.election.encoded);
    this.ceremony('complete');
    chain.state.set(keys.electionKeys(ELECTION), concat(u32(0), new Uint8Array(32).fill(0xee), list([])));
    DISTRICTS.forEach(({ id }, place) => this.register(id, 400 - 250 * place, 300 - 200 * place));
  }

  register(district: number, participating: number, issued: number): void {
    this.chain.state.set(keys.registered(ELECTION, district), concat(u32(participating), u32(issued)));
  }

  /** Where the ceremony stands, and whose part is awaited. */
  ceremony(stage: (typeof STAGES)[number], awaited: readonly number[] = [], deadline = 4, excluded: readonly number[] = []): void {
    const faults = excluded.map((trustee) => concat(Uint8Array.of(trustee, 0), u32(0)));
    const participants = [1, 2, 3].filter((trustee) => !excluded.includes(trustee));
    const status = concat(u32(0), Uint8Array.of(STAGES.indexOf(stage)), u32(deadline), byteList(Uint8Array.from(participants)), list(faults));
    this.chain.state.set(keys.ceremony(ELECTION), status);
    this.chain.state.set(keys.awaited(ELECTION), u32(awaited.reduce((bits, trustee) => bits | (1 << (trustee - 1)), 0)));
  }

  voter(voter: bigint, district: number, issued: boolean): void {
    const record = concat(u32(district), Uint8Array.of(3, 1, issued ? 3 : 0, issued ? 1 : 0), u32(2));
    this.chain.state.set(keys.voter(ELECTION, voter), record);
  }

  /** A registrar has named another district for a voter than the record's. */
  dissent(voter: bigint, district: number, registrar: number): void {
    this.chain.state.set(keys.dissents(ELECTION, voter), list([concat(u32(district), Uint8Array.of(1 << registrar))]));
  }

  /** Puts a ballot that nobody made into the next block. */
  cast(district: number, seed: number): FakeBallot {
    return this.accept({ account: blake2b256(littleEndian(seed, 4)), tracker: blake2b256(littleEndian(seed, 8)), district });
  }

  /** Puts a ballot into the next block. */
  accept(cast: Omit<FakeBallot, 'block'>): FakeBallot {
    const ballot = { ...cast, block: this.chain.blocks.length };
    this.ballots.push(ballot);
    this.keep();
    return ballot;
  }

  /** Puts many ballots that nobody made into the next block, which are found by their pages only. */
  fill(many: number): void {
    const before = this.ballots.length;
    for (let seed = before; seed < before + many; seed += 1) {
      this.ballots.push({ account: blake2b256(littleEndian(seed, 4)), tracker: blake2b256(littleEndian(seed, 8)), district: 1, block: this.chain.blocks.length });
    }
    for (let page = Math.floor(before / BALLOTS_PER_PAGE); page * BALLOTS_PER_PAGE < this.ballots.length; page += 1) {
      this.keepPage(page);
    }
  }

  private keepPage(page: number): void {
    const { state } = this.chain;
    const records = this.ballots.slice(page * BALLOTS_PER_PAGE, (page + 1) * BALLOTS_PER_PAGE).map((ballot) => record(ballot));
    state.set(keys.ballotPage(ELECTION, page), list(records));
    state.set(keys.ballotCount(ELECTION), u32(this.ballots.length));
  }

  private keep(): void {
    const { state } = this.chain;
    const count = this.ballots.length;
    this.keepPage(Math.floor((count - 1) / BALLOTS_PER_PAGE));
    const last = this.ballots.at(-1);
    if (last !== undefined) {
      state.set(keys.byTracker(ELECTION, last.tracker), u32(count - 1));
      state.set(keys.byAccount(ELECTION, last.account), concat(u32(count - 1), u32(1)));
      state.set(keys.cast(ELECTION, last.district), u32(this.castIn(last.district)));
    }
  }

  castIn(district: number): number {
    return this.ballots.filter((ballot) => ballot.district === district).length;
  }

  share(district: number, trustee: number, accepted: number | null, invalid = 0): void {
    this.chain.state.set(keys.share(ELECTION, district, trustee), concat(accepted === null ? NONE : some(u32(accepted)), u32(invalid)));
  }

  /** The sums are frozen. */
  freeze(): void {
    DISTRICTS.forEach(({ id }) => this.chain.state.set(keys.tally(ELECTION, id), Uint8Array.of(0)));
  }

  private outcome(district: number, counts: readonly (readonly number[])[]): Bytes {
    const contests = DISTRICTS.find(({ id }) => id === district)?.contests ?? [];
    const counted = contests.map(({ id }, place) => concat(u32(id), list((counts[place] ?? []).map(u32))));
    return concat(u32(district), u32(this.castIn(district)), Uint8Array.of(0), list(counted));
  }

  /** One district is decrypted. */
  settle(district: number, counts: readonly (readonly number[])[]): void {
    this.chain.state.set(keys.tally(ELECTION, district), some(this.outcome(district, counts)));
  }

  /** Everything is decrypted. */
  publish(counts: ReadonlyMap<number, readonly (readonly number[])[]>): Bytes {
    const result = concat(
      u32(this.chain.blocks.length),
      list(DISTRICTS.map(({ id }) => this.outcome(id, counts.get(id) ?? []))),
    );
    this.chain.state.set(keys.result(ELECTION), result);
    this.chain.state.set(keys.ending(ELECTION), Uint8Array.of(0));
    return result;
  }
}

function record({ account, tracker, district, block }: FakeBallot): Bytes {
  return concat(account, tracker, u32(district), u32(block), NONE);
}

/** A ballot's tracker as people write it. */
export const trackerOf = ({ tracker }: FakeBallot): Hex => toHex(tracker);
