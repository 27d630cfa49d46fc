// What the pages ask of nodes, asked of a real one.

import { spawn, type ChildProcess } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { fromHex, isHex, toHex } from '../../src/encoding/hex';
import { Node } from '../../src/chain/node';
import { Witnesses } from '../../src/chain/witnesses';
import { blake2_256, bytes, compact, concat, u32, u8 } from '../pages/fakes/scale';

/** Two minutes: more than these questions take. */
const VOTING_BLOCKS = 40;

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const target = process.env['CARGO_TARGET_DIR'] ?? join(cache, 'psephos', 'target');

let booth: ChildProcess;
let node: Node;
let election: number;
let district: number;
let selections: unknown;
let lines: AsyncIterator<string>;

/** A line of psephos-booth's. */
async function line<T>(): Promise<T> {
  const next = await lines.next();
  if (next.done === true) {
    throw new Error('psephos-booth has ended');
  }
  return JSON.parse(next.value) as T;
}

/** A credential and a ballot for an account. */
function prepare(account: string): Promise<{ credential: string; ballot: string }> {
  booth.stdin?.write(`${JSON.stringify({ account, selections })}\n`);
  return line();
}

beforeAll(async () => {
  // Node.js has no WebSocket of its own before version 22.
  Object.assign(globalThis, { WebSocket });
  booth = spawn(join(target, 'release', 'psephos-booth'), ['--voting-blocks', String(VOTING_BLOCKS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdout } = booth;
  if (stdout === null) {
    throw new Error('psephos-booth has no output');
  }
  lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const opened = await line<{ url: string; election: number; district: number; selections: unknown }>();
  node = new Node(opened.url);
  ({ election, district, selections } = opened);
});

afterAll(async () => {
  node.connection.close();
  const ended = new Promise((resolve) => booth.once('exit', resolve));
  booth.stdin?.end();
  await ended;
});

test('a node says everything that a voter relies upon', async () => {
  const genesis = await node.blockHash(0);
  const witnesses = new Witnesses({ nodes: [node.url], election, genesis });
  const found = await witnesses.election();
  witnesses.close();
  expect(found.phase).toBe('voting');
  expect(isHex(found.electionKey, 32)).toBe(true);
  expect(found.heard).toEqual([node.url]);
  expect(found.manifest.districts.length).toBeGreaterThan(0);
  expect(found.manifest.voting.end).toBeGreaterThan(found.block.number);
  expect(toHex(blake2_256(fromHex(found.manifest.encoded)))).toBe(found.manifest.hash);
});

test('an unknown tracker is no ballot, and an unknown election none', async () => {
  const { hash } = await node.finalised();
  expect(await node.ballotByTracker(election, `0x${'00'.repeat(32)}`, hash)).toBeNull();
  expect(await node.manifest(election + 1, hash)).toBeNull();
});

test('a ballot whose signature is wrong is refused', async () => {
  const account = new Uint8Array(32).fill(9);
  const { credential, ballot } = await prepare(toHex(account));
  const call = concat(u8(13), u8(0), u32(election), u32(district), fromHex(credential), fromHex(ballot));
  const signature = new Uint8Array(64).fill(7);
  const extrinsic = bytes(concat(u8(0x84), u8(0), account, u8(1), signature, u8(0), compact(0), call));
  const submission = await node.submit(toHex(extrinsic));
  expect(submission).toMatchObject({ kind: 'refused', code: null });
});

test('justifications come by themselves', async () => {
  expect(isHex(await node.nextJustification(60_000))).toBe(true);
});
