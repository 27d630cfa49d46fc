/** GRANDPA's finality, from its definition (PSE-AUD-5). */

import { concat, equal, hex, littleEndian, u32, type Bytes } from "./bytes.js";
import { announcedVoters, hashOf, readHeader, type Header } from "./header.js";
import { decodeAll, DecodeError, type Reader } from "./scale.js";
import { verifyEd25519 } from "./signatures.js";
import type { Voters } from "./validators.js";

/** Votes of the other kind, prevotes, have the byte 0. */
export const PRECOMMIT = 1;

export class FinalityError extends Error {}

export interface Target {
  readonly hash: Bytes;
  readonly number: number;
}

export interface SignedVote {
  readonly target: Target;
  readonly signature: Bytes;
}

/** In what a vote was given; it is signed along with the vote, which counts nowhere else. */
export interface VotingRound {
  readonly kind: number;
  readonly round: bigint;
  readonly set: bigint;
}

interface Precommit extends SignedVote {
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
  voters: Voters,
): number {
  return checkJustification(decode(justification), lastOf(block, descendants), voters);
}

function lastOf(block: Target, descendants: readonly Header[]): Target {
  return descendants.reduce((last, header, at) => {
    const number = last.number + 1;
    const before = descendants[at - 1];
    if (before !== undefined && announcedVoters(before) !== undefined) {
      throw new FinalityError(`block ${last.number} announces other authorities, and what follows it is not these ones' to finalise`);
    }
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

export function readTarget(reader: Reader): Target {
  return { hash: reader.take(32), number: reader.u32() };
}

function checkJustification(
  justification: Justification,
  target: Target,
  { keys, set }: Voters,
): number {
  if (!equal(justification.target.hash, target.hash) || justification.target.number !== target.number) {
    throw new FinalityError(`the justification is for block ${justification.target.number}, not for ${target.number}`);
  }
  const parents = new Map(justification.ancestries.map((header) => [hex(hashOf(header)), hex(header.parentHash)]));
  const authorities = new Set(keys.map(hex));
  const voted = new Set<string>();
  for (const precommit of justification.precommits) {
    const authority = hex(precommit.authority);
    if (!authorities.has(authority)) throw new FinalityError(`0x${authority} is no authority`);
    if (!isSignedVote(precommit, precommit.authority, { kind: PRECOMMIT, round: justification.round, set })) {
      throw new FinalityError(`the vote of authority 0x${authority} is not signed by it`);
    }
    if (!leadsTo(hex(precommit.target.hash), hex(target.hash), parents)) {
      throw new FinalityError(`the vote of authority 0x${authority} is not for the block`);
    }
    voted.add(authority);
  }
  if (voted.size * 3 <= keys.length * 2) {
    throw new FinalityError(`votes of ${voted.size} authorities, of ${keys.length}, are not more than two thirds`);
  }
  return voted.size;
}

/** Whether the authority has signed the vote, in this round. */
export function isSignedVote(
  { target, signature }: SignedVote,
  authority: Bytes,
  { kind, round, set }: VotingRound,
): boolean {
  const message = concat(
    Uint8Array.of(kind),
    target.hash,
    u32(target.number),
    littleEndian(round, 8),
    littleEndian(set, 8),
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
