// A receipt, collected from one node (PSE-RCP-1). Nothing is believed: it is verified afterwards.

import { type Handover, handoverTo, setAfter } from '../chain/handovers';
import type { BallotRecord, Node } from '../chain/node';
import type { Hex } from '../encoding/hex';
import type { Delivery } from '../flow/state';
import type { ReceiptKeys } from './calls';
import { targetOf } from './justification';

/** So long is waited for the validators' next signatures: several rounds, even on a busy machine. */
const PATIENCE_MS = 60_000;
/** A justification may be for a block before the one that is asked for; then the next one is waited for. */
const MAX_JUSTIFICATIONS = 8;

/** Sets of validators before a receipt's: more would not fit into one. */
const MAX_HANDOVERS = 256;

interface Finality {
  readonly justification: Hex;
  readonly hash: Hex;
  readonly number: number;
}

/** `null` where it is for an earlier block. */
function finalityOf(justification: Hex, block: number): Finality | null {
  const target = targetOf(justification);
  return target.number >= block ? { justification, ...target } : null;
}

/** The validators' signatures under this block or a later one: those that came last, or the next. */
async function finality(node: Node, block: number): Promise<Finality> {
  const last = node.lastJustification;
  const known = last === null ? null : finalityOf(last, block);
  if (known !== null) {
    return known;
  }
  for (let heard = 0; heard < MAX_JUSTIFICATIONS; heard += 1) {
    const justification = await node.nextJustification(PATIENCE_MS);
    if (justification === null) {
      throw new Error(`${node.url} sends no signatures of the validators`);
    }
    const found = finalityOf(justification, block);
    if (found !== null) {
      return found;
    }
  }
  throw new Error(`${node.url} sends signatures for earlier blocks than ${block} only`);
}

/** The blocks with which each set of validators ended, before the one that is final by the last (PSE-RCP-5). */
async function handovers(node: Node, { hash, number }: Finality): Promise<Handover[]> {
  const sets = await setAfter(node, hash);
  if (sets > MAX_HANDOVERS) {
    throw new Error(`${node.url} says that validators have changed ${sets} times, more than a receipt can prove`);
  }
  const all: Handover[] = [];
  for (let set = 1; set <= sets; set += 1) {
    const handover = await handoverTo(node, set, hash);
    // The block with which a set ends is itself that set's.
    if (handover === null || handover.number >= number) {
      break;
    }
    all.push(handover);
  }
  return all;
}

/** Collects a receipt. */
export async function collect(
  node: Node,
  genesis: Hex,
  keys: ReceiptKeys,
  { election, tracker }: Pick<Delivery, 'election' | 'tracker'>,
  record: BallotRecord,
): Promise<string> {
  const final = await finality(node, record.block);
  const { justification, hash } = final;
  const [before, genesisHeader, genesisProof, header, proof] = await Promise.all([
    handovers(node, final),
    node.header(genesis),
    node.readProof([keys.authorities], genesis),
    node.header(hash),
    node.readProof([keys.ballot], hash),
  ]);
  return JSON.stringify({
    format: 'psephos/receipt/2',
    election,
    tracker,
    index: record.index,
    genesis: { header: genesisHeader, proof: genesisProof },
    handovers: before.map((handover) => ({ header: handover.header, justification: handover.justification })),
    block: { header, proof },
    descendants: [],
    justification,
  });
}
