/** The tally: shares are judged, sums decrypted and the result computed, all anew (PSE-TAL-1 to PSE-TAL-8). */

import type { BallotBox } from "./ballot-box.js";
import type { ContestRule } from "./ballot-proofs.js";
import type { ElectionKeys } from "./ceremony.js";
import { combineShares, verifyShares, type DecryptionShare } from "./decryption.js";
import type { Manifest } from "./manifest.js";
import { Refusal, refusalOf } from "./refusal.js";
import type { ContestResult, DistrictResult, ElectionResult, Outcome } from "./result.js";
import type { Context } from "./transcripts.js";

const MAX_INVALID_SHARES = 3;

interface Received {
  accepted?: readonly DecryptionShare[];
  invalid: number;
}

/** A district: it waits for shares, is settled, or has shares that lead to no counts. */
type Station = "pending" | "failed" | DistrictResult;

/** What came of a trustee's shares. */
export type Judgement =
  | { readonly kind: "unwanted" }
  | { readonly kind: "valid" }
  /** The trustee's fault. */
  | { readonly kind: "invalid"; readonly why: string }
  /** They verify, but with those before they give no counts. */
  | { readonly kind: "undecryptable"; readonly why: string };

export class Tally {
  readonly #stations = new Map<number, Station>();
  readonly #received = new Map<string, Received>();

  /** Freezes the sums in the closing block, and settles what needs no shares (PSE-TAL-8). */
  constructor(
    readonly manifest: Manifest,
    readonly context: Context,
    readonly keys: ElectionKeys,
    readonly ballots: BallotBox,
  ) {
    for (const { id } of manifest.districts) this.#stations.set(id, this.#atClosing(id));
  }

  #atClosing(district: number): Station {
    const accounts = this.ballots.accounts(district);
    if (accounts === 0) {
      const rules = this.ballots.rules(district);
      const counted = rules.map(({ id, options }) => ({ contest: id, counts: new Array<number>(options).fill(0) }));
      return { district, ballots: 0, outcome: { counted } };
    }
    if (accounts < this.manifest.minimumBallots) return { district, ballots: accounts, outcome: "withheld" };
    return "pending";
  }

  /** PSE-TAL-3 to PSE-TAL-5 */
  receive(trustee: number, district: number, shares: readonly DecryptionShare[]): Judgement {
    const verificationShare = this.keys.verificationShares.find(([of]) => of === trustee)?.[1];
    const sums = this.ballots.sums(district);
    const name = `${district}/${trustee}`;
    const received = this.#received.get(name) ?? { invalid: 0 };
    this.#received.set(name, received);
    const wanted =
      this.#stations.get(district) === "pending" &&
      received.accepted === undefined &&
      received.invalid < MAX_INVALID_SHARES;
    if (verificationShare === undefined || sums === undefined || !wanted) return { kind: "unwanted" };
    const { context, keys } = this;
    const statement = { context, epoch: keys.epoch, district, trustee, verificationShare };
    const refusal = refusalOf(() => verifyShares(statement, sums, shares));
    if (refusal !== undefined) {
      received.invalid += 1;
      return { kind: "invalid", why: refusal.message };
    }
    received.accepted = shares;
    return this.#decrypt(district);
  }

  /** Decrypts a district if it has as many valid shares as the threshold. */
  #decrypt(district: number): Judgement {
    const valid = this.#valid(district);
    if (valid.length < this.manifest.threshold) return { kind: "valid" };
    const ballots = this.ballots.accounts(district);
    const sums = this.ballots.sums(district) ?? [];
    try {
      const counts = combineShares(this.context, this.keys.epoch, sums, valid, ballots);
      const outcome = outcomeOf(this.ballots.rules(district), counts, ballots);
      this.#stations.set(district, { district, ballots, outcome });
      return { kind: "valid" };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#stations.set(district, "failed");
      return { kind: "undecryptable", why: `district ${district} cannot be decrypted: ${error.message}` };
    }
  }

  #valid(district: number): (readonly [number, readonly DecryptionShare[]])[] {
    return this.manifest.trustees.flatMap((_, place) => {
      const trustee = place + 1;
      const accepted = this.#received.get(`${district}/${trustee}`)?.accepted;
      return accepted === undefined ? [] : [[trustee, accepted] as const];
    });
  }

  /** The result, once every district is settled (PSE-TAL-6). */
  result(block: number): ElectionResult | undefined {
    const districts: DistrictResult[] = [];
    for (const { id } of this.manifest.districts) {
      const station = this.#stations.get(id);
      if (station === undefined || typeof station === "string") return undefined;
      districts.push(station);
    }
    return { block, districts };
  }
}

/** Counts by contest, if these rules and so many ballots can give them (PSE-TAL-5). */
function outcomeOf(rules: readonly ContestRule[], counts: readonly number[], ballots: number): Outcome {
  let from = 0;
  const counted: ContestResult[] = rules.map(({ id, options, min, max, blank }) => {
    const own = counts.slice(from, from + options);
    from += options;
    const selected = own.reduce((total, count) => total + count, 0);
    const fewest = blank ? 0 : min * ballots;
    if (selected < fewest || selected > max * ballots) throw new Refusal("ImpossibleCounts", { contest: id });
    return { contest: id, counts: own };
  });
  return { counted };
}
