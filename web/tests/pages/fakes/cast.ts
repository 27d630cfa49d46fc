// Ballots that the compiled cryptography makes and signs, with registrars who are a raw RSA key each.

import { constants, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { engine } from '../../../src/crypto/engine';
import { initSync } from '../../../src/crypto/generated/psephos_crypto_wasm';
import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import { DISTRICTS, ELECTION_KEY, FakeElection, VOTING } from './election';

export const ELECTION = 3;
export const GENESIS = `0x${'11'.repeat(32)}` as const;
export const VERSION = { spec: 100, transaction: 1 };
/** The election that they are cast in. */
export const election = new FakeElection({ ...VOTING, quorum: 2 });

/** The compiled module, for Node.js; once in a process is enough. */
export function loadCryptography(): void {
  const module = new URL('../../../src/crypto/generated/psephos_crypto_wasm_bg.wasm', import.meta.url);
  initSync({ module: readFileSync(module) });
}

/** A registrar's answer: RSA without any padding. */
function sign(registrar: number, district: number, blinded: Hex): Hex {
  const place = DISTRICTS.findIndex(({ id }) => id === district);
  const key = election.registrars[registrar]?.keys[place];
  if (key === undefined) {
    throw new Error(`registrar ${registrar} has no key for district ${district}`);
  }
  return toHex(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, fromHex(blinded)));
}

/** A signed ballot as it goes to the chain. */
export function castBallot(district: number, selections: readonly (readonly boolean[])[]) {
  const calls = engine();
  calls.open({ election: ELECTION, genesis: GENESIS, manifest: toHex(election.encoded), electionKey: ELECTION_KEY });
  calls.prepare(null);
  for (const registrar of [0, 1]) {
    calls.unblind(registrar, sign(registrar, district, calls.blind(registrar, district)));
  }
  calls.encrypt(district, selections);
  return calls.cast(VERSION);
}
