// What the pages ask of nodes, asked of a real one; and a receipt that real validators have signed.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { Node } from '../../src/chain/node';
import type { BallotRecord } from '../../src/chain/state/decode';
import { NodesDisagree, Witnesses } from '../../src/chain/witnesses';
import { fromHex, type Hex, isHex, toHex } from '../../src/encoding/hex';
import { WorkerReceipts } from '../../src/crypto/client';
import { engine } from '../../src/crypto/engine';
import { address } from '../../src/observe/account';
import { Search } from '../../src/delivery/look';
import { inquire, lookFor } from '../../src/receipts/inquiry';
import { castBallot, ELECTION, loadCryptography } from '../pages/fakes/cast';
import { blake2_256, bytes, compact, concat, u32, u8 } from '../pages/fakes/scale';
import { RealBooth } from './booth';

/** Two minutes: more than these questions take. */
const VOTING_BLOCKS = 40;

// There are no workers in Node.js as browsers have them: the same calls, without one in between.
vi.mock('../../src/crypto/line', () => ({
  Line: class {
    private readonly calls = engine() as unknown as Record<string, (...parameters: unknown[]) => unknown>;
    ask(name: string, ...parameters: unknown[]): Promise<unknown> {
      return Promise.resolve(this.calls[name]?.(...parameters));
    }
    end(): void {
      // Nothing runs.
    }
  },
}));

/** What of @polkadot/api's generic extrinsic is looked at. */
interface StockExtrinsic {
  readonly isSigned: boolean;
  readonly signer: { readonly value: { toU8a(): Uint8Array } };
  readonly nonce: { toNumber(): number };
  readonly era: { readonly isImmortalEra: boolean };
  readonly method: { readonly section: string; readonly method: string; readonly args: readonly { toJSON(): unknown }[] };
  toHex(): string;
}

let booth: RealBooth;
let node: Node;
let election: number;
let genesis: Hex;
let record: BallotRecord;
let receipt: string;
let witnesses: Witnesses;
let tracker: Hex;

beforeAll(async () => {
  loadCryptography();
  booth = await RealBooth.open(VOTING_BLOCKS);
  node = new Node(booth.opened.url);
  election = booth.opened.election;
  genesis = await node.blockHash(0);
  witnesses = new Witnesses({ nodes: [node.url], election, genesis });
});

afterAll(async () => {
  witnesses.close();
  node.connection.close();
  await booth.close();
});

test('a node proves everything that a voter relies upon', async () => {
  const found = await witnesses.election();
  expect(found.phase).toBe('voting');
  expect(isHex(found.electionKey, 32)).toBe(true);
  expect(found.heard).toEqual([node.url]);
  expect(found.manifest.districts.length).toBeGreaterThan(0);
  expect(found.manifest.voting.end).toBeGreaterThan(found.block.number);
  const facts = { election, genesis, manifest: found.manifest.encoded, electionKey: found.electionKey };
  expect(engine().open(facts)).toBe(found.manifest.hash);
});

test('an unknown tracker is no ballot, and an unknown election none', async () => {
  const looked = await lookFor(witnesses.nodes, election, `0x${'00'.repeat(32)}`);
  expect(looked).toMatchObject({ block: null, nodes: [{ url: node.url, says: 'lacks' }] });
  const others = new Witnesses({ nodes: [node.url], election: election + 1, genesis });
  const refusal: unknown = await others.election().catch((error: unknown) => error);
  others.close();
  expect(refusal).toEqual(new NodesDisagree({ kind: 'unknownElection', url: node.url }));
});

test('a ballot whose signature is wrong is refused', async () => {
  const account = new Uint8Array(32).fill(9);
  const { credential, ballot } = await booth.prepare(toHex(account));
  const { district } = booth.opened;
  const call = concat(u8(13), u8(0), u32(election), u32(district), fromHex(credential), fromHex(ballot));
  const signature = new Uint8Array(64).fill(7);
  const extrinsic = bytes(concat(u8(0x84), u8(0), account, u8(1), signature, u8(0), compact(0), call));
  expect(await node.submit(toHex(extrinsic))).toMatchObject({ kind: 'refused', code: null });
});

test('a ballot that is cast is found in a final block', async () => {
  // The library's types are not made for `exactOptionalPropertyTypes`.
  const api = await ApiPromise.create({ provider: new WsProvider(node.url) as never });
  const pair = new Keyring({ type: 'sr25519' }).addFromSeed(crypto.getRandomValues(new Uint8Array(32)));
  const { credential, ballot } = await booth.prepare(toHex(pair.publicKey));
  const cast = api.tx['ballotRegister']?.['cast']?.(election, booth.opened.district, credential, ballot);
  const signed = await cast?.signAsync(pair, { nonce: 0, era: 0 });
  const { ballots: ballotsBefore } = await witnesses.election();
  expect(await node.submit(signed?.toHex() ?? '0x')).toEqual({ kind: 'accepted' });
  await api.disconnect();
  tracker = toHex(blake2_256(fromHex(ballot)));
  const searches = witnesses.nodes.map((witness) => new Search(witness, { election, tracker, ballotsBefore }));
  await vi.waitFor(
    async () => {
      const [word] = await Promise.all(searches.map((search) => search.look()));
      const found = word?.found;
      if (found === null || found === undefined) {
        throw new Error('the ballot is in no final block yet');
      }
      ({ record, receipt } = found);
    },
    { timeout: 60_000, interval: 1_000 },
  );
  expect(record.tracker).toBe(tracker);
  // A second time it is refused, and that is no verdict against it.
  expect(await node.submit(signed?.toHex() ?? '0x')).toMatchObject({ kind: 'refused' });
});

test('a stock client reads a ballot that the cryptography of the pages has signed', async () => {
  const { extrinsic, account } = castBallot(1, [
    [false, true, false, false],
    [true, false, true, false, true, false, false],
    [true, false],
  ]);
  const api = await ApiPromise.create({ provider: new WsProvider(node.url) as never });
  const read = api.createType('Extrinsic', extrinsic) as unknown as StockExtrinsic;
  expect(read.toHex()).toBe(extrinsic);
  expect(read.isSigned).toBe(true);
  expect(toHex(read.signer.value.toU8a())).toBe(account);
  expect([read.nonce.toNumber(), read.era.isImmortalEra]).toEqual([0, true]);
  expect([read.method.section, read.method.method]).toEqual(['ballotRegister', 'cast']);
  const [election, district, credential, ballot] = read.method.args;
  expect([election?.toJSON(), district?.toJSON()]).toEqual([ELECTION, 1]);
  expect(credential?.toJSON()).toHaveLength(2);
  expect(ballot?.toJSON()).toMatchObject({ contests: [{}, {}, {}] });
  await api.disconnect();
});

test('its receipt is proven by the signatures of the validators', async () => {
  const receipts = new WorkerReceipts({ genesis, election });
  const { account, block } = record;
  expect(await receipts.verify(receipt)).toEqual({ kind: 'included', election, tracker, block, account: address(account) });
  const outcome = await inquire(receipts, witnesses.nodes, election, receipt);
  expect(outcome.nodes).toEqual([{ url: node.url, says: 'has' }]);

  // Whatever is changed in it, it proves nothing any more.
  const parts = JSON.parse(receipt) as Record<string, unknown>;
  const changes: Record<string, unknown> = {
    tracker: `0x${'11'.repeat(32)}`,
    election: election + 1,
    index: Number(parts['index']) + 1,
    justification: (parts['justification'] as string).replace(/..$/, (last) => (last === '00' ? '01' : '00')),
    genesis: { ...(parts['genesis'] as object), proof: [] },
    block: { ...(parts['block'] as object), proof: [] },
  };
  for (const [name, value] of Object.entries(changes)) {
    const verdict = await receipts.verify(JSON.stringify({ ...parts, [name]: value }));
    expect(verdict.kind, name).toBe('refused');
  }
  const stranger = new WorkerReceipts({ genesis: `0x${'22'.repeat(32)}`, election });
  expect((await stranger.verify(receipt)).kind).toBe('refused');
});
