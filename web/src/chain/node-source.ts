// A node by WebSocket. It is asked for proofs, not for answers: signatures of the validators, a header that
// has the hash they signed, and nodes of the trie whose root stands in that header. So it can be silent or
// late, but not lie without being found out.

import type { Header } from '../../../tools/second-verifier/src/header';
import { DecodeError } from '../../../tools/second-verifier/src/scale';
import { IncompleteProof, ProvenState } from '../../../tools/second-verifier/src/trie';
import { fromHex, type Hex } from '../encoding/hex';
import { shapeOf, ShapeError } from '../encoding/shape';
import { Authorities } from './authorities';
import type { Handover } from './handovers';
import { headerWithHash } from './headers';
import { Node } from './node';
import { type Finality, Listening } from './signatures';
import { blockOf, Contradiction, type FinalBlock, type Source, type Values } from './source';
import { decode } from './state/decode';
import { keys } from './state/keys';

/** Keys in one question. */
const KEYS_AT_ONCE = 256;
/** Nodes of the trie in one answer: sixteen or so lead to each key. */
const MAX_PROOF = 16 * KEYS_AT_ONCE;

/** A header as the node sent it, and nodes of its state's trie. */
export interface SentState {
  readonly header: unknown;
  readonly proof: readonly Hex[];
}

/** What proves that a block is final, all of it as the node sent it, and verified. */
export interface Evidence {
  /** Block 0, whose state names the first validators. */
  readonly genesis: SentState;
  /** How those were replaced, and their successors. */
  readonly handovers: readonly Handover[];
  readonly header: unknown;
  readonly justification: Hex;
}

/** Values of the state, and the nodes of the trie that prove them. */
export interface Proof {
  readonly values: Values;
  readonly nodes: readonly Hex[];
}

/** Whom to believe at first, and why. */
interface Beginning {
  readonly authorities: Authorities;
  readonly genesis: SentState;
}

/** A node whose answers are proven. */
export class NodeSource implements Source {
  readonly kind = 'node';
  /** The node itself, for what cannot be proven. */
  readonly node: Node;
  private listening: Listening | null = null;
  private over = false;

  constructor(
    readonly name: string,
    private readonly genesis: Hex,
    private readonly signed: (finality: Finality) => void,
  ) {
    this.node = new Node(name);
  }

  /** Whether it listens to the node's signatures; if not, because it could not begin, it may be asked to follow again. */
  get follows(): boolean {
    return this.listening !== null;
  }

  follow(heard: (block: FinalBlock, evidence: Evidence) => void, failed: (error: Error) => void): void {
    const fail = (error: unknown) => {
      if (!this.over) {
        failed(error instanceof Error ? error : new Error(String(error)));
      }
    };
    let last = 0;
    const take = async (finality: Finality, { authorities, genesis }: Beginning) => {
      if (finality.number > last) {
        last = finality.number;
        const { handovers } = authorities;
        const { sent, header } = await this.sentHeader(finality.hash);
        this.signed(finality);
        heard(blockOf(header), { genesis, handovers, header: sent, justification: finality.justification });
      }
    };
    this.begin().then((beginning) => {
      // Nodes keep signatures of few blocks only: the first block is the next that the validators sign.
      if (!this.over) {
        const hear = (finality: Finality) => void take(finality, beginning).catch(fail);
        this.listening = new Listening(this.node, beginning.authorities, hear, fail);
      }
    }, fail);
  }

  /** Who signs at first, from the state that the hash of block 0 commits to. */
  private async begin(): Promise<Beginning> {
    const { sent, header } = await this.sentHeader(this.genesis);
    const { values, nodes } = await this.prove([keys.grandpa()], blockOf(header));
    const value = values.get(keys.grandpa()) ?? null;
    if (value === null) {
      throw new Contradiction('block 0 names no validators');
    }
    const authorities = new Authorities(this.node, { keys: decode.grandpa(value), set: 0n }, 0);
    return { authorities, genesis: { header: sent, proof: nodes } };
  }

  async header(hash: Hex): Promise<Header> {
    return (await this.sentHeader(hash)).header;
  }

  private async sentHeader(hash: Hex): Promise<{ sent: unknown; header: Header }> {
    const sent = await this.node.header(hash);
    if (sent === null) {
      throw new Error(`${this.name} does not have the block ${hash}`);
    }
    return { sent, header: understood(sent, (value) => headerWithHash(value, hash)) };
  }

  async read(wanted: readonly Hex[], at: FinalBlock): Promise<Values> {
    const values = new Map<Hex, Uint8Array | null>();
    for (let from = 0; from < wanted.length; from += KEYS_AT_ONCE) {
      const some = await this.prove(wanted.slice(from, from + KEYS_AT_ONCE), at);
      some.values.forEach((value, key) => values.set(key, value));
    }
    return values;
  }

  /** Values of the state after a block in one question, and what proves them. */
  async prove(wanted: readonly Hex[], at: FinalBlock): Promise<Proof> {
    const answer = await this.node.connection.request('state_getReadProof', [wanted, at.hash]);
    const nodes = understood(answer, (value) =>
      shapeOf(value, 'read proof').field('proof').list(MAX_PROOF, (entry) => entry.hex()),
    );
    const state = new ProvenState(at.header.stateRoot, nodes.map(fromHex));
    return { values: new Map(wanted.map((key) => [key, proven(state, key)])), nodes };
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
