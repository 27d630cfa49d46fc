// Who made the blocks, who missed a turn, and who signed that they are final.

import { announcedVoters, slotOf } from '../../../../tools/second-verifier/src/header';
import { type Hex, toHex } from '../../encoding/hex';
import type { Finality } from '../../chain/signatures';
import { blockOf, type FinalBlock, SLOT_MS, type Source, valueOf } from '../../chain/source';
import { decode } from '../../chain/state/decode';
import { keys } from '../../chain/state/keys';

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
  /** How many there were who could. */
  readonly signable: number;
}

/** One validator. */
export interface ValidatorView {
  readonly place: number;
  /** The key that blocks are sealed with. */
  readonly key: Hex;
  /** Whether others make the blocks by now. */
  readonly left: boolean;
  readonly authored: number;
  readonly missed: number;
  readonly last: AuthoredBlock | null;
  /** Blocks of which this validator's signature was seen, and those that were this validator's to sign. */
  readonly signed: number;
  readonly signable: number;
  readonly lastSigned: number | null;
}

/** All of them, those who have left last, and the latest blocks, oldest first. */
export interface ValidatorsView {
  readonly validators: readonly ValidatorView[];
  readonly blocks: readonly AuthoredBlock[];
  /** Blocks for which signatures were seen. */
  readonly signatures: number;
}

/** An organisation and its keys. */
interface Validator {
  readonly account: Hex;
  readonly aura: Hex;
  readonly grandpa: Hex;
}

/** Those who make and sign blocks from one block on. */
interface ValidatorSet {
  readonly from: number;
  /** In the order of their slots. */
  readonly validators: readonly Validator[];
}

/** Those who make the blocks after this one (PSE-VAL-8). */
async function setAfter(source: Source, block: FinalBlock): Promise<ValidatorSet> {
  const values = await source.read([keys.validators(), keys.aura(), keys.grandpa()], block);
  const aura = valueOf(values, keys.aura(), decode.keys) ?? [];
  const grandpa = valueOf(values, keys.grandpa(), decode.grandpa) ?? [];
  const accounts = valueOf(values, keys.validators(), decode.keys) ?? [];
  const validators = accounts.flatMap((account, place) => {
    const [sealing, voting] = [aura[place], grandpa[place]];
    return sealing === undefined || voting === undefined ? [] : [{ account, aura: sealing, grandpa: toHex(voting) }];
  });
  return { from: block.number + 1, validators };
}

const handsOver = ({ header }: FinalBlock): boolean => announcedVoters(header) !== undefined;

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
  /** By block, the keys that have signed. */
  private readonly signatures = new Map<number, readonly Hex[]>();

  /** By the block from which on they are, the first of them from the oldest block. */
  private sets: ValidatorSet[] = [];

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
    const sets = await this.setsOf(source, fresh, joins ? this.sets : []);
    this.chain = [...(joins ? this.chain : []), ...fresh].slice(-WINDOW);
    const oldest = this.chain[0]?.number ?? 0;
    this.sets = sets.filter((_, at) => (sets[at + 1]?.from ?? Infinity) > oldest);
  }

  /** The sets that are known, and those that took over in fresh blocks. */
  private async setsOf(source: Source, fresh: readonly FinalBlock[], known: readonly ValidatorSet[]): Promise<ValidatorSet[]> {
    const sets = [...known];
    const [first, last] = [fresh[0], fresh.at(-1)];
    if (sets.length === 0 && first !== undefined && last !== undefined) {
      // Old states are asked for only where validators have changed.
      const before = fresh.some(handsOver) ? blockOf(await source.header(toHex(first.header.parentHash))) : last;
      sets.push({ ...(await setAfter(source, before)), from: first.number });
    }
    for (const block of fresh.filter(handsOver)) {
      sets.push(await setAfter(source, block));
    }
    return sets;
  }

  /** Those who made a block. */
  private setOf(block: number): readonly Validator[] {
    return (this.sets.findLast(({ from }) => from <= block) ?? this.sets[0])?.validators ?? [];
  }

  /** Takes signatures in that were verified. */
  sign({ number, signers }: Pick<Finality, 'number' | 'hash' | 'signers'>): void {
    this.signatures.set(number, [...new Set([...(this.signatures.get(number) ?? []), ...signers])]);
    const oldest = (this.chain[0]?.number ?? number) - 1;
    [...this.signatures.keys()].filter((block) => block < oldest).forEach((block) => this.signatures.delete(block));
  }

  view(): ValidatorsView {
    const now = this.sets.at(-1)?.validators ?? [];
    const all = [...now];
    for (const one of this.sets.flatMap(({ validators }) => validators)) {
      if (!all.some(({ account }) => account === one.account)) {
        all.push(one);
      }
    }
    const placeOf = (validator: Validator | undefined): number =>
      all.findIndex(({ account }) => account === validator?.account);
    const signersOf = (block: number): number[] => {
      const signers = this.signatures.get(block) ?? [];
      return this.setOf(block).flatMap((one) => (signers.includes(one.grandpa) ? [placeOf(one)] : []));
    };
    const blocks = this.chain.map((block) => this.authored(block, placeOf, signersOf));
    const missed = this.chain.flatMap((block, at) => {
      const parent = this.chain[at - 1];
      const set = this.setOf(block.number);
      return parent === undefined ? [] : missedTurns(slot(parent), slot(block), set.length).map((turn) => placeOf(set[turn]));
    });
    const signed = [...this.signatures.keys()].sort((a, b) => a - b);
    const validators = all.map(({ account, aura: key }, place) => {
      const own = signed.filter((block) => signersOf(block).includes(place));
      return {
        place,
        key,
        left: place >= now.length,
        authored: blocks.filter(({ author }) => author === place).length,
        missed: missed.filter((turn) => turn === place).length,
        last: blocks.findLast(({ author }) => author === place) ?? null,
        signed: own.length,
        signable: signed.filter((block) => this.setOf(block).some((one) => one.account === account)).length,
        lastSigned: own.at(-1) ?? null,
      };
    });
    return { validators, blocks, signatures: signed.length };
  }

  private authored(
    block: FinalBlock,
    placeOf: (validator: Validator | undefined) => number,
    signersOf: (block: number) => number[],
  ): AuthoredBlock {
    const set = this.setOf(block.number);
    return {
      number: block.number,
      hash: block.hash,
      time: block.time,
      author: placeOf(set[slot(block) % set.length]),
      signers: signersOf(block.number),
      signable: set.length,
    };
  }
}

/** About when a block comes, or came, if none is missed between. */
export function timeOf(block: number, head: Pick<FinalBlock, 'number' | 'time'>): number {
  return head.time + (block - head.number) * SLOT_MS;
}
