/** Hashes and transcripts against values that others have published. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ascii, hex, unhex } from "../src/bytes.js";
import { twox128, xxh64 } from "../src/hashing.js";
import { Transcript } from "../src/merlin.js";
import { compact, DecodeError, Reader } from "../src/scale.js";
import { orderedRoot } from "../src/trie.js";

test("XXH64 of nothing, of little and of more than a stripe", () => {
  assert.equal(xxh64(new Uint8Array(0), 0n), 0xef46db3751d8e999n);
  assert.equal(xxh64(ascii("a"), 0n), 0xd24ec4f1a98c6e5bn);
  assert.equal(xxh64(ascii("abc"), 0n), 0x44bc2cf5ad770999n);
  assert.equal(xxh64(ascii("Nobody inspects the spammish repetition"), 0n), 0xfbcea83c8a378bf1n);
});

test("names of Substrate's storage", () => {
  assert.equal(hex(twox128(ascii("System"))), "26aa394eea5630e07c48ae0c9558cef7");
  assert.equal(hex(twox128(ascii("Account"))), "b99d880ec681799c0cf30e8886371da9");
});

test("Merlin's own test: a simple protocol", () => {
  const transcript = Transcript.new("test protocol");
  transcript.append("some label", ascii("some data"));
  const challenge = hex(transcript.challenge("challenge", 32));
  assert.equal(challenge, "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615");
});

test("the root of no extrinsics is that of the empty trie", () => {
  assert.equal(hex(orderedRoot([])), "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314");
});

test("compact integers have one encoding", () => {
  for (const value of [0n, 63n, 64n, 16_383n, 16_384n, (1n << 30n) - 1n, 1n << 30n, (1n << 32n) - 1n, 1n << 32n, (1n << 64n) - 1n]) {
    assert.equal(new Reader(compact(value)).compactInteger(64), value);
  }
  for (const longer of ["0100", "02000000", "0300000000", "fd000000", "070000000000", "0b000000000000"]) {
    assert.throws(() => new Reader(unhex(longer)).compactInteger(64), DecodeError, longer);
  }
  assert.throws(() => new Reader(compact(1n << 32n)).compactInteger(32), DecodeError);
});
