/** A made-up chain: blocks with authors, justifications, and the archive of it. */

import { ascii, concat, u32, type Bytes } from "../../src/bytes.js";
import { encodeHeader, hashOf, type DigestItem, type Header } from "../../src/header.js";
import { blake2b256, twox128 } from "../../src/hashing.js";
import { encodeResult, type ElectionResult } from "../../src/result.js";
import { byteList, compact, list } from "../../src/scale.js";
import { orderedRoot } from "../../src/trie.js";
import { calls, u64 } from "./encoding.js";
import { Account, EdKey } from "./keys.js";
import { makeState, type State } from "./state.js";

export const FIRST_SLOT = 1_000n;
export const SPEC_VERSION = 100;
export const TRANSACTION_VERSION = 3;
const NONE = new Uint8Array(0);
const [CONSENSUS, SEAL, PRE_RUNTIME, RUNTIME_UPDATED] = [4, 5, 6, 8];
const BLOCK_MILLISECONDS = 3_000n;

/** A member of the consortium, and the keys that it seals and votes with. */
export class Organisation {
  constructor(
    readonly member: Account,
    readonly author: Account,
    readonly voter: EdKey,
  ) {}

  static named(name: string | number): Organisation {
    return new Organisation(new Account(`member ${name}`), new Account(`author ${name}`), new EdKey(`finality ${name}`));
  }

  get keys(): Bytes {
    return concat(this.author.id, this.voter.id);
  }

  /** That the keys are its own, or those of the account that is named. */
  proof(of: Account = this.member): Bytes {
    const statement = concat(ascii("POP_"), of.id);
    return concat(this.author.sign(statement), this.voter.sign(statement));
  }

  with(keys: Organisation): Organisation {
    return new Organisation(this.member, keys.author, keys.voter);
  }
}

export const ORGANISATIONS = [1, 2, 3].map((own) => Organisation.named(own));
export const AUTHORS = ORGANISATIONS.map(({ author }) => author);
export const VOTERS_FOR_FINALITY = ORGANISATIONS.map(({ voter }) => voter);
export const MEMBERS = ORGANISATIONS.map(({ member }) => member);
const CODE = ascii("the runtime, which no audit runs, but for its hash ".repeat(4));
export const CODE_HASH = blake2b256(CODE);

export function storageKey(pallet: string, item: string): Bytes {
  return concat(twox128(ascii(pallet)), twox128(ascii(item)));
}

/** What a block's header is made of; a test may change any of it before it is sealed. */
export interface HeaderDraft {
  parentHash: Bytes;
  number: number;
  stateRoot: Bytes;
  extrinsicsRoot: Bytes;
  slot: bigint;
  author: Account;
  sealed: boolean;
  /** What stands between the slot and the seal. */
  announces: DigestItem[];
}

/** The record after a block from whose successor on another set makes the blocks. */
export interface HandoverDraft {
  block: number;
  hash: Bytes;
  set: number;
  votes: Vote[];
  /** As often as that it stands in the archive. */
  times: number;
}

/** The record after a block from whose successor on another code runs. */
export interface VersionsDraft {
  block: number;
  specVersion: number;
  transactionVersion: number;
  times: number;
}

/** Who signs a precommit, and for which block. */
interface Vote {
  voter: EdKey;
  hash: Bytes;
  number: number;
}

/** What a test changes of the records after a block; further ones may be made. */
export interface RecordChanges {
  readonly handover?: (draft: HandoverDraft) => void;
  readonly versions?: (draft: VersionsDraft) => void;
}

/** What the closing record is made of. */
export interface ClosingDraft {
  election: number;
  round: bigint;
  set: number;
  targetNumber: number;
  votes: Vote[];
  /** Headers that follow the last block. */
  descendants: Header[];
  /** Headers in the justification. */
  ancestries: Header[];
  proofBlock: number;
  proof: readonly Bytes[];
  result: ElectionResult | undefined;
}

/** What block 0 says of the organisations, and a test may say otherwise. */
export interface GenesisDraft {
  queued: Bytes[];
  voters: Bytes[];
  sealers: Bytes[];
  members: Bytes[];
  specVersion: number;
}

function genesisDraft(): GenesisDraft {
  return {
    queued: ORGANISATIONS.map(({ member, keys }) => concat(member.id, keys)),
    voters: VOTERS_FOR_FINALITY.map(({ id }) => concat(id, u64(1))),
    sealers: AUTHORS.map(({ id }) => id),
    // The consortium sorts its members, so theirs is not the organisations' order.
    members: MEMBERS.map(({ id }) => id).reverse(),
    specVersion: SPEC_VERSION,
  };
}

function genesisState({ queued, voters, sealers, members }: Omit<GenesisDraft, "specVersion">): State {
  return makeState([
    [storageKey("Session", "QueuedKeys"), list(queued)],
    [storageKey("Grandpa", "Authorities"), list(voters)],
    [storageKey("Aura", "Authorities"), list(sealers)],
    [storageKey("Consortium", "Members"), list(members)],
    [ascii(":code"), CODE],
  ]);
}

export const GENESIS_STATE = genesisState(genesisDraft());

export function resultState(election: number, result: ElectionResult | undefined): State {
  const key = concat(storageKey("BallotRegister", "Results"), u32(election));
  const other = [storageKey("BallotRegister", "Ballots"), ascii("something else in the state")] as const;
  return makeState(result === undefined ? [other] : [other, [key, encodeResult(result)]]);
}

export interface SignOptions {
  readonly era?: Bytes;
  readonly zero?: boolean;
  readonly specVersion?: number;
  readonly mortalityHash?: Bytes;
}

export class MadeUpChain {
  readonly #records: Bytes[] = [];
  readonly #nonces = new Map<Account, number>();
  readonly headers: Header[] = [];
  /** As the consortium has decided; they are queued at a session's end, and active at the next. */
  organisations: readonly Organisation[] = ORGANISATIONS;
  #queued: readonly Organisation[] = ORGANISATIONS;
  #active: readonly Organisation[] = ORGANISATIONS;
  /** Who finalises the last block, and who its successors. */
  #finalising: readonly (readonly [set: number, voters: readonly Organisation[]])[] = [[0, ORGANISATIONS], [0, ORGANISATIONS]];
  /** No session ends in these blocks. */
  frozen: (block: number) => boolean = () => false;
  /** In whose digest it stands that another code runs from the next block on, and its version. */
  readonly upgrades = new Map<number, number>();
  #specVersion = SPEC_VERSION;
  #transactionVersion = TRANSACTION_VERSION;

  constructor(genesisNumber = 0, omitted = -1, change: (draft: GenesisDraft) => void = () => undefined) {
    const draft = genesisDraft();
    change(draft);
    const state = genesisState(draft);
    const header = {
      parentHash: new Uint8Array(32),
      number: genesisNumber,
      stateRoot: state.root,
      extrinsicsRoot: orderedRoot([]),
      digest: [],
    };
    this.headers.push(header);
    const nodes = state.nodes.filter((_, at) => at !== omitted);
    this.#record(0, encodeHeader(header), u32(draft.specVersion), u32(TRANSACTION_VERSION), list(nodes.map(byteList)));
  }

  get genesisHash(): Bytes {
    return this.hash(0);
  }

  hash(block: number): Bytes {
    const header = this.headers[block];
    if (header === undefined) throw new Error(`no block ${block}`);
    return hashOf(header);
  }

  get next(): number {
    return this.headers.length;
  }

  get slot(): bigint {
    return FIRST_SLOT + BigInt(this.next);
  }

  time(): Bytes {
    return this.unsigned(calls.time(this.slot * BLOCK_MILLISECONDS));
  }

  unsigned(call: Bytes, version = 5): Bytes {
    return byteList(concat(Uint8Array.of(version), call));
  }

  /** An official's message, with the nonce that follows. */
  official(account: Account, call: Bytes): Bytes {
    const nonce = this.#nonces.get(account) ?? 0;
    this.#nonces.set(account, nonce + 1);
    return this.signed(account, call, nonce);
  }

  signed(account: Account, call: Bytes, nonce: number, options: SignOptions = {}): Bytes {
    const id = options.zero ? new Uint8Array(32) : account.id;
    return this.signedBy({ id, kind: 1, sign: (payload) => account.sign(payload) }, call, nonce, options);
  }

  /** Signed with a key of any kind, by the number of the kind. */
  signedBy(
    { id, kind, sign }: { id: Bytes; kind: number; sign: (payload: Bytes) => Bytes },
    call: Bytes,
    nonce: number,
    options: SignOptions = {},
  ): Bytes {
    const extra = concat(options.era ?? Uint8Array.of(0), compact(nonce));
    const versions = concat(u32(options.specVersion ?? this.#specVersion), u32(this.#transactionVersion));
    const payload = concat(call, extra, versions, this.genesisHash, options.mortalityHash ?? this.genesisHash);
    const signature = sign(payload.length > 256 ? blake2b256(payload) : payload);
    return byteList(concat(Uint8Array.of(0x84, 0), id, Uint8Array.of(kind), signature, extra, call));
  }

  /** The authors of the block that is made next. */
  get authors(): Account[] {
    return this.#active.map(({ author }) => author);
  }

  block(
    extrinsics: readonly Bytes[],
    stateRoot: Bytes,
    change: (draft: HeaderDraft) => void = () => undefined,
    records: RecordChanges = {},
  ): void {
    const slot = this.slot;
    const authors = this.authors;
    const announces = this.#endSession();
    const specVersion = this.upgrades.get(this.next);
    // GRANDPA says its own when the block ends, all others before.
    const before = Math.max(0, announces.length - 1);
    if (specVersion !== undefined) announces.splice(before, 0, { kind: RUNTIME_UPDATED, engine: NONE, data: NONE });
    const draft: HeaderDraft = {
      parentHash: this.hash(this.next - 1),
      number: this.next,
      stateRoot,
      extrinsicsRoot: orderedRoot(extrinsics),
      slot,
      author: authorOf(slot, authors),
      sealed: true,
      announces,
    };
    change(draft);
    const { parentHash, number, extrinsicsRoot } = draft;
    const digest = [{ kind: PRE_RUNTIME, engine: ascii("aura"), data: u64(draft.slot) }, ...draft.announces];
    const unsealed = { parentHash, number, stateRoot: draft.stateRoot, extrinsicsRoot, digest };
    const seal = { kind: SEAL, engine: ascii("aura"), data: draft.author.sign(hashOf(unsealed)) };
    const header = { ...unsealed, digest: draft.sealed ? [...digest, seal] : digest };
    this.headers.push(header);
    this.#record(1, encodeHeader(header), list(extrinsics.map(byteList)));
    this.#handover(records.handover);
    this.#versions(specVersion, records.versions);
  }

  /** Every twentieth block; says what has to be announced. */
  #endSession(): DigestItem[] {
    const [, now = [0, ORGANISATIONS]] = this.#finalising;
    this.#finalising = [now, now];
    if (this.next % 20 !== 0 || this.frozen(this.next)) return [];
    const [before, after] = [this.#active, this.#queued];
    this.#active = after;
    this.#queued = this.organisations;
    const encoded = (of: readonly Organisation[]): string => of.map(({ member, keys }) => [member.id, keys].join()).join();
    if (encoded(before) === encoded(after)) return [];
    this.#finalising = [now, [now[0] + 1, after]];
    return announcementOf(after, { sealers: authorsOf(before) !== authorsOf(after) });
  }

  #handover(change: (draft: HandoverDraft) => void = () => undefined): void {
    const [[set, voters], [next]] = this.#finalising as [[number, readonly Organisation[]], [number, unknown]];
    const [number, hash] = [this.next - 1, this.hash(this.next - 1)];
    const votes = voters.map(({ voter }) => ({ voter, hash, number }));
    const draft = { block: number, hash, set, votes, times: next === set ? 0 : 1 };
    change(draft);
    const target = { round: 3n, set: draft.set, hash: draft.hash, number: draft.block };
    for (let time = 0; time < draft.times; time++) this.#record(3, byteList(justificationOf(target, draft.votes, [])));
  }

  #versions(specVersion: number | undefined, change: (draft: VersionsDraft) => void = () => undefined): void {
    const draft = {
      block: this.next - 1,
      specVersion: specVersion ?? this.#specVersion,
      transactionVersion: this.#transactionVersion,
      times: specVersion === undefined ? 0 : 1,
    };
    change(draft);
    for (let time = 0; time < draft.times; time++) this.#record(4, u32(draft.specVersion), u32(draft.transactionVersion));
    if (draft.times === 0) return;
    this.#specVersion = draft.specVersion;
    this.#transactionVersion = draft.transactionVersion;
  }

  close(result: ElectionResult | undefined, state: State, change: (draft: ClosingDraft) => void = () => undefined): Bytes {
    const [number, hash] = [this.next - 1, this.hash(this.next - 1)];
    const [[set, voters]] = this.#finalising as [[number, readonly Organisation[]]];
    const draft: ClosingDraft = {
      election: 1,
      round: 5n,
      set,
      targetNumber: number,
      votes: voters.map(({ voter }) => ({ voter, hash, number })),
      descendants: [],
      ancestries: [],
      proofBlock: number,
      proof: state.nodes,
      result,
    };
    change(draft);
    const last = draft.descendants.at(-1);
    const target = { round: draft.round, set: draft.set, hash: last === undefined ? hash : hashOf(last), number: draft.targetNumber };
    const justification = justificationOf(target, draft.votes, draft.ancestries);
    const claimed = draft.result === undefined ? Uint8Array.of(0) : concat(Uint8Array.of(1), encodeResult(draft.result));
    const proof = list(draft.proof.map(byteList));
    const descendants = list(draft.descendants.map(encodeHeader));
    this.#record(2, u32(draft.election), descendants, byteList(justification), u32(draft.proofBlock), proof, claimed);
    return concat(ascii("PSEPHOS"), Uint8Array.of(2), ...this.#records);
  }

  #record(kind: number, ...parts: Bytes[]): void {
    const bytes = concat(Uint8Array.of(kind), ...parts);
    this.#records.push(concat(u32(bytes.length), bytes));
  }
}

/** The items of Aura and GRANDPA that announce a set. */
export function announcementOf(after: readonly Organisation[], { sealers = true, voters = true } = {}): DigestItem[] {
  const ofAura = concat(Uint8Array.of(1), list(after.map(({ author }) => author.id)));
  const ofGrandpa = concat(Uint8Array.of(1), list(after.map(({ voter }) => concat(voter.id, u64(1)))), u32(0));
  return [
    ...(sealers ? [{ kind: CONSENSUS, engine: ascii("aura"), data: ofAura }] : []),
    ...(voters ? [{ kind: CONSENSUS, engine: ascii("FRNK"), data: ofGrandpa }] : []),
  ];
}

const authorsOf = (organisations: readonly Organisation[]): string => organisations.map(({ author }) => author.id.join()).join();

function justificationOf(
  { round, set, hash, number }: { round: bigint; set: number; hash: Bytes; number: number },
  votes: readonly Vote[],
  ancestries: readonly Header[],
): Bytes {
  const precommits = votes.map((vote) => {
    const target = concat(vote.hash, u32(vote.number));
    const message = concat(Uint8Array.of(1), target, u64(round), u64(set));
    return concat(target, vote.voter.sign(message), vote.voter.id);
  });
  return concat(u64(round), hash, u32(number), list(precommits), list(ancestries.map(encodeHeader)));
}

export function authorOf(slot: bigint, authors: readonly Account[] = AUTHORS): Account {
  const author = authors[Number(slot % BigInt(authors.length))];
  if (author === undefined) throw new Error("there are authors");
  return author;
}
