// A chain whose state, headers and signatures are real, though nobody runs it: whatever the observers' page
// verifies holds, and fails as soon as a node changes a byte of it.

import { ed25519 } from '@noble/curves/ed25519.js';

import { type Bytes, concat, littleEndian, u32 } from '../../../../tools/second-verifier/src/bytes';
import { type DigestItem, hashOf, type Header } from '../../../../tools/second-verifier/src/header';
import { blake2b256 } from '../../../../tools/second-verifier/src/hashing';
import { byteList, list } from '../../../../tools/second-verifier/src/scale';
import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import { keys } from '../../../src/chain/state/keys';

const AURA = new TextEncoder().encode('aura');
const GRANDPA = new TextEncoder().encode('FRNK');
const CONSENSUS = 4;
const PRE_RUNTIME = 6;
const SEAL = 5;
const SLOT_MS = 3_000;

/** A validator with the keys that it makes blocks and signs finality with. */
export interface FakeValidator {
  readonly account: Bytes;
  readonly aura: Bytes;
  readonly secret: Bytes;
  readonly grandpa: Bytes;
}

/** Validators with keys that depend on their place alone. */
export function validators(count: number): FakeValidator[] {
  return Array.from({ length: count }, (_, place) => {
    const secret = new Uint8Array(32).fill(place + 1);
    return { account: new Uint8Array(32).fill(0xc0 + place), aura: new Uint8Array(32).fill(0xa0 + place), secret, grandpa: ed25519.getPublicKey(secret) };
  });
}

interface Entry {
  readonly nibbles: readonly number[];
  readonly value: Bytes;
}

/** A trie over entries: its root, and all of its nodes, which prove any value of it. */
export function trie(entries: ReadonlyMap<Hex, Bytes>): { root: Bytes; nodes: Bytes[] } {
  const nodes: Bytes[] = [];
  const all = [...entries].map(([key, value]) => ({ nibbles: nibblesOf(fromHex(key)), value }));
  const root = node(all, 0, nodes);
  nodes.push(root);
  return { root: blake2b256(root), nodes };
}

const nibblesOf = (key: Bytes): number[] => [...key].flatMap((byte) => [byte >> 4, byte & 15]);

function node(entries: readonly Entry[], depth: number, nodes: Bytes[]): Bytes {
  const [first] = entries;
  if (first === undefined) {
    return Uint8Array.of(0);
  }
  if (entries.length === 1) {
    return concat(head(0x40, first.nibbles.slice(depth)), byteList(first.value));
  }
  let end = depth;
  while (entries.every(({ nibbles }) => end < nibbles.length && nibbles[end] === first.nibbles[end])) {
    end += 1;
  }
  const own = entries.find(({ nibbles }) => nibbles.length === end);
  const children = Array.from({ length: 16 }, (_, nibble) => entries.filter(({ nibbles }) => nibbles[end] === nibble));
  const bitmap = children.reduce((bits, child, nibble) => (child.length > 0 ? bits | (1 << nibble) : bits), 0);
  const references = children.filter((child) => child.length > 0).map((child) => reference(node(child, end + 1, nodes), nodes));
  const value = own === undefined ? [] : [byteList(own.value)];
  return concat(head(own === undefined ? 0x80 : 0xc0, first.nibbles.slice(depth, end)), littleEndian(bitmap, 2), ...value, ...references);
}

function reference(encoded: Bytes, nodes: Bytes[]): Bytes {
  if (encoded.length < 32) {
    return byteList(encoded);
  }
  nodes.push(encoded);
  return byteList(blake2b256(encoded));
}

function head(kind: number, partial: readonly number[]): Bytes {
  const bytes = [kind | Math.min(partial.length, 63)];
  for (let rest = partial.length - 63; rest >= 0; rest -= 255) {
    bytes.push(Math.min(rest, 255));
  }
  const even = partial.length % 2 === 0 ? partial : [0, ...partial];
  for (let at = 0; at < even.length; at += 2) {
    bytes.push(((even[at] ?? 0) << 4) | (even[at + 1] ?? 0));
  }
  return Uint8Array.from(bytes);
}

/** One block with its state. */
export interface ObservedBlock {
  readonly header: Header;
  readonly hash: Hex;
  readonly state: ReadonlyMap<Hex, Bytes>;
  readonly nodes: readonly Bytes[];
  readonly justification: Hex;
}

/** The chain: blocks are sealed one by one, and are final at once. */
export class ObservedChain {
  validators: readonly FakeValidator[];
  /** The number of the set that they are. */
  private set = 0;
  readonly blocks: ObservedBlock[] = [];
  /** What the next block's state will be. */
  readonly state = new Map<Hex, Bytes>();
  /** Who signs; all, unless a test says otherwise. */
  signers: readonly number[];
  private readonly listeners = new Set<(block: ObservedBlock) => void>();
  private slot: number;

  constructor(count = 3, now = Date.now()) {
    this.validators = validators(count);
    this.signers = this.validators.map((_, place) => place);
    this.slot = Math.floor(now / SLOT_MS) - 40;
    this.name(this.validators);
    this.seal();
  }

  /** Makes the block after which others make the blocks. */
  handOver(next: readonly FakeValidator[]): ObservedBlock {
    this.name(next);
    this.state.set(keys.set(), littleEndian(this.set + 1, 8));
    this.state.set(keys.handover(this.set + 1), u32(this.blocks.length));
    const voters = list(next.map(({ grandpa }) => concat(grandpa, littleEndian(1, 8))));
    const sealers = list(next.map(({ aura }) => aura));
    const block = this.seal(0, [
      { kind: CONSENSUS, engine: AURA, data: concat(Uint8Array.of(1), sealers) },
      { kind: CONSENSUS, engine: GRANDPA, data: concat(Uint8Array.of(1), voters, u32(0)) },
    ]);
    this.validators = next;
    this.signers = next.map((_, place) => place);
    this.set += 1;
    return block;
  }

  /** Writes them into the state. */
  private name(all: readonly FakeValidator[]): void {
    this.state.set(keys.validators(), list(all.map(({ account }) => account)));
    this.state.set(keys.aura(), list(all.map(({ aura }) => aura)));
    this.state.set(keys.grandpa(), list(all.map(({ grandpa }) => concat(grandpa, littleEndian(1, 8)))));
  }

  get genesis(): Hex {
    return this.head(0).hash;
  }

  get last(): ObservedBlock {
    return this.head(this.blocks.length - 1);
  }

  private head(number: number): ObservedBlock {
    const block = this.blocks[number];
    if (block === undefined) {
      throw new Error(`there is no block ${number}`);
    }
    return block;
  }

  find(hash: string): ObservedBlock | undefined {
    return this.blocks.find((block) => block.hash === hash);
  }

  /** Makes a block of the state as it is; `passed` slots before it stay empty. */
  seal(passed = 0, announcement: readonly DigestItem[] = []): ObservedBlock {
    this.slot += 1 + passed;
    const { root, nodes } = this.commit();
    const header: Header = {
      parentHash: this.blocks.length === 0 ? new Uint8Array(32) : fromHex(this.last.hash),
      number: this.blocks.length,
      stateRoot: root,
      extrinsicsRoot: new Uint8Array(32).fill(3),
      digest:
        this.blocks.length === 0
          ? []
          : [
              { kind: PRE_RUNTIME, engine: AURA, data: littleEndian(this.slot, 8) },
              ...announcement,
              { kind: SEAL, engine: AURA, data: new Uint8Array(64) },
            ],
    };
    const hash = toHex(hashOf(header));
    const { set } = this;
    const signing = this.signers.flatMap((place) => this.validators[place] ?? []);
    let signed: Hex | null = null;
    const block: ObservedBlock = {
      header,
      hash,
      state: new Map(this.state),
      nodes,
      // Made when somebody asks: few blocks' signatures are asked for.
      get justification() {
        return (signed ??= justify(hash, header.number, set, signing));
      },
    };
    this.blocks.push(block);
    this.listeners.forEach((listener) => listener(block));
    return block;
  }

  /** The trie over the state; that of the last block where nothing has changed since, as in most. */
  private commit(): { root: Bytes; nodes: readonly Bytes[] } {
    const last = this.blocks.at(-1);
    const same = last?.state.size === this.state.size && [...this.state].every(([key, value]) => last.state.get(key) === value);
    return same ? { root: last.header.stateRoot, nodes: last.nodes } : trie(this.state);
  }

  /** Calls `listener` with every block, until the answer is called. */
  listen(listener: (block: ObservedBlock) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The signatures of validators, as of one set, under a block. */
export function justify(hash: Hex, number: number, set: number, signing: readonly FakeValidator[]): Hex {
  const target = concat(fromHex(hash), u32(number));
  const message = concat(Uint8Array.of(1), target, littleEndian(1, 8), littleEndian(set, 8));
  const precommits = signing.map(({ secret, grandpa }) => concat(target, ed25519.sign(message, secret), grandpa));
  return toHex(concat(littleEndian(1, 8), target, list(precommits), list([])));
}

/** A header as JSON-RPC writes it. */
export function jsonHeader(header: Header): object {
  return {
    parentHash: toHex(header.parentHash),
    number: `0x${header.number.toString(16)}`,
    stateRoot: toHex(header.stateRoot),
    extrinsicsRoot: toHex(header.extrinsicsRoot),
    digest: { logs: header.digest.map(({ kind, engine, data }) => toHex(concat(Uint8Array.of(kind), engine, byteList(data)))) },
  };
}
