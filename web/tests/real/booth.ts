// `psephos-booth`: a real validator, and an election in which ballots are accepted.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { WebSocket } from 'ws';

import type { Hex } from '../../src/encoding/hex';

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const target = process.env['CARGO_TARGET_DIR'] ?? join(cache, 'psephos', 'target');

interface Opening {
  readonly url: string;
  readonly election: number;
  readonly district: number;
  readonly selections: boolean[][];
}

/** The running program. */
export class RealBooth {
  private constructor(
    private readonly program: ChildProcessByStdio<Writable, Readable, null>,
    private readonly lines: AsyncIterator<string>,
    readonly opened: Opening,
  ) {}

  static async open(votingBlocks: number): Promise<RealBooth> {
    // Node.js has no WebSocket of its own before version 22.
    Object.assign(globalThis, { WebSocket });
    const program = spawn(join(target, 'release', 'psephos-booth'), ['--voting-blocks', String(votingBlocks)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
    return new RealBooth(program, lines, await next<Opening>(lines));
  }

  /** A credential and a ballot for an account. */
  prepare(account: string): Promise<{ credential: Hex; ballot: Hex }> {
    const { selections } = this.opened;
    this.program.stdin.write(`${JSON.stringify({ account, selections })}\n`);
    return next(this.lines);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.program.once('exit', resolve));
    this.program.stdin.end();
    await ended;
  }
}

/** A line of psephos-booth's. */
async function next<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done === true) {
    throw new Error('psephos-booth has ended');
  }
  return JSON.parse(line.value) as T;
}
