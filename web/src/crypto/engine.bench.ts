// What the compiled cryptography costs, in Node's V8; `scripts/bench-crypto` runs it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { bench, describe } from 'vitest';

import { ELECTION_KEY, FakeElection, modulus, VOTING } from '../../tests/pages/fakes/election';
import { bytes, concat, list, text, u32, u8 } from '../../tests/pages/fakes/scale';
import { toHex } from '../encoding/hex';
import { engine } from './engine';
import { initSync } from './generated/psephos_crypto_wasm';

const wasm = readFileSync(fileURLToPath(new URL('./generated/psephos_crypto_wasm_bg.wasm', import.meta.url)));
initSync({ module: wasm });
const [gzip, brotli] = [gzipSync(wasm, { level: 9 }).length, brotliCompressSync(wasm).length];
process.stdout.write(`module: ${wasm.length} bytes, ${gzip} with gzip, ${brotli} with brotli\n`);

/** One contest, exactly one of five options, in one district with one registrar. */
function manifest(): Uint8Array {
  const key = new FakeElection(VOTING).registrars[0]?.keys[0];
  if (key === undefined) {
    throw new Error('no registrar');
  }
  const options = ['A', 'B', 'C', 'D', 'E'].map(text);
  const contest = concat(u32(1), text('One of five'), list(options), u8(1), u8(1), u8(0));
  const account = (seed: number) => new Uint8Array(32).fill(seed);
  return concat(
    text('Bench'),
    list([concat(u32(1), text('District'), list([contest]))]),
    list([concat(text('T1'), account(1)), concat(text('T2'), account(2))]),
    u8(2),
    list([concat(text('R'), account(3), list([bytes(modulus(key))]))]),
    u8(1),
    ...[1, 10, 20, 500, 5].map(u32),
    u8(0),
    u32(0),
    u32(20),
    account(4),
  );
}

const facts = { election: 0, genesis: `0x${'11'.repeat(32)}`, manifest: toHex(manifest()), electionKey: ELECTION_KEY } as const;

describe('one of five', () => {
  const calls = engine();
  calls.open(facts);
  calls.prepare(null);
  const selections = [[false, false, true, false, false]];

  bench('encrypt, prove and verify', () => {
    calls.encrypt(1, selections);
  });

  bench('open the ballot and check it on a second device', () => {
    calls.encrypt(1, selections);
    calls.checkBallot(calls.challenge());
  });
});

describe('a credential', () => {
  bench('one-time key and one blinding', () => {
    const calls = engine();
    calls.open(facts);
    calls.prepare(null);
    calls.blind(0, 1);
  });
});

describe('an envelope', () => {
  const calls = engine();
  calls.open(facts);
  const relay = { url: 'https://relay.example', publicKey: `0x${'09'.padEnd(64, '0')}` } as const;
  const extrinsic = toHex(new Uint8Array(2_500));

  bench('sealed for three relays', () => {
    calls.seal([relay, relay, relay], extrinsic);
  });
});
