// Looking up one ballot, account or voter number: each answer is proven, an empty one too.

import { type Hex, isHex, fromHex } from '../../encoding/hex';
import { readAccount } from '../account';
import { type FinalBlock, type Source, valueOf } from '../../chain/source';
import { BALLOTS_PER_PAGE, decode, type Support, type VoterRecord } from '../../chain/state/decode';
import { keys } from '../../chain/state/keys';
import type { PlacedBallot } from './ballots';

/** Ballots of one account at most: the chain allows no more. */
const MAX_BALLOTS_PER_ACCOUNT = 100;
/** The largest voter number: 64 bits. */
const MAX_VOTER = 2n ** 64n - 1n;
/** The largest index of a ballot: 32 bits. */
const MAX_INDEX = 2 ** 32 - 1;

/** What can be looked up. */
export const SUBJECTS = ['tracker', 'account', 'index', 'voter'] as const;
/** One of these. */
export type Subject = (typeof SUBJECTS)[number];

/** A question that makes sense. */
export type Query =
  | { readonly subject: 'tracker'; readonly tracker: Hex }
  | { readonly subject: 'account'; readonly account: Hex }
  | { readonly subject: 'index'; readonly index: number }
  | { readonly subject: 'voter'; readonly voter: bigint };

/** What came of it. */
export type Found =
  | { readonly kind: 'ballots'; readonly ballots: readonly PlacedBallot[] }
  | { readonly kind: 'voter'; readonly voter: VoterRecord; readonly dissents: readonly Support[] }
  | { readonly kind: 'nothing' };

/** What a person typed, as a question; `null` if it cannot be one. */
export function readQuery(subject: Subject, text: string): Query | null {
  const typed = text.replace(/\s+/g, '');
  switch (subject) {
    case 'tracker': {
      const tracker = (typed.startsWith('0x') ? typed : `0x${typed}`).toLowerCase();
      return isHex(tracker, 32) ? { subject, tracker } : null;
    }
    case 'account': {
      const account = readAccount(typed);
      return account === null ? null : { subject, account };
    }
    case 'index': {
      const index = Number(typed);
      return /^\d{1,10}$/.test(typed) && index <= MAX_INDEX ? { subject, index } : null;
    }
    case 'voter':
      return /^\d{1,20}$/.test(typed) && BigInt(typed) <= MAX_VOTER ? { subject, voter: BigInt(typed) } : null;
  }
}

async function one<T>(source: Source, key: Hex, at: FinalBlock, read: (bytes: Uint8Array) => T): Promise<T | null> {
  return valueOf(await source.read([key], at), key, read);
}

async function byIndex(source: Source, election: number, index: number, at: FinalBlock): Promise<PlacedBallot | null> {
  const page = await one(source, keys.ballotPage(election, Math.floor(index / BALLOTS_PER_PAGE)), at, decode.ballots);
  const record = page?.[index % BALLOTS_PER_PAGE];
  return record === undefined ? null : { ...record, index };
}

async function byTracker(source: Source, election: number, tracker: Hex, at: FinalBlock): Promise<PlacedBallot[]> {
  const index = await one(source, keys.byTracker(election, fromHex(tracker)), at, decode.count);
  const ballot = index === null ? null : await byIndex(source, election, index, at);
  // The map is keyed by a truncated hash: what it leads to must be what was asked for.
  return ballot?.tracker === tracker ? [ballot] : [];
}

/** All ballots of an account, newest first. */
async function byAccount(source: Source, election: number, account: Hex, at: FinalBlock): Promise<PlacedBallot[]> {
  const entry = await one(source, keys.byAccount(election, fromHex(account)), at, decode.account);
  const found: PlacedBallot[] = [];
  for (let index = entry?.latest ?? null; index !== null && found.length < MAX_BALLOTS_PER_ACCOUNT; ) {
    const ballot = await byIndex(source, election, index, at);
    if (ballot?.account !== account) {
      break;
    }
    found.push(ballot);
    index = ballot.supersedes;
  }
  return found;
}

async function byVoter(source: Source, election: number, number: bigint, at: FinalBlock): Promise<Found> {
  const record = keys.voter(election, number);
  const others = keys.dissents(election, number);
  const values = await source.read([record, others], at);
  const voter = valueOf(values, record, decode.voter);
  return voter === null ? { kind: 'nothing' } : { kind: 'voter', voter, dissents: valueOf(values, others, decode.dissents) ?? [] };
}

/** Answers a question from the state after a block. */
export async function lookUp(source: Source, election: number, query: Query, at: FinalBlock): Promise<Found> {
  if (query.subject === 'voter') {
    return byVoter(source, election, query.voter, at);
  }
  const ballots = await ballotsOf(source, election, query, at);
  return ballots.length === 0 ? { kind: 'nothing' } : { kind: 'ballots', ballots };
}

async function ballotsOf(source: Source, election: number, query: Exclude<Query, { subject: 'voter' }>, at: FinalBlock): Promise<PlacedBallot[]> {
  switch (query.subject) {
    case 'tracker':
      return byTracker(source, election, query.tracker, at);
    case 'account':
      return byAccount(source, election, query.account, at);
    case 'index': {
      const ballot = await byIndex(source, election, query.index, at);
      return ballot === null ? [] : [ballot];
    }
  }
}
