/** One election, put together from what the blocks say (PSE-ELE-4 to PSE-ELE-9). */

import { Arrivals } from "./arrivals.js";
import { BallotBox, type Verified } from "./ballot-box.js";
import { decodeElectionKey } from "./ballot-proofs.js";
import { equal, type Bytes } from "./bytes.js";
import { Ceremony } from "./ceremony.js";
import type { Checker } from "./checker.js";
import type { Manifest } from "./manifest.js";
import { refusalOf } from "./refusal.js";
import { Register } from "./register.js";
import type { ElectionResult } from "./result.js";
import { Tally } from "./tally.js";
import type { Context } from "./transcripts.js";

export type Phase = "registration" | "voting" | "tallying" | "published" | "cancelled";

const NOTHING: Verified = { ballots: 0, ciphertexts: 0, objections: [] };

export class Election {
  readonly context: Context;
  readonly register: Register;
  readonly ceremony: Ceremony;
  readonly ballots: BallotBox;
  readonly arrivals = new Arrivals();
  #tally: Tally | undefined;
  #result: ElectionResult | undefined;
  #completedBy: number | undefined;
  #cancelled = false;
  /** Set when voting opens. */
  #key: Bytes | undefined;

  constructor(
    readonly id: number,
    readonly manifest: Manifest,
    genesisHash: Bytes,
    now: number,
  ) {
    this.context = { genesisHash, election: id, manifestHash: manifest.hash };
    this.register = new Register(manifest);
    this.ceremony = new Ceremony(manifest, this.context, now);
    this.ballots = new BallotBox(manifest, this.context);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get result(): ElectionResult | undefined {
    return this.#result;
  }

  /** The extrinsic whose shares completed the result; none if the closing block itself did. */
  get completedBy(): number | undefined {
    return this.#completedBy;
  }

  get tally(): Tally | undefined {
    return this.#tally;
  }

  /** PSE-ELE-4 */
  phase(now: number): Phase {
    if (this.#cancelled) return "cancelled";
    if (this.#result !== undefined) return "published";
    if (now < this.manifest.voting.start) return "registration";
    return now < this.manifest.voting.end ? "voting" : "tallying";
  }

  /** Whether it has opened and not ended: nothing about validators and code changes (PSE-VAL-6). */
  get open(): boolean {
    return this.#key !== undefined && !this.#cancelled && this.#result === undefined;
  }

  /** Whether it is published or cancelled. */
  get over(): boolean {
    return this.#cancelled || this.#result !== undefined;
  }

  /** Ends the election without a result, unless it is over (PSE-ELE-9). */
  cancel(): void {
    if (this.#result === undefined) this.#cancelled = true;
  }

  /** What happens by itself, before any extrinsic of the block that this code runs (PSE-ELE-7, PSE-ELE-8). */
  beginBlock(now: number, codeHash: Bytes): void {
    if (this.#cancelled) return;
    const { keys } = this.ceremony;
    if (now === this.manifest.voting.start) {
      const promised = equal(codeHash, this.manifest.codeHash);
      const usable = promised && keys !== undefined && refusalOf(() => void decodeElectionKey(keys.electionKey)) === undefined;
      if (usable) this.#key = keys.electionKey;
      else this.cancel();
    }
    if (now === this.manifest.voting.end && keys !== undefined) {
      this.#tally = new Tally(this.manifest, this.context, keys, this.ballots);
      this.publish(now, undefined);
    }
  }

  /** Publishes the result as soon as no district waits (PSE-TAL-6). */
  publish(now: number, extrinsic: number | undefined): void {
    if (this.#result !== undefined) return;
    this.#result = this.#tally?.result(now);
    if (this.#result !== undefined) this.#completedBy = extrinsic;
  }

  /** Verifies the ballots of the block. */
  endBlock(checker: Checker): Promise<Verified> {
    return this.#key === undefined ? Promise.resolve(NOTHING) : this.ballots.verifyWaiting(checker, this.#key);
  }
}
