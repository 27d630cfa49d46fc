/** What block 0 commits to, and the result that a later block does (PSE-AUD-1, PSE-TAL-7). */

import type { Genesis } from "./archive.js";
import { ascii, concat, u32, type Bytes } from "./bytes.js";
import { hashOf } from "./header.js";
import { blake2b256, twox128 } from "./hashing.js";
import { readResult, type ElectionResult } from "./result.js";
import { decodeAll, DecodeError, type Reader } from "./scale.js";
import { IncompleteProof, ProvenState } from "./trie.js";

/** A read of the state that cannot be relied on. */
export class StateProofError extends Error {}

export interface GrandpaAuthority {
  readonly key: Bytes;
  readonly weight: bigint;
}

/** Everything that is taken from block 0. */
export interface GenesisFacts {
  readonly hash: Bytes;
  readonly stateRoot: Bytes;
  readonly specVersion: number;
  readonly transactionVersion: number;
  readonly grandpa: readonly GrandpaAuthority[];
  readonly aura: readonly Bytes[];
  readonly consortium: readonly Bytes[];
  readonly codeHash: Bytes;
}

/** How many values of the state they come from. */
export const FACTS = 4;

function storageKey(pallet: string, item: string): Bytes {
  return concat(twox128(ascii(pallet)), twox128(ascii(item)));
}

/** Reads the facts from the state that the header of block 0 commits to. */
export function proveGenesis(genesis: Genesis): GenesisFacts {
  const state = new ProvenState(genesis.header.stateRoot, genesis.proof);
  return {
    hash: hashOf(genesis.header),
    stateRoot: genesis.header.stateRoot,
    specVersion: genesis.specVersion,
    transactionVersion: genesis.transactionVersion,
    grandpa: readList(state, storageKey("Grandpa", "Authorities"), "GRANDPA authorities", (reader) => ({
      key: reader.take(32),
      weight: reader.u64(),
    })),
    aura: readList(state, storageKey("Aura", "Authorities"), "Aura authorities", (reader) => reader.take(32)),
    consortium: readList(state, storageKey("Consortium", "Members"), "consortium members", (reader) => reader.take(32)),
    codeHash: blake2b256(readValue(state, ascii(":code"), "runtime code")),
  };
}

/** The result that a state holds for an election, or that it holds none. */
export function proveResult(stateRoot: Bytes, proof: readonly Bytes[], election: number): ElectionResult | undefined {
  const key = concat(storageKey("BallotRegister", "Results"), u32(election));
  const value = read(new ProvenState(stateRoot, proof), key, "election result");
  return value === undefined ? undefined : decode(value, readResult, "election result");
}

function readList<T>(state: ProvenState, key: Bytes, item: string, readItem: (reader: Reader) => T): T[] {
  const list = decode(
    readValue(state, key, item),
    (reader) => reader.list(reader.bytes.length, () => readItem(reader)),
    item,
  );
  if (list.length === 0) throw new StateProofError(`${item}: there are none`);
  return list;
}

function readValue(state: ProvenState, key: Bytes, item: string): Bytes {
  const value = read(state, key, item);
  if (value === undefined) throw new StateProofError(`${item}: the state holds no such value`);
  return value;
}

function read(state: ProvenState, key: Bytes, item: string): Bytes | undefined {
  try {
    return state.read(key);
  } catch (error) {
    if (error instanceof IncompleteProof) throw new StateProofError(`${item}: ${error.message}`);
    throw error;
  }
}

function decode<T>(bytes: Bytes, readAll: (reader: Reader) => T, item: string): T {
  try {
    return decodeAll(bytes, readAll);
  } catch (error) {
    if (error instanceof DecodeError) throw new StateProofError(`${item}: ${error.message}`);
    throw error;
  }
}
