// What the compiled cryptography makes, before an auditor that shares no code with it: the second
// verifier, whose group, transcripts and signatures are written from the specification.

import { beforeAll, describe, expect, test } from 'vitest';

import { decodeElectionKey, verifyBallot } from '../../../tools/second-verifier/src/ballot-proofs';
import { credentialMessage, verifyCredential } from '../../../tools/second-verifier/src/credentials';
import { type CastCall, decodeExtrinsic, type SignedExtrinsic, signingPayload } from '../../../tools/second-verifier/src/extrinsic';
import { readManifest } from '../../../tools/second-verifier/src/manifest';
import { decodeAll } from '../../../tools/second-verifier/src/scale';
import { isSignedBy } from '../../../tools/second-verifier/src/signatures';
import { castBallot, ELECTION, election, GENESIS, loadCryptography, VERSION } from '../../tests/pages/fakes/cast';
import { ELECTION_KEY } from '../../tests/pages/fakes/election';
import { fromHex } from '../encoding/hex';

const manifest = decodeAll(election.encoded, readManifest);
const context = { genesisHash: fromHex(GENESIS), election: ELECTION, manifestHash: manifest.hash };

beforeAll(loadCryptography);

/** A ballot as it goes to the chain. */
function vote(district: number, selections: readonly (readonly boolean[])[]): { signed: SignedExtrinsic; cast: CastCall } {
  const extrinsic = decodeExtrinsic(fromHex(castBallot(district, selections).extrinsic));
  if (!('signed' in extrinsic) || extrinsic.signed.call.pallet !== 'ballots' || extrinsic.signed.call.call !== 'cast') {
    throw new Error('what was cast is no ballot');
  }
  return { signed: extrinsic.signed, cast: extrinsic.signed.call };
}

function rulesOf(district: number) {
  const found = manifest.districts.find(({ id }) => id === district);
  return found?.contests.map(({ rule }) => rule) ?? [];
}

/**
 * Every way of answering: one of many, several, none where that is allowed, everything. The first contest
 * of district 1 has a proof of its sum, which is looked at before the others; that of district 2 allows
 * every sum, and has none (PSE-SEL-4).
 */
const BALLOTS: readonly { district: number; selections: readonly (readonly boolean[])[]; refusal: string }[] = [
  { district: 1, selections: ['0100', '1010100', '10'].map(digits), refusal: 'SumChallenge { contest: 1 }' },
  { district: 1, selections: ['0000', '0000000', '01'].map(digits), refusal: 'SumChallenge { contest: 1 }' },
  { district: 2, selections: ['111'].map(digits), refusal: 'InvalidProof' },
  { district: 2, selections: ['000'].map(digits), refusal: 'InvalidProof' },
];

function digits(text: string): boolean[] {
  return Array.from(text, (digit) => digit === '1');
}

describe.each(BALLOTS)('a ballot in district $district with $selections', ({ district, selections, refusal }) => {
  const key = decodeElectionKey(fromHex(ELECTION_KEY));
  let made: ReturnType<typeof vote>;
  beforeAll(() => {
    made = vote(district, selections);
  });

  test('is addressed as it should be, and signed by its account', () => {
    const { signed, cast } = made;
    expect(cast).toMatchObject({ election: ELECTION, district });
    expect(signed).toMatchObject({ era: 'immortal', nonce: 0 });
    const { genesisHash } = context;
    const implicit = { specVersion: VERSION.spec, transactionVersion: VERSION.transaction, genesisHash, mortalityHash: genesisHash };
    expect(isSignedBy(signed.signer, signingPayload(signed, implicit), signed.signature)).toBe(true);
    // PSE-WIR-2: bound to the runtime's version, too.
    const other = signingPayload(signed, { ...implicit, specVersion: VERSION.spec + 1 });
    expect(isSignedBy(signed.signer, other, signed.signature)).toBe(false);
  });

  test('has proofs that hold, for this account, district and election only', () => {
    const { signed, cast } = made;
    const statement = { context, district, account: signed.signer, rules: rulesOf(district) };
    verifyBallot(key, statement, cast.ballot);
    const others = [
      { ...statement, account: new Uint8Array(32).fill(1) },
      { ...statement, district: district + 1 },
      { ...statement, context: { ...context, election: ELECTION + 1 } },
      { ...statement, context: { ...context, manifestHash: new Uint8Array(32) } },
    ];
    for (const other of others) {
      expect(() => verifyBallot(key, other, cast.ballot)).toThrow(refusal);
    }
  });

  test('has a credential of both registrars, for this account and district only', () => {
    const { signed, cast } = made;
    const place = manifest.districts.findIndex(({ id }) => id === district);
    const message = credentialMessage(context, district, signed.signer);
    expect(cast.credential.map(({ registrar }) => registrar)).toEqual([0, 1]);
    for (const one of cast.credential) {
      const modulus = manifest.registrars[one.registrar]?.keys[place] ?? new Uint8Array();
      verifyCredential(modulus, message, one);
      expect(() => verifyCredential(modulus, credentialMessage(context, district + 1, signed.signer), one)).toThrow('InvalidSignature');
    }
  });
});
