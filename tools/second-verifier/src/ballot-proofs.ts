/** The encrypted ballot and its proofs (PSE-SEL-1 to PSE-SEL-7). */

import { concat, u32, type Bytes } from "./bytes.js";
import { Combination, decodeNonidentity, decodeScalar, named, reduce, type Point } from "./group.js";
import type { Transcript } from "./merlin.js";
import { Refusal, refusalOf } from "./refusal.js";
import { list, type Reader } from "./scale.js";
import { challenge, contextTranscript, forPurpose, type Context } from "./transcripts.js";
import { drawWeight } from "./weights.js";

export const MAX_CONTESTS = 16;
export const MAX_OPTIONS = 64;

/** What a contest allows (PSE-SEL-1). */
export interface ContestRule {
  readonly id: number;
  readonly options: number;
  readonly min: number;
  readonly max: number;
  readonly blank: boolean;
}

/** Everything that a ballot's proofs are about, but for its ciphertexts (PSE-SEL-2). */
export interface BallotStatement {
  readonly context: Context;
  readonly district: number;
  readonly account: Bytes;
  readonly rules: readonly ContestRule[];
}

/** The election key: as it is encoded, and decoded. */
export interface ElectionKey {
  readonly encoded: Bytes;
  readonly point: Point;
}

export interface EncryptedSelection {
  readonly r: Bytes;
  readonly c: Bytes;
  /** `A_0 B_0 A_1 B_1` */
  readonly commitments: readonly [Bytes, Bytes, Bytes, Bytes];
  readonly challenge: Bytes;
  readonly responses: readonly [Bytes, Bytes];
}

export interface SumBranch {
  readonly a: Bytes;
  readonly b: Bytes;
  readonly challenge: Bytes;
  readonly response: Bytes;
}

export interface EncryptedContest {
  readonly selections: readonly EncryptedSelection[];
  readonly sumProof: readonly SumBranch[];
}

export type Ballot = readonly EncryptedContest[];

/** Reads a ballot (PSE-BAL-1); what is in its fields is looked at when it is verified. */
export function readBallot(reader: Reader): Ballot {
  return reader.list(MAX_CONTESTS, () => ({
    selections: reader.list(MAX_OPTIONS, () => readSelection(reader)),
    sumProof: reader.list(MAX_OPTIONS + 1, () => ({
      a: reader.take(32),
      b: reader.take(32),
      challenge: reader.take(32),
      response: reader.take(32),
    })),
  }));
}

function readSelection(reader: Reader): EncryptedSelection {
  return {
    r: reader.take(32),
    c: reader.take(32),
    commitments: [reader.take(32), reader.take(32), reader.take(32), reader.take(32)],
    challenge: reader.take(32),
    responses: [reader.take(32), reader.take(32)],
  };
}

/** The sums that a contest's proof has a branch for; none where every sum is allowed (PSE-SEL-4). */
export function sumBranches(rule: ContestRule): number[] {
  const sums = Array.from({ length: rule.options + 1 }, (_, sum) => sum);
  const allowed = sums.filter((sum) => (rule.min <= sum && sum <= rule.max) || (rule.blank && sum === 0));
  return allowed.length === sums.length ? [] : allowed;
}

/** Decodes the election key, which must not be the identity (PSE-GRP-3). */
export function decodeElectionKey(encoded: Bytes): ElectionKey {
  return { encoded, point: named(() => decodeNonidentity(encoded), (fault) => new Refusal("Key", fault)) };
}

/** One branch `k` of a proof: `A + c·R = z·G` and `B + c·(C − k·G) = z·Y`, moved to one side. */
interface Branch {
  readonly value: number;
  readonly a: Point;
  readonly b: Point;
  readonly challenge: bigint;
  readonly response: bigint;
}

interface DecodedSelection {
  readonly r: Point;
  readonly c: Point;
  readonly branches: readonly Branch[];
}

interface DecodedContest {
  readonly selections: readonly DecodedSelection[];
  readonly sum: readonly Branch[];
}

/** Verifies one ballot, or throws why it is refused (PSE-SEL-5). */
export function verifyBallot(key: ElectionKey, statement: BallotStatement, ballot: Ballot): void {
  const decoded = decodeBallot(key, statement, ballot);
  if (!holdTogether(key, [decoded])) throw new Refusal("InvalidProof");
}

/** Verifies ballots under one key together, each alone if that fails; refusals by place (PSE-SEL-6). */
export function verifyBallots(
  key: ElectionKey,
  ballots: readonly { readonly statement: BallotStatement; readonly ballot: Ballot }[],
): (Refusal | undefined)[] {
  const decoded: (readonly DecodedContest[] | undefined)[] = [];
  const refusals = ballots.map(({ statement, ballot }, place) =>
    refusalOf(() => {
      decoded[place] = decodeBallot(key, statement, ballot);
    }),
  );
  if (holdTogether(key, decoded.filter((contests) => contests !== undefined))) return refusals;
  return refusals.map((refusal, place) => {
    const contests = decoded[place];
    if (contests === undefined || holdTogether(key, [contests])) return refusal;
    return new Refusal("InvalidProof");
  });
}

/** What all proofs of a ballot have in common (PSE-SEL-2). */
function ballotTranscript(key: ElectionKey, statement: BallotStatement, ballot: Ballot): Transcript {
  const transcript = contextTranscript(statement.context, "ballot");
  transcript.append("key", key.encoded);
  transcript.append("district", u32(statement.district));
  transcript.append("account", statement.account);
  transcript.append("rules", encodeRules(statement.rules));
  const ciphertexts = ballot.flatMap((contest) => contest.selections.flatMap(({ r, c }) => [r, c]));
  transcript.append("ciphertexts", concat(...ciphertexts));
  return transcript;
}

function encodeRules(rules: readonly ContestRule[]): Bytes {
  const encoded = rules.map(({ id, options, min, max, blank }) =>
    concat(u32(id), Uint8Array.of(options, min, max, blank ? 1 : 0)),
  );
  return list(encoded);
}

/** Everything but the equations, in the order of PSE-SEL-5. */
function decodeBallot(key: ElectionKey, statement: BallotStatement, ballot: Ballot): DecodedContest[] {
  checkShape(statement.rules, ballot);
  const transcript = ballotTranscript(key, statement, ballot);
  const pairs = statement.rules.map((rule, place) => ({ rule, contest: ballot[place] ?? { selections: [], sumProof: [] } }));
  const decoded = pairs.map(({ rule, contest }) => decodeContest(transcript, rule, contest));
  pairs.forEach(({ rule, contest }, place) => {
    checkSumChallenges(transcript, rule, contest, decoded[place]?.sum ?? []);
  });
  return decoded;
}

function checkShape(rules: readonly ContestRule[], ballot: Ballot): void {
  if (rules.length !== ballot.length) {
    throw new Refusal("ContestCount", { expected: rules.length, found: ballot.length });
  }
  rules.forEach((rule, place) => {
    const contest = rule.id;
    const options = ballot[place]?.selections.length ?? 0;
    if (options !== rule.options) {
      throw new Refusal("OptionCount", { contest, expected: rule.options, found: options });
    }
    const expected = sumBranches(rule).length;
    const found = ballot[place]?.sumProof.length ?? 0;
    if (found !== expected) throw new Refusal("SumBranchCount", { contest, expected, found });
  });
}

function decodeContest(transcript: Transcript, rule: ContestRule, contest: EncryptedContest): DecodedContest {
  return {
    selections: contest.selections.map((selection, option) => decodeSelection(transcript, rule.id, option, selection)),
    sum: sumBranches(rule).map((value, branch) => decodeSumBranch(rule.id, branch, value, contest.sumProof[branch])),
  };
}

function decodeSelection(
  transcript: Transcript,
  contest: number,
  option: number,
  selection: EncryptedSelection,
): DecodedSelection {
  const name = (field: string) => (error: string) => new Refusal("Selection", { contest, option, field, error });
  const point = (bytes: Bytes, field: string): Point => named(() => decodeNonidentity(bytes), name(field));
  const scalar = (bytes: Bytes, field: string): bigint => named(() => decodeScalar(bytes), name(field));
  const [a0, b0, a1, b1] = selection.commitments;
  const [z0, z1] = selection.responses;
  const r = point(selection.r, "R");
  const c = point(selection.c, "C");
  const total = selectionChallenge(transcript, contest, option, selection);
  const first = scalar(selection.challenge, "Challenge");
  const branch = (value: number, a: Bytes, b: Bytes, own: bigint, z: Bytes): Branch => ({
    value,
    a: point(a, "Commitment"),
    b: point(b, "Commitment"),
    challenge: own,
    response: scalar(z, "Response"),
  });
  return { r, c, branches: [branch(0, a0, b0, first, z0), branch(1, a1, b1, reduce(total - first), z1)] };
}

/** PSE-SEL-3 */
function selectionChallenge(
  ballot: Transcript,
  contest: number,
  option: number,
  selection: EncryptedSelection,
): bigint {
  const transcript = forPurpose(ballot, "selection-proof");
  transcript.append("contest", u32(contest));
  transcript.append("option", u32(option));
  transcript.append("commitments", concat(...selection.commitments));
  return challenge(transcript);
}

function decodeSumBranch(contest: number, branch: number, value: number, encoded: SumBranch | undefined): Branch {
  if (encoded === undefined) throw new Refusal("SumBranchCount", { contest, expected: branch + 1, found: branch });
  const name = (field: string) => (error: string) => new Refusal("Sum", { contest, branch, field, error });
  return {
    value,
    a: named(() => decodeNonidentity(encoded.a), name("Commitment")),
    b: named(() => decodeNonidentity(encoded.b), name("Commitment")),
    challenge: named(() => decodeScalar(encoded.challenge), name("Challenge")),
    response: named(() => decodeScalar(encoded.response), name("Response")),
  };
}

/** The challenges of the branches add up to the transcript's (PSE-SEL-4). */
function checkSumChallenges(
  ballot: Transcript,
  rule: ContestRule,
  contest: EncryptedContest,
  branches: readonly Branch[],
): void {
  if (branches.length === 0) return;
  const transcript = forPurpose(ballot, "sum-proof");
  transcript.append("contest", u32(rule.id));
  transcript.append("commitments", concat(...contest.sumProof.flatMap(({ a, b }) => [a, b])));
  const sum = branches.reduce((total, branch) => total + branch.challenge, 0n);
  if (reduce(sum) !== challenge(transcript)) throw new Refusal("SumChallenge", { contest: rule.id });
}

/** Whether every equation of these ballots holds, as one combination that must be the identity. */
function holdTogether(key: ElectionKey, ballots: readonly (readonly DecodedContest[])[]): boolean {
  const combination = new Combination(key.point);
  for (const contest of ballots.flat()) addContest(combination, contest);
  return combination.vanishes();
}

function addContest(combination: Combination, contest: DecodedContest): void {
  // The sum proof is about ΣR and ΣC, so its terms fall on every R and every C.
  const onSum = addBranches(combination, contest.sum);
  for (const { r, c, branches } of contest.selections) {
    const own = addBranches(combination, branches);
    combination.add(onSum.r + own.r, r);
    combination.add(onSum.c + own.c, c);
  }
}

/** Adds `A + c·R − z·G` and `B + c·(C − k·G) − z·Y`, weighted, but for the terms in R and C. */
function addBranches(combination: Combination, branches: readonly Branch[]): { r: bigint; c: bigint } {
  let onR = 0n;
  let onC = 0n;
  for (const { value, a, b, challenge: c, response: z } of branches) {
    const first = drawWeight();
    const second = drawWeight();
    combination.add(first, a);
    combination.add(second, b);
    combination.addGenerator(-(first * z + second * c * BigInt(value)));
    combination.addKey(-(second * z));
    onR += first * c;
    onC += second * c;
  }
  return { r: onR, c: onC };
}

/** All ciphertexts, in the order of the running sums (PSE-DEC-1). */
export function ciphertexts(ballot: Ballot): { readonly r: Bytes; readonly c: Bytes }[] {
  return ballot.flatMap((contest) => contest.selections.map(({ r, c }) => ({ r, c })));
}

