/**
 * A made-up election from its creation to its result, in sixteen blocks, and the places in which a test
 * can change it. District 1 is counted and has one voter who votes twice, district 2 has too few ballots,
 * district 3 has none.
 */

import { x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Ballot, ContestRule } from "../../src/ballot-proofs.js";
import { ascii, type Bytes } from "../../src/bytes.js";
import { credentialMessage } from "../../src/credentials.js";
import type { Ciphertext, DecryptionShare } from "../../src/decryption.js";
import type { AddressedShare, RegistrarSignature } from "../../src/extrinsic.js";
import { decodePoint, Point } from "../../src/group.js";
import { blake2b256 } from "../../src/hashing.js";
import { combinePackages, packageCommitment, trusteeIdentifier, type CombinedKeys, type Package } from "../../src/key-ceremony.js";
import type { ElectionResult } from "../../src/result.js";
import type { Context } from "../../src/transcripts.js";
import {
  CODE_HASH,
  MadeUpChain,
  MEMBERS,
  resultState,
  type ClosingDraft,
  type GenesisDraft,
  type HeaderDraft,
  type RecordChanges,
  type SignOptions,
} from "./chain.js";
import { calls, encodeBallot, encodeManifest, type ManifestDraft } from "./encoding.js";
import { Account, RsaKey } from "./keys.js";
import { makeBallot, makeShares, Polynomial } from "./proofs.js";

export const TRUSTEES = [1, 2, 3].map((own) => new Account(`trustee ${own}`));
export const REGISTRARS = [1, 2].map((own) => new Account(`registrar ${own}`));
/** Three voters of district 1, one of district 2, and one without a credential of their own. */
export const [ANNA, BORIS, CLARA, DAVID, EVE] = ["anna", "boris", "clara", "david", "eve"].map(
  (name) => new Account(name),
) as [Account, Account, Account, Account, Account];
/** By registrar and district. Making them takes a second, so all elections share them. */
const RSA_KEYS = REGISTRARS.map(() => [1, 2, 3].map(() => new RsaKey()));
export const VOTERS: readonly (readonly [bigint, number])[] = [[11n, 1], [12n, 1], [13n, 1], [14n, 2]];

const DISTRICTS = [
  {
    id: 1,
    contests: [
      { id: 1, options: ["A", "B", "C"], min: 1, max: 1, blank: false },
      { id: 2, options: ["Yes", "No"], min: 0, max: 2, blank: false },
    ],
  },
  { id: 2, contests: [{ id: 1, options: ["A", "B"], min: 1, max: 1, blank: true }] },
  { id: 3, contests: [{ id: 7, options: ["A", "B"], min: 1, max: 1, blank: false }] },
];

export const RESULT: ElectionResult = {
  block: 15,
  districts: [
    { district: 1, ballots: 3, outcome: { counted: [{ contest: 1, counts: [0, 2, 1] }, { contest: 2, counts: [2, 1] }] } },
    { district: 2, ballots: 1, outcome: "withheld" },
    { district: 3, ballots: 0, outcome: { counted: [{ contest: 7, counts: [0, 0] }] } },
  ],
};

export type Stage = "register" | "commit" | "reveal" | "deal" | "confirm";

/** What a test changes. */
export interface Changes {
  /** So many blocks later voting opens, and all that comes after it. */
  readonly later?: number;
  readonly genesis?: (draft: GenesisDraft) => void;
  readonly genesisNumber?: number;
  readonly omittedGenesisNode?: number;
  readonly manifest?: (draft: ManifestDraft) => ManifestDraft;
  /** Goes before what officials send in a block. */
  readonly before?: (block: number, election: MadeUpElection) => Bytes[];
  /** Goes before what trustees send in a stage of the ceremony. */
  readonly inStage?: (stage: Stage, election: MadeUpElection) => Bytes[];
  /** Of a block, with its time in front; further ones may be made and put in. */
  readonly extrinsics?: (block: number, own: Bytes[], election: MadeUpElection) => Bytes[];
  readonly header?: (block: number, draft: HeaderDraft, election: MadeUpElection) => void;
  readonly records?: RecordChanges;
  readonly closing?: (draft: ClosingDraft, election: MadeUpElection) => void;
  /** What the last state holds, if it is not the result. */
  readonly published?: ElectionResult | "none";
  /** A ceremony that takes two epochs. */
  readonly secondEpoch?: boolean;
  /** So many blocks; 16 is the whole election. */
  readonly blocks?: number;
}

export class MadeUpElection {
  readonly chain: MadeUpChain;
  readonly manifest: ManifestDraft;
  readonly manifestBytes: Bytes;
  readonly context: Context;
  #polynomials = new Map<number, Polynomial>();
  #packages = new Map<number, Package>();
  #epoch = 0;
  readonly #cast: { account: Account; district: number; ballot: Ballot }[] = [];

  constructor(readonly changes: Changes = {}) {
    this.chain = new MadeUpChain(changes.genesisNumber, changes.omittedGenesisNode, changes.genesis);
    const later = changes.later ?? 0;
    const draft: ManifestDraft = {
      districts: DISTRICTS,
      trustees: TRUSTEES.map(({ id }) => id),
      threshold: 2,
      registrars: REGISTRARS.map(({ id }, at) => ({ account: id, keys: (RSA_KEYS[at] ?? []).map(({ modulus }) => modulus) })),
      quorum: 2,
      registration: [1, 9],
      voting: [10 + later, 14 + later],
      ceremonyStage: 2,
      revote: true,
      minimumBallots: 2,
      codeHash: CODE_HASH,
    };
    this.manifest = changes.manifest?.(draft) ?? draft;
    this.manifestBytes = encodeManifest(this.manifest);
    this.context = { genesisHash: this.chain.genesisHash, election: 1, manifestHash: blake2b256(this.manifestBytes) };
  }

  /** All of it, as an archive. */
  archive(): Bytes {
    const { changes, chain } = this;
    const later = changes.later ?? 0;
    const ownResult = { ...RESULT, block: RESULT.block + later };
    const published = changes.published === undefined ? ownResult : changes.published === "none" ? undefined : changes.published;
    const state = resultState(1, published);
    const blocks = changes.blocks ?? 16 + later;
    // Between its opening and its result.
    chain.frozen = (block) => block > this.manifest.voting[0] && block <= ownResult.block && changes.published !== "none";
    while (chain.next <= blocks) {
      const block = chain.next;
      const early = changes.before?.(block, this) ?? [];
      const scheduled = block < 10 ? block : block < 10 + later ? 0 : block - later;
      const own = [chain.time(), ...early, ...this.#officials(scheduled), ...this.#ballots(scheduled)];
      const extrinsics = changes.extrinsics?.(block, own, this) ?? own;
      const root = block === blocks ? state.root : new Uint8Array(32).fill(block);
      chain.block(extrinsics, root, (draft) => changes.header?.(block, draft, this), changes.records);
    }
    return chain.close(published, state, (draft) => changes.closing?.(draft, this));
  }

  #officials(block: number): Bytes[] {
    const proposal = calls.create(this.manifestBytes);
    const [first, second, third] = MEMBERS as [Account, Account, Account];
    switch (block) {
      case 1:
        return [this.chain.official(first, calls.propose(2, proposal))];
      case 2:
        return [
          this.chain.official(first, calls.vote(blake2b256(proposal), 0, true)),
          this.chain.official(second, calls.vote(blake2b256(proposal), 0, true)),
          this.chain.official(third, calls.close(blake2b256(proposal), 0, proposal.length)),
        ];
      case 3:
        return this.#register([1, 2, 3]);
      case 4:
        return this.changes.secondEpoch ? this.#complain() : [...this.#reveal([1, 2, 3]), ...this.#confirm([1, 2, 3])];
      case 5:
        return REGISTRARS.map((own) => this.chain.official(own, calls.participate(1, VOTERS)));
      case 6:
        if (!this.changes.secondEpoch) return [];
        this.#epoch = 1;
        return [...this.#register([2, 3]), ...this.#reveal([2, 3]), ...this.#confirm([2, 3])];
      case 10:
        return REGISTRARS.map((own) => this.chain.official(own, calls.issue(1, VOTERS.map(([voter]) => voter))));
      case 15:
        return (this.changes.secondEpoch ? [2, 3] : [1, 2]).map((trustee) => this.submit(trustee, this.shares(trustee)));
      default:
        return [];
    }
  }

  #ballots(block: number): Bytes[] {
    switch (block) {
      case 11:
        return [
          this.cast(ANNA, 1, [[1, 0, 0], [1, 1]]),
          this.cast(BORIS, 1, [[0, 1, 0], [1, 0]]),
          this.cast(CLARA, 1, [[0, 0, 1], [1, 1]]),
          this.cast(DAVID, 2, [[0, 0]]),
        ];
      case 12:
        return [this.cast(ANNA, 1, [[0, 1, 0], [0, 0]], 1)];
      default:
        return [];
    }
  }

  trustee(index: number): Account {
    return TRUSTEES[index - 1] ?? ANNA;
  }

  sealingKey(trustee: number): Bytes {
    return sha256(ascii(`sealing key ${trustee} of epoch ${this.#epoch}`));
  }

  package(trustee: number): Package {
    const polynomial = this.#polynomials.get(trustee) ?? new Polynomial(this.manifest.threshold);
    this.#polynomials.set(trustee, polynomial);
    return polynomial.package(this.context, this.#epoch, trustee);
  }

  #register(participants: readonly number[]): Bytes[] {
    this.#polynomials = new Map();
    this.#packages = new Map(participants.map((own) => [own, this.package(own)]));
    return [
      ...this.#stage("register", participants, (own) =>
        calls.register(1, this.#epoch, x25519.getPublicKey(this.sealingKey(own))),
      ),
      ...this.#stage("commit", participants, (own) => calls.commit(1, this.#epoch, this.commitment(own, this.revealed(own)))),
    ];
  }

  #reveal(participants: readonly number[]): Bytes[] {
    return [
      ...this.#stage("reveal", participants, (own) => calls.reveal(1, this.#epoch, this.revealed(own))),
      ...this.#stage("deal", participants, (own) => calls.deal(1, this.#epoch, this.deal(own, participants))),
    ];
  }

  #confirm(participants: readonly number[]): Bytes[] {
    const { electionKey } = this.keys;
    return this.#stage("confirm", participants, () => calls.confirm(1, this.#epoch, electionKey));
  }

  #stage(stage: Stage, participants: readonly number[], make: (own: number) => Bytes): Bytes[] {
    const early = this.changes.inStage?.(stage, this) ?? [];
    return [...early, ...participants.map((own) => this.chain.official(this.trustee(own), make(own)))];
  }

  /** What the trustee has committed to. */
  revealed(trustee: number): Package {
    const own = this.#packages.get(trustee);
    if (own === undefined) throw new Error(`trustee ${trustee} takes no part`);
    return own;
  }

  commitment(trustee: number, revealed: Package): Bytes {
    return packageCommitment(this.context, this.#epoch, trustee, revealed);
  }

  /** What is sealed in a deal the chain sees in a complaint only, so these envelopes hold nothing. */
  deal(dealer: number, participants: readonly number[] = [1, 2, 3]): AddressedShare[] {
    const encapsulatedKey = sha256(ascii("of nobody"));
    const ciphertext = new Uint8Array(48).fill(dealer);
    const others = participants.filter((other) => other !== dealer);
    return others.map((recipient) => ({ recipient, encapsulatedKey, ciphertext }));
  }

  /** Trustee 2 complains of trustee 1, whose envelope does not open. */
  #complain(): Bytes[] {
    return [...this.#reveal([1, 2, 3]), this.chain.official(this.trustee(2), calls.complain(1, 0, 1, this.sealingKey(2)))];
  }

  get keys(): CombinedKeys {
    return combinePackages(this.context, this.#epoch, [...this.#packages]);
  }

  rules(district: number): ContestRule[] {
    const contests = this.manifest.districts.find(({ id }) => id === district)?.contests ?? [];
    return contests.map(({ id, options, min, max, blank }) => ({ id, options: options.length, min, max, blank }));
  }

  credential(account: Account, district: number, registrars: readonly number[] = [0, 1]): RegistrarSignature[] {
    const message = credentialMessage(this.context, district, account.id);
    const prefix = sha256(account.id);
    return registrars.map((registrar) => {
      const key = RSA_KEYS[registrar]?.[district - 1];
      return { registrar, prefix, signature: key?.sign(prefix, message) ?? new Uint8Array(256) };
    });
  }

  ballot(account: Account, district: number, votes: readonly (readonly number[])[]): Ballot {
    const statement = { context: this.context, district, account: account.id, rules: this.rules(district) };
    return makeBallot(this.keys.electionKey, statement, votes);
  }

  /** A ballot that counts. */
  cast(
    account: Account,
    district: number,
    votes: readonly (readonly number[])[],
    nonce = 0,
    options: SignOptions = {},
  ): Bytes {
    const ballot = this.ballot(account, district, votes);
    this.#cast.push({ account, district, ballot });
    const call = calls.cast(1, district, this.credential(account, district), encodeBallot(ballot));
    return this.chain.signed(account, call, nonce, options);
  }

  /** The ballot that an account has cast first. */
  firstBallot(account: Account): Bytes {
    return encodeBallot(this.#cast.find((own) => own.account === account)?.ballot ?? []);
  }

  castCall(
    account: Account,
    district: number,
    ballot: Bytes,
    nonce: number,
    credential: RegistrarSignature[] = this.credential(account, district),
  ): Bytes {
    return this.chain.signed(account, calls.cast(1, district, credential, ballot), nonce);
  }

  /** The sums of district 1: of each account's last ballot. */
  sums(): Ciphertext[] {
    const last = new Map(this.#cast.filter(({ district }) => district === 1).map(({ account, ballot }) => [account, ballot]));
    const ballots = [...last.values()].map((ballot) => ballot.flatMap(({ selections }) => selections));
    const add = (half: "r" | "c", option: number): Bytes =>
      ballots.reduce((sum, own) => sum.add(decodePoint(own[option]?.[half] ?? new Uint8Array(32))), Point.ZERO).toBytes();
    return (ballots[0] ?? []).map((_, option) => ({ r: add("r", option), c: add("c", option) }));
  }

  /** A trustee's shares of district 1. */
  shares(trustee: number): DecryptionShare[] {
    const identifier = trusteeIdentifier(this.context, this.#epoch, trustee);
    const secret = [...this.#polynomials.values()].reduce((sum, own) => sum + own.at(identifier), 0n);
    const verificationShare = this.keys.verificationShares.find(([of]) => of === trustee)?.[1] ?? new Uint8Array(32);
    const statement = { context: this.context, epoch: this.#epoch, district: 1, trustee, verificationShare };
    return makeShares(statement, secret, this.sums());
  }

  submit(trustee: number, shares: readonly DecryptionShare[], district = 1): Bytes {
    return this.chain.official(this.trustee(trustee), calls.shares(1, district, shares));
  }
}

