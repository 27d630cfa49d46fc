// Where a voter stands. Everything that a screen shows follows from this and the election; nothing
// secret is in it, but for the selections.

import type { Hex } from '../encoding/hex';
import type { Application, CodeSent, SignedIn } from '../registrar/registrar';

/** The screens, in the order in which a voter sees them. */
export type Step =
  | 'overview'
  | 'signIn'
  | 'application'
  | 'code'
  | 'ballot'
  | 'review'
  /** The registrars record the issue on chain, and sign; then the ballot is encrypted. */
  | 'recording'
  /** The ballot is encrypted; its commitment is shown: check it, or cast it. */
  | 'sealed'
  /** The ballot was opened for checking, and can no longer be cast. */
  | 'challenged'
  | 'delivering'
  | 'final';

/** A ballot session at one registrar. */
export interface Visit {
  readonly registrar: number;
  readonly token: string;
  readonly link: string;
  readonly district: number;
  readonly voterNumber: string;
  /** When the session ends, in milliseconds since 1970. */
  readonly ends: number;
}

/** What a voter sees of an encrypted ballot before they choose to check or to cast it. */
export interface Sealed {
  readonly tracker: Hex;
  /** A digest of the ciphertexts, which the second device computes, too. */
  readonly commitment: Hex;
}

/** A ballot that was opened for checking. */
export interface Opened {
  /** What this device had shown before the voter chose to check. */
  readonly commitment: Hex;
  /** What a second device needs. */
  readonly revealed: string;
}

/** A ballot that is on its way. Nothing here opens it. */
export interface Delivery {
  readonly election: number;
  readonly genesis: Hex;
  readonly district: number;
  readonly account: Hex;
  readonly tracker: Hex;
  /** The signed extrinsic, as it will stand in a block. */
  readonly extrinsic: Hex;
  /** When it was cast, in milliseconds since 1970. */
  readonly castAt: number;
  /** The block that it was cast after. */
  readonly castAfterBlock: number;
  /** How many ballots the register held then: it is searched from there on. */
  readonly ballotsBefore: number;
}

/** How far the delivery is. */
export interface Progress {
  /** How often it was handed over, each time over another path. */
  readonly handedOver: number;
  /** Hosts of the relays of the last path; empty where it went to a node directly. */
  readonly path: readonly string[];
  /** Whether it was given to a node directly because voting closes soon. */
  readonly lastResort: boolean;
  /** The last finalised block that was looked at. */
  readonly looked: number;
  /** Nodes that have it in a finalised block. */
  readonly confirmed: readonly string[];
  /** Nodes that were asked. */
  readonly asked: readonly string[];
  /** Nodes that have said what the validators have not signed. */
  readonly refuted: readonly string[];
}

/** A receipt that was verified. */
export interface Receipt {
  /** As it is saved. */
  readonly text: string;
  readonly block: number;
}

/** What a voter must be told beside the screen's own text. */
export type Notice =
  | { readonly kind: 'problem'; readonly code: string; readonly detail: string; readonly retryAfter: number | null }
  | { readonly kind: 'sessionExpired' }
  | { readonly kind: 'resumed' }
  /** The right to vote was kept, what was selected was not. */
  | { readonly kind: 'selectAgain' }
  | { readonly kind: 'districtsDiffer' }
  /** Another voter's key is on this device, or the registrars name different voters. */
  | { readonly kind: 'votersDiffer' }
  /** The sign-in service's answer is for another registrar than the one that is visited. */
  | { readonly kind: 'registrarsMixedUp' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'ballotRefused'; readonly code: number | null }
  | { readonly kind: 'failed'; readonly detail: string };

/** Where a voter stands. */
export interface Flow {
  readonly step: Step;
  /** The registrars to visit: as many as make a quorum. */
  readonly plan: readonly number[];
  /** Sessions that were opened, in the plan's order. */
  readonly visits: readonly Visit[];
  /** Signed in at the registrar that is visited now. */
  readonly signedIn: SignedIn | null;
  readonly application: Application | null;
  readonly code: CodeSent | null;
  readonly district: number | null;
  /**
   * Whose the key on this device is, once registrars were asked to sign it: nobody else may use it, and
   * it outlives sessions.
   */
  readonly voterNumber: string | null;
  /** One list for each contest. */
  readonly selections: readonly (readonly boolean[])[];
  /** How many registrars have signed. */
  readonly signatures: number;
  readonly sealed: Sealed | null;
  /** The ballot that was opened for checking. */
  readonly opened: Opened | null;
  /** How many ballots were opened for checking. */
  readonly checks: number;
  readonly delivery: Delivery | null;
  readonly progress: Progress;
  /** The receipt, and the block that it proves. */
  readonly receipt: Receipt | null;
  readonly notice: Notice | null;
  /** Whether an answer is awaited. */
  readonly busy: boolean;
}

/** Nothing has been handed over. */
export const NO_PROGRESS: Progress = {
  handedOver: 0,
  path: [],
  lastResort: false,
  looked: 0,
  confirmed: [],
  asked: [],
  refuted: [],
};

/** A voter who has just come. */
export function begin(plan: readonly number[]): Flow {
  return {
    step: 'overview',
    plan,
    visits: [],
    signedIn: null,
    application: null,
    code: null,
    district: null,
    voterNumber: null,
    selections: [],
    signatures: 0,
    sealed: null,
    opened: null,
    checks: 0,
    delivery: null,
    progress: NO_PROGRESS,
    receipt: null,
    notice: null,
    busy: false,
  };
}

/** The registrar that is visited now, or `null` when all have been. */
export function office(flow: Flow): number | null {
  return flow.plan[flow.visits.length] ?? null;
}

/** Whether all registrars' signatures are in: from here on no session can expire. */
export function credentialed(flow: Flow): boolean {
  return flow.plan.length > 0 && flow.signatures === flow.plan.length;
}

/** When the first of the sessions ends; `null` where that no longer matters. */
export function sessionEnds(flow: Flow): number | null {
  if (credentialed(flow) || flow.visits.length === 0) {
    return null;
  }
  return Math.min(...flow.visits.map((visit) => visit.ends));
}
