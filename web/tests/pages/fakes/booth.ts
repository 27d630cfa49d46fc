// Stands in for the cryptography in tests of the pages, which are about everything around it: it keeps
// the interface's promises about what is the same and what is not, and encrypts nothing. The tests with
// real validators use the real one.

import { ProvenState } from '../../../../tools/second-verifier/src/trie';
import type { Booth, ElectionFacts, Signed } from '../../../src/ballot/booth';
import { BALLOTS_PER_PAGE, decode } from '../../../src/chain/state/decode';
import { keys } from '../../../src/chain/state/keys';
import type { RelayAddress } from '../../../src/configuration';
import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import type { Sealed } from '../../../src/flow/state';
import type { Receipts, Verdict } from '../../../src/receipts/receipts';
import { blake2_256, bytes, compact, concat, list, u32, u8 } from './scale';

const ENVELOPE_BYTES = 4_096;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

interface Secrets {
  seed: Hex;
  blinded: Partial<Record<number, Hex>>;
  signatures: Record<string, Hex>;
}

class FakeBooth implements Booth {
  private facts: ElectionFacts | null = null;
  private held: Secrets | null = null;
  private ballot: { encoded: Uint8Array; selections: readonly (readonly boolean[])[]; randomness: Hex } | null = null;
  private district = 0;

  open(facts: ElectionFacts): Promise<Hex> {
    this.facts = facts;
    return Promise.resolve(toHex(blake2_256(fromHex(facts.manifest))));
  }

  prepare(kept: string | null): Promise<void> {
    this.held = kept === null ? { seed: toHex(random(32)), blinded: {}, signatures: {} } : (JSON.parse(kept) as Secrets);
    return Promise.resolve();
  }

  private get secrets_(): Secrets {
    if (this.held === null) {
      throw new Error('the key is destroyed');
    }
    return this.held;
  }

  blind(registrar: number): Promise<Hex> {
    const { blinded } = this.secrets_;
    const message = blinded[registrar] ?? toHex(concat(u8(0), random(255)));
    blinded[registrar] = message;
    return Promise.resolve(message);
  }

  unblind(registrar: number, signature: Hex): Promise<void> {
    this.secrets_.signatures[registrar] = signature;
    return Promise.resolve();
  }

  secrets(): Promise<string> {
    return Promise.resolve(JSON.stringify(this.secrets_));
  }

  encrypt(district: number, selections: readonly (readonly boolean[])[]): Promise<Sealed> {
    const encoded = concat(compact(1), random(200));
    this.district = district;
    this.ballot = { encoded, selections, randomness: toHex(random(32)) };
    return Promise.resolve({ tracker: toHex(blake2_256(encoded)), commitment: toHex(blake2_256(concat(u8(9), encoded))) });
  }

  private take(): NonNullable<FakeBooth['ballot']> {
    const { ballot } = this;
    if (ballot === null) {
      throw new Error('no ballot is encrypted');
    }
    this.ballot = null;
    return ballot;
  }

  challenge(): Promise<string> {
    const { selections, randomness } = this.take();
    return Promise.resolve(JSON.stringify({ selections, randomness }));
  }

  cast(): Promise<Signed> {
    const { encoded } = this.take();
    const { seed, signatures } = this.secrets_;
    const account = blake2_256(fromHex(seed));
    const credential = Object.entries(signatures).map(([registrar, signature]) =>
      concat(u8(Number(registrar)), random(32), bytes(fromHex(signature))),
    );
    const call = concat(u8(13), u8(0), u32(this.facts?.election ?? 0), u32(this.district), list(credential), encoded);
    const body = concat(u8(0x84), u8(0), account, u8(1), random(64), u8(0), compact(0), call);
    this.held = null;
    return Promise.resolve({ extrinsic: toHex(bytes(body)), tracker: toHex(blake2_256(encoded)), account: toHex(account) });
  }

  seal(path: readonly RelayAddress[], extrinsic: Hex): Promise<Uint8Array<ArrayBuffer>> {
    const envelope = random(ENVELOPE_BYTES);
    envelope.set(blake2_256(concat(fromHex(extrinsic), ...path.map((relay) => fromHex(relay.publicKey)))));
    return Promise.resolve(envelope);
  }

  end(): void {
    this.held = null;
    this.ballot = null;
  }
}

export function openBooth(): Booth {
  return new FakeBooth();
}

interface FakeReceipt {
  readonly election: number;
  readonly tracker: Hex;
  readonly index: number;
  readonly block: { readonly header: { readonly stateRoot: Hex }; readonly proof: readonly Hex[] };
}

/** Everything but the signatures: the record must be proven under the state root. */
function verdictOf(receipt: string): Verdict {
  const { election, tracker, index, block } = JSON.parse(receipt) as FakeReceipt;
  const state = new ProvenState(fromHex(block.header.stateRoot), block.proof.map(fromHex));
  const page = state.read(fromHex(keys.ballotPage(election, Math.floor(index / BALLOTS_PER_PAGE))));
  const record = decode.ballots(page ?? new Uint8Array())[index % BALLOTS_PER_PAGE];
  if (record?.tracker !== tracker) {
    throw new Error('the record has another tracker');
  }
  return { kind: 'included', election, tracker, block: record.block, account: record.account };
}

export function openReceipts(): Receipts {
  return {
    verify: (receipt) =>
      Promise.resolve(receipt)
        .then(verdictOf)
        .catch((error: unknown) => ({ kind: 'refused', reason: String(error) })),
  };
}
