/** The consortium's motions, as `pallet-collective` treats them (PSE-AUD-9). */

import { hex, type Bytes } from "./bytes.js";
import type { Call, ConsortiumCall } from "./extrinsic.js";
import { blake2b256 } from "./hashing.js";

export const BLOCKS_PER_DAY = 28_800;
const MAX_MOTIONS = 32;
const MOTION_BLOCKS = BLOCKS_PER_DAY;

interface Motion {
  readonly index: number;
  readonly threshold: number;
  readonly call: Call;
  readonly length: number;
  readonly ayes: Set<string>;
  readonly nays: Set<string>;
  readonly end: number;
}

/** A call that was carried; and whether by more than half of all members, which an election takes. */
export interface Decision {
  readonly call: Call;
  readonly byMajority: boolean;
}

export class Consortium {
  readonly #members: Set<string>;
  readonly #motions = new Map<string, Motion>();
  #nextIndex = 0;

  constructor(members: readonly Bytes[]) {
    this.#members = new Set(members.map(hex));
  }

  isMember(account: Bytes): boolean {
    return this.#members.has(hex(account));
  }

  admit(account: Bytes): void {
    this.#members.add(hex(account));
  }

  /** Takes the member's votes on open motions along (PSE-VAL-3). */
  dismiss(account: Bytes): void {
    const member = hex(account);
    this.#members.delete(member);
    for (const { ayes, nays } of this.#motions.values()) {
      ayes.delete(member);
      nays.delete(member);
    }
  }

  dispatch(member: Bytes, call: ConsortiumCall, now: number): Decision | undefined {
    switch (call.call) {
      case "propose":
        return this.#propose(call, now);
      case "vote":
        return this.#vote(hex(member), call);
      case "close":
        return this.#close(call, now);
    }
  }

  #decision(call: Call, ayes: number): Decision {
    return { call, byMajority: ayes * 2 > this.#members.size };
  }

  /** Proposing is no vote; but a motion that takes one aye is carried by its proposer's at once. */
  #propose(
    { threshold, proposal, proposalBytes, lengthBound }: ConsortiumCall & { call: "propose" },
    now: number,
  ): Decision | undefined {
    const hash = hex(blake2b256(proposalBytes));
    const length = proposalBytes.length;
    if (length > lengthBound || this.#motions.has(hash)) return undefined;
    if (threshold < 2) return this.#decision(proposal, 1);
    if (this.#motions.size >= MAX_MOTIONS) return undefined;
    this.#motions.set(hash, {
      index: this.#nextIndex,
      threshold,
      call: proposal,
      length,
      ayes: new Set(),
      nays: new Set(),
      end: now + MOTION_BLOCKS,
    });
    this.#nextIndex += 1;
    return undefined;
  }

  #vote(member: string, { proposal, index, approve }: ConsortiumCall & { call: "vote" }): undefined {
    const motion = this.#motions.get(hex(proposal));
    if (motion === undefined || motion.index !== index) return undefined;
    const [chosen, other] = approve ? [motion.ayes, motion.nays] : [motion.nays, motion.ayes];
    other.delete(member);
    chosen.add(member);
    return undefined;
  }

  #close({ proposal, index, lengthBound }: ConsortiumCall & { call: "close" }, now: number): Decision | undefined {
    const hash = hex(proposal);
    const motion = this.#motions.get(hash);
    if (motion === undefined || motion.index !== index) return undefined;
    const seats = this.#members.size;
    const [ayes, nays] = [motion.ayes.size, motion.nays.size];
    const rejected = seats - nays < motion.threshold;
    const late = now >= motion.end;
    // Once the time is up, those who did not vote follow a majority of all members.
    const counted = late && ayes * 2 > seats ? seats - nays : ayes;
    if (ayes >= motion.threshold || (!rejected && counted >= motion.threshold)) {
      if (motion.length > lengthBound) return undefined;
      this.#motions.delete(hash);
      return this.#decision(motion.call, Math.max(counted, ayes));
    }
    if (rejected || late) this.#motions.delete(hash);
    return undefined;
  }
}
