/** The cryptography of the key ceremony, as far as everybody checks it (PSE-DKG-2 to PSE-DKG-7). */

import { sha512 } from "@noble/hashes/sha2.js";
import { ascii, concat, u32, type Bytes } from "./bytes.js";
import { decodeNonidentity, decodeScalar, encodeScalar, multiple, named, Point, reduce, wideScalar } from "./group.js";
import { blake2b256 } from "./hashing.js";
import { Refusal } from "./refusal.js";
import { list, type Reader } from "./scale.js";
import { message, type Context } from "./transcripts.js";

export const MAX_TRUSTEES = 32;

const FROST = ascii("FROST-RISTRETTO255-SHA512-v1");

/** What a trustee reveals: commitments to its polynomial, and a proof that it knows the constant. */
export interface Package {
  readonly commitments: readonly Bytes[];
  readonly proofCommitment: Bytes;
  readonly proofResponse: Bytes;
}

/** What the packages add up to. */
export interface CombinedKeys {
  readonly electionKey: Bytes;
  readonly verificationShares: readonly (readonly [trustee: number, share: Bytes])[];
}

export function readPackage(reader: Reader): Package {
  return {
    commitments: reader.list(MAX_TRUSTEES, () => reader.take(32)),
    proofCommitment: reader.take(32),
    proofResponse: reader.take(32),
  };
}

export function encodePackage({ commitments, proofCommitment, proofResponse }: Package): Bytes {
  return concat(list(commitments), proofCommitment, proofResponse);
}

/** PSE-DKG-2 */
export function trusteeIdentifier(context: Context, epoch: number, trustee: number): bigint {
  return frostHash("id", message(context, "trustee", u32(epoch), u32(trustee)));
}

/** PSE-DKG-3 */
export function packageCommitment(context: Context, epoch: number, trustee: number, revealed: Package): Bytes {
  return blake2b256(message(context, "package", u32(epoch), u32(trustee), encodePackage(revealed)));
}

/** PSE-DKG-4, but for the commitment */
export function verifyPackage(
  context: Context,
  epoch: number,
  trustee: number,
  threshold: number,
  revealed: Package,
): void {
  checkCount(trustee, threshold, revealed);
  const [constant = Point.ZERO] = decodeCommitments(trustee, revealed);
  const name = (field: string) => (error: string) => new Refusal("Encoding", { trustee, field, error });
  const r = named(() => decodeNonidentity(revealed.proofCommitment), name("ProofCommitment"));
  const mu = named(() => decodeScalar(revealed.proofResponse), name("ProofResponse"));
  const identifier = encodeScalar(trusteeIdentifier(context, epoch, trustee));
  const first = revealed.commitments[0] ?? new Uint8Array(32);
  const c = frostHash("dkg", identifier, first, revealed.proofCommitment);
  const expected = multiple(Point.BASE, mu).subtract(multiple(constant, c));
  if (!r.equals(expected)) throw new Refusal("ProofOfKnowledge", { trustee });
}

/** PSE-DKG-6 */
export function combinePackages(
  context: Context,
  epoch: number,
  packages: readonly (readonly [trustee: number, revealed: Package])[],
): CombinedKeys {
  const sums = sumCommitments(packages);
  const [key = Point.ZERO] = sums;
  if (key.is0()) throw new Refusal("IdentityKey");
  const verificationShares = packages.map(([trustee]) => {
    const share = evaluate(sums, trusteeIdentifier(context, epoch, trustee));
    if (share.is0()) throw new Refusal("IdentityVerificationShare", { trustee });
    return [trustee, share.toBytes()] as const;
  });
  return { electionKey: key.toBytes(), verificationShares };
}

function sumCommitments(packages: readonly (readonly [number, Package])[]): Point[] {
  const [first] = packages;
  if (first === undefined) throw new Refusal("NoPackages");
  const threshold = first[1].commitments.length;
  let sums = Array.from({ length: threshold }, () => Point.ZERO);
  packages.forEach(([trustee, revealed], place) => {
    if (packages.slice(0, place).some(([earlier]) => earlier === trustee)) {
      throw new Refusal("DuplicateTrustee", { trustee });
    }
    checkCount(trustee, threshold, revealed);
    const commitments = decodeCommitments(trustee, revealed);
    sums = sums.map((sum, k) => sum.add(commitments[k] ?? Point.ZERO));
  });
  return sums;
}

/** Whether a share is what the dealer's polynomial has at the recipient's identifier (PSE-DKG-7). */
export function shareFits(
  context: Context,
  epoch: number,
  recipient: number,
  share: Bytes,
  dealer: Package,
): boolean {
  try {
    const at = trusteeIdentifier(context, epoch, recipient);
    return multiple(Point.BASE, decodeScalar(share)).equals(evaluate(decodeCommitments(recipient, dealer), at));
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** `Σ_k x^k·C_k`, by Horner's rule. */
function evaluate(commitments: readonly Point[], x: bigint): Point {
  return commitments.reduceRight((sum, commitment) => multiple(sum, x).add(commitment), Point.ZERO);
}

function checkCount(trustee: number, expected: number, revealed: Package): void {
  const found = revealed.commitments.length;
  if (found !== expected || found === 0) throw new Refusal("CommitmentCount", { trustee, expected, found });
}

function decodeCommitments(trustee: number, revealed: Package): Point[] {
  return revealed.commitments.map((commitment, place) =>
    named(
      () => decodeNonidentity(commitment),
      (error) => new Refusal("Encoding", { trustee, field: `Commitment(${place})`, error }),
    ),
  );
}

/** FROST's hash to scalars: SHA-512 of suite, purpose and message, reduced. */
function frostHash(purpose: "id" | "dkg", ...parts: readonly Bytes[]): bigint {
  return reduce(wideScalar(sha512(concat(FROST, ascii(purpose), ...parts))));
}
