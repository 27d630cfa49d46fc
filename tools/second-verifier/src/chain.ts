/** The chain, replayed block after block: what each must hold, and what follows from it. */

import { equal, hex, type Bytes } from "./bytes.js";
import type { Checker } from "./checker.js";
import { Counters, type Check, type Fault, type Finding, type Objection } from "./checks.js";
import { Code } from "./code.js";
import { Consortium } from "./consortium.js";
import { Election } from "./election.js";
import { birthOf, decodeExtrinsic, signingPayload, type Extrinsic, type SignedExtrinsic } from "./extrinsic.js";
import type { GenesisFacts } from "./genesis.js";
import { announcesExactly, hashOf, replacesCode, sealOf, slotOf, type Header } from "./header.js";
import { isValid, officialsOf, type Manifest } from "./manifest.js";
import { DecodeError } from "./scale.js";
import { isSignedBy } from "./signatures.js";
import { orderedRoot } from "./trie.js";
import { Validators, type Handover, type Organisation, type OwnershipProof } from "./validators.js";

const BLOCK_MILLISECONDS = 3_000n;
const MAX_ELECTIONS_PER_BLOCK = 4;

/** A block that is being checked, and what is found in it. */
export class Place {
  /** The hash of the code that an extrinsic has brought, and that the next block runs. */
  newCode: Bytes | undefined;
  readonly findings: Finding[] = [];
  readonly faults: Fault[] = [];

  constructor(
    readonly number: number,
    readonly hash: string,
    /** Whose slot it is, by its place among the authorities. */
    readonly author: number,
    /** Set if another set makes the blocks from the next one on. */
    readonly handover: Handover | undefined,
    /** Whether the header says that the next block runs another code. */
    readonly replacesCode: boolean,
  ) {}

  find(check: Check, cause: string, more: { extrinsic?: number; party?: string } = {}): void {
    this.findings.push({ check, block: this.number, blockHash: this.hash, cause, ...more });
  }

  object(extrinsic: number, { check, cause, party }: Objection): void {
    this.find(check, cause, party === undefined ? { extrinsic } : { extrinsic, party });
  }
}

/** An extrinsic as it decodes, or why it does not. */
export type Decoded = Extrinsic | { readonly undecodable: string };

/** The state that extrinsics act on. */
export class Chain {
  readonly counters = new Counters();
  readonly consortium: Consortium;
  readonly validators: Validators;
  readonly code: Code;
  readonly elections: Election[] = [];
  readonly nonces = new Map<string, number>();
  readonly hashes: Bytes[];
  readonly stateRoots: Bytes[];
  #slot = 0n;
  #time = 0n;

  constructor(readonly facts: GenesisFacts) {
    this.consortium = new Consortium(facts.organisations.map(({ account }) => account));
    this.validators = new Validators(facts.organisations);
    this.code = new Code(facts.codeHash, facts);
    this.hashes = [facts.hash];
    this.stateRoots = [facts.stateRoot];
  }

  get height(): number {
    return this.hashes.length - 1;
  }

  get head(): Bytes {
    return this.hashes[this.height] ?? this.facts.hash;
  }

  /** The time of the last block, in milliseconds. */
  get time(): bigint {
    return this.#time;
  }

  /** PSE-VAL-6 */
  get frozen(): boolean {
    return this.elections.some(({ open }) => open);
  }

  election(id: number): Election | undefined {
    return this.elections[id - 1];
  }

  /** Checks the header of the next block, and that the extrinsics are its own. */
  advance(header: Header, extrinsics: readonly Bytes[]): Place {
    const expected = this.height + 1;
    const hash = hashOf(header);
    // The block itself is still the old set's (PSE-VAL-8).
    const { sealers } = this.validators;
    const author = Number((slotOf(header) ?? 0n) % BigInt(sealers.length));
    const handover = this.validators.beginBlock(expected, this.frozen);
    const place = new Place(expected, hex(hash), author, handover, replacesCode(header));
    if (header.number !== expected) place.find("headers", `number ${header.number} instead of ${expected}`);
    if (!equal(header.parentHash, this.head)) {
      place.find("headers", `follows 0x${hex(header.parentHash)}, but the block before is 0x${hex(this.head)}`);
    }
    if (!announcesExactly(header, handover?.announcement ?? [])) {
      place.find("headers", "the header does not announce exactly the authorities that were decided on");
    }
    this.#checkSeal(place, header, sealers);
    const root = orderedRoot(extrinsics);
    if (!equal(root, header.extrinsicsRoot)) {
      place.find("roots", `the extrinsics have root 0x${hex(root)}, the header says 0x${hex(header.extrinsicsRoot)}`);
    }
    for (const check of ["headers", "authors", "roots"] as const) this.counters.add(check);
    this.hashes.push(hash);
    this.stateRoots.push(header.stateRoot);
    return place;
  }

  /** PSE-AUD-4 */
  #checkSeal(place: Place, header: Header, sealers: readonly Bytes[]): void {
    const slot = slotOf(header);
    if (slot === undefined) return place.find("authors", "the header names no slot");
    if (slot <= this.#slot) return place.find("authors", `slot ${slot} is not after slot ${this.#slot}`);
    const sealed = sealOf(header);
    if (sealed === undefined) return place.find("authors", "the header is not sealed");
    const author = Number(slot % BigInt(sealers.length));
    const key = sealers[author];
    const signature = { kind: "sr25519", bytes: sealed.seal } as const;
    if (key === undefined || !isSignedBy(key, sealed.unsealedHash, signature)) {
      return place.find("authors", "the seal is not that of the slot's authority", { party: `authority ${author}` });
    }
    this.#slot = slot;
  }

  /** The first extrinsic of a block, and no other, is its time (PSE-AUD-6). */
  checkTime(place: Place, header: Header, index: number, extrinsic: Exclude<Decoded, { signed: SignedExtrinsic }>): void {
    if ("undecodable" in extrinsic) {
      return place.find("bodies", `the extrinsic does not decode: ${extrinsic.undecodable}`, { extrinsic: index });
    }
    if (extrinsic.unsigned.pallet !== "timestamp") {
      return place.find("bodies", "an unsigned extrinsic that is not the block's time", { extrinsic: index });
    }
    if (index !== 0) return place.find("bodies", "a time that is not the block's first extrinsic", { extrinsic: index });
    const time = extrinsic.unsigned.now;
    const slot = slotOf(header) ?? 0n;
    const earliest = this.#time === 0n ? 0n : this.#time + BLOCK_MILLISECONDS / 2n;
    this.#time = time;
    if (time < earliest || time / BLOCK_MILLISECONDS !== slot) {
      place.find("bodies", `the time ${time} does not fit slot ${slot}, or is too soon after the last`, { extrinsic: 0 });
    }
  }

  /** Why each signed extrinsic is not its signer's; undefined if it is (PSE-AUD-7). */
  async checkSignatures(
    checker: Checker,
    extrinsics: readonly SignedExtrinsic[],
    now: number,
  ): Promise<(string | undefined)[]> {
    const payloads = extrinsics.map((extrinsic) => this.#payload(extrinsic, now));
    const askable = extrinsics.flatMap(({ signer, signature }, at) => {
      const message = payloads[at];
      return message === undefined ? [] : [{ account: signer, message, signature }];
    });
    const answers = await checker.signatures(askable);
    let next = 0;
    return extrinsics.map(({ signer }, at) => {
      const valid = payloads[at] !== undefined && answers[next++] === true;
      if (signer.every((byte) => byte === 0)) return "the zero account cannot sign";
      if (payloads[at] === undefined) return "the extrinsic is outside its era";
      return valid ? undefined : "the signature is not the account's over this extrinsic";
    });
  }

  #payload(extrinsic: SignedExtrinsic, now: number): Bytes | undefined {
    const birth = birthOf(extrinsic.era, now);
    const mortalityHash = birth < now ? this.hashes[birth] : undefined;
    if (mortalityHash === undefined) return undefined;
    return signingPayload(extrinsic, { ...this.code.versions, genesisHash: this.facts.hash, mortalityHash });
  }

  /** Creates an election, if the rules allow (PSE-ELE-5, PSE-AUD-10). */
  create(manifest: Manifest, now: number): void {
    this.counters.add("manifests");
    const pending = this.elections.filter(({ cancelled }) => !cancelled);
    const withSame = (edge: "start" | "end"): number =>
      pending.filter((other) => other.manifest.voting[edge] === manifest.voting[edge]).length;
    const possible =
      isValid(manifest) &&
      manifest.registration.end > now &&
      equal(manifest.codeHash, this.code.hash) &&
      !officialsOf(manifest).some((account) => this.consortium.isMember(account)) &&
      withSame("start") < MAX_ELECTIONS_PER_BLOCK &&
      withSame("end") < MAX_ELECTIONS_PER_BLOCK;
    if (possible) this.elections.push(new Election(this.elections.length + 1, manifest, this.facts.hash, now));
  }

  /** Takes an organisation in, if the rules allow (PSE-VAL-2). */
  admit(organisation: Organisation, proof: OwnershipProof): void {
    const { account } = organisation;
    const inOffice = this.elections.some(
      ({ over, manifest }) => !over && officialsOf(manifest).some((official) => equal(official, account)),
    );
    if (this.frozen || inOffice) return;
    if (this.validators.admit(organisation, proof)) this.consortium.admit(account);
  }

  /** Dismisses an organisation, if the rules allow (PSE-VAL-3). */
  dismiss(account: Bytes): void {
    if (!this.frozen && this.validators.dismiss(account)) this.consortium.dismiss(account);
  }
}

export function decode(bytes: Bytes): Decoded {
  try {
    return decodeExtrinsic(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return { undecodable: error.message };
    throw error;
  }
}
