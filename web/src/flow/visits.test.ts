import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Booth } from '../ballot/booth';
import type { Configuration } from '../configuration';
import { Desk } from './desk';
import type { FlowEvent } from './machine';
import { begin } from './state';
import { isFor, redirectUri, signInAnswer, Visits } from './visits';

const vault = vi.hoisted(() => ({ keep: vi.fn(), empty: vi.fn() }));
vi.mock('../storage/vault', () => vault);

const PAGE = 'https://vote.example/';
/** Registrar 0, who is dishonest in some of these tests, and registrar 1, who is not. */
const [OURS, OTHERS] = ['https://registrar-0.example', 'https://registrar-1.example'];
const STATE = 'state-of-registrar-1';
const TOKEN = 'a'.repeat(64);

/** What was asked for, and what is answered. */
const asked: { url: string; body: unknown }[] = [];
let answers: Record<string, unknown> = {};
const place = { origin: 'https://vote.example', pathname: '/', search: '', assign: vi.fn() };
const history = { state: null, replaceState: vi.fn() };

let desk: Desk;
let visits: Visits;

beforeEach(() => {
  asked.length = 0;
  answers = {};
  place.search = '';
  vi.stubGlobal('location', place);
  vi.stubGlobal('history', history);
  vi.stubGlobal('navigator', { onLine: true });
  vi.stubGlobal('fetch', (url: string, request: { body?: string }) => {
    asked.push({ url, body: request.body === undefined ? null : JSON.parse(request.body) });
    const answer = answers[url];
    return answer === undefined ? Promise.reject(new Error('away')) : Promise.resolve(Response.json(answer));
  });
  desk = new Desk();
  visits = new Visits(desk);
  const registrars = [
    { index: 0, url: OURS },
    { index: 1, url: OTHERS },
  ];
  desk.store.change({ configuration: { registrars } as unknown as Configuration, flow: begin([0, 1]) });
  desk.apply({ type: 'started' });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

/** Registrar 0 passes a sign-in that it began at registrar 1 on as its own. */
async function passedOn(): Promise<void> {
  const elsewhere = `https://id.example/authorize?state=${STATE}&redirect_uri=${encodeURIComponent(redirectUri(PAGE, 1))}`;
  answers[`${OURS}/v1/sign-in/oidc`] = { authorization_url: elsewhere, state: STATE };
  await visits.signInOidc();
  expect(place.assign).toHaveBeenCalledWith(elsewhere);
}

/** Back from the sign-in service: the page is loaded anew, and takes up what was kept. */
async function comeBack(question: string): Promise<void> {
  desk.apply({ type: 'resumed', flow: desk.store.current.flow });
  place.search = question;
  await visits.completeOidc();
}

const completions = () => asked.filter(({ url }) => url.endsWith('/complete'));

test('each registrar is told its own address to send voters back to', async () => {
  await passedOn();
  expect(asked[0]?.body).toEqual({ redirect_uri: 'https://vote.example/?registrar=0' });
});

test.each([
  ['the address of the other registrar', '?registrar=1&code=c'],
  ['no registrar', '?code=c'],
  ['both', '?registrar=0&registrar=1&code=c'],
  ['another spelling', '?registrar=00&code=c'],
])('an answer at %s is given to nobody', async (_, question) => {
  await passedOn();
  await comeBack(`${question}&state=${STATE}`);
  expect(completions()).toEqual([]);
  expect(desk.store.current.flow).toMatchObject({ step: 'signIn', notice: { kind: 'registrarsMixedUp' } });
  expect(history.replaceState).toHaveBeenCalledWith(null, '', PAGE);
  // Neither is it taken afterwards.
  await comeBack(`?registrar=0&code=c&state=${STATE}`);
  expect(completions()).toEqual([]);
});

test('an answer at the address of the registrar that is visited is given to it alone', async () => {
  answers[`${OURS}/v1/sign-in/oidc`] = { authorization_url: 'https://id.example/', state: 's' };
  const voter = { voter_number: '7', district: 1, phone_hint: '42' };
  answers[`${OURS}/v1/sign-in/oidc/complete`] = { token: TOKEN, voter };
  answers[`${OURS}/v1/application`] = { status: 'none', pending: false, participating: false };
  await visits.signInOidc();
  await comeBack('?registrar=0&code=c&state=s');
  expect(completions()).toEqual([{ url: `${OURS}/v1/sign-in/oidc/complete`, body: { code: 'c', state: 's' } }]);
  expect(desk.store.current.flow.signedIn?.voterNumber).toBe('7');
});

test('what is no answer is told from one', () => {
  expect(signInAnswer('')).toBeNull();
  expect(signInAnswer('?registrar=0')).toBeNull();
  expect(signInAnswer('?registrar=0&state=s')).toBeNull();
  const declined = signInAnswer('?registrar=0&state=s&error=access_denied');
  expect(declined).toEqual({ state: 's', code: null, error: 'access_denied', registrar: '0' });
  expect(declined !== null && isFor(declined, 0)).toBe(true);
  expect(declined !== null && isFor(declined, 1)).toBe(false);
});

const toReview: readonly FlowEvent[] = [0, 1].flatMap((registrar): FlowEvent[] => [
  { type: 'signedIn', voter: { token: TOKEN, voterNumber: '7', district: 1, phoneHint: '42' }, voting: true },
  {
    type: 'sessionOpened',
    visit: { registrar, token: TOKEN, link: 'l', district: 1, voterNumber: '7', ends: 9 },
    contests: [2],
  },
]);
const select: FlowEvent = { type: 'selected', contest: 0, selection: [true, false] };

/** What the vault was given last. */
function lastKept(): string {
  return JSON.stringify(vault.keep.mock.calls.at(-1)?.[1]);
}

test('who leaves the device before registrars were asked leaves nothing', async () => {
  const prepare = vi.fn(() => Promise.resolve());
  desk.booth = { prepare } as unknown as Booth;
  [...toReview, select].forEach((event) => desk.apply(event));
  await visits.leaveDevice();
  expect(desk.store.current.flow).toEqual(begin([0, 1]));
  expect(prepare).toHaveBeenCalledWith(null);
  expect(vault.empty).toHaveBeenCalledTimes(1);
  expect(vault.empty.mock.invocationCallOrder[0]).toBeGreaterThan(vault.keep.mock.invocationCallOrder.at(-1) ?? 0);
  // Both sign-ins end, although the registrars do not answer here.
  expect(asked.map(({ url }) => url)).toEqual([`${OURS}/v1/sign-out`, `${OTHERS}/v1/sign-out`]);
});

test('who leaves it afterwards leaves the key, and nothing of the choice', async () => {
  const prepare = vi.fn(() => Promise.resolve());
  desk.booth = { prepare } as unknown as Booth;
  const events: FlowEvent[] = [...toReview, select, { type: 'reviewed' }, { type: 'accepted' }, { type: 'signed', signatures: 2 }];
  events.forEach((event) => desk.apply(event));
  desk.apply({ type: 'encrypted', sealed: { tracker: '0x01', commitment: '0x02' } });
  desk.secrets = 'key and blindings';
  await desk.keep();
  expect(lastKept()).toContain('true,false');
  await visits.leaveDevice();
  expect(vault.empty).not.toHaveBeenCalled();
  // The booth takes the key up again, and with that forgets the encrypted ballot.
  expect(prepare).toHaveBeenCalledWith('key and blindings');
  expect(JSON.parse(lastKept())).toMatchObject({
    flow: { step: 'overview', visits: [], selections: [], signatures: 2, voterNumber: '7', sealed: null },
    secrets: 'key and blindings',
  });
  expect(lastKept()).not.toContain(TOKEN);
});
