/** Records that no honest archive holds, and that would cost more memory than they have bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readRecord } from "../src/archive.js";
import { concat } from "../src/bytes.js";
import { compact, DecodeError, Reader } from "../src/scale.js";

const BLOCK = new Uint8Array([1]);
/** Parent, number 1, state root, extrinsics root, no digest. */
const HEADER = concat(new Uint8Array(32), compact(1), new Uint8Array(64), compact(0));

const blockOf = (count: number) => concat(BLOCK, HEADER, compact(count), new Uint8Array(count));

test("a block has at most 65,536 extrinsics", () => {
  const most = readRecord(new Reader(blockOf(65_536)));
  assert.ok(most.kind === "block" && most.extrinsics.length === 65_536);
  assert.throws(() => readRecord(new Reader(blockOf(65_537))), DecodeError);
});
