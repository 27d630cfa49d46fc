// When a ballot that has not arrived is handed over again, and how. Pure, so that time can be played.

/** The register is read as often where no node tells of new final blocks by itself. */
export const LOOK_MS = 3_000;
/** After news of one: the other nodes tell of the same block within moments. */
export const NEWS_MS = 100;
/**
 * So often the register is read on when the receipt is proven, at least and at most, unless the page is closed: one
 * that stopped at once would tell the nodes that its ballot is among those of the last block.
 */
export const LOOKS_AFTER_PROOF = { least: 20, most: 120 } as const;
/** Beyond the relays' delays: two blocks, finality and a slow network. */
export const SLACK_MS = 45_000;
/** So many times the mean: an exponential delay exceeds it once in twenty. */
export const PATIENCE_FACTOR = 3;
/** A hand-over that failed is tried again after so long. */
export const RETRY_MS = 4_000;
/** So many blocks before the closing block a ballot that has not arrived goes to the nodes, too. */
export const LAST_RESORT_BLOCKS = 10;
/** So many blocks after the closing block a ballot that no node has is given up. */
export const GIVE_UP_BLOCKS = 10;

/** What is known when deciding. */
export interface Situation {
  readonly now: number;
  /** When it was last handed over successfully; `null` if never. */
  readonly handedOverAt: number | null;
  /** When a hand-over was last tried in vain; `null` if never. */
  readonly failedAt: number | null;
  /** Relays on the path; 0 where ballots go to the nodes. */
  readonly hops: number;
  /** Mean delay at each relay, in milliseconds. */
  readonly meanDelay: number;
  /** The last block that any node has proven to be final. */
  readonly block: number;
  /** The closing block. */
  readonly closing: number;
  /** Whether it was given to the nodes as a last resort. */
  readonly lastResort: boolean;
}

/** What to do now. */
export type Action = 'wait' | 'handOver' | 'direct' | 'giveUp';

/** How often to read on when the receipt is proven; `chance` is from 0 on and below 1. */
export function looksAfterProof(chance: number): number {
  const { least, most } = LOOKS_AFTER_PROOF;
  return least + Math.floor(chance * (most - least + 1));
}

/** How long a hand-over is given to arrive. */
export function patience(hops: number, meanDelay: number): number {
  return SLACK_MS + PATIENCE_FACTOR * hops * meanDelay;
}

/** Decides. */
export function next(situation: Situation): Action {
  const { now, handedOverAt, failedAt, hops, meanDelay, block, closing, lastResort } = situation;
  if (block >= closing + GIVE_UP_BLOCKS) {
    return 'giveUp';
  }
  const late = hops > 0 && block + LAST_RESORT_BLOCKS >= closing;
  if (late && !lastResort) {
    return 'direct';
  }
  if (failedAt !== null && now - failedAt < RETRY_MS) {
    return 'wait';
  }
  const due = handedOverAt === null || now - handedOverAt >= patience(hops, meanDelay);
  return due ? 'handOver' : 'wait';
}
