/** Organisations that come and go, and the sets of validators that follow (PSE-VAL). */

import { concat, type Bytes } from "../../src/bytes.js";
import { blake2b256 } from "../../src/hashing.js";
import { hashOf, type DigestItem } from "../../src/header.js";
import type { Case } from "./case.js";
import {
  announcementOf,
  authorOf,
  Organisation,
  ORGANISATIONS,
  type ClosingDraft,
  type GenesisDraft,
  type HandoverDraft,
  type HeaderDraft,
  type MadeUpChain,
} from "./chain.js";
import { calls } from "./encoding.js";
import { reportOf } from "./equivocation.js";
import { ANNA, TRUSTEES, type Changes, type MadeUpElection } from "./election.js";
import type { Account } from "./keys.js";

const [FIRST, SECOND, THIRD] = ORGANISATIONS as [Organisation, Organisation, Organisation];
const [FOURTH, FIFTH, SIXTH] = [4, 5, 6].map((own) => Organisation.named(own)) as [Organisation, Organisation, Organisation];
const NEWER = Organisation.named("with newer keys");

/** What happens in a block, and the organisations from its end on. */
export interface Step {
  readonly block: number;
  readonly send?: (election: MadeUpElection) => Bytes[];
  readonly organisations?: readonly Organisation[];
}

export function steps(...all: readonly Step[]): Required<Pick<Changes, "before">> {
  return {
    before: (block, election) =>
      all
        .filter((step) => step.block === block)
        .flatMap(({ send, organisations }) => {
          if (organisations !== undefined) election.chain.organisations = organisations;
          return send?.(election) ?? [];
        }),
  };
}

/** A motion that is put, voted for and closed; the election's own has the number 0. */
export function motion(chain: MadeUpChain, index: number, call: Bytes, by: readonly Organisation[]): Bytes[] {
  const [{ member: first }] = by as [Organisation];
  const hash = blake2b256(call);
  return [
    chain.official(first, calls.propose(by.length, call)),
    ...by.map(({ member }) => chain.official(member, calls.vote(hash, index, true))),
    chain.official(first, calls.close(hash, index, call.length)),
  ];
}

const admit = (own: Organisation, proof = own.proof()): Bytes => calls.admit(own.member.id, own.keys, proof);
const dismiss = ({ member }: Organisation): Bytes => calls.dismiss(member.id);
export const rotate = (own: Organisation, to: Organisation, proof = to.proof(own.member)) => (election: MadeUpElection): Bytes[] => [
  election.chain.official(own.member, calls.rotate(to.keys, proof)),
];

/** A motion in a block, which is carried. */
const decided = (
  block: number,
  index: number,
  call: Bytes,
  by: readonly Organisation[],
  organisations?: readonly Organisation[],
): Step => ({
  block,
  send: ({ chain }) => motion(chain, index, call, by),
  ...(organisations === undefined ? {} : { organisations }),
});

const ADMITTED_FOURTH = decided(17, 1, admit(FOURTH), [FIRST, SECOND], [...ORGANISATIONS, FOURTH]);
/** The fourth votes already. */
const ADMITTED_FIFTH = decided(18, 2, admit(FIFTH), [FIRST, SECOND, FOURTH], [...ORGANISATIONS, FOURTH, FIFTH]);
const AFTER = [SECOND, THIRD, FOURTH, FIFTH];
const DISMISSED_FIRST = decided(19, 3, dismiss(FIRST), [SECOND, THIRD, FIFTH], AFTER);

/** Two organisations are admitted, one is dismissed; in block 20 the new set is queued, in block 40 it takes over. */
export const GROWN = steps(ADMITTED_FOURTH, ADMITTED_FIFTH, DISMISSED_FIRST);

const grown = (name: string, changes: Changes, ...findings: string[]): Case => ({
  name,
  changes: { ...GROWN, blocks: 42, ...changes },
  findings,
});

const header = (block: number, change: (draft: HeaderDraft) => void): Changes => ({
  header: (at, draft) => {
    if (at === block) change(draft);
  },
});

const announcing = (name: string, change: (draft: HeaderDraft) => void, block = 40): Case =>
  grown(`a handover's header ${name}`, header(block, change), `PSE-AUD-2 ${block} -`);

const announcements: Case[] = [
  announcing("that announces nothing", (draft) => (draft.announces = [])),
  announcing("without Aura's item", (draft) => draft.announces.shift()),
  announcing("without GRANDPA's item", (draft) => draft.announces.pop()),
  announcing("with GRANDPA's item first", (draft) => draft.announces.reverse()),
  announcing("with GRANDPA's item twice", (draft) => draft.announces.push(...draft.announces.slice(1))),
  announcing("that announces another order", (draft) => (draft.announces = announcementOf([...AFTER].reverse()))),
  announcing("that leaves one out", (draft) => (draft.announces = announcementOf(AFTER.slice(1)))),
  announcing("that announces the old set", (draft) => (draft.announces = announcementOf(ORGANISATIONS))),
  announcing("with a delay", (draft) => {
    draft.announces = draft.announces.map((item, at) => ({ ...item, data: at === 1 ? item.data.with(-4, 1) : item.data }));
  }),
  announcing("with a weight of two", (draft) => {
    draft.announces = draft.announces.map((item, at) => ({ ...item, data: at === 1 ? item.data.with(2 + 32, 2) : item.data }));
  }),
  announcing("at the session's end at which the set is only queued", (draft) => (draft.announces = announcementOf(AFTER)), 20),
  announcing("in the block after", (draft) => (draft.announces = announcementOf(AFTER)), 41),
];

const handover = (name: string, change: (draft: HandoverDraft) => void, block = 40, changes: Changes = {}): Case =>
  grown(
    `a handover ${name}`,
    {
      ...changes,
      records: {
        handover: (draft) => {
          if (draft.block === block) change(draft);
        },
      },
    },
    `PSE-AUD-5 ${block} -`,
  );

const newSetFor = ({ hash, block }: HandoverDraft): HandoverDraft["votes"] =>
  AFTER.map(({ voter }) => ({ voter, hash, number: block }));

/** Headers that follow the last block, with these digests; the votes are for the last. */
function descend(draft: ClosingDraft, digests: readonly (readonly DigestItem[])[]): void {
  const [{ hash, number }] = draft.votes as [(typeof draft.votes)[0]];
  const root = new Uint8Array(32);
  let parentHash = hash;
  for (const [at, digest] of digests.entries()) {
    const header = { parentHash, number: number + at + 1, stateRoot: root, extrinsicsRoot: root, digest };
    draft.descendants.push(header);
    parentHash = hashOf(header);
  }
  draft.targetNumber = number + digests.length;
  draft.votes = draft.votes.map(({ voter }) => ({ voter, hash: parentHash, number: draft.targetNumber }));
}

const handovers: Case[] = [
  grown("two organisations admitted and one dismissed", {}),
  grown("an archive that ends with the block that hands over", { blocks: 40 }),
  grown("an archive that ends with the block after", { blocks: 41 }),
  grown("a block that hands over, finalised by the new set", {
    blocks: 40,
    closing: (draft) => {
      const [vote] = draft.votes as [(typeof draft.votes)[0]];
      draft.set = 1;
      draft.votes = AFTER.map(({ voter }) => ({ ...vote, voter }));
    },
  }, "PSE-AUD-5 - -"),
  grown("a last block that is finalised with the old set's number", { closing: (draft) => (draft.set = 0) }, "PSE-AUD-5 - -"),
  grown("a last block that the old set has finalised", {
    closing: (draft) => {
      const [vote] = draft.votes as [(typeof draft.votes)[0]];
      draft.votes = ORGANISATIONS.map(({ voter }) => ({ ...vote, voter }));
    },
  }, "PSE-AUD-5 - -"),
  handover("without its justification", (draft) => (draft.times = 0)),
  handover("without its justification, at the archive's end", (draft) => (draft.times = 0), 40, { blocks: 40 }),
  handover("with two votes of three", (draft) => draft.votes.pop()),
  handover("with votes of the new set", (draft) => (draft.votes = newSetFor(draft))),
  handover("with votes that count for the new set", (draft) => (draft.set = 1)),
  handover("with a justification of the block before", (draft) => (draft.block -= 1)),
  handover("with votes for something else", (draft) => {
    draft.hash = new Uint8Array(32).fill(1);
    draft.votes = draft.votes.map((vote) => ({ ...vote, hash: draft.hash }));
  }),
  {
    name: "a handover with its justification twice",
    changes: { ...GROWN, blocks: 42, records: { handover: (draft) => (draft.times *= 2) } },
    findings: ["PSE-AUD-20 41 -"],
  },
  ...[false, true].map((announces) => ({
    name: `a header after the last block, and one after it, of which the first announces ${announces ? "another set" : "nothing"}`,
    changes: { closing: (draft: ClosingDraft) => descend(draft, announces ? [announcementOf(ORGANISATIONS), []] : [[], []]) },
    findings: announces ? ["PSE-AUD-5 - -"] : [],
  })),
  {
    name: "a header after the last block that announces another set",
    changes: { closing: (draft) => descend(draft, [announcementOf(ORGANISATIONS)]) },
    findings: [],
  },
  {
    name: "a header after the last block that does not follow it",
    changes: {
      closing: (draft) => {
        descend(draft, [[], []]);
        draft.descendants.reverse();
      },
    },
    findings: ["PSE-AUD-5 - -"],
  },
  handover("that was not decided on", (draft) => (draft.times = 1), 20),
  handover("before the first block that hands over", (draft) => (draft.times = 1), 1),
  grown(
    "a block that hands over, sealed by the new set",
    header(40, (draft) => (draft.author = authorOf(draft.slot, AFTER.map(({ author }) => author)))),
    "PSE-AUD-4 40 -",
  ),
  grown("a block after a handover, sealed by the old set", header(41, (draft) => (draft.author = authorOf(draft.slot))), "PSE-AUD-4 41 -"),
];

/** A chain of so many blocks in which nothing is wrong: all of it follows from when what took effect. */
const inOrder = (name: string, blocks: number, changes: Changes): Case => ({ name, changes: { blocks, ...changes }, findings: [] });

const FIRST_RENEWED = [FIRST.with(NEWER), SECOND, THIRD];

const sessions: Case[] = [
  inOrder("an organisation that is admitted in the last block of a session", 41, {
    ...steps({ ...ADMITTED_FOURTH, block: 19 }),
  }),
  inOrder("an organisation that is admitted in a session's first block", 61, {
    ...steps({ ...decided(20, 1, admit(FOURTH), [FIRST, SECOND]) }, { block: 21, organisations: [...ORGANISATIONS, FOURTH] }),
  }),
  inOrder("two sets that take over, one after the other", 61, {
    ...steps(ADMITTED_FOURTH, { block: 30, send: rotate(FIRST, NEWER), organisations: [...FIRST_RENEWED, FOURTH] }),
  }),
  inOrder("a set that is the same again before it took over", 61, {
    ...steps(
      { block: 17, send: rotate(FIRST, NEWER), organisations: FIRST_RENEWED },
      { block: 18, send: rotate(FIRST, FIRST), organisations: ORGANISATIONS },
    ),
  }),
  inOrder("a dismissed organisation that is admitted again, and is the last then", 41, {
    ...steps(
      ADMITTED_FOURTH,
      ADMITTED_FIFTH,
      DISMISSED_FIRST,
      decided(19, 4, admit(FIRST), [SECOND, THIRD, FOURTH], [...AFTER, FIRST]),
    ),
  }),
  // The fourth is admitted in block 6, which a session's end in block 20 would queue for block 40.
  ...[
    { name: "an election that is counted when a session should end", later: 6, blocks: 61 },
    { name: "an election whose result comes in the block in which a session should end", later: 5, blocks: 61 },
    { name: "an election whose result comes in the block before a session ends", later: 4, blocks: 41 },
    { name: "an election that opens in the block in which a session ends", later: 10, blocks: 41 },
    { name: "an election that opens in the block before a session should end", later: 9, blocks: 61 },
  ].map(({ name, later, blocks }) =>
    inOrder(name, blocks, { later, ...steps({ ...ADMITTED_FOURTH, block: 6 }) }),
  ),
];

const keyOf = (author: Organisation, voter: Organisation): Organisation => new Organisation(FIRST.member, author.author, voter.voter);
const half = (right: Bytes, wrong: Bytes, at: "first" | "second"): Bytes =>
  at === "first" ? concat(right.subarray(0, 64), wrong.subarray(64)) : concat(wrong.subarray(0, 64), right.subarray(64));

/** A rotation by the first organisation that has no effect. */
const noRotation = (name: string, to: Organisation, proof?: Bytes, block = 17): Case =>
  inOrder(`a rotation ${name}`, 41, steps({ block, send: rotate(FIRST, to, proof) }));

const rotations: Case[] = [
  inOrder("a rotation of both keys", 41, steps({ block: 17, send: rotate(FIRST, NEWER), organisations: FIRST_RENEWED })),
  inOrder("a rotation of the key that votes", 41, {
    ...steps({ block: 17, send: rotate(FIRST, keyOf(FIRST, NEWER)), organisations: [keyOf(FIRST, NEWER), SECOND, THIRD] }),
  }),
  inOrder("a rotation of the key that seals", 41, {
    ...steps({ block: 17, send: rotate(FIRST, keyOf(NEWER, FIRST)), organisations: [keyOf(NEWER, FIRST), SECOND, THIRD] }),
  }),
  noRotation("to another's key that seals", keyOf(SECOND, NEWER)),
  noRotation("to another's key that votes", keyOf(NEWER, SECOND)),
  noRotation("with a proof for another account", NEWER, NEWER.proof(SECOND.member)),
  noRotation("without the signature of the key that seals", NEWER, half(NEWER.proof(FIRST.member), FIRST.proof(), "second")),
  noRotation("without the signature of the key that votes", NEWER, half(NEWER.proof(FIRST.member), FIRST.proof(), "first")),
  noRotation("while an election is open", NEWER, undefined, 12),
];

/** A decision in a block that has no effect. */
const noDecision = (name: string, call: Bytes, block = 17): Case =>
  inOrder(name, 41, steps(decided(block, 1, call, [FIRST, SECOND])));

const trustee = new Organisation(TRUSTEES[0] as Account, NEWER.author, NEWER.voter);

const decisions: Case[] = [
  noDecision("an admission of a member", calls.admit(FIRST.member.id, NEWER.keys, NEWER.proof(FIRST.member))),
  noDecision("an admission with another's key that seals", admit(new Organisation(FOURTH.member, FIRST.author, FOURTH.voter))),
  noDecision("an admission with another's key that votes", admit(new Organisation(FOURTH.member, FOURTH.author, FIRST.voter))),
  noDecision("an admission with the proof of another account", admit(FOURTH, FOURTH.proof(FIFTH.member))),
  noDecision("an admission of a trustee before the election has opened", admit(trustee), 6),
  inOrder("an admission of a trustee after the election", 41, {
    ...steps(decided(17, 1, admit(trustee), [FIRST, SECOND], [...ORGANISATIONS, trustee])),
  }),
  noDecision("an admission while an election is open", admit(FOURTH), 12),
  noDecision("a dismissal that leaves two organisations", dismiss(FIRST)),
  inOrder("a dismissal that leaves three organisations", 41, steps(ADMITTED_FOURTH, decided(18, 2, dismiss(FIRST), [FIRST, SECOND, THIRD]))),
  inOrder("a dismissal of somebody who is no member", 41, {
    ...steps(ADMITTED_FOURTH, ADMITTED_FIFTH, decided(19, 3, dismiss(SIXTH), [FIRST, SECOND, THIRD])),
  }),
  inOrder("a dismissal while an election is open", 61, {
    later: 10,
    ...steps(
      { ...ADMITTED_FOURTH, block: 6 },
      { ...ADMITTED_FIFTH, block: 7 },
      decided(22, 3, dismiss(FIRST), [FIRST, SECOND, THIRD]),
    ),
  }),
  inOrder("a dismissal by two of five", 41, steps(ADMITTED_FOURTH, ADMITTED_FIFTH, decided(19, 3, dismiss(FIRST), [SECOND, THIRD]))),
];

const SIXTH_HASH = blake2b256(admit(SIXTH));
const voteForSixth = ({ chain }: MadeUpElection, { member }: Organisation): Bytes =>
  chain.official(member, calls.vote(SIXTH_HASH, 3, true));
const closeSixth = ({ chain }: MadeUpElection): Bytes => chain.official(SECOND.member, calls.close(SIXTH_HASH, 3, admit(SIXTH).length));

/** A motion to admit the sixth for which the first votes, before it is dismissed, and after it the second and third. */
const votesOfDismissed: Case = inOrder("the vote of an organisation that is dismissed before the motion is closed", 41, {
  ...steps(
    ADMITTED_FOURTH,
    ADMITTED_FIFTH,
    {
      block: 19,
      send: (own) => [
        own.chain.official(FIRST.member, calls.propose(3, admit(SIXTH))),
        voteForSixth(own, FIRST),
        ...motion(own.chain, 4, dismiss(FIRST), [SECOND, THIRD, FIFTH]),
        voteForSixth(own, SECOND),
        voteForSixth(own, THIRD),
        closeSixth(own),
      ],
      organisations: AFTER,
    },
  ),
});

const sent = (name: string, finding: string, make: (chain: MadeUpChain) => Bytes): Case => ({
  name,
  changes: { before: (block, { chain }) => (block === 17 ? [make(chain)] : []), blocks: 17 },
  findings: [finding],
});

const refusals: Case[] = [
  sent("a rotation of somebody else", "PSE-AUD-8 17 1", (chain) => chain.signed(ANNA, calls.rotate(NEWER.keys, NEWER.proof(ANNA)), 0)),
  sent("a report of somebody else", "PSE-AUD-8 17 1", (chain) => chain.signed(ANNA, reportOf(FIRST.voter), 0)),
  sent("a report of votes of unknown kind", "PSE-AUD-6 17 1", (chain) => chain.official(FIRST.member, reportOf(FIRST.voter, { kind: 2 }))),
  sent("an admission without a motion", "PSE-AUD-8 17 1", (chain) => chain.official(FIRST.member, admit(FOURTH))),
  sent("a dismissal without a motion", "PSE-AUD-8 17 1", (chain) => chain.official(FIRST.member, dismiss(FIRST))),
  sent("a motion about somebody's keys", "PSE-AUD-8 17 1", (chain) =>
    chain.official(FIRST.member, calls.propose(2, calls.rotate(NEWER.keys, NEWER.proof(FIRST.member)))),
  ),
  sent("a motion about a report", "PSE-AUD-8 17 1", (chain) => chain.official(FIRST.member, calls.propose(2, reportOf(FIRST.voter)))),
  grown(
    "a vote of an organisation that was dismissed",
    { ...steps(ADMITTED_FOURTH, ADMITTED_FIFTH, DISMISSED_FIRST, {
      block: 21,
      send: ({ chain }) => [chain.official(FIRST.member, calls.vote(new Uint8Array(32), 0, true))],
    }) },
    "PSE-AUD-8 21 1",
  ),
];

const genesis = (name: string, change: (draft: GenesisDraft) => void): Case => ({
  name: `a block 0 with ${name}`,
  changes: { genesis: change },
  findings: ["PSE-AUD-1 - -"],
});

const beginnings: Case[] = [
  genesis("voters in another order than the organisations", (draft) => draft.voters.reverse()),
  genesis("a voter less", (draft) => draft.voters.pop()),
  genesis("a voter of weight two", (draft) => (draft.voters = draft.voters.map((own) => own.with(32, 2)))),
  genesis("authors in another order than the organisations", (draft) => draft.sealers.reverse()),
  genesis("other members than organisations", (draft) => (draft.members = [ANNA.id, ...draft.members.slice(1)])),
  genesis("a member more", (draft) => draft.members.push(ANNA.id)),
  genesis("an organisation more", (draft) => draft.queued.push(concat(FOURTH.member.id, FOURTH.keys))),
];

export const validatorCases: readonly Case[] = [
  ...beginnings,
  ...handovers,
  ...announcements,
  ...sessions,
  ...rotations,
  ...decisions,
  votesOfDismissed,
  ...refusals,
];
