// What can be asked of the cryptography, and nothing else.

import type { ElectionFacts, Signed } from '../ballot/booth';
import type { RuntimeVersion } from '../chain/node';
import type { RelayAddress } from '../configuration';
import type { Hex } from '../encoding/hex';
import type { Sealed } from '../flow/state';
import type { Verdict } from '../receipts/receipts';

/** One option of a ballot that was checked. */
export interface CheckedOption {
  readonly text: string;
  readonly selected: boolean;
}

/** One contest of a ballot that was checked. */
export interface CheckedContest {
  readonly title: string;
  readonly options: readonly CheckedOption[];
}

/** What an opened ballot holds, as this device has computed it (PSE-CHK-2). */
export interface CheckedBallot {
  readonly commitment: Hex;
  readonly genesis: Hex;
  readonly election: number;
  readonly manifest_hash: Hex;
  readonly election_key: Hex;
  readonly title: string;
  readonly district: string;
  readonly contests: readonly CheckedContest[];
}

/** Every call, each answered in its turn. */
export interface Calls {
  readonly open: (facts: ElectionFacts) => Hex;
  readonly prepare: (kept: string | null) => null;
  readonly blind: (registrar: number, district: number) => Hex;
  readonly unblind: (registrar: number, signature: Hex) => null;
  readonly secrets: () => string;
  readonly encrypt: (district: number, selections: readonly (readonly boolean[])[]) => Sealed;
  readonly challenge: () => string;
  readonly cast: (version: RuntimeVersion) => Signed;
  readonly seal: (path: readonly RelayAddress[], extrinsic: Hex) => Uint8Array<ArrayBuffer>;
  readonly checkBallot: (opened: string) => CheckedBallot;
  readonly verifyReceipt: (receipt: string, genesis: Hex, election: number) => Verdict;
}

/** The name of a call. */
export type Name = keyof Calls;

/** A call on its way to the worker. */
export interface Call {
  readonly id: number;
  readonly name: Name;
  readonly parameters: readonly unknown[];
}

/** What comes back. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly refused: string };
