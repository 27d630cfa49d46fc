/** Made-up elections: each check fails where it must, and alone. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { audit } from "../src/audit.js";
import { CHECKS } from "../src/checks.js";
import { checkBallots, checkSignatures } from "../src/checker.js";
import { archiveOf, CASES } from "./world/cases.js";

const folder = mkdtempSync(join(tmpdir(), "psephos-second-verifier-"));
after(() => rmSync(folder, { recursive: true }));

/** In this thread: a few ballots are verified sooner than a thread starts. */
const checker = {
  signatures: async (checks: Parameters<typeof checkSignatures>[0]) => checkSignatures(checks),
  ballots: async (checks: Parameters<typeof checkBallots>[0]) => checkBallots(checks),
};

test("cases have names of their own", () => {
  const names = CASES.map(({ name }) => name);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
});

for (const one of CASES) {
  test(one.name, async () => {
    const file = join(folder, "archive.psephos");
    writeFileSync(file, archiveOf(one));
    const report = await audit(file, { checker, ...(one.genesis === undefined ? {} : { genesis: one.genesis }) });
    const findings = report.findings.map(({ check, block, extrinsic }) =>
      [CHECKS[check][0], block ?? "-", extrinsic ?? "-"].join(" "),
    );
    assert.deepEqual(findings.sort(), [...one.findings].sort(), String(report));
    assert.equal(report.ok, one.findings.length === 0);
    if (one.faults !== undefined) assert.equal(report.faults.length, one.faults);
  });
}
