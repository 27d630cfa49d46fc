import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { audit } from "../src/audit.js";
import { WorkerPool } from "../src/workers.js";
import { MadeUpElection } from "./world/election.js";

const folder = mkdtempSync(join(tmpdir(), "psephos-second-verifier-"));
const checker = new WorkerPool(1);
after(async () => { rmSync(folder, { recursive: true }); await checker.close(); });
test("happy", async () => {
  for (const secondEpoch of [false, true]) {
  const file = join(folder, "a.psephos");
  writeFileSync(file, new MadeUpElection({ secondEpoch }).archive());
  writeFileSync(`/tmp/w${secondEpoch}.psephos`, new MadeUpElection({ secondEpoch }).archive());
  const report = await audit(file, { checker });
  console.log(String(report));
  assert.ok(report.ok);
  }
});
