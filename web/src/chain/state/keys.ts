// Where values stand in the state: pallet, item, and the keys of a map (PSE-ENC-11). A value that is read
// by its key comes with a proof; the answer of a call would not.

import { blake2b } from '@noble/hashes/blake2.js';

import { ascii, type Bytes, concat, littleEndian, u32 } from '../../../../tools/second-verifier/src/bytes';
import { twox128, xxh64 } from '../../../../tools/second-verifier/src/hashing';
import { type Hex, toHex } from '../../encoding/hex';

const item = (pallet: string, name: string): Bytes => concat(twox128(ascii(pallet)), twox128(ascii(name)));
const key = (...parts: readonly Bytes[]): Hex => toHex(concat(...parts));

/** Substrate's `Blake2_128`: the value itself is not part of the key. */
const blake2_128 = (bytes: Bytes): Bytes => blake2b(bytes, { dkLen: 16 });
/** Substrate's `Twox64Concat`. */
const twox64Concat = (bytes: Bytes): Bytes => concat(littleEndian(xxh64(bytes, 0n), 8), bytes);

const AURA = item('Aura', 'Authorities');
const GRANDPA = item('Grandpa', 'Authorities');
const SET = item('Grandpa', 'CurrentSetId');
const VALIDATORS = item('Session', 'Validators');
const HANDOVERS = item('ValidatorSet', 'Handovers');
const MANIFESTS = item('Elections', 'Manifests');
const ENDINGS = item('Elections', 'Endings');
const VOTERS = item('VoterRegister', 'Voters');
const DISSENTS = item('VoterRegister', 'Dissents');
const REGISTERED = item('VoterRegister', 'DistrictCounts');
const CEREMONY = item('KeyCeremony', 'Statuses');
const AWAITED = item('KeyCeremony', 'Awaited');
const KEYS = item('KeyCeremony', 'Keys');
const BALLOT_COUNTS = item('BallotRegister', 'BallotCounts');
const BALLOT_PAGES = item('BallotRegister', 'BallotPages');
const BY_ACCOUNT = item('BallotRegister', 'ByAccount');
const BY_TRACKER = item('BallotRegister', 'ByTracker');
const CAST = item('BallotRegister', 'CastCounts');
const TALLIES = item('BallotRegister', 'Tallies');
const SHARES = item('BallotRegister', 'ShareRecords');
const RESULTS = item('BallotRegister', 'Results');

/** The keys of what the pages read. */
export const keys = {
  aura: (): Hex => key(AURA),
  grandpa: (): Hex => key(GRANDPA),
  set: (): Hex => key(SET),
  validators: (): Hex => key(VALIDATORS),
  handover: (set: number): Hex => key(HANDOVERS, littleEndian(set, 8)),
  manifest: (election: number): Hex => key(MANIFESTS, u32(election)),
  ending: (election: number): Hex => key(ENDINGS, u32(election)),
  voter: (election: number, voter: bigint): Hex => key(VOTERS, u32(election), twox64Concat(littleEndian(voter, 8))),
  dissents: (election: number, voter: bigint): Hex => key(DISSENTS, u32(election), twox64Concat(littleEndian(voter, 8))),
  registered: (election: number, district: number): Hex => key(REGISTERED, u32(election), u32(district)),
  ceremony: (election: number): Hex => key(CEREMONY, u32(election)),
  awaited: (election: number): Hex => key(AWAITED, u32(election)),
  electionKeys: (election: number): Hex => key(KEYS, u32(election)),
  ballotCount: (election: number): Hex => key(BALLOT_COUNTS, u32(election)),
  ballotPage: (election: number, page: number): Hex => key(BALLOT_PAGES, u32(election), u32(page)),
  byAccount: (election: number, account: Bytes): Hex => key(BY_ACCOUNT, u32(election), blake2_128(account)),
  byTracker: (election: number, tracker: Bytes): Hex => key(BY_TRACKER, u32(election), blake2_128(tracker)),
  cast: (election: number, district: number): Hex => key(CAST, u32(election), u32(district)),
  tally: (election: number, district: number): Hex => key(TALLIES, u32(election), u32(district)),
  share: (election: number, district: number, trustee: number): Hex =>
    key(SHARES, u32(election), u32(district), Uint8Array.of(trustee)),
  result: (election: number): Hex => key(RESULTS, u32(election)),
};
