/** GRANDPA's finality, from its definition (PSE-AUD-5). */

import { concat, equal, hex, littleEndian, u32, type Bytes } from "./bytes.js";
import type { GrandpaAuthority } from "./genesis.js";
import { hashOf, readHeader, type Header } from "./header.js";
import { decodeAll, DecodeError, type Reader } from "./scale.js";
import { verifyEd25519 } from "./signatures.js";

/** Authorities never change in version 1, so theirs is the first set. */
const SET_ID = 0;
const PRECOMMIT = 1;

export class FinalityError extends Error {}

export interface Target {
  readonly hash: Bytes;
  readonly number: number;
}

interface Precommit {
  readonly target: Target;
  readonly signature: Bytes;
  readonly authority: Bytes;
}

interface Justification {
  readonly round: bigint;
  readonly target: Target;
  readonly precommits: readonly Precommit[];
  readonly ancestries: readonly Header[];
}

/** Checks that a block, or the last of the headers after it, is final; says how many voted for it. */
export function checkFinality(
  block: Target,
  descendants: readonly Header[],
  justification: Bytes,
  authorities: readonly GrandpaAuthority[],
): number {
  return checkJustification(decode(justification), lastOf(block, descendants), authorities);
}

function lastOf(block: Target, descendants: readonly Header[]): Target {
  return descendants.reduce((last, header) => {
    const number = last.number + 1;
    if (!equal(header.parentHash, last.hash) || header.number !== number) {
      throw new FinalityError(`header ${number} does not follow the last block`);
    }
    return { hash: hashOf(header), number };
  }, block);
}

function decode(bytes: Bytes): Justification {
  try {
    return decodeAll(bytes, readJustification);
  } catch (error) {
    if (error instanceof DecodeError) throw new FinalityError(`the justification does not decode: ${error.message}`);
    throw error;
  }
}

function readJustification(reader: Reader): Justification {
  const all = reader.bytes.length;
  return {
    round: reader.u64(),
    target: readTarget(reader),
    precommits: reader.list(all, () => ({
      target: readTarget(reader),
      signature: reader.take(64),
      authority: reader.take(32),
    })),
    ancestries: reader.list(all, () => readHeader(reader)),
  };
}

function readTarget(reader: Reader): Target {
  return { hash: reader.take(32), number: reader.u32() };
}

function checkJustification(
  justification: Justification,
  target: Target,
  authorities: readonly GrandpaAuthority[],
): number {
  if (!equal(justification.target.hash, target.hash) || justification.target.number !== target.number) {
    throw new FinalityError(`the justification is for block ${justification.target.number}, not for ${target.number}`);
  }
  const parents = new Map(justification.ancestries.map((header) => [hex(hashOf(header)), hex(header.parentHash)]));
  const weights = new Map(authorities.map(({ key, weight }) => [hex(key), weight]));
  const voters = new Map<string, bigint>();
  for (const precommit of justification.precommits) {
    const authority = hex(precommit.authority);
    const weight = weights.get(authority);
    if (weight === undefined) throw new FinalityError(`0x${authority} is no authority`);
    if (!isSigned(precommit, justification.round)) {
      throw new FinalityError(`the vote of authority 0x${authority} is not signed by it`);
    }
    if (!leadsTo(hex(precommit.target.hash), hex(target.hash), parents)) {
      throw new FinalityError(`the vote of authority 0x${authority} is not for the block`);
    }
    voters.set(authority, weight);
  }
  const sum = (all: Iterable<bigint>): bigint => [...all].reduce((total, weight) => total + weight, 0n);
  const [voted, total] = [sum(voters.values()), sum(authorities.map(({ weight }) => weight))];
  if (voted * 3n <= total * 2n) {
    throw new FinalityError(`votes of weight ${voted}, of ${total}, are not more than two thirds`);
  }
  return voters.size;
}

function isSigned({ target, signature, authority }: Precommit, round: bigint): boolean {
  const message = concat(
    Uint8Array.of(PRECOMMIT),
    target.hash,
    u32(target.number),
    littleEndian(round, 8),
    littleEndian(SET_ID, 8),
  );
  return verifyEd25519(authority, message, signature);
}

/** Whether the headers at hand lead back to the target. No hash is its own ancestor, so this ends. */
function leadsTo(from: string, target: string, parents: ReadonlyMap<string, string>): boolean {
  for (let hash: string | undefined = from; hash !== undefined; hash = parents.get(hash)) {
    if (hash === target) return true;
  }
  return false;
}
