// A receipt names every set of validators between block 0 and its own block, and no other.

import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { jsonHeader, ObservedChain, validators } from '../../tests/pages/fakes/observed-chain';
import { ELECTION, ObservedElection } from '../../tests/pages/fakes/observed-election';
import { ObservedNode } from '../../tests/pages/fakes/observed-node';
import { provideWebSocket } from '../../tests/pages/fakes/websocket';
import { Witness } from '../chain/witness';
import { Search } from '../delivery/look';
import { toHex } from '../encoding/hex';

let chain: ObservedChain;
let server: ObservedNode;
let witness: Witness | null = null;
const all = validators(5);

beforeAll(provideWebSocket);

beforeEach(async () => {
  chain = new ObservedChain(3);
  server = new ObservedNode(chain);
  await server.start();
});

afterEach(async () => {
  witness?.close();
  await server.stop();
});

type Made = { block: { header: unknown }; handovers: unknown[] } & Record<string, unknown>;

/** The receipt of a ballot that is cast in the next block, which `seal` makes. */
async function receipt(seal: () => void): Promise<Made> {
  const { tracker } = new ObservedElection(chain).cast(1, 1);
  seal();
  witness = new Witness(server.url, chain.genesis);
  await witness.heard(4_000);
  const { found } = await new Search(witness, { election: ELECTION, tracker: toHex(tracker), ballotsBefore: 0 }).look();
  return JSON.parse(found?.receipt ?? 'null') as Made;
}

const handover = (block: number) => {
  const found = chain.blocks[block] ?? chain.last;
  return { header: jsonHeader(found.header), justification: found.justification };
};

test('while the validators are those of block 0 there is nothing to name', async () => {
  const made = await receipt(() => chain.seal());
  expect(made).toMatchObject({ format: 'psephos/receipt/2', handovers: [], block: { header: jsonHeader(chain.last.header) } });
  expect(Object.keys(made)).toEqual([
    'format',
    'election',
    'tracker',
    'index',
    'genesis',
    'handovers',
    'block',
    'descendants',
    'justification',
  ]);
  expect(made).toMatchObject({ genesis: { header: handover(0).header }, justification: chain.last.justification });
});

test('every set that has ended is named, in order', async () => {
  const made = await receipt(() => {
    chain.seal();
    chain.handOver(all.slice(1));
    chain.seal();
    chain.handOver(all.slice(2));
    chain.seal();
  });
  expect(made.handovers).toEqual([handover(2), handover(4)]);
});

test('the block with which a set ends is itself that set’s', async () => {
  const made = await receipt(() => {
    chain.handOver(all.slice(1));
    chain.handOver(all.slice(2));
  });
  expect(made.handovers).toEqual([handover(1)]);
  expect(made.block.header).toEqual(jsonHeader(chain.last.header));
});

test('a node without the signatures that it takes cannot give a receipt', async () => {
  server.lies = [{ from: '"justifications":', to: '"nothing":' }];
  await expect(
    receipt(() => {
      chain.handOver(all.slice(1));
      chain.seal();
    }),
  ).rejects.toThrow('has no signatures under block 1, after which other validators took over');
});
