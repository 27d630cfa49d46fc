/** What either verifier says about a file, in a form in which they can be compared. */

import { spawnSync } from "node:child_process";
import { audit } from "../src/audit.js";
import { hex, type Bytes } from "../src/bytes.js";
import type { Checker } from "../src/checker.js";

interface Findings {
  readonly check: string;
  readonly block?: number | null;
  readonly extrinsic?: number | null;
}

interface Handover {
  readonly block: number;
  readonly set: number;
  readonly validators: number;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly rotated: readonly string[];
}

interface Audited {
  readonly complete: boolean;
  readonly total_findings: number;
  readonly genesis_hash?: string | null;
  readonly last_block_hash?: string | null;
  readonly result?: unknown;
  readonly handovers: readonly Handover[];
  readonly upgrades: unknown;
  readonly ballots_by_hour: unknown;
  readonly ballots_by_author: unknown;
  readonly checks: readonly { readonly id: string; readonly items: number }[];
  readonly findings: readonly Findings[];
}

export interface Verdict {
  readonly ok: boolean;
  /** Every finding by check, block and extrinsic, sorted. */
  readonly findings: readonly string[];
  /** Items by check, the result, the hashes, when and where ballots came, and what took over. */
  readonly figures: string;
}

export async function ownVerdict(file: string, checker: Checker, genesis?: Bytes): Promise<Verdict> {
  const report = await audit(file, genesis === undefined ? { checker } : { checker, genesis });
  return verdictOf(JSON.parse(JSON.stringify(report)) as Audited, report.ok);
}

/** Runs the first verifier, which ends with 0 or 1 and writes its report in either case. */
export function otherVerdict(file: string, program: string, genesis?: Bytes): Verdict {
  const expected = genesis === undefined ? [] : ["--genesis", `0x${hex(genesis)}`];
  const { status, stdout, stderr, error } = spawnSync(program, ["audit", "--json", ...expected, file], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0 && status !== 1) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return verdictOf(JSON.parse(stdout) as Audited, status === 0);
}

function verdictOf(audited: Audited, ok: boolean): Verdict {
  const findings = audited.findings.map(({ check, block, extrinsic }) =>
    [check, block ?? "-", extrinsic ?? "-"].join(" "),
  );
  const items = audited.checks.map(({ id, items: count }) => [id, count]);
  const hashes = [audited.genesis_hash, audited.last_block_hash].map((hash) => hash?.replace(/^0x/, ""));
  const arrivals = [audited.ballots_by_hour, audited.ballots_by_author].map(normal);
  // The verifiers write accounts in different ways.
  const handovers = audited.handovers.map(({ block, set, validators, joined, left, rotated }) =>
    [block, set, validators, joined.length, left.length, rotated.length],
  );
  const changes = [handovers, normal(audited.upgrades)];
  const figures = JSON.stringify([items, hashes, normal(audited.result), arrivals, changes]);
  if (ok !== (audited.complete && audited.total_findings === 0)) throw new Error("a verdict that its report contradicts");
  return { ok, findings: findings.sort(), figures };
}

/** Keys in one order, and nothing where there is nothing. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== "object") return value ?? null;
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return fields.map(([name, field]) => [name, normal(field)]);
}

/** In what the two differ; nothing if they agree. */
export function difference(own: Verdict, other: Verdict): string | undefined {
  const word = (ok: boolean): string => (ok ? "in order" : "not in order");
  if (own.ok !== other.ok) return `the second verifier says ${word(own.ok)}, the first ${word(other.ok)}`;
  const only = (these: Verdict, those: Verdict): string[] => these.findings.filter((one) => !those.findings.includes(one));
  const [here, there] = [only(own, other), only(other, own)];
  if (here.length + there.length > 0) {
    return `findings of the second verifier alone: [${here.join("; ")}], of the first alone: [${there.join("; ")}]`;
  }
  return own.figures === other.figures ? undefined : `other figures: ${own.figures} and ${other.figures}`;
}
