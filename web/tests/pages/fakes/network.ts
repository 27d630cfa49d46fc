// Three nodes of a chain that has the blocks which a test makes, and no others.

import { Witnesses } from '../../../src/chain/witnesses';
import { FakeChain, FakeNode } from './chain';
import { VOTING } from './election';
import { ELECTION } from './observed-election';
import { provideWebSocket } from './websocket';

/** Longer than any test: no block comes by itself. */
const NEVER_MS = 3_600_000;

/** Whoever starts it stops it. */
export class FakeNetwork {
  readonly chain = new FakeChain(VOTING, NEVER_MS);
  readonly nodes = [new FakeNode(this.chain), new FakeNode(this.chain), new FakeNode(this.chain)] as const;

  static async start(): Promise<FakeNetwork> {
    provideWebSocket();
    const network = new FakeNetwork();
    await Promise.all(network.nodes.map((node) => node.start()));
    return network;
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** Asks the nodes at these addresses; whoever has it made closes it. */
  witnesses(urls = this.urls): Witnesses {
    return new Witnesses({ nodes: urls, election: ELECTION, genesis: this.chain.genesis });
  }

  async stop(): Promise<void> {
    this.chain.close();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
