// A chain that has as many blocks as the test says, and nodes that tell the truth about it or do not.

import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { fromHex, type Hex, toHex } from '../../../src/encoding/hex';
import { ELECTION_KEY, type FakeElection } from './election';
import { blake2_256, concat, Reader, u32 } from './scale';

interface Record_ {
  index: number;
  account: Hex;
  tracker: Hex;
  district: number;
  block: number;
}

/** What of an extrinsic matters here. */
export function readCast(extrinsic: Uint8Array): { account: Hex; district: number; tracker: Hex } {
  const reader = new Reader(extrinsic);
  const length = reader.compact();
  const body = reader.take(length);
  const inner = new Reader(body);
  const head = inner.u8();
  const address = inner.u8();
  if (head !== 0x84 || address !== 0) {
    throw new Error('no signed extrinsic of version 4');
  }
  const account = inner.take(32);
  inner.take(65); // the signature
  inner.take(1); // immortal
  inner.compact(); // the nonce
  const [pallet, call] = [inner.u8(), inner.u8()];
  if (pallet !== 13 || call !== 0) {
    throw new Error('casts no ballot');
  }
  inner.u32();
  const district = inner.u32();
  for (let left = inner.compact(); left > 0; left -= 1) {
    inner.take(33);
    inner.take(inner.compact());
  }
  return { account: toHex(account), district, tracker: toHex(blake2_256(inner.rest())) };
}

/** The chain itself. */
export class FakeChain {
  /** The last final block. */
  height = 100;
  readonly ballots: Record_[] = [];
  private readonly pool: Uint8Array[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  /** Set, what is submitted is refused with this code. */
  refuse: number | null = null;

  constructor(
    readonly election: FakeElection,
    blockMs = 400,
  ) {
    this.timer = setInterval(() => this.seal(), blockMs);
  }

  hash(number: number): Hex {
    return toHex(blake2_256(concat(this.election.hash, u32(number))));
  }

  get genesis(): Hex {
    return this.hash(0);
  }

  numberOf(hash: string | undefined): number {
    for (let number = this.height; number >= 0; number -= 1) {
      if (this.hash(number) === hash) {
        return number;
      }
    }
    return this.height;
  }

  get phase(): string {
    const { voting } = this.election.schedule;
    return this.height + 1 < voting.start ? 'registration' : this.height + 1 < voting.end ? 'voting' : 'tallying';
  }

  submit(extrinsic: Uint8Array): void {
    this.pool.push(extrinsic);
  }

  private seal(): void {
    this.height += 1;
    for (const extrinsic of this.pool.splice(0)) {
      const cast = readCast(extrinsic);
      if (!this.ballots.some((ballot) => ballot.account === cast.account)) {
        this.ballots.push({ index: this.ballots.length, block: this.height, ...cast });
      }
    }
  }

  close(): void {
    clearInterval(this.timer);
  }
}

/** How a node behaves. */
export type Manner = 'honest' | 'withholds' | 'changes' | 'otherKey' | 'otherManifest' | 'otherChain';

/** A node. */
export class FakeNode {
  manner: Manner = 'honest';
  private server: WebSocketServer | null = null;
  private port = 0;
  readonly submitted: Uint8Array[] = [];

  constructor(private readonly chain: FakeChain) {}

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.port });
    await new Promise<void>((resolve) => server.once('listening', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    server.on('connection', (socket) => socket.on('message', (data: Buffer) => this.receive(socket, data.toString())));
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

  private receive(socket: WebSocket, data: string): void {
    const { id, method, params } = JSON.parse(data) as { id: number; method: string; params: unknown[] };
    try {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: this.answer(method, params) }));
    } catch (error) {
      const refusal = error as { code?: number; message: string; data?: string };
      const { code = -32_000, message, data: more } = refusal;
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: more } }));
    }
  }

  private answer(method: string, params: unknown[]): unknown {
    const { chain } = this;
    switch (method) {
      case 'chain_getBlockHash':
        return this.manner === 'otherChain' ? toHex(new Uint8Array(32).fill(7)) : chain.hash(Number(params[0]));
      case 'chain_getFinalizedHead':
        return chain.hash(chain.height);
      case 'chain_getHeader':
        return { number: `0x${chain.numberOf(params[0] as string).toString(16)}` };
      case 'state_getRuntimeVersion':
        return { specName: 'psephos', specVersion: 100, transactionVersion: 1 };
      case 'election_manifest':
        return this.manifest();
      case 'election_phase':
        return chain.phase;
      case 'election_ceremony':
        return { keys: { epoch: 0, election_key: this.manner === 'otherKey' ? `0x${'0e'.repeat(32)}` : ELECTION_KEY } };
      case 'election_ballotByTracker':
        return this.ballot(params[1] as string);
      case 'author_submitExtrinsic':
        return this.submit(fromHex(params[0] as string));
      default:
        throw Object.assign(new Error(`Method not found: ${method}`), { code: -32_601 });
    }
  }

  private manifest(): object {
    const view = this.chain.election.view();
    return this.manner === 'otherManifest' ? { ...view, encoded: toHex(concat(this.chain.election.encoded, u32(0))) } : view;
  }

  private ballot(tracker: string): object | null {
    const record = this.chain.ballots.find((ballot) => ballot.tracker === tracker);
    if (record === undefined || this.manner === 'withholds') {
      return null;
    }
    const { index, ...shown } = record;
    const account = this.manner === 'changes' ? `0x${'0f'.repeat(32)}` : shown.account;
    return { index, record: { ...shown, account, supersedes: null } };
  }

  private submit(extrinsic: Uint8Array): Hex {
    this.submitted.push(extrinsic);
    if (this.chain.refuse !== null) {
      throw Object.assign(new Error('Invalid Transaction'), { code: 1010, data: `Custom error: ${this.chain.refuse}` });
    }
    this.chain.submit(extrinsic);
    return toHex(blake2_256(extrinsic));
  }
}
