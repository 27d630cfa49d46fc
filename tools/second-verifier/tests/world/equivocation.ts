/** Evidence that a made-up voter has voted twice in one round, and a test may say that it has not. */

import { concat, u32, type Bytes } from "../../src/bytes.js";
import { calls, u64 } from "./encoding.js";
import type { EdKey } from "./keys.js";

export const [PREVOTES, PRECOMMITS] = [0, 1];

interface Circumstances {
  readonly kind: number;
  readonly round: bigint | number;
  readonly set: number;
}

interface Vote {
  readonly hash: Bytes;
  readonly number: number;
  /** Who has signed it, if it is not the voter. */
  readonly by?: EdKey;
  /** What it was signed for, if it is something else than the evidence says. */
  readonly as?: Partial<Circumstances>;
}

export interface EvidenceDraft extends Circumstances {
  readonly votes: readonly [Vote, Vote];
}

export const block = (number: number, fill: number, more: Omit<Vote, "hash" | "number"> = {}): Vote => ({
  hash: new Uint8Array(32).fill(fill),
  number,
  ...more,
});

const DRAFT: EvidenceDraft = { kind: PRECOMMITS, round: 4, set: 0, votes: [block(7, 1), block(7, 2)] };

/** The call that reports a voter. */
export function reportOf(voter: EdKey, changes: Partial<EvidenceDraft> = {}): Bytes {
  const { votes, ...circumstances } = { ...DRAFT, ...changes };
  const { kind, round, set } = circumstances;
  const evidence = votes.map(({ hash, number, by = voter, as }) => {
    const signed = { ...circumstances, ...as };
    const target = concat(hash, u32(number));
    return concat(target, by.sign(concat(Uint8Array.of(signed.kind), target, u64(signed.round), u64(signed.set))));
  });
  return calls.report(set, concat(Uint8Array.of(kind), u64(round), voter.id, ...evidence));
}
