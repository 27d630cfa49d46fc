/** The hashes that Substrate names things by. */

import { blake2b } from "@noble/hashes/blake2.js";
import { concat, littleEndian, type Bytes } from "./bytes.js";

/** Hash of headers, trie nodes, calls, manifests, ballots. */
export function blake2b256(bytes: Bytes): Bytes {
  return blake2b(bytes, { dkLen: 32 });
}

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const mul = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const add = (a: bigint, b: bigint): bigint => (a + b) & MASK;
const rotl = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & MASK;
const round = (acc: bigint, lane: bigint): bigint => mul(rotl(add(acc, mul(lane, P2)), 31n), P1);

/** XXH64, by its definition; only names of pallets and items go through it. */
export function xxh64(bytes: Bytes, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = add(seed, P5);
  if (bytes.length >= 32) {
    let lanes = [add(add(seed, P1), P2), add(seed, P2), seed, add(seed, MASK - P1 + 1n)];
    for (; at + 32 <= bytes.length; at += 32) {
      const from = at;
      lanes = lanes.map((lane, i) => round(lane, view.getBigUint64(from + 8 * i, true)));
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, i) => add(sum, rotl(lanes[i] ?? 0n, bits)), 0n);
    for (const lane of lanes) hash = add(mul(hash ^ round(0n, lane), P1), P4);
  }
  hash = add(hash, BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = add(mul(rotl(hash ^ round(0n, view.getBigUint64(at, true)), 27n), P1), P4);
  }
  if (at + 4 <= bytes.length) {
    hash = add(mul(rotl(hash ^ mul(BigInt(view.getUint32(at, true)), P1), 23n), P2), P3);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = mul(rotl(hash ^ mul(BigInt(view.getUint8(at)), P5), 11n), P1);
  hash = mul(hash ^ (hash >> 33n), P2);
  hash = mul(hash ^ (hash >> 29n), P3);
  return hash ^ (hash >> 32n);
}

/** `twox128`: XXH64 with the seeds 0 and 1, little-endian. */
export function twox128(bytes: Bytes): Bytes {
  return concat(littleEndian(xxh64(bytes, 0n), 8), littleEndian(xxh64(bytes, 1n), 8));
}
