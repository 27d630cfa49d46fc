// The compiled cryptography itself, in Node: a voter's way from the key to the envelope, with registrars
// that are ten lines of arithmetic, and signatures that OpenSSL verifies.

import { constants, type KeyObject, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { DISTRICTS, ELECTION_KEY, FakeElection, VOTING } from '../../tests/pages/fakes/election';
import { blake2_256, concat, Reader, text, u32 } from '../../tests/pages/fakes/scale';
import type { ElectionFacts } from '../ballot/booth';
import { keys } from '../chain/state/keys';
import { fromHex, type Hex, toHex } from '../encoding/hex';
import type { Calls } from './calls';
import { engine } from './engine';
import { authorities_key, ballot_key, initSync } from './generated/psephos_crypto_wasm';

const MODULE = fileURLToPath(new URL('./generated/psephos_crypto_wasm_bg.wasm', import.meta.url));
const GENESIS = `0x${'11'.repeat(32)}` as const;
const VERSION = { spec: 100, transaction: 1 };
const SELECTIONS = [
  [false, true, false, false],
  [true, false, true, false, true, false, false],
  [true, false],
];
const DISTRICT = 1;

const election = new FakeElection({ ...VOTING, quorum: 2 });
const facts: ElectionFacts = {
  election: 3,
  genesis: GENESIS,
  manifest: toHex(election.encoded),
  electionKey: ELECTION_KEY,
};

beforeAll(() => {
  if (!existsSync(MODULE)) {
    throw new Error('the cryptography is not compiled; run scripts/build-wasm.sh');
  }
  initSync({ module: readFileSync(MODULE) });
});

const number = (bytes: Uint8Array) => BigInt(toHex(bytes));

/** `base ^ exponent mod modulus` */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let bits = exponent, square = base % modulus; bits > 0n; bits >>= 1n, square = (square * square) % modulus) {
    if ((bits & 1n) === 1n) {
      result = (result * square) % modulus;
    }
  }
  return result;
}

/** A registrar's raw RSA. */
function blindSign(key: KeyObject, blinded: Hex): Hex {
  const { n, d } = key.export({ format: 'jwk' });
  const part = (value: string | undefined) => number(Buffer.from(value ?? '', 'base64url'));
  const signature = power(number(fromHex(blinded)), part(d), part(n));
  return `0x${signature.toString(16).padStart(512, '0')}`;
}

function keyOf(registrar: number): KeyObject {
  const key = election.registrars[registrar]?.keys[DISTRICTS.findIndex((district) => district.id === DISTRICT)];
  if (key === undefined) {
    throw new Error(`no key of registrar ${registrar}`);
  }
  return key;
}

/** A booth whose credential is whole. */
function credentialed(): Calls {
  const calls = engine();
  calls.open(facts);
  calls.prepare(null);
  for (const registrar of [1, 0]) {
    calls.unblind(registrar, blindSign(keyOf(registrar), calls.blind(registrar, DISTRICT)));
  }
  return calls;
}

/** What stands in a ballot's extrinsic (PSE-WIR-1, PSE-BAL-3). */
function read(extrinsic: Hex) {
  const reader = new Reader(fromHex(extrinsic));
  const length = reader.compact();
  const body = new Reader(reader.rest());
  const head = body.take(2);
  const account = body.take(32);
  const scheme = body.u8();
  body.take(64);
  const [era, nonce] = [body.u8(), body.compact()];
  const call = body.take(2);
  const [number_, district] = [body.u32(), body.u32()];
  const credential = Array.from({ length: body.compact() }, () => ({
    registrar: body.u8(),
    prefix: body.take(32),
    signature: body.take(body.compact()),
  }));
  return { length, head, account, scheme, era, nonce, call, number: number_, district, credential, ballot: body.rest() };
}

describe('a vote', () => {
  test('from the key to the signed extrinsic', () => {
    const calls = credentialed();
    const sealed = calls.encrypt(DISTRICT, SELECTIONS);
    const signed = calls.cast(VERSION);
    expect(signed.tracker).toBe(sealed.tracker);

    const found = read(signed.extrinsic);
    expect([...found.head, found.scheme, found.era, found.nonce, ...found.call]).toEqual([0x84, 0, 1, 0, 0, 13, 0]);
    expect([found.number, found.district]).toEqual([3, DISTRICT]);
    expect(toHex(found.account)).toBe(signed.account);
    expect(toHex(blake2_256(found.ballot))).toBe(signed.tracker);

    // PSE-CRD-2; the verification is OpenSSL's.
    const context = concat(fromHex(GENESIS), u32(3), election.hash);
    const message = concat(text('psephos/v1/credential'), context, u32(DISTRICT), found.account);
    expect(found.credential.map((one) => one.registrar)).toEqual([0, 1]);
    for (const { registrar, prefix, signature } of found.credential) {
      const key = { key: keyOf(registrar), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
      expect(verify('sha384', concat(prefix, message), key, signature)).toBe(true);
      expect(verify('sha384', concat(prefix, message, u32(0)), key, signature)).toBe(false);
    }
  });

  test('after casting there is neither key nor ballot', () => {
    const calls = credentialed();
    calls.encrypt(DISTRICT, SELECTIONS);
    calls.cast(VERSION);
    expect(() => calls.cast(VERSION)).toThrow('there is no one-time key');
    expect(() => calls.secrets()).toThrow('there is no one-time key');
    expect(() => calls.challenge()).toThrow('no ballot is encrypted');
  });

  test('no two are alike', () => {
    const calls = credentialed();
    const [first, second] = [calls.encrypt(DISTRICT, SELECTIONS), calls.encrypt(DISTRICT, SELECTIONS)];
    expect(first.commitment).not.toBe(second.commitment);
    expect(first.tracker).not.toBe(second.tracker);
  });

  test('the manifest’s hash is computed here', () => {
    const calls = engine();
    expect(calls.open(facts)).toBe(toHex(election.hash));
    expect(() => calls.open({ ...facts, manifest: `${facts.manifest}00` })).toThrow('the manifest does not decode');
    expect(() => calls.open({ ...facts, genesis: '0x11' })).toThrow('genesis: expected 32 bytes, found 1');
    expect(() => calls.open({ ...facts, electionKey: `0x${'00'.repeat(32)}` })).toThrow('the election key');
  });

  test('without an election key nothing is encrypted', () => {
    const calls = engine();
    calls.open({ ...facts, electionKey: null });
    calls.prepare(null);
    expect(() => calls.encrypt(DISTRICT, SELECTIONS)).toThrow('the trustees have not made the election key yet');
  });
});

describe('a credential', () => {
  test('survives a reload at every step', () => {
    let calls = engine();
    const reload = () => {
      const kept = calls.secrets();
      calls = engine();
      calls.open(facts);
      calls.prepare(kept);
    };
    calls.open(facts);
    calls.prepare(null);
    for (const registrar of [0, 1]) {
      const blinded = calls.blind(registrar, DISTRICT);
      reload();
      expect(calls.blind(registrar, DISTRICT)).toBe(blinded);
      const signature = blindSign(keyOf(registrar), blinded);
      calls.unblind(registrar, signature);
      reload();
      // The registrar's answer comes twice where the page was closed in between.
      calls.unblind(registrar, signature);
    }
    calls.encrypt(DISTRICT, SELECTIONS);
    expect(read(calls.cast(VERSION).extrinsic).credential).toHaveLength(2);
  });

  test('a registrar that signs something else is noticed, and nothing is lost', () => {
    const calls = engine();
    calls.open(facts);
    calls.prepare(null);
    const blinded = calls.blind(0, DISTRICT);
    expect(() => calls.unblind(0, blindSign(keyOf(1), blinded))).toThrow('registrar 0');
    calls.unblind(0, blindSign(keyOf(0), blinded));
    calls.encrypt(DISTRICT, SELECTIONS);
    expect(() => calls.cast(VERSION)).toThrow('1 registrars have signed; a credential takes 2');
    // Still there.
    calls.unblind(1, blindSign(keyOf(1), calls.blind(1, DISTRICT)));
    expect(calls.cast(VERSION).extrinsic).toMatch(/^0x/);
  });

  test('secrets of another election are not taken up', () => {
    const kept = credentialed().secrets();
    const calls = engine();
    calls.open({ ...facts, election: 4 });
    expect(() => calls.prepare(kept)).toThrow('the kept secrets are for another election');
    expect(() => calls.prepare(kept.slice(0, -2))).toThrow('the kept secrets cannot be read');
  });
});

describe('a challenge', () => {
  test('shows a second device what was committed to', () => {
    const calls = credentialed();
    const { commitment } = calls.encrypt(DISTRICT, SELECTIONS);
    const opened = calls.challenge();
    expect(() => calls.cast(VERSION)).toThrow('no ballot is encrypted');

    const checked = engine().checkBallot(opened);
    expect(checked.commitment).toBe(commitment);
    expect(checked.manifest_hash).toBe(toHex(election.hash));
    expect(checked.election_key).toBe(ELECTION_KEY);
    expect(checked.contests.map((contest) => contest.options.map((option) => option.selected))).toEqual(SELECTIONS);
    expect(checked.contests[0]?.options[1]?.text).toBe('Борис Седов');
  });

  test('a device that lies about a selection shows another commitment', () => {
    const calls = credentialed();
    const { commitment } = calls.encrypt(DISTRICT, SELECTIONS);
    const opened = calls.challenge();
    // The first contest's four options are the first list of the selections, after the district.
    const at = opened.lastIndexOf('0C1000010000');
    const lied = `${opened.slice(0, at)}0C1001000000${opened.slice(at + 12)}`;
    expect(at).toBeGreaterThan(0);
    expect(engine().checkBallot(lied).commitment).not.toBe(commitment);
  });

  test('what is none is refused', () => {
    for (const nothing of ['', 'PSEPHOS-CHECK:1:', 'PSEPHOS-CHECK:1:00', 'PSEPHOS-CHECK:2:00']) {
      expect(() => engine().checkBallot(nothing)).toThrow('this is no opened ballot');
    }
  });

  test('a new ballot can be made after it, and cast', () => {
    const calls = credentialed();
    calls.encrypt(DISTRICT, SELECTIONS);
    calls.challenge();
    const sealed = calls.encrypt(DISTRICT, SELECTIONS);
    expect(calls.cast(VERSION).tracker).toBe(sealed.tracker);
  });
});

describe('an envelope', () => {
  const relay = { url: 'https://relay.example', publicKey: `0x${'09'.padEnd(64, '0')}` } as const;

  test('has one size whatever the path, also after a reload', () => {
    const { extrinsic } = (() => {
      const calls = credentialed();
      calls.encrypt(DISTRICT, SELECTIONS);
      return calls.cast(VERSION);
    })();
    const later = engine();
    later.open(facts);
    const [short, long] = [later.seal([relay], extrinsic), later.seal([relay, relay, relay], extrinsic)];
    expect(short.length).toBe(16_384);
    expect(long.length).toBe(short.length);
    expect(() => later.seal([], extrinsic)).toThrow('the path has no relay');
    expect(() => later.seal([{ ...relay, publicKey: '0x09' }], extrinsic)).toThrow('public key of a relay');
  });
});

describe('a receipt', () => {
  test('what is none is refused with a reason', () => {
    expect(engine().verifyReceipt('{}', GENESIS, 3)).toMatchObject({ kind: 'refused' });
  });

  test('is verified by the keys that the pages read', () => {
    expect(authorities_key()).toBe(keys.grandpa());
    expect(ballot_key(3, 130)).toBe(keys.ballotPage(3, 2));
  });
});
