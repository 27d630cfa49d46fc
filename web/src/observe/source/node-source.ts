// A node by WebSocket. It is asked for proofs, not for answers: signatures of the validators, a header that
// has the hash they signed, and nodes of the trie whose root stands in that header. So it can be silent or
// late, but not lie without being found out.

import type { Header } from '../../../../tools/second-verifier/src/header';
import { DecodeError } from '../../../../tools/second-verifier/src/scale';
import { IncompleteProof, ProvenState } from '../../../../tools/second-verifier/src/trie';
import { Node } from '../../chain/node';
import { fromHex, type Hex } from '../../encoding/hex';
import { shapeOf, ShapeError } from '../../encoding/shape';
import { decode } from '../state/decode';
import { keys } from '../state/keys';
import { Authorities } from './authorities';
import { headerWithHash } from './headers';
import { type Finality, Listening } from './signatures';
import { blockOf, Contradiction, type FinalBlock, type Source, type Values } from './source';

/** Keys in one question. */
const KEYS_AT_ONCE = 256;
/** Nodes of the trie in one answer: sixteen or so lead to each key. */
const MAX_PROOF = 16 * KEYS_AT_ONCE;

/** A node whose answers are proven. */
export class NodeSource implements Source {
  readonly kind = 'node';
  private readonly node: Node;
  private listening: Listening | null = null;
  private over = false;

  constructor(
    readonly name: string,
    private readonly genesis: Hex,
    private readonly signed: (finality: Finality) => void,
  ) {
    this.node = new Node(name);
  }

  follow(heard: (block: FinalBlock) => void, failed: (error: Error) => void): void {
    const fail = (error: unknown) => {
      if (!this.over) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    };
    let last = 0;
    const take = async (finality: Finality) => {
      if (finality.number > last) {
        last = finality.number;
        const header = await this.header(finality.hash);
        this.signed(finality);
        heard(blockOf(header));
      }
    };
    this.authorities().then((authorities) => {
      // Nodes keep signatures of few blocks only: the first block is the next that the validators sign.
      if (!this.over) {
        this.listening = new Listening(this.node, authorities, (finality) => void take(finality).catch(fail), fail);
      }
    }, fail);
  }

  /** Who signs at first, from the state that the hash of block 0 commits to. */
  private async authorities(): Promise<Authorities> {
    const genesis = blockOf(await this.header(this.genesis));
    const value = (await this.read([keys.grandpa()], genesis)).get(keys.grandpa()) ?? null;
    if (value === null) {
      throw new Contradiction('block 0 names no validators');
    }
    return new Authorities(this.node, { keys: decode.grandpa(value), set: 0n }, 0);
  }

  async header(hash: Hex): Promise<Header> {
    const answer = await this.node.header(hash);
    if (answer === null) {
      throw new Error(`${this.name} does not have the block ${hash}`);
    }
    return understood(answer, (value) => headerWithHash(value, hash));
  }

  async read(wanted: readonly Hex[], at: FinalBlock): Promise<Values> {
    const values = new Map<Hex, Uint8Array | null>();
    for (let from = 0; from < wanted.length; from += KEYS_AT_ONCE) {
      const some = wanted.slice(from, from + KEYS_AT_ONCE);
      const answer = await this.node.connection.request('state_getReadProof', [some, at.hash]);
      const proof = understood(answer, (value) =>
        shapeOf(value, 'read proof').field('proof').list(MAX_PROOF, (entry) => fromHex(entry.hex())),
      );
      const state = new ProvenState(at.header.stateRoot, proof);
      some.forEach((key) => values.set(key, proven(state, key)));
    }
    return values;
  }

  close(): void {
    this.over = true;
    this.listening?.end();
    this.node.connection.close();
  }
}

function proven(state: ProvenState, key: Hex): Uint8Array | null {
  try {
    return state.read(fromHex(key)) ?? null;
  } catch (error) {
    if (error instanceof IncompleteProof) {
      throw new Contradiction(`a value of the state is not proven: ${error.message}`);
    }
    throw error;
  }
}

/** What a node that answers at all must be able to answer. */
function understood<T>(value: unknown, read: (value: unknown) => T): T {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof ShapeError || error instanceof DecodeError) {
      throw new Contradiction(`the answer makes no sense: ${error.message}`);
    }
    throw error;
  }
}
