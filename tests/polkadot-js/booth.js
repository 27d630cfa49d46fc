// Starts `psephos-booth`: a network with an election in which ballots are accepted, and somebody to
// ask for a credential and an encrypted ballot.

import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const target = process.env.CARGO_TARGET_DIR ?? join(cache, 'psephos', 'target');

export class Booth {
  #process;
  #lines;

  /** The node's URL, the election's number and a district's. */
  election;

  /** An election that accepts ballots for so many blocks. */
  static async open(votingBlocks) {
    const booth = new Booth();
    const options = ['--voting-blocks', String(votingBlocks)];
    booth.#process = spawn(join(target, 'release', 'psephos-booth'), options, {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const failed = new Promise((_, reject) => booth.#process.once('error', reject));
    booth.#lines = createInterface({ input: booth.#process.stdout })[Symbol.asyncIterator]();
    booth.election = await Promise.race([booth.#read(), failed]);
    return booth;
  }

  /** A credential for an account, and a ballot of its own, as they are passed to `cast`. */
  async prepare(account, selections) {
    this.#process.stdin.write(`${JSON.stringify({ account, selections })}\n`);
    return this.#read();
  }

  /** Ends the network; resolves when it is gone. */
  async close() {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.stdin.end();
      await ended;
    }
  }

  async #read() {
    const { value, done } = await this.#lines.next();
    if (done) {
      throw new Error('psephos-booth has ended');
    }
    return JSON.parse(value);
  }
}
