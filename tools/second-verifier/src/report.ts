/** What an audit came to, in words and as JSON (PSE-AUD-19). */

import type { AuthorReport, HourReport } from "./arrivals.js";
import { CHECKS, Counters, describe, type Check, type Fault, type Finding } from "./checks.js";
import type { Phase } from "./election.js";
import type { ElectionResult } from "./result.js";

/** Findings that are kept; further ones are only counted. */
const MAX_FINDINGS = 1_000;

/** A block from whose successor on another set made the blocks; accounts as hexadecimal. */
export interface HandoverReport {
  readonly block: number;
  readonly set: number;
  /** How many there are in it. */
  readonly validators: number;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly rotated: readonly string[];
}

/** A block from whose successor on another code ran. */
export interface UpgradeReport {
  readonly block: number;
  readonly code_hash: string;
  /** Null until the record with it was read. */
  spec_version: number | null;
}

export class Report {
  genesisHash: string | undefined;
  genesisExpected = false;
  election: number | undefined;
  title: string | undefined;
  manifestHash: string | undefined;
  phase: Phase | undefined;
  lastBlock = 0;
  lastBlockHash: string | undefined;
  ballots = 0;
  ballotsByHour: readonly HourReport[] = [];
  ballotsByAuthor: readonly AuthorReport[] = [];
  readonly handovers: HandoverReport[] = [];
  readonly upgrades: UpgradeReport[] = [];
  result: ElectionResult | undefined;
  /** Whether the archive was read to its end. */
  complete = false;
  readonly counters = new Counters();
  readonly findings: Finding[] = [];
  readonly faults: Fault[] = [];
  readonly #failed = new Map<Check, number>();
  #total = 0;

  add(finding: Finding): void {
    this.#total += 1;
    this.#failed.set(finding.check, (this.#failed.get(finding.check) ?? 0) + 1);
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  get totalFindings(): number {
    return this.#total;
  }

  /** Whether everything was checked and nothing found. */
  get ok(): boolean {
    return this.complete && this.#total === 0;
  }

  toJSON(): object {
    return {
      ok: this.ok,
      genesis_hash: this.genesisHash,
      genesis_expected: this.genesisExpected,
      election: this.election,
      title: this.title,
      manifest_hash: this.manifestHash,
      phase: this.phase,
      last_block: this.lastBlock,
      last_block_hash: this.lastBlockHash,
      ballots: this.ballots,
      ballots_by_hour: this.ballotsByHour,
      ballots_by_author: this.ballotsByAuthor,
      handovers: this.handovers,
      upgrades: this.upgrades,
      result: this.result ?? null,
      checks: this.#checks().map(([check, [id, unit, description]]) => ({
        id,
        description,
        items: this.counters.of(check),
        unit,
        findings: this.#failed.get(check) ?? 0,
      })),
      findings: this.findings.map(({ check, ...finding }) => ({ check: CHECKS[check][0], ...finding })),
      total_findings: this.#total,
      faults: this.faults,
      complete: this.complete,
    };
  }

  toString(): string {
    return [
      ...this.#subject(),
      "",
      ...this.#checks().map(([check, [id, unit, description]]) => {
        const items = this.counters.of(check);
        const mark = this.#failed.has(check) ? "FAILED" : items === 0 ? "-" : "ok";
        return `${mark.padEnd(7)}${id.padEnd(11)}${String(items).padStart(9)} ${unit}: ${description}`;
      }),
      ...section(
        "Ballots by the hour in which they came (UTC):",
        this.ballotsByHour.map(({ hour, ballots }) => `${hour} ${String(ballots).padStart(9)}`),
      ),
      ...section(
        "Ballots by the validator whose block they are in:",
        this.ballotsByAuthor.map(
          ({ authority, blocks, ballots }) =>
            `authority ${String(authority).padStart(3)}, ${String(blocks).padStart(6)} blocks ${String(ballots).padStart(9)}`,
        ),
      ),
      ...section(
        "Sets of validators that took over after a block:",
        this.handovers.flatMap(({ block, set, validators, joined, left, rotated }) => [
          `block ${block}, set ${set}: ${validators} validators`,
          ...joined.map((own) => `  joined   ${own}`),
          ...left.map((own) => `  left     ${own}`),
          ...rotated.map((own) => `  new keys ${own}`),
        ]),
      ),
      ...section(
        "Codes that replaced the runtime's after a block:",
        this.upgrades.map((one) => `block ${one.block}, ${one.code_hash}, specification version ${one.spec_version ?? "unknown"}`),
      ),
      ...this.#resultLines(),
      ...section(
        "Trustees' faults, which the rules coped with:",
        this.faults.map(
          ({ election, block, extrinsic, trustee, what }) =>
            `election ${election}, block ${block}, extrinsic ${extrinsic}: trustee ${trustee} ${what}`,
        ),
      ),
      ...section(`Findings (${this.#total}):`, this.findings.map(describe)),
      "",
      this.ok ? "AUDIT OK" : "AUDIT FAILED",
    ].join("\n");
  }

  #checks(): [Check, (typeof CHECKS)[Check]][] {
    return Object.entries(CHECKS) as [Check, (typeof CHECKS)[Check]][];
  }

  #subject(): string[] {
    const note = this.genesisExpected ? "" : " (compare with the published one)";
    return [
      this.title === undefined ? "" : `Election ${this.election}: ${this.title}`,
      this.manifestHash === undefined ? "" : `Manifest   0x${this.manifestHash}`,
      this.genesisHash === undefined ? "" : `Block 0    0x${this.genesisHash}${note}`,
      this.lastBlockHash === undefined ? "" : `Last block 0x${this.lastBlockHash}, number ${this.lastBlock}`,
      `Ballots    ${this.ballots}`,
    ].filter((line) => line !== "");
  }

  #resultLines(): string[] {
    if (this.result === undefined) return [];
    const lines = this.result.districts.map(({ district, ballots, outcome }) => {
      const counts =
        outcome === "withheld"
          ? "withheld, there are too few"
          : outcome.counted.map(({ contest, counts: own }) => `contest ${contest} [${own.join(", ")}]`).join(" ");
      return `district ${district}, ${ballots} ballots: ${counts}`;
    });
    return section(`Result recomputed from the ballots (published in block ${this.result.block}):`, lines);
  }
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
