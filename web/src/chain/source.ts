// Where the page reads from. Either source answers with what is proven under headers that the validators
// have signed, or with an error that says who is at fault; neither is ever believed.

import { type Header, hashOf, slotOf } from '../../../tools/second-verifier/src/header';
import { type Hex, toHex } from '../encoding/hex';

/** Length of a slot in milliseconds: a block's time follows from its slot. */
export const SLOT_MS = 3_000;

/** A block that the validators have made final. */
export interface FinalBlock {
  readonly number: number;
  readonly hash: Hex;
  readonly header: Header;
  /** When its slot began, in milliseconds since 1970. */
  readonly time: number;
}

/** Values by key, `null` where the state proves that there is none. */
export type Values = ReadonlyMap<Hex, Uint8Array | null>;

/** Something that the page can read the chain from. */
export interface Source {
  readonly kind: 'light' | 'node';
  /** Whom it asks, in words for a person: an address, or nothing for many peers. */
  readonly name: string;
  /** Calls `heard` with every block that it sees become final, and `failed` once if it cannot go on. */
  follow(heard: (block: FinalBlock) => void, failed: (error: Error) => void): void;
  /** The header with this hash. */
  header(hash: Hex): Promise<Header>;
  /** Values of the state after a block, each proven. */
  read(keys: readonly Hex[], at: FinalBlock): Promise<Values>;
  close(): void;
}

/** A source whose answer contradicts what the validators have signed: it lies, or is broken. */
export class Contradiction extends Error {}

/** The block of a header, whose hash is computed here. */
export function blockOf(header: Header): FinalBlock {
  const slot = slotOf(header);
  return {
    number: header.number,
    hash: toHex(hashOf(header)),
    header,
    time: slot === undefined ? 0 : Number(slot) * SLOT_MS,
  };
}

/** A value that was asked for; `null` where there is none. */
export function valueOf<T>(values: Values, key: Hex, decode: (bytes: Uint8Array) => T): T | null {
  const bytes = values.get(key) ?? null;
  return bytes === null ? null : decode(bytes);
}
