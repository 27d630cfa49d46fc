// What a voter can do, and what is done for it. Which of it is possible when is decided by `machine.ts`.

import type { Booth } from '../ballot/booth';
import { type Election, NodesDisagree, Witnesses } from '../chain/witnesses';
import { type Configuration, loadConfiguration } from '../configuration';
import type { Receipts } from '../receipts/receipts';
import { forget, keepDelivery, type Remains, remains } from '../storage/deliveries';
import { empty, kept } from '../storage/vault';
import { sign } from './credential';
import { describe, Desk, need } from './desk';
import { readKept } from './kept';
import { takenUp } from './machine';
import type { Store } from './model';
import { Posting } from './posting';
import { begin, credentialed, type Delivery, type Step } from './state';
import { Visits } from './visits';

/** The voter at the page. */
export class Voter {
  readonly visits: Visits;
  private readonly desk = new Desk();
  private readonly posting: Posting;

  constructor(
    private readonly openBooth: () => Booth,
    openReceipts: (configuration: Configuration) => Receipts,
  ) {
    this.visits = new Visits(this.desk);
    this.posting = new Posting(this.desk, openReceipts);
    this.desk.signInAgain = () => void this.visits.meetOffice();
  }

  /** All that the page shows. */
  get store(): Store {
    return this.desk.store;
  }

  /** Begins: reads the configuration, asks the nodes, takes up what was kept. */
  async open(): Promise<void> {
    try {
      const configuration = await loadConfiguration();
      this.store.change({ configuration });
      await this.meet(configuration);
    } catch (error) {
      if (error instanceof NodesDisagree) {
        this.desk.broken({ kind: 'nodes', disagreement: error.disagreement });
      } else {
        this.desk.broken({ kind: 'configuration', detail: describe(error) });
      }
    }
  }

  /** Another tab has the vote, or takes it: this one forgets what it holds. */
  yieldTo(lost: boolean): void {
    this.store.change({ situation: { kind: 'elsewhere', lost } });
    this.posting.end();
    this.desk.booth?.end();
    this.desk.booth = null;
    this.desk.witnesses?.close();
  }

  /** Asks the nodes again. */
  async retry(): Promise<void> {
    this.store.change({ situation: { kind: 'loading' } });
    await this.open();
  }

  private async meet(configuration: Configuration): Promise<void> {
    this.desk.witnesses?.close();
    this.desk.booth?.end();
    this.desk.witnesses = new Witnesses(configuration);
    this.desk.booth = this.openBooth();
    const remaining = await remains(configuration.election, configuration.genesis);
    const election = await this.desk.witnesses.election(remaining !== null);
    if (!(await this.openElection(election))) {
      this.desk.broken({ kind: 'manifestHash' });
      return;
    }
    this.store.change({ election });
    await this.takeUp(configuration, election, remaining);
    // Unless something that must not be came to light meanwhile.
    if (this.store.current.situation.kind === 'loading') {
      this.store.change({ situation: { kind: 'ready' } });
    }
    void this.visits.askPace();
  }

  /** Where the voter was: with a ballot on its way, in the middle, or nowhere yet. */
  private async takeUp(configuration: Configuration, election: Election, remaining: Remains | null): Promise<void> {
    if (remaining !== null) {
      // A crash between casting and emptying must not leave the key behind.
      await empty();
      this.posting.deliver(remaining.delivery, remaining.receipt, null);
      return;
    }
    const before = readKept(await kept(this.desk.scope));
    await need(this.desk.booth).prepare(before?.secrets ?? null);
    this.desk.secrets = before?.secrets ?? null;
    this.desk.oidcState = before?.oidcState ?? null;
    // As many registrars as make a quorum, those that come first.
    const plan = configuration.registrars.slice(0, election.manifest.quorum).map((registrar) => registrar.index);
    const flow = before === null ? begin(plan) : takenUp(before.flow, Date.now());
    this.desk.apply({ type: 'resumed', flow });
    if (before !== null && flow !== before.flow) {
      // What was dropped must not lie on the disk until the next change, and no sign-in be taken for
      // one at the registrar that is visited now.
      this.desk.oidcState = null;
      await this.desk.keep();
    }
    await this.visits.completeOidc();
    await this.visits.meetOffice();
  }

  select(contest: number, selection: readonly boolean[]): void {
    this.desk.apply({ type: 'selected', contest, selection });
  }

  review(): void {
    this.desk.apply({ type: 'reviewed' });
  }

  /** One step back, where that is possible. */
  back(to: Step): void {
    this.desk.apply({ type: 'back', to });
  }

  /** The time of a session is over. */
  expire(): void {
    this.desk.apply({ type: 'sessionExpired' });
    void this.visits.meetOffice();
  }

  dismiss(): void {
    this.desk.apply({ type: 'dismissed' });
  }

  /** Signatures of all registrars, then encryption. */
  async encrypt(): Promise<void> {
    this.desk.apply({ type: 'accepted' });
    if (this.store.current.flow.step !== 'recording') {
      return;
    }
    try {
      await this.collectSignatures();
      const { flow } = this.store.current;
      const sealed = await need(this.desk.booth).encrypt(need(flow.district), flow.selections);
      this.desk.apply({ type: 'encrypted', sealed });
    } catch (error) {
      this.desk.fail(error);
    }
  }

  private async collectSignatures(): Promise<void> {
    const booth = need(this.desk.booth);
    while (!credentialed(this.store.current.flow)) {
      const { flow } = this.store.current;
      const visit = flow.visits[flow.signatures];
      if (visit === undefined) {
        throw new Error('a ballot session is missing');
      }
      await booth.blind(visit.registrar, visit.district);
      // A registrar signs one message: it must be on disk before the registrar sees it.
      await this.keepSecrets(booth);
      await sign(this.visits.registrar(visit.registrar), visit, booth);
      await this.keepSecrets(booth);
      this.desk.apply({ type: 'signed', signatures: flow.signatures + 1 });
    }
  }

  private async keepSecrets(booth: Booth): Promise<void> {
    this.desk.secrets = await booth.secrets();
    await this.desk.keep();
  }

  check(): Promise<void> {
    return this.desk.attempt(async () => this.desk.apply({ type: 'challenged', revealed: await need(this.desk.booth).challenge() }));
  }

  anew(): void {
    this.desk.apply({ type: 'anew' });
  }

  cast(): Promise<void> {
    return this.desk.attempt(() => this.castOnce().catch((error: unknown) => this.stopAt(error)));
  }

  /** Where a node says what is not signed, or the nodes differ, the page does not go on, and says who it was. */
  private stopAt(error: unknown): void {
    if (!(error instanceof NodesDisagree)) {
      throw error;
    }
    this.desk.broken({ kind: 'nodes', disagreement: error.disagreement });
  }

  private async castOnce(): Promise<void> {
    const { flow } = this.store.current;
    const { number, genesis, version, block, ballots } = await this.lookAgain();
    const booth = need(this.desk.booth);
    const { secrets } = this.desk;
    try {
      const signed = await booth.cast(version);
      const delivery: Delivery = {
        election: number,
        genesis,
        district: need(flow.district),
        ...signed,
        castAt: Date.now(),
        castAfterBlock: block.number,
        ballotsBefore: ballots,
      };
      // On disk before the key to it is destroyed: a crash in between loses nothing.
      await keepDelivery(delivery);
      this.posting.deliver(delivery, null, block.number);
    } catch (error) {
      // Not cast: the key is taken up from the vault, and the ballot is encrypted anew.
      await booth.prepare(secrets);
      this.desk.apply({ type: 'anew' });
      throw error;
    }
    await this.desk.clearVault();
  }

  /** Looks whether the election has come to another phase. */
  async refresh(): Promise<void> {
    try {
      await this.lookAgain();
    } catch {
      // What was known is still shown; whoever goes on asks anew and is told.
    }
  }

  /** What is signed for must be so still: the ballot paper, and the runtime's version. */
  private async lookAgain(): Promise<Election> {
    const before = need(this.store.current.election);
    const election = await need(this.desk.witnesses).election();
    // The key may have been made meanwhile; it must never be another.
    const key = before.electionKey ?? election.electionKey;
    if (election.manifest.hash !== before.manifest.hash || election.electionKey !== key) {
      throw new Error('the ballot paper or the election key is not what it was when this page was opened');
    }
    if (before.electionKey === null && key !== null) {
      await this.openElection(election);
      // Opening makes a new booth: the voter's key, if there is one yet, is taken up again.
      await need(this.desk.booth).prepare(this.desk.secrets);
    }
    this.store.change({ election });
    return election;
  }

  /** Takes the election into the booth; `false` where its manifest is not what its hash stands for. */
  private async openElection(election: Election): Promise<boolean> {
    const { manifest, electionKey, genesis, number } = election;
    const facts = { election: number, genesis, manifest: manifest.encoded, electionKey };
    return (await need(this.desk.booth).open(facts)) === manifest.hash;
  }

  /** Removes everything from the device. */
  async forget(): Promise<void> {
    this.posting.end();
    await empty();
    await forget();
    this.store.change({ forgotten: true });
  }
}
