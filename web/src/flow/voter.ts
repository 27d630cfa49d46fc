// What a voter can do, and what is done for it. Which of it is possible when is decided by `machine.ts`.

import type { Booth } from '../ballot/booth';
import type { Receipts } from '../receipts/receipts';
import { NodesDisagree, Witnesses } from '../chain/witnesses';
import { type Configuration, loadConfiguration } from '../configuration';
import { isProblem } from '../registrar/problem';
import { Registrar } from '../registrar/registrar';
import { Keeper } from '../storage/keeper';
import { empty, keep, kept } from '../storage/vault';
import { forget, keepDelivery, keepReceipt, remains } from '../storage/deliveries';
import { Courier } from '../delivery/courier';
import { randomBelow } from '../relay/path';
import { sign } from './credential';
import { type Kept, readKept } from './kept';
import { advance, type FlowEvent } from './machine';
import { type Broken, Store } from './model';
import { credentialed, type Delivery, office, type Receipt, type Step } from './state';

/** Where the sign-in service sends a voter back to: this page, without its question. */
function redirectUri(): string {
  return `${location.origin}${location.pathname}`;
}

/** Codes after which the sign-in has to be made anew. */
const SIGN_IN_AGAIN = ['not_signed_in', 'session_expired', 'link_used'];

/** The voter at the page. */
export class Voter {
  readonly store = new Store();
  private booth: Booth | null = null;
  private witnesses: Witnesses | null = null;
  private secrets: string | null = null;
  private oidcState: string | null = null;
  private courier: Courier | null = null;
  private readonly keeper = new Keeper(() => this.writeVault());

  constructor(
    private readonly openBooth: () => Booth,
    private readonly openReceipts: (configuration: Configuration) => Receipts,
  ) {}

  /** Begins: reads the configuration, asks the nodes, takes up what was kept. */
  async open(): Promise<void> {
    try {
      const configuration = await loadConfiguration();
      this.store.change({ configuration });
      await this.meet(configuration);
    } catch (error) {
      this.broken({ kind: 'configuration', detail: describe(error) });
    }
  }

  /** The tab lost its turn: it forgets what it holds, since the other has it. */
  yieldTo(lost: boolean): void {
    this.courier?.end();
    this.booth?.end();
    this.booth = null;
    this.witnesses?.close();
    this.store.change({ situation: { kind: 'elsewhere', lost } });
  }

  /** Asks the nodes again. */
  async retry(): Promise<void> {
    this.store.change({ situation: { kind: 'loading' } });
    await this.open();
  }

  private async meet(configuration: Configuration): Promise<void> {
    this.witnesses?.close();
    this.witnesses = new Witnesses(configuration);
    try {
      const election = await this.witnesses.election();
      this.booth?.end();
      this.booth = this.openBooth();
      const { manifest, electionKey, genesis, number } = election;
      const hash = await this.booth.open({ election: number, genesis, manifest: manifest.encoded, electionKey });
      if (hash !== manifest.hash) {
        this.broken({ kind: 'manifestHash' });
        return;
      }
      this.store.change({ election });
      await this.takeUp();
      // Unless something that must not be came to light meanwhile.
      if (this.store.model.situation.kind === 'loading') {
        this.store.change({ situation: { kind: 'ready' } });
      }
      void this.askPace();
    } catch (error) {
      if (!(error instanceof NodesDisagree)) {
        throw error;
      }
      this.broken({ kind: 'nodes', disagreement: error.disagreement });
    }
  }

  private broken(why: Broken): void {
    this.store.change({ situation: { kind: 'broken', why } });
  }

  // What was kept

  private get scope(): string {
    const { configuration } = this.store.model;
    return `${configuration?.genesis ?? ''}/${configuration?.election ?? ''}`;
  }

  private async takeUp(): Promise<void> {
    const { configuration } = this.store.model;
    if (configuration === null) {
      return;
    }
    const remaining = await remains(configuration.election, configuration.genesis);
    if (remaining !== null) {
      // A crash between casting and emptying must not leave the key behind.
      await empty();
      this.deliver(remaining.delivery, remaining.receipt);
      return;
    }
    const before = readKept(await kept(this.scope));
    const booth = this.need(this.booth);
    await booth.prepare(before?.secrets ?? null);
    this.secrets = before?.secrets ?? null;
    this.oidcState = before?.oidcState ?? null;
    const flow = before?.flow ?? { ...this.store.model.flow, plan: this.plan() };
    this.apply({ type: 'resumed', flow });
    await this.completeOidc();
    await this.meetOffice();
  }

  /** The registrars that are visited: as many as make a quorum, those that come first. */
  private plan(): number[] {
    const { configuration, election } = this.store.model;
    const quorum = election?.manifest.quorum ?? 1;
    return (configuration?.registrars ?? []).slice(0, quorum).map((registrar) => registrar.index);
  }

  /** Writes the vault; once the ballot is cast there is nothing to write any more. */
  private async writeVault(): Promise<void> {
    const { flow } = this.store.model;
    if (flow.delivery === null) {
      await keep(this.scope, { flow, secrets: this.secrets, oidcState: this.oidcState } satisfies Kept);
    }
  }

  private apply(event: FlowEvent): void {
    const before = this.store.model.flow;
    const flow = advance(before, event);
    if (flow === before) {
      return;
    }
    this.store.change({ flow });
    const cast = flow.delivery !== null || flow.step === 'overview';
    if (!cast && event.type !== 'busy' && event.type !== 'resumed') {
      this.keeper.keep().catch((error: unknown) => this.fail(error));
    }
  }

  private fail(error: unknown): void {
    if (isProblem(error, ...SIGN_IN_AGAIN)) {
      this.apply({ type: 'sessionExpired' });
      void this.meetOffice();
      return;
    }
    this.apply({ type: 'failed', notice: noticeOf(error) });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.store.model.flow.busy) {
      return;
    }
    this.apply({ type: 'busy' });
    try {
      await work();
    } catch (error) {
      this.fail(error);
    }
  }

  private need<T>(value: T | null): T {
    if (value === null) {
      throw new Error('the election is not open on this page');
    }
    return value;
  }

  // Registrars

  private registrar(index: number | null = office(this.store.model.flow)): Registrar {
    const known = this.store.model.configuration?.registrars.find((one) => one.index === index);
    if (known === undefined) {
      throw new Error(`config.json names no registrar ${index}`);
    }
    return new Registrar(known.index, known.url);
  }

  /** Asks the registrar that is next for its name and ways to sign in, and for its ballot paper's hash. */
  private async meetOffice(): Promise<void> {
    const { flow, election } = this.store.model;
    this.store.change({ office: null });
    if (office(flow) === null || flow.step === 'overview') {
      return;
    }
    try {
      const met = await this.registrar().office();
      if (met.manifestHash !== election?.manifest.hash) {
        this.broken({ kind: 'registrarManifest' });
        return;
      }
      this.store.change({ office: met });
    } catch (error) {
      this.fail(error);
    }
  }

  /** The chain's pace, for showing times beside blocks; the first registrar that answers tells it. */
  private async askPace(): Promise<void> {
    for (const { index } of this.store.model.configuration?.registrars ?? []) {
      const met = await this.registrar(index).office().catch(() => null);
      if (met !== null) {
        this.store.change({ secondsPerBlock: met.secondsPerBlock });
        return;
      }
    }
  }

  private get voting(): boolean {
    return this.store.model.election?.phase === 'voting';
  }

  /** From the overview to the first registrar. */
  async start(): Promise<void> {
    this.apply({ type: 'started' });
    await this.meetOffice();
  }

  /** Asks the registrar's name again. */
  async meetAgain(): Promise<void> {
    this.apply({ type: 'dismissed' });
    await this.meetOffice();
  }

  /** To a registrar that is not in the plan yet; `false` where there is none. */
  get hasAnotherOffice(): boolean {
    const { flow, configuration } = this.store.model;
    return (configuration?.registrars ?? []).some((one) => !flow.plan.includes(one.index));
  }

  async anotherOffice(): Promise<void> {
    const { flow, configuration } = this.store.model;
    const others = (configuration?.registrars ?? []).filter((one) => !flow.plan.includes(one.index));
    const by = others[randomBelow(Math.max(1, others.length))];
    if (by !== undefined) {
      this.apply({ type: 'officeReplaced', by: by.index });
      await this.meetOffice();
    }
  }

  signInDevelopment(identity: string, birthDate: string): Promise<void> {
    return this.attempt(async () => {
      const voter = await this.registrar().signInDevelopment(identity.trim(), birthDate);
      await this.signedIn(voter);
    });
  }

  /** Leaves the page for the sign-in service. */
  signInOidc(): Promise<void> {
    return this.attempt(async () => {
      const { authorizationUrl, state } = await this.registrar().beginOidc(redirectUri());
      this.oidcState = state;
      await this.keeper.keep();
      location.assign(authorizationUrl);
    });
  }

  private async completeOidc(): Promise<void> {
    const question = new URLSearchParams(location.search);
    const [code, state] = [question.get('code'), question.get('state')];
    if (code === null || state === null) {
      return;
    }
    history.replaceState(history.state, '', redirectUri());
    // Only an answer to our own question is taken.
    if (state !== this.oidcState) {
      return;
    }
    this.oidcState = null;
    await this.attempt(async () => this.signedIn(await this.registrar().completeOidc(code, state)));
  }

  private async signedIn(voter: Awaited<ReturnType<Registrar['completeOidc']>>): Promise<void> {
    this.apply({ type: 'signedIn', voter, voting: this.voting });
    if (!this.voting) {
      this.apply({ type: 'application', application: await this.registrar().application(voter.token) });
    }
  }

  private get token(): string {
    return this.need(this.store.model.flow.signedIn).token;
  }

  changeApplication(wish: 'apply' | 'withdraw'): Promise<void> {
    return this.attempt(async () => {
      const registrar = this.registrar();
      const application = wish === 'apply' ? await registrar.apply(this.token) : await registrar.withdraw(this.token);
      this.apply({ type: 'application', application });
    });
  }

  /** Asks whether the chain has finalised the last change. */
  async lookAtApplication(): Promise<void> {
    try {
      this.apply({ type: 'application', application: await this.registrar().application(this.token) });
    } catch (error) {
      this.fail(error);
    }
  }

  /** To the next registrar of the quorum, each of whom records an application. */
  async nextOffice(): Promise<void> {
    this.apply({ type: 'turned' });
    await this.meetOffice();
  }

  /** Signs out, and leaves nothing. */
  leave(): Promise<void> {
    return this.attempt(async () => {
      await this.registrar().signOut(this.token);
      this.apply({ type: 'left' });
      await this.clearVault();
    });
  }

  sendCode(): Promise<void> {
    return this.attempt(async () => this.apply({ type: 'codeSent', code: await this.registrar().sendCode(this.token) }));
  }

  openSession(code: string): Promise<void> {
    return this.attempt(async () => {
      const registrar = this.registrar();
      const session = await registrar.openSession(this.token, code.replace(/\s/g, ''));
      const { secondsLeft } = await registrar.session(session.link, this.token);
      const { link, district, voterNumber } = session;
      const visit = { registrar: registrar.index, token: this.token, link, district, voterNumber, ends: Date.now() + secondsLeft * 1_000 };
      const paper = this.need(this.store.model.election).manifest.districts.find((one) => one.id === district);
      this.apply({ type: 'sessionOpened', visit, contests: this.need(paper ?? null).contests.map((contest) => contest.options.length) });
      await this.meetOffice();
    });
  }

  // The ballot

  select(contest: number, selection: readonly boolean[]): void {
    this.apply({ type: 'selected', contest, selection });
  }

  review(): void {
    this.apply({ type: 'reviewed' });
  }

  /** One step back, where that is possible. */
  back(to: Step): void {
    this.apply({ type: 'back', to });
  }

  /** The time of a session is over. */
  expire(): void {
    this.apply({ type: 'sessionExpired' });
    void this.meetOffice();
  }

  dismiss(): void {
    this.apply({ type: 'dismissed' });
  }

  /** Signatures of all registrars, then encryption. */
  async encrypt(): Promise<void> {
    this.apply({ type: 'accepted' });
    if (this.store.model.flow.step !== 'recording') {
      return;
    }
    try {
      await this.collectSignatures();
      const { flow } = this.store.model;
      const sealed = await this.need(this.booth).encrypt(this.need(flow.district), flow.selections);
      this.apply({ type: 'encrypted', sealed });
    } catch (error) {
      this.fail(error);
    }
  }

  private async collectSignatures(): Promise<void> {
    const booth = this.need(this.booth);
    while (!credentialed(this.store.model.flow)) {
      const { flow } = this.store.model;
      const visit = flow.visits[flow.signatures];
      if (visit === undefined) {
        throw new Error('a ballot session is missing');
      }
      await booth.blind(visit.registrar, visit.district);
      // A registrar signs one message: it must be on disk before the registrar sees it.
      await this.keepSecrets(booth);
      await sign(this.registrar(visit.registrar), visit, booth);
      await this.keepSecrets(booth);
      this.apply({ type: 'signed', signatures: flow.signatures + 1 });
    }
  }

  private async keepSecrets(booth: Booth): Promise<void> {
    this.secrets = await booth.secrets();
    await this.keeper.keep();
  }

  check(): Promise<void> {
    return this.attempt(async () => this.apply({ type: 'challenged', revealed: await this.need(this.booth).challenge() }));
  }

  anew(): void {
    this.apply({ type: 'anew' });
  }

  cast(): Promise<void> {
    return this.attempt(async () => {
      const { election, flow } = this.store.model;
      const { number, genesis, version, block } = this.need(election);
      const signed = await this.need(this.booth).cast(version);
      const delivery: Delivery = {
        election: number,
        genesis,
        district: this.need(flow.district),
        ...signed,
        castAt: Date.now(),
        castAfterBlock: block.number,
      };
      // On disk before the key to it is destroyed: a crash in between loses nothing.
      await keepDelivery(delivery);
      this.deliver(delivery, null);
      await this.clearVault();
    });
  }

  /** Destroys key, blindings and selections, once no write of them is under way any more. */
  private async clearVault(): Promise<void> {
    this.secrets = null;
    this.oidcState = null;
    await this.keeper.settled();
    await empty();
  }

  // Delivery

  private deliver(delivery: Delivery, receipt: Receipt | null): void {
    const { configuration, election, flow } = this.store.model;
    const waiting = advance({ ...flow, step: 'sealed' }, { type: 'cast', delivery });
    this.store.change({ flow: waiting });
    if (receipt !== null) {
      this.apply({ type: 'final', receipt });
      return;
    }
    const { manifest } = this.need(election);
    const means = {
      nodes: this.need(this.witnesses).nodes,
      relays: configuration?.relays ?? [],
      hops: configuration?.hops ?? 0,
      relayDelay: manifest.relayDelay,
      closing: manifest.voting.end,
      booth: this.need(this.booth),
    };
    this.courier = new Courier(delivery, means, {
      progress: (progress) => this.apply({ type: 'progress', progress }),
      refused: (code) => this.apply({ type: 'failed', notice: { kind: 'ballotRefused', code } }),
      proven: (record, confirmed) => this.prove(delivery, record, confirmed),
    });
    this.courier.start();
  }

  /** A receipt of one of the nodes that have the ballot; it counts only once it is verified here. */
  private async prove(
    delivery: Delivery,
    record: Parameters<Receipts['collect']>[2],
    confirmed: readonly string[],
  ): Promise<boolean> {
    const receipts = this.openReceipts(this.need(this.store.model.configuration));
    for (const node of this.witnesses?.nodes.filter((one) => confirmed.includes(one.url)) ?? []) {
      try {
        const receipt = await receipts.collect(node, delivery, record);
        const verdict = await receipts.verify(receipt);
        if (verdict.kind === 'included' && verdict.tracker === delivery.tracker) {
          const proven = { text: receipt, block: verdict.block };
          await keepReceipt(proven);
          this.apply({ type: 'final', receipt: proven });
          return true;
        }
      } catch {
        // Another node may have it; if none does, the next look asks again.
      }
    }
    return false;
  }

  /** Removes everything from the device. */
  async forget(): Promise<void> {
    this.courier?.end();
    await empty();
    await forget();
    this.store.change({ forgotten: true });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noticeOf(error: unknown) {
  if (!navigator.onLine) {
    return { kind: 'offline' } as const;
  }
  if (isProblem(error)) {
    return { kind: 'problem', code: error.code, detail: error.detail, retryAfter: error.retryAfter } as const;
  }
  return { kind: 'failed', detail: describe(error) } as const;
}
