// A receipt, collected from one node (PSE-RCP-1). Nothing is believed: it is verified afterwards.

import type { BallotRecord, Node } from '../chain/node';
import type { Hex } from '../encoding/hex';
import type { Delivery } from '../flow/state';
import type { ReceiptKeys } from './calls';
import { targetOf } from './justification';

/** So long is waited for the validators' next signatures: several rounds, even on a busy machine. */
const PATIENCE_MS = 60_000;
/** A justification may be for a block before the one that is asked for; then the next one is waited for. */
const MAX_JUSTIFICATIONS = 8;

interface Finality {
  readonly justification: Hex;
  readonly hash: Hex;
}

/** `null` where it is for an earlier block. */
function finalityOf(justification: Hex, block: number): Finality | null {
  const target = targetOf(justification);
  return target.number >= block ? { justification, hash: target.hash } : null;
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

/** Collects a receipt. */
export async function collect(
  node: Node,
  genesis: Hex,
  keys: ReceiptKeys,
  { election, tracker }: Pick<Delivery, 'election' | 'tracker'>,
  record: BallotRecord,
): Promise<string> {
  const { justification, hash } = await finality(node, record.block);
  const [genesisHeader, genesisProof, header, proof] = await Promise.all([
    node.header(genesis),
    node.readProof([keys.authorities], genesis),
    node.header(hash),
    node.readProof([keys.ballot], hash),
  ]);
  return JSON.stringify({
    format: 'psephos/receipt/1',
    election,
    tracker,
    index: record.index,
    genesis: { header: genesisHeader, proof: genesisProof },
    block: { header, proof },
    descendants: [],
    justification,
  });
}
