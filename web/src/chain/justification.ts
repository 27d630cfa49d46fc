import { fromHex, type Hex, toHex } from '../encoding/hex';

/** Where GRANDPA's justification names its block: after the round, eight bytes. */
const HASH_AT = 8;
const NUMBER_AT = HASH_AT + 32;
const NUMBER_BYTES = 4;

/** The block that a justification is for; whether it is one at all is verified with the receipt. */
export function targetOf(justification: Hex): { hash: Hex; number: number } {
  const bytes = fromHex(justification);
  if (bytes.length < NUMBER_AT + NUMBER_BYTES) {
    throw new Error('a justification that names no block');
  }
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(NUMBER_AT, true);
  return { hash: toHex(bytes.subarray(HASH_AT, NUMBER_AT)), number };
}
