/** The key ceremony on the chain, message by message (PSE-CER-1 to PSE-CER-10). */

import { equal, type Bytes } from "./bytes.js";
import type { AddressedShare, CeremonyCall } from "./extrinsic.js";
import { combinePackages, packageCommitment, verifyPackage, type CombinedKeys, type Package } from "./key-ceremony.js";
import type { Manifest } from "./manifest.js";
import { Refusal } from "./refusal.js";
import { judgeComplaint, validatePublicKey } from "./sealing.js";
import type { Context } from "./transcripts.js";

type Stage = "registering" | "committing" | "revealing" | "dealing" | "confirming" | "complete";

const NEXT: Readonly<Record<Exclude<Stage, "complete">, Stage>> = {
  registering: "committing",
  committing: "revealing",
  revealing: "dealing",
  dealing: "confirming",
  confirming: "complete",
};

/** The stage that each message belongs to. */
const STAGE_OF = {
  register: "registering",
  commit: "committing",
  reveal: "revealing",
  deal: "dealing",
  confirm: "confirming",
  complain: "confirming",
} as const;

/** What one participant has done in the present epoch. */
interface Contribution {
  encryptionKey?: Bytes;
  commitment?: Bytes;
  revealed?: Package;
  deal?: readonly AddressedShare[];
  confirmed?: true;
}

export interface Exclusion {
  readonly trustee: number;
  readonly epoch: number;
  readonly why: "silence" | "dealing a wrong share" | "a false complaint";
}

/** What a message led to, beside the stage that it belongs to. */
export interface Consequences {
  readonly excluded: readonly Exclusion[];
  /** The threshold is out of reach. */
  readonly tooFew: boolean;
}

/** What a completed ceremony leaves. */
export interface ElectionKeys extends CombinedKeys {
  readonly epoch: number;
}

/** Thrown by a message that the rules refuse: it has no effect. */
class Ineffective extends Error {}

const NO_CONSEQUENCES: Consequences = { excluded: [], tooFew: false };

export class Ceremony {
  #epoch = 0;
  #stage: Stage = "registering";
  #deadline: number;
  #contributions: Map<number, Contribution>;
  #keys: ElectionKeys | undefined;

  constructor(
    readonly manifest: Manifest,
    readonly context: Context,
    now: number,
  ) {
    this.#contributions = new Map(manifest.trustees.map((_, place) => [place + 1, {}]));
    this.#deadline = now + manifest.ceremonyStage;
  }

  get keys(): ElectionKeys | undefined {
    return this.#keys;
  }

  dispatch(trustee: number, call: CeremonyCall, now: number): Consequences {
    try {
      const own = this.#contributions.get(trustee);
      if (own === undefined) throw new Ineffective();
      if (call.call === "report_silence") return this.#reportSilence(now);
      if (call.epoch !== this.#epoch || STAGE_OF[call.call] !== this.#stage) throw new Ineffective();
      if (call.call === "complain") return this.#complain(trustee, own, call, now);
      this.#contribute(trustee, own, call);
      this.#advance(now);
      return NO_CONSEQUENCES;
    } catch (error) {
      if (error instanceof Ineffective || error instanceof Refusal) return NO_CONSEQUENCES;
      throw error;
    }
  }

  #contribute(
    trustee: number,
    own: Contribution,
    call: Exclude<CeremonyCall, { call: "complain" } | { call: "report_silence" }>,
  ): void {
    if (hasDone(this.#stage, own)) throw new Ineffective();
    switch (call.call) {
      case "register":
        validatePublicKey(call.encryptionKey);
        own.encryptionKey = call.encryptionKey;
        break;
      case "commit":
        own.commitment = call.commitment;
        break;
      case "reveal":
        this.#reveal(trustee, own, call.revealed);
        break;
      case "deal":
        this.#checkRecipients(trustee, call.shares);
        own.deal = call.shares;
        break;
      case "confirm":
        if (!equal(this.#combined().electionKey, call.electionKey)) throw new Ineffective();
        own.confirmed = true;
        break;
    }
  }

  /** PSE-CER-5 */
  #reveal(trustee: number, own: Contribution, revealed: Package): void {
    const hash = packageCommitment(this.context, this.#epoch, trustee, revealed);
    if (own.commitment === undefined || !equal(hash, own.commitment)) throw new Ineffective();
    verifyPackage(this.context, this.#epoch, trustee, this.manifest.threshold, revealed);
    own.revealed = revealed;
    if ([...this.#contributions.values()].some((other) => other.revealed === undefined)) return;
    try {
      this.#combined();
    } catch (error) {
      // Packages that cancel each other out give no key: then the last one is refused.
      delete own.revealed;
      throw error;
    }
  }

  /** Exactly one share for each of the others, by ascending recipient (PSE-CER-6). */
  #checkRecipients(dealer: number, shares: readonly AddressedShare[]): void {
    const others = [...this.#contributions.keys()].filter((other) => other !== dealer).sort((a, b) => a - b);
    const right = shares.length === others.length && shares.every(({ recipient }, at) => recipient === others[at]);
    if (!right) throw new Ineffective();
  }

  /** PSE-CER-8 */
  #complain(
    complainer: number,
    own: Contribution,
    { dealer, disclosedKey }: CeremonyCall & { call: "complain" },
    now: number,
  ): Consequences {
    const dealt = this.#contributions.get(dealer);
    const sealed = dealt?.deal?.find(({ recipient }) => recipient === complainer);
    if (own.confirmed || sealed === undefined || dealt?.revealed === undefined || own.encryptionKey === undefined) {
      throw new Ineffective();
    }
    const envelope = {
      context: this.context,
      epoch: this.#epoch,
      dealer,
      recipient: complainer,
      dealerPackage: dealt.revealed,
    };
    const verdict = judgeComplaint(envelope, disclosedKey, own.encryptionKey, sealed);
    const epoch = this.#epoch;
    const culprit: Exclusion =
      verdict === "DealerAtFault"
        ? { trustee: dealer, epoch, why: "dealing a wrong share" }
        : { trustee: complainer, epoch, why: "a false complaint" };
    return this.#restart([culprit], now);
  }

  /** PSE-CER-9 */
  #reportSilence(now: number): Consequences {
    if (now <= this.#deadline || this.#stage === "complete") throw new Ineffective();
    const silent = [...this.#contributions].filter(([, own]) => !hasDone(this.#stage, own));
    const epoch = this.#epoch;
    return this.#restart(
      silent.map(([trustee]) => ({ trustee, epoch, why: "silence" })),
      now,
    );
  }

  /** The rest begin again; or the election is over, if they are too few (PSE-CER-10). */
  #restart(excluded: readonly Exclusion[], now: number): Consequences {
    for (const { trustee } of excluded) this.#contributions.delete(trustee);
    const tooFew = this.#contributions.size < this.manifest.threshold;
    if (!tooFew) {
      this.#contributions = new Map([...this.#contributions.keys()].map((trustee) => [trustee, {}]));
      this.#epoch += 1;
      this.#enter("registering", now);
    }
    return { excluded, tooFew };
  }

  /** A stage ends when every participant has done its part (PSE-CER-1). */
  #advance(now: number): void {
    if (this.#stage === "complete") return;
    if (![...this.#contributions.values()].every((own) => hasDone(this.#stage, own))) return;
    if (this.#stage === "confirming") this.#keys = { epoch: this.#epoch, ...this.#combined() };
    this.#enter(NEXT[this.#stage], now);
  }

  #enter(stage: Stage, now: number): void {
    this.#stage = stage;
    this.#deadline = now + this.manifest.ceremonyStage;
  }

  #combined(): CombinedKeys {
    const packages = [...this.#contributions].map(([trustee, { revealed }]) => {
      if (revealed === undefined) throw new Ineffective();
      return [trustee, revealed] as const;
    });
    return combinePackages(this.context, this.#epoch, packages);
  }
}

function hasDone(stage: Stage, own: Contribution): boolean {
  switch (stage) {
    case "registering":
      return own.encryptionKey !== undefined;
    case "committing":
      return own.commitment !== undefined;
    case "revealing":
      return own.revealed !== undefined;
    case "dealing":
      return own.deal !== undefined;
    case "confirming":
      return own.confirmed === true;
    case "complete":
      return true;
  }
}
