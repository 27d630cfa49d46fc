/** Reports of equivocation, signed by members or by nobody (PSE-VAL-10, PSE-AUD-8). */

import { concat, type Bytes } from "../../src/bytes.js";
import { added, inBlock, type Case } from "./case.js";
import { GROWN, motion, rotate, steps, type Step } from "./cases-validators.js";
import { Organisation, ORGANISATIONS, type MadeUpChain } from "./chain.js";
import { calls } from "./encoding.js";
import { block, PRECOMMITS, PREVOTES, reportOf, type EvidenceDraft } from "./equivocation.js";
import { ANNA, type Changes } from "./election.js";
import { EdKey } from "./keys.js";

const [FIRST, SECOND, THIRD] = ORGANISATIONS as [Organisation, Organisation, Organisation];
const FOURTH = Organisation.named(4);
const NEWER = Organisation.named("with newer keys");
const MAX_ROUNDS = 16;

const inOrder = (name: string, changes: Changes): Case => ({ name, changes, findings: [] });

/** What stands behind the other extrinsics of block 9, which are the time alone. */
const behindTime = (...make: readonly ((chain: MadeUpChain) => Bytes)[]): Changes =>
  inBlock(9, (own, { chain }) => [...own, ...make.map((one) => one(chain))]);

const unsigned = (call: Bytes) => (chain: MadeUpChain): Bytes => chain.unsigned(call);
const byMember = (call: Bytes) => (chain: MadeUpChain): Bytes => chain.official(THIRD.member, call);
const report = (changes: Partial<EvidenceDraft> = {}, { voter }: Organisation = FIRST): Bytes => reportOf(voter, changes);

/** Reports that nobody has signed and that are right, all in one block. */
const accepted = (name: string, ...reports: readonly Bytes[]): Case => inOrder(name, behindTime(...reports.map(unsigned)));

const right: Case[] = [
  accepted("a report of two precommits", report({ kind: PRECOMMITS })),
  accepted("a report of two prevotes", report({ kind: PREVOTES })),
  accepted("a report of votes for blocks that differ in their number", report({ votes: [block(7, 1), block(8, 1)] })),
  accepted("reports of one round by all voters", ...ORGANISATIONS.map((own) => report({}, own))),
  accepted("reports of rounds that differ in their last bit", ...[0n, 1n].map((bit) => report({ round: 2n ** 63n + bit }))),
  inOrder("a report in an extrinsic of version 4", behindTime((chain) => chain.unsigned(report(), 4))),
  inOrder("a report while an election is open", added(12, ({ chain }) => chain.unsigned(report()))),
];

/** A report that is refused, behind others that are not. */
const refused = (name: string, last: Bytes, ...before: readonly Bytes[]): Case => ({
  name,
  changes: behindTime(...[...before, last].map(unsigned)),
  findings: [`PSE-AUD-8 9 ${before.length + 1}`],
});

const wrong: Case[] = [
  refused("a report of two votes for one block", report({ votes: [block(7, 1), block(7, 1)] })),
  ...[
    { what: "for another set", how: { as: { set: 1 } } },
    { what: "for another round", how: { as: { round: 5 } } },
    { what: "as another kind of vote", how: { as: { kind: PREVOTES } } },
    { what: "by another voter", how: { by: SECOND.voter } },
  ].flatMap(({ what, how }) => [
    refused(`a report whose votes were signed ${what}`, report({ votes: [block(7, 1, how), block(7, 2, how)] })),
    refused(`a report whose first vote was signed ${what}`, report({ votes: [block(7, 1, how), block(7, 2)] })),
    refused(`a report whose second vote was signed ${what}`, report({ votes: [block(7, 1), block(7, 2, how)] })),
  ]),
  refused("a report of somebody who is no voter", reportOf(new EdKey("who?"))),
  refused("a report of the next set", report({ set: 1 })),
  refused("a report of a set far ahead", report({ set: 1_000 })),
];

/** Whose second vote is not the voter's. */
const BAD = report({ votes: [block(7, 1), block(7, 2, { by: SECOND.voter })] });
const rounds = (count: number, by = FIRST): Bytes[] => Array.from({ length: count }, (_, round) => report({ round }, by));

const repeated: Case[] = [
  refused("a report twice in a block", report(), report()),
  {
    name: "a report twice in two blocks",
    changes: { extrinsics: (at, own, { chain }) => (at === 9 || at === 10 ? [...own, chain.unsigned(report())] : own) },
    findings: ["PSE-AUD-8 10 3"],
  },
  refused("a report of other votes of the same round", report({ votes: [block(7, 1), block(7, 3)] }), report()),
  refused("a report of votes of the other kind of the same round", report({ kind: PREVOTES }), report({ kind: PRECOMMITS })),
  refused("a seventeenth round of a voter in a set", report({ round: MAX_ROUNDS }), ...rounds(MAX_ROUNDS)),
  accepted("sixteen rounds of each of two voters", ...rounds(MAX_ROUNDS), ...rounds(MAX_ROUNDS, SECOND)),
  {
    name: "a report that is refused, and the right one after it",
    changes: behindTime(unsigned(BAD), unsigned(report())),
    findings: ["PSE-AUD-8 9 1"],
  },
];

/** Two reports of one round. */
const both = (name: string, first: (chain: MadeUpChain) => Bytes, second: (chain: MadeUpChain) => Bytes, ...findings: string[]): Case => ({
  name,
  changes: behindTime(first, second),
  findings,
});

const ofMembers: Case[] = [
  inOrder("a report by a member", behindTime(byMember(report()))),
  inOrder("a report by a member that is not right", behindTime(byMember(BAD))),
  both("a report by a member, and the same unsigned", byMember(report()), unsigned(report()), "PSE-AUD-8 9 2"),
  both("an unsigned report, and the same by a member", unsigned(report()), byMember(report())),
  both("a report by a member, and the same by a member", byMember(report()), byMember(report())),
  both("a report by a member that is not right, and the right one", byMember(BAD), unsigned(report())),
  both(
    "a report by a member with a wrong nonce, and the same unsigned",
    (chain) => chain.signed(THIRD.member, report(), 6),
    unsigned(report()),
    "PSE-AUD-8 9 1",
  ),
  both(
    "a report that a member has signed for another runtime, and the same unsigned",
    (chain) => chain.signed(THIRD.member, report(), 1, { specVersion: 8 }),
    unsigned(report()),
    "PSE-AUD-7 9 1",
  ),
  both("a report of somebody else, and the same unsigned", (chain) => chain.signed(ANNA, report(), 0), unsigned(report()), "PSE-AUD-8 9 1"),
  both("a motion about a report, and the same unsigned", byMember(calls.propose(1, report())), unsigned(report()), "PSE-AUD-8 9 1"),
];

/** Something else that nobody has signed, or that cannot be read. */
const noReport = (name: string, call: Bytes): Case => ({ name, changes: behindTime(unsigned(call)), findings: ["PSE-AUD-6 9 1"] });

const bodies: Case[] = [
  noReport("an unsigned report of votes of unknown kind", report({ kind: 2 })),
  noReport("an unsigned report that ends too early", report().subarray(0, -1)),
  noReport("an unsigned report that goes on", concat(report(), Uint8Array.of(0))),
  noReport("an unsigned rotation", calls.rotate(NEWER.keys, NEWER.proof(FIRST.member))),
  noReport("an unsigned motion about a report", calls.propose(1, report())),
  noReport("an unsigned code", calls.applyUpgrade(new Uint8Array(32))),
  {
    name: "a report in place of the time, and once more behind it",
    changes: inBlock(9, (own, { chain }) => [chain.unsigned(report()), ...own, chain.unsigned(report())]),
    findings: ["PSE-AUD-6 9 0", "PSE-AUD-6 9 1"],
  },
];

const sending = (at: number, ...all: readonly Bytes[]): Step => ({
  block: at,
  send: ({ chain }) => all.map((call) => chain.unsigned(call)),
});

/** After the second, third, fourth and fifth have become set 1 in block 40; a message in a block of that chain. */
const grown = (name: string, at: number, call: Bytes, ...findings: string[]): Case => ({
  name,
  changes: {
    before: (now, election) => [
      ...GROWN.before(now, election),
      ...(now === at ? [election.chain.unsigned(call)] : []),
    ],
    blocks: 42,
  },
  findings,
});

const sets: Case[] = [
  grown("a report of a set in the block before it is announced", 39, report({ set: 1 }, FOURTH), "PSE-AUD-8 39 1"),
  grown("a report of a set in the block that announces it", 40, report({ set: 1 }, FOURTH)),
  grown("a report of the last set in the block that announces the next", 40, report({ set: 0 }, FIRST)),
  grown("a report of an organisation that was dismissed, in its set", 41, report({ set: 0 }, FIRST)),
  grown("a report of an organisation that was dismissed, in the set after it", 41, report({ set: 1 }, FIRST), "PSE-AUD-8 41 1"),
  grown("a report of an organisation in the set before it was admitted", 41, report({ set: 0 }, FOURTH), "PSE-AUD-8 41 1"),
  ...[FIRST, NEWER].map((keys) => ({
    name: `a report of an organisation with ${keys === FIRST ? "its key" : "the key that it has asked for"}`,
    changes: {
      blocks: 18,
      ...steps({ block: 17, send: rotate(FIRST, NEWER), organisations: [FIRST.with(NEWER), SECOND, THIRD] }, sending(18, report({}, keys))),
    },
    findings: keys === FIRST ? [] : ["PSE-AUD-8 18 1"],
  })),
  {
    name: "reports of sixteen rounds of a set, and the same of the next",
    changes: {
      blocks: 41,
      ...steps(
        { block: 17, send: ({ chain }) => motion(chain, 1, calls.admit(FOURTH.member.id, FOURTH.keys, FOURTH.proof()), [FIRST, SECOND]) },
        { block: 17, organisations: [...ORGANISATIONS, FOURTH] },
        sending(39, ...rounds(MAX_ROUNDS)),
        sending(41, ...Array.from({ length: MAX_ROUNDS }, (_, round) => report({ round, set: 1 }))),
      ),
    },
    findings: [],
  },
];

const LAST_SET = 17;
/** The block that announces it, if the first rotates its keys in each session. */
const LAST_HANDOVER = 20 + 20 * LAST_SET;

const rotations = Array.from({ length: LAST_SET }, (_, at): Step => {
  const [from, to] = at % 2 === 0 ? [FIRST, FIRST.with(NEWER)] : [FIRST.with(NEWER), FIRST];
  return { block: 17 + 20 * at, send: rotate(from, to), organisations: [to, SECOND, THIRD] };
});

const oldSets: Case = {
  name: "reports of sets that are sixteen and seventeen behind",
  changes: {
    blocks: LAST_HANDOVER,
    ...steps(
      ...rotations,
      sending(LAST_HANDOVER - 1, report({ set: 0, round: 1 })),
      sending(LAST_HANDOVER, report({ set: 0, round: 2 }), report({ set: 1 }, NEWER)),
    ),
  },
  findings: [`PSE-AUD-8 ${LAST_HANDOVER} 1`],
};

export const equivocationCases: readonly Case[] = [...right, ...wrong, ...repeated, ...ofMembers, ...bodies, ...sets, oldSets];
