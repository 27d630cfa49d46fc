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
let provider;
let api;
/** The hash of the transaction that has cast the first ballot. */
let transaction;

before(async () => {
  for (const method of ['warn', 'error']) {
    const original = console[method];
    console[method] = (...words) => {
      warnings.push(words.join(' '));
      original(...words);
    };
  }
  booth = await Booth.open(VOTING_BLOCKS);
  provider = new WsProvider(booth.election.url);
  api = await ApiPromise.create({ provider });
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
  transaction = own.hash.toHex();

  // 7 is `Refusal::AlreadyVoted`.
  await assert.rejects(included(cast(), pair), /1010: Invalid Transaction: Custom error: 7/);
});

/** The first notification of a subscription. */
function first(type, method, params) {
  return new Promise((resolve, reject) => {
    provider
      .subscribe(type, method, params, (error, notification) => (error ? reject(error) : resolve(notification)))
      .catch(reject);
  });
}

test('an observer asks the runtime, and is told what is final', async () => {
  const { election, district } = booth.election;
  const ask = api.call.electionApi;
  const state = (await ask.votingState(election)).unwrap();
  assert.equal(state.phase.type, 'Voting');
  assert.ok(state.nextPhase.unwrap().eq(state.voting.end));
  assert.ok((await ask.encryptionSettings(election)).unwrap().keys_.isSome);
  const { districts } = (await ask.ballotConfiguration(election)).unwrap();
  assert.ok(districts.some(({ id }) => id.eq(district)));
  for (const where of [null, district]) {
    assert.equal((await ask.registeredVoters(election, where)).unwrap().toNumber(), 4);
    assert.equal((await ask.issuedBallots(election, where)).unwrap().toNumber(), 4);
    assert.equal((await ask.storedBallots(election, where)).unwrap().toNumber(), 1);
  }
  assert.ok((await ask.voter(election, 1)).unwrap().issued.isTrue);
  const [ballot] = await ask.ballots(election, 0);
  const { tracker } = ballot.record;
  for (const same of [await ask.ballotByIndex(election, 0), await ask.ballotByTracker(election, tracker)]) {
    assert.deepEqual(same.unwrap().toJSON(), ballot.toJSON());
  }
  const statistics = (await ask.decryptionStatistics(election)).unwrap();
  assert.ok(statistics.districts.every(({ decryption }) => decryption.isVoting));
  assert.ok((await ask.result(election)).isNone);
  assert.ok((await ask.invalidBallots(election)).unwrap().superseded.isZero());
  assert.ok((await ask.votingState(election + 1)).isNone);

  const found = await provider.send('election_ballotByTransaction', [election, transaction]);
  assert.equal(found.ballot.record.tracker, tracker.toHex());
  const page = await first('election_ballotsFinal', 'election_subscribeBallots', [election, 0]);
  assert.equal(page.ballots[0].record.tracker, tracker.toHex());
  const { phase } = await first('election_phaseFinal', 'election_subscribePhase', [election]);
  assert.equal(phase, 'voting');
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
