// Nodes of an observed chain, honest or not, and the peer that a light client would talk to.

import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import { jsonHeader, type ObservedBlock, type ObservedChain } from './observed-chain';

const GRANDPA = new TextEncoder().encode('FRNK');

/** How a node behaves: what it changes, in hexadecimal, in everything that it sends. */
export interface Lie {
  readonly from: string;
  readonly to: string;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A node that answers over WebSocket. */
export class ObservedNode {
  lies: readonly Lie[] = [];
  /** Every question that came, as it came. */
  readonly questions: string[] = [];
  private server: WebSocketServer | null = null;
  private port = 0;
  private subscriptions = 0;

  constructor(protected readonly observed: ObservedChain) {}

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.port });
    await new Promise<void>((resolve) => server.once('listening', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    server.on('connection', (socket) => {
      const unlisten = new Map<string, () => void>();
      socket.on('message', (data: Buffer) => {
        this.questions.push(data.toString());
        this.receive(socket, JSON.parse(data.toString()) as Request, unlisten);
      });
      socket.on('close', () => unlisten.forEach((end) => end()));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    server?.clients.forEach((client) => client.terminate());
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  private send(socket: WebSocket, message: object): void {
    const text = this.lies.reduce((said, { from, to }) => said.replaceAll(from, to), JSON.stringify({ jsonrpc: '2.0', ...message }));
    socket.send(text);
  }

  private receive(socket: WebSocket, { id, method, params }: Request, unlisten: Map<string, () => void>): void {
    if (method === 'grandpa_subscribeJustifications' || method === 'chain_subscribeFinalizedHeads') {
      this.subscriptions += 1;
      const subscription = `s${this.subscriptions}`;
      const say = (block: ObservedBlock) => {
        const result = method === 'chain_subscribeFinalizedHeads' ? jsonHeader(block.header) : this.signatures(block);
        this.send(socket, { method: 'said', params: { subscription, result } });
      };
      unlisten.set(subscription, this.observed.listen(say));
      this.send(socket, { id, result: subscription });
      // The last block's signatures come again, as if they had just been made: no test needs to wait for them.
      say(this.observed.last);
      return;
    }
    if (method === 'grandpa_unsubscribeJustifications') {
      unlisten.get(String(params[0]))?.();
      this.send(socket, { id, result: true });
      return;
    }
    this.send(socket, { id, ...this.reply(method, params) });
  }

  private reply(method: string, params: readonly unknown[]): object {
    try {
      const result = this.answer(method, params);
      return result === undefined ? { error: { code: -32_601, message: 'Method not found' } } : { result };
    } catch (error) {
      const { code = -32_000, message, data } = error as { code?: number; message: string; data?: string };
      return { error: { code, message, data } };
    }
  }

  /** What it says the validators have signed. */
  protected signatures(block: ObservedBlock): Hex {
    return block.justification;
  }

  protected answer(method: string, params: readonly unknown[]): unknown {
    const { observed: chain } = this;
    const at = (hash: unknown) => chain.find(String(hash)) ?? chain.last;
    switch (method) {
      case 'chainSpec_v1_genesisHash':
        return chain.genesis;
      case 'system_health':
        return { peers: 3, isSyncing: false, shouldHavePeers: true };
      case 'chain_getFinalizedHead':
        return chain.last.hash;
      case 'chain_getHeader': {
        const block = chain.find(String(params[0]));
        return block === undefined ? null : jsonHeader(block.header);
      }
      case 'chain_getBlockHash':
        return chain.blocks[Number(params[0])]?.hash ?? null;
      case 'chain_getBlock': {
        const block = chain.find(String(params[0]));
        const justifications = block && [[[...GRANDPA], [...fromHex(block.justification)]]];
        return block === undefined ? null : { block: { header: jsonHeader(block.header), extrinsics: [] }, justifications };
      }
      case 'state_getStorage': {
        const value = at(params[1]).state.get(params[0] as Hex);
        return value === undefined ? null : toHex(value);
      }
      case 'state_getReadProof':
        return { at: params[1], proof: at(params[1]).nodes.map(toHex) };
      case 'state_queryStorageAt': {
        const { hash, state } = at(params[1]);
        const value = (key: Hex) => state.get(key);
        const changes = (params[0] as Hex[]).map((key) => [key, value(key) === undefined ? null : toHex(value(key) ?? new Uint8Array())]);
        return [{ block: hash, changes }];
      }
      default:
        return undefined;
    }
  }
}
