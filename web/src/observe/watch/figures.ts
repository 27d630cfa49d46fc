// What an election looks like in the state after one block.

import type { Hex } from '../../encoding/hex';
import { type FinalBlock, type Source, type Values, valueOf } from '../../chain/source';
import { type Ceremony, decode, type ElectionResult, type Ending, type Paper, type Share, type Tally } from '../../chain/state/decode';
import { keys } from '../../chain/state/keys';
import { type Phase, phaseAt } from '../../chain/state/phase';

/** One district's numbers. */
export interface DistrictFigures {
  readonly id: number;
  readonly name: string;
  readonly registered: number;
  readonly issued: number;
  readonly cast: number;
  readonly tally: Tally | null;
}

/** A trustee's part in the key ceremony. */
export interface Part {
  readonly trustee: number;
  readonly name: string;
  readonly state: 'done' | 'awaited' | 'late' | 'excluded';
}

/** The key ceremony. */
export interface CeremonyFigures extends Ceremony {
  readonly parts: readonly Part[];
  readonly key: Hex | null;
}

/** What a trustee has sent for the districts that are to be decrypted. */
export interface TrusteeShares {
  readonly trustee: number;
  readonly name: string;
  readonly accepted: number;
  readonly invalid: number;
  /** Districts that there are shares for. */
  readonly of: number;
  /** The block of the latest that was accepted. */
  readonly last: number | null;
}

/** All of it. */
export interface Figures {
  readonly block: FinalBlock;
  readonly phase: Phase;
  readonly ending: Ending | null;
  readonly districts: readonly DistrictFigures[];
  /** Ballots accepted, superseded ones included. */
  readonly ballots: number;
  readonly ceremony: CeremonyFigures | null;
  readonly shares: readonly TrusteeShares[];
  readonly result: ElectionResult | null;
}

/** The block in which the next phase begins by itself; `null` where it takes somebody's work. */
export function nextPhaseAt(phase: Phase, paper: Pick<Paper, 'registration' | 'voting'>): number | null {
  switch (phase) {
    case 'announced':
      return paper.registration.start;
    case 'registration':
      return paper.registration.end;
    case 'waiting':
      return paper.voting.start;
    case 'voting':
      return paper.voting.end;
    case 'tallying':
    case 'published':
    case 'cancelled':
      return null;
  }
}

function wanted(election: number, paper: Paper): Hex[] {
  return [
    keys.ending(election),
    keys.ballotCount(election),
    keys.ceremony(election),
    keys.awaited(election),
    keys.electionKeys(election),
    keys.result(election),
    ...paper.districts.flatMap(({ id }) => [keys.registered(election, id), keys.cast(election, id), keys.tally(election, id)]),
  ];
}

function ceremonyOf(values: Values, election: number, paper: Paper, block: number): CeremonyFigures | null {
  const status = valueOf(values, keys.ceremony(election), decode.ceremony);
  if (status === null) {
    return null;
  }
  const awaited = valueOf(values, keys.awaited(election), decode.awaited) ?? [];
  const excluded = status.excluded.map(({ trustee }) => trustee);
  const state = (trustee: number): Part['state'] => {
    if (excluded.includes(trustee)) {
      return 'excluded';
    }
    if (status.stage === 'complete' || !awaited.includes(trustee)) {
      return 'done';
    }
    return block > status.deadline ? 'late' : 'awaited';
  };
  const parts = paper.trustees.map((name, index) => ({ trustee: index + 1, name, state: state(index + 1) }));
  return { ...status, parts, key: valueOf(values, keys.electionKeys(election), decode.electionKey) };
}

function districtsOf(values: Values, election: number, paper: Paper): DistrictFigures[] {
  return paper.districts.map(({ id, name }) => {
    const register = valueOf(values, keys.registered(election, id), decode.registered);
    return {
      id,
      name,
      registered: register?.participating ?? 0,
      issued: register?.issued ?? 0,
      cast: valueOf(values, keys.cast(election, id), decode.count) ?? 0,
      tally: valueOf(values, keys.tally(election, id), decode.tally),
    };
  });
}

/** Sums up what every trustee has sent. */
export function sumShares(
  paper: Pick<Paper, 'trustees'>,
  districts: readonly number[],
  find: (district: number, trustee: number) => Share | null,
): TrusteeShares[] {
  return paper.trustees.map((name, index) => {
    const shares = districts.flatMap((district) => find(district, index + 1) ?? []);
    const blocks = shares.flatMap(({ accepted }) => accepted ?? []);
    return {
      trustee: index + 1,
      name,
      accepted: blocks.length,
      invalid: shares.reduce((sum, { invalid }) => sum + invalid, 0),
      of: districts.length,
      last: blocks.length === 0 ? null : Math.max(...blocks),
    };
  });
}

async function readShares(source: Source, election: number, paper: Paper, block: FinalBlock, districts: readonly DistrictFigures[]): Promise<TrusteeShares[]> {
  // Districts without a ballot are settled at once, and nobody decrypts anything for them.
  const decrypted = districts.filter(({ tally, cast }) => tally !== null && cast > 0).map(({ id }) => id);
  const wantedShares = decrypted.flatMap((id) => paper.trustees.map((_, index) => keys.share(election, id, index + 1)));
  if (wantedShares.length === 0) {
    return [];
  }
  const values = await source.read(wantedShares, block);
  return sumShares(paper, decrypted, (id, trustee) => valueOf(values, keys.share(election, id, trustee), decode.share));
}

/** Reads everything. */
export async function readFigures(source: Source, election: number, paper: Paper, block: FinalBlock): Promise<Figures> {
  const values = await source.read(wanted(election, paper), block);
  const ending = valueOf(values, keys.ending(election), decode.ending);
  const districts = districtsOf(values, election, paper);
  return {
    block,
    phase: phaseAt(block.number, paper, ending),
    ending,
    districts,
    ballots: valueOf(values, keys.ballotCount(election), decode.count) ?? 0,
    ceremony: ceremonyOf(values, election, paper, block.number),
    shares: await readShares(source, election, paper, block, districts),
    result: valueOf(values, keys.result(election), decode.result),
  };
}
