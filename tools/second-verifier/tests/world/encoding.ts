/** Encodings of what a made-up chain holds: the other direction of `src/extrinsic.ts` and its like. */

import type { Ballot } from "../../src/ballot-proofs.js";
import { ascii, concat, littleEndian, u32, type Bytes } from "../../src/bytes.js";
import type { DecryptionShare } from "../../src/decryption.js";
import type { AddressedShare, RegistrarSignature } from "../../src/extrinsic.js";
import { encodePackage, type Package } from "../../src/key-ceremony.js";
import { byteList, compact, list } from "../../src/scale.js";

const bool = (value: boolean): Bytes => Uint8Array.of(value ? 1 : 0);
const call = (pallet: number, index: number, ...parts: Bytes[]): Bytes => concat(Uint8Array.of(pallet, index), ...parts);

export const text = (value: string): Bytes => byteList(ascii(value));
export const u64 = (value: bigint | number): Bytes => littleEndian(value, 8);

export interface ContestDraft {
  readonly id: number;
  readonly options: readonly string[];
  readonly min: number;
  readonly max: number;
  readonly blank: boolean;
}

export interface ManifestDraft {
  readonly districts: readonly { readonly id: number; readonly contests: readonly ContestDraft[] }[];
  readonly trustees: readonly Bytes[];
  readonly threshold: number;
  readonly registrars: readonly { readonly account: Bytes; readonly keys: readonly Bytes[] }[];
  readonly quorum: number;
  readonly registration: readonly [start: number, end: number];
  readonly voting: readonly [start: number, end: number];
  readonly ceremonyStage: number;
  readonly revote: boolean;
  readonly minimumBallots: number;
  readonly codeHash: Bytes;
}

export function encodeManifest(manifest: ManifestDraft): Bytes {
  return concat(
    text("A made-up election"),
    list(manifest.districts.map(({ id, contests }) => concat(u32(id), text("District"), list(contests.map(encodeContest))))),
    list(manifest.trustees.map((account) => concat(text("Trustee"), account))),
    Uint8Array.of(manifest.threshold),
    list(manifest.registrars.map(({ account, keys }) => concat(text("Registrar"), account, list(keys.map(byteList))))),
    Uint8Array.of(manifest.quorum),
    ...manifest.registration.map(u32),
    ...manifest.voting.map(u32),
    u32(manifest.ceremonyStage),
    bool(manifest.revote),
    u32(manifest.minimumBallots),
    u32(30),
    manifest.codeHash,
  );
}

function encodeContest({ id, options, min, max, blank }: ContestDraft): Bytes {
  return concat(u32(id), text("Contest"), list(options.map(text)), Uint8Array.of(min, max), bool(blank));
}

export function encodeBallot(ballot: Ballot): Bytes {
  return list(
    ballot.map(({ selections, sumProof }) =>
      concat(
        list(selections.map((one) => concat(one.r, one.c, ...one.commitments, one.challenge, ...one.responses))),
        list(sumProof.map(({ a, b, challenge, response }) => concat(a, b, challenge, response))),
      ),
    ),
  );
}

export const calls = {
  time: (now: bigint) => call(1, 0, compact(now)),
  propose: (threshold: number, proposal: Bytes, length = proposal.length) =>
    call(4, 2, compact(threshold), proposal, compact(length)),
  vote: (hash: Bytes, index: number, approve: boolean) => call(4, 3, hash, compact(index), bool(approve)),
  close: (hash: Bytes, index: number, length: number) =>
    call(4, 6, hash, compact(index), compact(1_000_000_000_000n), compact(1_000_000), compact(length)),
  applyUpgrade: (code: Bytes) => call(0, 11, byteList(code)),
  admit: (account: Bytes, keys: Bytes, proof: Bytes) => call(5, 0, account, keys, proof),
  dismiss: (account: Bytes) => call(5, 1, account),
  rotate: (keys: Bytes, proof: Bytes) => call(5, 2, keys, proof),
  report: (set: number, evidence: Bytes) => call(5, 3, u64(set), evidence),
  authorizeUpgrade: (hash: Bytes) => call(5, 4, hash),
  create: (manifest: Bytes) => call(10, 0, manifest),
  cancel: (election: number) => call(10, 1, u32(election), text("for a test")),
  participate: (election: number, voters: readonly (readonly [voter: bigint, district: number])[]) =>
    call(11, 0, u32(election), list(voters.map(([voter, district]) => concat(u64(voter), u32(district))))),
  withdraw: (election: number, voter: bigint) => call(11, 1, u32(election), u64(voter)),
  issue: (election: number, voters: readonly bigint[]) => call(11, 2, u32(election), list(voters.map(u64))),
  register: (election: number, epoch: number, key: Bytes) => call(12, 0, u32(election), u32(epoch), key),
  commit: (election: number, epoch: number, hash: Bytes) => call(12, 1, u32(election), u32(epoch), hash),
  reveal: (election: number, epoch: number, revealed: Package) =>
    call(12, 2, u32(election), u32(epoch), encodePackage(revealed)),
  deal: (election: number, epoch: number, shares: readonly AddressedShare[]) =>
    call(12, 3, u32(election), u32(epoch), list(shares.map(encodeShare))),
  confirm: (election: number, epoch: number, key: Bytes) => call(12, 4, u32(election), u32(epoch), key),
  complain: (election: number, epoch: number, dealer: number, key: Bytes) =>
    call(12, 5, u32(election), u32(epoch), Uint8Array.of(dealer), key),
  reportSilence: (election: number) => call(12, 6, u32(election)),
  cast: (election: number, district: number, credential: readonly RegistrarSignature[], ballot: Bytes) =>
    call(13, 0, u32(election), u32(district), list(credential.map(encodeSignature)), ballot),
  shares: (election: number, district: number, shares: readonly DecryptionShare[]) =>
    call(13, 1, u32(election), u32(district), list(shares.map(({ share, a, b, response }) => concat(share, a, b, response)))),
};

function encodeShare({ recipient, encapsulatedKey, ciphertext }: AddressedShare): Bytes {
  return concat(Uint8Array.of(recipient), encapsulatedKey, ciphertext);
}

function encodeSignature({ registrar, prefix, signature }: RegistrarSignature): Bytes {
  return concat(Uint8Array.of(registrar), prefix, byteList(signature));
}
