/** What a case is, and how it changes an election. */

import type { Bytes } from "../../src/bytes.js";
import type { Changes, MadeUpElection } from "./election.js";

export interface Case {
  readonly name: string;
  readonly changes?: Changes;
  /** A change of the finished file. */
  readonly damage?: (archive: Bytes) => Bytes;
  /** The hash of block 0 that the auditor expects. */
  readonly genesis?: Bytes;
  /** Every finding: check, block and extrinsic. */
  readonly findings: readonly string[];
  /** How many faults of trustees there are. */
  readonly faults?: number;
}

/** Changes the extrinsics of one block. */
export function inBlock(
  block: number,
  change: (own: Bytes[], election: MadeUpElection) => Bytes[],
): { extrinsics: NonNullable<Changes["extrinsics"]> } {
  return { extrinsics: (at, own, election) => (at === block ? change(own, election) : own) };
}

/** Puts a further extrinsic behind those of a block. */
export function added(block: number, make: (election: MadeUpElection) => Bytes): ReturnType<typeof inBlock> {
  return inBlock(block, (own, election) => [...own, make(election)]);
}
