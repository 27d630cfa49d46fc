// The check of a receipt: what it proves by itself, and what the nodes say about the same ballot.

import type { Node } from '../chain/node';
import { type Hex, isHex } from '../encoding/hex';
import { ask, findings, type Word } from '../delivery/look';
import type { Receipts, Verdict } from './receipts';

/** One node's word, compared with what is proven or with what the others say. */
export interface NodeWord {
  readonly url: string;
  readonly says: 'has' | 'denies' | 'differs' | 'silent';
}

/** What came of an inquiry. */
export interface Outcome {
  /** What the receipt proves; `null` where only a tracker was looked for. */
  readonly verdict: Verdict | null;
  readonly tracker: Hex | null;
  /** The block that holds the ballot, proven or as the nodes say. */
  readonly block: number | null;
  readonly nodes: readonly NodeWord[];
}

/** What is taken for the truth about a ballot's place. */
interface Reference {
  readonly block: number;
  readonly account: string | null;
}

/** What a receipt proves of a ballot's place. */
type Proven = Extract<Verdict, { kind: 'included' }>;

function judge(word: Word, reference: Reference | null, tracker: Hex, confirmed: readonly string[]): NodeWord['says'] {
  if (word.finalised === null) {
    return 'silent';
  }
  if (reference === null) {
    return 'denies';
  }
  if (word.record === null) {
    // A node that has not finalised the block yet cannot know.
    return word.finalised.number >= reference.block ? 'denies' : 'silent';
  }
  const { record } = word;
  const same = record.tracker === tracker && record.block === reference.block;
  const agrees = reference.account === null ? confirmed.includes(word.url) : record.account === reference.account;
  return same && agrees ? 'has' : 'differs';
}

/** Compares the nodes' words; pure, so that every lie can be tested. */
export function compareWords(words: readonly Word[], tracker: Hex, proven: Proven | null): Outcome {
  const found = findings(words, tracker);
  const block = proven?.block ?? found.record?.block ?? null;
  const reference = block === null ? null : { block, account: proven?.account ?? null };
  return {
    verdict: proven,
    tracker,
    block,
    nodes: words.map((word) => ({ url: word.url, says: judge(word, reference, tracker, found.confirmed) })),
  };
}

/** Whether some node contradicts another, or a proof. */
export function contradicted(outcome: Outcome): boolean {
  const has = outcome.nodes.some((node) => node.says === 'has') || outcome.verdict?.kind === 'included';
  return has && outcome.nodes.some((node) => node.says === 'denies' || node.says === 'differs');
}

/** Verifies a receipt, and asks the nodes. */
export async function inquire(
  receipts: Receipts,
  nodes: readonly Node[],
  election: number,
  receipt: string,
): Promise<Outcome> {
  const verdict = await receipts.verify(receipt);
  if (verdict.kind === 'refused' || !isHex(verdict.tracker, 32)) {
    return { verdict, tracker: null, block: null, nodes: [] };
  }
  const { tracker } = verdict;
  const words = await Promise.all(nodes.map((node) => ask(node, election, tracker)));
  return compareWords(words, tracker, verdict);
}

/** Asks the nodes for a tracker, without a proof. */
export async function lookFor(nodes: readonly Node[], election: number, tracker: Hex): Promise<Outcome> {
  return compareWords(await Promise.all(nodes.map((node) => ask(node, election, tracker))), tracker, null);
}
