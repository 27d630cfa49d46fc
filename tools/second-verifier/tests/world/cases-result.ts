/** Shares and the result (PSE-AUD-17, PSE-AUD-18). */

import type { DecryptionShare } from "../../src/decryption.js";
import type { ElectionResult } from "../../src/result.js";
import { inBlock, type Case } from "./case.js";
import { resultState } from "./chain.js";
import { RESULT, type MadeUpElection } from "./election.js";

const wrong = (shares: readonly DecryptionShare[]): DecryptionShare[] =>
  shares.map((own, at) => (at === 1 ? { ...own, share: shares[0]?.share ?? own.share } : own));

/** Lists that a trustee sends in vain before it sends the right one. */
const before = (
  name: string,
  faults: number,
  make: (election: MadeUpElection) => readonly DecryptionShare[],
  { times = 1, district = 1, block = 15, third = false } = {},
): Case => ({
  name,
  changes: {
    before: (at, election) =>
      at === block ? Array.from({ length: times }, () => election.submit(1, make(election), district)) : [],
    // Where trustee 1 is not heard any more, it takes another one.
    extrinsics: (at, own, election) => (at === 15 && third ? [...own, election.submit(3, election.shares(3))] : own),
  },
  findings: [],
  faults,
});

const shares: Case[] = [
  before("a wrong share, and then the right one", 1, (own) => wrong(own.shares(1))),
  before("three lists with a wrong share, and then a right one in vain", 3, (own) => wrong(own.shares(1)), { times: 3, third: true }),
  before("four lists with a wrong share, of which three are judged", 3, (own) => wrong(own.shares(1)), { times: 4, third: true }),
  before("another trustee's shares", 1, (own) => own.shares(2)),
  before("a share less than there are sums", 1, (own) => own.shares(1).slice(1)),
  before("a share more than there are sums", 1, (own) => [...own.shares(1), ...own.shares(1).slice(1, 2)]),
  before("shares of a district that is withheld", 0, (own) => own.shares(1), { district: 2 }),
  before("shares of a district that is not", 0, (own) => own.shares(1), { district: 9 }),
  before("shares before the closing block", 0, (own) => own.shares(1), { block: 13 }),
  {
    name: "shares of one trustee of two",
    changes: inBlock(15, (own) => own.slice(0, 2)),
    findings: ["PSE-AUD-18 16 -", "PSE-AUD-18 16 -", "PSE-AUD-18 16 -"],
    faults: 0,
  },
];

const UNNEEDED_NODE = 2;

const otherCounts: ElectionResult = {
  ...RESULT,
  districts: RESULT.districts.map((own) =>
    own.district === 1
      ? { ...own, outcome: { counted: [{ contest: 1, counts: [1, 1, 1] }, { contest: 2, counts: [2, 1] }] } }
      : own,
  ),
};

const results: Case[] = [
  {
    name: "an archive that claims other counts",
    changes: { closing: (draft) => (draft.result = otherCounts) },
    findings: ["PSE-AUD-18 15 2"],
  },
  { name: "an archive that claims no result", changes: { closing: (draft) => (draft.result = undefined) }, findings: ["PSE-AUD-18 15 2"] },
  {
    name: "a state with other counts",
    changes: { published: otherCounts, closing: (draft) => (draft.result = RESULT) },
    findings: ["PSE-AUD-18 15 2"],
  },
  {
    name: "other counts in the state and in the archive",
    changes: { published: otherCounts },
    findings: ["PSE-AUD-18 15 2", "PSE-AUD-18 15 2"],
  },
  {
    name: "a state without a result",
    changes: { published: "none", closing: (draft) => (draft.result = RESULT) },
    findings: ["PSE-AUD-18 15 2"],
  },
  {
    name: "a result of another block",
    changes: { published: { ...RESULT, block: 14 } },
    findings: ["PSE-AUD-18 15 2", "PSE-AUD-18 15 2"],
  },
  {
    name: "a proof under a block that is not there",
    changes: { closing: (draft) => (draft.proofBlock = 17) },
    findings: ["PSE-AUD-18 15 2"],
  },
  { name: "a proof under another block", changes: { closing: (draft) => (draft.proofBlock = 15) }, findings: ["PSE-AUD-18 15 2"] },
  ...resultState(1, RESULT).nodes.map((_, node): Case => ({
    name: `a proof without node ${node}`,
    changes: { closing: (draft) => (draft.proof = draft.proof.filter((__, at) => at !== node)) },
    // One is the leaf of a value that nobody asks for.
    findings: node === UNNEEDED_NODE ? [] : ["PSE-AUD-18 15 2"],
  })),
  {
    name: "an election that is not",
    changes: { closing: (draft) => (draft.election = 2) },
    findings: ["PSE-AUD-18 - -"],
  },
  {
    name: "an archive that ends before the result",
    changes: { blocks: 14, published: "none" },
    findings: ["PSE-AUD-18 14 -"],
  },
];

export const resultCases: readonly Case[] = [...shares, ...results];
