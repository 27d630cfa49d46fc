// What a page asks a node, one typed method for each question. None of the answers is believed: what counts is
// proven (`node-source.ts`), but for the runtime's version, of which there is no proof.

import { type Hex, isHex, toHex } from '../encoding/hex';
import { shapeOf, ShapeError, type Shape } from '../encoding/shape';
import { Connection, RpcError } from './rpc';

/** JSON-RPC codes of a transaction that the pool found invalid, now or a moment ago. */
const POOL_REFUSES: readonly number[] = [1010, 1012];
/** JSON-RPC code of a transaction that is in the pool already. */
const POOL_ALREADY_IMPORTED = 1013;
/** Justifications of a block: one for each engine. */
const MAX_JUSTIFICATIONS = 16;
/** More than a hundred validators' signatures, and the headers between. */
const MAX_JUSTIFICATION_BYTES = 1_048_576;
/** `FRNK`, GRANDPA's name. */
const GRANDPA: Hex = '0x46524e4b';

/** A block's number and hash. */
export interface Block {
  readonly number: number;
  readonly hash: Hex;
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

/** One node. */
export class Node {
  readonly connection: Connection;

  constructor(readonly url: string) {
    this.connection = new Connection(url);
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
    const all = shape.field('justifications').optional((list) => list.list(MAX_JUSTIFICATIONS, (one) => one.list(2, bytes)));
    return all?.find(([engine]) => engine === GRANDPA)?.[1] ?? null;
  }

  /** The next justification that the validators make, or `null` after `patience` milliseconds. */
  async nextJustification(patience: number): Promise<Hex | null> {
    const [subscribe, unsubscribe] = ['grandpa_subscribeJustifications', 'grandpa_unsubscribeJustifications'];
    const answer = await this.connection.firstOf(subscribe, unsubscribe, patience);
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
