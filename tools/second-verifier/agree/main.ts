/**
 * `agree [ARCHIVE...] [--made-up] [--mutations NUMBER] [--seed NUMBER]`
 *
 * Has both verifiers check each archive, copies of it with one byte changed, and the made-up elections of
 * `tests/world`, in each of which one thing is wrong. Ends with 1 unless they say the same: the same verdict, the same findings in the same blocks and extrinsics, and the same
 * numbers of items, counts and hashes. A disagreement is printed with what it takes to repeat it.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Bytes } from "../src/bytes.js";
import { Remembering, type Checker } from "../src/checker.js";
import { WorkerPool } from "../src/workers.js";
import { archiveOf, CASES } from "../tests/world/cases.js";
import { findPlaces, KINDS, type Kind, type Places } from "./places.js";
import { difference, otherVerdict, ownVerdict } from "./verdicts.js";

const [AGREE, DISAGREE, UNUSABLE] = [0, 1, 2];
const PROGRAM = process.env["PSEPHOS"] ?? "psephos";

interface Mutation {
  readonly kind: Kind;
  readonly offset: number;
  readonly before: number;
  readonly after: number;
}

/** Mulberry32: small, and the same for the same seed everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The mutation of a seed; kinds take turns. */
function mutation(archive: Bytes, places: Places, seed: number): Mutation {
  const random = generator(seed);
  const kinds = KINDS.filter((kind) => places.has(kind));
  const kind = kinds[seed % kinds.length] ?? "anywhere";
  const ranges = places.get(kind) ?? [];
  const range = ranges[random(ranges.length)] ?? { from: 0, length: archive.length };
  const offset = range.from + random(range.length);
  const before = archive[offset] ?? 0;
  return { kind, offset, before, after: before ^ (1 + random(255)) };
}

class Comparison {
  #disagreements = 0;
  #accepted = 0;
  #refused = 0;

  constructor(
    readonly checker: Checker,
    readonly folder: string,
  ) {}

  get disagreements(): number {
    return this.#disagreements;
  }

  summary(): string {
    const files = this.#accepted + this.#refused;
    return `${files} files: ${this.#accepted} in order, ${this.#refused} not; ${this.#disagreements} disagreements`;
  }

  /** Checks an archive as it is, and with so many changes. */
  async archive(file: string, mutations: number, seed: number): Promise<void> {
    await this.#compare(file, file);
    const archive = new Uint8Array(readFileSync(file));
    if (mutations === 0) return;
    const places = findPlaces(archive);
    for (let at = 0; at < mutations; at++) {
      const { kind, offset, before, after } = mutation(archive, places, seed + at);
      const changed = join(this.folder, "changed.psephos");
      archive[offset] = after;
      writeFileSync(changed, archive);
      archive[offset] = before;
      await this.#compare(changed, `${file}, seed ${seed + at}: ${kind}, byte ${offset} is ${after}, not ${before}`);
    }
  }

  /** Checks elections that were made up, each with another fault. */
  async madeUp(): Promise<void> {
    for (const one of CASES) {
      const file = join(this.folder, "made-up.psephos");
      writeFileSync(file, archiveOf(one));
      await this.#compare(file, `made up: ${one.name}`, one.genesis);
    }
  }

  async #compare(file: string, what: string, genesis?: Bytes): Promise<void> {
    const own = await ownVerdict(file, this.checker, genesis);
    const differs = difference(own, otherVerdict(file, PROGRAM, genesis));
    if (own.ok) this.#accepted += 1;
    else this.#refused += 1;
    if (differs !== undefined) this.#disagreements += 1;
    process.stdout.write(`${differs === undefined ? "agree" : "DISAGREE"} (${own.ok ? "ok" : own.findings[0]}): ${what}\n`);
    if (differs !== undefined) process.stdout.write(`  ${differs}\n`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "made-up": { type: "boolean", default: false },
      mutations: { type: "string", default: "30" },
      seed: { type: "string", default: "1" },
    },
  });
  const [mutations, seed] = [Number(values.mutations), Number(values.seed)];
  const nothing = positionals.length === 0 && !values["made-up"];
  if (nothing || !Number.isInteger(mutations) || mutations < 0 || !Number.isInteger(seed)) {
    process.stderr.write("usage: agree [ARCHIVE...] [--made-up] [--mutations NUMBER] [--seed NUMBER]\n");
    return UNUSABLE;
  }
  const pool = new WorkerPool();
  const folder = mkdtempSync(join(tmpdir(), "psephos-agree-"));
  const comparison = new Comparison(new Remembering(pool), folder);
  try {
    if (values["made-up"]) await comparison.madeUp();
    for (const file of positionals) await comparison.archive(file, mutations, seed);
  } finally {
    rmSync(folder, { recursive: true });
    await pool.close();
  }
  process.stdout.write(`${comparison.summary()}\n`);
  return comparison.disagreements === 0 ? AGREE : DISAGREE;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = UNUSABLE;
  },
);
