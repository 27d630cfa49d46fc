// The voter's way through the screens: a pure function of state and event. What has to be done for an
// event is done by `voter.ts`; what may happen when is decided here alone.

import type { Application, CodeSent, SignedIn } from '../registrar/registrar';
import {
  begin,
  credentialed,
  type Delivery,
  type Flow,
  NO_PROGRESS,
  type Notice,
  office,
  type Progress,
  type Receipt,
  type Sealed,
  type Step,
  type Visit,
} from './state';

/** What can happen. */
export type FlowEvent =
  | { readonly type: 'started' }
  | { readonly type: 'busy' }
  | { readonly type: 'failed'; readonly notice: Notice }
  | { readonly type: 'dismissed' }
  | { readonly type: 'signedIn'; readonly voter: SignedIn; readonly voting: boolean }
  | { readonly type: 'application'; readonly application: Application }
  | { readonly type: 'codeSent'; readonly code: CodeSent }
  | { readonly type: 'sessionOpened'; readonly visit: Visit; readonly contests: readonly number[] }
  | { readonly type: 'officeReplaced'; readonly by: number }
  | { readonly type: 'turned' }
  | { readonly type: 'selected'; readonly contest: number; readonly selection: readonly boolean[] }
  | { readonly type: 'reviewed' }
  | { readonly type: 'accepted' }
  | { readonly type: 'signed'; readonly signatures: number }
  | { readonly type: 'encrypted'; readonly sealed: Sealed }
  | { readonly type: 'challenged'; readonly revealed: string }
  | { readonly type: 'anew' }
  | { readonly type: 'cast'; readonly delivery: Delivery }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'final'; readonly receipt: Receipt }
  | { readonly type: 'sessionExpired' }
  | { readonly type: 'deviceLeft' }
  | { readonly type: 'back'; readonly to: Step }
  | { readonly type: 'resumed'; readonly flow: Flow }
  | { readonly type: 'left' };

const ORDER: readonly Step[] = [
  'overview',
  'signIn',
  'application',
  'code',
  'ballot',
  'review',
  'recording',
  'sealed',
  'challenged',
  'delivering',
  'final',
];

/** Where each event may happen; elsewhere it is ignored, as a late answer or a second click is. */
const WHERE: Partial<Record<FlowEvent['type'], readonly Step[]>> = {
  started: ['overview'],
  signedIn: ['signIn'],
  application: ['application'],
  codeSent: ['signIn', 'code'],
  sessionOpened: ['code'],
  officeReplaced: ['signIn', 'code'],
  turned: ['application'],
  selected: ['ballot'],
  reviewed: ['ballot'],
  accepted: ['review'],
  signed: ['recording'],
  encrypted: ['recording'],
  challenged: ['sealed'],
  anew: ['challenged', 'sealed'],
  cast: ['sealed'],
  // After the proof, too: a node that lagged may deny the ballot.
  progress: ['delivering', 'final'],
  final: ['delivering'],
  // Signatures that are in cannot expire, so `sealed` is not among these.
  sessionExpired: ['signIn', 'code', 'ballot', 'review', 'recording'],
  // Not while registrars are asked: their answer is about to be kept.
  deviceLeft: ['ballot', 'review', 'sealed', 'challenged'],
  left: ['signIn', 'application', 'code', 'final'],
};

/** Where the voter may step back to from a screen. Once cast, nowhere. */
const BACK: Partial<Record<Step, readonly Step[]>> = {
  signIn: ['overview'],
  application: ['overview'],
  code: ['overview', 'signIn'],
  review: ['ballot'],
  sealed: ['ballot', 'review'],
  challenged: ['ballot'],
};

/** Whether the voter may step back from one screen to another. */
export function mayGoBack(from: Step, to: Step): boolean {
  return BACK[from]?.includes(to) ?? false;
}

/** Whether one screen comes before another. */
export function precedes(one: Step, other: Step): boolean {
  return ORDER.indexOf(one) < ORDER.indexOf(other);
}

/** The state after an event. */
export function advance(flow: Flow, event: FlowEvent): Flow {
  const where = WHERE[event.type];
  if (where !== undefined && !where.includes(flow.step)) {
    return flow;
  }
  return reduce(flow, event);
}

function at(flow: Flow, step: Step, changes: Partial<Flow> = {}): Flow {
  return { ...flow, step, busy: false, notice: null, ...changes };
}

function reduce(flow: Flow, event: FlowEvent): Flow {
  switch (event.type) {
    case 'started':
      return at(flow, 'signIn');
    case 'busy':
      return { ...flow, busy: true, notice: null };
    case 'failed':
      return failed(flow, event.notice);
    case 'dismissed':
      return { ...flow, notice: null };
    case 'signedIn':
      return signedIn(flow, event.voter, event.voting);
    case 'application':
      return at(flow, 'application', { application: event.application });
    case 'codeSent':
      return at(flow, 'code', { code: event.code });
    case 'sessionOpened':
      return sessionOpened(flow, event.visit, event.contests);
    case 'officeReplaced':
      return officeReplaced(flow, event.by);
    case 'turned':
      return at(flow, 'signIn', { plan: [...flow.plan.slice(1), ...flow.plan.slice(0, 1)], signedIn: null, application: null });
    case 'selected':
      return { ...flow, selections: flow.selections.map((old, at) => (at === event.contest ? event.selection : old)) };
    case 'reviewed':
      return at(flow, 'review');
    case 'accepted':
      return at(flow, 'recording', { busy: true, voterNumber: voterOf(flow) });
    case 'signed':
      return { ...flow, signatures: Math.max(flow.signatures, event.signatures) };
    case 'encrypted':
      return at(flow, 'sealed', { sealed: event.sealed });
    case 'challenged':
      return challenged(flow, event.revealed);
    case 'anew':
      return at(flow, 'ballot', { opened: null, sealed: null });
    case 'cast':
      return cast(flow, event.delivery);
    case 'progress':
      return { ...flow, progress: event.progress };
    case 'final':
      return at(flow, 'final', { receipt: event.receipt });
    case 'sessionExpired':
      return sessionExpired(flow);
    case 'deviceLeft':
      // A ballot that is being cast must find its screen.
      return flow.busy ? flow : withRightOnly(flow);
    case 'back':
      return back(flow, event.to);
    case 'resumed':
      return { ...event.flow, busy: false };
    case 'left':
      return begin(flow.plan);
  }
}

/** A failure takes nothing away; where the registrars were being asked, the voter may ask again. */
function failed(flow: Flow, notice: Notice): Flow {
  const step = flow.step === 'recording' ? 'review' : flow.step;
  return { ...flow, step, busy: false, notice };
}

/** Whose ballot this is: the one whom the key was signed for, or who has opened a session. */
function voterOf(flow: Flow): string | null {
  return flow.voterNumber ?? flow.visits[0]?.voterNumber ?? null;
}

/** The registrars agree on numbers (PSE-RGS-2); to vote with another's key would rob both. */
function isAnother(flow: Flow, voterNumber: string): boolean {
  return (voterOf(flow) ?? voterNumber) !== voterNumber;
}

function signedIn(flow: Flow, voter: SignedIn, voting: boolean): Flow {
  if (voting && isAnother(flow, voter.voterNumber)) {
    return failed(flow, { kind: 'votersDiffer' });
  }
  return at(flow, voting ? 'code' : 'application', { signedIn: voter, code: null, application: null });
}

function sessionOpened(flow: Flow, visit: Visit, contests: readonly number[]): Flow {
  if (flow.district !== null && flow.district !== visit.district) {
    return failed(flow, { kind: 'districtsDiffer' });
  }
  if (isAnother(flow, visit.voterNumber)) {
    return failed(flow, { kind: 'votersDiffer' });
  }
  const visits = [...flow.visits, visit];
  const next = visits.length < flow.plan.length ? 'signIn' : 'ballot';
  return at(flow, next, {
    visits,
    district: visit.district,
    selections: contests.map((options) => Array<boolean>(options).fill(false)),
    signedIn: null,
    code: null,
  });
}

function officeReplaced(flow: Flow, by: number): Flow {
  const visited = flow.visits.length;
  const plan = flow.plan.map((registrar, index) => (index === visited ? by : registrar));
  return at(flow, 'signIn', { plan, signedIn: null, code: null });
}

/**
 * The sessions are void, the signatures that are in are not. The selections go: whoever is at the device
 * by now need not be the voter.
 */
function sessionExpired(flow: Flow): Flow {
  return { ...withRightOnly(flow), step: 'signIn', notice: { kind: 'sessionExpired' } };
}

/**
 * What the right to vote takes, and nothing of the choice: the registrars sign for the key on this device
 * and for no other, so whose it is must be known when somebody signs in again.
 */
function withRightOnly(flow: Flow): Flow {
  const { plan, voterNumber, district, signatures } = flow;
  return voterNumber === null ? begin(plan) : { ...begin(plan), voterNumber, district, signatures };
}

/** The flow as it is taken up from the vault: without selections where nobody came back in time. */
export function takenUp(flow: Flow, now: number): Flow {
  if (flow.visits.every((visit) => visit.ends > now)) {
    return flow;
  }
  // Signatures that are in outlive the sessions, but only where the voter had come as far as the ballot.
  if (office(flow) !== null || !credentialed(flow)) {
    return advance(flow, { type: 'sessionExpired' });
  }
  const selections = flow.selections.map((selection) => selection.map(() => false));
  return { ...flow, step: 'ballot', selections, notice: { kind: 'selectAgain' } };
}

/** The code stays in view: the second device's is compared with what was shown before the choice. */
function challenged(flow: Flow, revealed: string): Flow {
  const opened = flow.sealed === null ? null : { commitment: flow.sealed.commitment, revealed };
  return at(flow, 'challenged', { opened, sealed: null, checks: flow.checks + 1 });
}

/** All that could tell the selections is dropped in the moment of casting. */
function cast(flow: Flow, delivery: Delivery): Flow {
  return {
    ...begin(flow.plan),
    step: 'delivering',
    district: delivery.district,
    delivery,
    progress: NO_PROGRESS,
  };
}

function back(flow: Flow, to: Step): Flow {
  if (flow.busy || !mayGoBack(flow.step, to)) {
    return flow;
  }
  return at(flow, to, { sealed: null, opened: null });
}
