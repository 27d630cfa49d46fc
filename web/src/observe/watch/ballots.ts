// The ballots as they arrive: the newest one by one, and of all when they came. Their records share pages of the
// state, which are read newest first, so that the page shows something at once and the whole in the end.

import { BALLOTS_PER_PAGE, type BallotRecord, decode, type Paper } from '../../chain/state/decode';
import { keys } from '../../chain/state/keys';
import { type FinalBlock, SLOT_MS, type Source, valueOf } from '../../chain/source';

/** Pages in one go: a hundred kilobytes or so of proof. */
const PAGES_AT_ONCE = 16;
/** So many of the newest are shown. */
const NEWEST = 12;
/** Pages that are read for the chart: a quarter of a million ballots, twenty megabytes of proofs. */
const MAX_PAGES = 4_096;

const blocksIn = (minutes: number) => (minutes * 60_000) / SLOT_MS;
/** From so long on, voting is shown by the hour. */
const BY_HOUR_FROM = blocksIn(180);
/** Bars where voting is shorter. */
const MAX_SHORT_BARS = 40;
/** Steps below an hour, in minutes. */
const SHORT_STEPS = [1, 5, 10, 15, 30] as const;

/** A ballot and its place in the order of acceptance. */
export interface PlacedBallot extends BallotRecord {
  readonly index: number;
}

/** One bar of the chart: when it begins, and how many ballots came within it. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly byDistrict: ReadonlyMap<number, number>;
  readonly total: number;
}

/** What the page shows of it. */
export interface BallotsView {
  readonly newest: readonly PlacedBallot[];
  /** Minutes that one bar of the chart stands for. */
  readonly minutes: number;
  readonly steps: readonly Step[];
  /** How many of the ballots are in the chart already. */
  readonly counted: number;
  readonly of: number;
}

/** How many minutes one bar stands for: an hour, or less where voting is short. */
export function minutesOfStep(voting: Paper['voting']): number {
  const blocks = voting.end - voting.start;
  if (blocks >= BY_HOUR_FROM) {
    return 60;
  }
  return SHORT_STEPS.find((minutes) => blocks / blocksIn(minutes) <= MAX_SHORT_BARS) ?? 30;
}

/** The pages that hold ballots which are not counted yet, newest first. */
export function missingPages(count: number, counted: ReadonlyMap<number, number>): number[] {
  const pages = Math.min(Math.ceil(count / BALLOTS_PER_PAGE), MAX_PAGES);
  const last = Math.ceil(count / BALLOTS_PER_PAGE) - 1;
  return Array.from({ length: pages }, (_, back) => last - back).filter(
    (page) => (counted.get(page) ?? 0) < Math.min(BALLOTS_PER_PAGE, count - page * BALLOTS_PER_PAGE),
  );
}

/** Everything that was read of an election's ballots. */
export class BallotBook {
  private newest: PlacedBallot[] = [];
  private readonly counted = new Map<number, number>();
  private readonly steps = new Map<number, Map<number, number>>();
  private readonly step: number;
  private count = 0;

  constructor(
    private readonly election: number,
    private readonly paper: Paper,
  ) {
    this.step = blocksIn(minutesOfStep(paper.voting));
  }

  /** Reads some of the ballots that are missing; whether there are more. */
  async readSome(source: Source, count: number, at: FinalBlock): Promise<boolean> {
    this.count = count;
    const missing = missingPages(count, this.counted);
    const pages = missing.slice(0, PAGES_AT_ONCE);
    if (pages.length > 0) {
      const values = await source.read(pages.map((page) => keys.ballotPage(this.election, page)), at);
      for (const page of pages) {
        this.take(page, valueOf(values, keys.ballotPage(this.election, page), decode.ballots) ?? []);
      }
    }
    return missing.length > pages.length;
  }

  /** Takes a page in, of which the first records may be known. */
  take(page: number, records: readonly BallotRecord[]): void {
    const known = this.counted.get(page) ?? 0;
    const fresh = records.slice(known).map((record, at) => ({ ...record, index: page * BALLOTS_PER_PAGE + known + at }));
    this.counted.set(page, Math.max(known, records.length));
    this.newest = [...this.newest, ...fresh].sort((a, b) => b.index - a.index).slice(0, NEWEST);
    for (const { block, district } of fresh) {
      const step = Math.floor((block - this.paper.voting.start) / this.step);
      const districts = this.steps.get(step) ?? new Map<number, number>();
      districts.set(district, (districts.get(district) ?? 0) + 1);
      this.steps.set(step, districts);
    }
  }

  view(): BallotsView {
    const { start, end } = this.paper.voting;
    const bars = Math.ceil((end - start) / this.step);
    const steps = Array.from({ length: bars }, (_, step) => {
      const byDistrict = this.steps.get(step) ?? new Map<number, number>();
      const total = [...byDistrict.values()].reduce((sum, ballots) => sum + ballots, 0);
      return { from: start + step * this.step, to: Math.min(start + (step + 1) * this.step, end), byDistrict, total };
    });
    const counted = [...this.counted.values()].reduce((sum, records) => sum + records, 0);
    return { newest: this.newest, minutes: minutesOfStep(this.paper.voting), steps, counted, of: Math.max(this.count, counted) };
  }
}
