// Who made the blocks, who missed a turn, and who signed that they are final.

import type { GrandpaAuthority } from '../../../../tools/second-verifier/src/genesis';
import { slotOf } from '../../../../tools/second-verifier/src/header';
import { type Hex, toHex } from '../../encoding/hex';
import type { Finality } from '../source/signatures';
import { blockOf, type FinalBlock, SLOT_MS, type Source } from '../source/source';

/** Blocks that are looked back at: three minutes. */
export const WINDOW = 60;

/** A block and whose turn it was. */
export interface AuthoredBlock {
  readonly number: number;
  readonly hash: Hex;
  readonly time: number;
  /** The author's place among the validators. */
  readonly author: number;
  /** Validators who signed that it, or the first block after it that was signed for, is final. */
  readonly signers: readonly number[];
}

/** One validator. */
export interface ValidatorView {
  readonly place: number;
  /** The key that blocks are sealed with. */
  readonly account: Hex;
  readonly authored: number;
  readonly missed: number;
  readonly last: AuthoredBlock | null;
  /** Blocks of which this validator's signature was seen. */
  readonly signed: number;
  readonly lastSigned: number | null;
}

/** All of them, and the latest blocks, oldest first. */
export interface ValidatorsView {
  readonly validators: readonly ValidatorView[];
  readonly blocks: readonly AuthoredBlock[];
  /** Blocks for which signatures were seen. */
  readonly signatures: number;
}

/** The places whose turn passed between two blocks, one for each slot. */
export function missedTurns(parent: number, child: number, validators: number): number[] {
  const empty = Math.max(0, child - parent - 1);
  // After a standstill nobody is to blame for every single slot.
  return Array.from({ length: Math.min(empty, WINDOW) }, (_, passed) => (parent + 1 + passed) % validators);
}

const slot = (block: FinalBlock): number => Number(slotOf(block.header) ?? 0n);

/** Follows the validators' work. */
export class ValidatorWatch {
  /** Oldest first, each the parent of the next. */
  private chain: FinalBlock[] = [];
  private readonly signatures = new Map<number, readonly number[]>();

  constructor(
    private readonly aura: readonly Hex[],
    readonly grandpa: readonly GrandpaAuthority[],
  ) {}

  /** Takes a final block in, and the blocks before it that are not known yet. */
  async follow(source: Source, block: FinalBlock): Promise<void> {
    const known = this.chain.at(-1);
    if (known !== undefined && block.number <= known.number) {
      return;
    }
    const fresh = [block];
    while (fresh.length < WINDOW) {
      const [first] = fresh;
      if (first === undefined || first.number <= 1 || toHex(first.header.parentHash) === known?.hash) {
        break;
      }
      fresh.unshift(blockOf(await source.header(toHex(first.header.parentHash))));
    }
    const joins = known !== undefined && toHex(fresh[0]?.header.parentHash ?? new Uint8Array()) === known.hash;
    this.chain = [...(joins ? this.chain : []), ...fresh].slice(-WINDOW);
  }

  /** Takes signatures in that were verified. */
  sign({ number, signers }: Finality): void {
    this.signatures.set(number, [...new Set([...(this.signatures.get(number) ?? []), ...signers])]);
    const oldest = (this.chain[0]?.number ?? number) - 1;
    [...this.signatures.keys()].filter((block) => block < oldest).forEach((block) => this.signatures.delete(block));
  }

  view(): ValidatorsView {
    const blocks = this.chain.map((block) => this.authored(block));
    const missed = this.chain.flatMap((block, at) => {
      const parent = this.chain[at - 1];
      return parent === undefined ? [] : missedTurns(slot(parent), slot(block), this.aura.length);
    });
    const signed = [...this.signatures].sort(([a], [b]) => a - b);
    const validators = this.aura.map((account, place) => ({
      place,
      account,
      authored: blocks.filter(({ author }) => author === place).length,
      missed: missed.filter((turn) => turn === place).length,
      last: blocks.findLast(({ author }) => author === place) ?? null,
      signed: signed.filter(([, signers]) => signers.includes(place)).length,
      lastSigned: signed.findLast(([, signers]) => signers.includes(place))?.[0] ?? null,
    }));
    return { validators, blocks, signatures: signed.length };
  }

  private authored(block: FinalBlock): AuthoredBlock {
    return {
      number: block.number,
      hash: block.hash,
      time: block.time,
      author: slot(block) % this.aura.length,
      signers: this.signatures.get(block.number) ?? [],
    };
  }
}

/** About when a block comes, or came, if none is missed between. */
export function timeOf(block: number, head: Pick<FinalBlock, 'number' | 'time'>): number {
  return head.time + (block - head.number) * SLOT_MS;
}
