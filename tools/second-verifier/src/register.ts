/** The voter register: who takes part, and to whom credentials were issued (PSE-REG-1 to PSE-REG-5, PSE-REG-7). */

import { BLOCKS_PER_DAY } from "./consortium.js";
import type { Participation, RegisterCall } from "./extrinsic.js";
import type { Manifest } from "./manifest.js";

/** Blocks between two changes of one voter. */
const CHANGE_INTERVAL = BLOCKS_PER_DAY;
/** So many a tally can count. */
const MAX_VOTERS_PER_DISTRICT = 4_000_000;

/** A district, and the registrars who stand behind a voter's taking part there. */
export interface Support {
  readonly district: number;
  readonly registrars: ReadonlySet<number>;
}

/** What is known of a voter. */
export interface Voter {
  /** The record's, and then the dissents (PSE-REG-7). */
  readonly supports: readonly Support[];
  readonly participating: boolean;
  readonly issuedBy: ReadonlySet<number>;
  readonly issued: boolean;
  /** The block of the last change; 0 before the first. */
  readonly changed: number;
}

/** Of whom nothing is known. */
const UNKNOWN: Voter = { supports: [], participating: false, issuedBy: new Set(), issued: false, changed: 0 };

type Draft = ReadonlyMap<bigint, Voter>;

interface Counts {
  participating: number;
  issued: number;
}

/** Under which circumstances a registrar's call stands. */
export interface Circumstances {
  readonly phase: "registration" | "voting" | "other";
  readonly now: number;
}

/** Thrown by a call that the rules make fail: none of it has an effect. */
class Ineffective extends Error {}

function require(condition: boolean): void {
  if (!condition) throw new Ineffective();
}

export class Register {
  readonly #voters = new Map<bigint, Voter>();
  readonly #counts: ReadonlyMap<number, Counts>;

  /** A test may take a lower limit, which it can reach. */
  constructor(
    readonly manifest: Manifest,
    readonly limit = MAX_VOTERS_PER_DISTRICT,
  ) {
    this.#counts = new Map(manifest.districts.map(({ id }) => [id, { participating: 0, issued: 0 }]));
  }

  /** Voters who count as issued in a district. */
  issued(district: number): number {
    return this.#counts.get(district)?.issued ?? 0;
  }

  /** What is known of a voter number; nothing of one that never took part and that nobody stands behind. */
  voter(number: bigint): Voter | undefined {
    return this.#voters.get(number);
  }

  /** Carries out all of a registrar's call or nothing; says how many records it holds. */
  dispatch(circumstances: Circumstances, registrar: number, call: RegisterCall): number {
    try {
      const draft = this.#draft(circumstances, registrar, call);
      this.#requireRoom(draft);
      this.#store(draft);
      return call.call === "withdraw" ? 1 : call.voters.length;
    } catch (error) {
      if (error instanceof Ineffective) return 0;
      throw error;
    }
  }

  #draft(circumstances: Circumstances, registrar: number, call: RegisterCall): Draft {
    switch (call.call) {
      case "participate":
        return this.#participate(circumstances, registrar, call.voters);
      case "withdraw":
        return this.#withdraw(circumstances, registrar, call.voter);
      case "issue":
        return this.#issue(circumstances, registrar, call.voters);
    }
  }

  /** PSE-REG-2 */
  #participate(circumstances: Circumstances, registrar: number, voters: readonly Participation[]): Draft {
    this.#requireRegistration(circumstances);
    const draft = new Map<bigint, Voter>();
    for (const { voter, district } of voters) {
      require(this.#counts.has(district));
      const known = this.#drafted(draft, voter);
      require(!known.supports.some(({ registrars }) => registrars.has(registrar)));
      const supports = withSupport(known.supports, district, registrar);
      draft.set(voter, this.#settle(circumstances.now, { ...known, supports }));
    }
    return draft;
  }

  /** PSE-REG-3 */
  #withdraw(circumstances: Circumstances, registrar: number, voter: bigint): Draft {
    this.#requireRegistration(circumstances);
    const known = this.#voters.get(voter) ?? UNKNOWN;
    require(known.supports.some(({ registrars }) => registrars.has(registrar)));
    const supports = withoutSupport(known.supports, registrar);
    return new Map([[voter, this.#settle(circumstances.now, { ...known, supports })]]);
  }

  /** PSE-REG-4 */
  #issue(circumstances: Circumstances, registrar: number, voters: readonly bigint[]): Draft {
    const { quorum } = this.manifest;
    require(circumstances.phase === "voting");
    const draft = new Map<bigint, Voter>();
    for (const voter of voters) {
      const known = this.#drafted(draft, voter);
      require(known.participating && !known.issuedBy.has(registrar));
      // Of signatures beyond a quorum, several voters could make one credential more than they are.
      require(!known.issued);
      const issuedBy = new Set([...known.issuedBy, registrar]);
      draft.set(voter, { ...known, issuedBy, issued: issuedBy.size >= quorum });
    }
    return draft;
  }

  #drafted(draft: Draft, voter: bigint): Voter {
    return draft.get(voter) ?? this.#voters.get(voter) ?? UNKNOWN;
  }

  #requireRegistration({ phase, now }: Circumstances): void {
    const { start, end } = this.manifest.registration;
    require(phase === "registration" && start <= now && now < end);
  }

  /** Whoever joins a district, by whichever call, finds room there: more than the limit a tally cannot count. */
  #requireRoom(draft: Draft): void {
    const takingPart = new Map<Counts, number>();
    for (const [number, voter] of draft) {
      const counts = this.#countsOf(voter);
      if (counts === undefined || !voter.participating || this.#voters.get(number)?.participating) continue;
      const there = (takingPart.get(counts) ?? counts.participating) + 1;
      require(there <= this.limit);
      takingPart.set(counts, there);
    }
  }

  /**
   * A voter takes part as long as a quorum stands behind them, in a district that does not change meanwhile; at most
   * one change a day (PSE-REG-1, PSE-REG-7).
   */
  #settle(now: number, voter: Voter): Voter {
    const { quorum } = this.manifest;
    const ordered = voter.participating ? voter.supports : decided(voter.supports, quorum);
    const supports = ordered.filter(({ registrars }, at) => at === 0 || registrars.size > 0);
    const participating = (supports[0]?.registrars.size ?? 0) >= quorum;
    if (participating === voter.participating) return { ...voter, supports };
    require(voter.changed === 0 || now >= voter.changed + CHANGE_INTERVAL);
    return { ...voter, supports, participating, changed: now };
  }

  #store(draft: Draft): void {
    for (const [number, voter] of draft) {
      const earlier = this.#voters.get(number);
      if (earlier !== undefined) this.#count(earlier, -1);
      this.#count(voter, 1);
      if (isKnown(voter)) this.#voters.set(number, voter);
      else this.#voters.delete(number);
    }
  }

  #count(voter: Voter, by: 1 | -1): void {
    const counts = this.#countsOf(voter);
    if (counts === undefined) return;
    if (voter.participating) counts.participating += by;
    if (voter.issued) counts.issued += by;
  }

  /** The counts of the voter's district. */
  #countsOf({ supports: [own] }: Voter): Counts | undefined {
    return own && this.#counts.get(own.district);
  }
}

function isKnown({ supports, changed }: Voter): boolean {
  return changed !== 0 || supports.some(({ registrars }) => registrars.size > 0);
}

/** The registrar stands behind the voter in the district, too; a district that nobody has named comes last. */
function withSupport(supports: readonly Support[], district: number, registrar: number): Support[] {
  const isNamed = supports.some((own) => own.district === district);
  const named = isNamed ? supports : [...supports, { district, registrars: new Set<number>() }];
  return named.map((own) =>
    own.district === district ? { district, registrars: new Set([...own.registrars, registrar]) } : own,
  );
}

/** The registrar stands behind the voter in no district. */
function withoutSupport(supports: readonly Support[], registrar: number): Support[] {
  return supports.map(({ district, registrars }) => ({
    district,
    registrars: new Set([...registrars].filter((own) => own !== registrar)),
  }));
}

/** Where a quorum stands behind the voter, or else where anybody does, changes places with the first. */
function decided(supports: readonly Support[], quorum: number): readonly Support[] {
  const [first] = supports;
  const chosen =
    supports.find(({ registrars }) => registrars.size >= quorum) ?? supports.find(({ registrars }) => registrars.size > 0);
  if (first === undefined || chosen === undefined) return supports;
  return supports.map((own) => (own === first ? chosen : own === chosen ? first : own));
}
