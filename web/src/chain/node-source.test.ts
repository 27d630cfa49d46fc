// A node that changes anything at all is found out; one that does not is believed for what it proves.

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { u32 } from '../../../tools/second-verifier/src/bytes';
import { ObservedChain, validators } from '../../tests/pages/fakes/observed-chain';
import { ELECTION, ObservedElection } from '../../tests/pages/fakes/observed-election';
import { ObservedNode } from '../../tests/pages/fakes/observed-node';
import { provideWebSocket } from '../../tests/pages/fakes/websocket';
import { toHex } from '../encoding/hex';
import { decode } from './state/decode';
import { keys } from './state/keys';
import { NodeSource } from './node-source';
import type { Finality } from './signatures';
import { Contradiction, type FinalBlock } from './source';

let chain: ObservedChain;
let held: ObservedElection;
let node: ObservedNode;
let source: NodeSource;
let signed: Finality[];

beforeAll(provideWebSocket);

beforeEach(async () => {
  chain = new ObservedChain(3);
  held = new ObservedElection(chain);
  held.cast(1, 1);
  chain.seal();
  node = new ObservedNode(chain);
  await node.start();
  signed = [];
  source = new NodeSource(node.url, chain.genesis, (finality) => signed.push(finality));
});

afterEach(async () => {
  source.close();
  await node.stop();
});

const first = () => new Promise<FinalBlock>((resolve, reject) => source.follow(resolve, reject));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Contradiction);
  return (error as Contradiction).message;
}

test('what is proven is read, and what is proven not to be there is nothing', async () => {
  const block = await first();
  expect(block.hash).toBe(chain.last.hash);
  const [count, absent] = [keys.ballotCount(ELECTION), keys.ballotCount(ELECTION + 1)];
  const values = await source.read([count, absent], block);
  expect(decode.count(values.get(count) ?? new Uint8Array())).toBe(1);
  expect(values.get(absent)).toBeNull();
  expect(signed).toMatchObject([{ hash: chain.last.hash, number: 1, signers: chain.validators.map(({ grandpa }) => toHex(grandpa)) }]);
});

test('blocks to come are heard of', async () => {
  const numbers: number[] = [];
  await new Promise<void>((resolve, reject) => {
    source.follow((block) => {
      numbers.push(block.number);
      if (block.number === 3) {
        resolve();
      } else {
        chain.seal();
      }
    }, reject);
  });
  expect(numbers).toEqual([1, 2, 3]);
});

test('a changed value is not believed', async () => {
  const block = await first();
  const [ballot] = held.ballots;
  const tracker = toHex(ballot?.tracker ?? new Uint8Array()).slice(2);
  node.lies = [{ from: tracker, to: tracker.replace(/^../, (byte) => (byte === '00' ? '01' : '00')) }];
  expect(await refusal(source.read([keys.ballotPage(ELECTION, 0)], block))).toBe(
    'a value of the state is not proven: the proof does not lead to it from the state root',
  );
});

test('a value that is left out is not proven to be absent', async () => {
  const block = await first();
  node.lies = [{ from: toHex(chain.last.nodes[0] ?? new Uint8Array()), to: '0x00' }];
  for (const key of chain.last.state.keys()) {
    await source.read([key], block).catch((error: unknown) => expect(error).toBeInstanceOf(Contradiction));
  }
  expect(await refusal(source.read([...chain.last.state.keys()], block))).toContain('the proof does not lead to it');
});

test('a header with another state is not believed', async () => {
  const { stateRoot } = chain.last.header;
  node.lies = [{ from: toHex(stateRoot), to: `0x${'11'.repeat(32)}` }];
  expect(await refusal(first())).toBe(`the header that was sent for ${chain.last.hash} has another hash`);
});

test('a block that too few have signed is not final', async () => {
  chain.signers = [0, 1];
  chain.seal();
  expect(await refusal(first())).toBe('votes of 2 authorities, of 3, are not more than two thirds');
});

test('signatures of others are none', async () => {
  const [, , third] = chain.validators;
  const key = toHex(third?.grandpa ?? new Uint8Array()).slice(2);
  const stranger = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  node.lies = [{ from: key, to: stranger }];
  // The authorities of block 0 hold the key, too: a node that changes it there is found out there.
  expect(await refusal(first())).toContain('not proven');
});

describe('validators who took over', () => {
  const all = validators(5);

  test('before the page was opened are followed from block 0 on', async () => {
    chain.handOver(all.slice(1));
    chain.seal();
    chain.handOver(all.slice(2));
    chain.seal();
    expect((await first()).hash).toBe(chain.last.hash);
  });

  test('while it is open are followed, too', async () => {
    const numbers: number[] = [];
    await new Promise<void>((resolve, reject) => {
      source.follow((block) => {
        numbers.push(block.number);
        if (block.number === 1) {
          chain.handOver(all.slice(1));
        } else if (block.number === 2) {
          chain.seal();
        } else {
          resolve();
        }
      }, reject);
    });
    expect(numbers).toEqual([1, 2, 3]);
  });

  test('whom those before have not signed for are none', async () => {
    chain.signers = [0, 1];
    chain.handOver(all.slice(1));
    chain.seal();
    expect(await refusal(first())).toBe('votes of 2 authorities, of 3, are not more than two thirds');
  });

  test('whom the header does not announce are none', async () => {
    chain.handOver(all.slice(1));
    chain.state.set(keys.handover(1), u32(1));
    chain.seal();
    expect(await refusal(first())).toBe('block 1 does not hand over to other validators');
  });

  test('who are kept from the page cannot be followed', async () => {
    chain.handOver(all.slice(1));
    chain.state.delete(keys.handover(1));
    chain.seal();
    // The second of the old ones, who is the first of the new ones, has signed for another set.
    const key = toHex(all[1]?.grandpa ?? new Uint8Array());
    expect(await refusal(first())).toBe(`the vote of authority ${key} is not signed by it`);
  });
});

test('a node of another chain has no such block', async () => {
  source = new NodeSource(node.url, `0x${'22'.repeat(32)}`, () => undefined);
  await expect(first()).rejects.toThrow('does not have the block');
});

test('an answer that makes no sense is a lie', async () => {
  node.lies = [{ from: '"parentHash"', to: '"parent"' }];
  expect(await refusal(first())).toBe('the answer makes no sense: header.parentHash: expected a text');
});
