// An envelope that the compiled cryptography has sealed, opened by a relay that is written here from the
// specification (PSE-RLY-3, PSE-RLY-5; RFC 9180) over OpenSSL: in its own election, and in no other.

import { createCipheriv, createDecipheriv, createHmac, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

import { ELECTION_KEY, FakeElection, VOTING } from '../../tests/pages/fakes/election';
import { concat, u32 } from '../../tests/pages/fakes/scale';
import { fromHex, type Hex, toHex } from '../encoding/hex';
import { engine } from './engine';
import { initSync } from './generated/psephos_crypto_wasm';

const ELECTION = 3;
const GENESIS = `0x${'11'.repeat(32)}` as const;
const EXTRINSIC = `0x${'5a'.repeat(300)}` as const;

const SLOT = 256;
const HEADER = 5 * SLOT;
const ENCAPSULATED = 32;
const TAG = 16;

const ascii = (text: string) => new TextEncoder().encode(text);
const NONE = new Uint8Array();
const KEM = concat(ascii('KEM'), new Uint8Array([0x00, 0x20]));
const SUITE = concat(ascii('HPKE'), new Uint8Array([0x00, 0x20, 0x00, 0x01, 0x00, 0x03]));

const relay = generateKeyPairSync('x25519');
const jwk = relay.publicKey.export({ format: 'jwk' });
const publicKey = new Uint8Array(Buffer.from(jwk.x ?? '', 'base64url'));

const election = new FakeElection(VOTING);

beforeAll(() => {
  const module = fileURLToPath(new URL('./generated/psephos_crypto_wasm_bg.wasm', import.meta.url));
  initSync({ module: readFileSync(module) });
});

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(data).digest());
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, key: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(32);
  return hmac(salt.length === 0 ? zeros : salt, concat(ascii('HPKE-v1'), suite, ascii(label), key));
}

/** Of at most one block of SHA-256. */
function expand(suite: Uint8Array, secret: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  const labelled = concat(new Uint8Array([0, length]), ascii('HPKE-v1'), suite, ascii(label), info);
  return hmac(secret, concat(labelled, new Uint8Array([1]))).slice(0, length);
}

/** The route in the first slot; fails where it does not open. */
function openSlot(envelope: Uint8Array, info: Uint8Array): Uint8Array {
  const encapsulated = envelope.slice(0, ENCAPSULATED);
  const x = Buffer.from(encapsulated).toString('base64url');
  const sender = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const dh = new Uint8Array(diffieHellman({ privateKey: relay.privateKey, publicKey: sender }));
  const shared = expand(KEM, extract(KEM, NONE, 'eae_prk', dh), 'shared_secret', concat(encapsulated, publicKey), 32);
  const ids = [extract(SUITE, NONE, 'psk_id_hash', NONE), extract(SUITE, NONE, 'info_hash', info)];
  const schedule = concat(new Uint8Array([0]), ...ids);
  const secret = extract(SUITE, shared, 'secret', NONE);
  const [key, nonce] = [expand(SUITE, secret, 'key', schedule, 32), expand(SUITE, secret, 'base_nonce', schedule, 12)];
  const cipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  cipher.setAAD(envelope.slice(SLOT), { plaintextLength: SLOT - ENCAPSULATED - TAG });
  cipher.setAuthTag(envelope.slice(SLOT - TAG, SLOT));
  const route = cipher.update(envelope.slice(ENCAPSULATED, SLOT - TAG));
  return new Uint8Array(Buffer.concat([route, cipher.final()]));
}

/** What the last relay of a path finds. */
function deliver(envelope: Uint8Array, info: Uint8Array): Hex {
  const route = openSlot(envelope, info);
  // No address: this relay is the last.
  expect([...route.slice(32)].every((byte) => byte === 0)).toBe(true);
  const stream = createCipheriv('chacha20', route.slice(0, 32), new Uint8Array(16));
  const slots = concat(envelope.slice(SLOT, HEADER), new Uint8Array(SLOT));
  const clear = new Uint8Array(stream.update(concat(slots, envelope.slice(HEADER))));
  const body = clear.slice(HEADER);
  const length = new DataView(body.buffer).getUint32(0, true);
  expect(body.slice(4 + length).every((byte) => byte === 0)).toBe(true);
  return toHex(body.slice(4, 4 + length));
}

function info(genesis: Hex, number: number): Uint8Array {
  return concat(ascii('psephos/v1/envelope'), fromHex(genesis), u32(number));
}

test('an envelope opens for the chain and the election that it was sealed for, and for no other', () => {
  const calls = engine();
  calls.open({ election: ELECTION, genesis: GENESIS, manifest: toHex(election.encoded), electionKey: ELECTION_KEY });
  const envelope = calls.seal([{ url: 'https://relay.example', publicKey: toHex(publicKey) }], EXTRINSIC);
  expect(deliver(envelope, info(GENESIS, ELECTION))).toBe(EXTRINSIC);
  const others = [info(GENESIS, ELECTION + 1), info(`0x${'12'.repeat(32)}`, ELECTION), ascii('psephos/v1/envelope')];
  for (const other of others) {
    expect(() => deliver(envelope, other)).toThrow('unable to authenticate');
  }
});
