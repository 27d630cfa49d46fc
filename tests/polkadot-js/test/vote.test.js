// A stock `@polkadot/api`, told nothing but a URL, votes and reads every block of an election to its result.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { randomAsU8a } from '@polkadot/util-crypto';

import { Booth } from '../booth.js';

/** Two minutes: time for two ballots on a busy machine. */
const VOTING_BLOCKS = 40;
/** Voting, the trustees' shares and their finality, on a busy machine. */
const RESULT_PATIENCE_MS = 400_000;

/** What the library says when a chain is not as it expects: nothing, here. */
const warnings = [];

let booth;
let api;

before(async () => {
  for (const method of ['warn', 'error']) {
    const original = console[method];
    console[method] = (...words) => {
      warnings.push(words.join(' '));
      original(...words);
    };
  }
  booth = await Booth.open(VOTING_BLOCKS);
  api = await ApiPromise.create({ provider: new WsProvider(booth.election.url) });
});

after(async () => {
  await api?.disconnect();
  await booth?.close();
});

/** Sends an extrinsic; resolves with the block that it is in. */
function included(extrinsic, pair) {
  return new Promise((resolve, reject) => {
    extrinsic
      .signAndSend(pair, { nonce: 0, era: 0 }, ({ status, dispatchError, events }) => {
        if (dispatchError) {
          reject(new Error(`the call failed: ${dispatchError}`));
        } else if (status.isInBlock) {
          resolve({ block: status.asInBlock, events });
        } else if (status.isError) {
          reject(new Error(`the pool gave it up: ${status.type}`));
        }
      })
      .catch(reject);
  });
}

test('a one-time key made in JavaScript casts a ballot, once', async () => {
  const pair = new Keyring({ type: 'sr25519' }).addFromSeed(randomAsU8a(32));
  const { election, district, selections } = booth.election;
  const account = api.createType('AccountId32', pair.publicKey).toHex();
  const prepared = await booth.prepare(account, selections);
  const cast = () =>
    api.tx.ballotRegister.cast(election, district, prepared.credential, prepared.ballot);

  const { block, events } = await included(cast(), pair);
  const names = events.map(({ event }) => `${event.section}.${event.method}`);
  assert.ok(names.includes('ballotRegister.BallotCast'), names.join(', '));

  const { extrinsics } = (await api.rpc.chain.getBlock(block)).block;
  const own = extrinsics.find(({ signer }) => signer.toString() === pair.address);
  assert.equal(`${own.method.section}.${own.method.method}`, 'ballotRegister.cast');

  // 7 is `Refusal::AlreadyVoted`.
  await assert.rejects(included(cast(), pair), /1010: Invalid Transaction: Custom error: 7/);
});

test('a credential is worth nothing to another account', async () => {
  const keyring = new Keyring({ type: 'sr25519' });
  const [rightful, thief] = [keyring.addFromSeed(randomAsU8a(32)), keyring.addFromSeed(randomAsU8a(32))];
  const { election, district, selections } = booth.election;
  const account = api.createType('AccountId32', rightful.publicKey).toHex();
  const { credential, ballot } = await booth.prepare(account, selections);
  const stolen = api.tx.ballotRegister.cast(election, district, credential, ballot);
  // 15 is `Refusal::CredentialInvalid`.
  await assert.rejects(included(stolen, thief), /1010: Invalid Transaction: Custom error: 15/);
});

/** The number of the block in which the runtime has published the result. */
async function published(election) {
  const deadline = Date.now() + RESULT_PATIENCE_MS;
  while (Date.now() < deadline) {
    const hash = await api.rpc.chain.getFinalizedHead();
    const result = await (await api.at(hash)).query.ballotRegister.results(election);
    if (result.isSome) {
      return (await api.rpc.chain.getHeader(hash)).number.toNumber();
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`no result after ${RESULT_PATIENCE_MS / 1_000} s`);
}

test('every event and every extrinsic of every block decodes, to the result', async () => {
  const head = await published(booth.election.election);
  const seen = new Set();
  for (let number = 1; number <= head; number += 1) {
    const hash = await api.rpc.chain.getBlockHash(number);
    const { block } = await api.rpc.chain.getBlock(hash);
    assert.ok(block.extrinsics.length > 0);
    const events = await (await api.at(hash)).query.system.events();
    for (const { event } of events) {
      event.toHuman();
      seen.add(`${event.section}.${event.method}`);
    }
  }
  const expected = [
    'elections.Created',
    'elections.Opened',
    'ballotRegister.BallotCast',
    'ballotRegister.SharesAccepted',
    'ballotRegister.DistrictSettled',
    'ballotRegister.ResultPublished',
  ];
  for (const name of expected) {
    assert.ok(seen.has(name), `${name} is not among ${[...seen].join(', ')}`);
  }
});

test('the library has nothing to complain about', () => {
  const complaints = warnings.filter((words) => /unknown|unable|not (found|resolve)/i.test(words));
  assert.deepEqual(complaints, []);
});
