// `psephos-polling-place`: real validators, trustees, registrars, relays and pages.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const target = process.env['CARGO_TARGET_DIR'] ?? join(cache, 'psephos', 'target');

type Program = ChildProcessByStdio<Writable, Readable, null>;

/** Somebody on the registrars' roll. */
export interface Voter {
  readonly name: string;
  readonly identity: string;
  readonly birth_date: string;
  readonly telephone: string;
  readonly district: number;
}

/** What the program says when everything runs. */
export interface Opening {
  readonly page: string;
  readonly registrars: string[];
  readonly relays: string[];
  readonly codes: string;
  readonly out: string;
  readonly voters: Voter[];
}

/** The running program. */
export class PollingPlace {
  private constructor(
    private readonly program: Program,
    private readonly lines: Interface,
    private readonly output: string[],
    readonly opened: Opening,
  ) {}

  static async open(pages: string, options: readonly string[]): Promise<PollingPlace> {
    const program = spawn(
      join(target, 'release', 'psephos-polling-place'),
      ['--json', '--disturbances', '--pages', pages, ...options],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const output: string[] = [];
    const lines = createInterface({ input: program.stdout });
    const opening = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      program.once('error', reject);
      program.once('exit', (code) => reject(new Error(`psephos-polling-place ended with ${code}`)));
    });
    lines.on('line', (line) => output.push(line));
    return new PollingPlace(program, lines, output, JSON.parse(opening) as Opening);
  }

  /** The one-time code that was sent to a voter last; it is taken away, so that the next is another. */
  async code(voter: Voter): Promise<string> {
    const file = join(this.opened.codes, `${voter.telephone.replace(/\D/g, '')}.txt`);
    for (let tries = 0; tries < 120; tries += 1) {
      const text = await readFile(file, 'utf8').catch(() => '');
      const code = /\d{6}/.exec(text)?.[0];
      if (code !== undefined) {
        await rm(file);
        return code;
      }
      await pause(250);
    }
    throw new Error(`no code for ${voter.name}`);
  }

  /** Kills (`kill -9`) or starts again; resolves when it is done. */
  async disturb(act: 'kill' | 'start', kind: 'relay' | 'validator', position: number): Promise<void> {
    const line = `${act} ${kind} ${position}`;
    const done = new Promise<void>((resolve, reject) => {
      const settle = (outcome: () => void) => {
        this.lines.off('line', onLine);
        this.program.off('exit', onExit);
        outcome();
      };
      const onLine = (said: string) => {
        if (said === JSON.stringify({ done: line })) {
          settle(resolve);
        }
      };
      const onExit = () => settle(() => reject(new Error(`psephos-polling-place ended at: ${line}`)));
      this.lines.on('line', onLine);
      this.program.on('exit', onExit);
    });
    this.program.stdin.write(`${line}\n`);
    await done;
  }

  /** The same with every relay. */
  async disturbRelays(act: 'kill' | 'start'): Promise<void> {
    for (const position of this.opened.relays.keys()) {
      await this.disturb(act, 'relay', position);
    }
  }

  /** Waits for the audit of the result; what was written about them. */
  async end(): Promise<string> {
    this.program.stdin.end();
    if (this.program.exitCode === null) {
      await new Promise((resolve) => this.program.once('exit', resolve));
    }
    if (this.program.exitCode !== 0) {
      throw new Error(`psephos-polling-place ended with ${this.program.exitCode}:\n${this.output.join('\n')}`);
    }
    return this.output.join('\n');
  }

  /** Ends everything, if it has not ended by itself. */
  async close(): Promise<void> {
    if (this.program.exitCode === null && this.program.signalCode === null) {
      const ended = new Promise((resolve) => this.program.once('exit', resolve));
      this.program.stdin.end();
      this.program.kill('SIGTERM');
      await ended;
    }
  }
}
