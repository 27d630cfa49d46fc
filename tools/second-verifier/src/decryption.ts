/** Decryption shares, and the counts that they give (PSE-DEC-1 to PSE-DEC-5). */

import { concat, hex, u32, type Bytes } from "./bytes.js";
import { Combination, decodeNonidentity, decodePoint, decodeScalar, invert, multiple, named, Point, reduce } from "./group.js";
import { trusteeIdentifier } from "./key-ceremony.js";
import type { Transcript } from "./merlin.js";
import { Refusal } from "./refusal.js";
import type { Reader } from "./scale.js";
import { challenge, contextTranscript, forPurpose, type Context } from "./transcripts.js";
import { drawWeight } from "./weights.js";

export interface Ciphertext {
  readonly r: Bytes;
  readonly c: Bytes;
}

export interface DecryptionShare {
  readonly share: Bytes;
  readonly a: Bytes;
  readonly b: Bytes;
  readonly response: Bytes;
}

/** What all share proofs of one trustee in one district are about, but for the sums. */
export interface ShareStatement {
  readonly context: Context;
  readonly epoch: number;
  readonly district: number;
  readonly trustee: number;
  readonly verificationShare: Bytes;
}

const MAX_SHARES = 16 * 64;
/** A search of all counts below four million takes no more steps than this table has entries. */
const MAX_BABY_STEPS = 1 << 12;

export function readShares(reader: Reader): DecryptionShare[] {
  return reader.list(MAX_SHARES, () => ({
    share: reader.take(32),
    a: reader.take(32),
    b: reader.take(32),
    response: reader.take(32),
  }));
}

export function readCiphertext(reader: Reader): Ciphertext {
  return { r: reader.take(32), c: reader.take(32) };
}

/** Verifies a trustee's shares of a district's sums; names the first that is wrong (PSE-DEC-3). */
export function verifyShares(
  statement: ShareStatement,
  sums: readonly Ciphertext[],
  shares: readonly DecryptionShare[],
): void {
  if (sums.length !== shares.length) throw new Refusal("Count", { expected: sums.length, found: shares.length });
  const key = named(
    () => decodeNonidentity(statement.verificationShare),
    (fault) => new Refusal("VerificationShare", fault),
  );
  const transcript = shareTranscript(statement);
  const proofs = shares.map((share, position) => {
    const sum = sums[position] ?? { r: new Uint8Array(32), c: new Uint8Array(32) };
    return decodeShare(transcript, position, sum, share);
  });
  if (holdTogether(key, proofs)) return;
  const position = proofs.findIndex((proof) => !holdTogether(key, [proof]));
  throw new Refusal("InvalidProof", { position });
}

function shareTranscript(statement: ShareStatement): Transcript {
  const transcript = contextTranscript(statement.context, "shares");
  transcript.append("epoch", u32(statement.epoch));
  transcript.append("district", u32(statement.district));
  transcript.append("trustee", u32(statement.trustee));
  transcript.append("verification-share", statement.verificationShare);
  return transcript;
}

interface DecodedShare {
  readonly r: Point;
  readonly share: Point;
  readonly a: Point;
  readonly b: Point;
  readonly challenge: bigint;
  readonly response: bigint;
}

/** `R`, and with it `D` and `B`, may be the identity (PSE-GRP-3). */
function decodeShare(
  transcript: Transcript,
  position: number,
  sum: Ciphertext,
  { share, a, b, response }: DecryptionShare,
): DecodedShare {
  const name = (field: string) => (error: string) => new Refusal("Encoding", { position, field, error });
  named(() => decodePoint(sum.c), name("SumC"));
  return {
    r: named(() => decodePoint(sum.r), name("SumR")),
    share: named(() => decodePoint(share), name("Share")),
    a: named(() => decodeNonidentity(a), name("Commitment")),
    b: named(() => decodePoint(b), name("Commitment")),
    challenge: shareChallenge(transcript, position, sum, share, concat(a, b)),
    response: named(() => decodeScalar(response), name("Response")),
  };
}

/** PSE-DEC-2 */
function shareChallenge(
  shares: Transcript,
  position: number,
  sum: Ciphertext,
  share: Bytes,
  commitments: Bytes,
): bigint {
  const transcript = forPurpose(shares, "share-proof");
  transcript.append("position", u32(position));
  transcript.append("sum", concat(sum.r, sum.c));
  transcript.append("share", share);
  transcript.append("commitments", commitments);
  return challenge(transcript);
}

/** `A + c·Y_j − z·G` and `B + c·D − z·R`, weighted, of all proofs. */
function holdTogether(key: Point, proofs: readonly DecodedShare[]): boolean {
  const combination = new Combination(key);
  for (const { r, share, a, b, challenge: c, response: z } of proofs) {
    const first = drawWeight();
    const second = drawWeight();
    combination.add(first, a);
    combination.addKey(first * c);
    combination.addGenerator(-(first * z));
    combination.add(second, b);
    combination.add(second * c, share);
    combination.add(-(second * z), r);
  }
  return combination.vanishes();
}

/** Interpolates verified shares and finds each count, from 0 to the bound (PSE-DEC-4, PSE-DEC-5). */
export function combineShares(
  context: Context,
  epoch: number,
  sums: readonly Ciphertext[],
  shares: readonly (readonly [trustee: number, shares: readonly DecryptionShare[]])[],
  bound: number,
): number[] {
  checkShape(sums, shares);
  const identifiers = shares.map(([trustee]) => trusteeIdentifier(context, epoch, trustee));
  const coefficients = identifiers.map((_, j) => lagrangeCoefficient(identifiers, j));
  const messages = sums.map((sum, position) => {
    const terms = shares.map(([trustee, ofTrustee], j) => {
      const point = named(
        () => decodePoint(ofTrustee[position]?.share ?? new Uint8Array(0)),
        (error) => new Refusal("Share", { trustee, position, error }),
      );
      return multiple(point, coefficients[j] ?? 0n);
    });
    const c = named(() => decodePoint(sum.c), (error) => new Refusal("Sum", { position, error }));
    return terms.reduce((rest, term) => rest.subtract(term), c);
  });
  return findCounts(messages, bound);
}

function checkShape(
  sums: readonly Ciphertext[],
  shares: readonly (readonly [number, readonly DecryptionShare[]])[],
): void {
  if (shares.length === 0) throw new Refusal("NoShares");
  shares.forEach(([trustee, ofTrustee], place) => {
    if (shares.slice(0, place).some(([earlier]) => earlier === trustee)) {
      throw new Refusal("DuplicateTrustee", { trustee });
    }
    if (ofTrustee.length !== sums.length) {
      throw new Refusal("ShareCount", { trustee, expected: sums.length, found: ofTrustee.length });
    }
  });
}

/** `λ_j = Π_{m≠j} id_m / (id_m − id_j)` */
function lagrangeCoefficient(identifiers: readonly bigint[], j: number): bigint {
  const own = identifiers[j] ?? 0n;
  let numerator = 1n;
  let denominator = 1n;
  identifiers.forEach((other, m) => {
    if (m === j) return;
    numerator = reduce(numerator * other);
    denominator = reduce(denominator * reduce(other - own));
  });
  return reduce(numerator * invert(denominator));
}

/** Baby steps that all positions share, then giant steps for each (PSE-DEC-5). */
function findCounts(messages: readonly Point[], bound: number): number[] {
  const steps = Math.max(1, Math.min(MAX_BABY_STEPS, Math.floor(Math.sqrt(messages.length * bound))));
  const table = new Map<string, number>();
  let baby = Point.ZERO;
  for (let step = 0; step < steps; step++) {
    table.set(hex(baby.toBytes()), step);
    baby = baby.add(Point.BASE);
  }
  return messages.map((message, position) => {
    const count = search(table, baby, steps, message, bound);
    if (count === undefined) throw new Refusal("OutOfRange", { position });
    return count;
  });
}

function search(
  table: ReadonlyMap<string, number>,
  giant: Point,
  steps: number,
  message: Point,
  bound: number,
): number | undefined {
  let rest = message;
  for (let from = 0; from <= bound; from += steps) {
    const step = table.get(hex(rest.toBytes()));
    if (step !== undefined) return from + step <= bound ? from + step : undefined;
    rest = rest.subtract(giant);
  }
  return undefined;
}
