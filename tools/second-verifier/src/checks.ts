/** What is checked (PSE-AUD-1 to PSE-AUD-20, PSE-AUD-23), and how a finding is named. */

import { hex, type Bytes } from "./bytes.js";

/** Every check: its ID in the specification, what is counted, and what it says. */
export const CHECKS = {
  genesis: ["PSE-AUD-1", "facts", "what is taken from block 0 is proved by its header"],
  headers: ["PSE-AUD-2", "headers", "each header follows the one before and announces the validators that were decided on"],
  roots: ["PSE-AUD-3", "blocks", "each header commits to the extrinsics of its block"],
  authors: ["PSE-AUD-4", "seals", "each block is sealed by the authority whose slot it was"],
  finality: ["PSE-AUD-5", "votes", "more than two thirds of the authorities have finalised each handover and the last block"],
  bodies: ["PSE-AUD-6", "extrinsics", "blocks hold their time, ballots, officials' messages, reports of equivocation and nothing else"],
  signatures: ["PSE-AUD-7", "signatures", "each extrinsic is signed by the account that it is from"],
  officials: ["PSE-AUD-8", "messages", "officials' messages come from who holds the office, each once"],
  consortium: ["PSE-AUD-9", "votes and motions", "a majority of the consortium decides"],
  manifests: ["PSE-AUD-10", "manifests", "manifests are consistent and meant for this runtime"],
  register: ["PSE-AUD-11", "records", "voters take part and get credentials by a quorum of registrars"],
  ceremony: ["PSE-AUD-12", "messages", "the key ceremony's messages verify and add up to the election key"],
  admission: ["PSE-AUD-13", "ballots", "ballots come in time, once, and no more than credentials were issued"],
  credentials: ["PSE-AUD-14", "signatures", "each ballot carries a quorum of registrars' signatures"],
  proofs: ["PSE-AUD-15", "ballots", "each ballot's proofs verify and its tracker is its own"],
  sums: ["PSE-AUD-16", "ciphertexts", "the sums are those of the ballots that count"],
  shares: ["PSE-AUD-17", "shares", "each decryption share is judged again"],
  result: ["PSE-AUD-18", "counts", "the published result is the one that the ballots give"],
  completeness: ["PSE-AUD-19", "totals", "everything that the archive holds went through its checks"],
  archive: ["PSE-AUD-20", "records", "the archive is whole and in order"],
  code: ["PSE-AUD-23", "versions", "the runtime is one that is known, or that the consortium has authorised"],
} as const satisfies Record<string, readonly [id: string, unit: string, description: string]>;

export type Check = keyof typeof CHECKS;

/** Something that must not be: the audit fails. */
export interface Finding {
  readonly check: Check;
  readonly block?: number;
  readonly blockHash?: string;
  /** The extrinsic's place in its block, from 0. */
  readonly extrinsic?: number;
  /** Who is to answer for it. */
  readonly party?: string;
  readonly cause: string;
}

/** What a trustee did wrong and the rules coped with: no finding. */
export interface Fault {
  readonly election: number;
  readonly trustee: number;
  readonly block: number;
  readonly extrinsic: number;
  readonly what: string;
}

/** How many items went through each check. */
export class Counters {
  readonly #items = new Map<Check, number>();

  add(check: Check, items = 1): void {
    this.#items.set(check, this.of(check) + items);
  }

  of(check: Check): number {
    return this.#items.get(check) ?? 0;
  }
}

/** Why an extrinsic fails a check. */
export interface Objection {
  readonly check: Check;
  readonly cause: string;
  readonly party?: string;
}

export const account = (bytes: Bytes): string => `account 0x${hex(bytes)}`;

/** A finding in a line. */
export function describe(finding: Finding): string {
  const place = [
    CHECKS[finding.check][0],
    finding.block === undefined ? undefined : `block ${finding.block}`,
    finding.extrinsic === undefined ? undefined : `extrinsic ${finding.extrinsic}`,
    finding.party,
  ];
  const hash = finding.blockHash === undefined ? "" : ` (block 0x${finding.blockHash})`;
  return `${place.filter((part) => part !== undefined).join(", ")}: ${finding.cause}${hash}`;
}
