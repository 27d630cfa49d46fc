/** When ballots came, and into whose blocks (PSE-AUD-19). */

const HOUR = 3_600_000n;

export interface HourReport {
  /** Its beginning in UTC, as RFC 3339 writes it. */
  readonly hour: string;
  readonly ballots: number;
}

export interface AuthorReport {
  /** The author's place among the authorities. */
  readonly authority: number;
  /** How many of its blocks hold ballots. */
  readonly blocks: number;
  readonly ballots: number;
}

export class Arrivals {
  readonly #hours = new Map<bigint, number>();
  readonly #authors = new Map<number, { ballots: number; readonly blocks: Set<number> }>();

  /** One more, in a block of this time and author. */
  add(milliseconds: bigint, authority: number, block: number): void {
    const hour = milliseconds / HOUR;
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + 1);
    const author = this.#authors.get(authority) ?? { ballots: 0, blocks: new Set() };
    author.ballots += 1;
    author.blocks.add(block);
    this.#authors.set(authority, author);
  }

  get byHour(): HourReport[] {
    const hours = [...this.#hours].sort(([one], [other]) => (one < other ? -1 : 1));
    return hours.map(([hour, ballots]) => ({ hour: named(hour), ballots }));
  }

  get byAuthor(): AuthorReport[] {
    const authors = [...this.#authors].sort(([one], [other]) => one - other);
    return authors.map(([authority, { ballots, blocks }]) => ({ authority, blocks: blocks.size, ballots }));
  }
}

/** A block's time can be any number of 64 bits, of which JavaScript's calendar knows the first 275,000 years. */
function named(hour: bigint): string {
  const date = new Date(Number(hour * HOUR));
  return Number.isNaN(date.getTime()) ? `hour ${hour}` : date.toISOString().replace(".000Z", "Z");
}
