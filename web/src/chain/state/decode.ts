// What stands in the state, decoded strictly: a value that does not decode is none that these pages know.

import type { Bytes } from '../../../../tools/second-verifier/src/bytes';
import { concat, u32 } from '../../../../tools/second-verifier/src/bytes';
import { blake2b256 } from '../../../../tools/second-verifier/src/hashing';
import { readText } from '../../../../tools/second-verifier/src/manifest';
import { type DistrictResult, type ElectionResult, readResult } from '../../../../tools/second-verifier/src/result';
import { decodeAll, DecodeError, type Reader } from '../../../../tools/second-verifier/src/scale';
import { type Hex, toHex } from '../../encoding/hex';

/** The limits of the chain (PSE-ENC-2). */
const MAX = { districts: 256, contests: 16, options: 64, trustees: 32, registrars: 8, modulusBytes: 512, validators: 100 } as const;
/** Records that share one value of the state. */
export const BALLOTS_PER_PAGE = 64;

/** From `start` on and before `end`. */
export interface BlockRange {
  readonly start: number;
  readonly end: number;
}

/** One question of the ballot paper, and what may be answered. */
export interface Contest {
  readonly id: number;
  readonly title: string;
  readonly options: readonly string[];
  /** How many options may be selected. */
  readonly min: number;
  readonly max: number;
  /** Whether nothing may be selected although `min` is above 0. */
  readonly blankAllowed: boolean;
}

/** Voters who are asked the same. */
export interface District {
  readonly id: number;
  readonly name: string;
  readonly contests: readonly Contest[];
}

/** A manifest as people know it: everything is read from the bytes that are hashed, and nothing from beside them. */
export interface Paper {
  /** SCALE: what is hashed. */
  readonly encoded: Hex;
  readonly hash: Hex;
  readonly title: string;
  readonly districts: readonly District[];
  /** Names; the first has index 1. */
  readonly trustees: readonly string[];
  readonly threshold: number;
  readonly registrars: readonly string[];
  readonly quorum: number;
  readonly registration: BlockRange;
  readonly voting: BlockRange;
  /** Whether the last ballot of an account counts, of several. */
  readonly revote: boolean;
  readonly minimumBallots: number;
  /** Mean delay at each relay, in seconds. */
  readonly relayDelay: number;
}

/** Why an election was cancelled. */
export const REASONS = ['consortium', 'ceremonyIncomplete', 'tooFewTrustees', 'codeChanged'] as const;

/** How an election ended. */
export type Ending =
  | { readonly kind: 'published' }
  | { readonly kind: 'cancelled'; readonly why: (typeof REASONS)[number]; readonly text: string | null };

/** The stages of a key ceremony, in their order. */
export const STAGES = ['registering', 'committing', 'revealing', 'dealing', 'confirming', 'complete'] as const;
/** What a trustee was excluded for. */
export const FAULTS = ['silent', 'badShare', 'falseComplaint'] as const;

/** Where a key ceremony stands. */
export interface Ceremony {
  readonly epoch: number;
  readonly stage: (typeof STAGES)[number];
  /** After this block, whoever has not done their part can be excluded. */
  readonly deadline: number;
  readonly participants: readonly number[];
  readonly excluded: readonly { readonly trustee: number; readonly fault: (typeof FAULTS)[number] }[];
}

/** What the register keeps of an accepted ballot. */
export interface BallotRecord {
  readonly account: Hex;
  readonly tracker: Hex;
  readonly district: number;
  readonly block: number;
  /** The index of the same account's earlier ballot. */
  readonly supersedes: number | null;
}

/** A district, and the registrars who stand behind a voter's taking part there: bits, registrar 0 lowest. */
export interface Support {
  readonly district: number;
  readonly registrars: number;
}

/** What the register knows of a voter number. Registrars stand as bits, registrar 0 lowest. */
export interface VoterRecord {
  readonly district: number;
  readonly recordedBy: number;
  readonly participating: boolean;
  readonly issuedBy: number;
  readonly issued: boolean;
  readonly changed: number;
}

/** Where a district's sums stand. */
export type Tally =
  | { readonly kind: 'pending' }
  | { readonly kind: 'settled'; readonly result: DistrictResult }
  | { readonly kind: 'failed' };

/** What came from a trustee for a district. */
export interface Share {
  readonly accepted: number | null;
  readonly invalid: number;
}

export type { DistrictResult, ElectionResult };

function oneOf<const T extends string>(reader: Reader, names: readonly T[], what: string): T {
  const index = reader.u8();
  const name = names[index];
  if (name === undefined) {
    throw new DecodeError(`${what} ${index} is unknown`);
  }
  return name;
}

const range = (reader: Reader): BlockRange => ({ start: reader.u32(), end: reader.u32() });

function contest(reader: Reader): Contest {
  return {
    id: reader.u32(),
    title: readText(reader),
    options: reader.list(MAX.options, () => readText(reader)),
    min: reader.u8(),
    max: reader.u8(),
    blankAllowed: reader.bool(),
  };
}

function district(reader: Reader): District {
  return { id: reader.u32(), name: readText(reader), contests: reader.list(MAX.contests, () => contest(reader)) };
}

function named(reader: Reader): string {
  const name = readText(reader);
  reader.take(32); // The account.
  return name;
}

function paper(reader: Reader): Omit<Paper, 'hash' | 'encoded'> {
  const title = readText(reader);
  const districts = reader.list(MAX.districts, () => district(reader));
  const trustees = reader.list(MAX.trustees, () => named(reader));
  const threshold = reader.u8();
  const registrars = reader.list(MAX.registrars, () => {
    const name = named(reader);
    reader.list(MAX.districts, () => reader.byteList(MAX.modulusBytes));
    return name;
  });
  const quorum = reader.u8();
  const registration = range(reader);
  const voting = range(reader);
  reader.u32(); // The length of the ceremony's stages: their deadlines are in its state.
  const revote = reader.bool();
  const minimumBallots = reader.u32();
  const relayDelay = reader.u32();
  reader.take(32); // The hash of the code.
  return { title, districts, trustees, threshold, registrars, quorum, registration, voting, revote, minimumBallots, relayDelay };
}

function ending(reader: Reader): Ending {
  if (oneOf(reader, ['published', 'cancelled'], 'ending') === 'published') {
    return { kind: 'published' };
  }
  const why = oneOf(reader, REASONS, 'reason');
  return { kind: 'cancelled', why, text: why === 'consortium' ? readText(reader) : null };
}

function ceremony(reader: Reader): Ceremony {
  return {
    epoch: reader.u32(),
    stage: oneOf(reader, STAGES, 'stage'),
    deadline: reader.u32(),
    participants: reader.list(MAX.trustees, () => reader.u8()),
    excluded: reader.list(MAX.trustees, () => {
      const excluded = { trustee: reader.u8(), fault: oneOf(reader, FAULTS, 'fault') };
      reader.u32(); // The epoch it was in.
      return excluded;
    }),
  };
}

function electionKey(reader: Reader): Hex {
  reader.u32(); // The epoch that succeeded.
  const key = toHex(reader.take(32));
  reader.list(MAX.trustees, () => reader.take(1 + 32));
  return key;
}

function ballot(reader: Reader): BallotRecord {
  return {
    account: toHex(reader.take(32)),
    tracker: toHex(reader.take(32)),
    district: reader.u32(),
    block: reader.u32(),
    supersedes: reader.option(() => reader.u32()) ?? null,
  };
}

function voter(reader: Reader): VoterRecord {
  return {
    district: reader.u32(),
    recordedBy: reader.u8(),
    participating: reader.bool(),
    issuedBy: reader.u8(),
    issued: reader.bool(),
    changed: reader.u32(),
  };
}

const support = (reader: Reader): Support => ({ district: reader.u32(), registrars: reader.u8() });

function share(reader: Reader): Share {
  return { accepted: reader.option(() => reader.u32()) ?? null, invalid: reader.u32() };
}

function tally(bytes: Bytes): Tally {
  const kind = decodeKind(bytes);
  if (kind !== 'settled') {
    return { kind };
  }
  // A settled district is what a result of one district holds after its block and its length.
  const alone = decodeAll(concat(u32(0), Uint8Array.of(1 << 2), bytes.subarray(1)), readResult);
  const [result] = alone.districts;
  if (result === undefined) {
    throw new DecodeError('a settled district without a result');
  }
  return { kind, result };
}

function decodeKind(bytes: Bytes): Tally['kind'] {
  const kind = (['pending', 'settled', 'failed'] as const)[bytes[0] ?? 255];
  if (kind === undefined) {
    throw new DecodeError('a tally of an unknown kind');
  }
  return kind;
}

/** Decoders, each of a whole value. */
export const decode = {
  /** Accounts, or keys that seal blocks. */
  keys: (bytes: Bytes): Hex[] => decodeAll(bytes, (reader) => reader.list(MAX.validators, () => toHex(reader.take(32)))),
  /** Each has one vote (PSE-VAL-8). */
  grandpa: (bytes: Bytes): Bytes[] =>
    decodeAll(bytes, (reader) => reader.list(MAX.validators, () => reader.take(32 + 8).subarray(0, 32))),
  set: (bytes: Bytes): bigint => decodeAll(bytes, (reader) => reader.u64()),
  paper: (bytes: Bytes): Paper => ({
    ...decodeAll(bytes, paper),
    encoded: toHex(bytes),
    hash: toHex(blake2b256(bytes)),
  }),
  ending: (bytes: Bytes): Ending => decodeAll(bytes, ending),
  ceremony: (bytes: Bytes): Ceremony => decodeAll(bytes, ceremony),
  electionKey: (bytes: Bytes): Hex => decodeAll(bytes, electionKey),
  count: (bytes: Bytes): number => decodeAll(bytes, (reader) => reader.u32()),
  registered: (bytes: Bytes): { participating: number; issued: number } =>
    decodeAll(bytes, (reader) => ({ participating: reader.u32(), issued: reader.u32() })),
  account: (bytes: Bytes): { latest: number; casts: number } =>
    decodeAll(bytes, (reader) => ({ latest: reader.u32(), casts: reader.u32() })),
  ballots: (bytes: Bytes): BallotRecord[] =>
    decodeAll(bytes, (reader) => reader.list(BALLOTS_PER_PAGE, () => ballot(reader))),
  voter: (bytes: Bytes): VoterRecord => decodeAll(bytes, voter),
  /** Other districts than the record's that registrars have named (PSE-REG-7). */
  dissents: (bytes: Bytes): Support[] => decodeAll(bytes, (reader) => reader.list(MAX.registrars, () => support(reader))),
  share: (bytes: Bytes): Share => decodeAll(bytes, share),
  tally,
  result: (bytes: Bytes): ElectionResult => decodeAll(bytes, readResult),
  /** The trustees whose part is still awaited. */
  awaited: (bytes: Bytes): number[] => {
    const bits = decodeAll(bytes, (reader) => reader.u32());
    return Array.from({ length: MAX.trustees }, (_, index) => index + 1).filter((trustee) => (bits >>> (trustee - 1)) & 1);
  },
};
