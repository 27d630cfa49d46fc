// What the nodes say about a ballot that was cast. One that has it, and one that denies what another
// has in a final block, cannot both be right.

import type { BallotRecord, Block, Node } from '../chain/node';
import type { Hex } from '../encoding/hex';

/** One node's word. */
export interface Word {
  readonly url: string;
  /** `null` where the node does not answer. */
  readonly finalised: Block | null;
  readonly record: BallotRecord | null;
}

/** What follows from all nodes' words. */
export interface Findings {
  /** Nodes that answer. */
  readonly asked: readonly string[];
  /** Nodes that have the ballot in a final block. */
  readonly confirmed: readonly string[];
  /** Nodes that have finalised that block and deny the ballot, or show another. */
  readonly denying: readonly string[];
  /** Nodes that answer and have not finalised that block yet. */
  readonly behind: readonly string[];
  /** The record that most nodes show. */
  readonly record: BallotRecord | null;
  /** The highest final block. */
  readonly block: number;
}

/** Asks one node. */
export async function ask(node: Node, election: number, tracker: Hex): Promise<Word> {
  try {
    const finalised = await node.finalised();
    return { url: node.url, finalised, record: await node.ballotByTracker(election, tracker, finalised.hash) };
  } catch {
    return { url: node.url, finalised: null, record: null };
  }
}

function same(one: BallotRecord, other: BallotRecord): boolean {
  return (
    one.tracker === other.tracker &&
    one.block === other.block &&
    one.account === other.account &&
    one.district === other.district &&
    one.index === other.index
  );
}

/** Compares. A record of another tracker, or in a block that is not final there, confirms nothing. */
export function findings(words: readonly Word[], tracker: Hex): Findings {
  const heard = words.filter((word) => word.finalised !== null);
  const claims = heard.flatMap((word) => {
    const { record, finalised } = word;
    const sound = record !== null && record.tracker === tracker && record.block <= (finalised?.number ?? 0);
    return sound ? [{ url: word.url, record }] : [];
  });
  const supporters = claims.map((claim) => claims.filter((other) => same(other.record, claim.record)));
  const best = supporters.reduce<typeof claims>((most, group) => (group.length > most.length ? group : most), []);
  const record = best[0]?.record ?? null;
  const confirmed = best.map((claim) => claim.url);
  const denying = heard.filter(
    (word) => record !== null && (word.finalised?.number ?? 0) >= record.block && !confirmed.includes(word.url),
  );
  const behind = heard.filter((word) => record !== null && (word.finalised?.number ?? 0) < record.block);
  return {
    asked: heard.map((word) => word.url),
    confirmed,
    denying: denying.map((word) => word.url),
    behind: behind.map((word) => word.url),
    record,
    block: Math.max(0, ...heard.map((word) => word.finalised?.number ?? 0)),
  };
}
