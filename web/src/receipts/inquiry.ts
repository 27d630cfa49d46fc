// The check of a receipt: what it proves by itself, and what nodes prove about the same ballot. No node is told which
// ballot that is: what is read are whole pages of the register, each with its proof.

import { Contradiction, valueOf } from '../chain/source';
import { BALLOTS_PER_PAGE, type BallotRecord, decode } from '../chain/state/decode';
import { keys } from '../chain/state/keys';
import type { Standing, Witness } from '../chain/witness';
import { readPage } from '../delivery/look';
import { type Hex, isHex } from '../encoding/hex';
import { shapeOf } from '../encoding/shape';
import type { Receipts, Verdict } from './receipts';

/** So long is waited for a node's first final block. */
const PATIENCE_MS = 20_000;
/** Pages that are searched for a tracker: a quarter of a million ballots, as the observers' page reads. */
const MAX_PAGES = 4_096;
/** Pages in one question. */
const PAGES_AT_ONCE = 16;

/** What one node proves about the ballot. */
export interface NodeWord {
  readonly url: string;
  /** `lies`: it says what the validators have not signed. `silent`: it does not answer, or is behind. */
  readonly says: 'has' | 'lacks' | 'lies' | 'silent';
}

/** What came of an inquiry. */
export interface Outcome {
  /** What the receipt proves; `null` where only a tracker was looked for. */
  readonly verdict: Verdict | null;
  readonly tracker: Hex | null;
  /** The block that holds the ballot. */
  readonly block: number | null;
  readonly nodes: readonly NodeWord[];
}

/** Where a ballot stands. */
interface Place {
  readonly index: number;
  readonly block: number;
}

/** Whether some node contradicts what the validators have signed: a receipt, or anything else. */
export function contradicted({ nodes, verdict }: Outcome): boolean {
  const proven = verdict?.kind === 'included';
  return nodes.some(({ says }) => says === 'lies' || (proven && says === 'lacks'));
}

/** Whether the record at a place is the ballot's. */
export function isAt(records: readonly BallotRecord[], { index, block }: Place, tracker: Hex): boolean {
  const record = records[index % BALLOTS_PER_PAGE];
  return record?.tracker === tracker && record.block === block;
}

/** Verifies a receipt, and asks the nodes for the page that it proves. */
export async function inquire(
  receipts: Receipts,
  witnesses: readonly Witness[],
  election: number,
  receipt: string,
): Promise<Outcome> {
  const verdict = await receipts.verify(receipt);
  if (verdict.kind === 'refused' || !isHex(verdict.tracker, 32)) {
    return { verdict, tracker: null, block: null, nodes: [] };
  }
  const { tracker, block } = verdict;
  const index = shapeOf(JSON.parse(receipt), 'receipt').field('index').count();
  return { verdict, tracker, block, nodes: await askAll(witnesses, (witness) => hasAt(witness, election, tracker, { index, block })) };
}

/** Looks for a tracker in all ballots, from the newest on. */
export async function lookFor(witnesses: readonly Witness[], election: number, tracker: Hex): Promise<Outcome> {
  const place = await find(witnesses, election, tracker);
  const nodes = await askAll(witnesses, (witness) =>
    place === null ? heardWithout(witness) : hasAt(witness, election, tracker, place),
  );
  return { verdict: null, tracker, block: place?.block ?? null, nodes };
}

async function askAll(witnesses: readonly Witness[], ask: (witness: Witness) => Promise<NodeWord['says']>): Promise<NodeWord[]> {
  return Promise.all(
    witnesses.map(async (witness) => {
      const says = await ask(witness).catch((error: unknown) => (error instanceof Contradiction ? 'lies' : 'silent'));
      return { url: witness.url, says: witness.contradiction === null ? says : 'lies' };
    }),
  );
}

async function hasAt(witness: Witness, election: number, tracker: Hex, place: Place): Promise<NodeWord['says']> {
  const { block } = await witness.heard(PATIENCE_MS);
  if (block.number < place.block) {
    return 'silent';
  }
  const page = Math.floor(place.index / BALLOTS_PER_PAGE);
  const { records } = await readPage(witness, election, page, block);
  return isAt(records, place, tracker) ? 'has' : 'lacks';
}

async function heardWithout(witness: Witness): Promise<NodeWord['says']> {
  await witness.heard(PATIENCE_MS);
  return 'lacks';
}

/** Searches at the node with the highest final block; where that one fails, at the next. */
async function find(witnesses: readonly Witness[], election: number, tracker: Hex): Promise<Place | null> {
  const heard = await Promise.allSettled(
    witnesses.map(async (witness) => ({ witness, standing: await witness.heard(PATIENCE_MS) })),
  );
  const able = heard.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  able.sort((one, other) => other.standing.block.number - one.standing.block.number);
  for (const { witness, standing } of able) {
    try {
      return await search(witness, standing, election, tracker);
    } catch {
      // What is wrong with this node is told beside its name.
    }
  }
  return null;
}

async function search(witness: Witness, { block }: Standing, election: number, tracker: Hex): Promise<Place | null> {
  const key = keys.ballotCount(election);
  const count = valueOf((await witness.prove([key], block)).values, key, decode.count) ?? 0;
  const last = Math.ceil(count / BALLOTS_PER_PAGE) - 1;
  const least = Math.max(0, last + 1 - MAX_PAGES);
  for (let newest = last; newest >= least; newest -= PAGES_AT_ONCE) {
    const length = Math.min(PAGES_AT_ONCE, newest - least + 1);
    const pages = Array.from({ length }, (_, back) => newest - back);
    const { values } = await witness.prove(pages.map((page) => keys.ballotPage(election, page)), block);
    for (const page of pages) {
      const records = valueOf(values, keys.ballotPage(election, page), decode.ballots) ?? [];
      const place = records.findIndex((record) => record.tracker === tracker);
      const record = records[place];
      if (record !== undefined) {
        return { index: page * BALLOTS_PER_PAGE + place, block: record.block };
      }
    }
  }
  return null;
}
