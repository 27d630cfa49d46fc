/** The voter register: who takes part, and to whom credentials were issued (PSE-REG-1 to PSE-REG-5). */

import { BLOCKS_PER_DAY } from "./consortium.js";
import type { Participation, RegisterCall } from "./extrinsic.js";
import type { Manifest } from "./manifest.js";

/** Blocks between two changes of one voter. */
const CHANGE_INTERVAL = BLOCKS_PER_DAY;
/** So many a tally can count. */
const MAX_VOTERS_PER_DISTRICT = 4_000_000;

interface VoterRecord {
  readonly district: number;
  readonly recordedBy: ReadonlySet<number>;
  readonly participating: boolean;
  readonly issuedBy: ReadonlySet<number>;
  readonly issued: boolean;
  /** The block of the last change; 0 before the first. */
  readonly changed: number;
}

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
  readonly #voters = new Map<bigint, VoterRecord>();
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

  /** Carries out all of a registrar's call or nothing; says how many records it holds. */
  dispatch(circumstances: Circumstances, registrar: number, call: RegisterCall): number {
    try {
      const draft = this.#draft(circumstances, registrar, call);
      this.#store(draft);
      return call.call === "withdraw" ? 1 : call.voters.length;
    } catch (error) {
      if (error instanceof Ineffective) return 0;
      throw error;
    }
  }

  #draft(circumstances: Circumstances, registrar: number, call: RegisterCall): Map<bigint, VoterRecord> {
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
  #participate(
    circumstances: Circumstances,
    registrar: number,
    voters: readonly Participation[],
  ): Map<bigint, VoterRecord> {
    this.#requireRegistration(circumstances);
    const draft = new Map<bigint, VoterRecord>();
    const joining = new Map<number, number>();
    for (const { voter, district } of voters) {
      const counts = this.#counts.get(district);
      require(counts !== undefined);
      const record = draft.get(voter) ?? this.#voters.get(voter) ?? newRecord(district);
      require(!record.recordedBy.has(registrar));
      require(record.recordedBy.size === 0 || record.district === district);
      const settled = this.#settle(circumstances.now, {
        ...record,
        district,
        recordedBy: new Set([...record.recordedBy, registrar]),
      });
      if (settled.participating && !record.participating) {
        joining.set(district, (joining.get(district) ?? 0) + 1);
        require((counts?.participating ?? 0) + (joining.get(district) ?? 0) <= this.limit);
      }
      draft.set(voter, settled);
    }
    return draft;
  }

  /** PSE-REG-3 */
  #withdraw(circumstances: Circumstances, registrar: number, voter: bigint): Map<bigint, VoterRecord> {
    this.#requireRegistration(circumstances);
    const record = this.#voters.get(voter);
    if (record === undefined || !record.recordedBy.has(registrar)) throw new Ineffective();
    const recordedBy = new Set(record.recordedBy);
    recordedBy.delete(registrar);
    return new Map([[voter, this.#settle(circumstances.now, { ...record, recordedBy })]]);
  }

  /** PSE-REG-4 */
  #issue(circumstances: Circumstances, registrar: number, voters: readonly bigint[]): Map<bigint, VoterRecord> {
    const { quorum } = this.manifest;
    require(circumstances.phase === "voting");
    const draft = new Map<bigint, VoterRecord>();
    for (const voter of voters) {
      const record = draft.get(voter) ?? this.#voters.get(voter);
      if (record === undefined || !record.participating || record.issuedBy.has(registrar)) throw new Ineffective();
      // Of signatures beyond a quorum, several voters could make one credential more than they are.
      require(!record.issued);
      const issuedBy = new Set([...record.issuedBy, registrar]);
      draft.set(voter, { ...record, issuedBy, issued: issuedBy.size >= quorum });
    }
    return draft;
  }

  #requireRegistration({ phase, now }: Circumstances): void {
    const { start, end } = this.manifest.registration;
    require(phase === "registration" && start <= now && now < end);
  }

  /** A voter takes part as long as a quorum stands behind them; at most one change a day (PSE-REG-1). */
  #settle(now: number, record: VoterRecord): VoterRecord {
    const participating = record.recordedBy.size >= this.manifest.quorum;
    if (participating === record.participating) return record;
    require(record.changed === 0 || now >= record.changed + CHANGE_INTERVAL);
    return { ...record, participating, changed: now };
  }

  #store(draft: ReadonlyMap<bigint, VoterRecord>): void {
    for (const [voter, record] of draft) {
      const earlier = this.#voters.get(voter);
      if (earlier !== undefined) this.#count(earlier, -1);
      this.#count(record, 1);
      this.#voters.set(voter, record);
    }
  }

  #count({ district, participating, issued }: VoterRecord, by: 1 | -1): void {
    const counts = this.#counts.get(district);
    if (counts === undefined) return;
    if (participating) counts.participating += by;
    if (issued) counts.issued += by;
  }
}

function newRecord(district: number): VoterRecord {
  return { district, recordedBy: new Set(), participating: false, issuedBy: new Set(), issued: false, changed: 0 };
}
