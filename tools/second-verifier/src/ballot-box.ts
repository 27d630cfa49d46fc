/** Ballots: who may cast one, whether it verifies, and what they add up to (PSE-BAL-2 to PSE-BAL-6). */

import { ciphertexts, type ContestRule } from "./ballot-proofs.js";
import { hex, type Bytes } from "./bytes.js";
import { longestCast } from "./cast-length.js";
import type { Checker } from "./checker.js";
import { account as named, type Objection } from "./checks.js";
import { credentialMessage, verifyCredential } from "./credentials.js";
import type { Ciphertext } from "./decryption.js";
import type { CastCall } from "./extrinsic.js";
import { decodePoint, Point } from "./group.js";
import { blake2b256 } from "./hashing.js";
import type { Manifest } from "./manifest.js";
import { refusalOf } from "./refusal.js";
import type { Context } from "./transcripts.js";

const MAX_BALLOTS_PER_ACCOUNT = 100;

interface Voter {
  casts: number;
  readonly district: number;
  /** Of the last ballot that verified; kept only where a later one may take its place. */
  ciphertexts?: readonly Ciphertext[];
}

interface Sum {
  r: Point;
  c: Point;
}

/** A district: its contests and the running sums of its ballots. */
interface Station {
  /** Its place in the manifest, where registrars' keys are in the same order. */
  readonly place: number;
  readonly rules: readonly ContestRule[];
  /** Bytes that an extrinsic which casts a ballot here has at most. */
  readonly longest: number;
  readonly sums: Sum[];
  accounts: number;
}

interface Waiting {
  readonly extrinsic: number;
  readonly account: Bytes;
  readonly cast: CastCall;
  readonly supersedes: boolean;
}

/** Where a ballot stands, and from whom it is. */
export interface Sent {
  readonly extrinsic: number;
  readonly account: Bytes;
  readonly nonce: number;
  /** Of the extrinsic, in bytes. */
  readonly length: number;
}

/** What the ballots of a block came to. */
export interface Verified {
  readonly ballots: number;
  readonly ciphertexts: number;
  readonly objections: readonly (Objection & { readonly extrinsic: number })[];
}

export class BallotBox {
  readonly #voters = new Map<string, Voter>();
  readonly #trackers = new Set<string>();
  readonly #stations: ReadonlyMap<number, Station>;
  #waiting: Waiting[] = [];
  #cast = 0;

  constructor(
    readonly manifest: Manifest,
    readonly context: Context,
  ) {
    this.#stations = new Map(
      manifest.districts.map(({ id, contests }, place) => {
        const rules = contests.map(({ rule }) => rule);
        const options = rules.reduce((total, rule) => total + rule.options, 0);
        const sums = Array.from({ length: options }, () => ({ r: Point.ZERO, c: Point.ZERO }));
        return [id, { place, rules, longest: longestCast(manifest, place), sums, accounts: 0 }];
      }),
    );
  }

  /** Ballots that were accepted, superseded ones included. */
  get cast(): number {
    return this.#cast;
  }

  accounts(district: number): number {
    return this.#stations.get(district)?.accounts ?? 0;
  }

  rules(district: number): readonly ContestRule[] {
    return this.#stations.get(district)?.rules ?? [];
  }

  sums(district: number): Ciphertext[] | undefined {
    return this.#stations.get(district)?.sums.map(({ r, c }) => ({ r: r.toBytes(), c: c.toBytes() }));
  }

  /** Accepts a ballot but for its proofs, or says why it should not be here (PSE-EXT-4). */
  accept({ extrinsic, account, nonce, length }: Sent, issued: number, cast: CastCall): Objection | undefined {
    const station = this.#stations.get(cast.district);
    if (station === undefined) return { check: "admission", cause: "the election has no such district" };
    if (length > station.longest) {
      return { check: "admission", cause: `${length} bytes, where ${station.longest} are the longest` };
    }
    const voter = this.#voters.get(hex(account));
    const admission = this.#whyNotAdmitted(station, voter, nonce, issued, cast.district);
    if (admission !== undefined) return { check: "admission", cause: admission };
    const credential = this.#whyNoCredential(station, account, cast);
    if (credential !== undefined) return { check: "credentials", ...credential };
    const tracker = hex(blake2b256(cast.ballotBytes));
    if (this.#trackers.has(tracker)) return { check: "proofs", cause: `tracker 0x${tracker} occurs twice` };
    this.#trackers.add(tracker);
    this.#record(extrinsic, account, station, voter, cast);
    return undefined;
  }

  /** PSE-BAL-4, PSE-BAL-5 */
  #whyNotAdmitted(
    station: Station,
    voter: Voter | undefined,
    nonce: number,
    issued: number,
    district: number,
  ): string | undefined {
    const casts = voter?.casts ?? 0;
    if (voter !== undefined && !this.manifest.revote) return "the account has cast its only ballot already";
    if (nonce !== casts) return `nonce ${nonce}, but the account has cast ${casts} ballots`;
    if (voter === undefined) {
      return station.accounts < issued ? undefined : `all ${issued} credentials of district ${district} have voted`;
    }
    if (casts >= MAX_BALLOTS_PER_ACCOUNT) return "the account has cast as many ballots as one may";
    return voter.district === district ? undefined : `the account votes in district ${voter.district}`;
  }

  /** Exactly a quorum of registrars, ascending, each with its key for this district (PSE-AUD-14). */
  #whyNoCredential(
    station: Station,
    account: Bytes,
    { district, credential }: CastCall,
  ): { cause: string; party?: string } | undefined {
    const { quorum, registrars } = this.manifest;
    if (credential.length !== quorum) return { cause: `${credential.length} signatures, a quorum is ${quorum}` };
    const message = credentialMessage(this.context, district, account);
    let last = -1;
    for (const signature of credential) {
      const { registrar } = signature;
      if (registrar <= last) return { cause: "the signatures are not in ascending order of registrars" };
      last = registrar;
      const key = registrars[registrar]?.keys[station.place];
      if (key === undefined) return { cause: `the election has no registrar ${registrar}` };
      const refusal = refusalOf(() => verifyCredential(key, message, signature));
      if (refusal) return { cause: `the credential is invalid: ${refusal.message}`, party: `registrar ${registrar}` };
    }
    return undefined;
  }

  #record(extrinsic: number, account: Bytes, station: Station, earlier: Voter | undefined, cast: CastCall): void {
    const voter = earlier ?? { casts: 0, district: cast.district };
    voter.casts += 1;
    this.#voters.set(hex(account), voter);
    if (earlier === undefined) station.accounts += 1;
    this.#cast += 1;
    this.#waiting.push({ extrinsic, account, cast, supersedes: earlier !== undefined });
  }

  /** Verifies the proofs of the block's ballots and adds those that hold (PSE-AUD-15, PSE-AUD-16). */
  async verifyWaiting(checker: Checker, key: Bytes): Promise<Verified> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const refusals = await checker.ballots(
      waiting.map(({ account, cast }) => ({
        key,
        context: this.context,
        district: cast.district,
        account,
        rules: this.rules(cast.district),
        ballot: cast.ballotBytes,
      })),
    );
    const objections: (Objection & { extrinsic: number })[] = [];
    let added = 0;
    waiting.forEach((own, at) => {
      const refusal = refusals[at];
      if (refusal === undefined) added += this.#add(own);
      else {
        const cause = `the ballot is invalid: ${refusal}`;
        objections.push({ check: "proofs", cause, party: named(own.account), extrinsic: own.extrinsic });
      }
    });
    return { ballots: waiting.length, ciphertexts: added, objections };
  }

  /** Adds a ballot and takes out the one that it supersedes; says how many ciphertexts it has (PSE-DEC-1). */
  #add({ account, cast, supersedes }: Waiting): number {
    const own = ciphertexts(cast.ballot);
    const voter = this.#voters.get(hex(account));
    const earlier = supersedes ? voter?.ciphertexts : undefined;
    if (voter !== undefined && this.manifest.revote) voter.ciphertexts = own;
    this.#stations.get(cast.district)?.sums.forEach((sum, at) => {
      const [now, before] = [own[at], earlier?.[at]];
      if (before !== undefined) {
        sum.r = sum.r.subtract(decodePoint(before.r));
        sum.c = sum.c.subtract(decodePoint(before.c));
      }
      if (now !== undefined) {
        sum.r = sum.r.add(decodePoint(now.r));
        sum.c = sum.c.add(decodePoint(now.c));
      }
    });
    return own.length;
  }
}
