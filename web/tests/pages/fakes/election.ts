// An election that the fake chain holds: its manifest in SCALE, as it would stand on a real chain, and
// in the node's view.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { toHex } from '../../../src/encoding/hex';
import { blake2_256, bytes, concat, list, text, u32, u8 } from './scale';

export interface FakeContest {
  id: number;
  title: string;
  options: string[];
  min: number;
  max: number;
  blank: boolean;
}

export interface FakeDistrict {
  id: number;
  name: string;
  contests: FakeContest[];
}

export const DISTRICTS: FakeDistrict[] = [
  {
    id: 1,
    name: 'Harbour · Гавань',
    contests: [
      { id: 1, title: 'Mayor · Мэр', options: ['Amara Okafor', 'Борис Седов', '李雪梅', 'Yannis Παπαδάκης'], min: 0, max: 1, blank: false },
      { id: 2, title: 'Council, two or three seats', options: ['Ada', 'Bilal بلال', 'Chiara', 'Dvora דבורה', 'Emre', 'Farida', 'गौरी Gauri'], min: 2, max: 3, blank: true },
      { id: 3, title: 'Charter: may the council borrow?', options: ['Yes · Да', 'No · Нет'], min: 1, max: 1, blank: false },
    ],
  },
  {
    id: 2,
    name: 'Old Town · 老城',
    contests: [{ id: 1, title: 'Which parks should be renewed?', options: ['北公园', 'Riverside', 'Зелёная горка'], min: 0, max: 3, blank: false }],
  },
];

/** The registrars' keys: one for each of two registrars and two districts, made once for all tests. */
const KEYS: readonly KeyObject[][] = [0, 1].map(() =>
  DISTRICTS.map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
);

export function modulus(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url');
}

/** The base point of ristretto255: as good an election key as any where nobody decrypts. */
export const ELECTION_KEY = '0xe2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76' as const;

export interface Schedule {
  registration: { start: number; end: number };
  voting: { start: number; end: number };
  quorum: number;
  relayDelay: number;
}

export const VOTING: Schedule = {
  registration: { start: 1, end: 10 },
  voting: { start: 20, end: 5_000 },
  quorum: 1,
  relayDelay: 20,
};

/** An election with its registrars. */
export class FakeElection {
  readonly title = 'City elections and charter referendum';
  readonly registrars: { name: string; account: Uint8Array; keys: readonly KeyObject[] }[];
  readonly trustees = ['North Observatory', 'Faculty of Law', 'Old Town Parish'].map((name, index) => ({
    name,
    account: new Uint8Array(32).fill(0x40 + index),
  }));
  readonly encoded: Uint8Array;
  readonly hash: Uint8Array;

  constructor(readonly schedule: Schedule) {
    this.registrars = ['City Registry', 'Court Registry'].slice(0, schedule.quorum).map((name, index) => ({
      name,
      account: new Uint8Array(32).fill(0x20 + index),
      keys: KEYS[index] ?? [],
    }));
    this.encoded = this.encode();
    this.hash = blake2_256(this.encoded);
  }

  private encode(): Uint8Array {
    const { schedule } = this;
    const range = (of: { start: number; end: number }) => concat(u32(of.start), u32(of.end));
    const contest = (one: FakeContest) =>
      concat(u32(one.id), text(one.title), list(one.options.map(text)), u8(one.min), u8(one.max), u8(one.blank ? 1 : 0));
    return concat(
      text(this.title),
      list(DISTRICTS.map((one) => concat(u32(one.id), text(one.name), list(one.contests.map(contest))))),
      list(this.trustees.map((one) => concat(text(one.name), one.account))),
      u8(2),
      list(this.registrars.map((one) => concat(text(one.name), one.account, list(one.keys.map((key) => bytes(modulus(key))))))),
      u8(schedule.quorum),
      range(schedule.registration),
      range(schedule.voting),
      u32(5),
      u8(0),
      u32(1),
      u32(schedule.relayDelay),
      new Uint8Array(32).fill(0xcd),
    );
  }

  /** As `election_manifest` shows it. */
  view(): object {
    return {
      title: this.title,
      districts: DISTRICTS.map((one) => ({
        id: one.id,
        name: one.name,
        contests: one.contests.map((contest) => ({
          id: contest.id,
          title: contest.title,
          options: contest.options,
          min_selections: contest.min,
          max_selections: contest.max,
          blank_allowed: contest.blank,
        })),
      })),
      trustees: this.trustees.map((one) => ({ name: one.name, account: toHex(one.account) })),
      threshold: 2,
      registrars: this.registrars.map((one) => ({ name: one.name, account: toHex(one.account), keys: one.keys.map((key) => toHex(modulus(key))) })),
      quorum: this.schedule.quorum,
      registration: this.schedule.registration,
      voting: this.schedule.voting,
      ceremony_stage: 5,
      revote: 'forbidden',
      minimum_ballots: 1,
      relay_delay: this.schedule.relayDelay,
      code_hash: toHex(new Uint8Array(32).fill(0xcd)),
      hash: toHex(this.hash),
      encoded: toHex(this.encoded),
    };
  }
}
