// What the pages ask of the cryptography. The worker behind it holds every secret; the page sees none
// but the text that it keeps in the vault for it.

import type { RuntimeVersion } from '../chain/node';
import type { RelayAddress } from '../configuration';
import type { Hex } from '../encoding/hex';
import type { Sealed } from '../flow/state';

/** What a ballot is bound to. */
export interface ElectionFacts {
  readonly election: number;
  readonly genesis: Hex;
  /** SCALE of the manifest. */
  readonly manifest: Hex;
  /** `null` until the ceremony has made it: then nothing can be encrypted yet. */
  readonly electionKey: Hex | null;
}

/** A ballot that is signed and can be sent. */
export interface Signed {
  readonly extrinsic: Hex;
  readonly tracker: Hex;
  readonly account: Hex;
}

/** The voting booth: one voter, one one-time key. */
export interface Booth {
  /**
   * Takes the election in; resolves with the manifest's hash as computed here (PSE-ELE-2). Called again,
   * with the election's key, when the ceremony has made it after the page was opened.
   */
  open(facts: ElectionFacts): Promise<Hex>;
  /** Makes a one-time key, or takes up the one that was kept. */
  prepare(kept: string | null): Promise<void>;
  /** What a registrar is asked to sign. The same until the signature is in, however often. */
  blind(registrar: number, district: number): Promise<Hex>;
  /** Takes a registrar's signature; fails where it is not valid. */
  unblind(registrar: number, signature: Hex): Promise<void>;
  /** Key, blindings and signatures, for the vault. */
  secrets(): Promise<string>;
  /** Encrypts; a ballot that was encrypted before is dropped. */
  encrypt(district: number, selections: readonly (readonly boolean[])[]): Promise<Sealed>;
  /** Opens the encrypted ballot for a second device; it can no longer be cast. */
  challenge(): Promise<string>;
  /** Signs the encrypted ballot, and destroys the key and all randomness. */
  cast(version: RuntimeVersion): Promise<Signed>;
  /** Seals an extrinsic for relays, the first hop first (PSE-RLY-4). */
  seal(path: readonly RelayAddress[], extrinsic: Hex): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the worker, and with it everything that it holds. */
  end(): void;
}
