/** Codes that replace the runtime's (PSE-UPG, PSE-AUD-23). */

import { ascii, type Bytes } from "../../src/bytes.js";
import { blake2b256 } from "../../src/hashing.js";
import { inBlock, type Case } from "./case.js";
import { ORGANISATIONS, SPEC_VERSION, type Organisation, type VersionsDraft } from "./chain.js";
import { motion, steps, type Step } from "./cases-validators.js";
import { calls } from "./encoding.js";
import { ANNA, BORIS, type Changes } from "./election.js";

const [FIRST, SECOND] = ORGANISATIONS as [Organisation, Organisation];
const [CODE, OTHER_CODE] = ["a code that is newer ".repeat(20), "another code ".repeat(20)].map(ascii) as [Bytes, Bytes];
const NEXT_SPEC_VERSION = SPEC_VERSION + 1;

const authorised = (block: number, index = 1, code = CODE): Step => ({
  block,
  send: ({ chain }) => motion(chain, index, calls.authorizeUpgrade(blake2b256(code)), [FIRST, SECOND]),
});

/** Somebody without any office brings a code; the header says that it replaces the old one, or nothing. */
const brought = (block: number, { replaces = true, code = CODE, nonce = 0 } = {}): Step => ({
  block,
  send: ({ chain }) => {
    if (replaces) chain.upgrades.set(block, NEXT_SPEC_VERSION);
    return [chain.signed(ANNA, calls.applyUpgrade(code), nonce)];
  },
});

/** A vote on nothing, which has to be signed for the runtime that runs. */
const voted = (block: number, specVersion?: number): Step => ({
  block,
  send: ({ chain }) => {
    const vote = calls.vote(new Uint8Array(32), 0, true);
    const last = ORGANISATIONS[2] as Organisation;
    return [chain.signed(last.member, vote, 1, specVersion === undefined ? {} : { specVersion })];
  },
});

const versions = (change: (draft: VersionsDraft) => void, block = 18): Changes => ({
  records: {
    versions: (draft) => {
      if (draft.block === block) change(draft);
    },
  },
});

const code = (name: string, all: readonly Step[], findings: readonly string[] = [], changes: Changes = {}): Case => ({
  name,
  changes: { blocks: 19, ...changes, ...steps(...all) },
  findings,
});

const UPGRADE = [authorised(17), brought(18)];

const upgrades: Case[] = [
  code("an authorised code", [...UPGRADE, voted(19)]),
  code("a message that is signed for the code before", [...UPGRADE, voted(19, SPEC_VERSION)], ["PSE-AUD-7 19 1"]),
  code("a message of the last block before another code", [...UPGRADE, voted(18)]),
  code("a message that is signed a block too early", [...UPGRADE, voted(18, NEXT_SPEC_VERSION)], ["PSE-AUD-7 18 2"]),
  code("an authorised code with another transaction version", [...UPGRADE, voted(19)], [], {
    ...versions((draft) => (draft.transactionVersion += 1)),
  }),
  code("a code of the latest version that is known", [...UPGRADE, voted(19)], [], versions((draft) => (draft.specVersion = 102))),
  code("an authorised code that replaces nothing", [authorised(17), brought(18, { replaces: false }), voted(19)]),
  code("a code that was authorised before the election opened", [authorised(9), brought(17)], [], { blocks: 18 }),
  code(
    "a code in the block in which another set takes over",
    [
      { block: 17, organisations: [...ORGANISATIONS].reverse() },
      { ...authorised(18), organisations: ORGANISATIONS },
      brought(40),
    ],
    [],
    { blocks: 41 },
  ),
];

/** A code that is not let in. */
const refused = (name: string, block: number, all: readonly Step[]): Case => code(name, all, [`PSE-AUD-8 ${block} 1`]);

const refusals: Case[] = [
  refused("a code that nobody has authorised", 18, [brought(18, { replaces: false })]),
  refused("another code than was authorised", 18, [authorised(17), brought(18, { replaces: false, code: OTHER_CODE })]),
  refused("a code for the second time", 19, [...UPGRADE, brought(19, { replaces: false })]),
  refused("a code that replaced nothing for the second time", 19, [
    authorised(17),
    brought(18, { replaces: false }),
    brought(19, { replaces: false }),
  ]),
  refused("a code in whose place another was authorised", 18, [
    authorised(16),
    authorised(17, 2, OTHER_CODE),
    brought(18, { replaces: false }),
  ]),
  refused("a code with a nonce", 18, [authorised(17), brought(18, { replaces: false, nonce: 1 })]),
  refused("a code while an election is open", 11, [authorised(9), brought(11, { replaces: false })]),
  refused("a code that was authorised while an election was open", 17, [authorised(12), brought(17, { replaces: false })]),
  refused("a code in an extrinsic that expires", 18, [
    authorised(17),
    {
      block: 18,
      send: ({ chain }) => [
        chain.signed(BORIS, calls.applyUpgrade(CODE), 0, { era: Uint8Array.of(1, 0), mortalityHash: chain.hash(16) }),
      ],
    },
  ]),
  refused("a motion to bring a code", 18, [
    { block: 18, send: ({ chain }) => [chain.official(FIRST.member, calls.propose(2, calls.applyUpgrade(CODE)))] },
  ]),
  refused("an authorisation without a motion", 18, [
    { block: 18, send: ({ chain }) => [chain.official(FIRST.member, calls.authorizeUpgrade(blake2b256(CODE)))] },
  ]),
  code("a code that one member of three has authorised", [
    { ...authorised(17), send: ({ chain }) => motion(chain, 1, calls.authorizeUpgrade(blake2b256(CODE)), [FIRST]) },
    brought(18, { replaces: false }),
  ], ["PSE-AUD-8 18 1"]),
];

const AT_18 = ["PSE-AUD-23 18 -"];

const records: Case[] = [
  code("a runtime that was replaced by nothing", [
    { block: 18, send: ({ chain }) => (chain.upgrades.set(18, NEXT_SPEC_VERSION), []) },
  ], AT_18),
  code("a runtime that was replaced before the code was there", [
    authorised(17),
    { block: 18, send: ({ chain }) => (chain.upgrades.set(18, NEXT_SPEC_VERSION), []) },
  ], AT_18),
  code("a code whose versions are missing", UPGRADE, AT_18, versions((draft) => (draft.times = 0))),
  code("a code whose versions are missing at the archive's end", UPGRADE, AT_18, { blocks: 18, ...versions((draft) => (draft.times = 0)) }),
  code("a code whose versions are there twice", UPGRADE, ["PSE-AUD-20 19 -"], versions((draft) => (draft.times = 2))),
  code("versions where no code was replaced", [], AT_18, versions((draft) => (draft.times = 1))),
  code("a code of the same version", UPGRADE, AT_18, versions((draft) => (draft.specVersion = SPEC_VERSION))),
  code("a code of an earlier version", UPGRADE, AT_18, versions((draft) => (draft.specVersion = SPEC_VERSION - 1))),
  code("a code of a version that nobody knows", UPGRADE, AT_18, versions((draft) => (draft.specVersion = 103))),
  {
    name: "a chain that begins with a version that nobody knows",
    changes: { genesis: (draft) => (draft.specVersion = 1_000), blocks: 0, published: "none" },
    findings: ["PSE-AUD-18 - -", "PSE-AUD-23 - -"],
  },
];

/** If voting never opens, its ballots should not be there. */
const NEVER_OPENED = ["11 1", "11 2", "11 3", "11 4", "12 1"].map((place) => `PSE-AUD-13 ${place}`);
/** An election for the new code, which is authorised in the block in which the election is proposed. */
const FOR_NEW_CODE: Changes = {
  manifest: (draft) => ({ ...draft, codeHash: blake2b256(CODE) }),
  ...inBlock(1, (own, election) => [...own, ...(authorised(1).send?.(election) ?? [])]),
};

const elections: Case[] = [
  code("an election that should open under another code than its manifest names", [authorised(5), brought(6)], NEVER_OPENED, {
    blocks: 16,
    published: "none",
  }),
  code("an election for the code that the block of its creation brings", [brought(2)], [], {
    ...FOR_NEW_CODE,
    blocks: 16,
  }),
  code("an election for a code that is only authorised", [], ["PSE-AUD-18 - -"], {
    ...FOR_NEW_CODE,
    blocks: 2,
    published: "none",
  }),
];

export const codeCases: readonly Case[] = [...upgrades, ...refusals, ...records, ...elections];
