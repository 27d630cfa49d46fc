/** A made-up chain: blocks with authors, a justification, and the archive of it. */

import { ascii, concat, littleEndian, u32, type Bytes } from "../../src/bytes.js";
import { encodeHeader, hashOf, type Header } from "../../src/header.js";
import { blake2b256, twox128 } from "../../src/hashing.js";
import { encodeResult, type ElectionResult } from "../../src/result.js";
import { byteList, compact, list } from "../../src/scale.js";
import { orderedRoot } from "../../src/trie.js";
import { calls, u64 } from "./encoding.js";
import { Account, EdKey } from "./keys.js";
import { makeState, type State } from "./state.js";

export const FIRST_SLOT = 1_000n;
export const SPEC_VERSION = 7;
export const TRANSACTION_VERSION = 3;
const NONE = new Uint8Array(0);
const [CONSENSUS, SEAL, PRE_RUNTIME] = [4, 5, 6];
const BLOCK_MILLISECONDS = 3_000n;

export const AUTHORS = [1, 2, 3].map((own) => new Account(`author ${own}`));
export const VOTERS_FOR_FINALITY = [1, 2, 3].map((own) => new EdKey(`finality ${own}`));
export const MEMBERS = [1, 2, 3].map((own) => new Account(`member ${own}`));
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
  announces: Bytes | undefined;
}

/** What the closing record is made of. */
export interface ClosingDraft {
  election: number;
  round: bigint;
  targetNumber: number;
  /** Who signs a precommit, and for which hash. */
  votes: { voter: EdKey; hash: Bytes; number: number }[];
  /** Headers in the justification. */
  ancestries: Header[];
  proofBlock: number;
  proof: readonly Bytes[];
  result: ElectionResult | undefined;
}

export const GENESIS_STATE = makeState([
  [storageKey("Grandpa", "Authorities"), list(VOTERS_FOR_FINALITY.map(({ id }) => concat(id, u64(1))))],
  [storageKey("Aura", "Authorities"), list(AUTHORS.map(({ id }) => id))],
  [storageKey("Consortium", "Members"), list(MEMBERS.map(({ id }) => id))],
  [ascii(":code"), CODE],
]);

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

  constructor(genesisNumber = 0, omitted = -1) {
    const header = {
      parentHash: new Uint8Array(32),
      number: genesisNumber,
      stateRoot: GENESIS_STATE.root,
      extrinsicsRoot: orderedRoot([]),
      digest: [],
    };
    this.headers.push(header);
    const nodes = GENESIS_STATE.nodes.filter((_, at) => at !== omitted);
    this.#record(0, encodeHeader(header), u32(SPEC_VERSION), u32(TRANSACTION_VERSION), list(nodes.map(byteList)));
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
    return this.inherent(calls.time(this.slot * BLOCK_MILLISECONDS));
  }

  inherent(call: Bytes): Bytes {
    return byteList(concat(Uint8Array.of(5), call));
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
    const versions = concat(u32(options.specVersion ?? SPEC_VERSION), u32(TRANSACTION_VERSION));
    const payload = concat(call, extra, versions, this.genesisHash, options.mortalityHash ?? this.genesisHash);
    const signature = sign(payload.length > 256 ? blake2b256(payload) : payload);
    return byteList(concat(Uint8Array.of(0x84, 0), id, Uint8Array.of(kind), signature, extra, call));
  }

  block(extrinsics: readonly Bytes[], stateRoot: Bytes, change: (draft: HeaderDraft) => void = () => undefined): void {
    const slot = this.slot;
    const draft: HeaderDraft = {
      parentHash: this.hash(this.next - 1),
      number: this.next,
      stateRoot,
      extrinsicsRoot: orderedRoot(extrinsics),
      slot,
      author: authorOf(slot),
      sealed: true,
      announces: undefined,
    };
    change(draft);
    const { parentHash, number, extrinsicsRoot } = draft;
    const digest = [{ kind: PRE_RUNTIME, engine: ascii("aura"), data: u64(draft.slot) }];
    if (draft.announces !== undefined) digest.push({ kind: CONSENSUS, engine: draft.announces, data: NONE });
    const unsealed = { parentHash, number, stateRoot: draft.stateRoot, extrinsicsRoot, digest };
    const seal = { kind: SEAL, engine: ascii("aura"), data: draft.author.sign(hashOf(unsealed)) };
    const header = { ...unsealed, digest: draft.sealed ? [...digest, seal] : digest };
    this.headers.push(header);
    this.#record(1, encodeHeader(header), list(extrinsics.map(byteList)));
  }

  close(result: ElectionResult | undefined, state: State, change: (draft: ClosingDraft) => void = () => undefined): Bytes {
    const [number, hash] = [this.next - 1, this.hash(this.next - 1)];
    const draft: ClosingDraft = {
      election: 1,
      round: 5n,
      targetNumber: number,
      votes: VOTERS_FOR_FINALITY.map((voter) => ({ voter, hash, number })),
      ancestries: [],
      proofBlock: number,
      proof: state.nodes,
      result,
    };
    change(draft);
    const precommits = draft.votes.map((vote) => {
      const target = concat(vote.hash, u32(vote.number));
      const message = concat(Uint8Array.of(1), target, u64(draft.round), littleEndian(0, 8));
      return concat(target, vote.voter.sign(message), vote.voter.id);
    });
    const justification = concat(
      u64(draft.round),
      hash,
      u32(draft.targetNumber),
      list(precommits),
      list(draft.ancestries.map(encodeHeader)),
    );
    const claimed = draft.result === undefined ? Uint8Array.of(0) : concat(Uint8Array.of(1), encodeResult(draft.result));
    const proof = list(draft.proof.map(byteList));
    this.#record(2, u32(draft.election), list([]), byteList(justification), u32(draft.proofBlock), proof, claimed);
    return concat(ascii("PSEPHOS"), Uint8Array.of(1), ...this.#records);
  }

  #record(kind: number, ...parts: Bytes[]): void {
    const bytes = concat(Uint8Array.of(kind), ...parts);
    this.#records.push(concat(u32(bytes.length), bytes));
  }
}

export function authorOf(slot: bigint): Account {
  const author = AUTHORS[Number(slot % BigInt(AUTHORS.length))];
  if (author === undefined) throw new Error("there are authors");
  return author;
}
