/** The manifest: everything that is fixed before the first vote (PSE-ELE-1 to PSE-ELE-3). */

import { MAX_CONTESTS, MAX_OPTIONS, type ContestRule } from "./ballot-proofs.js";
import { equal, hex, type Bytes } from "./bytes.js";
import { MAX_MODULUS_BYTES, validateModulus } from "./credentials.js";
import { blake2b256 } from "./hashing.js";
import { MAX_TRUSTEES } from "./key-ceremony.js";
import { Refusal } from "./refusal.js";
import { MAX_DISTRICTS } from "./result.js";
import { DecodeError, type Reader } from "./scale.js";

export const MAX_REGISTRARS = 8;
const MAX_TEXT_BYTES = 512;
const LEAST_THRESHOLD = 2;

export interface BlockRange {
  readonly start: number;
  readonly end: number;
}

export interface Contest {
  readonly rule: ContestRule;
  readonly options: readonly string[];
}

export interface District {
  readonly id: number;
  readonly contests: readonly Contest[];
}

export interface Registrar {
  readonly account: Bytes;
  /** One modulus for each district, in the manifest's order. */
  readonly keys: readonly Bytes[];
}

export interface Manifest {
  readonly hash: Bytes;
  readonly title: string;
  readonly districts: readonly District[];
  /** Accounts; the first trustee has index 1. */
  readonly trustees: readonly Bytes[];
  readonly threshold: number;
  readonly registrars: readonly Registrar[];
  readonly quorum: number;
  readonly registration: BlockRange;
  readonly voting: BlockRange;
  readonly ceremonyStage: number;
  /** Whether the last ballot of an account counts; else the only one. */
  readonly revote: boolean;
  readonly minimumBallots: number;
  readonly codeHash: Bytes;
}

/** 1 to 512 bytes of UTF-8, not blank, without control characters and changes of direction. */
export function readText(reader: Reader): string {
  const bytes = reader.byteList(MAX_TEXT_BYTES);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DecodeError("a text is not UTF-8");
  }
  if (/^\p{White_Space}*$/u.test(text)) throw new DecodeError("a text is blank");
  if (/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text)) throw new DecodeError("a text holds control characters");
  return text;
}

export function readManifest(reader: Reader): Manifest {
  const begin = reader.offset;
  const title = readText(reader);
  const districts = reader.list(MAX_DISTRICTS, () => readDistrict(reader));
  const trustees = reader.list(MAX_TRUSTEES, () => {
    readText(reader);
    return reader.take(32);
  });
  const threshold = reader.u8();
  const registrars = reader.list(MAX_REGISTRARS, () => readRegistrar(reader));
  const quorum = reader.u8();
  const registration = { start: reader.u32(), end: reader.u32() };
  const voting = { start: reader.u32(), end: reader.u32() };
  const ceremonyStage = reader.u32();
  const revote = reader.bool();
  const minimumBallots = reader.u32();
  reader.u32(); // The relays' mean delay: nothing on the chain follows from it.
  const codeHash = reader.take(32);
  return {
    hash: blake2b256(reader.since(begin)),
    title,
    districts,
    trustees,
    threshold,
    registrars,
    quorum,
    registration,
    voting,
    ceremonyStage,
    revote,
    minimumBallots,
    codeHash,
  };
}

function readDistrict(reader: Reader): District {
  const id = reader.u32();
  readText(reader);
  return { id, contests: reader.list(MAX_CONTESTS, () => readContest(reader)) };
}

function readContest(reader: Reader): Contest {
  const id = reader.u32();
  readText(reader);
  const options = reader.list(MAX_OPTIONS, () => readText(reader));
  const [min, max, blank] = [reader.u8(), reader.u8(), reader.bool()];
  return { rule: { id, options: options.length, min, max, blank }, options };
}

function readRegistrar(reader: Reader): Registrar {
  readText(reader);
  const account = reader.take(32);
  return { account, keys: reader.list(MAX_DISTRICTS, () => reader.byteList(MAX_MODULUS_BYTES)) };
}

/** Accounts of all trustees and registrars. */
export function officialsOf({ trustees, registrars }: Manifest): Bytes[] {
  return [...trustees, ...registrars.map(({ account }) => account)];
}

/** The trustee's index, counted from 1. */
export function trusteeIndex(manifest: Manifest, account: Bytes): number | undefined {
  const place = manifest.trustees.findIndex((trustee) => equal(trustee, account));
  return place < 0 ? undefined : place + 1;
}

/** The registrar's index, counted from 0. */
export function registrarIndex(manifest: Manifest, account: Bytes): number | undefined {
  const place = manifest.registrars.findIndex((registrar) => equal(registrar.account, account));
  return place < 0 ? undefined : place;
}

/** PSE-ELE-3 */
export function isValid(manifest: Manifest): boolean {
  const { districts, trustees, threshold, registrars, quorum, registration, voting } = manifest;
  return (
    districts.length > 0 &&
    areDistinct(districts.map(({ id }) => id)) &&
    districts.every(isValidDistrict) &&
    LEAST_THRESHOLD <= threshold &&
    threshold <= trustees.length &&
    1 <= quorum &&
    quorum <= registrars.length &&
    areDistinct(officialsOf(manifest).map(hex)) &&
    registrars.every(({ keys }) => keys.length === districts.length && keys.every(isValidModulus)) &&
    areDistinct(registrars.flatMap(({ keys }) => keys.map(hex))) &&
    registration.start < registration.end &&
    registration.end <= voting.start &&
    voting.start < voting.end &&
    manifest.ceremonyStage > 0
  );
}

function isValidDistrict({ contests }: District): boolean {
  const ids = contests.map(({ rule }) => rule.id);
  return contests.length > 0 && areDistinct(ids) && contests.every(isValidContest);
}

function isValidContest({ rule, options }: Contest): boolean {
  return options.length > 0 && areDistinct(options) && rule.min <= rule.max && rule.max <= rule.options;
}

function isValidModulus(modulus: Bytes): boolean {
  try {
    validateModulus(modulus);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function areDistinct(values: readonly (string | number)[]): boolean {
  return new Set(values).size === values.length;
}
