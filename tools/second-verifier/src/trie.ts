/**
 * Substrate's base-16 Patricia trie: the root of a block's extrinsics, and reads of the state that a
 * header's state root proves. Written from the Polkadot specification, chapter 2.4.
 */

import { compact, byteList, decodeAll, DecodeError, Reader } from "./scale.js";
import { concat, hex, littleEndian, type Bytes } from "./bytes.js";
import { blake2b256 } from "./hashing.js";

/** A node's encoding stands in its parent as it is if it is shorter than its hash. */
const HASH_BYTES = 32;

interface Entry {
  readonly nibbles: readonly number[];
  readonly value: Bytes;
}

/** The root of a list, with each item under its compact index; values stand in the nodes (layout 0). */
export function orderedRoot(items: readonly Bytes[]): Bytes {
  if (items.length === 0) return blake2b256(Uint8Array.of(0));
  const entries = items.map((value, index) => ({ nibbles: nibblesOf(compact(index)), value }));
  return blake2b256(encodeNode(entries, 0));
}

function nibblesOf(key: Bytes): number[] {
  return [...key].flatMap((byte) => [byte >> 4, byte & 15]);
}

/** The node over entries that agree on their first `depth` nibbles. */
function encodeNode(entries: readonly Entry[], depth: number): Bytes {
  const [first] = entries;
  if (first === undefined) return Uint8Array.of(0);
  if (entries.length === 1) {
    return concat(nodeHead(0x40, first.nibbles.slice(depth)), byteList(first.value));
  }
  const end = commonLength(entries, depth);
  const own = entries.find(({ nibbles }) => nibbles.length === end);
  const children = Array.from({ length: 16 }, (_, nibble) => entries.filter(({ nibbles }) => nibbles[end] === nibble));
  const bitmap = children.reduce((bits, child, nibble) => (child.length > 0 ? bits | (1 << nibble) : bits), 0);
  const references = children.filter((child) => child.length > 0).map((child) => reference(encodeNode(child, end + 1)));
  return concat(
    nodeHead(own === undefined ? 0x80 : 0xc0, first.nibbles.slice(depth, end)),
    littleEndian(bitmap, 2),
    ...(own === undefined ? [] : [byteList(own.value)]),
    ...references,
  );
}

function commonLength(entries: readonly Entry[], from: number): number {
  const [first] = entries;
  let end = from;
  const shared = (at: number): boolean =>
    first !== undefined && at < first.nibbles.length && entries.every(({ nibbles }) => nibbles[at] === first.nibbles[at]);
  while (shared(end)) end += 1;
  return end;
}

function reference(node: Bytes): Bytes {
  return byteList(node.length < HASH_BYTES ? node : blake2b256(node));
}

/** Kind, number of nibbles, and the nibbles, the first alone in its byte if their number is odd. */
function nodeHead(kind: number, partial: readonly number[]): Bytes {
  const head = [kind | Math.min(partial.length, 63)];
  if (partial.length >= 63) {
    let rest = partial.length - 63;
    for (; rest >= 255; rest -= 255) head.push(255);
    head.push(rest);
  }
  const even = partial.length % 2 === 0 ? partial : [0, ...partial];
  for (let at = 0; at < even.length; at += 2) head.push(((even[at] ?? 0) << 4) | (even[at + 1] ?? 0));
  return Uint8Array.from(head);
}

/** A read of the state that the proof does not lead to, or whose nodes do not decode. */
export class IncompleteProof extends Error {}

type Value = { readonly inline: Bytes } | { readonly hash: Bytes } | undefined;

interface Node {
  readonly partial: readonly number[];
  readonly value: Value;
  readonly children: readonly (Bytes | undefined)[];
}

/** Nodes of the state trie under a root; each is known by its hash, so none can be false. */
export class ProvenState {
  readonly #nodes = new Map<string, Bytes>();

  constructor(
    readonly root: Bytes,
    proof: readonly Bytes[],
  ) {
    for (const node of proof) this.#nodes.set(hex(blake2b256(node)), node);
  }

  /** The value under a key; undefined if the proof shows that there is none. */
  read(key: Bytes): Bytes | undefined {
    let rest = nibblesOf(key);
    let encoded = this.#byHash(this.root);
    for (;;) {
      const node = decodeNode(encoded);
      if (node === undefined) return undefined;
      if (!node.partial.every((nibble, at) => rest[at] === nibble)) return undefined;
      rest = rest.slice(node.partial.length);
      const [next] = rest;
      if (next === undefined) return this.#valueOf(node.value);
      const child = node.children[next];
      if (child === undefined) return undefined;
      encoded = child.length === HASH_BYTES ? this.#byHash(child) : child;
      rest = rest.slice(1);
    }
  }

  #valueOf(value: Value): Bytes | undefined {
    if (value === undefined) return undefined;
    return "hash" in value ? this.#byHash(value.hash) : value.inline;
  }

  #byHash(hash: Bytes): Bytes {
    const found = this.#nodes.get(hex(hash));
    if (found === undefined) throw new IncompleteProof("the proof does not lead to it from the state root");
    return found;
  }
}

function decodeNode(encoded: Bytes): Node | undefined {
  try {
    return decodeAll(encoded, readNode);
  } catch (error) {
    if (error instanceof DecodeError) throw new IncompleteProof(`a node does not decode: ${error.message}`);
    throw error;
  }
}

/** PSE-ARC-2's nodes: layout 1, in which values of more than 32 bytes stand by their hash. */
function readNode(reader: Reader): Node | undefined {
  const head = reader.u8();
  if (head === 0) return undefined;
  const kind = head >> 6;
  if (kind === 0) {
    if (head >> 5 === 1) return readLeaf(reader, readPartial(reader, head & 31, 31), true);
    if (head >> 4 === 1) return readBranch(reader, readPartial(reader, head & 15, 15), "hash");
    throw new DecodeError(`a node of unknown kind ${head}`);
  }
  const partial = readPartial(reader, head & 63, 63);
  if (kind === 1) return readLeaf(reader, partial, false);
  return readBranch(reader, partial, kind === 3 ? "inline" : "none");
}

function readPartial(reader: Reader, first: number, most: number): number[] {
  let length = first;
  if (first === most) {
    for (;;) {
      const more = reader.u8();
      length += more;
      if (more < 255) break;
    }
  }
  const nibbles = nibblesOf(reader.take(Math.ceil(length / 2)));
  return length % 2 === 0 ? nibbles : nibbles.slice(1);
}

function readLeaf(reader: Reader, partial: readonly number[], hashed: boolean): Node {
  return { partial, value: hashed ? { hash: reader.take(HASH_BYTES) } : { inline: readBytes(reader) }, children: [] };
}

function readBranch(reader: Reader, partial: readonly number[], kind: "hash" | "inline" | "none"): Node {
  const bitmap = reader.u16();
  let value: Value;
  if (kind === "hash") value = { hash: reader.take(HASH_BYTES) };
  if (kind === "inline") value = { inline: readBytes(reader) };
  const children = Array.from({ length: 16 }, (_, nibble) =>
    (bitmap >> nibble) & 1 ? readBytes(reader) : undefined,
  );
  return { partial, value, children };
}

function readBytes(reader: Reader): Bytes {
  return reader.byteList(reader.bytes.length);
}
