/** Headers, as Substrate encodes and hashes them. */

import { ascii, concat, equal, type Bytes } from "./bytes.js";
import { blake2b256 } from "./hashing.js";
import { byteList, compact, decodeAll, DecodeError, list, type Reader } from "./scale.js";

const OTHER = 0;
const CONSENSUS = 4;
const SEAL = 5;
const PRE_RUNTIME = 6;
const RUNTIME_UPDATED = 8;

const AURA = ascii("aura");
const GRANDPA = ascii("FRNK");

export interface DigestItem {
  readonly kind: number;
  /** Four bytes, where the kind has them. */
  readonly engine: Bytes;
  readonly data: Bytes;
}

export interface Header {
  readonly parentHash: Bytes;
  readonly number: number;
  readonly stateRoot: Bytes;
  readonly extrinsicsRoot: Bytes;
  readonly digest: readonly DigestItem[];
}

export function readHeader(reader: Reader): Header {
  return {
    parentHash: reader.take(32),
    number: reader.compact(),
    stateRoot: reader.take(32),
    extrinsicsRoot: reader.take(32),
    digest: reader.list(reader.bytes.length, () => readDigestItem(reader)),
  };
}

function readDigestItem(reader: Reader): DigestItem {
  const kind = reader.u8();
  const none = new Uint8Array(0);
  const data = (): Bytes => reader.byteList(reader.bytes.length);
  switch (kind) {
    case OTHER:
      return { kind, engine: none, data: data() };
    case CONSENSUS:
    case SEAL:
    case PRE_RUNTIME:
      return { kind, engine: reader.take(4), data: data() };
    case RUNTIME_UPDATED:
      return { kind, engine: none, data: none };
    default:
      throw new DecodeError(`a digest item of unknown kind ${kind}`);
  }
}

export function encodeHeader(header: Header): Bytes {
  const items = header.digest.map(encodeDigestItem);
  const { parentHash, number, stateRoot, extrinsicsRoot } = header;
  return concat(parentHash, compact(number), stateRoot, extrinsicsRoot, list(items));
}

function encodeDigestItem({ kind, engine, data }: DigestItem): Bytes {
  return concat(Uint8Array.of(kind), engine, kind === RUNTIME_UPDATED ? data : byteList(data));
}

export function hashOf(header: Header): Bytes {
  return blake2b256(encodeHeader(header));
}

/** The slot that the author names; none without a digest item of Aura that holds one. */
export function slotOf(header: Header): bigint | undefined {
  const named = header.digest.find(
    ({ kind, engine, data }) => kind === PRE_RUNTIME && equal(engine, AURA) && data.length >= 8,
  );
  if (named === undefined) return undefined;
  return new DataView(named.data.buffer, named.data.byteOffset).getBigUint64(0, true);
}

/** The author's seal, which is the last digest item, and the hash of the header without it. */
export function sealOf(header: Header): { readonly seal: Bytes; readonly unsealedHash: Bytes } | undefined {
  const last = header.digest.at(-1);
  if (last === undefined || last.kind !== SEAL || !equal(last.engine, AURA)) return undefined;
  return { seal: last.data, unsealedHash: hashOf({ ...header, digest: header.digest.slice(0, -1) }) };
}

export function consensusOfAura(data: Bytes): DigestItem {
  return { kind: CONSENSUS, engine: AURA, data };
}

export function consensusOfGrandpa(data: Bytes): DigestItem {
  return { kind: CONSENSUS, engine: GRANDPA, data };
}

/** Whether these, in this order, are all that the header says about authorities, of blocks or of finality. */
export function announcesExactly(header: Header, expected: readonly DigestItem[]): boolean {
  const announced = header.digest.filter(
    ({ kind, engine }) => kind === CONSENSUS && (equal(engine, AURA) || equal(engine, GRANDPA)),
  );
  return equal(list(announced.map(encodeDigestItem)), list(expected.map(encodeDigestItem)));
}

/** The voters of GRANDPA who finalise what follows the header, if it announces others (PSE-VAL-8). */
export function announcedVoters(header: Header): Bytes[] | undefined {
  const announced = header.digest
    .filter(({ kind, engine }) => kind === CONSENSUS && equal(engine, GRANDPA))
    .map(({ data }) => readScheduledChange(data));
  return announced.find((voters) => voters !== undefined);
}

function readScheduledChange(data: Bytes): Bytes[] | undefined {
  try {
    return decodeAll(data, (reader) => {
      const kind = reader.u8();
      const voters = reader.list(data.length, () => reader.take(32 + 8).subarray(0, 32));
      return kind === 1 && reader.u32() === 0 ? voters : undefined;
    });
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Whether the header says that the next block runs another code. */
export function replacesCode(header: Header): boolean {
  return header.digest.some(({ kind }) => kind === RUNTIME_UPDATED);
}
