// The blocks with which sets of validators ended, and the votes of those sets for them (PSE-VAL-9). Where
// they are, any node can say: each proves itself by the set before.

import { fromHex, type Hex } from '../encoding/hex';
import { ShapeError } from '../encoding/shape';
import type { Node } from './node';
import { keys } from './state/keys';

/** A block number: 32 bits. */
const NUMBER_BYTES = 4;

/** A block that announces other validators, and the votes of those before. */
export interface Handover {
  readonly number: number;
  /** As the node sends it. */
  readonly header: unknown;
  readonly justification: Hex;
}

function blockNumber(value: Hex): number {
  const encoded = fromHex(value);
  if (encoded.length !== NUMBER_BYTES) {
    throw new ShapeError('ValidatorSet.Handovers', `${NUMBER_BYTES} bytes`);
  }
  return new DataView(encoded.buffer, encoded.byteOffset).getUint32(0, true);
}

/** The block after which this set has taken over; `null` if it has not, in the state after the block `at`. */
export async function handoverTo(node: Node, set: number, at: Hex): Promise<Handover | null> {
  const value = await node.storage(keys.handover(set), at);
  if (value === null) {
    return null;
  }
  const number = blockNumber(value);
  const hash = await node.blockHash(number);
  const [header, justification] = await Promise.all([node.header(hash), node.justification(hash)]);
  if (justification === null) {
    throw new Error(`${node.url} has no signatures under block ${number}, after which other validators took over`);
  }
  return { number, header, justification };
}
