/**
 * Elections in which one thing is wrong, by the check that has to notice it; and some that look wrong and
 * are in order. Each expects all findings there must be, as check, block and extrinsic.
 */

import type { Bytes } from "../../src/bytes.js";
import type { Case } from "./case.js";
import { ballotCases } from "./cases-ballots.js";
import { ceremonyCases } from "./cases-ceremony.js";
import { chainCases } from "./cases-chain.js";
import { codeCases } from "./cases-code.js";
import { equivocationCases } from "./cases-equivocation.js";
import { officialCases } from "./cases-officials.js";
import { resultCases } from "./cases-result.js";
import { validatorCases } from "./cases-validators.js";
import { MadeUpElection } from "./election.js";

export const CASES: readonly Case[] = [
  ...chainCases,
  ...officialCases,
  ...ceremonyCases,
  ...ballotCases,
  ...resultCases,
  ...validatorCases,
  ...equivocationCases,
  ...codeCases,
];

export function archiveOf({ changes, damage }: Case): Bytes {
  const archive = new MadeUpElection(changes).archive();
  return damage?.(archive) ?? archive;
}
