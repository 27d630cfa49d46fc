// A receipt names every set of validators between block 0 and its own block, and no other.

import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { jsonHeader, ObservedChain, validators } from '../../tests/pages/fakes/observed-chain';
import { ELECTION, ObservedElection } from '../../tests/pages/fakes/observed-election';
import { ObservedNode } from '../../tests/pages/fakes/observed-node';
import { Node } from '../chain/node';
import { toHex } from '../encoding/hex';
import { keys } from '../observe/state/keys';
import { collect } from './collect';

let chain: ObservedChain;
let server: ObservedNode;
let node: Node;
const all = validators(5);

beforeAll(() => {
  // Node.js has no WebSocket of its own before version 22.
  Object.assign(globalThis, { WebSocket });
});

beforeEach(async () => {
  chain = new ObservedChain(3);
  server = new ObservedNode(chain);
  await server.start();
  node = new Node(server.url);
});

afterEach(async () => {
  node.connection.close();
  await server.stop();
});

async function receipt(): Promise<{ block: { header: unknown }; handovers: unknown[] } & Record<string, unknown>> {
  const held = new ObservedElection(chain);
  const { tracker, account } = held.cast(1, 1);
  const record = { index: 0, account: toHex(account), tracker: toHex(tracker), district: 1, block: chain.blocks.length - 1 };
  const wanted = { authorities: keys.grandpa(), ballot: keys.ballotPage(ELECTION, 0) };
  const text = await collect(node, chain.genesis, wanted, { election: ELECTION, tracker: toHex(tracker) }, record);
  return JSON.parse(text) as Awaited<ReturnType<typeof receipt>>;
}

const handover = (block: number) => {
  const found = chain.blocks[block] ?? chain.last;
  return { header: jsonHeader(found.header), justification: found.justification };
};

test('while the validators are those of block 0 there is nothing to name', async () => {
  chain.seal();
  const made = await receipt();
  expect(made).toMatchObject({ format: 'psephos/receipt/2', handovers: [], block: { header: jsonHeader(chain.last.header) } });
});

test('every set that has ended is named, in order', async () => {
  chain.seal();
  chain.handOver(all.slice(1));
  chain.seal();
  chain.handOver(all.slice(2));
  chain.seal();
  expect((await receipt()).handovers).toEqual([handover(2), handover(4)]);
});

test('the block with which a set ends is itself that set’s', async () => {
  chain.handOver(all.slice(1));
  chain.handOver(all.slice(2));
  const made = await receipt();
  expect(made.handovers).toEqual([handover(1)]);
  expect(made.block.header).toEqual(jsonHeader(chain.last.header));
});

test('a node without the signatures that it takes cannot give a receipt', async () => {
  chain.handOver(all.slice(1));
  chain.seal();
  server.lies = [{ from: '"justifications":', to: '"nothing":' }];
  await expect(receipt()).rejects.toThrow('has no signatures under block 1, after which other validators took over');
});

test('nor one that tells of more sets than there can be', async () => {
  chain.state.set(keys.set(), new Uint8Array(8).fill(1));
  chain.seal();
  await expect(receipt()).rejects.toThrow('more than a receipt can prove');
});
