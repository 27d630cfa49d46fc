// Follows the chain: chooses what to read from, reads everything after each final block, and says at any time
// whom it reads from and what went wrong. A source that contradicts the validators' signatures is named and
// left; one that is silent may come back.

import type { Voters } from '../../../../tools/second-verifier/src/validators';
import { Node } from '../../chain/node';
import type { Live } from '../../live';
import type { ObserverConfiguration } from '../configuration';
import { Authorities } from '../../chain/authorities';
import { type Finality, Listening } from '../../chain/signatures';
import { Contradiction, type FinalBlock, type Source, valueOf } from '../../chain/source';
import { decode, type Paper } from '../../chain/state/decode';
import { keys } from '../../chain/state/keys';
import { BallotBook, type BallotsView } from './ballots';
import { type Figures, readFigures } from './figures';
import { type Found, lookUp, type Query } from './look-up';
import { ValidatorWatch, type ValidatorsView, WINDOW } from './validators';

/** A light client that has seen no final block for so long has found no network. */
const LIGHT_PATIENCE_MS = 60_000;
/** All nodes were tried: so long until the first is tried again. */
const ROUND_MS = 5_000;
/** Different things that went wrong, at most; the oldest go. */
const MAX_INCIDENTS = 12;

/** What the page can read from. */
export type Kind = Source['kind'];

/** Something that went wrong with a source. */
export interface Incident {
  /** A node's address; nothing for the light client. */
  readonly name: string;
  readonly kind: 'lies' | 'fails';
  readonly detail: string;
}

/** Whom the page reads from now. */
export interface Reading {
  readonly kind: Kind;
  readonly name: string;
  /** Whether a final block was seen. */
  readonly live: boolean;
  /** Nodes that the light client is connected to. */
  readonly peers: number;
}

/** Everything that the page shows. */
export interface View {
  readonly reading: Reading | null;
  readonly incidents: readonly Incident[];
  /** Every node contradicts the signatures, or none answers. */
  readonly exhausted: boolean;
  readonly unknownElection: boolean;
  readonly paper: Paper | null;
  readonly figures: Figures | null;
  readonly ballots: BallotsView | null;
  readonly validators: ValidatorsView | null;
}

const BLANK: View = {
  reading: null,
  incidents: [],
  exhausted: false,
  unknownElection: false,
  paper: null,
  figures: null,
  ballots: null,
  validators: null,
};

/** How sources are made; a test puts others in their place. */
export interface Sources {
  light(peers: (count: number) => void): Promise<Source>;
  node(url: string, signed: (finality: Finality) => void): Source;
  /** A node whose signatures are listened to while the light client reads. */
  witness(url: string): Node;
}

/** What was read once from the current source. */
interface Basis {
  readonly paper: Paper;
  readonly book: BallotBook;
  readonly watch: ValidatorWatch;
}

/** The page's view of the chain, kept up to date. */
export class Observer implements Live<View> {
  private held: View = BLANK;
  private readonly listeners = new Set<(view: View) => void>();
  private source: Source | null = null;
  private basis: Basis | null = null;
  private witnesses: { node: Node; listening: Listening }[] = [];
  private waiting: FinalBlock | null = null;
  private busy: Source | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly liars = new Set<string>();
  private early: Finality[] = [];

  constructor(
    private readonly configuration: ObserverConfiguration,
    private readonly sources: Sources,
  ) {}

  get current(): View {
    return this.held;
  }

  /** Whether there is a choice of what to read from. */
  get hasLight(): boolean {
    return this.configuration.chainSpecification !== null;
  }

  listen(listener: (view: View) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Begins, or begins anew, with a light client or with nodes. */
  begin(kind: Kind): void {
    this.liars.clear();
    this.leave();
    this.change({ ...BLANK });
    if (kind === 'light' && this.hasLight) {
      void this.beginLight();
    } else {
      this.tryNode(0);
    }
  }

  /** Answers a question from the latest state. */
  async lookUp(query: Query): Promise<{ found: Found; block: FinalBlock }> {
    const { source, held: current } = this;
    if (source === null || current.figures === null) {
      throw new Error('no final block was read yet');
    }
    const { block } = current.figures;
    return { found: await lookUp(source, this.configuration.election, query, block), block };
  }

  private change(changes: Partial<View>): void {
    this.held = { ...this.held, ...changes };
    this.listeners.forEach((listener) => listener(this.held));
  }

  private blame(name: string, error: Error): void {
    const kind = error instanceof Contradiction ? 'lies' : 'fails';
    const incident: Incident = { name, kind, detail: error.message };
    const others = this.held.incidents.filter((one) => one.name !== name || one.kind !== kind);
    this.change({ incidents: [...others, incident].slice(-MAX_INCIDENTS) });
  }

  private leave(): void {
    this.source?.close();
    this.source = null;
    this.basis = null;
    this.waiting = null;
    this.early = [];
    this.witnesses.forEach(({ node, listening }) => {
      listening.end();
      node.connection.close();
    });
    this.witnesses = [];
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
  }

  private async beginLight(): Promise<void> {
    this.change({ reading: { kind: 'light', name: '', live: false, peers: 0 } });
    const giveUp = (error: Error) => {
      this.leave();
      this.blame('', error);
      this.tryNode(0);
    };
    this.timer = setTimeout(() => giveUp(new Error('the light client has found no network')), LIGHT_PATIENCE_MS);
    try {
      const source = await this.sources.light((peers) => this.connected(peers));
      this.use(source, giveUp);
    } catch (error) {
      giveUp(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private connected(peers: number): void {
    const { reading } = this.held;
    if (reading?.kind === 'light') {
      this.change({ reading: { ...reading, peers } });
    }
  }

  /** Reads from a node, or from the next one that has not lied. */
  private tryNode(place: number): void {
    const { nodes } = this.configuration;
    const next = nodes.findIndex((url, at) => at >= place && !this.liars.has(url));
    const url = nodes[next];
    if (url === undefined) {
      this.change({ reading: null, exhausted: true });
      this.timer = setTimeout(() => this.tryNode(0), ROUND_MS);
      return;
    }
    this.change({ reading: { kind: 'node', name: url, live: false, peers: 0 } });
    const source = this.sources.node(url, (finality) => this.signed(finality));
    this.use(source, (error) => {
      if (error instanceof Contradiction) {
        this.liars.add(url);
        // Nothing that came from a liar stays on the page, even what it could prove.
        this.change({ ...BLANK, incidents: this.held.incidents });
      }
      this.leave();
      this.blame(url, error);
      this.tryNode(next + 1);
    });
  }

  private use(source: Source, failed: (error: Error) => void): void {
    const mine = () => this.source === source;
    const fail = (error: Error) => {
      if (mine()) {
        failed(error);
      }
    };
    this.source = source;
    source.follow((block) => {
      if (mine()) {
        this.waiting = block;
        void this.refresh(source, fail);
      }
    }, fail);
  }

  private signed(finality: Finality): void {
    if (this.basis === null) {
      this.early = [...this.early, finality].slice(-WINDOW);
      return;
    }
    this.basis.watch.sign(finality);
    this.change({ validators: this.basis.watch.view() });
  }

  /** Reads whatever is new, always after the latest block. */
  private async refresh(source: Source, failed: (error: Error) => void): Promise<void> {
    if (this.busy === source) {
      return;
    }
    this.busy = source;
    try {
      while (this.waiting !== null && this.source === source) {
        const block = this.waiting;
        this.waiting = null;
        await this.read(source, block);
      }
    } catch (error) {
      this.failedToRead(source, error instanceof Error ? error : new Error(String(error)), failed);
    } finally {
      if (this.busy === source) {
        this.busy = null;
      }
    }
  }

  private failedToRead(source: Source, error: Error, failed: (error: Error) => void): void {
    // One peer of a light client may not answer in time; the next block is a new chance.
    if (source.kind === 'light' && !(error instanceof Contradiction)) {
      this.blame('', error);
    } else {
      failed(error);
    }
  }

  private async read(source: Source, block: FinalBlock): Promise<void> {
    const basis = this.basis ?? (await this.readBasis(source, block));
    if (basis === null || this.source !== source) {
      return;
    }
    const { election } = this.configuration;
    const figures = await readFigures(source, election, basis.paper, block);
    const more = await basis.book.readSome(source, figures.ballots, block);
    if (this.source !== source) {
      return;
    }
    this.arrived(source);
    this.change({ paper: basis.paper, figures, ballots: basis.book.view(), exhausted: false });
    await basis.watch.follow(source, block);
    this.change({ validators: basis.watch.view() });
    if (more) {
      // The state of this block will not be kept for ever: go on from whichever is the latest by then.
      this.waiting ??= block;
    }
  }

  private arrived(source: Source): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    const { reading } = this.held;
    const incidents = source.kind === 'light' ? this.held.incidents.filter(({ name }) => name !== '') : this.held.incidents;
    this.change({ incidents, reading: { kind: source.kind, name: source.name, peers: reading?.peers ?? 0, live: true } });
  }

  private async readBasis(source: Source, block: FinalBlock): Promise<Basis | null> {
    const { election } = this.configuration;
    const values = await source.read([keys.manifest(election), keys.grandpa(), keys.set()], block);
    if (this.source !== source) {
      return null;
    }
    const paper = valueOf(values, keys.manifest(election), decode.paper);
    this.arrived(source);
    this.change({ unknownElection: paper === null });
    if (paper === null) {
      return null;
    }
    const watch = new ValidatorWatch();
    this.basis = { paper, book: new BallotBook(election, paper), watch };
    this.early.splice(0).forEach((finality) => watch.sign(finality));
    if (source.kind === 'light') {
      const voters = {
        keys: valueOf(values, keys.grandpa(), decode.grandpa) ?? [],
        set: valueOf(values, keys.set(), decode.set) ?? 0n,
      };
      this.listenToNodes(voters, block.number);
    }
    return this.basis;
  }

  /** The light client verifies signatures, but does not show them: any node can, since they prove themselves. */
  private listenToNodes(voters: Voters, since: number): void {
    this.witnesses = this.configuration.nodes.map((url) => {
      const node = this.sources.witness(url);
      const listening = new Listening(
        node,
        new Authorities(node, voters, since),
        (finality) => this.signed(finality),
        (error) => this.blame(url, error),
      );
      return { node, listening };
    });
  }
}
