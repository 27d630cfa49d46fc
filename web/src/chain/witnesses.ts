// Several nodes, none of which is believed alone. They are asked the same; where they differ, somebody
// lies or lags, and the page says so rather than choose.

import type { Configuration } from '../configuration';
import type { Hex } from '../encoding/hex';
import { type Block, type Manifest, Node, type Phase, type RuntimeVersion } from './node';

/** Finalised blocks that a node may be behind the others and still be heard. */
export const MAX_LAG = 10;

/** What one node said. */
export interface Testimony {
  readonly url: string;
  readonly finalised: Block;
  readonly genesis: Hex;
  readonly phase: Phase;
  readonly manifest: Manifest;
  readonly electionKey: Hex | null;
  readonly version: RuntimeVersion;
}

/** A node that could not be heard. */
export interface Silence {
  readonly url: string;
  readonly reason: string;
}

/** What the nodes agree upon. */
export interface Election {
  readonly number: number;
  readonly genesis: Hex;
  readonly manifest: Manifest;
  readonly electionKey: Hex | null;
  readonly phase: Phase;
  readonly version: RuntimeVersion;
  /** The last block that all heard nodes have finalised. */
  readonly block: Block;
  /** Nodes that say so. */
  readonly heard: readonly string[];
  /** Nodes that could not be heard. */
  readonly silent: readonly Silence[];
}

/** Why the page cannot go on with what the nodes say. */
export type Disagreement =
  | { readonly kind: 'nobody'; readonly silent: readonly Silence[] }
  | { readonly kind: 'unknownElection'; readonly url: string }
  | { readonly kind: 'otherChain'; readonly url: string }
  | { readonly kind: 'differs'; readonly what: 'manifest' | 'electionKey' | 'version'; readonly urls: readonly string[] };

/** The nodes do not agree. */
export class NodesDisagree extends Error {
  constructor(readonly disagreement: Disagreement) {
    super(`the nodes do not agree: ${JSON.stringify(disagreement)}`);
  }
}

/** One node's word on everything that a voter relies upon. */
export async function testimony(node: Node, election: number): Promise<Testimony> {
  const [finalised, genesis, version] = await Promise.all([node.finalised(), node.blockHash(0), node.version()]);
  const manifest = await node.manifest(election, finalised.hash);
  if (manifest === null) {
    throw new NodesDisagree({ kind: 'unknownElection', url: node.url });
  }
  const [phase, electionKey] = await Promise.all([
    node.phase(election, finalised.hash),
    node.electionKey(election, finalised.hash),
  ]);
  return { url: node.url, finalised, genesis, phase, manifest, electionKey, version };
}

/** Who differs from the others in a fact; `null` where nobody does. */
function dissenters(heard: readonly Testimony[], fact: (testimony: Testimony) => string | null): readonly string[] | null {
  const groups = new Map<string, string[]>();
  for (const one of heard) {
    const said = fact(one);
    // The ceremony's key may be final for one node a moment before it is for another.
    if (said !== null) {
      groups.set(said, [...(groups.get(said) ?? []), one.url]);
    }
  }
  if (groups.size <= 1) {
    return null;
  }
  // Named are those with fewer on their side: with two nodes, either may be the liar.
  const sizes = [...groups.values()].sort((a, b) => a.length - b.length);
  const fewest = sizes[0]?.length ?? 0;
  return sizes.filter((urls) => urls.length === fewest).flat();
}

/** Compares what was heard. Pure, so that every kind of lie can be tested. */
export function compare(
  expected: { election: number; genesis: Hex },
  heard: readonly Testimony[],
  silent: readonly Silence[],
): Election {
  const stranger = heard.find((one) => one.genesis !== expected.genesis);
  if (stranger !== undefined) {
    throw new NodesDisagree({ kind: 'otherChain', url: stranger.url });
  }
  const head = Math.max(...heard.map((one) => one.finalised.number));
  const current = heard.filter((one) => one.finalised.number + MAX_LAG >= head);
  const late = heard
    .filter((one) => one.finalised.number + MAX_LAG < head)
    .map((one) => ({ url: one.url, reason: `${head - one.finalised.number} blocks behind` }));
  const first = current.reduce<Testimony | undefined>(
    (least, one) => (least === undefined || one.finalised.number < least.finalised.number ? one : least),
    undefined,
  );
  if (first === undefined) {
    throw new NodesDisagree({ kind: 'nobody', silent });
  }
  const facts = {
    manifest: (one: Testimony) => one.manifest.encoded,
    electionKey: (one: Testimony) => one.electionKey,
    version: (one: Testimony) => `${one.version.spec}/${one.version.transaction}`,
  };
  for (const what of ['manifest', 'electionKey', 'version'] as const) {
    const urls = dissenters(current, facts[what]);
    if (urls !== null) {
      throw new NodesDisagree({ kind: 'differs', what, urls });
    }
  }
  return {
    number: expected.election,
    genesis: expected.genesis,
    manifest: first.manifest,
    electionKey: current.find((one) => one.electionKey !== null)?.electionKey ?? null,
    phase: first.phase,
    version: first.version,
    block: first.finalised,
    heard: current.map((one) => one.url),
    silent: [...silent, ...late],
  };
}

/** All configured nodes. */
export class Witnesses {
  readonly nodes: readonly Node[];

  constructor(private readonly configuration: Pick<Configuration, 'nodes' | 'election' | 'genesis'>) {
    this.nodes = configuration.nodes.map((url) => new Node(url));
  }

  /** Asks all nodes, and compares. */
  async election(): Promise<Election> {
    const heard: Testimony[] = [];
    const silent: Silence[] = [];
    const ask = async (node: Node) => {
      try {
        heard.push(await testimony(node, this.configuration.election));
      } catch (error) {
        if (error instanceof NodesDisagree) {
          throw error;
        }
        silent.push({ url: node.url, reason: error instanceof Error ? error.message : String(error) });
      }
    };
    await Promise.all(this.nodes.map(ask));
    return compare(this.configuration, heard, silent);
  }

  /** Ends all connections. */
  close(): void {
    this.nodes.forEach((node) => node.connection.close());
  }
}
