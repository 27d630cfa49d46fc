/**
 * `second-verifier FILE [--genesis HASH] [--json]`
 *
 * Ends with 0 if the archive is in order, with 1 if something was found, with 2 if it was not called as
 * it should be or the file cannot be read.
 */

import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { audit } from "./audit.js";
import { unhex, type Bytes } from "./bytes.js";
import { WorkerPool } from "./workers.js";

const USAGE = "second-verifier FILE [--genesis HASH] [--json] [--threads NUMBER]";
const PROGRESS_MILLISECONDS = 1_000;

const [OK, FOUND, UNUSABLE] = [0, 1, 2];

interface Arguments {
  readonly file: string;
  readonly genesis?: Bytes;
  readonly json: boolean;
  readonly threads?: number;
}

/** What the caller got wrong. */
class UsageError extends Error {}

function readArguments(): Arguments {
  const { values, positionals } = parse();
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError("exactly one archive is checked");
  const threads = values.threads === undefined ? {} : { threads: positive(values.threads) };
  const genesis = values.genesis === undefined ? {} : { genesis: hash(values.genesis) };
  return { file, json: values.json, ...genesis, ...threads };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        genesis: { type: "string" },
        json: { type: "boolean", default: false },
        threads: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function hash(text: string): Bytes {
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new UsageError(`--genesis: not 32 bytes in hexadecimal: ${text}`);
  return unhex(text);
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 256) throw new UsageError(`--threads: not 1 to 256: ${text}`);
  return number;
}

/** Says on the standard error, once a second, how far the audit has come. */
function progressTo(file: string): (progress: { block: number; ballots: number; bytes: number }) => void {
  const { size } = statSync(file);
  const begin = Date.now();
  let last = begin;
  return ({ block, ballots, bytes }) => {
    const now = Date.now();
    if (now - last < PROGRESS_MILLISECONDS) return;
    last = now;
    const percent = Math.floor((100 * bytes) / Math.max(1, size));
    const rate = Math.round((1_000 * ballots) / (now - begin));
    process.stderr.write(`${percent} %: block ${block}, ${ballots} ballots, ${rate} a second\n`);
  };
}

async function main(): Promise<number> {
  const { file, genesis, json, threads } = readArguments();
  const checker = new WorkerPool(threads);
  try {
    const options = { checker, progress: progressTo(file), ...(genesis === undefined ? {} : { genesis }) };
    const report = await audit(file, options);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${report}\n`);
    return report.ok ? OK : FOUND;
  } finally {
    await checker.close();
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = UNUSABLE;
    if (error instanceof UsageError) process.stderr.write(`${error.message}\nusage: ${USAGE}\n`);
    else if (isFileError(error)) process.stderr.write(`${error.message}\n`);
    else throw error;
  },
);
