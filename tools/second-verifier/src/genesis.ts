/** What block 0 commits to, and the result that a later block does (PSE-AUD-1, PSE-TAL-7). */

import type { Genesis } from "./archive.js";
import { ascii, concat, equal, hex, u32, type Bytes } from "./bytes.js";
import { hashOf } from "./header.js";
import { blake2b256, twox128 } from "./hashing.js";
import { readResult, type ElectionResult } from "./result.js";
import { decodeAll, DecodeError, type Reader } from "./scale.js";
import { IncompleteProof, ProvenState } from "./trie.js";
import { readSessionKeys, type Organisation } from "./validators.js";

/** A read of the state that cannot be relied on. */
export class StateProofError extends Error {}

/** Everything that is taken from block 0. */
export interface GenesisFacts {
  readonly hash: Bytes;
  readonly stateRoot: Bytes;
  readonly specVersion: number;
  readonly transactionVersion: number;
  /** In the order in which slots go round. */
  readonly organisations: readonly Organisation[];
  readonly codeHash: Bytes;
}

/** How many values of the state they come from. */
export const FACTS = 5;

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
    organisations: proveOrganisations(state),
    codeHash: blake2b256(readValue(state, ascii(":code"), "runtime code")),
  };
}

/** The organisations with their keys; what engines and consortium know of them has to be the same (PSE-AUD-1). */
function proveOrganisations(state: ProvenState): Organisation[] {
  const organisations = readList(state, storageKey("Session", "QueuedKeys"), "queued keys", (reader) => ({
    account: reader.take(32),
    keys: readSessionKeys(reader),
  }));
  const agree = (one: readonly Bytes[], other: readonly Bytes[], item: string): void => {
    if (!equal(concat(...one), concat(...other))) throw new StateProofError(`${item}: not those of the queued keys`);
  };
  const voters = readList(state, storageKey("Grandpa", "Authorities"), "GRANDPA authorities", (reader) => {
    const key = reader.take(32);
    if (reader.u64() !== 1n) throw new StateProofError("GRANDPA authorities: one has another weight than 1");
    return key;
  });
  const key = (reader: Reader): Bytes => reader.take(32);
  const sealers = readList(state, storageKey("Aura", "Authorities"), "Aura authorities", key);
  const members = readList(state, storageKey("Consortium", "Members"), "consortium members", key);
  agree(voters, organisations.map(({ keys }) => keys.grandpa), "GRANDPA authorities");
  agree(sealers, organisations.map(({ keys }) => keys.aura), "Aura authorities");
  // Members stand in the order of their accounts, organisations in that of their admission.
  agree(sorted(members), sorted(organisations.map(({ account }) => account)), "consortium members");
  return organisations;
}

function sorted(accounts: readonly Bytes[]): Bytes[] {
  return [...accounts].sort((one, other) => (hex(one) < hex(other) ? -1 : 1));
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
