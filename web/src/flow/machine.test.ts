import { describe, expect, test } from 'vitest';

import { advance, type FlowEvent, mayGoBack, takenUp } from './machine';
import { begin, credentialed, type Delivery, type Flow, office, sessionEnds, type Step, type Visit } from './state';

const token = 'a'.repeat(64);
const voter = { token, voterNumber: '7', district: 1, phoneHint: '··42' };
const visit = (registrar: number, district = 1, ends = 1_000): Visit => ({
  registrar,
  token,
  link: 'b'.repeat(64),
  district,
  voterNumber: '7',
  ends,
});
const sealed = { tracker: '0x01', commitment: '0x02' } as const;
const delivery: Delivery = {
  election: 0,
  genesis: '0x00',
  district: 1,
  account: '0x03',
  tracker: '0x01',
  extrinsic: '0x04',
  castAt: 5,
  castAfterBlock: 6,
  ballotsBefore: 0,
};
const receipt = { text: 'r', block: 9 };
const code = { phoneHint: '··42', triesLeft: 3, resendAfterSeconds: 60 };

const signIn: FlowEvent = { type: 'signedIn', voter, voting: true };
const opened = (registrar: number, district = 1): FlowEvent => ({
  type: 'sessionOpened',
  visit: visit(registrar, district),
  contests: [2, 3],
});
const choose: FlowEvent = { type: 'selected', contest: 1, selection: [false, true, false] };

const BLANK = [
  [false, false],
  [false, false, false],
];

/** Signs in with every registrar of the plan, selects, and asks for the signatures. */
function toRecording({ plan }: Flow): readonly FlowEvent[] {
  const visits = plan.flatMap((registrar) => [signIn, opened(registrar)]);
  return [{ type: 'started' }, ...visits, choose, { type: 'reviewed' }, { type: 'accepted' }];
}

function after(events: readonly FlowEvent[], from: Flow = begin([0])): Flow {
  return events.reduce(advance, from);
}

const toBallot: readonly FlowEvent[] = [{ type: 'started' }, signIn, { type: 'codeSent', code }, opened(0), choose];
const toSealed: readonly FlowEvent[] = [
  ...toBallot,
  { type: 'reviewed' },
  { type: 'accepted' },
  { type: 'signed', signatures: 1 },
  { type: 'encrypted', sealed },
];

describe('the way to a cast ballot', () => {
  test('goes through every screen', () => {
    const steps: Step[] = [];
    let flow = begin([0]);
    const events: FlowEvent[] = [...toSealed, { type: 'cast', delivery }, { type: 'final', receipt }];
    for (const event of events) {
      flow = advance(flow, event);
      if (steps.at(-1) !== flow.step) {
        steps.push(flow.step);
      }
    }
    expect(steps).toEqual(['signIn', 'code', 'ballot', 'review', 'recording', 'sealed', 'delivering', 'final']);
    expect(flow.receipt).toBe(receipt);
  });

  test('visits as many registrars as make a quorum', () => {
    const first = after([{ type: 'started' }, signIn, opened(0)], begin([0, 2]));
    expect(first.step).toBe('signIn');
    expect(office(first)).toBe(2);
    expect(first.signedIn).toBeNull();
    const second = after([signIn, opened(2)], first);
    expect(second.step).toBe('ballot');
    expect(office(second)).toBeNull();
  });

  test('stops where two registrars name different districts', () => {
    const flow = after([{ type: 'started' }, signIn, opened(0), signIn, opened(2, 9)], begin([0, 2]));
    expect(flow.notice).toEqual({ kind: 'districtsDiffer' });
    expect(flow.step).toBe('code');
    expect(flow.visits).toHaveLength(1);
  });

  test('leads to the application while voting has not begun', () => {
    expect(after([{ type: 'started' }, { ...signIn, voting: false }]).step).toBe('application');
  });

  test('leads from one registrar to the next for an application, too', () => {
    const flow = after([{ type: 'started' }, { ...signIn, voting: false }, { type: 'turned' }], begin([0, 2]));
    expect(flow).toMatchObject({ step: 'signIn', plan: [2, 0], signedIn: null });
  });

  test('leads to another registrar where one cannot be reached', () => {
    const flow = after([{ type: 'started' }, signIn, opened(0), { type: 'officeReplaced', by: 1 }], begin([0, 2]));
    expect(flow.plan).toEqual([0, 1]);
    expect(flow.visits.map((one) => one.registrar)).toEqual([0]);
  });
});

describe('casting', () => {
  test('drops all that could tell the selections', () => {
    const flow = after([...toSealed, { type: 'cast', delivery }]);
    expect(flow).toEqual({ ...begin([0]), step: 'delivering', district: 1, delivery });
  });

  test('cannot be undone, repeated or preceded', () => {
    const delivering = after([...toSealed, { type: 'cast', delivery }]);
    for (const event of [...toSealed, { type: 'cast', delivery }, { type: 'anew' }, { type: 'left' }] as FlowEvent[]) {
      expect(advance(delivering, event), event.type).toBe(delivering);
    }
    const ballot = after(toBallot);
    expect(advance(ballot, { type: 'cast', delivery })).toBe(ballot);
  });

  test('is impossible with a ballot that was opened', () => {
    const challenged = after([...toSealed, { type: 'challenged', revealed: 'data' }]);
    expect(challenged.sealed).toBeNull();
    expect(challenged.opened).toEqual({ commitment: sealed.commitment, revealed: 'data' });
    expect(challenged.checks).toBe(1);
    expect(advance(challenged, { type: 'cast', delivery })).toBe(challenged);
    const anew = advance(challenged, { type: 'anew' });
    expect(anew).toMatchObject({ step: 'ballot', opened: null, selections: [[false, false], [false, true, false]] });
    expect(credentialed(anew)).toBe(true);
  });
});

describe('a session', () => {
  test('that expires leaves no selections to who comes next', () => {
    const flow = after([...toBallot, { type: 'sessionExpired' }]);
    expect(flow).toEqual({ ...begin([0]), step: 'signIn', notice: { kind: 'sessionExpired' } });
    const again = after([signIn, opened(0)], flow);
    expect(again).toMatchObject({ step: 'ballot', selections: BLANK });
  });

  test('that expires once registrars were asked keeps what the right to vote takes', () => {
    const asked: FlowEvent[] = [...toRecording(begin([0, 2])), { type: 'signed', signatures: 1 }, { type: 'sessionExpired' }];
    const flow = after(asked, begin([0, 2]));
    const right = { voterNumber: '7', district: 1, signatures: 1 };
    expect(flow).toEqual({ ...begin([0, 2]), ...right, step: 'signIn', notice: { kind: 'sessionExpired' } });
  });

  test('cannot expire once its signature is in', () => {
    const flow = after(toSealed);
    expect(sessionEnds(flow)).toBeNull();
    expect(advance(flow, { type: 'sessionExpired' })).toBe(flow);
  });

  test('ends with the first of several', () => {
    const flow = { ...begin([0, 1]), visits: [visit(0, 1, 5_000), visit(1, 1, 4_000)] };
    expect(sessionEnds(flow)).toBe(4_000);
  });
});

describe('leaving the device', () => {
  const leave: FlowEvent = { type: 'deviceLeft' };

  test('before registrars were asked leaves nothing', () => {
    expect(after([...toBallot, leave])).toEqual(begin([0]));
    expect(after([...toBallot, { type: 'reviewed' }, leave])).toEqual(begin([0]));
  });

  test('afterwards leaves what the right to vote takes, and nothing of the choice', () => {
    const right = { voterNumber: '7', district: 1, signatures: 1 };
    expect(after([...toSealed, leave])).toEqual({ ...begin([0]), ...right });
    expect(after([...toSealed, { type: 'challenged', revealed: 'data' }, leave])).toEqual({ ...begin([0]), ...right });
  });

  test('loses no vote: whoever signs in again goes on with the same credential', () => {
    const back = after([{ type: 'started' }, signIn, opened(0)], after([...toSealed, leave]));
    expect(back).toMatchObject({ step: 'ballot', signatures: 1, selections: BLANK });
    expect(credentialed(back)).toBe(true);
    expect(after([choose, { type: 'reviewed' }, { type: 'accepted' }, { type: 'encrypted', sealed }], back).step).toBe('sealed');
  });

  test('lets nobody else use the key', () => {
    const left = after([...toSealed, leave, { type: 'started' }]);
    const other = { ...voter, voterNumber: '8' };
    const stranger = advance(left, { type: 'signedIn', voter: other, voting: true });
    expect(stranger).toEqual({ ...left, notice: { kind: 'votersDiffer' } });
    const late: FlowEvent = { type: 'sessionOpened', visit: { ...visit(0), voterNumber: '8' }, contests: [2, 3] };
    const withCode = advance(left, signIn);
    expect(advance(withCode, late)).toEqual({ ...withCode, notice: { kind: 'votersDiffer' } });
  });

  test('is not possible while an answer is awaited, nor once the ballot is cast', () => {
    const casting = after([...toSealed, { type: 'busy' }]);
    expect(advance(casting, leave)).toBe(casting);
    const recording = after(toRecording(begin([0])), begin([0]));
    expect(advance(recording, leave)).toBe(recording);
    const delivering = after([...toSealed, { type: 'cast', delivery }]);
    expect(advance(delivering, leave)).toBe(delivering);
  });
});

test('registrars that name different voters end in no ballot', () => {
  const first = after([{ type: 'started' }, signIn, opened(0)], begin([0, 2]));
  const other = advance(first, { type: 'signedIn', voter: { ...voter, voterNumber: '8' }, voting: true });
  expect(other).toEqual({ ...first, notice: { kind: 'votersDiffer' } });
});

describe('what is taken up from the vault', () => {
  test('in time is as it was left', () => {
    const flow = after(toBallot);
    expect(takenUp(flow, 999)).toBe(flow);
    const overview = begin([0]);
    expect(takenUp(overview, 5_000)).toBe(overview);
  });

  test('after the session has no selections', () => {
    expect(takenUp(after(toBallot), 1_000)).toEqual({ ...begin([0]), step: 'signIn', notice: { kind: 'sessionExpired' } });
    const confirmed = after([...toSealed, { type: 'back', to: 'review' }]);
    const late = takenUp(confirmed, 1_000);
    expect(late).toEqual({ ...confirmed, step: 'ballot', selections: BLANK, notice: { kind: 'selectAgain' } });
    expect(credentialed(late)).toBe(true);
  });

  test('does not spare who left the device the way over the registrars', () => {
    const left = after([...toRecording(begin([0, 2])), { type: 'signed', signatures: 2 }, { type: 'encrypted', sealed }, { type: 'deviceLeft' }], begin([0, 2]));
    const halfway = after([{ type: 'started' }, signIn, opened(0)], left);
    expect(takenUp(halfway, 1_000)).toMatchObject({ step: 'signIn', visits: [], signatures: 2, notice: { kind: 'sessionExpired' } });
  });
});

describe('a failure', () => {
  const notice = { kind: 'failed', detail: 'x' } as const;

  test('takes nothing away', () => {
    const flow = after([...toBallot, { type: 'reviewed' }, { type: 'accepted' }]);
    const failed = advance(flow, { type: 'failed', notice });
    expect(failed).toEqual({ ...flow, step: 'review', busy: false, notice });
    expect(advance(failed, { type: 'accepted' })).toMatchObject({ step: 'recording', notice: null });
  });

  test('while delivering leaves the ballot on its way', () => {
    const flow = after([...toSealed, { type: 'cast', delivery }, { type: 'failed', notice }]);
    expect(flow).toMatchObject({ step: 'delivering', delivery, notice });
  });
});

describe('the back button', () => {
  test('leads from the review to the ballot, and from the encrypted ballot, which is dropped', () => {
    expect(after([...toBallot, { type: 'reviewed' }, { type: 'back', to: 'ballot' }]).step).toBe('ballot');
    expect(after([...toSealed, { type: 'back', to: 'ballot' }])).toMatchObject({ step: 'ballot', sealed: null });
  });

  test('does nothing while an answer is awaited', () => {
    const flow = after([...toBallot, { type: 'reviewed' }, { type: 'busy' }]);
    expect(advance(flow, { type: 'back', to: 'ballot' })).toBe(flow);
  });

  test('leads nowhere after casting, nor out of an open session', () => {
    const steps: Step[] = ['overview', 'signIn', 'code', 'ballot', 'review', 'sealed', 'delivering'];
    for (const to of steps) {
      expect(mayGoBack('delivering', to)).toBe(false);
      expect(mayGoBack('final', to)).toBe(false);
      expect(mayGoBack('ballot', to)).toBe(false);
      expect(mayGoBack('recording', to)).toBe(false);
    }
  });
});

test('a late answer changes nothing', () => {
  const ballot = after(toBallot);
  for (const event of [signIn, opened(0), { type: 'encrypted', sealed }, { type: 'final', receipt }] as FlowEvent[]) {
    expect(advance(ballot, event), event.type).toBe(ballot);
  }
});
