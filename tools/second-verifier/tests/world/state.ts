/** A state trie with all its nodes (layout 1): what the headers of a made-up chain commit to. */

import { concat, littleEndian, type Bytes } from "../../src/bytes.js";
import { blake2b256 } from "../../src/hashing.js";
import { byteList } from "../../src/scale.js";

export interface State {
  readonly root: Bytes;
  readonly nodes: readonly Bytes[];
}

type Entry = readonly [nibbles: readonly number[], value: Bytes];

/** Values of more than so many bytes stand in a node of their own. */
const INLINE_BYTES = 32;

export function makeState(entries: readonly (readonly [key: Bytes, value: Bytes])[]): State {
  const nodes: Bytes[] = [];
  const nibbles = (key: Bytes): number[] => [...key].flatMap((byte) => [byte >> 4, byte & 15]);
  const top = makeNode(entries.map(([key, value]) => [nibbles(key), value]), nodes);
  nodes.push(top);
  return { root: blake2b256(top), nodes };
}

function makeNode(entries: readonly Entry[], nodes: Bytes[]): Bytes {
  const [first] = entries;
  if (first === undefined) return Uint8Array.of(0);
  if (entries.length === 1) {
    const [hashed, value] = makeValue(first[1], nodes);
    return concat(hashed ? head(0x20, 31, first[0]) : head(0x40, 63, first[0]), value);
  }
  let shared = 0;
  while (entries.every(([own]) => own.length > shared && own[shared] === first[0][shared])) shared += 1;
  const partial = first[0].slice(0, shared);
  let bitmap = 0;
  const children: Bytes[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = entries.filter(([own]) => own[shared] === nibble);
    if (below.length === 0) continue;
    bitmap |= 1 << nibble;
    const child = makeNode(below.map(([own, value]) => [own.slice(shared + 1), value]), nodes);
    if (child.length >= 32) nodes.push(child);
    children.push(byteList(child.length < 32 ? child : blake2b256(child)));
  }
  return concat(head(0x80, 63, partial), littleEndian(bitmap, 2), ...children);
}

function makeValue(value: Bytes, nodes: Bytes[]): [hashed: boolean, value: Bytes] {
  if (value.length <= INLINE_BYTES) return [false, byteList(value)];
  nodes.push(value);
  return [true, blake2b256(value)];
}

/** Keys of these tests are short: their length takes at most two bytes. */
function head(kind: number, most: number, partial: readonly number[]): Bytes {
  const length = partial.length < most ? [kind | partial.length] : [kind | most, partial.length - most];
  const even = partial.length % 2 === 0 ? partial : [0, ...partial];
  const packed = Array.from({ length: even.length / 2 }, (_, at) => ((even[2 * at] ?? 0) << 4) | (even[2 * at + 1] ?? 0));
  return Uint8Array.from([...length, ...packed]);
}
