/** Who makes and finalises blocks: organisations, their keys, and sessions (PSE-VAL-1 to PSE-VAL-10). */

import { ascii, concat, equal, hex, littleEndian, u32, type Bytes } from "./bytes.js";
import { Reports, type Equivocation } from "./equivocation.js";
import { consensusOfAura, consensusOfGrandpa, type DigestItem } from "./header.js";
import { list, type Reader } from "./scale.js";
import { verifyEd25519, verifySr25519 } from "./signatures.js";

const SESSION_BLOCKS = 20;
const MAX_ORGANISATIONS = 100;
/** Three organisations tolerate no fault. */
const MIN_ORGANISATIONS = 4;
const [AUTHORITIES_CHANGE, SCHEDULED_CHANGE] = [Uint8Array.of(1), Uint8Array.of(1)];
/** Every voter of GRANDPA has one vote, and a new set follows without delay. */
const [WEIGHT, DELAY] = [littleEndian(1, 8), u32(0)];

export interface SessionKeys {
  /** Seals blocks. */
  readonly aura: Bytes;
  /** Votes on finality. */
  readonly grandpa: Bytes;
}

/** A signature by each of the keys, over the account that they are for. */
export interface OwnershipProof {
  readonly aura: Bytes;
  readonly grandpa: Bytes;
}

export interface Organisation {
  readonly account: Bytes;
  readonly keys: SessionKeys;
}

/** Who votes on finality, and the number of this set of voters, which each vote is signed for. */
export interface Voters {
  readonly keys: readonly Bytes[];
  readonly set: bigint;
}

/** A block from whose successor on another set makes the blocks. */
export interface Handover {
  /** Who has to finalise that block. */
  readonly voters: Voters;
  /** The consensus items that its header must have. */
  readonly announcement: readonly DigestItem[];
  /** The number of the new set. */
  readonly set: bigint;
  readonly validators: number;
  readonly joined: readonly Bytes[];
  readonly left: readonly Bytes[];
  /** Those that have other keys. */
  readonly rotated: readonly Bytes[];
}

export function readSessionKeys(reader: Reader): SessionKeys {
  return { aura: reader.take(32), grandpa: reader.take(32) };
}

export function readOwnershipProof(reader: Reader): OwnershipProof {
  return { aura: reader.take(64), grandpa: reader.take(64) };
}

export class Validators {
  #organisations: readonly Organisation[];
  #queued: readonly Organisation[];
  #active: readonly Organisation[];
  #set = 0n;
  readonly #reports = new Reports();

  constructor(atGenesis: readonly Organisation[]) {
    this.#organisations = atGenesis;
    this.#queued = atGenesis;
    this.#active = atGenesis;
    this.#reports.begin(this.#set, atGenesis);
  }

  /** The keys that seal blocks, by whose slot it is. */
  get sealers(): readonly Bytes[] {
    return this.#active.map(({ keys }) => keys.aura);
  }

  get voters(): Voters {
    return { keys: this.#active.map(({ keys }) => keys.grandpa), set: this.#set };
  }

  /** What the beginning of a block does to the sets; nothing, if no session ends or its set stays (PSE-VAL-7). */
  beginBlock(now: number, frozen: boolean): Handover | undefined {
    if (now % SESSION_BLOCKS !== 0 || frozen) return undefined;
    const [before, after, voters] = [this.#active, this.#queued, this.voters];
    this.#active = after;
    this.#queued = this.#organisations;
    if (isSame(before, after)) return undefined;
    this.#set += 1n;
    this.#reports.begin(this.#set, after);
    return {
      voters,
      announcement: announcementOf(before, after),
      set: this.#set,
      validators: after.length,
      joined: missingIn(before, after),
      left: missingIn(after, before),
      rotated: before.flatMap(({ account, keys }) => {
        const now = after.find((other) => equal(other.account, account));
        return now === undefined || isSame([now], [{ account, keys }]) ? [] : [account];
      }),
    };
  }

  /** Whether the organisation was admitted (PSE-VAL-2); what else stands against it, the caller knows. */
  admit({ account, keys }: Organisation, proof: OwnershipProof): boolean {
    const possible =
      this.#organisations.length < MAX_ORGANISATIONS &&
      this.#organisations.every((other) => !equal(other.account, account)) &&
      this.#mayHave(account, keys, proof);
    if (possible) this.#organisations = [...this.#organisations, { account, keys }];
    return possible;
  }

  /** Whether the organisation was dismissed (PSE-VAL-3). */
  dismiss(account: Bytes): boolean {
    const left = this.#organisations.filter((other) => !equal(other.account, account));
    const possible = left.length < this.#organisations.length && left.length >= MIN_ORGANISATIONS;
    if (possible) this.#organisations = left;
    return possible;
  }

  /** PSE-VAL-5 */
  rotate(account: Bytes, keys: SessionKeys, proof: OwnershipProof): void {
    if (!this.#mayHave(account, keys, proof)) return;
    this.#organisations = this.#organisations.map((own) => (equal(own.account, account) ? { account, keys } : own));
  }

  /** Records that a voter has equivocated, or says why the report is refused (PSE-VAL-10). */
  report(evidence: Equivocation): string | undefined {
    return this.#reports.add(evidence);
  }

  /** Whether no other organisation has one of the keys, and both have signed for this one (PSE-VAL-4). */
  #mayHave(account: Bytes, keys: SessionKeys, proof: OwnershipProof): boolean {
    const statement = concat(ascii("POP_"), account);
    return (
      this.#organisations.every(
        (other) =>
          equal(other.account, account) ||
          !(equal(other.keys.aura, keys.aura) || equal(other.keys.grandpa, keys.grandpa)),
      ) &&
      verifySr25519(keys.aura, statement, proof.aura) &&
      verifyEd25519(keys.grandpa, statement, proof.grandpa)
    );
  }
}

function isSame(these: readonly Organisation[], those: readonly Organisation[]): boolean {
  return equal(concat(...these.map(encode)), concat(...those.map(encode)));
}

function encode({ account, keys }: Organisation): Bytes {
  return concat(account, keys.aura, keys.grandpa);
}

/** PSE-VAL-8 */
function announcementOf(before: readonly Organisation[], after: readonly Organisation[]): DigestItem[] {
  const sealers = (of: readonly Organisation[]): Bytes => list(of.map(({ keys }) => keys.aura));
  const voters = list(after.map(({ keys }) => concat(keys.grandpa, WEIGHT)));
  const ofGrandpa = consensusOfGrandpa(concat(SCHEDULED_CHANGE, voters, DELAY));
  if (equal(sealers(before), sealers(after))) return [ofGrandpa];
  return [consensusOfAura(concat(AUTHORITIES_CHANGE, sealers(after))), ofGrandpa];
}

/** Accounts of those who are not among the others. */
function missingIn(others: readonly Organisation[], those: readonly Organisation[]): Bytes[] {
  const known = new Set(others.map(({ account }) => hex(account)));
  return those.map(({ account }) => account).filter((account) => !known.has(hex(account)));
}
