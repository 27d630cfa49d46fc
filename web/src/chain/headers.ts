// Headers as JSON-RPC writes them; believed only under their hash.

import { type Header, hashOf, readHeader } from '../../../tools/second-verifier/src/header';
import { concat } from '../../../tools/second-verifier/src/bytes';
import { compact, decodeAll, list } from '../../../tools/second-verifier/src/scale';
import { fromHex, type Hex, toHex } from '../encoding/hex';
import { shapeOf } from '../encoding/shape';
import { Contradiction } from './source';

/** More than a header of this chain has: two for Aura, one for an announcement. */
const MAX_DIGEST_ITEMS = 16;

/** Reads a header. */
export function readJsonHeader(value: unknown): Header {
  const shape = shapeOf(value, 'header');
  const number = shape.field('number').matching(/^0x[0-9a-fA-F]{1,8}$/, 'a block number in hexadecimal');
  const logs = shape.field('digest').field('logs').list(MAX_DIGEST_ITEMS, (log) => fromHex(log.hex()));
  const bytes = concat(
    fromHex(shape.field('parentHash').hex(32)),
    compact(Number(number)),
    fromHex(shape.field('stateRoot').hex(32)),
    fromHex(shape.field('extrinsicsRoot').hex(32)),
    list(logs),
  );
  return decodeAll(bytes, readHeader);
}

/** Reads the header that has this hash. */
export function headerWithHash(value: unknown, hash: Hex): Header {
  const header = readJsonHeader(value);
  if (toHex(hashOf(header)) !== hash) {
    throw new Contradiction(`the header that was sent for ${hash} has another hash`);
  }
  return header;
}
