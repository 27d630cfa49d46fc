/** Genesis, headers, authors, finality, bodies, signatures and the file (PSE-AUD-1 to 7, 20). */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { ascii, concat, u32, type Bytes } from "../../src/bytes.js";
import { blake2b256 } from "../../src/hashing.js";
import { hashOf } from "../../src/header.js";
import { byteList } from "../../src/scale.js";
import { added, inBlock, type Case } from "./case.js";
import { AUTHORS, authorOf, GENESIS_STATE, MEMBERS, VOTERS_FOR_FINALITY, type ClosingDraft, type HeaderDraft } from "./chain.js";
import { calls, encodeBallot } from "./encoding.js";
import { ANNA, BORIS, type Changes } from "./election.js";
import { EcdsaKey, EdKey } from "./keys.js";

const SOMETHING = new Uint8Array(32).fill(1);

const header = (block: number, change: (draft: HeaderDraft) => void): Changes => ({
  header: (at, draft) => {
    if (at === block) change(draft);
  },
});

const closing = (change: (draft: ClosingDraft) => void): Changes => ({ closing: change });

/** A header that follows the last block, for which authorities vote. */
function descendant(draft: ClosingDraft): void {
  const [vote] = draft.votes;
  if (vote === undefined) return;
  const [parentHash, number] = [vote.hash, vote.number + 1];
  const after = { parentHash, number, stateRoot: SOMETHING, extrinsicsRoot: SOMETHING, digest: [] };
  draft.ancestries = [after];
  const hash = hashOf(after);
  draft.votes = draft.votes.map(({ voter }) => ({ voter, hash, number }));
}

const genesis: Case[] = [
  { name: "an election", findings: [] },
  { name: "another chain than the auditor expects", genesis: SOMETHING, findings: ["PSE-AUD-1 - -"] },
  { name: "a first header that is not block 0", changes: { genesisNumber: 1 }, findings: ["PSE-AUD-1 - -"] },
  ...GENESIS_STATE.nodes.map((_, node) => ({
    name: `a proof of the genesis facts without node ${node}`,
    changes: { omittedGenesisNode: node },
    findings: ["PSE-AUD-1 - -"],
  })),
];

const headers: Case[] = [
  { name: "a header with another number", changes: header(5, (draft) => (draft.number = 7)), findings: ["PSE-AUD-2 5 -"] },
  { name: "a header with another parent", changes: header(5, (draft) => (draft.parentHash = SOMETHING)), findings: ["PSE-AUD-2 5 -"] },
  ...["aura", "FRNK"].map((engine) => ({
    name: `a header that announces something of ${engine}`,
    changes: header(5, (draft) => (draft.announces = [{ kind: 4, engine: ascii(engine), data: SOMETHING }])),
    findings: ["PSE-AUD-2 5 -"],
  })),
  {
    name: "a header that announces something else",
    changes: header(5, (draft) => (draft.announces = [{ kind: 4, engine: ascii("what"), data: SOMETHING }])),
    findings: [],
  },
  {
    name: "a header of other extrinsics",
    changes: header(5, (draft) => (draft.extrinsicsRoot = SOMETHING)),
    findings: ["PSE-AUD-3 5 -"],
  },
  {
    name: "a header that another author has sealed",
    changes: header(5, (draft) => (draft.author = AUTHORS.find((own) => own !== draft.author) ?? ANNA)),
    findings: ["PSE-AUD-4 5 -"],
  },
  { name: "a header without a seal", changes: header(5, (draft) => (draft.sealed = false)), findings: ["PSE-AUD-4 5 -"] },
  {
    name: "a header of the slot before",
    changes: header(5, (draft) => {
      draft.slot -= 1n;
      draft.author = authorOf(draft.slot);
    }),
    findings: ["PSE-AUD-4 5 -", "PSE-AUD-6 5 0"],
  },
];

const finality: Case[] = [
  { name: "two votes of three", changes: closing((draft) => draft.votes.pop()), findings: ["PSE-AUD-5 - -"] },
  {
    name: "two authorities of three, one of them twice",
    changes: closing((draft) => (draft.votes = draft.votes.slice(0, 2).flatMap((vote) => [vote, vote]).slice(0, 3))),
    findings: ["PSE-AUD-5 - -"],
  },
  {
    name: "all authorities, one of them twice",
    changes: closing((draft) => (draft.votes = [...draft.votes, ...draft.votes.slice(0, 1)])),
    findings: [],
  },
  { name: "votes for a header that follows", changes: closing(descendant), findings: [] },
  {
    name: "votes for a header that is not there",
    changes: closing((draft) => {
      descendant(draft);
      draft.ancestries = [];
    }),
    findings: ["PSE-AUD-5 - -"],
  },
  {
    name: "the vote of somebody else",
    changes: closing((draft) => draft.votes.push({ ...(draft.votes[0] as ClosingDraft["votes"][0]), voter: new EdKey("who?") })),
    findings: ["PSE-AUD-5 - -"],
  },
  { name: "votes for another number", changes: closing((draft) => (draft.targetNumber -= 1)), findings: ["PSE-AUD-5 - -"] },
  {
    name: "a vote that another authority has signed",
    changes: closing((draft) => {
      const [vote, other] = [draft.votes[0], VOTERS_FOR_FINALITY[1]];
      if (vote !== undefined && other !== undefined) {
        vote.voter = { id: vote.voter.id, sign: (message: Bytes) => other.sign(message) } as EdKey;
      }
    }),
    findings: ["PSE-AUD-5 - -"],
  },
];

const late = (own: Bytes[], make: (now: bigint) => Bytes, now: bigint): Bytes[] => [make(now), ...own.slice(1)];

const bodies: Case[] = [
  { name: "a block of nothing", changes: inBlock(9, () => []), findings: ["PSE-AUD-6 9 -"] },
  { name: "a block that begins with a message", changes: inBlock(5, (own) => own.slice(1)), findings: ["PSE-AUD-6 5 0"] },
  { name: "a block with two times", changes: added(9, ({ chain }) => chain.time()), findings: ["PSE-AUD-6 9 1"] },
  {
    name: "an unsigned call",
    changes: added(9, ({ chain }) => chain.unsigned(calls.reportSilence(1))),
    findings: ["PSE-AUD-6 9 1"],
  },
  {
    name: "an extrinsic of an unknown version",
    changes: added(9, () => byteList(concat(Uint8Array.of(0x85), SOMETHING))),
    findings: ["PSE-AUD-6 9 1"],
  },
  {
    name: "an extrinsic of an unknown call",
    changes: added(9, ({ chain }) => chain.unsigned(concat(Uint8Array.of(0, 2), byteList(SOMETHING)))),
    findings: ["PSE-AUD-6 9 1"],
  },
  {
    name: "an extrinsic that is longer than its call",
    changes: inBlock(9, (_, { chain }) => [chain.unsigned(concat(calls.time(chain.slot * 3_000n), Uint8Array.of(0)))]),
    findings: ["PSE-AUD-6 9 0"],
  },
  {
    name: "a time of the next slot",
    changes: inBlock(9, (own, { chain }) => late(own, (now) => chain.unsigned(calls.time(now)), (chain.slot + 1n) * 3_000n)),
    findings: ["PSE-AUD-6 10 0", "PSE-AUD-6 9 0"],
  },
  {
    name: "a time less than half a slot after the last",
    changes: {
      extrinsics: (block, own, { chain }) => {
        const now = chain.slot * 3_000n + (block === 8 ? 2_999n : 1_498n);
        return block === 8 || block === 9 ? [chain.unsigned(calls.time(now))] : own;
      },
    },
    findings: ["PSE-AUD-6 9 0"],
  },
  {
    name: "a time half a slot after the last",
    changes: {
      extrinsics: (block, own, { chain }) => {
        const now = chain.slot * 3_000n + (block === 8 ? 2_999n : 1_499n);
        return block === 8 || block === 9 ? [chain.unsigned(calls.time(now))] : own;
      },
    },
    findings: [],
  },
];

const VOTES = [[0, 1, 0], [1, 0]] as const;
/** A period of four blocks, beginning with one whose number is 0 or 1 modulo 4. */
const [ERA_0, ERA_1] = [Uint8Array.of(1, 0), Uint8Array.of(0x11, 0)];

const signatures: Case[] = [
  {
    name: "a ballot signed for another runtime",
    changes: added(13, (election) => election.chain.signed(BORIS, calls.cast(1, 1, [], Uint8Array.of(0)), 1, { specVersion: 8 })),
    findings: ["PSE-AUD-7 13 1"],
  },
  {
    name: "the zero account",
    changes: added(13, ({ chain }) => chain.signed(BORIS, calls.cast(1, 1, [], Uint8Array.of(0)), 1, { zero: true })),
    findings: ["PSE-AUD-7 13 1"],
  },
  {
    name: "a message that is valid for four blocks",
    changes: added(13, ({ chain }) => {
      const vote = calls.vote(new Uint8Array(32), 7, true);
      return chain.signed(MEMBERS[2] ?? BORIS, vote, 1, { era: ERA_0, mortalityHash: chain.hash(12) });
    }),
    findings: [],
  },
  {
    name: "a ballot that is valid for four blocks",
    changes: added(13, (election) => {
      const ballot = encodeBallot(election.ballot(BORIS, 1, VOTES));
      const cast = calls.cast(1, 1, election.credential(BORIS, 1), ballot);
      return election.chain.signed(BORIS, cast, 1, { era: ERA_0, mortalityHash: election.chain.hash(12) });
    }),
    findings: ["PSE-AUD-13 13 1"],
  },
  {
    name: "a mortal ballot with the hash of block 0",
    changes: added(13, ({ chain }) => chain.signed(BORIS, calls.cast(1, 1, [], Uint8Array.of(0)), 1, { era: ERA_0 })),
    findings: ["PSE-AUD-7 13 1"],
  },
  {
    name: "a ballot whose era begins with its own block",
    changes: added(13, ({ chain }) => chain.signed(BORIS, calls.cast(1, 1, [], Uint8Array.of(0)), 1, { era: ERA_1 })),
    findings: ["PSE-AUD-7 13 1"],
  },
];

const ED = new EdKey("somebody with Ed25519");
const ECDSA = new EcdsaKey("somebody with ECDSA", blake2b256);
const ETHEREUM = new EcdsaKey("somebody with Ethereum", keccak_256);
const ETHEREUM_ID = concat(keccak_256(ETHEREUM.public).subarray(12), new Uint8Array(12).fill(0xee));

/** Signatures of other kinds, of accounts that have no office: if the signature is theirs, that is what is wrong. */
const kinds: Case[] = [
  { name: "Ed25519", id: ED.id, kind: 0, key: ED },
  { name: "ECDSA", id: blake2b256(ECDSA.public), kind: 2, key: ECDSA },
  { name: "Ethereum", id: ETHEREUM_ID, kind: 3, key: ETHEREUM },
].flatMap(({ name, id, kind, key }) => {
  const sent = (sign: (payload: Bytes) => Bytes) =>
    added(9, ({ chain }) => chain.signedBy({ id, kind, sign }, calls.reportSilence(1), 0));
  return [
    { name: `a signature of ${name}`, changes: sent((payload) => key.sign(payload)), findings: ["PSE-AUD-8 9 1"] },
    {
      name: `a signature of ${name} over something else`,
      changes: sent((payload) => key.sign(concat(payload, SOMETHING))),
      findings: ["PSE-AUD-7 9 1"],
    },
    {
      name: `a signature of ${name} that is none`,
      changes: sent((payload) => key.sign(payload).fill(0xff)),
      findings: ["PSE-AUD-7 9 1"],
    },
  ];
});

const RECORD = 8;

const files: Case[] = [
  { name: "a file of another kind", damage: (archive) => concat(ascii("PSEPHAS"), Uint8Array.of(2), archive.subarray(8)), findings: ["PSE-AUD-20 0 -"] },
  ...[1, 3].map((version) => ({
    name: `an archive of version ${version}`,
    damage: (archive: Bytes) => concat(ascii("PSEPHOS"), Uint8Array.of(version), archive.subarray(8)),
    findings: ["PSE-AUD-20 0 -"],
  })),
  { name: "an empty file", damage: () => new Uint8Array(0), findings: ["PSE-AUD-20 0 -"] },
  { name: "a file without its last byte", damage: (archive) => archive.subarray(0, -1), findings: ["PSE-AUD-20 17 -"] },
  { name: "a file with a further byte", damage: (archive) => concat(archive, Uint8Array.of(0)), findings: ["PSE-AUD-20 17 -"] },
  {
    name: "a record that promises more than there may be",
    damage: (archive) => concat(archive.subarray(0, RECORD), u32(16 * 1024 * 1024 + 1), archive.subarray(RECORD + 4)),
    findings: ["PSE-AUD-20 0 -"],
  },
  {
    name: "a record of an unknown kind",
    damage: (archive) => concat(archive.subarray(0, RECORD + 4), Uint8Array.of(5), archive.subarray(RECORD + 5)),
    findings: ["PSE-AUD-20 0 -"],
  },
  ...[3, 4].map((kind) => ({
    name: `a record of kind ${kind} behind the genesis`,
    damage: (archive: Bytes) => {
      const end = RECORD + 4 + new DataView(archive.buffer, archive.byteOffset + RECORD).getUint32(0, true);
      const record = concat(Uint8Array.of(kind), kind === 3 ? byteList(SOMETHING) : SOMETHING.subarray(0, 8));
      return concat(archive.subarray(0, end), u32(record.length), record, archive.subarray(end));
    },
    findings: ["PSE-AUD-20 1 -"],
  })),
  {
    name: "the genesis twice",
    damage: (archive) => {
      const length = new DataView(archive.buffer, archive.byteOffset + RECORD).getUint32(0, true);
      return concat(archive.subarray(0, RECORD + 4 + length), archive.subarray(RECORD));
    },
    findings: ["PSE-AUD-20 1 -"],
  },
];

export const chainCases: readonly Case[] = [...genesis, ...headers, ...finality, ...bodies, ...signatures, ...kinds, ...files];
