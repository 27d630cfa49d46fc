// What a page asks a node, one typed method for each question (PSE-API-1).

import { type Hex, isHex, toHex } from '../encoding/hex';
import { shapeOf, ShapeError, type Shape } from '../encoding/shape';
import { Connection, RpcError } from './rpc';

/** JSON-RPC codes of a transaction that the pool found invalid, now or a moment ago. */
const POOL_REFUSES: readonly number[] = [1010, 1012];
/** JSON-RPC code of a transaction that is in the pool already. */
const POOL_ALREADY_IMPORTED = 1013;
/** Lists in a manifest: the limits of the chain, rounded up. */
const MAX_LIST = 256;
/** More than a hundred validators' signatures, and the headers between. */
const MAX_JUSTIFICATION_BYTES = 1_048_576;
/** `FRNK`, GRANDPA's name. */
const GRANDPA: Hex = '0x46524e4b';

/** Where an election stands. */
export type Phase = 'registration' | 'voting' | 'tallying' | 'published' | 'cancelled';

/** From `start` on and before `end`. */
export interface BlockRange {
  readonly start: number;
  readonly end: number;
}

/** One question of the ballot paper. */
export interface Contest {
  readonly id: number;
  readonly title: string;
  readonly options: readonly string[];
  readonly min: number;
  readonly max: number;
  /** Whether nothing may be selected although `min` is above 0. */
  readonly blankAllowed: boolean;
}

/** Voters who are asked the same questions. */
export interface District {
  readonly id: number;
  readonly name: string;
  readonly contests: readonly Contest[];
}

/** Everything about an election that is fixed before the first vote. */
export interface Manifest {
  /** SCALE: what is hashed, and what the texts here must be those of. */
  readonly encoded: Hex;
  readonly hash: Hex;
  readonly title: string;
  readonly districts: readonly District[];
  readonly registrars: readonly string[];
  readonly trustees: readonly string[];
  readonly threshold: number;
  readonly quorum: number;
  readonly registration: BlockRange;
  readonly voting: BlockRange;
  readonly revote: 'forbidden' | 'last_counts';
  /** Mean delay at each relay, in seconds. */
  readonly relayDelay: number;
}

/** A block's number and hash. */
export interface Block {
  readonly number: number;
  readonly hash: Hex;
}

/** What the register keeps of an accepted ballot. */
export interface BallotRecord {
  readonly index: number;
  readonly account: string;
  readonly tracker: Hex;
  readonly district: number;
  readonly block: number;
}

/** What a signature on this chain is bound to, beside the genesis hash. */
export interface RuntimeVersion {
  readonly spec: number;
  readonly transaction: number;
}

/** What a pool said of an extrinsic. */
export type Submission =
  | { readonly kind: 'accepted' }
  /** The code is that of `Refusal` (PSE-EXT-3); `null` when the pool says something else. */
  | { readonly kind: 'refused'; readonly code: number | null; readonly message: string };

function range(shape: Shape): BlockRange {
  return { start: shape.field('start').count(), end: shape.field('end').count() };
}

function contest(shape: Shape): Contest {
  return {
    id: shape.field('id').count(),
    title: shape.field('title').text(),
    options: shape.field('options').list(MAX_LIST, (option) => option.text()),
    min: shape.field('min_selections').count(),
    max: shape.field('max_selections').count(),
    blankAllowed: shape.field('blank_allowed').flag(),
  };
}

function district(shape: Shape): District {
  return {
    id: shape.field('id').count(),
    name: shape.field('name').text(),
    contests: shape.field('contests').list(MAX_LIST, contest),
  };
}

/** Reads the node's view of a manifest. */
export function readManifest(value: unknown): Manifest {
  const shape = shapeOf(value, 'manifest');
  const named = (entry: Shape) => entry.field('name').text();
  return {
    encoded: shape.field('encoded').hex(),
    hash: shape.field('hash').hex(32),
    title: shape.field('title').text(),
    districts: shape.field('districts').list(MAX_LIST, district),
    registrars: shape.field('registrars').list(MAX_LIST, named),
    trustees: shape.field('trustees').list(MAX_LIST, named),
    threshold: shape.field('threshold').count(),
    quorum: shape.field('quorum').count(),
    registration: range(shape.field('registration')),
    voting: range(shape.field('voting')),
    revote: shape.field('revote').oneOf('forbidden', 'last_counts'),
    relayDelay: shape.field('relay_delay').count(),
  };
}

function ballotRecord(shape: Shape): BallotRecord {
  const record = shape.field('record');
  return {
    index: shape.field('index').count(),
    account: record.field('account').text(),
    tracker: record.field('tracker').hex(32),
    district: record.field('district').count(),
    block: record.field('block').count(),
  };
}

/** The number in `Custom error: 7`. */
function refusalCode(text: string): number | null {
  const code = /Custom error: (\d{1,3})/.exec(text)?.[1];
  return code === undefined ? null : Number(code);
}

function byte(shape: Shape): number {
  const value = shape.count();
  if (value > 255) {
    throw new ShapeError('justification', 'bytes');
  }
  return value;
}

const SUBSCRIBE_JUSTIFICATIONS = 'grandpa_subscribeJustifications';

/** One node. */
export class Node {
  readonly connection: Connection;
  /** The last justification that came while somebody followed. */
  private heard: Hex | null = null;

  constructor(readonly url: string) {
    this.connection = new Connection(url);
    this.connection.listen((result) => {
      if (isHex(result)) {
        this.heard = result;
      }
    });
  }

  /** The hash of the block with this number on the best chain. */
  async blockHash(number: number): Promise<Hex> {
    return shapeOf(await this.connection.request('chain_getBlockHash', [number]), `block ${number}`).hex(32);
  }

  /** The last finalised block. */
  async finalised(): Promise<Block> {
    const hash = shapeOf(await this.connection.request('chain_getFinalizedHead'), 'finalised head').hex(32);
    const header = shapeOf(await this.connection.request('chain_getHeader', [hash]), 'header');
    const number = header.field('number').text();
    if (!/^0x[0-9a-fA-F]{1,8}$/.test(number)) {
      throw new ShapeError('header.number', 'a block number in hexadecimal');
    }
    return { number: Number(number), hash };
  }

  /** The runtime's versions. */
  async version(): Promise<RuntimeVersion> {
    const shape = shapeOf(await this.connection.request('state_getRuntimeVersion'), 'runtime version');
    return { spec: shape.field('specVersion').count(), transaction: shape.field('transactionVersion').count() };
  }

  /** The election's manifest, or `null` where there is no such election. */
  async manifest(election: number, at: Hex): Promise<Manifest | null> {
    const answer = await this.connection.request('election_manifest', [election, at]);
    return answer === null ? null : readManifest(answer);
  }

  /** Where the election stands. */
  async phase(election: number, at: Hex): Promise<Phase> {
    const shape = shapeOf(await this.connection.request('election_phase', [election, at]), 'phase');
    return shape.oneOf('registration', 'voting', 'tallying', 'published', 'cancelled');
  }

  /** The key that ballots are encrypted to, once the ceremony has made it. */
  async electionKey(election: number, at: Hex): Promise<Hex | null> {
    const shape = shapeOf(await this.connection.request('election_ceremony', [election, at]), 'ceremony');
    return shape.optional((ceremony) =>
      ceremony.field('keys').optional((keys) => keys.field('election_key').hex(32)),
    );
  }

  /** The ballot with this tracker. */
  async ballotByTracker(election: number, tracker: Hex, at: Hex): Promise<BallotRecord | null> {
    const answer = await this.connection.request('election_ballotByTracker', [election, tracker, at]);
    return shapeOf(answer, 'ballot').optional(ballotRecord);
  }

  /** A Merkle proof of storage entries in the state after a block. */
  async readProof(keys: readonly Hex[], at: Hex): Promise<Hex[]> {
    const shape = shapeOf(await this.connection.request('state_getReadProof', [keys, at]), 'read proof');
    return shape.field('proof').list(MAX_LIST, (entry) => entry.hex());
  }

  /** A storage entry in the state after a block. */
  async storage(key: Hex, at: Hex): Promise<Hex | null> {
    const shape = shapeOf(await this.connection.request('state_getStorage', [key, at]), 'storage');
    return shape.optional((value) => value.hex());
  }

  /** The block's header as the node sends it. */
  async header(at: Hex): Promise<unknown> {
    return this.connection.request('chain_getHeader', [at]);
  }

  /** The validators' signatures under this block, where the node keeps them: wherever validators change. */
  async justification(at: Hex): Promise<Hex | null> {
    const shape = shapeOf(await this.connection.request('chain_getBlock', [at]), 'block');
    const bytes = (part: Shape) => toHex(Uint8Array.from(part.list(MAX_JUSTIFICATION_BYTES, byte)));
    const all = shape.field('justifications').optional((list) => list.list(MAX_LIST, (one) => one.list(2, bytes)));
    return all?.find(([engine]) => engine === GRANDPA)?.[1] ?? null;
  }

  /** The last justification that came since `followFinality`; `null` before the first. */
  get lastJustification(): Hex | null {
    return this.heard;
  }

  /** Has the node tell of every justification; asked again, only where the connection was lost. */
  async followFinality(): Promise<void> {
    await this.connection.keepSubscribed(SUBSCRIBE_JUSTIFICATIONS);
  }

  /** Calls back whenever the node tells something by itself; ends when what it returns is called. */
  onNews(listener: () => void): () => void {
    return this.connection.listen(listener);
  }

  /** The next justification that the validators make, or `null` after `patience` milliseconds. */
  async nextJustification(patience: number): Promise<Hex | null> {
    const unsubscribe = 'grandpa_unsubscribeJustifications';
    const answer = await this.connection.firstOf(SUBSCRIBE_JUSTIFICATIONS, unsubscribe, patience);
    return isHex(answer) ? answer : null;
  }

  /** Puts an extrinsic into the pool. One that is there already is accepted. */
  async submit(extrinsic: Hex): Promise<Submission> {
    try {
      await this.connection.request('author_submitExtrinsic', [extrinsic]);
      return { kind: 'accepted' };
    } catch (error) {
      if (error instanceof RpcError && error.code === POOL_ALREADY_IMPORTED) {
        return { kind: 'accepted' };
      }
      if (error instanceof RpcError && POOL_REFUSES.includes(error.code)) {
        return { kind: 'refused', code: refusalCode(error.message), message: error.message };
      }
      throw error;
    }
  }
}
