/** Officials, consortium, manifests and voter register (PSE-AUD-8 to PSE-AUD-11). */

import { blake2b256 } from "../../src/hashing.js";
import type { Bytes } from "../../src/bytes.js";
import { added, inBlock, type Case } from "./case.js";
import { MEMBERS } from "./chain.js";
import { calls, type ManifestDraft } from "./encoding.js";
import { ANNA, REGISTRARS, TRUSTEES, VOTERS, type Changes, type MadeUpElection } from "./election.js";
import { Account, RsaKey } from "./keys.js";

const [MEMBER_1, MEMBER_2, MEMBER_3] = MEMBERS as [Account, Account, Account];
const [TRUSTEE_1] = TRUSTEES as [Account];
const [REGISTRAR_1] = REGISTRARS as [Account];

const message = (name: string, make: (election: MadeUpElection) => Bytes): Case => ({
  name,
  changes: added(9, make),
  findings: ["PSE-AUD-8 9 1"],
});

const officials: Case[] = [
  message("a motion of somebody else", ({ chain }) => chain.signed(ANNA, calls.propose(1, calls.cancel(1)), 0)),
  message("a vote of somebody else", ({ chain }) => chain.signed(ANNA, calls.vote(new Uint8Array(32), 0, true), 0)),
  message("a motion about something else", ({ chain }) => chain.signed(MEMBER_3, calls.propose(1, calls.reportSilence(1)), 1)),
  message("creating without a motion", (own) => own.chain.signed(MEMBER_3, calls.create(own.manifestBytes), 1)),
  message("a time that somebody signs", ({ chain }) => chain.signed(MEMBER_3, calls.time(3_000n), 1)),
  message("a registrar's record by a trustee", ({ chain }) => chain.signed(TRUSTEE_1, calls.issue(1, []), 5)),
  message("a trustee's message by a registrar", ({ chain }) => chain.signed(REGISTRAR_1, calls.reportSilence(1), 1)),
  message("a trustee's message of an election that is not", ({ chain }) => chain.signed(TRUSTEE_1, calls.reportSilence(2), 5)),
  message("shares of somebody else", ({ chain }) => chain.signed(ANNA, calls.shares(1, 1, []), 0)),
  message("a nonce that was used", ({ chain }) => chain.signed(TRUSTEE_1, calls.reportSilence(1), 4)),
  message("a nonce that is left out", ({ chain }) => chain.signed(TRUSTEE_1, calls.reportSilence(1), 6)),
];

/** Motions to cancel the election, by these votes, closed in the same block. */
function cancelling(block: number, threshold: number, ayes: readonly Account[]): ReturnType<typeof inBlock> {
  const proposal = calls.cancel(1);
  const hash = blake2b256(proposal);
  return inBlock(block, (own, { chain }) => [
    ...own,
    chain.official(MEMBER_1, calls.propose(threshold, proposal)),
    ...ayes.map((member) => chain.official(member, calls.vote(hash, 1, true))),
    chain.official(MEMBER_2, calls.close(hash, 1, proposal.length)),
  ]);
}

const consortium: Case[] = [
  { name: "one member cannot cancel", changes: cancelling(13, 1, []), findings: [] },
  { name: "one member who votes twice cannot cancel", changes: cancelling(13, 2, [MEMBER_1, MEMBER_1]), findings: [] },
  {
    name: "two members of three cancel",
    changes: { ...cancelling(13, 2, [MEMBER_1, MEMBER_3]), published: "none" },
    findings: [],
  },
  { name: "a published result cannot be cancelled", changes: cancelling(16, 2, [MEMBER_1, MEMBER_3]), findings: [] },
  {
    name: "a motion that is longer than it says",
    changes: added(13, ({ chain }) => chain.official(MEMBER_1, calls.propose(2, calls.cancel(1), 5))),
    findings: [],
  },
  {
    name: "an election that nobody has voted for",
    changes: { ...inBlock(2, (own) => own.slice(0, 1)), blocks: 2, published: "none" },
    findings: ["PSE-AUD-18 - -"],
  },
];

/** A manifest that must not lead to an election: the archive ends after the motion was carried. */
function refused(name: string, manifest: (draft: ManifestDraft) => Partial<ManifestDraft>): Case {
  const changes = { manifest: (draft: ManifestDraft) => ({ ...draft, ...manifest(draft) }), blocks: 2, published: "none" } as const;
  return { name: `a manifest with ${name}`, changes, findings: ["PSE-AUD-18 - -"] };
}

type District = ManifestDraft["districts"][0];
type Contest = District["contests"][0];

const first = (change: (district: District) => District) => ({ districts }: ManifestDraft) => ({
  districts: districts.map((district, at) => (at === 0 ? change(district) : district)),
});
const contest = (change: (contest: Contest) => Contest) =>
  first(({ id, contests }) => ({ id, contests: contests.map((own, at) => (at === 0 ? change(own) : own)) }));
const registrar = (change: (keys: readonly Bytes[]) => readonly Bytes[]) => ({ registrars }: ManifestDraft) => ({
  registrars: registrars.map((own, at) => (at === 0 ? { ...own, keys: change(own.keys) } : own)),
});
const even = (key: Bytes): Bytes => Uint8Array.from([...key.subarray(0, -1), (key.at(-1) ?? 0) & 0xfe]);

const manifests: Case[] = [
  {
    name: "a manifest that is in order, at whose end nothing has happened",
    changes: { blocks: 2, published: "none" },
    findings: ["PSE-AUD-18 2 -"],
  },
  refused("no district", ({ registrars }) => ({ districts: [], registrars: registrars.map((own) => ({ ...own, keys: [] })) })),
  refused("a district twice", ({ districts }) => ({ districts: districts.map((own) => ({ ...own, id: 1 })) })),
  refused("a district without a contest", first(({ id }) => ({ id, contests: [] }))),
  refused("a contest twice", first(({ id, contests }) => ({ id, contests: contests.map((own) => ({ ...own, id: 1 })) }))),
  refused("a contest without an option", contest((own) => ({ ...own, options: [], min: 0, max: 0 }))),
  refused("an option twice", contest((own) => ({ ...own, options: ["A", "B", "A"] }))),
  refused("more selections required than allowed", contest((own) => ({ ...own, min: 2 }))),
  refused("more selections allowed than options", contest((own) => ({ ...own, max: 4 }))),
  refused("a threshold of one", () => ({ threshold: 1 })),
  refused("a threshold above the trustees", () => ({ threshold: 4 })),
  refused("a quorum of none", () => ({ quorum: 0 })),
  refused("a quorum above the registrars", () => ({ quorum: 3 })),
  refused("a trustee twice", ({ trustees }) => ({ trustees: [...trustees, ...trustees.slice(0, 1)] })),
  refused("a registrar twice", ({ registrars }) => ({ registrars: registrars.map(({ keys }) => ({ account: REGISTRAR_1.id, keys })) })),
  refused("a trustee who is a member of the consortium", ({ trustees }) => ({ trustees: [...trustees, MEMBER_1.id] })),
  refused("a registrar who is a member of the consortium", ({ registrars }) => ({
    registrars: registrars.map((own, at) => (at === 0 ? { ...own, account: MEMBER_1.id } : own)),
  })),
  refused("a trustee who is registrar", ({ trustees }) => ({ trustees: [...trustees, REGISTRAR_1.id] })),
  refused("a registrar without a key", registrar((keys) => keys.slice(1))),
  refused("a registrar with a short key", registrar(([key = new Uint8Array(0), ...keys]) => [key.subarray(0, 255), ...keys])),
  refused("a registrar with an even key", registrar(([key = new Uint8Array(0), ...keys]) => [even(key), ...keys])),
  refused("a key twice", registrar(([key = new Uint8Array(0), , ...keys]) => [key, key, ...keys])),
  refused("a registration that ends when it begins", () => ({ registration: [9, 9] })),
  refused("a registration that lasts into the voting", () => ({ registration: [1, 11] })),
  refused("a voting that ends when it begins", () => ({ voting: [10, 10] })),
  refused("a registration that is over", () => ({ registration: [1, 2] })),
  refused("stages of no block", () => ({ ceremonyStage: 0 })),
  refused("another code", () => ({ codeHash: new Uint8Array(32) })),
];

/** A registrar's record that has no effect, before those of the election. */
const record = (name: string, block: number, ...messages: Bytes[]): Case => ({
  name,
  changes: {
    before: (at, { chain }) => (at === block ? messages.map((own) => chain.official(REGISTRAR_1, own)) : []),
  },
  findings: [],
});

/** If no credential was issued, nobody has voted: all counts are zero, and not those of the state. */
const NOBODY = [...["11 1", "11 2", "11 3", "11 4", "12 1"].map((place) => `PSE-AUD-13 ${place}`)];

/** The blocks 5 and 10 without the second registrar's record. */
const oneOfTwo = (blocks: readonly number[]): Changes => ({
  extrinsics: (block, own) => (blocks.includes(block) ? own.slice(0, 2) : own),
});

/** One more registrar than a quorum says of every voter, before the others do, that they belong elsewhere. */
function dissent(): Changes {
  const dissenter = new Account("registrar 3");
  const elsewhere = VOTERS.map(([voter, district]) => [voter, district === 1 ? 2 : 1] as const);
  return {
    manifest: (draft) => ({
      ...draft,
      registrars: [...draft.registrars, { account: dissenter.id, keys: draft.districts.map(() => new RsaKey().modulus) }],
    }),
    before: (block, { chain }) => (block === 4 ? [chain.official(dissenter, calls.participate(1, elsewhere))] : []),
  };
}

const register: Case[] = [
  { name: "a registrar who names wrong districts first", changes: dissent(), findings: [] },
  {
    name: "a participation that one registrar of two has recorded",
    changes: oneOfTwo([5, 10]),
    findings: [...NOBODY, "PSE-AUD-18 14 -", "PSE-AUD-18 14 -"],
  },
  {
    name: "an issue that one registrar of two has recorded",
    changes: oneOfTwo([10]),
    findings: [...NOBODY, "PSE-AUD-18 14 -", "PSE-AUD-18 14 -"],
  },
  record("a voter twice in a list", 5, calls.participate(1, [[11n, 1], [11n, 1]])),
  record("a voter of a district that is not, in a list with another", 5, calls.participate(1, [[11n, 1], [12n, 9]])),
  record("a participation before the registration's end, withdrawn before a quorum stood behind it", 5,
    calls.participate(1, [[15n, 1]]), calls.withdraw(1, 15n)),
  record("a withdrawal of a voter who does not take part", 5, calls.withdraw(1, 11n)),
  record("a withdrawal within a day", 6, calls.withdraw(1, 11n)),
  record("a withdrawal after the registration", 9, calls.withdraw(1, 11n)),
  record("a participation after the registration", 9, calls.participate(1, [[15n, 1]])),
  record("an issue before the voting", 9, calls.issue(1, [11n])),
  record("an issue to somebody who does not take part, in a list with another", 10, calls.issue(1, [11n, 99n])),
  record("an issue to a voter twice", 10, calls.issue(1, [11n, 11n])),
];

export const officialCases: readonly Case[] = [...officials, ...consortium, ...manifests, ...register];
