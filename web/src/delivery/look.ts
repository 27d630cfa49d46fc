// Looking for a ballot that was cast, without telling any node which one: every page that waits reads what is
// appended to the register, all of it, and searches here. What it reads is proven.

import type { Witness } from '../chain/witness';
import { type FinalBlock, valueOf } from '../chain/source';
import { BALLOTS_PER_PAGE, type BallotRecord, decode } from '../chain/state/decode';
import { keys } from '../chain/state/keys';
import type { Hex } from '../encoding/hex';
import type { Delivery } from '../flow/state';
import { assembleReceipt } from '../receipts/assemble';

/** Pages in one look: who comes back after a long time reads the rest with the next ones. */
const PAGES_AT_ONCE = 16;

/** What is looked for, and from where on. */
export type Wanted = Pick<Delivery, 'election' | 'tracker' | 'ballotsBefore'>;

/** A ballot in the register after a final block. */
export interface Found {
  readonly record: BallotRecord;
  /** Its receipt, not verified yet. */
  readonly receipt: string;
}

/** What came of one look at one node. */
export interface Word {
  readonly url: string;
  /** The final block that was looked at; `null` where the node does not answer. */
  readonly block: number | null;
  /** Whether all that was appended before that block was read: who comes back late has much to read. */
  readonly complete: boolean;
  readonly found: Found | null;
  /** Whether it has ever said what the validators have not signed. */
  readonly refuted: boolean;
}

/** What follows from all nodes' words. */
export interface Findings {
  /** Nodes that answer. */
  readonly asked: readonly string[];
  /** Nodes that have proven the ballot to be in a final block. */
  readonly confirmed: readonly string[];
  /** Nodes that have said what the validators have not signed. */
  readonly refuted: readonly string[];
  /** Receipts of the ballot, not verified yet. */
  readonly receipts: readonly string[];
  /** The highest final block that was looked at; 0 where no node answers. */
  readonly block: number;
  /** Whether there is more to read before it is known that the ballot is not there. */
  readonly more: boolean;
}

/** Reads one node's register, from the ballots on that were there when this one was cast. */
export class Search {
  /** Records before this one were read, or are older. */
  private next: number;
  /** How many there are. */
  private count = 0;
  private found: Found | null = null;

  constructor(
    private readonly witness: Witness,
    private readonly wanted: Wanted,
  ) {
    this.next = wanted.ballotsBefore;
  }

  /**
   * Reads what is new. It goes on when the ballot is found, in the same way: nobody who sees the questions can tell
   * by them whether it was.
   */
  async look(): Promise<Word> {
    const block = await this.read().catch(() => null);
    const { url, contradiction } = this.witness;
    const found = block === null ? null : this.found;
    return { url, block, complete: block !== null && this.next >= this.count, found, refuted: contradiction !== null };
  }

  /** Forgets what was found, and looks for it again in a later block. */
  again(): void {
    if (this.found !== null) {
      this.found = null;
      this.next = this.wanted.ballotsBefore;
    }
  }

  /** The number of the block that was looked at; fails where the node does not answer, or not with proofs. */
  private async read(): Promise<number | null> {
    const { standing } = this.witness;
    if (standing === null) {
      return null;
    }
    const { block } = standing;
    const key = keys.ballotCount(this.wanted.election);
    const { values } = await this.witness.prove([key], block);
    this.count = valueOf(values, key, decode.count) ?? 0;
    for (let pages = 0; pages < PAGES_AT_ONCE && this.next < this.count; pages += 1) {
      await this.readPage(Math.floor(this.next / BALLOTS_PER_PAGE), standing);
    }
    return block.number;
  }

  /** One page in one question: what proves it is then just what a receipt needs. */
  private async readPage(page: number, standing: NonNullable<Witness['standing']>): Promise<void> {
    const { election, tracker } = this.wanted;
    const { records, proof } = await readPage(this.witness, election, page, standing.block);
    const place = records.findIndex((record) => record.tracker === tracker);
    const record = records[place];
    if (record !== undefined && this.found === null) {
      const index = page * BALLOTS_PER_PAGE + place;
      this.found = { record, receipt: assembleReceipt({ election, tracker, index }, standing.evidence, proof) };
    }
    this.next = Math.max(this.next, page * BALLOTS_PER_PAGE + records.length);
  }
}

/** A page of the register, and what proves it. */
export async function readPage(
  witness: Witness,
  election: number,
  page: number,
  at: FinalBlock,
): Promise<{ records: readonly BallotRecord[]; proof: readonly Hex[] }> {
  const key = keys.ballotPage(election, page);
  const { values, nodes } = await witness.prove([key], at);
  return { records: valueOf(values, key, decode.ballots) ?? [], proof: nodes };
}

/** Sums up. */
export function findings(words: readonly Word[]): Findings {
  const heard = words.filter((word) => word.block !== null);
  return {
    asked: heard.map((word) => word.url),
    confirmed: heard.filter((word) => word.found !== null).map((word) => word.url),
    refuted: words.filter((word) => word.refuted).map((word) => word.url),
    receipts: heard.flatMap((word) => word.found?.receipt ?? []),
    block: Math.max(0, ...heard.map((word) => word.block ?? 0)),
    more: heard.length > 0 && !heard.some((word) => word.complete),
  };
}
