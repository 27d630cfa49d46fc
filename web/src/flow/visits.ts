// What a voter does with the registrars: sign in, apply or withdraw, have a code sent, open a session.

import { Problem } from '../registrar/problem';
import { Registrar, type SignedIn } from '../registrar/registrar';
import { randomBelow } from '../relay/path';
import { type Desk, need } from './desk';
import { office } from './state';

/** This page, without its question. */
function pageAddress(): string {
  return `${location.origin}${location.pathname}`;
}

/**
 * Where the sign-in service sends a voter back to: each registrar has an address of its own, and takes no
 * other. So one that passes another's sign-in on as its own does not get the answer to it (PSE-RGS-7).
 */
export function redirectUri(page: string, registrar: number): string {
  return `${page}?registrar=${registrar}`;
}

/** An answer of the sign-in service's, as the page's address has it. */
export interface SignInAnswer {
  readonly state: string;
  /** `null` where nobody was let in. */
  readonly code: string | null;
  readonly error: string | null;
  /** Whom it is for, as `redirectUri` has it. */
  readonly registrar: string | null;
}

/** Reads the page's question; `null` where it is no answer. */
export function signInAnswer(search: string): SignInAnswer | null {
  const question = new URLSearchParams(search);
  const [code, state, error] = [question.get('code'), question.get('state'), question.get('error')];
  if (state === null || (code === null && error === null)) {
    return null;
  }
  const [registrar, ...more] = question.getAll('registrar');
  return { state, code, error, registrar: more.length === 0 ? (registrar ?? null) : null };
}

/** Whether an answer is for this registrar. */
export function isFor(answer: SignInAnswer, registrar: number): boolean {
  return answer.registrar === String(registrar);
}

/** A voter's visits to the registrars. */
export class Visits {
  constructor(private readonly desk: Desk) {}

  registrar(index: number | null = office(this.desk.store.current.flow)): Registrar {
    const known = this.desk.store.current.configuration?.registrars.find((one) => one.index === index);
    if (known === undefined) {
      throw new Error(`config.json names no registrar ${index}`);
    }
    return new Registrar(known.index, known.url);
  }

  /** Asks the registrar that is next for its name and ways to sign in, and for its ballot paper's hash. */
  async meetOffice(): Promise<void> {
    const { flow, election } = this.desk.store.current;
    this.desk.store.change({ office: null });
    if (office(flow) === null || flow.step === 'overview') {
      return;
    }
    try {
      const met = await this.registrar().office();
      if (met.manifestHash !== election?.manifest.hash) {
        this.desk.broken({ kind: 'registrarManifest' });
        return;
      }
      this.desk.store.change({ office: met });
    } catch (error) {
      this.desk.fail(error);
    }
  }

  /** The chain's pace, for showing times beside blocks; the first registrar that answers tells it. */
  async askPace(): Promise<void> {
    for (const { index } of this.desk.store.current.configuration?.registrars ?? []) {
      const met = await this.registrar(index).office().catch(() => null);
      if (met !== null) {
        this.desk.store.change({ secondsPerBlock: met.secondsPerBlock });
        return;
      }
    }
  }

  private get voting(): boolean {
    return this.desk.store.current.election?.phase === 'voting';
  }

  /** From the overview to the first registrar. */
  async start(): Promise<void> {
    this.desk.apply({ type: 'started' });
    await this.meetOffice();
  }

  /** Asks the registrar's name again. */
  async meetAgain(): Promise<void> {
    this.desk.apply({ type: 'dismissed' });
    await this.meetOffice();
  }

  /** To a registrar that is not in the plan yet; `false` where there is none. */
  get hasAnotherOffice(): boolean {
    const { flow, configuration } = this.desk.store.current;
    return (configuration?.registrars ?? []).some((one) => !flow.plan.includes(one.index));
  }

  async anotherOffice(): Promise<void> {
    const { flow, configuration } = this.desk.store.current;
    const others = (configuration?.registrars ?? []).filter((one) => !flow.plan.includes(one.index));
    const by = others[randomBelow(Math.max(1, others.length))];
    if (by !== undefined) {
      this.desk.apply({ type: 'officeReplaced', by: by.index });
      await this.meetOffice();
    }
  }

  signInDevelopment(identity: string, birthDate: string): Promise<void> {
    return this.desk.attempt(async () => {
      const voter = await this.registrar().signInDevelopment(identity.trim(), birthDate);
      await this.signedIn(voter);
    });
  }

  /** Leaves the page for the sign-in service. */
  signInOidc(): Promise<void> {
    return this.desk.attempt(async () => {
      const registrar = this.registrar();
      const { authorizationUrl, state } = await registrar.beginOidc(redirectUri(pageAddress(), registrar.index));
      this.desk.oidcState = state;
      await this.desk.keep();
      location.assign(authorizationUrl);
    });
  }

  async completeOidc(): Promise<void> {
    const answer = signInAnswer(location.search);
    if (answer === null) {
      return;
    }
    history.replaceState(history.state, '', pageAddress());
    // Only an answer to our own question is taken.
    if (answer.state !== this.desk.oidcState) {
      return;
    }
    this.desk.oidcState = null;
    const registrar = this.registrar();
    if (!isFor(answer, registrar.index)) {
      // Nobody is given the code: who asked for it under another's name least of all.
      this.desk.apply({ type: 'failed', notice: { kind: 'registrarsMixedUp' } });
      return;
    }
    const { code, state, error } = answer;
    if (code === null) {
      // The voter declined, or the service does not let them in.
      this.desk.fail(new Problem(403, 'sign_in_refused', `the sign-in service answers ${error}`, null));
      return;
    }
    await this.desk.attempt(async () => this.signedIn(await registrar.completeOidc(code, state)));
  }

  private async signedIn(voter: SignedIn): Promise<void> {
    this.desk.apply({ type: 'signedIn', voter, voting: this.voting });
    if (!this.voting) {
      this.desk.apply({ type: 'application', application: await this.registrar().application(voter.token) });
    }
  }

  private get token(): string {
    return need(this.desk.store.current.flow.signedIn).token;
  }

  changeApplication(wish: 'apply' | 'withdraw'): Promise<void> {
    return this.desk.attempt(async () => {
      const registrar = this.registrar();
      const application = wish === 'apply' ? await registrar.apply(this.token) : await registrar.withdraw(this.token);
      this.desk.apply({ type: 'application', application });
    });
  }

  /** Asks whether the chain has finalised the last change. */
  async lookAtApplication(): Promise<void> {
    try {
      this.desk.apply({ type: 'application', application: await this.registrar().application(this.token) });
    } catch (error) {
      this.desk.fail(error);
    }
  }

  /** To the next registrar of the quorum, each of whom records an application. */
  async nextOffice(): Promise<void> {
    this.desk.apply({ type: 'turned' });
    await this.meetOffice();
  }

  /** Signs out, and leaves nothing. */
  leave(): Promise<void> {
    return this.desk.attempt(async () => {
      await this.registrar().signOut(this.token);
      this.desk.apply({ type: 'left' });
      await this.desk.clearVault();
    });
  }

  /**
   * Leaves the device to others: selections and sessions go. The key stays where registrars were asked to
   * sign it, since they sign no other.
   */
  async leaveDevice(): Promise<void> {
    const { visits, step } = this.desk.store.current.flow;
    this.desk.apply({ type: 'deviceLeft' });
    if (this.desk.store.current.flow.step === step) {
      return;
    }
    try {
      // The encrypted ballot goes, too.
      await need(this.desk.booth).prepare(this.desk.secrets);
      await (this.desk.secrets === null ? this.desk.clearVault() : this.desk.keep());
    } catch (error) {
      this.desk.fail(error);
    }
    // One that cannot be reached ends the sign-in by itself; the voter need not wait for it.
    await Promise.allSettled(visits.map(async (visit) => this.registrar(visit.registrar).signOut(visit.token)));
  }

  sendCode(): Promise<void> {
    return this.desk.attempt(async () => this.desk.apply({ type: 'codeSent', code: await this.registrar().sendCode(this.token) }));
  }

  openSession(code: string): Promise<void> {
    return this.desk.attempt(async () => {
      const registrar = this.registrar();
      const session = await registrar.openSession(this.token, code.replace(/\s/g, ''));
      const { secondsLeft } = await registrar.session(session.link, this.token);
      const { link, district, voterNumber } = session;
      const visit = { registrar: registrar.index, token: this.token, link, district, voterNumber, ends: Date.now() + secondsLeft * 1_000 };
      const paper = need(this.desk.store.current.election).manifest.districts.find((one) => one.id === district);
      this.desk.apply({ type: 'sessionOpened', visit, contests: need(paper ?? null).contests.map((contest) => contest.options.length) });
      await this.meetOffice();
    });
  }
}
