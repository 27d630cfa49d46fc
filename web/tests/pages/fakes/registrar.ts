// A registrar that keeps its promises: one message for each voter, the same signature for the same.

import { constants, privateDecrypt, randomBytes } from 'node:crypto';

import { fromHex, toHex } from '../../../src/encoding/hex';
import type { FakeChain } from './chain';
import { DISTRICTS } from './election';
import { ELECTION } from './observed-election';
import { CORS, HttpServer, json, problem } from './http';

export const VOTER = { identity: 'AB-1042', birthDate: '1984-03-12' };
export const CODE = '483920';

interface Open {
  link: string;
  ends: number;
}

export class FakeRegistrar {
  readonly server: HttpServer;
  /** How long a session lasts. */
  sessionMs = 900_000;
  /** How often a request for a signature is answered "recording". */
  recording = 1;
  /** Whether the service answers at all. */
  down = false;
  application = 'none';
  /** Another ballot paper than the chain's. */
  manifestHash: string | null = null;
  /** Ways to sign in. */
  ways = ['development'];
  /** What the provider's page does: confirms the voter, answers another sign-in, or lets nobody in. */
  provides: 'confirms' | 'strays' | 'declines' = 'confirms';
  /** Another registrar, at which it begins voters' sign-ins as if it were the voter. */
  passesOn: FakeRegistrar | null = null;
  /** Whether its signatures are worth nothing. */
  lies = false;
  /** Messages that were signed. */
  readonly signed: string[] = [];
  codesSent = 0;
  /** How often somebody has come back from the provider. */
  completions = 0;
  private tries = 3;
  private asked = 0;
  private state = '';
  private readonly tokens = new Set<string>();
  private readonly sessions = new Map<string, Open>();

  constructor(
    private readonly chain: FakeChain,
    readonly index: number,
  ) {
    this.server = new HttpServer((request, response, body) => {
      if (this.down) {
        request.socket.destroy();
        return;
      }
      const path = request.url ?? '';
      const content = body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, string>);
      if (path === '/v1/election') {
        json(response, 200, this.office());
      } else if (path === '/v1/sign-in/development') {
        this.signIn(response, content);
      } else if (path.startsWith('/v1/sign-in/oidc')) {
        this.oidc(path, content, response);
      } else if (path.startsWith('/provider')) {
        this.provider(path, response);
      } else if (!this.tokens.has((request.headers.authorization ?? '').replace('Bearer ', ''))) {
        problem(response, 401, 'not_signed_in');
      } else {
        this.known(request.method ?? '', path, content, response);
      }
    });
  }

  private office(): object {
    const { election } = this.chain;
    return {
      election: ELECTION,
      genesis: this.chain.genesis,
      manifest_hash: this.manifestHash ?? toHex(election.hash),
      title: election.title,
      registrar: { index: this.index, name: election.registrars[this.index]?.name ?? '' },
      phase: this.chain.phase,
      registration: election.schedule.registration,
      voting: election.schedule.voting,
      block: this.chain.height,
      seconds_per_block: 6,
      sign_in: this.ways,
    };
  }

  /** OpenID Connect as the page sees it: an address to go to, and a code to bring back. */
  private oidc(path: string, content: Record<string, string>, response: Parameters<typeof json>[0]): void {
    if (path !== '/v1/sign-in/oidc') {
      this.complete(content, response);
      return;
    }
    const page = (content['redirect_uri'] ?? '').split('?')[0] ?? '';
    // Each registrar sends voters back to its own address, and takes no other.
    if (content['redirect_uri'] !== `${page}?registrar=${this.index}`) {
      problem(response, 422, 'bad_field');
      return;
    }
    json(response, 200, (this.passesOn ?? this).begin(page));
  }

  private begin(page: string): object {
    this.state = randomBytes(16).toString('hex');
    const question = new URLSearchParams({ state: this.state, redirect_uri: `${page}?registrar=${this.index}` });
    return { authorization_url: `${this.server.url}/provider?${question.toString()}`, state: this.state };
  }

  private complete(content: Record<string, string>, response: Parameters<typeof json>[0]): void {
    this.completions += 1;
    if (content['state'] === this.state && content['code'] === 'confirmed') {
      this.admit(response);
    } else {
      problem(response, 403, 'sign_in_refused');
    }
  }

  /** The provider's page answers at once. */
  private provider(path: string, response: Parameters<typeof json>[0]): void {
    const question = new URL(path, this.server.url).searchParams;
    const back = new URL(question.get('redirect_uri') ?? '');
    back.searchParams.set('state', this.provides === 'strays' ? 'of-another-sign-in' : (question.get('state') ?? ''));
    if (this.provides === 'declines') {
      back.searchParams.set('error', 'access_denied');
    } else {
      back.searchParams.set('code', 'confirmed');
    }
    response.writeHead(302, { Location: back.href }).end();
  }

  private signIn(response: Parameters<typeof json>[0], content: Record<string, string>): void {
    if (content['identity'] !== VOTER.identity || content['birth_date'] !== VOTER.birthDate) {
      problem(response, 403, 'not_on_the_roll');
      return;
    }
    this.admit(response);
  }

  private admit(response: Parameters<typeof json>[0]): void {
    const token = randomBytes(32).toString('hex');
    this.tokens.add(token);
    const voter = { voter_number: '9223372036854775901', district: 1, phone_hint: '··· ·· 42' };
    json(response, 200, { token, expires_at: new Date(Date.now() + 3_600_000).toISOString(), voter });
  }

  private known(method: string, path: string, content: Record<string, string>, response: Parameters<typeof json>[0]): void {
    if (path === '/v1/application') {
      this.application = method === 'POST' ? 'applied' : method === 'DELETE' ? 'withdrawn' : this.application;
      json(response, 200, { voter_number: '9223372036854775901', district: 1, status: this.application, pending: false, participating: this.application === 'applied' });
    } else if (path === '/v1/sign-out') {
      response.writeHead(204, CORS).end();
    } else if (path === '/v1/code') {
      this.codesSent += 1;
      this.tries = 3;
      const expires = new Date(Date.now() + 300_000).toISOString();
      json(response, 200, { phone_hint: '··· ·· 42', expires_at: expires, tries_left: 3, resend_after_seconds: 2 });
    } else if (path === '/v1/ballot-session') {
      this.open(content, response);
    } else {
      this.session(path, content, response);
    }
  }

  private open(content: Record<string, string>, response: Parameters<typeof json>[0]): void {
    if (content['code'] !== CODE) {
      this.tries -= 1;
      const locked = this.tries <= 0;
      problem(response, locked ? 429 : 403, locked ? 'too_many_tries' : 'wrong_code', locked ? { retry_after_seconds: 60 } : {});
      return;
    }
    const link = randomBytes(32).toString('hex');
    const ends = Date.now() + this.sessionMs;
    this.sessions.set(link, { link, ends });
    json(response, 200, { link, expires_at: new Date(ends).toISOString(), district: 1, voter_number: '9223372036854775901' });
  }

  private session(path: string, content: Record<string, string>, response: Parameters<typeof json>[0]): void {
    const session = this.sessions.get(path.split('/')[3] ?? '');
    if (session === undefined || session.ends < Date.now()) {
      problem(response, 410, 'session_expired');
      return;
    }
    if (!path.endsWith('/signature')) {
      const left = Math.floor((session.ends - Date.now()) / 1_000);
      const expires = new Date(session.ends).toISOString();
      json(response, 200, { district: 1, voter_number: '1', expires_at: expires, seconds_left: left, state: 'open' });
      return;
    }
    this.sign(content['blinded'] ?? '', response);
  }

  private sign(blinded: string, response: Parameters<typeof json>[0]): void {
    if (this.signed.length > 0 && this.signed[0] !== blinded) {
      problem(response, 409, 'already_issued');
      return;
    }
    this.asked += 1;
    if (this.asked <= this.recording) {
      json(response, 202, { state: 'recording' }, { 'Retry-After': '1' });
      return;
    }
    this.signed[0] = blinded;
    const key = this.chain.election.registrars[this.index]?.keys[DISTRICTS.findIndex((one) => one.id === 1)];
    if (key === undefined) {
      throw new Error('this registrar has no key');
    }
    // A blind signature is the bare RSA operation.
    const signature = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, fromHex(blinded));
    if (this.lies) {
      signature[9] = (signature[9] ?? 0) ^ 1;
    }
    json(response, 200, { signature: toHex(signature), registrar: this.index });
  }
}
