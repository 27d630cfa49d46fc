// What all of a voter's doings share: the model, the vault, and what becomes of failures.

import type { Booth } from '../ballot/booth';
import type { Witnesses } from '../chain/witnesses';
import { isProblem } from '../registrar/problem';
import { Keeper } from '../storage/keeper';
import { empty, keep } from '../storage/vault';
import type { Kept } from './kept';
import { advance, type FlowEvent } from './machine';
import { type Broken, Store } from './model';
import type { Notice } from './state';

/** Codes after which the sign-in has to be made anew. */
const SIGN_IN_AGAIN = ['not_signed_in', 'session_expired', 'link_used'];

/** An error in words, for those who look into it. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noticeOf(error: unknown): Notice {
  if (!navigator.onLine) {
    return { kind: 'offline' };
  }
  if (isProblem(error)) {
    return { kind: 'problem', code: error.code, detail: error.detail, retryAfter: error.retryAfter };
  }
  return { kind: 'failed', detail: describe(error) };
}

/** The desk at which a voter votes. */
export class Desk {
  readonly store = new Store();
  booth: Booth | null = null;
  witnesses: Witnesses | null = null;
  /** Key, blindings and signatures, as the booth gave them for the vault. */
  secrets: string | null = null;
  /** The state of a sign-in with OpenID Connect that leads away from the page. */
  oidcState: string | null = null;
  /** Called when the voter has to sign in again. */
  signInAgain: () => void = () => undefined;
  private readonly keeper = new Keeper(() => this.writeVault());

  /** What is kept belongs to one election of one chain. */
  get scope(): string {
    const { configuration } = this.store.current;
    return `${configuration?.genesis ?? ''}/${configuration?.election ?? ''}`;
  }

  /** Writes the vault; resolves when it is on disk. */
  keep(): Promise<void> {
    return this.keeper.keep();
  }

  /** Not once the ballot is cast, and not in a tab that has lost its turn: the other tab's is newer. */
  private async writeVault(): Promise<void> {
    const { flow, situation } = this.store.current;
    if (flow.delivery === null && situation.kind !== 'elsewhere') {
      await keep(this.scope, { flow, secrets: this.secrets, oidcState: this.oidcState } satisfies Kept);
    }
  }

  /** Destroys key, blindings and selections, once no write of them is under way any more. */
  async clearVault(): Promise<void> {
    this.secrets = null;
    this.oidcState = null;
    await this.keeper.settled();
    await empty();
  }

  /** Moves the flow; what a reload needs is kept. */
  apply(event: FlowEvent): void {
    const before = this.store.current.flow;
    const flow = advance(before, event);
    if (flow === before) {
      return;
    }
    this.store.change({ flow });
    if (flow.step !== 'overview' && event.type !== 'busy' && event.type !== 'resumed') {
      this.keep().catch((error: unknown) => this.fail(error));
    }
  }

  /** Tells a failure, or leads back to the sign-in where that is what it takes. */
  fail(error: unknown): void {
    if (isProblem(error, ...SIGN_IN_AGAIN)) {
      this.apply({ type: 'sessionExpired' });
      this.signInAgain();
      return;
    }
    this.apply({ type: 'failed', notice: noticeOf(error) });
  }

  /** Does one thing at a time: what is asked for while an answer is awaited is not done. */
  async attempt(work: () => Promise<void>): Promise<void> {
    if (this.store.current.flow.busy) {
      return;
    }
    this.apply({ type: 'busy' });
    try {
      await work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The page cannot go on. */
  broken(why: Broken): void {
    this.store.change({ situation: { kind: 'broken', why } });
  }
}

/** What has to be there by now. */
export function need<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new Error('the election is not open on this page');
  }
  return value;
}
