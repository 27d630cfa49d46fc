/** Admission, credentials and proofs of ballots (PSE-AUD-13 to 15). */

import type { Ballot } from "../../src/ballot-proofs.js";
import type { Bytes } from "../../src/bytes.js";
import type { RegistrarSignature } from "../../src/extrinsic.js";
import { added, type Case } from "./case.js";
import { calls, encodeBallot } from "./encoding.js";
import { ANNA, BORIS, CLARA, EVE, type MadeUpElection } from "./election.js";
import type { Account } from "./keys.js";

const VOTES = [[1, 0, 0], [0, 1]] as const;

/** A ballot in block 13 that must not be there. */
const ballot = (name: string, check: 13 | 14 | 15, make: (election: MadeUpElection) => Bytes, block = 13): Case => ({
  name,
  changes: added(block, make),
  findings: [`PSE-AUD-${check} ${block} 1`],
});

/** A ballot that is in order but for who casts it, when and where. */
const cast = (account: Account, nonce: number, district = 1, election = 1) => (own: MadeUpElection): Bytes => {
  const votes = district === 2 ? [[1, 0]] : VOTES;
  const bytes = encodeBallot(own.ballot(account, district, votes));
  return own.chain.signed(account, calls.cast(election, district, own.credential(account, district), bytes), nonce);
};

const admission: Case[] = [
  ballot("a ballot of an account more than credentials were issued", 13, cast(EVE, 0)),
  ballot("a first ballot that is not the first", 13, cast(EVE, 1)),
  ballot("a ballot with the nonce of the last", 13, cast(BORIS, 0)),
  ballot("a ballot with a nonce too high", 13, cast(BORIS, 2)),
  ballot("a second ballot in another district", 13, cast(BORIS, 1, 2)),
  ballot("a ballot in a district that is not", 13, cast(BORIS, 1, 9)),
  ballot("a ballot in an election that is not", 13, cast(BORIS, 1, 1, 2)),
  ballot("a ballot before the voting", 13, cast(BORIS, 0), 9),
  ballot("a ballot in the closing block", 13, cast(BORIS, 1), 14),
  ballot("a ballot after the result", 13, cast(BORIS, 1), 16),
  {
    name: "a second ballot where there is one only",
    changes: { manifest: (draft) => ({ ...draft, revote: false }) },
    // The shares are of the sums with Anna's second ballot, and decrypt nothing.
    findings: ["PSE-AUD-13 12 1", "PSE-AUD-18 16 -", "PSE-AUD-18 16 -", "PSE-AUD-18 16 -"],
    faults: 2,
  },
];

/**
 * A ballot in an extrinsic of so many bytes, its first signature made longer. The longest of district 1: 121 bytes
 * around, two signatures of 256 bytes, five options, and the one branch of the first contest's sum.
 */
const LONGEST = 121 + 1 + 2 * (33 + 2 + 256) + 1 + 2 * (1 + 1) + 5 * 288 + 128;
const ofLength = (bytes: number) => (own: MadeUpElection): Bytes => {
  const ballot = encodeBallot(own.ballot(BORIS, 1, VOTES));
  const [first, ...others] = own.credential(BORIS, 1);
  if (first === undefined) throw new Error("there are registrars");
  const cast = (longer: number): Bytes => {
    const signature = new Uint8Array(first.signature.length + longer);
    return own.castCall(BORIS, 1, ballot, 1, [{ ...first, signature }, ...others]);
  };
  return cast(bytes - cast(0).length);
};

const lengths: Case[] = [
  ballot("a ballot as long as one can be", 14, ofLength(LONGEST)),
  ballot("a ballot longer than one can be", 13, ofLength(LONGEST + 1)),
  ballot("a credential with a signature more, which makes the ballot too long", 13, (own) => {
    const [first, second] = own.credential(BORIS, 1);
    if (first === undefined || second === undefined) throw new Error("there are registrars");
    return own.castCall(BORIS, 1, encodeBallot(own.ballot(BORIS, 1, VOTES)), 1, [first, second, second]);
  }),
];

const credential = (name: string, change: (own: RegistrarSignature[], election: MadeUpElection) => RegistrarSignature[]): Case =>
  ballot(name, 14, (own) => {
    const bytes = encodeBallot(own.ballot(BORIS, 1, VOTES));
    return own.castCall(BORIS, 1, bytes, 1, change(own.credential(BORIS, 1), own));
  });

const credentials: Case[] = [
  credential("a credential of one registrar", (own) => own.slice(0, 1)),
  credential("a credential of one registrar twice", ([one]) => (one === undefined ? [] : [one, one])),
  credential("a credential in descending order", (own) => [...own].reverse()),
  credential("a credential of a registrar that is not", ([one, two]) =>
    one === undefined || two === undefined ? [] : [one, { ...two, registrar: 2 }],
  ),
  credential("another account's credential", (_, election) => election.credential(ANNA, 1)),
  credential("a credential of another district", (_, election) => election.credential(BORIS, 2)),
  credential("a credential whose registrars are exchanged", ([one, two]) =>
    one === undefined || two === undefined ? [] : [{ ...two, registrar: 0 }, { ...one, registrar: 1 }],
  ),
  credential("a credential with another prefix", (own) => own.map((one) => ({ ...one, prefix: new Uint8Array(32) }))),
];

const proof = (name: string, make: (election: MadeUpElection) => Ballot): Case =>
  ballot(name, 15, (own) => own.castCall(BORIS, 1, encodeBallot(make(own)), 1));

const changed = (bytes: Bytes): Bytes => Uint8Array.from([(bytes[0] ?? 0) ^ 1, ...bytes.subarray(1)]);

const proofs: Case[] = [
  proof("a selection of two", (own) => own.ballot(BORIS, 1, [[2, 0, 0], [0, 1]])),
  proof("two selections where one is allowed", (own) => own.ballot(BORIS, 1, [[1, 1, 0], [0, 1]])),
  proof("no selection where one is required", (own) => own.ballot(BORIS, 1, [[0, 0, 0], [0, 1]])),
  proof("a ballot that was made for another account", (own) => own.ballot(CLARA, 1, VOTES)),
  proof("a ballot without its last contest", (own) => own.ballot(BORIS, 1, VOTES).slice(0, 1)),
  proof("a ballot with an option less", (own) =>
    own.ballot(BORIS, 1, VOTES).map((one) => ({ ...one, selections: one.selections.slice(1) })),
  ),
  proof("a ballot without the proof of its sum", (own) => own.ballot(BORIS, 1, VOTES).map((one) => ({ ...one, sumProof: [] }))),
  proof("a ciphertext that is the identity", (own) =>
    own.ballot(BORIS, 1, VOTES).map((one) => ({
      ...one,
      selections: one.selections.map((selection) => ({ ...selection, r: new Uint8Array(32) })),
    })),
  ),
  proof("a challenge that is another", (own) =>
    own.ballot(BORIS, 1, VOTES).map((one) => ({
      ...one,
      selections: one.selections.map((selection) => ({ ...selection, challenge: changed(selection.challenge) })),
    })),
  ),
  proof("a response of a sum proof that is another", (own) =>
    own.ballot(BORIS, 1, VOTES).map((one) => ({
      ...one,
      sumProof: one.sumProof.map((branch) => ({ ...branch, response: changed(branch.response) })),
    })),
  ),
  ballot("a ballot that was cast before", 15, (own) => own.castCall(BORIS, 1, own.firstBallot(BORIS), 1)),
];

export const ballotCases: readonly Case[] = [...admission, ...lengths, ...credentials, ...proofs];
