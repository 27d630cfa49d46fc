// Several nodes, none of which is believed. Each proves what it says against final blocks, so the highest of those
// is the truth and the others are behind. The runtime's version alone has no proof: there the nodes are compared.

import type { Configuration } from '../configuration';
import type { Hex } from '../encoding/hex';
import type { Block, RuntimeVersion } from './node';
import { valueOf } from './source';
import { decode, type Ending, type Paper } from './state/decode';
import { keys } from './state/keys';
import { type Phase, phaseAt } from './state/phase';
import { Witness } from './witness';

/** Final blocks that a node may be behind the others and still be counted among those who say the same. */
export const MAX_LAG = 10;
/** So long is waited until any node has proven a final block: the validators sign one every few seconds. */
const PATIENCE_MS = 60_000;
/** So long the others are waited for then. */
const OTHERS_MS = 5_000;

/** What one node has proven, and the runtime's version, which it says. */
export interface Testimony {
  readonly url: string;
  readonly block: Block;
  /** `null` where there is no such election. */
  readonly manifest: Paper | null;
  readonly electionKey: Hex | null;
  readonly ending: Ending | null;
  /** Ballots accepted so far. */
  readonly ballots: number;
  readonly version: RuntimeVersion;
}

/** A node that could not be heard. */
export interface Silence {
  readonly url: string;
  readonly reason: string;
}

/** The election, as the last final block proves it. */
export interface Election {
  readonly number: number;
  readonly genesis: Hex;
  readonly manifest: Paper;
  readonly electionKey: Hex | null;
  readonly phase: Phase;
  readonly version: RuntimeVersion;
  /** Ballots accepted so far. */
  readonly ballots: number;
  /** The last block that any node has proven to be final. */
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
  /** Nodes that say what the validators have not signed. */
  | { readonly kind: 'unproven'; readonly urls: readonly string[]; readonly detail: string }
  | { readonly kind: 'differs'; readonly what: 'manifest' | 'electionKey' | 'version'; readonly urls: readonly string[] };

/** The nodes do not agree. */
export class NodesDisagree extends Error {
  constructor(readonly disagreement: Disagreement) {
    super(`the nodes do not agree: ${JSON.stringify(disagreement)}`);
  }
}

/** One node's proofs of everything that a voter relies upon. */
async function testimony(witness: Witness, election: number, genesis: Hex): Promise<Testimony> {
  const { node, url } = witness;
  const [first, version] = await Promise.all([node.blockHash(0), node.version()]);
  if (first !== genesis) {
    throw new NodesDisagree({ kind: 'otherChain', url });
  }
  const { block } = await witness.heard(OTHERS_MS);
  const wanted = [keys.manifest(election), keys.electionKeys(election), keys.ending(election), keys.ballotCount(election)];
  const { values } = await witness.prove(wanted, block);
  return {
    url,
    block: { number: block.number, hash: block.hash },
    manifest: valueOf(values, keys.manifest(election), decode.paper),
    electionKey: valueOf(values, keys.electionKeys(election), decode.electionKey),
    ending: valueOf(values, keys.ending(election), decode.ending),
    ballots: valueOf(values, keys.ballotCount(election), decode.count) ?? 0,
    version,
  };
}

/** Who differs from the others in a fact; `null` where nobody does. */
function dissenters(heard: readonly Testimony[], fact: (testimony: Testimony) => string | null): readonly string[] | null {
  const groups = new Map<string, string[]>();
  for (const one of heard) {
    const said = fact(one);
    // The election and its key may be final for one node a moment before they are for another.
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

function agree(
  heard: readonly Testimony[],
  what: Extract<Disagreement, { kind: 'differs' }>['what'],
  fact: (testimony: Testimony) => string | null,
): void {
  const urls = dissenters(heard, fact);
  if (urls !== null) {
    throw new NodesDisagree({ kind: 'differs', what, urls });
  }
}

/** Compares what was proven. Pure, so that every case can be tested. */
export function compare(
  expected: { election: number; genesis: Hex },
  heard: readonly Testimony[],
  silent: readonly Silence[],
): Election {
  const highest = heard.reduce<Testimony | null>(
    (most, one) => (most === null || one.block.number > most.block.number ? one : most),
    null,
  );
  if (highest === null) {
    throw new NodesDisagree({ kind: 'nobody', silent });
  }
  const { block, manifest, electionKey, ending, ballots, version, url } = highest;
  if (manifest === null) {
    throw new NodesDisagree({ kind: 'unknownElection', url });
  }
  const current = heard.filter((one) => one.block.number + MAX_LAG >= block.number);
  const late = heard
    .filter((one) => !current.includes(one))
    .map((one) => ({ url: one.url, reason: `${block.number - one.block.number} blocks behind` }));
  // Neither ever changes. If both are proven, validators have signed two chains, and nobody must vote on either.
  agree(heard, 'manifest', (one) => one.manifest?.encoded ?? null);
  agree(heard, 'electionKey', (one) => one.electionKey);
  // One that is far behind may be of a time before an upgrade.
  agree(current, 'version', (one) => `${one.version.spec}/${one.version.transaction}`);
  return {
    number: expected.election,
    genesis: expected.genesis,
    manifest,
    electionKey,
    phase: phaseAt(block.number, manifest, ending),
    version,
    ballots,
    block,
    heard: current.map((one) => one.url),
    silent: [...silent, ...late],
  };
}

/** All configured nodes. */
export class Witnesses {
  readonly nodes: readonly Witness[];

  constructor(private readonly configuration: Pick<Configuration, 'nodes' | 'election' | 'genesis'>) {
    this.nodes = configuration.nodes.map((url) => new Witness(url, configuration.genesis));
  }

  /**
   * Asks all nodes for proofs, and compares. One that has said what it cannot prove is named, and nobody goes on; but
   * for those whose ballot is cast, who lose nothing by what is proven.
   */
  async election(cast = false): Promise<Election> {
    const { election, genesis } = this.configuration;
    const heard: Testimony[] = [];
    const silent: Silence[] = [];
    const ask = async (witness: Witness) => {
      try {
        heard.push(await testimony(witness, election, genesis));
      } catch (error) {
        if (error instanceof NodesDisagree) {
          throw error;
        }
        silent.push({ url: witness.url, reason: error instanceof Error ? error.message : String(error) });
      }
    };
    await this.begun();
    await Promise.all(this.nodes.map(ask));
    if (!cast) {
      this.refuse();
    }
    return compare(this.configuration, heard, silent);
  }

  /** Until some node has proven a final block, or all have failed; what they failed of is found when they are asked. */
  private async begun(): Promise<void> {
    await Promise.any(this.nodes.map((witness) => witness.heard(PATIENCE_MS))).catch(() => undefined);
  }

  private refuse(): void {
    const liars = this.nodes.filter((witness) => witness.contradiction !== null);
    if (liars.length > 0) {
      const detail = liars.map((witness) => witness.contradiction?.message ?? '').join('; ');
      throw new NodesDisagree({ kind: 'unproven', urls: liars.map((witness) => witness.url), detail });
    }
  }

  /** Ends all connections. */
  close(): void {
    this.nodes.forEach((witness) => witness.close());
  }
}
