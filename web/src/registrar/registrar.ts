// A registrar's service, as its OpenAPI describes it. The page talks to a quorum of them.

import type { Hex } from '../encoding/hex';
import { shapeOf, ShapeError, type Shape } from '../encoding/shape';
import { readProblem, unreachable } from './problem';

/** A service that has not answered for so long is asked again. */
const ANSWER_MS = 15_000;
/** Texts such as a hint of a telephone number. */
const TOKEN = /^[0-9a-f]{64}$/;
const VOTER_NUMBER = /^\d{1,20}$/;

/** How a voter can sign in. */
export type SignIn = 'development' | 'oidc';

/** What the registrar says of itself and the election. */
export interface Office {
  readonly manifestHash: Hex;
  readonly signIn: readonly SignIn[];
  readonly secondsPerBlock: number;
}

/** A voter who has signed in. */
export interface SignedIn {
  readonly token: string;
  readonly voterNumber: string;
  readonly district: number;
  readonly phoneHint: string;
}

/** Where a voter's application stands. */
export interface Application {
  readonly status: string;
  /** Whether the chain has not finalised the last change yet. */
  readonly pending: boolean;
  /** Whether a quorum of registrars stands behind the voter in the registrar's district. */
  readonly participating: boolean;
  /** The district that the register has the voter in, where it is another than the registrar's. */
  readonly otherDistrict: number | null;
  /** Why the chain has refused the last change. */
  readonly refusal: string | null;
  /** The block from which another change is allowed. */
  readonly nextChangeBlock: number | null;
}

/** A one-time code that is on its way. */
export interface CodeSent {
  readonly phoneHint: string;
  readonly triesLeft: number;
  readonly resendAfterSeconds: number;
}

/** A ballot session. */
export interface Session {
  readonly link: string;
  readonly district: number;
  readonly voterNumber: string;
  readonly secondsLeft: number;
}

/** What became of the request for a signature. */
export type Signing =
  | { readonly kind: 'signed'; readonly signature: Hex }
  | { readonly kind: 'recording'; readonly retryAfterSeconds: number };

interface Answer {
  readonly status: number;
  readonly shape: Shape;
  readonly retryAfter: string | null;
}

const voterNumber = (shape: Shape) => shape.matching(VOTER_NUMBER, 'a voter number');

function signedIn(shape: Shape): SignedIn {
  const voter = shape.field('voter');
  return {
    token: shape.field('token').matching(TOKEN, 'a token of 64 hexadecimal digits'),
    voterNumber: voterNumber(voter.field('voter_number')),
    district: voter.field('district').count(),
    phoneHint: voter.field('phone_hint').text(),
  };
}

function application(shape: Shape): Application {
  return {
    status: shape.field('status').text(),
    pending: shape.field('pending').flag(),
    participating: shape.field('participating').flag(),
    otherDistrict: shape.field('other_district').optional((district) => district.count()),
    refusal: shape.field('refusal').optional((refusal) => refusal.text()),
    nextChangeBlock: shape.field('next_change_block').optional((block) => block.count()),
  };
}

/** Seconds from now until a time that the service names in RFC 3339. */
function secondsUntil(shape: Shape): number {
  const time = Date.parse(shape.text());
  if (Number.isNaN(time)) {
    throw new ShapeError('expires_at', 'a time in RFC 3339');
  }
  return Math.max(0, Math.floor((time - Date.now()) / 1000));
}

/** One registrar. */
export class Registrar {
  constructor(
    readonly index: number,
    readonly url: string,
  ) {}

  /** What it says of itself. */
  async office(): Promise<Office> {
    const { shape } = await this.send('GET', '/v1/election');
    return {
      manifestHash: shape.field('manifest_hash').hex(32),
      signIn: shape.field('sign_in').list(4, (way) => way.oneOf('development', 'oidc')),
      secondsPerBlock: shape.field('seconds_per_block').count(),
    };
  }

  /** The log-in of development: identity number and date of birth. */
  async signInDevelopment(identity: string, birthDate: string): Promise<SignedIn> {
    const body = { identity, birth_date: birthDate };
    return signedIn((await this.send('POST', '/v1/sign-in/development', { body })).shape);
  }

  /** Where to send the voter to sign in with OpenID Connect. */
  async beginOidc(redirectUri: string): Promise<{ authorizationUrl: string; state: string }> {
    const { shape } = await this.send('POST', '/v1/sign-in/oidc', { body: { redirect_uri: redirectUri } });
    const authorizationUrl = shape.field('authorization_url').text();
    if (!URL.canParse(authorizationUrl) || !/^https?:$/.test(new URL(authorizationUrl).protocol)) {
      throw new ShapeError('authorization_url', 'a web address');
    }
    return { authorizationUrl, state: shape.field('state').text() };
  }

  /** Completes what `beginOidc` began. */
  async completeOidc(code: string, state: string): Promise<SignedIn> {
    return signedIn((await this.send('POST', '/v1/sign-in/oidc/complete', { body: { code, state } })).shape);
  }

  /** Ends the sign-in. */
  async signOut(token: string): Promise<void> {
    await this.send('POST', '/v1/sign-out', { token });
  }

  /** Where the voter's application stands. */
  async application(token: string): Promise<Application> {
    return application((await this.send('GET', '/v1/application', { token })).shape);
  }

  /** Applies. */
  async apply(token: string): Promise<Application> {
    return application((await this.send('POST', '/v1/application', { token })).shape);
  }

  /** Withdraws. */
  async withdraw(token: string): Promise<Application> {
    return application((await this.send('DELETE', '/v1/application', { token })).shape);
  }

  /** Has a one-time code sent to the voter. */
  async sendCode(token: string): Promise<CodeSent> {
    const { shape } = await this.send('POST', '/v1/code', { token });
    return {
      phoneHint: shape.field('phone_hint').text(),
      triesLeft: shape.field('tries_left').count(),
      resendAfterSeconds: shape.field('resend_after_seconds').count(),
    };
  }

  /** Opens a ballot session with the one-time code. */
  async openSession(token: string, code: string): Promise<Session> {
    const { shape } = await this.send('POST', '/v1/ballot-session', { token, body: { code } });
    return {
      link: shape.field('link').matching(TOKEN, 'a link of 64 hexadecimal digits'),
      district: shape.field('district').count(),
      voterNumber: voterNumber(shape.field('voter_number')),
      secondsLeft: secondsUntil(shape.field('expires_at')),
    };
  }

  /** Looks at a ballot session; the first look opens it. */
  async session(link: string, token: string): Promise<{ secondsLeft: number; issued: boolean }> {
    const { shape } = await this.send('GET', `/v1/ballot-session/${link}`, { token });
    return {
      secondsLeft: shape.field('seconds_left').count(),
      issued: shape.field('state').oneOf('open', 'issued') === 'issued',
    };
  }

  /** Asks for the blind signature. The same message gets the same signature, however often. */
  async sign(link: string, token: string, blinded: Hex): Promise<Signing> {
    const path = `/v1/ballot-session/${link}/signature`;
    const { status, shape, retryAfter } = await this.send('POST', path, { token, body: { blinded } });
    if (status === 202) {
      const seconds = retryAfter !== null && /^\d{1,3}$/.test(retryAfter) ? Number(retryAfter) : 2;
      return { kind: 'recording', retryAfterSeconds: seconds };
    }
    return { kind: 'signed', signature: shape.field('signature').hex() };
  }

  private async send(method: string, path: string, content: { token?: string; body?: object } = {}): Promise<Answer> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (content.token !== undefined) {
      headers['Authorization'] = `Bearer ${content.token}`;
    }
    if (content.body !== undefined) {
      headers['Content-Type'] = 'application/json';
    }
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(content.body === undefined ? {} : { body: JSON.stringify(content.body) }),
      });
    } catch {
      throw unreachable(this.url);
    }
    const retryAfter = response.headers.get('Retry-After');
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      throw readProblem(response.status, body, retryAfter);
    }
    return { status: response.status, shape: shapeOf(body, path), retryAfter };
  }
}
