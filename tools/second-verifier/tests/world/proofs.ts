/** What voters and trustees make: packages, ballots with their proofs, decryption shares. */

import { sumBranches, type Ballot, type BallotStatement, type EncryptedSelection, type SumBranch } from "../../src/ballot-proofs.js";
import { ascii, concat, u32, type Bytes } from "../../src/bytes.js";
import type { Ciphertext, DecryptionShare, ShareStatement } from "../../src/decryption.js";
import { decodePoint, encodeScalar, multiple, Point, reduce, wideScalar } from "../../src/group.js";
import { trusteeIdentifier, type Package } from "../../src/key-ceremony.js";
import { list } from "../../src/scale.js";
import { challenge, contextTranscript, forPurpose, type Context } from "../../src/transcripts.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { randomScalar } from "./keys.js";

const times = (point: Point, scalar: bigint): Point => multiple(point, scalar);

/** A trustee's polynomial. */
export class Polynomial {
  readonly coefficients: readonly bigint[];

  constructor(threshold: number) {
    this.coefficients = Array.from({ length: threshold }, randomScalar);
  }

  at(x: bigint): bigint {
    return this.coefficients.reduceRight((sum, own) => reduce(sum * x + own), 0n);
  }

  /** PSE-DKG-1 */
  package(context: Context, epoch: number, trustee: number): Package {
    const commitments = this.coefficients.map((own) => times(Point.BASE, own).toBytes());
    const nonce = randomScalar();
    const proofCommitment = times(Point.BASE, nonce).toBytes();
    const identifier = encodeScalar(trusteeIdentifier(context, epoch, trustee));
    const first = commitments[0] ?? new Uint8Array(32);
    const hashed = concat(ascii("FROST-RISTRETTO255-SHA512-v1dkg"), identifier, first, proofCommitment);
    const c = wideScalar(sha512(hashed));
    return { commitments, proofCommitment, proofResponse: encodeScalar(reduce(nonce + c * (this.coefficients[0] ?? 0n))) };
  }
}

interface Encrypted {
  readonly value: number;
  readonly randomness: bigint;
  readonly r: Point;
  readonly c: Point;
}

interface BranchDraft {
  readonly value: number;
  readonly a: Point;
  readonly b: Point;
  readonly nonce: bigint;
  readonly challenge: bigint;
}

/** A ballot with these selections, contest by contest; proofs of false claims do not verify (PSE-SEL-2). */
export function makeBallot(keyBytes: Bytes, statement: BallotStatement, votes: readonly (readonly number[])[]): Ballot {
  const key = decodePoint(keyBytes);
  const encrypted = votes.map((options) => options.map((value) => encrypt(key, value)));
  const transcript = contextTranscript(statement.context, "ballot");
  transcript.append("key", keyBytes);
  transcript.append("district", u32(statement.district));
  transcript.append("account", statement.account);
  const rules = statement.rules.map(({ id, options, min, max, blank }) =>
    concat(u32(id), Uint8Array.of(options, min, max, blank ? 1 : 0)),
  );
  transcript.append("rules", list(rules));
  transcript.append("ciphertexts", concat(...encrypted.flat().flatMap(({ r, c }) => [r.toBytes(), c.toBytes()])));
  return statement.rules.map((rule, place) => {
    const own = encrypted[place] ?? [];
    const selections = own.map((one, option): EncryptedSelection => {
      const copy = forPurpose(transcript, "selection-proof");
      copy.append("contest", u32(rule.id));
      copy.append("option", u32(option));
      const [zero, one_] = prove(key, one, [0, 1], (commitments) => {
        copy.append("commitments", commitments);
        return challenge(copy);
      });
      if (zero === undefined || one_ === undefined) throw new Error("two branches");
      return {
        r: one.r.toBytes(),
        c: one.c.toBytes(),
        commitments: [zero.a, zero.b, one_.a, one_.b],
        challenge: zero.challenge,
        responses: [zero.response, one_.response],
      };
    });
    const branches = sumBranches(rule);
    const copy = forPurpose(transcript, "sum-proof");
    copy.append("contest", u32(rule.id));
    const sumProof = prove(key, own.reduce(sum), branches, (commitments) => {
      copy.append("commitments", commitments);
      return challenge(copy);
    });
    return { selections, sumProof };
  });
}

function encrypt(key: Point, value: number): Encrypted {
  const randomness = randomScalar();
  const r = times(Point.BASE, randomness);
  return { value, randomness, r, c: times(key, randomness).add(times(Point.BASE, BigInt(value))) };
}

function sum(left: Encrypted, right: Encrypted): Encrypted {
  const randomness = reduce(left.randomness + right.randomness);
  return { value: left.value + right.value, randomness, r: left.r.add(right.r), c: left.c.add(right.c) };
}

/** One branch for each value; those that are not true are simulated. */
function prove(
  key: Point,
  encrypted: Encrypted,
  values: readonly number[],
  draw: (commitments: Bytes) => bigint,
): SumBranch[] {
  const drafts = values.map((value): BranchDraft => {
    const own = value === encrypted.value ? 0n : randomScalar();
    const nonce = randomScalar();
    const shifted = encrypted.c.subtract(times(Point.BASE, BigInt(value)));
    const a = times(Point.BASE, nonce).subtract(times(encrypted.r, own));
    return { value, a, b: times(key, nonce).subtract(times(shifted, own)), nonce, challenge: own };
  });
  if (drafts.length === 0) return [];
  const total = draw(concat(...drafts.flatMap(({ a, b }) => [a.toBytes(), b.toBytes()])));
  const simulated = drafts.reduce((all, draft) => all + draft.challenge, 0n);
  return drafts.map(({ value, a, b, nonce, challenge: own }) => {
    const c = value === encrypted.value ? reduce(total - simulated) : own;
    const z = value === encrypted.value ? reduce(nonce + c * encrypted.randomness) : nonce;
    return { a: a.toBytes(), b: b.toBytes(), challenge: encodeScalar(c), response: encodeScalar(z) };
  });
}

/** A trustee's shares of a district's sums (PSE-DEC-2). */
export function makeShares(statement: ShareStatement, secret: bigint, sums: readonly Ciphertext[]): DecryptionShare[] {
  const transcript = contextTranscript(statement.context, "shares");
  transcript.append("epoch", u32(statement.epoch));
  transcript.append("district", u32(statement.district));
  transcript.append("trustee", u32(statement.trustee));
  transcript.append("verification-share", statement.verificationShare);
  return sums.map((own, position) => {
    const r = decodePoint(own.r);
    const nonce = randomScalar();
    const share = times(r, secret).toBytes();
    const [a, b] = [times(Point.BASE, nonce).toBytes(), times(r, nonce).toBytes()];
    const copy = forPurpose(transcript, "share-proof");
    copy.append("position", u32(position));
    copy.append("sum", concat(own.r, own.c));
    copy.append("share", share);
    copy.append("commitments", concat(a, b));
    return { share, a, b, response: encodeScalar(reduce(nonce + challenge(copy) * secret)) };
  });
}
