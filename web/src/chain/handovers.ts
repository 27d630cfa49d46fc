// The blocks with which sets of validators ended, and the votes of those sets for them (PSE-VAL-9). Where
// they are, any node can say: each proves itself by the set before.

import { fromHex, type Hex, toHex } from '../encoding/hex';
import { ShapeError } from '../encoding/shape';
import type { Node } from './node';

/** `twox128` of `Grandpa` and `CurrentSetId`: how many handovers there were. */
export const SET_KEY: Hex = '0x5f9cc45b7a00c5899361e1c6099678dc8a2d09463effcc78a22d75b9cb87dffc';
/** `twox128` of `ValidatorSet` and `Handovers`: the block that announced a set, by the set's number. */
const HANDOVERS_KEY: Hex = '0x7d9fe37370ac390779f35763d98106e8e6290e551679a92ebf7299d7ca0932bd';

/** A block that announces other validators, and the votes of those before. */
export interface Handover {
  readonly number: number;
  /** As the node sends it. */
  readonly header: unknown;
  readonly justification: Hex;
}

/** Where the block stands that announced the set with this number. */
export function handoverKey(set: number): Hex {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(set), true);
  return `${HANDOVERS_KEY}${toHex(bytes).slice(2)}`;
}

function integer(value: Hex | null, bytes: 4 | 8, what: string): number | null {
  if (value === null) {
    return null;
  }
  const encoded = fromHex(value);
  if (encoded.length !== bytes) {
    throw new ShapeError(what, `${bytes} bytes`);
  }
  const view = new DataView(encoded.buffer, encoded.byteOffset);
  return bytes === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
}

/** The number of the set that finalises what follows a block, as the node says. */
export async function setAfter(node: Node, at: Hex): Promise<number> {
  return integer(await node.storage(SET_KEY, at), 8, 'Grandpa.CurrentSetId') ?? 0;
}

/** The block after which this set has taken over; `null` if it has not, in the state after the block `at`. */
export async function handoverTo(node: Node, set: number, at: Hex): Promise<Handover | null> {
  const number = integer(await node.storage(handoverKey(set), at), 4, 'ValidatorSet.Handovers');
  if (number === null) {
    return null;
  }
  const hash = await node.blockHash(number);
  const [header, justification] = await Promise.all([node.header(hash), node.justification(hash)]);
  if (justification === null) {
    throw new Error(`${node.url} has no signatures under block ${number}, after which other validators took over`);
  }
  return { number, header, justification };
}
