// A whole election on three validators, and an observer's own full node, which joins them while it runs and
// stays when they have gone.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const target = process.env['CARGO_TARGET_DIR'] ?? join(cache, 'psephos', 'target');
const program = (name: string) => join(target, 'release', name);

/** More than a chain's specification has: the runtime is most of it. */
const MAX_SPECIFICATION = 16 * 2 ** 20;
const ORGANISATIONS = ['alice', 'bob', 'charlie'] as const;
/** A node begins by compiling the runtime, on a busy machine for minutes. */
const PATIENCE_MS = 600_000;

/** What `psephos-demo` writes of the result. */
export interface Results {
  readonly districts: {
    readonly id: number;
    readonly ballots: number;
    readonly contests: { readonly id: number; readonly counts: number[] }[];
  }[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks until there is an answer. */
async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
    }
    await pause(500);
  }
}

/** One question over HTTP. */
export async function ask<T>(port: number, method: string, params: readonly unknown[] = []): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: T; error?: { message: string } };
  if (result === undefined) {
    throw new Error(`${method}: ${error?.message ?? 'no answer'}`);
  }
  return result;
}

/** The running programs. */
export class Observation {
  private constructor(
    readonly folder: string,
    private readonly demo: ChildProcess,
    private readonly node: ChildProcess,
    /** Where the observer's node answers JSON-RPC. */
    readonly rpcPort: number,
    private readonly peerPort: number,
  ) {}

  static async open(): Promise<Observation> {
    const folder = await mkdtemp(join(tmpdir(), 'psephos-observation-'));
    const [rpcPort, peerPort] = [await freePort(), await freePort()];
    const demo = spawn(program('psephos-demo'), ['--validators', '3', '--out', join(folder, 'out')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const node = spawn(
      program('psephos-node'),
      [
        ...['--chain', 'local', '--name', 'observer', '--base-path', join(folder, 'node')],
        ...['--listen-addr', `/ip4/127.0.0.1/tcp/${peerPort}/ws`, '--rpc-port', String(rpcPort)],
        ...['--no-telemetry', '--no-prometheus', '--no-mdns', '--state-pruning', 'archive'],
      ],
      { stdio: 'ignore' },
    );
    const observation = new Observation(folder, demo, node, rpcPort, peerPort);
    await observation.join();
    return observation;
  }

  /** Connects the observer's node to the validators, as soon as all of them run. */
  private async join(): Promise<void> {
    for (const organisation of ORGANISATIONS) {
      const port = await until(`${organisation} answers`, () => this.rpcPortOf(organisation));
      const addresses = await until(`${organisation} listens`, () => ask<string[]>(port, 'system_localListenAddresses'));
      const local = addresses.find((address) => address.startsWith('/ip4/127.0.0.1/tcp/'));
      await until('the observer’s node runs', () => ask<string>(this.rpcPort, 'system_localPeerId'));
      await ask(this.rpcPort, 'system_addReservedPeer', [local]).catch(() => null);
    }
    await until('the election is created', async () => ask<string | null>(this.rpcPort, 'election_phase', [1]));
  }

  private async rpcPortOf(organisation: string): Promise<number | null> {
    const log = await readFile(join(this.folder, 'out', `node-${organisation}.log`), 'utf8');
    const port = /Running JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(log)?.[1];
    return port === undefined ? null : Number(port);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.rpcPort}`;
  }

  /** Where a light client's WebSocket goes. */
  get peerUrl(): string {
    return `ws://127.0.0.1:${this.peerPort}`;
  }

  /** The chain's specification, in which the observer's node is the only one that is known. */
  async specification(): Promise<string> {
    const built = await promisify(execFile)(program('psephos-node'), ['build-spec', '--chain', 'local', '--raw'], {
      maxBuffer: MAX_SPECIFICATION,
    });
    const peer = await ask<string>(this.rpcPort, 'system_localPeerId');
    const specification = JSON.parse(built.stdout) as Record<string, unknown>;
    return JSON.stringify({ ...specification, bootNodes: [`/ip4/127.0.0.1/tcp/${this.peerPort}/ws/p2p/${peer}`] });
  }

  /** Waits for the result and its audit. */
  async end(): Promise<Results> {
    if (this.demo.exitCode === null) {
      await new Promise((resolve) => this.demo.once('exit', resolve));
    }
    if (this.demo.exitCode !== 0) {
      throw new Error(`psephos-demo ended with ${this.demo.exitCode}`);
    }
    return JSON.parse(await readFile(join(this.folder, 'out', 'results.json'), 'utf8')) as Results;
  }

  async close(): Promise<void> {
    for (const running of [this.demo, this.node]) {
      if (running.exitCode === null && running.signalCode === null) {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGTERM');
        await ended;
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
